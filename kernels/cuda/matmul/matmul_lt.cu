/* cuBLASLt, loaded when it is first needed: a build with CUDA starts without it, and says so where
 * it is missing. */
#include "kernels/cuda/matmul/matmul.cuh"

#include "kernels/base/arena.h"

#include <cublasLt.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#ifndef TAPROOM_CUBLAS_LIB
#define TAPROOM_CUBLAS_LIB "" /* the folder that `./taproom setup --cuda` filled */
#endif

enum { PLANS_MAX = 64, SIDES_KEPT = 16, WORKSPACE = 32 << 20 };

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
    X(MatmulAlgoGetHeuristic)       \
    X(MatmulAlgoCheck)

/* One shape of weights. x and y by the height of a tile: their columns are its rows. */
struct plan {
    enum matmul_type type;
    int n, k;
    cublasLtMatmulDesc_t desc;
    cublasLtMatrixLayout_t w, x[MATMUL_TILES], y[MATMUL_TILES];
    cublasLtMatmulAlgo_t algo[MATMUL_TILES];
};

/* One shape of products side by side. */
struct side {
    struct matmul_side of; /* without its pointers */
    cublasLtMatmulDesc_t desc;
    cublasLtMatrixLayout_t w, x, y;
    cublasLtMatmulAlgo_t algo;
};

struct matmul_lib {
    struct device_gpu *d;
    void *library;
    cublasLtHandle_t handle;
    void *workspace;
    bool scales; /* by rows, in FP8 */
    struct plan plan[PLANS_MAX];
    int plans, sides; /* sides: made so far; the latest are kept */
    struct side side[SIDES_KEPT];
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

static enum status load(struct matmul_lib *l, struct err *e) {
    const char *const from[] = {getenv("TAPROOM_CUBLAS"), TAPROOM_CUBLAS_LIB "/libcublasLt.so.13",
                                "libcublasLt.so.13"};
    for (size_t i = 0; i < COUNT(from) && !l->library; i++)
        if (from[i] && from[i][0]) l->library = dlopen(from[i], RTLD_NOW | RTLD_LOCAL);
    if (!l->library) {
        fail(e, ST_UNSUPPORTED, "CUDA: cuBLASLt 13 is not installed (libcublasLt.so.13)");
        err_hint(e, "run `./taproom setup --cuda`, or name the file in TAPROOM_CUBLAS");
        return ST_UNSUPPORTED;
    }
#define X(name)                                                       \
    l->name = (decltype(l->name))dlsym(l->library, "cublasLt" #name); \
    if (!l->name) return fail(e, ST_UNSUPPORTED, "CUDA: cuBLASLt has no function cublasLt" #name);
    FUNCTIONS(X)
#undef X
    return ST_OK;
}

enum status matmul_lib_open(struct matmul_lib **out, struct device_gpu *d, struct err *e) {
    struct matmul_lib *l = static_cast<struct matmul_lib *>(mem_alloc(sizeof *l));
    if (!l) return fail(e, ST_NO_MEMORY, "no memory for matrix products");
    memset(l, 0, sizeof *l);
    l->d = d;
    l->scales = d->sm == 90;
    *out = l;
    TRY(load(l, e));
    TRY(lt(l->Create(&l->handle), "opening it", e));
    return device_alloc(d, &l->workspace, WORKSPACE, e);
}

static void forget(struct matmul_lib *l, struct plan *p) {
    if (p->desc) l->MatmulDescDestroy(p->desc);
    if (p->w) l->MatrixLayoutDestroy(p->w);
    for (int i = 0; i < MATMUL_TILES; i++) {
        if (p->x[i]) l->MatrixLayoutDestroy(p->x[i]);
        if (p->y[i]) l->MatrixLayoutDestroy(p->y[i]);
    }
    *p = plan();
}

static void forget_side(struct matmul_lib *l, struct side *s) {
    if (s->desc) l->MatmulDescDestroy(s->desc);
    if (s->w) l->MatrixLayoutDestroy(s->w);
    if (s->x) l->MatrixLayoutDestroy(s->x);
    if (s->y) l->MatrixLayoutDestroy(s->y);
    *s = side();
}

void matmul_lib_close(struct matmul_lib *l) {
    if (!l) return;
    for (struct side &s : l->side) forget_side(l, &s);
    for (int i = 0; i < l->plans; i++) forget(l, &l->plan[i]);
    device_free(l->d, l->workspace);
    if (l->handle) l->Destroy(l->handle);
    if (l->library) dlclose(l->library);
    mem_free(l);
}

bool matmul_lib_scales(const struct matmul_lib *l) {
    return l->scales;
}

/* Scales of a product's inputs: of w's rows, then of x's. */
static cublasStatus_t set_scales(struct matmul_lib *l, struct plan *p, const void *w,
                                 const void *x) {
    cublasStatus_t s = l->MatmulDescSetAttribute(p->desc, CUBLASLT_MATMUL_DESC_A_SCALE_POINTER, &w,
                                                 sizeof(void *));
    return s != CUBLAS_STATUS_SUCCESS
               ? s
               : l->MatmulDescSetAttribute(p->desc, CUBLASLT_MATMUL_DESC_B_SCALE_POINTER, &x,
                                           sizeof(void *));
}

static cublasStatus_t describe_scales(struct matmul_lib *l, struct plan *p) {
    int32_t rows = CUBLASLT_MATMUL_MATRIX_SCALE_OUTER_VEC_32F;
    cublasStatus_t s =
        l->MatmulDescSetAttribute(p->desc, CUBLASLT_MATMUL_DESC_A_SCALE_MODE, &rows, sizeof rows);
    if (s == CUBLAS_STATUS_SUCCESS)
        s = l->MatmulDescSetAttribute(p->desc, CUBLASLT_MATMUL_DESC_B_SCALE_MODE, &rows,
                                      sizeof rows);
    /* The choice of an algorithm wants to see that there are some. */
    return s == CUBLAS_STATUS_SUCCESS ? set_scales(l, p, l->workspace, l->workspace) : s;
}

/* The library counts columns first: y^T (n, rows) = w (k, n)^T x (k, rows), which is also the only
 * form that FP8 has. */
static cublasStatus_t describe(struct matmul_lib *l, struct plan *p) {
    cudaDataType_t in = p->type == MATMUL_F32    ? CUDA_R_32F
                        : p->type == MATMUL_BF16 ? CUDA_R_16BF
                                                 : CUDA_R_8F_E4M3;
    cublasOperation_t turned = CUBLAS_OP_T;
    uint64_t n = (uint64_t)p->n, k = (uint64_t)p->k;
    cublasStatus_t s = l->MatmulDescCreate(&p->desc, CUBLAS_COMPUTE_32F, CUDA_R_32F);
    if (s == CUBLAS_STATUS_SUCCESS)
        s = l->MatmulDescSetAttribute(p->desc, CUBLASLT_MATMUL_DESC_TRANSA, &turned, sizeof turned);
    if (s == CUBLAS_STATUS_SUCCESS && p->type == MATMUL_FP8 && l->scales) s = describe_scales(l, p);
    if (s == CUBLAS_STATUS_SUCCESS) s = l->MatrixLayoutCreate(&p->w, in, k, n, (int64_t)k);
    for (int i = 0; i < MATMUL_TILES; i++) {
        uint64_t rows = (uint64_t)MATMUL_TILE_MIN << i;
        if (s == CUBLAS_STATUS_SUCCESS)
            s = l->MatrixLayoutCreate(&p->x[i], in, k, rows, (int64_t)k);
        if (s == CUBLAS_STATUS_SUCCESS)
            s = l->MatrixLayoutCreate(&p->y[i], CUDA_R_32F, n, rows, (int64_t)n);
    }
    return s;
}

/* What is wanted: no splitting of k, pointers as tiles of 32 rows and more have them. */
static cublasStatus_t prefer(struct matmul_lib *l, cublasLtMatmulPreference_t *want) {
    static const cublasLtMatmulPreferenceAttributes_t align[] = {
        CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES,
        CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES};
    uint64_t bytes = WORKSPACE;
    uint32_t whole = CUBLASLT_REDUCTION_SCHEME_NONE, aligned = 64;
    cublasStatus_t s = l->MatmulPreferenceCreate(want);
    if (s == CUBLAS_STATUS_SUCCESS)
        s = l->MatmulPreferenceSetAttribute(*want, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &bytes,
                                            sizeof bytes);
    if (s == CUBLAS_STATUS_SUCCESS)
        s = l->MatmulPreferenceSetAttribute(*want, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
                                            &whole, sizeof whole);
    for (size_t i = 0; i < COUNT(align) && s == CUBLAS_STATUS_SUCCESS; i++)
        s = l->MatmulPreferenceSetAttribute(*want, align[i], &aligned, sizeof aligned);
    return s;
}

/* Whether the algorithm runs on tiles of every height, in the workspace that there is. */
static bool runs(struct matmul_lib *l, const struct plan *p, const cublasLtMatmulAlgo_t *algo) {
    for (int i = 0; i < MATMUL_TILES; i++) {
        cublasLtMatmulHeuristicResult_t r;
        cublasStatus_t s =
            l->MatmulAlgoCheck(l->handle, p->desc, p->w, p->x[i], p->y[i], p->y[i], algo, &r);
        if (s != CUBLAS_STATUS_SUCCESS || r.workspaceSize > WORKSPACE) return false;
    }
    return true;
}

enum { CHOICES = 16 };

/* The library's choices for tiles of that height, best first; n = 0: there is none. */
static cublasStatus_t choices(struct matmul_lib *l, struct plan *p, int tile,
                              cublasLtMatmulHeuristicResult_t *choice, int *n) {
    cublasLtMatmulPreference_t want = nullptr;
    *n = 0;
    cublasStatus_t s = prefer(l, &want);
    if (s == CUBLAS_STATUS_SUCCESS)
        s = l->MatmulAlgoGetHeuristic(l->handle, p->desc, p->w, p->x[tile], p->y[tile], p->y[tile],
                                      want, CHOICES, choice, n);
    if (want) l->MatmulPreferenceDestroy(want);
    if (s == CUBLAS_STATUS_NOT_SUPPORTED) *n = 0;
    return s == CUBLAS_STATUS_NOT_SUPPORTED ? CUBLAS_STATUS_SUCCESS : s;
}

/* The first of the choices for MATMUL_TILE rows that runs on every tile, else the best for each
 * height. *found = 0: some height has none. */
static enum status choose(struct matmul_lib *l, struct plan *p, bool *found, struct err *e) {
    cublasLtMatmulHeuristicResult_t choice[CHOICES];
    int n = 0, tile = 0;
    while (MATMUL_TILE_MIN << tile < MATMUL_TILE) tile++;
    *found = false;
    TRY(lt(choices(l, p, tile, choice, &n), "choosing an algorithm", e));
    for (int i = 0; i < n; i++) {
        if (choice[i].state != CUBLAS_STATUS_SUCCESS || !runs(l, p, &choice[i].algo)) continue;
        for (cublasLtMatmulAlgo_t &a : p->algo) a = choice[i].algo;
        *found = true;
        return ST_OK;
    }
    for (tile = 0; n > 0 && tile < MATMUL_TILES; tile++) {
        TRY(lt(choices(l, p, tile, choice, &n), "choosing an algorithm", e));
        if (n > 0) p->algo[tile] = choice[0].algo;
    }
    *found = n > 0;
    return ST_OK;
}

static struct plan *find(struct matmul_lib *l, enum matmul_type t, int n, int k) {
    for (int i = 0; i < l->plans; i++)
        if (l->plan[i].type == t && l->plan[i].n == n && l->plan[i].k == k) return &l->plan[i];
    return nullptr;
}

static enum status make(struct matmul_lib *l, struct plan *p, enum matmul_type t, int n, int k,
                        bool *found, struct err *e) {
    *p = plan();
    p->type = t, p->n = n, p->k = k;
    enum status st = lt(describe(l, p), "describing a product", e);
    return st == ST_OK ? choose(l, p, found, e) : st;
}

enum status matmul_lib_plan(struct matmul_lib *l, enum matmul_type t, int n, int k, struct err *e) {
    bool found = false, first = true;
    if (find(l, t, n, k)) return ST_OK;
    if (l->plans == PLANS_MAX)
        return fail(e, ST_LIMIT, "more than %d shapes of weights", PLANS_MAX);
    for (int i = 0; i < l->plans; i++) first = first && l->plan[i].type != MATMUL_FP8;
    struct plan *p = &l->plan[l->plans];
    enum status st = make(l, p, t, n, k, &found, e);
    if (st == ST_OK && !found && t == MATMUL_FP8 && l->scales && first) {
        forget(l, p); /* a library that does not scale by rows after all */
        l->scales = false;
        st = make(l, p, t, n, k, &found, e);
    }
    if (st == ST_OK && !found)
        st = fail(e, ST_UNSUPPORTED, "CUDA: cuBLASLt has no product for weights of %d x %d", n, k);
    if (st == ST_OK)
        l->plans++;
    else
        forget(l, p);
    return st;
}

enum status matmul_lib_run(struct matmul_lib *l, const struct matmul_call *c, struct err *e) {
    struct plan *p = find(l, c->type, c->n, c->k);
    int i = 0;
    if (!p) return fail(e, ST_INTERNAL, "a product of %d x %d was not planned", c->n, c->k);
    while (MATMUL_TILE_MIN << i < c->tile) i++;
    float one = 1, beta = c->add ? 1.0f : 0.0f;
    cublasStatus_t s =
        c->x_scale ? set_scales(l, p, c->w_scale, c->x_scale) : CUBLAS_STATUS_SUCCESS;
    if (s == CUBLAS_STATUS_SUCCESS)
        s = l->Matmul(l->handle, p->desc, &one, c->w, p->w, c->x, p->x[i], &beta, c->y, p->y[i],
                      c->y, p->y[i], &p->algo[i], l->workspace, WORKSPACE, l->d->stream);
    return lt(s, "matrix product", e);
}

static cublasStatus_t lay_out(struct matmul_lib *l, cublasLtMatrixLayout_t *out, cudaDataType_t t,
                              uint64_t rows, uint64_t columns, int32_t count, size_t step) {
    int64_t apart = (int64_t)step;
    cublasStatus_t s = l->MatrixLayoutCreate(out, t, rows, columns, (int64_t)rows);
    if (s == CUBLAS_STATUS_SUCCESS)
        s = l->MatrixLayoutSetAttribute(*out, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count,
                                        sizeof count);
    if (s == CUBLAS_STATUS_SUCCESS)
        s = l->MatrixLayoutSetAttribute(*out, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &apart,
                                        sizeof apart);
    return s;
}

static cublasStatus_t describe_side(struct matmul_lib *l, struct side *d) {
    const struct matmul_side *s = &d->of;
    cublasOperation_t turned = s->across ? CUBLAS_OP_N : CUBLAS_OP_T;
    uint64_t rows = (uint64_t)s->rows, n = (uint64_t)s->n, k = (uint64_t)s->k;
    cublasLtMatmulHeuristicResult_t found;
    cublasLtMatmulPreference_t want = nullptr;
    int some = 0;
    cublasStatus_t c = l->MatmulDescCreate(&d->desc, CUBLAS_COMPUTE_32F, CUDA_R_32F);
    if (c == CUBLAS_STATUS_SUCCESS)
        c = l->MatmulDescSetAttribute(d->desc, CUBLASLT_MATMUL_DESC_TRANSA, &turned, sizeof turned);
    if (c == CUBLAS_STATUS_SUCCESS)
        c = lay_out(l, &d->w, CUDA_R_16BF, s->across ? n : k, s->across ? k : n, s->count,
                    s->w_step);
    if (c == CUBLAS_STATUS_SUCCESS) c = lay_out(l, &d->x, CUDA_R_16BF, k, rows, s->count, rows * k);
    if (c == CUBLAS_STATUS_SUCCESS) c = lay_out(l, &d->y, CUDA_R_32F, n, rows, s->count, rows * n);
    if (c == CUBLAS_STATUS_SUCCESS) c = l->MatmulPreferenceCreate(&want);
    uint64_t bytes = WORKSPACE;
    if (c == CUBLAS_STATUS_SUCCESS)
        c = l->MatmulPreferenceSetAttribute(want, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &bytes,
                                            sizeof bytes);
    if (c == CUBLAS_STATUS_SUCCESS)
        c = l->MatmulAlgoGetHeuristic(l->handle, d->desc, d->w, d->x, d->y, d->y, want, 1, &found,
                                      &some);
    if (want) l->MatmulPreferenceDestroy(want);
    if (c == CUBLAS_STATUS_SUCCESS && some == 0) c = CUBLAS_STATUS_NOT_SUPPORTED;
    if (c == CUBLAS_STATUS_SUCCESS) d->algo = found.algo;
    return c;
}

static bool same_side(const struct matmul_side *a, const struct matmul_side *b) {
    return a->rows == b->rows && a->n == b->n && a->k == b->k && a->across == b->across &&
           a->count == b->count && a->w_step == b->w_step;
}

enum status matmul_lib_side(struct matmul_lib *l, const struct matmul_side *s, struct err *e) {
    struct side *d = nullptr;
    float one = 1, zero = 0;
    for (struct side &k : l->side)
        if (k.desc && same_side(&k.of, s)) d = &k;
    if (!d) {
        d = &l->side[l->sides++ % SIDES_KEPT];
        forget_side(l, d);
        d->of = *s;
        enum status st = lt(describe_side(l, d), "choosing products side by side", e);
        if (st != ST_OK) {
            forget_side(l, d);
            return st;
        }
    }
    return lt(l->Matmul(l->handle, d->desc, &one, s->w, d->w, s->x, d->x, &zero, s->y, d->y, s->y,
                        d->y, &d->algo, l->workspace, WORKSPACE, l->d->stream),
              "matrix products side by side", e);
}
