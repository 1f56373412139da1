/* POST /api/rank: the ranking runs on its own thread; the worker tells its client how it goes. */
#include "server/api/app.h"
#include "server/api/out.h"
#include "server/api/query.h"
#include "server/api/ranking.h"
#include "server/api/stack.h"
#include "server/api/watch.h"

#include "kernels/base/clock.h"

#include <stdio.h>
#include <string.h>

enum { PING_S = 10, RANK_ARENA = 1 << 30, DONE_BYTES = 256 };

/* One ranking, between the worker that answers and the thread that ranks. */
struct live {
    struct app *app;
    struct req *req;
    struct rank_request request;
    struct rank_result result;
    const char *unknown;
    struct arena arena; /* the thread's while it runs */
    struct view answer;
    enum status st;
    struct err err;
    double born;
    struct live *next;     /* in the list of named clients' rankings */
    atomic_int superseded; /* a newer request of the client came */
    /* The worker's alone. */
    int streaming, n_sent;
    long seq;
    double score_began, last_event;

    struct watch watch; /* its lock guards what follows */
    int training, loading, embedded, to_embed, items_done, items_total;
    double loaded; /* share of the model, below 0 while it waits for others */
    long long tokens_done, tokens_total;
    /* Appended to under the lock; what lies below n_scored never changes. */
    struct {
        const char *id;
        double logprob;
    } scored[RANK_ITEMS_MAX];
    int n_scored;
};

/* --- on the ranking's side */

static void on_progress(void *arg, int items_done, int items_total, long long tokens_done,
                        long long tokens_total) {
    struct live *v = arg;
    pthread_mutex_lock(&v->watch.lock);
    v->items_done = items_done;
    v->items_total = items_total;
    v->tokens_done = tokens_done;
    v->tokens_total = tokens_total;
    pthread_mutex_unlock(&v->watch.lock);
}

static void on_scored(void *arg, const struct item *item, double logprob) {
    struct live *v = arg;
    pthread_mutex_lock(&v->watch.lock);
    if (v->n_scored < RANK_ITEMS_MAX) {
        v->scored[v->n_scored].id = item->id;
        v->scored[v->n_scored++].logprob = logprob;
    }
    pthread_mutex_unlock(&v->watch.lock);
}

static void on_training(void *arg, int on) {
    struct live *v = arg;
    pthread_mutex_lock(&v->watch.lock);
    v->training = on;
    pthread_mutex_unlock(&v->watch.lock);
}

static void on_started(void *arg, struct job *job) {
    struct live *v = arg;
    watch_job(&v->watch, job);
}

static int on_embedding(void *arg, int done, int total) {
    struct live *v = arg;
    pthread_mutex_lock(&v->watch.lock);
    v->embedded = done;
    v->to_embed = total;
    int gone = v->watch.cancelled;
    pthread_mutex_unlock(&v->watch.lock);
    return gone;
}

/* The model is waited for, on the ranking's own thread. */
static int on_loading(void *arg, double share) {
    struct live *v = arg;
    pthread_mutex_lock(&v->watch.lock);
    v->loading = 1;
    v->loaded = share;
    int gone = v->watch.cancelled;
    pthread_mutex_unlock(&v->watch.lock);
    return gone;
}

static void *rank_main(void *arg) {
    struct live *v = arg;
    struct shelf *s = v->app->shelf;
    const struct rank_hooks h = {.arg = v,
                                 .progress = on_progress,
                                 .scored = on_scored,
                                 .training = on_training,
                                 .embedding = on_embedding,
                                 .started = on_started};
    const struct shelf_wait w = {v, on_loading};
    struct ranker *k = NULL;
    v->st = shelf_take(s, v->request.model, NULL, &w, &k, &v->err);
    pthread_mutex_lock(&v->watch.lock);
    v->loading = 0;
    pthread_mutex_unlock(&v->watch.lock);
    if (v->st == ST_OK)
        v->st = ranking_answer(k, &v->request, v->unknown, &h, &v->arena, &v->result, &v->answer,
                               &v->err);
    shelf_give(s, k);
    watch_end(&v->watch);
    return NULL;
}

/* --- on the worker's side */

static int send_event(struct live *v, const char *name, struct buf *b) {
    int ok = !b->failed && sse_event(v->req, name, buf_text(b));
    buf_free(b);
    v->seq += ok;
    v->last_event = clock_s();
    return ok;
}

static void open_event(struct live *v, struct buf *b, size_t max) {
    buf_init(b, max);
    out_open(b, NULL, '{');
    out_int(b, "seq", v->seq + 1);
}

static int send_scores(struct live *v, int n_scored) {
    for (; v->n_sent < n_scored; v->n_sent++) {
        struct buf b;
        open_event(v, &b, 64 << 10);
        out_text(&b, "item", v->scored[v->n_sent].id);
        out_num(&b, "logprob", v->scored[v->n_sent].logprob);
        out_close(&b, '}');
        if (!send_event(v, "score", &b)) return 0;
    }
    return 1;
}

/* What a progress event says. */
struct news {
    int training, loading, embedded, to_embed, queue_position, scoring, items_done, items_total,
        n_scored;
    long long tokens_done, tokens_total;
    double loaded;
};

static int send_progress(struct live *v, const struct news *w) {
    double now = clock_s(), took;
    struct buf b;
    int scoring = w->scoring && w->queue_position == 0;
    if (scoring && v->score_began == 0) v->score_began = now;
    took = now - v->score_began;
    open_event(v, &b, 4096);
    out_text(&b, "phase",
             w->loading                  ? "load"
             : w->training               ? "train"
             : w->embedded < w->to_embed ? "embed"
             : w->queue_position > 0     ? "queue"
             : scoring                   ? "score"
                                         : "prepare");
    if (w->to_embed) {
        out_int(&b, "embedded", w->embedded);
        out_int(&b, "to_embed", w->to_embed);
    }
    if (w->loading) out_num(&b, "loaded", w->loaded > 0 ? w->loaded : 0);
    out_int(&b, "queue_position", w->queue_position);
    out_int(&b, "items_done", w->items_done);
    out_int(&b, "items_total", w->items_total);
    out_int(&b, "tokens_done", w->tokens_done);
    out_int(&b, "tokens_total", w->tokens_total);
    out_int(&b, "elapsed_ms", (long long)((now - v->born) * 1e3));
    if (scoring && w->tokens_done > 0)
        out_int(&b, "remaining_ms",
                (long long)(took * 1e3 * (double)(w->tokens_total - w->tokens_done) /
                            (double)w->tokens_done));
    else
        out_raw(&b, "remaining_ms", "null");
    out_close(&b, '}');
    return send_event(v, "progress", &b) && send_scores(v, w->n_scored);
}

static void news_take(struct live *v, struct news *w) {
    pthread_mutex_lock(&v->watch.lock);
    const struct job *job = v->watch.job;
    *w = (struct news){.queue_position = job ? atomic_load(&job->queue_position) : 0,
                       .scoring = job || v->items_total > 0,
                       .training = v->training,
                       .loading = v->loading,
                       .loaded = v->loaded,
                       .embedded = v->embedded,
                       .to_embed = v->to_embed,
                       .items_done = v->items_done,
                       .items_total = v->items_total,
                       .n_scored = v->n_scored,
                       .tokens_done = v->tokens_done,
                       .tokens_total = v->tokens_total};
    pthread_mutex_unlock(&v->watch.lock);
}

/* One tick: 0 when the ranking should be given up. */
static int tick(void *arg) {
    struct live *v = arg;
    struct news w;
    if (atomic_load(&v->app->closing) > 1 || req_gone(v->req)) return 0;
    if (!v->streaming) return 1;
    /* The stream begins with the first tick, so what fails at once has an HTTP code. */
    sse_begin(v->req);
    if (clock_s() - v->last_event > PING_S && v->last_event > 0 && !sse_ping(v->req)) return 0;
    news_take(v, &w);
    return send_progress(v, &w);
}

static void count(struct live *v) {
    struct app *app = v->app;
    atomic_fetch_add(v->st == ST_OK          ? &app->ranked
                     : v->st == ST_CANCELLED ? &app->cancelled
                                             : &app->failed,
                     1);
    if (v->st != ST_OK) return;
    atomic_fetch_add(&app->tokens_computed, v->result.tokens_computed);
    atomic_fetch_add(&app->tokens_cached, v->result.tokens_cached);
}

static void answer(struct live *v) {
    if (!v->streaming) {
        req_reply(v->req, 200, "application/json", v->answer, NULL);
        return;
    }
    struct news w;
    sse_begin(v->req);
    news_take(v, &w);
    (void)send_progress(v, &w);
    out_done(v->req, v->seq + 1, v->answer);
}

static enum status run(struct live *v, struct err *e) {
    pthread_t t;
    TRY(stack_start(&t, rank_main, v, e));
    atomic_fetch_add(&v->app->queued, 1);
    watch_wait(&v->watch, tick, v);
    pthread_join(t, NULL);
    atomic_fetch_sub(&v->app->queued, 1);
    count(v);
    if (v->st == ST_OK)
        answer(v);
    else
        *e = v->err;
    return app_stopped(v->app, v->st, e);
}

/* --- named clients */

/* Ends the client's older rankings, and lists this one. Names of clients live inside a user. */
static void live_join(struct live *v) {
    struct app *app = v->app;
    if (v->request.client.n == 0) return;
    pthread_mutex_lock(&app->live_lock);
    for (struct live *o = app->live; o; o = o->next) {
        if (!view_eq(o->request.client, v->request.client) ||
            !view_eq(o->request.owner, v->request.owner))
            continue;
        atomic_store(&o->superseded, 1);
        watch_cancel(&o->watch);
    }
    v->next = app->live;
    app->live = v;
    pthread_mutex_unlock(&app->live_lock);
}

static void live_leave(struct live *v) {
    struct app *app = v->app;
    if (v->request.client.n == 0) return;
    pthread_mutex_lock(&app->live_lock);
    struct live **at = &app->live;
    while (*at && *at != v) at = &(*at)->next;
    if (*at) *at = v->next;
    pthread_mutex_unlock(&app->live_lock);
}

static enum status live_status(const struct live *v, enum status st, struct err *e) {
    if (st != ST_CANCELLED || !atomic_load(&v->superseded)) return st;
    return fail(e, ST_CANCELLED, "superseded: a newer request of the same client took its place");
}

static enum status live_open(struct live **out, struct req *r, struct err *e) {
    struct live *v = mem_alloc(sizeof *v);
    if (!v) return fail(e, ST_NO_MEMORY, "no memory for a ranking");
    memset(v, 0, sizeof *v);
    v->app = req_app(r);
    v->req = r;
    v->born = clock_s();
    v->streaming = query_events(r);
    arena_init(&v->arena, RANK_ARENA);
    watch_init(&v->watch);
    *out = v;
    return ST_OK;
}

static void live_close(struct live *v) {
    watch_close(&v->watch);
    arena_free(&v->arena);
    mem_free(v);
}

enum status api_rank_post(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    struct view body;
    struct live *v = NULL;
    TRY(app_ready(app, e));
    TRY(req_body(r, &body, e));
    TRY(live_open(&v, r, e));
    request_init(&v->request);
    v->request.owner = view_of(req_caller(r)->name);
    enum status st = request_parse(&v->request, body, &v->arena, &v->unknown, e);
    v->request.user = app_user(r, v->request.client);
    if (st == ST_OK) {
        live_join(v);
        st = live_status(v, run(v, e), e);
        live_leave(v);
    }
    live_close(v);
    return st;
}
