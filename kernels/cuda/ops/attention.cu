/* Attention over prompt trees, and the rotation and storage of keys that comes before it.
 *
 * A block takes one tile: 64 query rows (token rows times the heads that share a key head), four
 * warps of 16. It walks the spans that its rows see, root first. The trunk is seen by every row of
 * every item, so it is one large product; an item's own span is a small causal block that only its
 * rows' warps work on. Partial results of a row are merged as they come by their log-sum-exp
 * (running maximum m and sum l, Milakov and Gimelshein 1805.02867; tiles as in FlashAttention-2,
 * 2307.08691), so no mask and no score is ever stored, and work and memory are linear in items.
 *
 * A row's bits depend on its path and on how the path is cut into spans only: keys are taken in
 * tiles that begin with the span, rows of a product do not mix, and a tile that a row does not see
 * changes nothing of it. */
#include "kernels/cuda/device/async.cuh"
#include "kernels/cuda/device/kernels.cuh"
#include "kernels/cuda/device/mma.cuh"

#define LOG2E 1.4426950408889634f

/* --- rotation and storage */

/* RoPE, Su et al. 2104.09864. One block per row; queries are rotated and scaled in place, keys and
 * values go to the row's home. */
__global__ void __launch_bounds__(128)
    store_kernel(float *qkv, struct heads_gpu h, const int32_t *pos, const struct row_home *homes,
                 int layer) {
    int hd = h.head_dim, half = hd / 2, rotated = (h.heads + h.kv_heads) * half;
    size_t width = (size_t)(h.heads + 2 * h.kv_heads) * (size_t)hd;
    float *row = qkv + (size_t)blockIdx.x * width;
    const float *cs = h.rope + (size_t)pos[blockIdx.x] * (size_t)hd;
    struct row_home home = homes[blockIdx.x];
    size_t span = (size_t)h.kv_heads * (size_t)home.cap * (size_t)hd; /* keys of a layer */
    uint16_t *keys = home.kv ? home.kv + 2 * span * (size_t)layer : nullptr;
    for (int i = (int)threadIdx.x; i < rotated; i += (int)blockDim.x) {
        int head = i / half, p = i % half, a = h.neox ? p : 2 * p, b = h.neox ? p + half : a + 1;
        float *v = row + (size_t)head * (size_t)hd, c = cs[2 * p], s = cs[2 * p + 1];
        float x = v[a] * c - v[b] * s, y = v[a] * s + v[b] * c;
        if (head < h.heads) {
            v[a] = x * h.scale, v[b] = y * h.scale;
        } else if (keys) {
            uint16_t *k =
                keys + ((size_t)(head - h.heads) * (size_t)home.cap + (size_t)home.at) * (size_t)hd;
            k[a] = bf16_bits(x), k[b] = bf16_bits(y);
        }
    }
    const float *values = row + (size_t)(h.heads + h.kv_heads) * (size_t)hd;
    for (int i = (int)threadIdx.x; keys && i < h.kv_heads * hd; i += (int)blockDim.x)
        keys[span + ((size_t)(i / hd) * (size_t)home.cap + (size_t)home.at) * (size_t)hd +
             (size_t)(i % hd)] = bf16_bits(values[i]);
}

void attention_store(struct device_gpu *d, float *qkv, const struct heads_gpu *h,
                     const struct chunk_gpu *c, int layer) {
    GPU_LAUNCH(store_kernel, dim3((unsigned)c->rows), dim3(128), 0, d->stream, qkv, *h, c->pos,
               c->home, layer);
    device_launched(d, "rotating and storing keys");
}

/* --- attention */

/* Sizes for heads of up to HD values; what is missing to HD is zeros. */
template <int HD> struct tile_of {
    enum {
        THREADS = 128,
        KEYS = HD <= 128 ? 64 : 32, /* keys and values in shared memory at once, twice */
        STRIDE = HD + 8,            /* values of a row there: 16 bytes more, against conflicts */
        BYTES = (ATTN_TILE + 4 * KEYS) * STRIDE * 2
    };
};

/* What a warp keeps of its 16 query rows: two rows (g and g + 8) per lane. */
template <int HD> struct rows_of { float o[HD / 8][4], m[2], l[2]; };

/* The stretch of a view that is worked on next. */
struct cursor {
    int at, key, end; /* place in the tile's list; first key; keys that some row of the tile sees */
};

/* Keys of view v that token row r sees: up to this one, */
static __device__ __forceinline__ int seen_by(const struct view_gpu &v, int r) {
    if (r < v.row0 || r >= v.row1) return 0;
    return v.first < 0 ? v.len : v.first + r - v.row0 + 1;
}

/* and, with a window, from this one on. */
static __device__ __forceinline__ int seen_from(const struct view_gpu &v, int window, int pos) {
    return window > 0 ? pos - window + 1 - v.pos : 0;
}

/* The last row of r0..r1 that sees the view sees the most of it. */
static __device__ __forceinline__ int seen_by_any(const struct view_gpu &v, int r0, int r1) {
    int last = r1 < v.row1 - 1 ? r1 : v.row1 - 1;
    return last < r0 ? 0 : seen_by(v, last);
}

/* Queries of the tile as bf16: rows beyond the last and values beyond the head are zeros. */
template <int HD>
static __device__ __forceinline__ void load_queries(uint16_t *sq, const float *qkv,
                                                    const struct heads_gpu &h, int q0, int q_rows,
                                                    int group, int kv_head) {
    typedef struct tile_of<HD> T;
    size_t width = (size_t)(h.heads + 2 * h.kv_heads) * (size_t)h.head_dim;
    for (int i = (int)threadIdx.x; i < ATTN_TILE * (HD / 2); i += T::THREADS) {
        int r = i / (HD / 2), d = i % (HD / 2) * 2, q = q0 + r;
        uint32_t v = 0;
        if (q < q_rows && d < h.head_dim) {
            const float *p = qkv + (size_t)(q / group) * width +
                             (size_t)(kv_head * group + q % group) * (size_t)h.head_dim + d;
            v = bf16_pair(p[0], p[1]);
        }
        *(uint32_t *)(sq + r * T::STRIDE + d) = v;
    }
}

/* Starts copying keys and values key..key+KEYS of the view's key head; zeros where there is none.
 */
template <int HD>
static __device__ __forceinline__ void fetch(uint16_t *sk, uint16_t *sv, const struct view_gpu &v,
                                             const struct heads_gpu &h, int layer, int kv_head,
                                             int key, int end) {
    typedef struct tile_of<HD> T;
    size_t span = (size_t)h.kv_heads * (size_t)v.cap * (size_t)h.head_dim;
    const uint16_t *k =
        v.kv + 2 * span * (size_t)layer + (size_t)kv_head * (size_t)v.cap * (size_t)h.head_dim;
    for (int i = (int)threadIdx.x; i < T::KEYS * (HD / 8); i += T::THREADS) {
        int r = i / (HD / 8), d = i % (HD / 8) * 8;
        bool valid = key + r < end && d < h.head_dim;
        const uint16_t *from = k + (valid ? (size_t)(key + r) * (size_t)h.head_dim + d : 0);
        copy_16(sk + r * T::STRIDE + d, from, valid);
        copy_16(sv + r * T::STRIDE + d, from + span, valid);
    }
}

/* s (16, KEYS) = the warp's queries times the keys. */
template <int HD>
static __device__ __forceinline__ void scores(float (*s)[4], const uint16_t *sq,
                                              const uint16_t *sk) {
    typedef struct tile_of<HD> T;
    int lane = (int)threadIdx.x % WARP;
    const uint16_t *q = sq + (lane % 16) * T::STRIDE + lane / 16 * 8;
    const uint16_t *k = sk + (lane % 8 + lane / 16 * 8) * T::STRIDE + lane / 8 % 2 * 8;
    UNROLL
    for (int i = 0; i < T::KEYS / 2; i++) s[i / 4][i % 4] = 0;
    UNROLL
    for (int d = 0; d < HD; d += 16) {
        uint32_t a[4], b[4];
        load_4(a, q + d);
        UNROLL
        for (int n = 0; n < T::KEYS / 16; n++) {
            load_4(b, k + n * 16 * T::STRIDE + d);
            mma_bf16(s[2 * n], a, b);
            mma_bf16(s[2 * n + 1], a, b + 2);
        }
    }
}

/* Masks s, turns it into probabilities relative to the new maximum, and rescales what was summed.
 * Row g + 8 i sees the keys from[i] .. seen[i] of this tile. */
template <int HD>
static __device__ __forceinline__ void soften(struct rows_of<HD> &w, float (*s)[4],
                                              const int from[2], const int seen[2]) {
    typedef struct tile_of<HD> T;
    int t = (int)threadIdx.x % 4;
    UNROLL
    for (int r = 0; r < 2; r++) {
        float m = w.m[r];
        UNROLL
        for (int i = 0; i < T::KEYS / 4; i++) {
            float &x = s[i / 2][2 * r + i % 2];
            int key = i / 2 * 8 + 2 * t + i % 2;
            if (key < from[r] || key >= seen[r]) x = -INFINITY;
            m = fmaxf(m, x);
        }
        m = fmaxf(m, __shfl_xor_sync(WARP_ALL, m, 1));
        m = fmaxf(m, __shfl_xor_sync(WARP_ALL, m, 2));
        float base = m == -INFINITY ? 0 : m * LOG2E; /* nothing seen yet */
        float scale = w.m[r] == m ? 1 : exp2_fast(w.m[r] * LOG2E - base), sum = 0;
        UNROLL
        for (int i = 0; i < T::KEYS / 4; i++) {
            float &x = s[i / 2][2 * r + i % 2];
            x = exp2_fast(x * LOG2E - base);
            sum += x;
        }
        w.l[r] = w.l[r] * scale + sum;
        w.m[r] = m;
        UNROLL
        for (int n = 0; n < HD / 8; n++) w.o[n][2 * r] *= scale, w.o[n][2 * r + 1] *= scale;
    }
}

/* o += probabilities times values. */
template <int HD>
static __device__ __forceinline__ void gather(struct rows_of<HD> &w, float (*s)[4],
                                              const uint16_t *sv) {
    typedef struct tile_of<HD> T;
    int lane = (int)threadIdx.x % WARP;
    const uint16_t *v = sv + (lane % 16) * T::STRIDE + lane / 16 * 8;
    UNROLL
    for (int k = 0; k < T::KEYS / 16; k++) {
        uint32_t a[4], b[4];
        UNROLL
        for (int i = 0; i < 4; i++)
            a[i] = bf16_pair(s[2 * k + i / 2][i % 2 * 2], s[2 * k + i / 2][i % 2 * 2 + 1]);
        UNROLL
        for (int n = 0; n < HD / 16; n++) {
            load_4_transposed(b, v + k * 16 * T::STRIDE + n * 16);
            mma_bf16(w.o[2 * n], a, b);
            mma_bf16(w.o[2 * n + 1], a, b + 2);
        }
    }
}

template <int HD>
static __device__ __forceinline__ void write_out(uint16_t *out, struct rows_of<HD> &w,
                                                 const struct heads_gpu &h, int q_first, int q_rows,
                                                 int group, int kv_head) {
    int t = (int)threadIdx.x % 4, g = (int)threadIdx.x % WARP / 4;
    UNROLL
    for (int r = 0; r < 2; r++) {
        float l = w.l[r] + __shfl_xor_sync(WARP_ALL, w.l[r], 1);
        l += __shfl_xor_sync(WARP_ALL, l, 2);
        int q = q_first + g + 8 * r;
        if (q >= q_rows) continue;
        uint16_t *to =
            out + ((size_t)(q / group) * (size_t)h.heads + (size_t)(kv_head * group + q % group)) *
                      (size_t)h.head_dim;
        float scale = 1 / l;
        UNROLL
        for (int n = 0; n < HD / 8; n++)
            if (n * 8 < h.head_dim)
                *(uint32_t *)(to + n * 8 + 2 * t) =
                    bf16_pair(w.o[n][2 * r] * scale, w.o[n][2 * r + 1] * scale);
    }
}

/* The next stretch of keys after c, in the tile's views without the one that is done (-1: none). */
template <int KEYS>
static __device__ __forceinline__ struct cursor after(struct cursor c, const struct chunk_gpu &ch,
                                                      int stop, int r0, int r1, int window,
                                                      int pos_min, int done) {
    c.key += KEYS;
    while (c.key >= c.end && ++c.at < stop) {
        const struct view_gpu &v = ch.view[ch.list[c.at]];
        if (ch.list[c.at] == done) continue;
        int from = seen_from(v, window, pos_min);
        c.key = from > 0 ? from / KEYS * KEYS : 0;
        c.end = seen_by_any(v, r0, r1);
    }
    return c;
}

/* What rows g and g + 8 begin with. The four lanes of a row share its sum, so one takes it. */
template <int HD>
static __device__ __forceinline__ void begin_with(struct rows_of<HD> &w, const struct trunk_gpu &t,
                                                  const struct heads_gpu &h, int q_first,
                                                  int kv_head) {
    int lane = (int)threadIdx.x % WARP, n_rows = t.q1 - t.q0;
    for (int r = 0; r < 2; r++) {
        int q = q_first + lane / 4 + 8 * r;
        if (q < t.q0 || q >= t.q1) continue;
        size_t at = (size_t)kv_head * (size_t)n_rows + (size_t)(q - t.q0);
        const float *o = t.o + at * (size_t)h.head_dim + lane % 4 * 2;
        w.m[r] = t.m[at];
        w.l[r] = lane % 4 == 0 ? t.l[at] : 0;
        UNROLL
        for (int n = 0; n < HD / 8; n++)
            if (n * 8 < h.head_dim) w.o[n][2 * r] = o[n * 8], w.o[n][2 * r + 1] = o[n * 8 + 1];
    }
}

template <int HD, bool AFTER>
__global__ void __launch_bounds__(128)
    attention_kernel(uint16_t *out, const float *qkv, struct heads_gpu h, struct chunk_gpu ch,
                     struct trunk_gpu trunk, int layer) {
    typedef struct tile_of<HD> T;
    GPU_DYNAMIC_SHARED(shared);
    uint16_t *sq = (uint16_t *)shared, *skv = sq + ATTN_TILE * T::STRIDE;
    int group = h.heads / h.kv_heads, q_rows = ch.rows * group, kv_head = (int)blockIdx.y;
    int q0 = (int)blockIdx.x * ATTN_TILE, warp = (int)threadIdx.x / WARP, q_first = q0 + warp * 16;
    int q_last = q0 + ATTN_TILE - 1 < q_rows ? q0 + ATTN_TILE - 1 : q_rows - 1;
    int r0 = q0 / group, r1 = q_last / group; /* the tile's token rows */
    int mine[2], w0 = q_first / group, w1 = (q_first + 15 < q_last ? q_first + 15 : q_last) / group;
    for (int i = 0; i < 2; i++) mine[i] = (q_first + (int)threadIdx.x % WARP / 4 + 8 * i) / group;
    struct rows_of<HD> w;
    UNROLL
    for (int i = 0; i < HD / 2; i++) w.o[i / 4][i % 4] = 0;
    w.m[0] = w.m[1] = -INFINITY, w.l[0] = w.l[1] = 0;
    int done = AFTER ? trunk.view : -1;
    if (AFTER) begin_with<HD>(w, trunk, h, q_first, kv_head);

    int pos_min = ch.pos[r0];
    for (int r = r0 + 1; h.window > 0 && r <= r1; r++)
        pos_min = ch.pos[r] < pos_min ? ch.pos[r] : pos_min;
    int stop = ch.tile[blockIdx.x + 1], stage = 0;
    struct cursor c = {(int)ch.tile[blockIdx.x] - 1, 0, 0};
    c = after<T::KEYS>(c, ch, stop, r0, r1, h.window, pos_min, done);
    load_queries<HD>(sq, qkv, h, q0, q_rows, group, kv_head);
    if (c.at < stop)
        fetch<HD>(skv, skv + T::KEYS * T::STRIDE, ch.view[ch.list[c.at]], h, layer, kv_head, c.key,
                  c.end);
    copy_commit();
    while (c.at < stop) {
        struct cursor next = after<T::KEYS>(c, ch, stop, r0, r1, h.window, pos_min, done);
        uint16_t *sk = skv + stage * 2 * T::KEYS * T::STRIDE, *sv = sk + T::KEYS * T::STRIDE;
        uint16_t *other = skv + (1 - stage) * 2 * T::KEYS * T::STRIDE;
        if (next.at < stop)
            fetch<HD>(other, other + T::KEYS * T::STRIDE, ch.view[ch.list[next.at]], h, layer,
                      kv_head, next.key, next.end);
        copy_commit();
        copy_wait<1>();
        __syncthreads();
        const struct view_gpu &v = ch.view[ch.list[c.at]];
        if (q_first <= q_last && seen_by_any(v, w0, w1) > c.key) {
            float s[T::KEYS / 8][4];
            int from[2], seen[2];
            for (int i = 0; i < 2; i++) {
                seen[i] = seen_by(v, mine[i]) - c.key;
                from[i] = seen[i] > 0 ? seen_from(v, h.window, ch.pos[mine[i]]) - c.key : 0;
            }
            scores<HD>(s, sq + warp * 16 * T::STRIDE, sk);
            soften<HD>(w, s, from, seen);
            gather<HD>(w, s, sv);
        }
        __syncthreads();
        c = next;
        stage = 1 - stage;
    }
    write_out<HD>(out, w, h, q_first, q_rows, group, kv_head);
}

template <int HD, bool AFTER>
static void run(struct device_gpu *d, uint16_t *out, const float *qkv, const struct heads_gpu *h,
                const struct chunk_gpu *c, const struct trunk_gpu *t, int layer) {
    auto kernel = attention_kernel<HD, AFTER>;
    size_t bytes = tile_of<HD>::BYTES;
    cudaError_t set = cudaFuncSetAttribute((const void *)kernel,
                                           cudaFuncAttributeMaxDynamicSharedMemorySize, (int)bytes);
    if (set == cudaSuccess)
        GPU_LAUNCH(kernel, dim3((unsigned)c->tiles, (unsigned)h->kv_heads),
                   dim3(tile_of<HD>::THREADS), bytes, d->stream, out, qkv, *h, *c, *t, layer);
    device_launched(d, "attention");
}

template <int HD>
static void choose(struct device_gpu *d, uint16_t *out, const float *qkv, const struct heads_gpu *h,
                   const struct chunk_gpu *c, const struct trunk_gpu *t, int layer) {
    struct trunk_gpu none = {};
    if (t)
        run<HD, true>(d, out, qkv, h, c, t, layer);
    else
        run<HD, false>(d, out, qkv, h, c, &none, layer);
}

void attention_run(struct device_gpu *d, uint16_t *out, const float *qkv, const struct heads_gpu *h,
                   const struct chunk_gpu *c, const struct trunk_gpu *t, int layer) {
    if (h->head_dim <= 32)
        choose<32>(d, out, qkv, h, c, t, layer);
    else if (h->head_dim <= 64)
        choose<64>(d, out, qkv, h, c, t, layer);
    else if (h->head_dim <= 128)
        choose<128>(d, out, qkv, h, c, t, layer);
    else
        choose<256>(d, out, qkv, h, c, t, layer);
}
