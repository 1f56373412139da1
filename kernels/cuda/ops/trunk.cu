/* Around the products: queries to bf16, scores to probabilities. attention.cu goes on from there.
 */
#include "kernels/cuda/ops/trunk.cuh"

#include "kernels/cuda/device/number.cuh"
#include "kernels/cuda/device/reduce.cuh"

#define LOG2E 1.4426950408889634f
#define SCORES_MAX ((size_t)4 << 30) /* bytes */

__global__ void __launch_bounds__(256)
    trunk_queries_kernel(uint16_t *to, const float *qkv, struct heads_gpu h, int q0) {
    int group = h.heads / h.kv_heads, q = q0 + (int)blockIdx.x, hd = h.head_dim;
    size_t width = (size_t)(h.heads + 2 * h.kv_heads) * (size_t)hd;
    const float *x = qkv + (size_t)(q / group) * width +
                     (size_t)((int)blockIdx.y * group + q % group) * (size_t)hd;
    uint16_t *y = to + ((size_t)blockIdx.y * gridDim.x + blockIdx.x) * (size_t)hd;
    for (int i = (int)threadIdx.x; i < hd; i += (int)blockDim.x) y[i] = bf16_bits(x[i]);
}

/* p (heads, rows, n) = e^(s - m), m the largest of a row of s (heads, rows, n) and l its sum. */
__global__ void __launch_bounds__(256)
    trunk_soften_kernel(uint16_t *p, float *m, float *l, const float *s, int n) {
    GPU_SHARED(float, part, 32);
    size_t at = (size_t)blockIdx.y * gridDim.x + blockIdx.x;
    const float *row = s + at * (size_t)n;
    uint16_t *to = p + at * (size_t)n;
    float most = -INFINITY, sum = 0;
    for (int i = (int)threadIdx.x; i < n; i += (int)blockDim.x) most = fmaxf(most, row[i]);
    most = block_max(most, part);
    for (int i = (int)threadIdx.x; i < n; i += (int)blockDim.x) {
        float v = exp2_fast(row[i] * LOG2E - most * LOG2E);
        sum += v;
        to[i] = bf16_bits(v);
    }
    sum = block_sum(sum, part);
    if (threadIdx.x == 0) m[at] = most, l[at] = sum;
}

static const struct span_view *largest(const struct chunk *c, int *at) {
    const struct span_view *best = nullptr;
    long long most = 0;
    for (int i = 0; i < c->n_views; i++) {
        const struct span_view *v = &c->view[i];
        long long size = (long long)(v->row1 - v->row0) * v->len;
        if (v->first < 0 && size > most) best = v, most = size, *at = i;
    }
    return best;
}

static size_t pad256(size_t bytes) {
    return (bytes + 255) / 256 * 256;
}

enum status trunk_run(struct device_gpu *d, struct matmul *m, struct room *memory, const float *qkv,
                      const struct heads_gpu *h, const struct chunk *c, int layer,
                      struct trunk_gpu *out, int *some, struct err *e) {
    int at = 0, group = h->heads / h->kv_heads;
    const struct span_view *v = largest(c, &at);
    *some = 0;
    if (!v) return ST_OK;
    int rows = (v->row1 - v->row0) * group;
    size_t hd = (size_t)h->head_dim, all = (size_t)h->kv_heads * (size_t)rows;
    size_t scores = all * (size_t)v->len, head = (size_t)v->cap * hd;
    if (scores * sizeof(float) > SCORES_MAX) return ST_OK;
    size_t part[] = {pad256(scores * sizeof(float)),      pad256(scores * sizeof(uint16_t)),
                     pad256(all * hd * sizeof(uint16_t)), pad256(all * hd * sizeof(float)),
                     pad256(all * sizeof(float)),         pad256(all * sizeof(float))},
           bytes = 0, place[COUNT(part)];
    for (size_t i = 0; i < COUNT(part); i++) place[i] = bytes, bytes += part[i];
    TRY(device_room(d, memory, bytes, e));
    char *p = static_cast<char *>(memory->p);
    float *s = reinterpret_cast<float *>(p), *o = reinterpret_cast<float *>(p + place[3]);
    float *most = reinterpret_cast<float *>(p + place[4]);
    float *sum = reinterpret_cast<float *>(p + place[5]);
    uint16_t *probs = reinterpret_cast<uint16_t *>(p + place[1]);
    uint16_t *q = reinterpret_cast<uint16_t *>(p + place[2]);
    const uint16_t *keys = static_cast<const uint16_t *>(v->kv) +
                           2 * (size_t)h->kv_heads * head * (size_t)layer,
                   *values = keys + (size_t)h->kv_heads * head;
    dim3 grid((unsigned)rows, (unsigned)h->kv_heads);
    GPU_LAUNCH(trunk_queries_kernel, grid, dim3(threads_for(h->head_dim)), 0, d->stream, q, qkv, *h,
               v->row0 * group);
    device_launched(d, "queries of the trunk");
    struct matmul_side to_scores = {s, q, keys, rows, v->len, h->head_dim, 0, h->kv_heads, head};
    TRY(matmul_side_by_side(m, &to_scores, e));
    GPU_LAUNCH(trunk_soften_kernel, grid, dim3(threads_for(v->len)), 0, d->stream, probs, most, sum,
               s, v->len);
    device_launched(d, "probabilities of the trunk");
    struct matmul_side to_values = {o,      probs, values,      rows, h->head_dim,
                                    v->len, 1,     h->kv_heads, head};
    TRY(matmul_side_by_side(m, &to_values, e));
    *out = {at, v->row0 * group, v->row1 * group, o, most, sum};
    *some = 1;
    return ST_OK;
}
