#include "kernels/cuda/device/device.cuh"

#include <stdio.h>

enum { SM_MIN = 80 };

/* After these CUDA does nothing more for this process: "to continue using CUDA, the process must be
 * terminated and relaunched" (CUDA Runtime API, cudaError), or the hardware failed. */
static bool is_lost(cudaError_t c) {
    switch (c) {
    case cudaErrorECCUncorrectable:
    case cudaErrorIllegalAddress:
    case cudaErrorLaunchTimeout:
    case cudaErrorContextIsDestroyed:
    case cudaErrorAssert:
    case cudaErrorHardwareStackError:
    case cudaErrorIllegalInstruction:
    case cudaErrorMisalignedAddress:
    case cudaErrorInvalidAddressSpace:
    case cudaErrorInvalidPc:
    case cudaErrorLaunchFailure: return true;
    default: return false;
    }
}

enum status device_fail(struct err *e, cudaError_t c, const char *what) {
    if (c == cudaErrorMemoryAllocation)
        return fail(e, ST_NO_MEMORY, "CUDA: out of device memory: %s", what);
    if (is_lost(c)) {
        fail(e, ST_DEVICE_LOST, "CUDA: the device was lost (%s): %s (%s)", what,
             cudaGetErrorString(c), cudaGetErrorName(c));
        err_hint(e, "restart Taproom to use the GPU again; --backend cpu does without it");
        return ST_DEVICE_LOST;
    }
    return fail(e, ST_INTERNAL, "CUDA: %s: %s (%s)", what, cudaGetErrorString(c),
                cudaGetErrorName(c));
}

/* Why there is no device, from what the runtime said. */
static enum status none(cudaError_t c, struct err *e) {
    int driver = 0, runtime = 0;
    (void)cudaGetLastError();
    (void)cudaDriverGetVersion(&driver);
    (void)cudaRuntimeGetVersion(&runtime);
    if (c == cudaErrorInsufficientDriver && driver == 0) {
        fail(e, ST_UNSUPPORTED, "CUDA: no NVIDIA driver is installed");
        err_hint(e, "install one, or use --backend cpu");
    } else if (c == cudaErrorInsufficientDriver) {
        fail(e, ST_UNSUPPORTED,
             "CUDA: the driver is too old: it knows CUDA %d.%d, this needs %d.%d", driver / 1000,
             driver % 1000 / 10, runtime / 1000, runtime % 1000 / 10);
        err_hint(e, "update the NVIDIA driver, or use --backend cpu");
    } else if (c == cudaErrorNoDevice || c == cudaSuccess) {
        fail(e, ST_UNSUPPORTED, "CUDA: no device was found");
        err_hint(e, "check `nvidia-smi` and CUDA_VISIBLE_DEVICES, or use --backend cpu");
    } else {
        fail(e, ST_UNSUPPORTED, "CUDA: no device can be used: %s (%s)", cudaGetErrorString(c),
             cudaGetErrorName(c));
        err_hint(e, "check `nvidia-smi`, or use --backend cpu");
    }
    return ST_UNSUPPORTED;
}

/* Freed memory stays with the process, so that spans that come and go cost no call to the driver.
 */
static cudaError_t keep_memory() {
    cudaMemPool_t pool;
    uint64_t all = UINT64_MAX;
    cudaError_t c = cudaDeviceGetDefaultMemPool(&pool, 0);
    return c == cudaSuccess ? cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &all)
                            : c;
}

enum status device_open(struct device_gpu *d, struct err *e) {
    int n = 0;
    struct cudaDeviceProp p;
    *d = device_gpu();
    cudaError_t c = cudaGetDeviceCount(&n);
    if (c != cudaSuccess || n < 1) return none(c, e);
    c = cudaGetDeviceProperties(&p, 0);
    if (c == cudaSuccess) c = cudaSetDevice(0);
    if (c != cudaSuccess) return none(c, e);
    d->sm = p.major * 10 + p.minor;
    snprintf(d->name, sizeof d->name, "%.63s", p.name);
    if (d->sm < SM_MIN) {
        fail(e, ST_UNSUPPORTED, "CUDA: %s has compute capability %d.%d, at least %d.%d is needed",
             d->name, p.major, p.minor, SM_MIN / 10, SM_MIN % 10);
        err_hint(e, "use --backend cpu");
        return ST_UNSUPPORTED;
    }
    c = cudaStreamCreate(&d->stream);
    if (c == cudaSuccess) c = keep_memory();
    if (c == cudaSuccess) return ST_OK;
    (void)cudaGetLastError();
    return device_fail(e, c, "making a stream");
}

void device_close(struct device_gpu *d) {
    if (d->stream) cudaStreamDestroy(d->stream);
    (void)cudaGetLastError();
    *d = device_gpu();
}

enum status device_alloc(struct device_gpu *d, void **out, size_t bytes, struct err *e) {
    size_t free_bytes = 0, total = 0;
    *out = nullptr;
    if (d->recording)
        return fail(e, ST_INTERNAL, "CUDA: memory is asked for while a graph is recorded");
    cudaError_t c = cudaMallocAsync(out, bytes ? bytes : 1, d->stream);
    if (c == cudaSuccess) return ST_OK;
    *out = nullptr;
    (void)cudaGetLastError();
    if (c != cudaErrorMemoryAllocation) return device_fail(e, c, "taking memory");
    (void)cudaMemGetInfo(&free_bytes, &total);
    fail(e, ST_NO_MEMORY,
         "CUDA: out of device memory: %zu bytes were asked for, %zu of %zu are free", bytes,
         free_bytes, total);
    err_hint(e, "use a smaller model, a smaller --cache-mb, or --backend cpu");
    return ST_NO_MEMORY;
}

void device_free(struct device_gpu *d, void *p) {
    if (p) cudaFreeAsync(p, d->stream);
}

enum status device_room(struct device_gpu *d, struct room *r, size_t bytes, struct err *e) {
    if (r->bytes >= bytes) return ST_OK;
    device_room_close(d, r);
    if (!r->outside) d->moves++;
    TRY(device_alloc(d, &r->p, bytes, e));
    r->bytes = bytes;
    return ST_OK;
}

void device_room_close(struct device_gpu *d, struct room *r) {
    device_free(d, r->p);
    r->p = nullptr;
    r->bytes = 0;
}

enum status device_alloc_pinned(void **out, size_t bytes, struct err *e) {
    *out = nullptr;
    cudaError_t c = cudaMallocHost(out, bytes ? bytes : 1);
    if (c == cudaSuccess) return ST_OK;
    *out = nullptr;
    (void)cudaGetLastError();
    return fail(e, ST_NO_MEMORY, "CUDA: no pinned host memory for %zu bytes (%s)", bytes,
                cudaGetErrorName(c));
}

void device_free_pinned(void *p) {
    if (p) cudaFreeHost(p);
}

enum status device_write(struct device_gpu *d, void *to, const void *host, size_t bytes,
                         struct err *e) {
    cudaError_t c = cudaMemcpyAsync(to, host, bytes, cudaMemcpyHostToDevice, d->stream);
    if (c == cudaSuccess) return ST_OK;
    (void)cudaGetLastError();
    return device_fail(e, c, "copying to the device");
}

enum status device_zero(struct device_gpu *d, void *p, size_t bytes, struct err *e) {
    cudaError_t c = cudaMemsetAsync(p, 0, bytes, d->stream);
    if (c == cudaSuccess) return ST_OK;
    (void)cudaGetLastError();
    return device_fail(e, c, "clearing device memory");
}

enum status device_sync(struct device_gpu *d, struct err *e) {
    cudaError_t c = cudaStreamSynchronize(d->stream);
    d->syncs++;
    if (c == cudaSuccess) return ST_OK;
    (void)cudaGetLastError();
    return device_fail(e, c, "waiting for the device");
}

enum status device_read(struct device_gpu *d, void *host, const void *from, size_t bytes,
                        struct err *e) {
    cudaError_t c = cudaMemcpyAsync(host, from, bytes, cudaMemcpyDeviceToHost, d->stream);
    if (c == cudaSuccess) return device_sync(d, e);
    (void)cudaGetLastError();
    return device_fail(e, c, "copying from the device");
}

void device_keep(struct device_gpu *d, enum status st, const struct err *e) {
    if (st == ST_OK || d->st != ST_OK) return;
    d->st = st;
    d->first = *e;
}

void device_launched(struct device_gpu *d, const char *what) {
    struct err e;
    cudaError_t c = cudaGetLastError();
    if (c != cudaSuccess) device_keep(d, device_fail(&e, c, what), &e);
}

enum status device_check(struct device_gpu *d, struct err *e) {
    enum status st = d->st;
    if (st != ST_OK && e) *e = d->first;
    d->st = ST_OK;
    return st;
}
