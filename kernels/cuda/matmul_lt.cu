/* cuBLASLt, loaded when it is first needed: a build with CUDA starts without it, and says so where
 * it is missing. */
#include "kernels/cuda/matmul.cuh"

#include "model/base/arena.h"

#include <cublasLt.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#ifndef TAPROOM_CUBLAS_LIB
#define TAPROOM_CUBLAS_LIB "" /* the folder that `./taproom setup --cuda` filled */
#endif

enum { PLANS_MAX = 64, WORKSPACE = 32 << 20 };

/* What is used of the library. */
#define FUNCTIONS(X)                \
    X(Create)                       \
    X(Destroy)                      \
    X(Matmul)                       \
    X(MatmulDescCreate)             \
    X(MatmulDescDestroy)            \
    X(MatmulDescSetAttribute)       \
    X(MatrixLayoutCreate)           \
    X(MatrixLayoutDestroy)          \
    X(MatrixLayoutSetAttribute)     \
    X(MatmulPreferenceCreate)       \
    X(MatmulPreferenceDestroy)      \
    X(MatmulPreferenceSetAttribute) \
    X(MatmulAlgoGetHeuristic)

/* One shape of weights: everything but the number of rows. */
struct plan {
    enum matmul_type type;
    int n, k;
    cublasLtMatmulDesc_t desc;
    cublasLtMatrixLayout_t w, x, y; /* the columns of x and y are the rows of a call */
    cublasLtMatmulAlgo_t algo;
};

struct matmul {
    struct device_gpu *d;
    void *library;
    cublasLtHandle_t handle;
    void *workspace;
    struct plan plan[PLANS_MAX];
    int plans;
#define X(name) decltype(&cublasLt##name) name;
    FUNCTIONS(X)
#undef X
};

static enum status lt(cublasStatus_t s, const char *what, struct err *e) {
    if (s == CUBLAS_STATUS_SUCCESS) return ST_OK;
    if (s == CUBLAS_STATUS_ALLOC_FAILED)
        return fail(e, ST_NO_MEMORY, "CUDA: cuBLASLt is out of memory: %s", what);
    return fail(e, ST_INTERNAL, "CUDA: cuBLASLt: %s: status %d", what, (int)s);
}

static enum status load(struct matmul *m, struct err *e) {
    const char *const from[] = {getenv("TAPROOM_CUBLAS"), TAPROOM_CUBLAS_LIB "/libcublasLt.so.13",
                                "libcublasLt.so.13"};
    for (size_t i = 0; i < COUNT(from) && !m->library; i++)
        if (from[i] && from[i][0]) m->library = dlopen(from[i], RTLD_NOW | RTLD_LOCAL);
    if (!m->library) {
        fail(e, ST_UNSUPPORTED, "CUDA: cuBLASLt 13 is not installed (libcublasLt.so.13)");
        err_hint(e, "run `./taproom setup --cuda`, or name the file in TAPROOM_CUBLAS");
        return ST_UNSUPPORTED;
    }
#define X(name)                                                       \
    m->name = (decltype(m->name))dlsym(m->library, "cublasLt" #name); \
    if (!m->name) return fail(e, ST_UNSUPPORTED, "CUDA: cuBLASLt has no function cublasLt" #name);
    FUNCTIONS(X)
#undef X
    return ST_OK;
}

enum status matmul_open(struct matmul **out, struct device_gpu *d, struct err *e) {
    struct matmul *m = static_cast<struct matmul *>(mem_alloc(sizeof *m));
    if (!m) return fail(e, ST_NO_MEMORY, "no memory for matrix products");
    memset(m, 0, sizeof *m);
    m->d = d;
    enum status st = load(m, e);
    if (st == ST_OK) st = lt(m->Create(&m->handle), "opening it", e);
    if (st == ST_OK) st = device_alloc(d, &m->workspace, WORKSPACE, e);
    if (st != ST_OK) {
        matmul_close(m);
        return st;
    }
    *out = m;
    return ST_OK;
}

static void forget(struct matmul *m, struct plan *p) {
    if (p->desc) m->MatmulDescDestroy(p->desc);
    if (p->w) m->MatrixLayoutDestroy(p->w);
    if (p->x) m->MatrixLayoutDestroy(p->x);
    if (p->y) m->MatrixLayoutDestroy(p->y);
}

void matmul_close(struct matmul *m) {
    if (!m) return;
    for (int i = 0; i < m->plans; i++) forget(m, &m->plan[i]);
    device_free(m->d, m->workspace);
    if (m->handle) m->Destroy(m->handle);
    if (m->library) dlclose(m->library);
    mem_free(m);
}

/* The library counts columns first: y^T (n, rows) = w (k, n)^T x (k, rows). */
static cublasStatus_t describe(struct matmul *m, struct plan *p) {
    cudaDataType_t in = p->type == MATMUL_F32 ? CUDA_R_32F : CUDA_R_16BF;
    cublasOperation_t turned = CUBLAS_OP_T;
    uint64_t n = (uint64_t)p->n, k = (uint64_t)p->k;
    cublasStatus_t s = m->MatmulDescCreate(&p->desc, CUBLAS_COMPUTE_32F, CUDA_R_32F);
    if (s == CUBLAS_STATUS_SUCCESS)
        s = m->MatmulDescSetAttribute(p->desc, CUBLASLT_MATMUL_DESC_TRANSA, &turned, sizeof turned);
    if (s == CUBLAS_STATUS_SUCCESS) s = m->MatrixLayoutCreate(&p->w, in, k, n, (int64_t)k);
    if (s == CUBLAS_STATUS_SUCCESS)
        s = m->MatrixLayoutCreate(&p->x, in, k, MATMUL_TILE, (int64_t)k);
    if (s == CUBLAS_STATUS_SUCCESS)
        s = m->MatrixLayoutCreate(&p->y, CUDA_R_32F, n, MATMUL_TILE, (int64_t)n);
    return s;
}

/* The library's first choice for a full tile among those that do not split k. */
static enum status choose(struct matmul *m, struct plan *p, struct err *e) {
    cublasLtMatmulPreference_t want = nullptr;
    cublasLtMatmulHeuristicResult_t found;
    size_t bytes = WORKSPACE;
    uint32_t whole = CUBLASLT_REDUCTION_SCHEME_NONE;
    int n = 0;
    cublasStatus_t s = m->MatmulPreferenceCreate(&want);
    if (s == CUBLAS_STATUS_SUCCESS)
        s = m->MatmulPreferenceSetAttribute(want, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &bytes,
                                            sizeof bytes);
    if (s == CUBLAS_STATUS_SUCCESS)
        s = m->MatmulPreferenceSetAttribute(want, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
                                            &whole, sizeof whole);
    if (s == CUBLAS_STATUS_SUCCESS)
        s = m->MatmulAlgoGetHeuristic(m->handle, p->desc, p->w, p->x, p->y, p->y, want, 1, &found,
                                      &n);
    if (want) m->MatmulPreferenceDestroy(want);
    if (s == CUBLAS_STATUS_SUCCESS && n == 1) p->algo = found.algo;
    if (s == CUBLAS_STATUS_SUCCESS && n == 0)
        return fail(e, ST_UNSUPPORTED, "CUDA: cuBLASLt has no product for weights of %d x %d", p->n,
                    p->k);
    return lt(s, "choosing an algorithm", e);
}

static struct plan *find(struct matmul *m, enum matmul_type t, int n, int k) {
    for (int i = 0; i < m->plans; i++)
        if (m->plan[i].type == t && m->plan[i].n == n && m->plan[i].k == k) return &m->plan[i];
    return nullptr;
}

enum status matmul_plan(struct matmul *m, enum matmul_type t, int n, int k, struct err *e) {
    if (find(m, t, n, k)) return ST_OK;
    if (m->plans == PLANS_MAX)
        return fail(e, ST_LIMIT, "more than %d shapes of weights", PLANS_MAX);
    struct plan *p = &m->plan[m->plans];
    *p = plan();
    p->type = t, p->n = n, p->k = k;
    enum status st = lt(describe(m, p), "describing a product", e);
    if (st == ST_OK) st = choose(m, p, e);
    if (st == ST_OK)
        m->plans++;
    else
        forget(m, p);
    return st;
}

enum status matmul_run(struct matmul *m, float *y, const void *x, const void *w, enum matmul_type t,
                       int rows, int n, int k, int add, struct err *e) {
    struct plan *p = find(m, t, n, k);
    if (!p) return fail(e, ST_INTERNAL, "a product of %d x %d was not planned", n, k);
    float one = 1, beta = add ? 1.0f : 0.0f;
    uint64_t cols = (uint64_t)rows;
    cublasStatus_t s =
        m->MatrixLayoutSetAttribute(p->x, CUBLASLT_MATRIX_LAYOUT_COLS, &cols, sizeof cols);
    if (s == CUBLAS_STATUS_SUCCESS)
        s = m->MatrixLayoutSetAttribute(p->y, CUBLASLT_MATRIX_LAYOUT_COLS, &cols, sizeof cols);
    if (s == CUBLAS_STATUS_SUCCESS)
        s = m->Matmul(m->handle, p->desc, &one, w, p->w, x, p->x, &beta, y, p->y, y, p->y, &p->algo,
                      m->workspace, WORKSPACE, m->d->stream);
    return lt(s, "matrix product", e);
}
