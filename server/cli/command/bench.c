/* taproom bench: the ranking job on made-up tokens: a trunk, items that branch from it, two labels
 * read behind each. The tokens are those of the peers' benchmarks. */
#include "server/api/kit/out.h"
#include "server/cli/cli.h"
#include "server/cli/cli_session.h"

#include "kernels/base/os/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

struct bench {
    struct arena arena;
    struct tree tree;
    struct ask *ask;
    int items;
    double load_s, cold_s, cold_p95_s, cached_s, cached_p95_s, first_s;
    long long cold_tokens, cached_tokens;
};

static enum status make_tree(struct bench *b, const struct options *o, int vocab, struct err *e) {
    static const int32_t labels[2] = {100, 200};
    int n = b->items = (int)o->items, prefix = (int)o->prefix, each = (int)o->item_tokens;
    size_t tokens = (size_t)prefix + (size_t)n * (size_t)each;
    int32_t *parent = ARENA_NEW(&b->arena, int32_t, (size_t)n + 1);
    int32_t *off = ARENA_NEW(&b->arena, int32_t, (size_t)n + 2);
    int32_t *tok = ARENA_NEW(&b->arena, int32_t, tokens);
    float *out = ARENA_NEW(&b->arena, float, (size_t)n * 2);
    b->ask = ARENA_NEW(&b->arena, struct ask, (size_t)n);
    if (tokens > INT32_MAX || !parent || !off || !tok || !out || !b->ask)
        return fail(e, ST_LIMIT, "this benchmark needs too much memory");
    if (vocab <= 2200) return fail(e, ST_UNSUPPORTED, "the model's vocabulary is too small");
    for (size_t i = 0; i < tokens; i++)
        tok[i] = (int32_t)(1000 + ((long long)i * 7919) % (vocab - 2000));
    off[1] = prefix;
    parent[0] = -1;
    for (int i = 0; i < n; i++) {
        off[i + 2] = off[i + 1] + each;
        parent[i + 1] = 0;
        b->ask[i] =
            (struct ask){.node = i + 1, .n_labels = 2, .labels = labels, .out = out + 2 * i};
    }
    b->tree = (struct tree){.n = n + 1, .parent = parent, .off = off, .tok = tok};
    return ST_OK;
}

static int by_size(const void *x, const void *y) {
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

/* Median seconds of the job and the 95th percentile (by nearest rank); tokens: what the last one
 * computed. */
static enum status measure(struct bench *b, struct engine *en, int repeats, double *median,
                           double *p95, long long *tokens, struct err *e) {
    double *took = ARENA_NEW(&b->arena, double, (size_t)repeats);
    if (!took) return fail(e, ST_NO_MEMORY, "no memory for the measurements");
    for (int i = 0; i < repeats; i++) {
        struct job j = {.tree = &b->tree, .ask = b->ask, .n_asks = b->items};
        double from = clock_s();
        TRY(engine_score(en, &j, e));
        took[i] = clock_s() - from;
        *tokens = j.tokens_computed;
    }
    qsort(took, (size_t)repeats, sizeof *took, by_size);
    *p95 = took[(repeats * 95 + 99) / 100 - 1];
    *median = repeats % 2 ? took[repeats / 2] : (took[repeats / 2 - 1] + took[repeats / 2]) / 2;
    return ST_OK;
}

static enum status bench(struct bench *b, const struct options *o, struct engine *en,
                         struct err *e) {
    struct engine_info m;
    long long tokens;
    uint8_t *keep;
    engine_info(en, &m);
    TRY(make_tree(b, o, m.vocab, e));
    keep = ARENA_NEW(&b->arena, uint8_t, (size_t)b->tree.n);
    if (!keep) return fail(e, ST_NO_MEMORY, "no memory for the measurements");
    double p95;
    TRY(measure(b, en, 1, &b->first_s, &p95, &tokens, e)); /* pages and plans come into being */
    TRY(measure(b, en, (int)o->repeats, &b->cold_s, &b->cold_p95_s, &b->cold_tokens, e));
    keep[0] = 1;
    b->tree.keep = keep;
    TRY(measure(b, en, 1, &b->cached_s, &p95, &tokens, e)); /* puts the trunk into the cache */
    return measure(b, en, (int)o->repeats, &b->cached_s, &b->cached_p95_s, &b->cached_tokens, e);
}

static void print_result(const struct bench *b, const struct options *o, struct engine *en) {
    struct engine_info m;
    struct rusage use;
    struct buf t;
    engine_info(en, &m);
    getrusage(RUSAGE_SELF, &use);
    buf_init(&t, 1 << 16);
    out_open(&t, NULL, '{');
    out_text(&t, "model", m.name);
    out_text(&t, "backend", m.backend);
    out_text(&t, "precision", m.precision);
    out_int(&t, "threads", m.threads);
    out_int(&t, "prefix", o->prefix);
    out_int(&t, "items", o->items);
    out_int(&t, "item_tokens", o->item_tokens);
    out_int(&t, "repeats", o->repeats);
    out_num(&t, "load_s", b->load_s);
    out_num(&t, "cold_s", b->cold_s);
    out_num(&t, "cold_p95_s", b->cold_p95_s);
    out_num(&t, "cached_s", b->cached_s);
    out_num(&t, "cached_p95_s", b->cached_p95_s);
    out_num(&t, "items_per_s", (double)o->items / b->cold_s);
    out_num(&t, "tokens_per_s", (double)b->cold_tokens / b->cold_s);
    out_int(&t, "cold_tokens", b->cold_tokens);
    out_int(&t, "cached_tokens", b->cached_tokens);
    out_num(&t, "rss_mb", (double)use.ru_maxrss / 1024);
    out_close(&t, '}');
    char name[CLI_PLAIN];
    if (o->json)
        printf("%.*s\n", (int)t.n, t.p ? t.p : "");
    else
        printf("%s, %s %s, %d threads: prefix %lld, %lld items of %lld tokens\n"
               "cold %.3f s, prefix cached %.3f s, %.1f items/s, %.0f tokens/s, %.0f MiB, "
               "loaded in %.2f s\n",
               cli_plain(m.name, name), m.backend, m.precision, m.threads, o->prefix, o->items,
               o->item_tokens, b->cold_s, b->cached_s, (double)o->items / b->cold_s,
               (double)b->cold_tokens / b->cold_s, (double)use.ru_maxrss / 1024, b->load_s);
    buf_free(&t);
}

int bench_main(const struct options *o) {
    struct bench b = {.items = 0};
    static struct cli_session d;
    struct err e = {.line = 0};
    if (o->n_args) return cli_usage("bench", "bench takes options only");
    arena_init(&b.arena, (size_t)1 << 30);
    double from = clock_s();
    enum status st = cli_session_load_model(&d, o, &e);
    b.load_s = clock_s() - from;
    if (st == ST_OK) st = bench(&b, o, d.ranker->engine, &e);
    if (st == ST_OK) print_result(&b, o, d.ranker->engine);
    cli_session_close(&d);
    arena_free(&b.arena);
    return st == ST_OK ? EXIT_OK : cli_failed(&e);
}
