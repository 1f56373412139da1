/* The engine thread: a bounded queue of jobs, a few of them running at once, sharing each chunk. */
#include "model/engine/engine_parts.h"

#include "kernels/base/os/clock.h"
#include "model/merge.h"

#include <string.h>

enum { RETRY_MAX_S = 60 };

/* --- the thread
 * --------------------------------------------------------------------------------------------------
 */

static void number_queue_locked(struct engine *en) {
    int ahead = 0;
    for (struct ticket *t = en->first; t; t = t->next)
        atomic_store(&t->job->queue_position, ++ahead);
}

static void finish_locked(struct ticket *t) {
    t->finished = 1;
    pthread_cond_signal(&t->done);
}

/* A job that is cancelled while it waits does not wait for its turn to end. */
static void drop_cancelled_locked(struct engine *en) {
    struct ticket **at = &en->first, *last = NULL;
    while (*at) {
        struct ticket *t = *at;
        if (!atomic_load(&t->job->cancel)) {
            last = t;
            at = &t->next;
            continue;
        }
        *at = t->next;
        en->n_queued--;
        t->started = clock_s();
        t->st = fail(&t->err, ST_CANCELLED, "the ranking was cancelled");
        finish_locked(t);
    }
    en->last = last;
}

static int running_of_locked(const struct engine *en, unsigned long long user) {
    int n = 0;
    for (int i = 0; i < en->n_running; i++) n += en->running[i]->job->user == user;
    return n;
}

static int places_of_locked(const struct engine *en, unsigned long long user) {
    int n = running_of_locked(en, user);
    for (const struct ticket *t = en->first; t; t = t->next) n += t->job->user == user;
    return n;
}

/* Three quarters are everything to who is nobody in particular. */
static int share_of(unsigned long long user, int all) {
    return user ? all * 3 / 4 : all;
}

/* Who goes next: of the user of whom the fewest run, who came first. NULL: nobody may. */
static struct ticket *next_locked(const struct engine *en) {
    struct ticket *best = NULL;
    int fewest = ENGINE_RUNNING_MAX;
    for (struct ticket *t = en->first; t; t = t->next) {
        int n = running_of_locked(en, t->job->user);
        if (n < fewest && n < share_of(t->job->user, ENGINE_RUNNING_MAX)) best = t, fewest = n;
    }
    return best;
}

static void unlink_locked(struct engine *en, const struct ticket *t) {
    struct ticket **at = &en->first, *last = NULL;
    while (*at != t) last = *at, at = &(*at)->next;
    *at = t->next;
    if (en->last == t) en->last = last;
    en->n_queued--;
}

static void admit_locked(struct engine *en) {
    drop_cancelled_locked(en);
    while (en->n_running < ENGINE_RUNNING_MAX) {
        struct ticket *t = next_locked(en);
        if (!t) break;
        unlink_locked(en, t);
        t->started = clock_s();
        atomic_store(&t->job->queue_position, 0);
        en->running[en->n_running++] = t;
    }
    number_queue_locked(en);
}

static void copy_stats_locked(struct engine *en) {
    const struct cache *c = &en->cache;
    en->stats = (struct engine_cache){
        (long long)c->bytes, (long long)c->max_bytes, c->nodes, c->hits, c->misses, c->evicted};
}

/* Starts a job's plan where it has none; 0 when the job has ended. */
static int ready(struct engine *en, struct ticket *t) {
    if (atomic_load(&en->stop) || atomic_load(&t->job->cancel))
        t->st = fail(&t->err, ST_CANCELLED, "the ranking was cancelled");
    else if (!t->plan)
        t->st = plan_open(&t->plan, t->job, &en->cache, &en->sha, &t->err);
    return t->st == ST_OK;
}

/* A chunk is shared out evenly over users, and a user's part over that user's jobs. */
static double part_of_user(struct ticket *const *t, int n, int i) {
    int same = 0;
    for (int k = 0; k < n; k++) same += t[k]->job->user == t[i]->job->user;
    return t[i]->job->user ? 1. / same : 1;
}

/* One chunk for all running jobs; marks those that have ended by running[i] = 0. */
static void advance(struct engine *en, struct ticket *const *t, int n, int *running) {
    struct plan *plan[ENGINE_RUNNING_MAX];
    double weight[ENGINE_RUNNING_MAX];
    int plans = 0;
    for (int i = 0; i < n; i++) {
        if (!(running[i] = ready(en, t[i]))) continue;
        weight[plans] = part_of_user(t, n, i);
        plan[plans++] = t[i]->plan;
    }
    en->batch.weight = weight;
    if (plans > 0) batch_step(&en->batch, plan, plans, &en->work);
    en->batch.weight = NULL;
    for (int i = 0; i < n; i++) {
        int more = 1;
        if (running[i]) {
            t[i]->st = plan_next(t[i]->plan, &more, &t[i]->err);
            running[i] = t[i]->st == ST_OK && more;
        }
        if (running[i]) continue;
        plan_close(t[i]->plan);
        t[i]->plan = NULL;
    }
}

static void note_speed_locked(struct engine *en, double took) {
    if (en->batch.rows < 16 || took <= 0) return; /* says little */
    double now = en->batch.rows / took;
    en->speed = en->speed > 0 ? .9 * en->speed + .1 * now : now;
}

/* Seconds until a place may be free: of the work inside, each one's share. */
static int retry_locked(const struct engine *en) {
    double tokens = 0;
    int n = en->n_queued + en->n_running;
    for (const struct ticket *t = en->first; t; t = t->next)
        tokens += t->job->tree->off[t->job->tree->n];
    for (int i = 0; i < en->n_running; i++)
        tokens += en->running[i]->job->tree->off[en->running[i]->job->tree->n] / 2.;
    double s = en->speed > 0 && n > 0 ? tokens / en->speed / n : 0;
    return s < 1 ? 1 : s > RETRY_MAX_S ? RETRY_MAX_S : (int)s + 1;
}

void engine_serve(struct engine *en) {
    pthread_mutex_lock(&en->lock);
    for (;;) {
        int running[ENGINE_RUNNING_MAX], left = 0;
        admit_locked(en);
        if (en->n_running == 0) {
            if (atomic_load(&en->stop)) break;
            pthread_cond_wait(&en->wake, &en->lock);
            continue;
        }
        pthread_mutex_unlock(&en->lock);
        ticket_lock_take(en->turns);
        double from = clock_s();
        advance(en, en->running, en->n_running, running);
        double took = clock_s() - from;
        ticket_lock_leave(en->turns);
        pthread_mutex_lock(&en->lock);
        note_speed_locked(en, took);
        copy_stats_locked(en);
        for (int i = 0; i < en->n_running; i++) {
            if (running[i])
                en->running[left++] = en->running[i];
            else
                finish_locked(en->running[i]);
        }
        en->n_running = left;
    }
    pthread_mutex_unlock(&en->lock);
}

enum status engine_score(struct engine *en, struct job *j, struct err *e) {
    struct ticket t = {.job = j, .born = clock_s()};
    j->tokens_computed = j->tokens_cached = j->roots_cached = 0;
    if (en->remote) return engine_score_remote(en, j, e);
    pthread_mutex_lock(&en->lock);
    int n = en->n_queued + en->n_running, own = places_of_locked(en, j->user);
    int full = own >= share_of(j->user, en->queue_max);
    if (atomic_load(&en->stop) || full || n >= en->queue_max) {
        int retry_s = retry_locked(en);
        pthread_mutex_unlock(&en->lock);
        if (atomic_load(&en->stop)) return fail(e, ST_BUSY, "the model is being closed");
        fail(e, ST_BUSY, "%d rankings%s are waiting or running already", full && j->user ? own : n,
             full && j->user ? " of yours" : "");
        err_hint(e, "try again in %d s", retry_s);
        if (e) e->retry_s = retry_s;
        return ST_BUSY;
    }
    pthread_cond_init(&t.done, NULL);
    *(en->last ? &en->last->next : &en->first) = &t;
    en->last = &t;
    en->n_queued++;
    en->n_inside++;
    number_queue_locked(en);
    pthread_cond_signal(&en->wake);
    while (!t.finished) pthread_cond_wait(&t.done, &en->lock);
    pthread_cond_destroy(&t.done);
    en->n_inside--;
    pthread_cond_signal(&en->left);
    pthread_mutex_unlock(&en->lock);
    j->queue_s = t.started - t.born;
    j->score_s = clock_s() - t.started;
    if (t.st != ST_OK && e) *e = t.err;
    return t.st;
}

/* --- questions --- */

void engine_info(const struct engine *en, struct engine_info *out) {
    *out = en->info;
}

void engine_cache_stats(struct engine *en, struct engine_cache *out) {
    pthread_mutex_lock(&en->lock);
    *out = en->stats;
    pthread_mutex_unlock(&en->lock);
}

enum status engine_tokens(const struct engine *en, struct view text, struct arena *a, int32_t **ids,
                          size_t *n, struct err *e) {
    return tok_encode(en->tok, text, a, ids, n, e);
}

struct view engine_token_text(const struct engine *en, int id) {
    return tok_text(en->tok, id);
}

int engine_bos(const struct engine *en) {
    return tok_bos(en->tok);
}

void engine_turn(const struct engine *en, int role, int tail, const int32_t **ids, int *n) {
    const struct chat_turn *t = &en->chat.turn[role];
    *ids = tail ? t->tail : t->head;
    *n = tail ? t->n_tail : t->n_head;
}

enum status engine_merge(const char *base, const char *adapter, const char *out, const char *type,
                         struct err *e) {
    return merge_file(base, adapter, out, type, e);
}

void engine_sha256(const void *p, size_t n, char out[65]) {
    struct hash h = hash_of(p, n, NULL, 0);
    hash_hex(&h, out);
}
