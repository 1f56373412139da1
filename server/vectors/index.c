/* A search looks at every vector: the products of rounded vectors, each with its bound, leave few
 * places that can be among the best; those are read again as they were. */
#include "server/vectors/index.h"

#include "model/embed/embed.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DIM_MAX = 4096, LEVELS = 127, BLOCK = 64 };

enum status vector_index_open(struct vector_index **out, int n, int dim, struct err *e) {
    *out = NULL;
    if (n < 0 || dim < 1 || dim > DIM_MAX)
        return fail(e, ST_LIMIT, "vectors have 1 to %d values, not %d", DIM_MAX, dim);
    struct vector_index *x = mem_alloc(sizeof *x);
    if (!x) return fail(e, ST_NO_MEMORY, "no memory for vectors");
    *x = (struct vector_index){.n = n, .dim = dim};
    x->value = mem_alloc((size_t)n * (size_t)dim + 1);
    x->scale = mem_alloc((size_t)n * sizeof *x->scale + 1);
    x->off = mem_alloc((size_t)n * sizeof *x->off + 1);
    if (!x->value || !x->scale || !x->off) {
        vector_index_close(x);
        return fail(e, ST_NO_MEMORY, "no memory for the vectors of %d items", n);
    }
    memset(x->value, 0, (size_t)n * (size_t)dim);
    for (int i = 0; i < n; i++) x->scale[i] = -1;
    *out = x;
    return ST_OK;
}

void vector_index_close(struct vector_index *x) {
    if (!x) return;
    mem_free(x->value);
    mem_free(x->scale);
    mem_free(x->off);
    mem_free(x);
}

size_t vector_index_bytes(const struct vector_index *x) {
    return (size_t)x->n * ((size_t)x->dim + sizeof *x->scale + sizeof *x->off);
}

int vector_index_has(const struct vector_index *x, int place) {
    return x->scale[place] >= 0;
}

void vector_index_put(struct vector_index *x, int place, const float *vec) {
    int8_t *to = x->value + (size_t)place * (size_t)x->dim;
    float most = 0;
    double off = 0;
    for (int d = 0; d < x->dim; d++) most = fabsf(vec[d]) > most ? fabsf(vec[d]) : most;
    float scale = most / LEVELS;
    for (int d = 0; d < x->dim; d++) {
        long level = scale > 0 ? lrintf(vec[d] / scale) : 0;
        to[d] = (int8_t)(level > LEVELS ? LEVELS : level < -LEVELS ? -LEVELS : level);
        double rest = (double)vec[d] - (double)scale * to[d];
        off += rest * rest;
    }
    x->filled += x->scale[place] < 0;
    x->scale[place] = scale;
    x->off[place] = (float)(sqrt(off) * (1 + 4 * (double)FLT_EPSILON));
}

/* --- searching --- */

/* A query in 16 bits: q = step value + rest, with the length of rest. */
struct rounded {
    int16_t value[DIM_MAX];
    double step, length, rest;
};

static void round_query(struct rounded *r, const float *query, int dim) {
    double most = 0, rest = 0, length = 0;
    int levels = INT32_MAX / LEVELS / dim;
    if (levels > INT16_MAX) levels = INT16_MAX;
    for (int d = 0; d < dim; d++) most = fmax(most, fabs((double)query[d]));
    r->step = most / levels;
    for (int d = 0; d < dim; d++) {
        double q = (double)query[d];
        r->value[d] = (int16_t)(r->step > 0 ? lrint(q / r->step) : 0);
        rest += (q - r->step * r->value[d]) * (q - r->step * r->value[d]);
        length += q * q;
    }
    r->rest = sqrt(rest);
    r->length = sqrt(length);
}

/* What is known of the places' products: value (n), NAN where none may come; the true product is at
 * most `bound` away. */
struct known {
    float *value, *bound;
};

/* By Cauchy and Schwarz: what the vector's rounding and the query's can add (the rounded vector is
 * no longer than if all its values were the largest), and the rounding of these numbers. */
static float bound_of(const struct vector_index *x, const struct rounded *r, int place,
                      double value) {
    double longest = LEVELS * (double)x->scale[place] * sqrt(x->dim);
    double b = r->length * (double)x->off[place] + r->rest * longest;
    return (float)(b + 4 * (double)FLT_EPSILON * (fabs(value) + b));
}

static void know_block(const struct vector_index *x, const struct rounded *r, uint64_t allow,
                       int from, int n, struct known *k) {
    int32_t sum[BLOCK];
    if (allow == 0) {
        for (int i = 0; i < n; i++) k->value[from + i] = NAN;
        return;
    }
    embed_products(x->value + (size_t)from * (size_t)x->dim, (size_t)n, x->dim, r->value, sum);
    for (int i = 0; i < n; i++) {
        int p = from + i;
        double value = sum[i] * r->step * (double)x->scale[p];
        k->value[p] = (allow >> i & 1) && x->scale[p] >= 0 ? (float)value : NAN;
        k->bound[p] = bound_of(x, r, p, value);
    }
}

static void know_all(const struct vector_index *x, const struct rounded *r, const uint64_t *allow,
                     struct known *k) {
    for (int from = 0; from < x->n; from += BLOCK) {
        int n = x->n - from < BLOCK ? x->n - from : BLOCK;
        know_block(x, r, allow ? allow[from / BLOCK] : ~(uint64_t)0, from, n, k);
    }
}

/* The k-th largest of the values' lower ends, -INFINITY when there are fewer: a heap whose root is
 * the smallest of the k largest. */
static void sink(float *heap, int n, int i) {
    for (int child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && heap[child + 1] < heap[child]) child++;
        if (heap[i] <= heap[child]) return;
        float t = heap[i];
        heap[i] = heap[child];
        heap[child] = t;
    }
}

static float least_of_best(const struct known *k, int n, int best, float *heap) {
    int have = 0;
    for (int p = 0; p < n; p++) {
        if (isnan(k->value[p])) continue;
        float low = k->value[p] - k->bound[p];
        if (have < best) {
            heap[have++] = low;
            if (have == best)
                for (int i = best / 2; i >= 0; i--) sink(heap, best, i);
        } else if (low > heap[0]) {
            heap[0] = low;
            sink(heap, best, 0);
        }
    }
    return have == best && best > 0 ? heap[0] : -INFINITY;
}

static int by_score(const void *x, const void *y) {
    const struct vector_hit *a = x, *b = y;
    if (a->score != b->score) return a->score < b->score ? 1 : -1;
    return a->place - b->place;
}

/* Those that can be among the best, best value first. */
static enum status collect(const struct known *k, int n, float least, struct arena *a,
                           struct vector_hit **out, int *n_out, struct err *e) {
    int count = 0;
    for (int p = 0; p < n; p++) count += k->value[p] + k->bound[p] >= least;
    struct vector_hit *hit = ARENA_NEW(a, struct vector_hit, (size_t)count);
    if (!hit) return fail(e, ST_NO_MEMORY, "no memory for a search");
    for (int p = 0, i = 0; p < n; p++)
        if (k->value[p] + k->bound[p] >= least)
            hit[i++] = (struct vector_hit){p, (double)k->value[p]};
    qsort(hit, (size_t)count, sizeof *hit, by_score);
    *out = hit;
    *n_out = count;
    return ST_OK;
}

static enum status read_again(const struct vector_index *x, const float *query,
                              const struct vector_floats *f, struct arena *a,
                              struct vector_hit *hit, int n, struct err *e) {
    size_t dim = (size_t)x->dim, room = (size_t)n;
    int *place = ARENA_NEW(a, int, room);
    float *vec = ARENA_NEW(a, float, room *dim);
    unsigned char *has = ARENA_NEW(a, unsigned char, room);
    if (!place || !vec || !has) return fail(e, ST_NO_MEMORY, "no memory for a search");
    for (int i = 0; i < n; i++) place[i] = hit[i].place;
    TRY(f->read(f->arg, place, n, vec, has, e));
    for (int i = 0; i < n; i++) {
        if (!has[i]) continue;
        hit[i].score = 0;
        for (size_t d = 0; d < dim; d++)
            hit[i].score += (double)query[d] * (double)vec[(size_t)i * dim + d];
    }
    qsort(hit, room, sizeof *hit, by_score);
    return ST_OK;
}

static enum status search(const struct vector_index *x, const float *query, const uint64_t *allow,
                          int k, const struct vector_floats *floats, struct known *known,
                          float *heap, struct arena *a, struct vector_hit **out, int *n,
                          struct err *e) {
    struct rounded *r = ARENA_NEW(a, struct rounded, 1);
    if (!r) return fail(e, ST_NO_MEMORY, "no memory for a search");
    round_query(r, query, x->dim);
    know_all(x, r, allow, known);
    TRY(collect(known, x->n, least_of_best(known, x->n, k, heap), a, out, n, e));
    if (*n > k + VECTOR_AGAIN) *n = k + VECTOR_AGAIN;
    if (floats) TRY(read_again(x, query, floats, a, *out, *n, e));
    if (*n > k) *n = k;
    return ST_OK;
}

enum status vector_index_top(const struct vector_index *x, const float *query,
                             const uint64_t *allow, int k, const struct vector_floats *floats,
                             struct arena *a, struct vector_hit **out, int *n, struct err *e) {
    *out = NULL;
    *n = 0;
    if (k > x->n) k = x->n;
    if (k <= 0) return ST_OK;
    size_t room = (size_t)x->n * sizeof(float);
    struct known known = {mem_alloc(room), mem_alloc(room)};
    float *heap = mem_alloc((size_t)k * sizeof *heap);
    enum status st = known.value && known.bound && heap
                         ? search(x, query, allow, k, floats, &known, heap, a, out, n, e)
                         : fail(e, ST_NO_MEMORY, "no memory for a search over %d items", x->n);
    mem_free(known.value);
    mem_free(known.bound);
    mem_free(heap);
    return st;
}
