/* The model's facts, health, and counters for Prometheus. */
#include "server/api/app.h"
#include "server/api/out.h"

#include "model/embed.h"

enum status api_model_get(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    struct engine_info m;
    struct buf b;
    TRY(app_ready(app, e));
    engine_info(app->ranker->engine, &m);
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    out_text(&b, "name", m.name);
    out_text(&b, "sha256", m.sha256);
    out_text(&b, "architecture", m.architecture);
    out_int(&b, "parameters", m.parameters);
    out_int(&b, "layers", m.layers);
    out_int(&b, "context", m.context);
    out_int(&b, "vocab", m.vocab);
    out_text(&b, "license", m.license);
    out_text(&b, "chat_template", m.chat_template);
    out_text(&b, "backend", m.backend);
    out_text(&b, "code", m.code);
    out_text(&b, "precision", m.precision);
    out_int(&b, "threads", m.threads);
    out_close(&b, '}');
    return out_reply(r, &b, e);
}

enum status api_health_live(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    struct buf b;
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    out_bool(&b, "live", 1);
    out_text(&b, "version", app->version);
    out_close(&b, '}');
    return out_reply(r, &b, e);
}

enum status api_health_ready(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    struct catalog *c;
    struct buf b;
    int n;
    TRY(app_ready(app, e));
    TRY(store_catalogs(app->store, req_arena(r), &c, &n, e));
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    out_bool(&b, "ready", 1);
    out_int(&b, "catalogs", n);
    out_close(&b, '}');
    return out_reply(r, &b, e);
}

struct metric {
    const char *name, *type, *help;
    long long value;
};

static void write_metrics(struct buf *b, const struct metric *m, size_t n) {
    for (size_t i = 0; i < n; i++)
        buf_printf(b, "# HELP taproom_%s %s\n# TYPE taproom_%s %s\ntaproom_%s %lld\n", m[i].name,
                   m[i].help, m[i].name, m[i].type, m[i].name, m[i].value);
}

static void http_metrics(struct app *app, struct buf *b) {
    struct http *h = atomic_load(&app->http);
    struct http_stats s = {0};
    if (h) http_stats(h, &s);
    const struct {
        const char *code;
        long long n;
    } row[] = {{"2xx", s.requests - s.refused - s.busy - s.failed},
               {"4xx", s.refused},
               {"503", s.busy},
               {"5xx", s.failed}};
    buf_str(b, "# HELP taproom_http_requests_total Requests answered, by code; 5xx without 503.\n"
               "# TYPE taproom_http_requests_total counter\n");
    for (size_t i = 0; i < COUNT(row); i++)
        buf_printf(b, "taproom_http_requests_total{code=\"%s\"} %lld\n", row[i].code, row[i].n);
    const struct metric m[] = {
        {"http_streams", "gauge", "Rankings, previews and exports being answered.", s.streams},
        {"http_readers", "gauge", "Request bodies being read.", s.readers},
    };
    write_metrics(b, m, COUNT(m));
}

enum status api_health_metrics(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    struct engine_cache c = {0};
    struct buf b;
    long long vectors = 0, embedded = 0;
    if (atomic_load(&app->ready)) {
        engine_cache_stats(app->ranker->engine, &c);
        TRY(store_vectors_count(app->store, &vectors, e));
        if (app->ranker->embedder) embedded = embedder_texts(app->ranker->embedder);
    }
    const struct metric m[] = {
        {"ready", "gauge", "1 when a ranking can be served.", atomic_load(&app->ready)},
        {"queue_length", "gauge", "Rankings waiting or running.", atomic_load(&app->queued)},
        {"rankings_total", "counter", "Rankings answered.", atomic_load(&app->ranked)},
        {"rankings_failed_total", "counter", "Rankings that failed.", atomic_load(&app->failed)},
        {"rankings_cancelled_total", "counter", "Rankings given up, mostly by clients that left.",
         atomic_load(&app->cancelled)},
        {"tokens_computed_total", "counter", "Tokens computed for answered rankings.",
         atomic_load(&app->tokens_computed)},
        {"tokens_cached_total", "counter", "Tokens of answered rankings found in the cache.",
         atomic_load(&app->tokens_cached)},
        {"cache_bytes", "gauge", "Keys and values kept.", c.bytes},
        {"cache_bytes_max", "gauge", "Most that may be kept.", c.max_bytes},
        {"cache_nodes", "gauge", "Spans kept.", c.nodes},
        {"cache_hits_total", "counter", "Spans found in the cache.", c.hits},
        {"cache_misses_total", "counter", "Spans looked for and not found.", c.misses},
        {"cache_evicted_total", "counter", "Spans given up for newer ones.", c.evicted},
        {"vectors", "gauge", "Vectors of items kept for the embedding baseline.", vectors},
        {"texts_embedded_total", "counter", "Texts turned into vectors.", embedded},
    };
    buf_init(&b, 64 << 10);
    http_metrics(app, &b);
    write_metrics(&b, m, COUNT(m));
    if (b.failed) {
        buf_free(&b);
        return fail(e, ST_NO_MEMORY, "no memory for the metrics");
    }
    req_reply(r, 200, "text/plain; version=0.0.4; charset=utf-8", buf_text(&b), NULL);
    buf_free(&b);
    return ST_OK;
}
