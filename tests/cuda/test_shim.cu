/* The host shim itself: what a correct kernel computes, and what a wrong one is told. */
#include "kernels/cuda/device/mma.cuh"
#include "tests/t.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static uint32_t seed = 5;
static float noise() {
    seed = seed * 1664525u + 1013904223u;
    return (float)(seed >> 8) / 8388608.0f - 1;
}

/* The last launch's error text, or NULL. */
static const char *fault() {
    cudaError_t e = cudaGetLastError();
    return e == cudaSuccess ? nullptr : cudaGetErrorString(e);
}
#define CLEAN()                              \
    do {                                     \
        const char *f_ = fault();            \
        t_checks++;                          \
        if (f_) T_SAY("unexpected: %s", f_); \
    } while (0)
#define FAULT(part)                                                                 \
    do {                                                                            \
        const char *f_ = fault();                                                   \
        t_checks++;                                                                 \
        if (!f_ || !strstr(f_, part)) T_SAY("'%s', want '%s'", f_ ? f_ : "", part); \
    } while (0)

/* --- correct kernels */

__global__ void sum_kernel(float *out, const float *x, int n) {
    GPU_SHARED(float, part, 8);
    GPU_DYNAMIC_SHARED(raw);
    float *all = (float *)raw, s = 0;
    for (int i = (int)threadIdx.x; i < n; i += (int)blockDim.x) s += x[i];
    for (int m = 16; m > 0; m /= 2) s += __shfl_xor_sync(WARP_ALL, s, m);
    if (threadIdx.x % 32 == 0) part[threadIdx.x / 32] = s;
    __syncthreads();
    if (threadIdx.x == 0) {
        all[0] = 0;
        for (unsigned i = 0; i < blockDim.x / 32; i++) all[0] += part[i];
    }
    __syncthreads();
    out[blockIdx.x * blockDim.x + threadIdx.x] = all[0];
}

static void test_sum() {
    enum { N = 989, BLOCKS = 3, THREADS = 256 };
    float x[N], out[BLOCKS * THREADS];
    double want = 0;
    for (int i = 0; i < N; i++) want += (double)(x[i] = noise());
    GPU_LAUNCH(sum_kernel, dim3(BLOCKS), dim3(THREADS), 4, nullptr, out, x, (int)N);
    CLEAN();
    for (int i = 0; i < BLOCKS * THREADS; i++) NEAR(out[i], want, 1e-5);
}

__global__ void warp_kernel(int *out) {
    int lane = shim_lane_id(), *o = out + 8 * threadIdx.x;
    o[0] = __shfl_sync(WARP_ALL, lane * 10, 7);
    o[1] = __shfl_down_sync(WARP_ALL, lane, 4);
    o[2] = __shfl_up_sync(WARP_ALL, lane, 4);
    o[3] = (int)__ballot_sync(WARP_ALL, lane % 3 == 0);
    o[4] = __any_sync(WARP_ALL, lane == 31);
    o[5] = __all_sync(WARP_ALL, lane < 31);
    o[6] = lane < 16 ? __shfl_xor_sync(0xffffu, lane, 1) : -1; /* half a warp */
    __syncwarp();
    o[7] = atomicAdd(out + 8 * 64, 1);
}

static void test_warp() {
    static int out[8 * 64 + 1];
    GPU_LAUNCH(warp_kernel, dim3(1), dim3(64), 0, nullptr, out);
    CLEAN();
    EQ(out[8 * 64], 64);
    for (int i = 0; i < 64; i++) {
        int *o = out + 8 * i, lane = i % 32;
        EQ(o[0], 70);
        EQ(o[1], lane + 4 < 32 ? lane + 4 : lane);
        EQ(o[2], lane >= 4 ? lane - 4 : lane);
        EQ(o[3], 0x49249249);
        EQ(o[4], 1);
        EQ(o[5], 0);
        EQ(o[6], lane < 16 ? lane ^ 1 : -1);
        OK(o[7] >= 0 && o[7] < 64);
    }
}

__global__ void grid_kernel(unsigned *out) {
    unsigned block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
    unsigned thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
    out[block * blockDim.x * blockDim.y * blockDim.z + thread]++;
}

static void test_grid() {
    static unsigned out[2 * 3 * 4 * 5 * 6 * 2];
    GPU_LAUNCH(grid_kernel, dim3(2, 3, 4), dim3(5, 6, 2), 0, nullptr, out);
    CLEAN();
    for (unsigned v : out) EQ(v, 1);
}

/* --- mma against sums in double; ldmatrix feeds it */

__global__ void mma_kernel(float *d, const uint16_t *a, const uint16_t *b, const uint16_t *bt) {
    GPU_SHARED(uint16_t, sa, 256);
    GPU_SHARED(uint16_t, sb, 128);
    GPU_SHARED(uint16_t, st, 256);
    int lane = (int)threadIdx.x;
    for (int i = lane; i < 256; i += 32) sa[i] = a[i], st[i] = i < 128 ? bt[i] : 0;
    for (int i = lane; i < 128; i += 32) sb[i] = b[i];
    __syncthreads();
    uint32_t fa[4], fb[4], ft[4];
    float x[4] = {}, y[4] = {};
    /* a (16, 16): matrices are rows 0-7 and 8-15 of columns 0-7, then of 8-15. */
    load_4(fa, sa + (lane % 8 + lane / 8 % 2 * 8) * 16 + lane / 16 * 8);
    /* b kept as (8 columns, 16 rows). */
    load_4(fb, sb + lane % 8 * 16 + lane / 8 % 2 * 8);
    /* the same kept as (16 rows, 8 columns), read transposed. */
    load_4_transposed(ft, st + lane % 16 * 8);
    mma_bf16(x, fa, fb);
    mma_bf16(y, fa, ft);
    for (int i = 0; i < 4; i++) {
        int row = lane / 4 + i / 2 * 8, col = lane % 4 * 2 + i % 2;
        d[row * 8 + col] = x[i];
        d[128 + row * 8 + col] = y[i];
    }
}

static void test_mma() {
    uint16_t a[256], b[128], bt[128];
    float d[256];
    for (uint16_t &v : a) v = bf16_bits(noise());
    for (int i = 0; i < 128; i++) b[i] = bf16_bits(noise()), bt[i % 16 * 8 + i / 16] = b[i];
    GPU_LAUNCH(mma_kernel, dim3(1), dim3(32), 0, nullptr, d, a, b, bt);
    CLEAN();
    for (int r = 0; r < 16; r++)
        for (int c = 0; c < 8; c++) {
            double want = 0;
            for (int k = 0; k < 16; k++)
                want += (double)bf16_float(a[r * 16 + k]) * (double)bf16_float(b[c * 16 + k]);
            NEAR(d[r * 8 + c], want, 1e-5);
            NEAR(d[128 + r * 8 + c], want, 1e-5);
        }
}

/* --- wrong kernels */

__global__ void exit_kernel() {
    if (threadIdx.x == 33) return;
    __syncthreads();
}
__global__ void two_barriers_kernel() {
    if (threadIdx.x < 32)
        __syncthreads();
    else
        __syncthreads();
}
__global__ void lost_lane_kernel(int *out) {
    if (threadIdx.x != 5) *out = __shfl_xor_sync(WARP_ALL, 1, 1);
}
__global__ void outside_kernel(int *out) {
    if (threadIdx.x < 16) out[threadIdx.x] = __shfl_sync(0xffffu, 1, 20);
}
__global__ void reversal_kernel(int *out, int with_barrier) {
    GPU_SHARED(int, s, 64);
    s[threadIdx.x] = (int)threadIdx.x;
    if (with_barrier) __syncthreads();
    out[blockIdx.x * 64 + threadIdx.x] = s[63 - threadIdx.x];
}
__global__ void beyond_kernel(const float *x, float *out, int i) {
    *out = x[i];
}
__global__ void beyond_shared_kernel(float *out, int i) {
    GPU_SHARED(float, s, 32);
    s[threadIdx.x] = 0;
    *out = s[i];
}

static void test_divergence() {
    int out[64] = {};
    GPU_LAUNCH(exit_kernel, dim3(1), dim3(64), 0, nullptr);
    FAULT("thread 33 has ended");
    GPU_LAUNCH(two_barriers_kernel, dim3(1), dim3(64), 0, nullptr);
    FAULT("divergent barriers: thread 0 waits at test_shim.cu:");
    GPU_LAUNCH(lost_lane_kernel, dim3(1), dim3(32), 0, nullptr, out);
    FAULT("do not all come here");
    GPU_LAUNCH(outside_kernel, dim3(1), dim3(32), 0, nullptr, out);
    FAULT("reads lane 20, which is not in the mask");
    GPU_LAUNCH(grid_kernel, dim3(1), dim3(1025), 0, nullptr, nullptr);
    FAULT("a block of 1025 threads");
    GPU_LAUNCH(sum_kernel, dim3(1), dim3(32), 50000, nullptr, nullptr, nullptr, 0);
    FAULT("50000 bytes of shared memory");
    test_sum(); /* and after all that, a right one is right */
}

static void test_missing_barrier() {
    int good[128], bad[128], wrong = 0;
    GPU_LAUNCH(reversal_kernel, dim3(2), dim3(64), 0, nullptr, good, 1);
    GPU_LAUNCH(reversal_kernel, dim3(2), dim3(64), 0, nullptr, bad, 0);
    CLEAN();
    for (int i = 0; i < 128; i++) {
        EQ(good[i], 63 - i % 64);
        wrong += bad[i] != 63 - i % 64;
    }
    OK(wrong > 0);
}

/* The program's end when f runs in a child, and what it printed. */
static int run_apart(void (*f)(), char *said, size_t max) {
    int pipe_[2], how = 0;
    CHECK(pipe(pipe_) == 0);
    fflush(stdout);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        dup2(pipe_[1], 2);
        f();
        _exit(0);
    }
    close(pipe_[1]);
    size_t n = 0;
    for (ssize_t got; n + 1 < max && (got = read(pipe_[0], said + n, max - 1 - n)) > 0;)
        n += (size_t)got;
    said[n] = 0;
    close(pipe_[0]);
    CHECK(waitpid(child, &how, 0) == child);
    return how;
}

static void read_beyond() {
    void *p = nullptr;
    float out = 0;
    if (cudaMallocAsync(&p, 31 * sizeof(float), nullptr) == cudaSuccess)
        GPU_LAUNCH(beyond_kernel, dim3(1), dim3(1), 0, nullptr, (const float *)p, &out, 31);
}
static void read_beyond_shared() {
    float out = 0;
    GPU_LAUNCH(beyond_shared_kernel, dim3(1), dim3(32), 0, nullptr, &out, 32);
}
static void touch_from_host() {
    void *p = nullptr;
    if (cudaMallocAsync(&p, 64, nullptr) == cudaSuccess) memset(p, 0, 4);
}

static void test_addresses() {
#ifdef __SANITIZE_ADDRESS__
    static char said[8192];
    OK(run_apart(read_beyond, said, sizeof said) != 0);
    OK(strstr(said, "test_shim.cu") && strstr(said, "beyond_kernel"));
    OK(run_apart(read_beyond_shared, said, sizeof said) != 0);
    OK(strstr(said, "beyond_shared_kernel"));
    OK(run_apart(touch_from_host, said, sizeof said) != 0);
    OK(strstr(said, "use-after-poison"));
#else
    (void)run_apart, (void)read_beyond, (void)read_beyond_shared, (void)touch_from_host;
    printf("addresses: only checked with AddressSanitizer\n");
#endif
}

/* --- the runtime's stand-in */

static void test_runtime() {
    void *p = nullptr, *q = nullptr;
    size_t live = shim_live();
    shim_fail_at(SHIM_ALLOC, 2, 0);
    EQ(cudaMallocAsync(&p, 100, nullptr), cudaSuccess);
    EQ(cudaMallocAsync(&q, 100, nullptr), cudaErrorMemoryAllocation);
    EQ_STR(cudaGetErrorName(cudaGetLastError()), "cudaErrorMemoryAllocation");
    EQ(cudaMallocAsync(&q, 100, nullptr), cudaSuccess);
    EQ(shim_live(), live + 2);
    cudaFreeAsync(p, nullptr);
    cudaFreeAsync(q, nullptr);
    EQ(shim_live(), live);
    shim_memory_limit(1000);
    EQ(cudaMallocAsync(&p, 2000, nullptr), cudaErrorMemoryAllocation);
    shim_memory_limit(0);
    int out[64];
    shim_fail_at(SHIM_LAUNCH, 1, 1);
    GPU_LAUNCH(reversal_kernel, dim3(1), dim3(64), 0, nullptr, out, 1);
    EQ(cudaMallocAsync(&p, 4, nullptr), cudaErrorLaunchFailure);
    FAULT("for good");
    shim_fail_at(SHIM_LAUNCH, 0, 0);
    GPU_LAUNCH(reversal_kernel, dim3(1), dim3(64), 0, nullptr, out, 1);
    CLEAN();
}

/* Work waits for its turn; a graph is the same work again. */
static void test_streams() {
    cudaStream_t s = nullptr;
    cudaGraph_t graph = nullptr;
    cudaGraphExec_t exec = nullptr;
    void *pinned = nullptr, *on = nullptr;
    size_t live = shim_live();
    char word[8] = "early", got[8] = "";
    EQ(cudaStreamCreate(&s), cudaSuccess);
    EQ(cudaMallocHost(&pinned, 8), cudaSuccess);
    EQ(cudaMallocAsync(&on, 8, s), cudaSuccess);
    cudaMemcpyAsync(on, word, 8, cudaMemcpyHostToDevice, s); /* pageable: read at once */
    memcpy(word, "late", 5);
    cudaMemcpyAsync(got, on, 8, cudaMemcpyDeviceToHost, s);
    EQ_STR(got, "");
    EQ(cudaStreamSynchronize(s), cudaSuccess);
    EQ_STR(got, "early");
    memcpy(pinned, "early", 6);
    cudaMemcpyAsync(on, pinned, 8, cudaMemcpyHostToDevice, s); /* pinned: read when it comes */
    memcpy(pinned, "late", 5);
    cudaMemcpyAsync(got, on, 8, cudaMemcpyDeviceToHost, s);
    EQ(cudaStreamSynchronize(s), cudaSuccess);
    EQ_STR(got, "late");
    EQ(cudaStreamBeginCapture(s, cudaStreamCaptureModeThreadLocal), cudaSuccess);
    cudaMemcpyAsync(on, pinned, 8, cudaMemcpyHostToDevice, s);
    cudaMemcpyAsync(got, on, 8, cudaMemcpyDeviceToHost, s);
    EQ(cudaStreamEndCapture(s, &graph), cudaSuccess);
    EQ(cudaGraphInstantiate(&exec, graph, 0), cudaSuccess);
    memcpy(pinned, "later", 6);
    EQ(cudaGraphLaunch(exec, s), cudaSuccess);
    EQ_STR(got, "late");
    EQ(cudaStreamSynchronize(s), cudaSuccess);
    EQ_STR(got, "later");
    cudaGraphDestroy(graph);
    cudaGraphExecDestroy(exec);
    EQ(cudaStreamBeginCapture(s, cudaStreamCaptureModeThreadLocal), cudaSuccess);
    EQ(cudaStreamSynchronize(s), cudaErrorStreamCaptureUnsupported);
    EQ(cudaStreamEndCapture(s, &graph), cudaErrorStreamCaptureInvalidated);
    (void)cudaGetLastError();
    cudaFreeAsync(on, s);
    cudaFreeHost(pinned);
    cudaStreamDestroy(s);
    EQ(shim_live(), live);
}

int main() {
    test_sum();
    test_warp();
    test_grid();
    test_mma();
    test_divergence();
    test_missing_barrier();
    test_addresses();
    test_runtime();
    test_streams();
    return t_end();
}
