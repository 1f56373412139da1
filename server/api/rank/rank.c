/* POST /api/rank: a ranking as a task, whose client is told how it goes. */
#include "server/api/kit/out.h"
#include "server/api/rank/ranking.h"
#include "server/api/kit/served.h"

#include "kernels/base/os/clock.h"

#include <string.h>

/* One ranking. */
struct live {
    struct served *s;
    struct rank_request request;
    struct rank_result result;
    const char *unknown;
    /* The news'. */
    int n_sent;
    double score_began;
    /* Guarded by the task's lock. */
    struct job *job;
    int embedded, to_embed, items_done, items_total;
    long long tokens_done, tokens_total;
    /* Appended to; what lies below n_scored never changes. */
    struct {
        const char *id;
        double logprob;
    } scored[RANK_ITEMS_MAX];
    int n_scored;
};

/* --- on the ranking's thread */

static void on_progress(void *arg, int items_done, int items_total, long long tokens_done,
                        long long tokens_total) {
    struct live *v = arg;
    task_progress(&v->s->task, "score", tokens_done, tokens_total);
    pthread_mutex_lock(&v->s->task.lock);
    v->items_done = items_done;
    v->items_total = items_total;
    v->tokens_done = tokens_done;
    v->tokens_total = tokens_total;
    pthread_mutex_unlock(&v->s->task.lock);
}

static void on_scored(void *arg, const struct item *item, double logprob) {
    struct live *v = arg;
    pthread_mutex_lock(&v->s->task.lock);
    if (v->n_scored < RANK_ITEMS_MAX) {
        v->scored[v->n_scored].id = item->id;
        v->scored[v->n_scored++].logprob = logprob;
    }
    pthread_mutex_unlock(&v->s->task.lock);
}

static void on_training(void *arg, int on) {
    struct live *v = arg;
    task_progress(&v->s->task, on ? "train" : "prepare", 0, 0);
}

static void on_started(void *arg, struct job *job) {
    struct live *v = arg;
    task_stop_flag(&v->s->task, job ? &job->cancel : NULL);
    pthread_mutex_lock(&v->s->task.lock);
    v->job = job;
    pthread_mutex_unlock(&v->s->task.lock);
}

static int on_embedding(void *arg, int done, int total) {
    struct live *v = arg;
    task_progress(&v->s->task, done < total ? "embed" : "prepare", done, total);
    pthread_mutex_lock(&v->s->task.lock);
    v->embedded = done;
    v->to_embed = total;
    pthread_mutex_unlock(&v->s->task.lock);
    return task_given_up(&v->s->task);
}

static enum status rank(struct live *v, struct err *e) {
    struct served *s = v->s;
    const struct rank_hooks h = {.arg = v,
                                 .progress = on_progress,
                                 .scored = on_scored,
                                 .training = on_training,
                                 .embedding = on_embedding,
                                 .started = on_started};
    struct ranker *k = NULL;
    enum status st = task_given_up(&s->task) ? fail(e, ST_CANCELLED, "the ranking was given up")
                                             : served_model(s, v->request.model, &k, e);
    if (st == ST_OK)
        st = ranking_answer(k, &v->request, v->unknown, &h, &s->arena, &v->result, &s->answer, e);
    registry_give(s->app->registry, k);
    app_count(s->app, st, v->result.tokens_computed, v->result.tokens_cached);
    return st;
}

static enum status work(struct served *s, struct err *e) {
    struct live *v = s->arg;
    v->s = s;
    request_init(&v->request);
    v->request.owner = view_of(s->task.owner);
    TRY(request_parse(&v->request, s->body, &s->arena, &v->unknown, e));
    v->request.user = app_user(s->req, v->request.client);
    task_client(&s->task, v->request.client);
    return rank(v, e);
}

/* --- on the request's thread */

static int send_scores(struct served *s, int n_scored) {
    struct live *v = s->arg;
    for (; v->n_sent < n_scored; v->n_sent++) {
        struct buf b;
        served_event(s, &b);
        out_text(&b, "item", v->scored[v->n_sent].id);
        out_num(&b, "logprob", v->scored[v->n_sent].logprob);
        if (!served_send(s, "score", &b)) return 0;
    }
    return 1;
}

/* What a progress event says. */
struct now {
    const char *phase;
    int embedded, to_embed, queue_position, items_done, items_total, n_scored;
    long long tokens_done, tokens_total;
    double loaded; /* share of the model, in the phase "load" */
};

static void look(struct served *s, struct now *w) {
    const struct live *v = s->arg;
    struct task *t = &s->task;
    pthread_mutex_lock(&t->lock);
    *w = (struct now){.phase = t->phase ? t->phase : "prepare",
                      .embedded = v->embedded,
                      .to_embed = v->to_embed,
                      .queue_position = v->job ? atomic_load(&v->job->queue_position) : 0,
                      .items_done = v->items_done,
                      .items_total = v->items_total,
                      .n_scored = v->n_scored,
                      .tokens_done = v->tokens_done,
                      .tokens_total = v->tokens_total,
                      .loaded = (double)t->done / SERVED_LOADED};
    if (strcmp(w->phase, "prepare") == 0 && (v->job || v->items_total > 0)) w->phase = "score";
    pthread_mutex_unlock(&t->lock);
    if (strcmp(w->phase, "score") == 0 && w->queue_position > 0) w->phase = "queue";
}

static int news(struct served *s) {
    struct live *v = s->arg;
    struct now w;
    struct buf b;
    double now = clock_s();
    look(s, &w);
    int scoring = strcmp(w.phase, "score") == 0;
    if (scoring && v->score_began == 0) v->score_began = now;
    served_event(s, &b);
    out_text(&b, "phase", w.phase);
    if (w.to_embed) {
        out_int(&b, "embedded", w.embedded);
        out_int(&b, "to_embed", w.to_embed);
    }
    if (strcmp(w.phase, "load") == 0) out_num(&b, "loaded", w.loaded);
    out_int(&b, "queue_position", w.queue_position);
    out_int(&b, "items_done", w.items_done);
    out_int(&b, "items_total", w.items_total);
    out_int(&b, "tokens_done", w.tokens_done);
    out_int(&b, "tokens_total", w.tokens_total);
    out_int(&b, "elapsed_ms", (long long)((now - s->task.born) * 1e3));
    if (scoring && w.tokens_done > 0)
        out_int(&b, "remaining_ms",
                (long long)((now - v->score_began) * 1e3 *
                            (double)(w.tokens_total - w.tokens_done) / (double)w.tokens_done));
    else
        out_raw(&b, "remaining_ms", "null");
    return served_send(s, "progress", &b) && send_scores(s, w.n_scored);
}

enum status api_rank_post(struct req *r, struct err *e) {
    static const struct served_kind kind = {"rank", SERVED_RANKS, work, news};
    struct live *v = mem_alloc(sizeof *v);
    if (!v) return fail(e, ST_NO_MEMORY, "no memory for a ranking");
    memset(v, 0, sizeof *v);
    enum status st = served_call(r, &kind, VIEW(""), v, e);
    mem_free(v);
    return st;
}
