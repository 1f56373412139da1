#include "kernels/cuda/host/runtime.h"

#include "kernels/base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vector>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

enum { KERNELS_MAX = 64, SHARED_DEFAULT = 48 * 1024, SHARED_MOST = 99 * 1024 };

/* Every allocation starts with this; `pad` keeps what follows aligned as a device's memory is. */
struct block {
    struct block *next, *last;
    size_t bytes;
    int on_device;
    char pad[256 - 3 * sizeof(void *) - sizeof(int)];
};
static_assert(sizeof(struct block) == 256, "device memory is aligned to 256 bytes");

static struct {
    struct block list; /* ring */
    size_t live, bytes, limit;
    long count[SHIM_CALLS], fail_in[SHIM_CALLS];
    int lose[SHIM_CALLS], lost;
    enum cudaError_t last, found = cudaSuccess;
    int major = 9, minor = 0, driver = 13000;
    char text[256];
    const void *kernel[KERNELS_MAX];
    int kernel_shared[KERNELS_MAX], kernels;
} g;

/* --- faults */

void shim_fail_at(enum shim_call what, long n, int lost) {
    g.fail_in[what] = n;
    g.lose[what] = lost;
    g.lost = 0;
    g.last = cudaSuccess;
}

long shim_count(enum shim_call what) {
    return g.count[what];
}

size_t shim_live() {
    return g.live;
}

size_t shim_memory() {
    return g.bytes;
}

void shim_memory_limit(size_t bytes) {
    g.limit = bytes;
}

void shim_device(int error, int major, int minor) {
    g.found = static_cast<enum cudaError_t>(error);
    g.major = major, g.minor = minor;
}

void shim_driver(int version) {
    g.driver = version;
}

cudaError_t shim_failed(cudaError_t e, const char *text) {
    g.last = e;
    snprintf(g.text, sizeof g.text, "%s", text);
    return e;
}

cudaError_t shim_last() {
    return g.last;
}

void shim_live_add(int n) {
    g.live += (size_t)n;
}

/* Once lost, it stays so until shim_fail_at: no call of CUDA's takes that back. */
bool shim_lost() {
    static const char *const file = getenv("SHIM_LOST");
    if (!g.lost && file) g.lost = access(file, F_OK) == 0;
    if (g.lost) shim_failed(cudaErrorLaunchFailure, "asked for by a test, for good");
    return g.lost;
}

bool shim_fails(enum shim_call what, enum cudaError_t as) {
    g.count[what]++;
    if (shim_lost()) return true;
    if (g.fail_in[what] == 0 || --g.fail_in[what] > 0) return false;
    g.lost = g.lose[what];
    if (!shim_lost()) shim_failed(as, "asked for by a test");
    return true;
}

bool shim_may_launch() {
    return !shim_fails(SHIM_LAUNCH, cudaErrorLaunchOutOfResources);
}

void shim_launch_failed(const char *text) {
    shim_failed(cudaErrorLaunchFailure, text);
}

cudaError_t cudaGetLastError() {
    cudaError_t e = g.last;
    if (!g.lost) g.last = cudaSuccess;
    return e;
}

const char *cudaGetErrorName(cudaError_t e) {
    switch (e) {
    case cudaSuccess: return "cudaSuccess";
    case cudaErrorInvalidValue: return "cudaErrorInvalidValue";
    case cudaErrorMemoryAllocation: return "cudaErrorMemoryAllocation";
    case cudaErrorInsufficientDriver: return "cudaErrorInsufficientDriver";
    case cudaErrorNoDevice: return "cudaErrorNoDevice";
    case cudaErrorDevicesUnavailable: return "cudaErrorDevicesUnavailable";
    case cudaErrorLaunchFailure: return "cudaErrorLaunchFailure";
    case cudaErrorLaunchOutOfResources: return "cudaErrorLaunchOutOfResources";
    case cudaErrorStreamCaptureUnsupported: return "cudaErrorStreamCaptureUnsupported";
    case cudaErrorStreamCaptureInvalidated: return "cudaErrorStreamCaptureInvalidated";
    default: return "cudaErrorUnknown";
    }
}

const char *cudaGetErrorString(cudaError_t e) {
    return e == cudaSuccess ? "no error" : g.text[0] ? g.text : cudaGetErrorName(e);
}

/* --- device, kernels, streams */

cudaError_t cudaGetDeviceCount(int *n) {
    *n = g.found == cudaSuccess;
    return g.found == cudaSuccess ? cudaSuccess : shim_failed(g.found, cudaGetErrorName(g.found));
}

cudaError_t cudaSetDevice(int) {
    return cudaSuccess;
}

cudaError_t cudaGetDeviceProperties(struct cudaDeviceProp *p, int) {
    *p = cudaDeviceProp();
    snprintf(p->name, sizeof p->name, "host shim");
    p->totalGlobalMem = (size_t)1 << 34;
    p->major = g.major, p->minor = g.minor;
    p->multiProcessorCount = 4;
    return cudaSuccess;
}

cudaError_t cudaDriverGetVersion(int *v) {
    *v = g.driver;
    return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int *v) {
    *v = 13000;
    return cudaSuccess;
}

cudaError_t cudaMemGetInfo(size_t *free_bytes, size_t *total) {
    *total = g.limit ? g.limit : (size_t)1 << 34;
    *free_bytes = *total - g.bytes;
    return cudaSuccess;
}

cudaError_t cudaFuncSetAttribute(const void *kernel, cudaFuncAttribute, int value) {
    if (value > SHARED_MOST) return shim_failed(cudaErrorInvalidValue, "too much shared memory");
    int i = 0;
    while (i < g.kernels && g.kernel[i] != kernel) i++;
    CHECK(i < KERNELS_MAX);
    g.kernel[i] = kernel, g.kernel_shared[i] = value;
    if (i == g.kernels) g.kernels++;
    return cudaSuccess;
}

size_t shim_shared_max(const void *kernel) {
    for (int i = 0; i < g.kernels; i++)
        if (g.kernel[i] == kernel) return (size_t)g.kernel_shared[i];
    return SHARED_DEFAULT;
}

cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t *pool, int) {
    *pool = nullptr;
    return cudaSuccess;
}

cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t, cudaMemPoolAttr, void *) {
    return cudaSuccess;
}

/* --- memory */

static void touchable(const struct block *b, int on) {
#ifdef __SANITIZE_ADDRESS__
    if (on)
        __asan_unpoison_memory_region(b + 1, b->bytes);
    else
        __asan_poison_memory_region(b + 1, b->bytes);
#else
    (void)b, (void)on;
#endif
}

void shim_end_at(void *p, size_t bytes) {
#ifdef __SANITIZE_ADDRESS__
    char *end = static_cast<char *>(p) + bytes;
    __asan_poison_memory_region(end, (64 - bytes % 64) % 64);
#else
    (void)p, (void)bytes;
#endif
}

void shim_memory_open(int on) {
    for (struct block *b = g.list.next; b && b != &g.list; b = b->next)
        if (b->on_device) touchable(b, on);
}

static cudaError_t take(void **p, size_t bytes, int on_device) {
    if (shim_fails(SHIM_ALLOC, cudaErrorMemoryAllocation)) return shim_last();
    struct block *b = nullptr;
    if (!g.limit || g.bytes + bytes <= g.limit)
        b = static_cast<struct block *>(mem_alloc(sizeof *b + bytes));
    if (!b) return shim_failed(cudaErrorMemoryAllocation, "out of memory");
    if (!g.list.next) g.list.next = g.list.last = &g.list;
    b->next = &g.list, b->last = g.list.last;
    b->last->next = g.list.last = b;
    b->bytes = bytes;
    b->on_device = on_device;
    memset(b + 1, 0xFF, bytes);
    shim_end_at(b + 1, bytes);
    if (on_device) touchable(b, 0);
    g.live++;
    g.bytes += bytes;
    *p = b + 1;
    return cudaSuccess;
}

static void release(struct block *b) {
    touchable(b, 1);
    b->last->next = b->next, b->next->last = b->last;
    mem_free(b);
}

/* Counted as free at once: what is taken from here on comes later in the stream. */
static struct block *forget(void *p) {
    struct block *b = static_cast<struct block *>(p) - 1;
    g.live--;
    g.bytes -= b->bytes;
    return b;
}

static bool pinned(const void *p) {
    for (struct block *b = g.list.next; b && b != &g.list; b = b->next) {
        const char *at = reinterpret_cast<const char *>(b + 1);
        if (!b->on_device && p >= at && p < at + b->bytes) return true;
    }
    return false;
}

cudaError_t cudaMallocAsync(void **p, size_t bytes, cudaStream_t s) {
    return shim_outside_capture(s) ? take(p, bytes, 1) : g.last;
}

cudaError_t cudaFreeAsync(void *p, cudaStream_t s) {
    if (!p) return cudaSuccess;
    if (!shim_outside_capture(s)) return g.last;
    struct block *b = forget(p);
    shim_enqueue(s, [=]() { release(b); });
    return cudaSuccess;
}

cudaError_t cudaMallocHost(void **p, size_t bytes) {
    return take(p, bytes, 0);
}

cudaError_t cudaFreeHost(void *p) {
    if (p) release(forget(p));
    return cudaSuccess;
}

cudaError_t cudaMemsetAsync(void *p, int byte, size_t bytes, cudaStream_t s) {
    if (shim_fails(SHIM_COPY, cudaErrorUnknown)) return g.last;
    shim_enqueue(s, [=]() {
        shim_memory_open(1);
        memset(p, byte, bytes);
        shim_memory_open(0);
    });
    return cudaSuccess;
}

static void copy_now(void *to, const void *from, size_t bytes) {
    shim_memory_open(1);
    memmove(to, from, bytes);
    shim_memory_open(0);
}

/* A copy from pageable memory to the device has read it when the call returns; from pinned memory
 * it reads when its turn comes, so changing that too early shows. */
cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t s) {
    if (shim_fails(SHIM_COPY, cudaErrorUnknown)) return g.last;
    if (kind != cudaMemcpyHostToDevice || pinned(from)) {
        shim_enqueue(s, [=]() { copy_now(to, from, bytes); });
        return cudaSuccess;
    }
    if (!shim_outside_capture(s)) return g.last;
    std::vector<char> bounce(static_cast<const char *>(from),
                             static_cast<const char *>(from) + bytes);
    shim_enqueue(s, [=]() { copy_now(to, bounce.data(), bytes); });
    return cudaSuccess;
}
