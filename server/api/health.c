/* Health, and counters for Prometheus. */
#include "server/api/kit/app.h"
#include "server/api/kit/out.h"

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

/* Probes come without a token, and learn no more than whether it is ready. */
enum status api_health_ready(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    struct catalog *c;
    struct buf b;
    struct registry_stats s;
    int n;
    TRY(app_ready(app, e));
    registry_stats(app->registry, &s);
    TRY(store_catalogs(app->store, req_arena(r), &c, &n, e));
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    out_bool(&b, "ready", 1);
    if (req_caller(r)->role <= ROLE_READ) {
        out_text(&b, "model", s.default_id);
        out_int(&b, "models_loaded", s.loaded);
        out_int(&b, "catalogs", n);
    }
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
        {"http_workers", "gauge", "Requests being answered.", s.workers},
        {"http_slow", "gauge", "Replies whose clients take them slowly.", s.slow},
    };
    write_metrics(b, m, COUNT(m));
}

/* A label's value, escaped as the text format asks. */
static void default_metric(struct buf *b, const char *id) {
    buf_str(b, "# HELP taproom_model_default The model that ranks when none is named.\n"
               "# TYPE taproom_model_default gauge\n"
               "taproom_model_default{model=\"");
    for (; *id; id++) {
        if (*id == '"' || *id == '\\') buf_str(b, "\\");
        buf_add(b, *id == '\n' ? " " : id, 1);
    }
    buf_str(b, "\"} 1\n");
}

enum status api_health_metrics(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    struct registry_stats s;
    struct buf b;
    long long vectors = 0;
    registry_stats(app->registry, &s);
    TRY(store_vectors_count(app->store, &vectors, e));
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
        {"models_loaded", "gauge", "Models in memory.", s.loaded},
        {"model_loads_total", "counter", "Models that were loaded.", s.loads},
        {"model_failures_total", "counter", "Models that could not be loaded.", s.failures},
        {"cache_bytes", "gauge", "Keys and values kept.", s.cache.bytes},
        {"cache_bytes_max", "gauge", "Most that may be kept.", s.cache.max_bytes},
        {"cache_nodes", "gauge", "Spans kept.", s.cache.nodes},
        {"cache_hits_total", "counter", "Spans found in the cache.", s.cache.hits},
        {"cache_misses_total", "counter", "Spans looked for and not found.", s.cache.misses},
        {"cache_evicted_total", "counter", "Spans given up for newer ones.", s.cache.evicted},
        {"vectors", "gauge", "Vectors of items kept for the embedding baseline.", vectors},
        {"texts_embedded_total", "counter", "Texts turned into vectors.", s.embedded},
    };
    buf_init(&b, 64 << 10);
    http_metrics(app, &b);
    if (s.default_id[0]) default_metric(&b, s.default_id);
    write_metrics(&b, m, COUNT(m));
    if (b.failed) {
        buf_free(&b);
        return fail(e, ST_NO_MEMORY, "no memory for the metrics");
    }
    req_reply(r, 200, "text/plain; version=0.0.4; charset=utf-8", buf_text(&b), NULL);
    buf_free(&b);
    return ST_OK;
}
