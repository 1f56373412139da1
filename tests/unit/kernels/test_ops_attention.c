/* links: kernels */
/* The CPU's attention against the reference, and its bits: the same with one thread or two, with
 * the path cut into spans and chunks anywhere, alone or after rows of another prompt. */
#include "tests/unit/kernels/ops_help.h"

enum { PATH = 37, SPANS = 64, LEAD = 19 };

struct scene {
    struct attn_shape s;
    int len;      /* tokens of the path */
    float *qkv;   /* (len, width) before rotation */
    float *other; /* (LEAD, width): rows of another prompt */
    size_t width; /* values of a row */
};

static void scene_open(struct scene *c, int heads, int kv_heads, int hd, int neox, int len) {
    float *rope = take((size_t)len * (size_t)hd * 4);
    for (int p = 0; p < len; p++)
        for (int i = 0; i < hd / 2; i++) {
            double a = p * pow(10000, -2.0 * i / hd);
            rope[p * hd + 2 * i] = (float)cos(a), rope[p * hd + 2 * i + 1] = (float)sin(a);
        }
    *c = (struct scene){.s = {heads, kv_heads, hd, 1 / sqrtf((float)hd), neox, rope, len},
                        .len = len,
                        .width = (size_t)hd * (size_t)(heads + 2 * kv_heads)};
    c->qkv = noise((size_t)len * c->width, 2);
    c->other = noise(LEAD * c->width, 2);
}

static void scene_close(struct scene *c) {
    mem_free((void *)(uintptr_t)c->s.rope);
    mem_free(c->qkv);
    mem_free(c->other);
}

/* The path's spans start at cut[0] = 0, cut[1], ... */
struct spans {
    int n, cut[SPANS + 1];
    void *kv[SPANS];
};

/* Views of the path's tokens at..at+n, which are rows lead..lead+n; root first for every row. */
static int views_of(const struct spans *p, struct span_view *v, int at, int n, int lead) {
    int k = 0, row0 = lead, end = lead + n;
    for (int i = 0; i < p->n; i++) {
        int a = p->cut[i], b = p->cut[i + 1], len = b - a;
        int lo = at > a ? at : a, hi = at + n < b ? at + n : b;
        if (lo < hi)
            v[k++] = (struct span_view){p->kv[i],       len,   a, hi - a, row0 + lo - at,
                                        row0 + hi - at, lo - a};
        if (b < at + n)
            v[k++] =
                (struct span_view){p->kv[i], len, a, len, row0 + (b > at ? b - at : 0), end, -1};
    }
    return k;
}

/* Attention of the whole path, `step` tokens at a time after `lead` rows of another prompt, into
 * out (len, heads head_dim) in o's activation format. Layer 1 of 2. */
static void scene_run(struct ops *o, const struct scene *c, struct spans *p, int step, int lead,
                      char *out) {
    struct err e;
    size_t kv = 0, out_row = (size_t)(c->s.heads * c->s.head_dim) * o->act_size, row = c->width * 4;
    for (int i = 0; i < p->n; i++) {
        kv = o->kv_bytes(o, &c->s, p->cut[i + 1] - p->cut[i]);
        p->kv[i] = o->alloc(o, 2 * kv);
        memset(p->kv[i], 0x7F, kv); /* layer 0 is none of layer 1's business */
    }
    void *lead_kv = o->alloc(o, 2 * o->kv_bytes(o, &c->s, LEAD));
    int most = lead + step;
    float *qkv = padded(o, most, row);
    char *got = padded(o, most, out_row);
    int32_t *pos = take((size_t)most * 4);
    struct span_view *v = take(sizeof *v * (2 * SPANS + 1));
    for (int at = 0; at < c->len; at += step) {
        int n = c->len - at < step ? c->len - at : step;
        memcpy(qkv, c->other, (size_t)lead * row);
        memcpy((char *)qkv + (size_t)lead * row, c->qkv + (size_t)at * c->width, (size_t)n * row);
        for (int r = 0; r < lead + n; r++) pos[r] = r < lead ? r : at + r - lead;
        int k = lead > 0;
        if (lead) v[0] = (struct span_view){lead_kv, LEAD, 0, lead, 0, lead, 0};
        k += views_of(p, v + k, at, n, lead);
        struct chunk ch = {lead + n, NULL, pos, k, v};
        o->rope_store(o, qkv, &c->s, &ch, 1);
        GOOD(o->attention(o, got, qkv, &c->s, &ch, 1, &e));
        memcpy(out + (size_t)at * out_row, got + (size_t)lead * out_row, (size_t)n * out_row);
    }
    for (int i = 0; i < p->n; i++) o->release(o, p->kv[i]);
    o->release(o, lead_kv);
    o->release(o, qkv);
    o->release(o, got);
    mem_free(pos);
    mem_free(v);
}

static void whole(struct spans *p, int len) {
    *p = (struct spans){.n = 1, .cut = {0, len}};
}

/* Every way of computing the path must give the bits of the plainest: one span, one chunk. */
static void scene_same(const struct scene *c, const char *want, struct spans *p, int step,
                       int lead) {
    size_t n = (size_t)c->len * (size_t)(c->s.heads * c->s.head_dim) * two->act_size;
    char *got = take(n);
    scene_run((step + lead) % 2 ? one : two, c, p, step, lead, got);
    SAME(got, want, n, "attention, %d/%d heads of %d, %d spans (first cut at %d), %d rows after %d",
         c->s.heads, c->s.kv_heads, c->s.head_dim, p->n, p->cut[1], step, lead);
    mem_free(got);
}

static void test_attention(int heads, int kv_heads, int hd, int neox, int len, int all_cuts) {
    struct scene c;
    struct spans p;
    scene_open(&c, heads, kv_heads, hd, neox, len);
    size_t n = (size_t)len * (size_t)(heads * hd);
    char *want = take(n * two->act_size);
    float *judge = take(n * 4);
    whole(&p, len);
    scene_run(two, &c, &p, len, 0, want);
    scene_run(ref, &c, &p, len, 0, (char *)judge);
    float *got = from_act(two, want, n);
    CLOSE(got, judge, n, 2 * tolerance(), "attention, %d/%d heads of %d", heads, kv_heads, hd);
    static const int steps[] = {1, 2, 3, 5, 15, 16, 17, 31};
    for (size_t i = 0; i < COUNT(steps); i++) scene_same(&c, want, &p, steps[i], 0);
    scene_same(&c, want, &p, len, 0);
    for (int lead = 1; lead <= LEAD; lead += 3) scene_same(&c, want, &p, 1 + below(len), lead);
    for (int cut = 1; cut < len; cut += all_cuts ? 1 : 1 + below(len / 5)) {
        p = (struct spans){.n = 2, .cut = {0, cut, len}};
        scene_same(&c, want, &p, len, 0);
        scene_same(&c, want, &p, 1 + below(len), below(LEAD));
    }
    if (len <= SPANS) { /* every span one token */
        p.n = len;
        for (int i = 0; i <= len; i++) p.cut[i] = i;
        scene_same(&c, want, &p, len, 0);
        scene_same(&c, want, &p, 7, 3);
    }
    for (int t = 0; t < 6; t++) {
        p = (struct spans){.cut = {0}};
        while (p.cut[p.n] < len && p.n < SPANS - 1) {
            int next = p.cut[p.n] + 1 + below(len / 6 + 1);
            p.cut[++p.n] = next < len ? next : len;
        }
        p.cut[p.n] = len;
        scene_same(&c, want, &p, 1 + below(len), below(LEAD));
    }
    mem_free(want);
    mem_free(judge);
    mem_free(got);
    scene_close(&c);
}

/* The judge itself: the path cut anywhere, to rounding. */
static void test_judge(void) {
    struct scene c;
    struct spans p;
    scene_open(&c, 6, 2, 32, 1, PATH);
    size_t n = PATH * 6 * 32;
    float *a = take(n * 4), *b = take(n * 4);
    whole(&p, PATH);
    scene_run(ref, &c, &p, PATH, 0, (char *)a);
    for (int cut = 1; cut < PATH; cut++) {
        p = (struct spans){.n = 2, .cut = {0, cut, PATH}};
        scene_run(ref, &c, &p, 1 + below(PATH), below(LEAD), (char *)b);
        CLOSE(b, a, n, 1e-6, "reference, cut at %d", cut);
    }
    mem_free(a);
    mem_free(b);
    scene_close(&c);
}

static void run_all(enum precision want) {
    static const int heads[][2] = {{2, 2}, {6, 2}, {7, 1}, {8, 1}};
    static const int sizes[] = {16, 48, 64, 80, 128, 256};
    if (want == PREC_F32) test_judge();
    for (size_t i = 0; i < COUNT(heads); i++)
        for (size_t k = 0; k < COUNT(sizes); k++)
            test_attention(heads[i][0], heads[i][1], sizes[k], (int)(i + k) % 2, PATH,
                           (i + k) % 4 == 0);
    test_attention(8, 1, 64, 0, 450, 0); /* long enough for tiles of fewer rows */
    test_attention(6, 2, 64, 1, 300, 0);
}

int main(int argc, char **argv) {
    return run_sets(argc, argv, run_all);
}
