/* The engine thread: a bounded queue of jobs, a few of them running at once, sharing each chunk. */
#include "model/engine.h"

#include "model/backend.h"
#include "kernels/base/clock.h"
#include "model/step.h"
#include "model/merge.h"
#include "model/format/peek.h"
#include "model/format/shards.h"
#include "model/tokenizer/template.h"
#include "model/tokenizer/tok.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum {
    RETRY_MAX_S = 60,
    RUNNING_MAX = 8,
    QUEUE_DEFAULT = 32,
    CHUNK_DEFAULT = 256,
    STACK = 8 << 20
};

/* A caller inside engine_score. */
struct ticket {
    struct job *job;
    struct plan *plan;
    struct ticket *next; /* behind it in the queue */
    enum status st;
    struct err err;
    int finished;
    double born, started;
    pthread_cond_t done;
};

struct engine {
    struct arena arena; /* names and texts */
    struct engine_info info;
    struct ops *ops;
    struct model *model;
    struct tok *tok;
    struct chat_template chat;
    struct hash sha;
    struct work work;
    struct cache cache;
    struct batch batch;

    /* Only this thread opens parallel regions: OpenMP keeps a team, and its settings, per thread.
     */
    pthread_t thread;
    int has_thread;
    const struct engine_config *config; /* while opening */
    struct err *open_err;
    enum status open_st;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t wake, left;
    struct ticket *first, *last;
    struct ticket *running[RUNNING_MAX];
    int n_running, n_queued, n_inside, queue_max;
    double speed; /* tokens a second of what was computed lately, 0 = not known */
    struct cores *cores;
    atomic_int stop;
    struct engine_cache stats;
};

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
    int fewest = RUNNING_MAX;
    for (struct ticket *t = en->first; t; t = t->next) {
        int n = running_of_locked(en, t->job->user);
        if (n < fewest && n < share_of(t->job->user, RUNNING_MAX)) best = t, fewest = n;
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
    while (en->n_running < RUNNING_MAX) {
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
    struct plan *plan[RUNNING_MAX];
    double weight[RUNNING_MAX];
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

static void serve(struct engine *en) {
    pthread_mutex_lock(&en->lock);
    for (;;) {
        int running[RUNNING_MAX], left = 0;
        admit_locked(en);
        if (en->n_running == 0) {
            if (atomic_load(&en->stop)) break;
            pthread_cond_wait(&en->wake, &en->lock);
            continue;
        }
        pthread_mutex_unlock(&en->lock);
        cores_take(en->cores);
        double from = clock_s();
        advance(en, en->running, en->n_running, running);
        double took = clock_s() - from;
        cores_leave(en->cores);
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

/* --- opening --- */

static enum status fill_info(struct engine *en, const struct gguf *g, struct err *e) {
    struct engine_info *i = &en->info;
    TRY(peek_text(g, "general.name", "unnamed", &en->arena, &i->name, e));
    TRY(peek_text(g, "general.architecture", NULL, &en->arena, &i->architecture, e));
    TRY(peek_text(g, "general.license", "not stated", &en->arena, &i->license, e));
    i->code = en->ops->name;
    i->backend = strcmp(en->ops->name, "reference") == 0   ? "ref"
                 : strncmp(en->ops->name, "cuda ", 5) == 0 ? "cuda"
                                                           : "cpu";
    i->precision = backend_precision(en->ops->precision);
    i->chat_template = en->chat.name;
    i->parameters = en->model->parameters;
    i->context = en->model->context;
    i->vocab = en->model->vocab;
    i->layers = en->model->layers;
    i->threads = en->ops->threads;
    i->note = tok_note(en->tok);
    return ST_OK;
}

/* The hash that stands for the model, in hex. */
static enum status name_file(struct engine *en, const char **out, struct err *e) {
    char *sha = arena_alloc(&en->arena, 65);
    if (!sha) return fail(e, ST_NO_MEMORY, "no memory for the model's names");
    hash_hex(&en->sha, sha);
    *out = sha;
    return ST_OK;
}

/* With an adapter the model is another one: its hash is of the base's and of all factors. */
static enum status read_adapter(struct engine *en, struct adapter *ad, const char *path,
                                const struct gguf *g, struct err *e) {
    TRY(adapter_read(ad, path, g, e));
    enum status st = adapter_check(ad, en->info.base_sha256, e);
    if (st == ST_OK) {
        en->sha = adapter_hash(ad, &en->sha);
        st = name_file(en, &en->info.sha256, e);
    }
    if (st == ST_OK && ad->readout[0]) {
        en->info.trained_for = arena_copy(&en->arena, ad->readout, strlen(ad->readout));
        en->info.trained_gain = ad->gain;
        en->info.trained_beta = ad->beta;
        if (!en->info.trained_for) st = fail(e, ST_NO_MEMORY, "no memory for an adapter's name");
    }
    if (st != ST_OK) adapter_close(ad);
    return st;
}

/* Reading and hashing the files is this share of a loading, the weights are the rest. */
#define READ_SHARE 0.3

/* A stretch of the loading, told as its share of the whole. */
struct stretch {
    const struct engine_config *c;
    double from, to;
};

static int on_stretch(void *arg, double share) {
    const struct stretch *s = arg;
    return s->c->loading ? s->c->loading(s->c->arg, s->from + (s->to - s->from) * share) : 0;
}

/* Everything that reads the files' bytes, which are dropped afterwards. */
static enum status load(struct engine *en, const struct engine_config *c, const struct gguf *g,
                        struct err *e) {
    struct engine_info *i = &en->info;
    struct adapter ad = {.n = 0};
    TRY(name_file(en, &i->base_sha256, e));
    i->sha256 = i->base_sha256;
    TRY(tok_open(&en->tok, g, e));
    TRY(backend_open(c, i->base_sha256, &en->arena, &en->ops, &i->no_gpu, e));
    struct stretch weights = {c, READ_SHARE, 1};
    const struct model_watch w = {&weights, on_stretch};
    if (c->adapter) TRY(read_adapter(en, &ad, c->adapter, g, e));
    enum status st = model_open_adapted(&en->model, g, en->ops, &w, c->adapter ? &ad : NULL, e);
    adapter_close(&ad);
    TRY(st);
    if (tok_count(en->tok) > en->model->vocab)
        return fail(e, ST_CORRUPT, "%d tokens but %d rows of embeddings", tok_count(en->tok),
                    en->model->vocab);
    TRY(template_choose(&en->chat, g, en->tok, e));
    return fill_info(en, g, e);
}

static enum status start(struct engine *en, const struct engine_config *c, struct err *e) {
    struct arena tables;
    struct shards files;
    arena_init(&tables, (size_t)1 << 30);
    struct stretch reading = {c, 0, READ_SHARE};
    const struct model_watch w = {&reading, on_stretch};
    enum status st = shards_open(&files, c->model, &tables, &w, e);
    en->sha = files.sha;
    if (st == ST_OK) st = load(en, c, &files.g, e);
    shards_close(&files);
    arena_free(&tables);
    TRY(st);
    int rows = c->chunk_rows > 0         ? c->chunk_rows
               : en->ops->chunk_rows > 0 ? en->ops->chunk_rows
                                         : CHUNK_DEFAULT;
    TRY(work_open(&en->work, en->model, rows, e));
    TRY(batch_open(&en->batch, rows, e));
    return cache_open(&en->cache, en->model, c->cache_bytes ? c->cache_bytes : (size_t)512 << 20,
                      e);
}

/* The engine thread: loads the model, says how that went, then serves jobs. */
static void *engine_thread(void *arg) {
    struct engine *en = arg;
    enum status st = start(en, en->config, en->open_err);
    pthread_mutex_lock(&en->lock);
    en->open_st = st;
    en->config = NULL;
    pthread_cond_signal(&en->left);
    pthread_mutex_unlock(&en->lock);
    if (st == ST_OK) serve(en);
    return NULL;
}

static enum status start_thread(struct engine *en, const struct engine_config *c, struct err *e) {
    pthread_attr_t attr;
    en->config = c;
    en->open_err = e;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    en->has_thread = pthread_create(&en->thread, &attr, engine_thread, en) == 0;
    pthread_attr_destroy(&attr);
    if (!en->has_thread) return fail(e, ST_NO_MEMORY, "cannot start the engine thread");
    pthread_mutex_lock(&en->lock);
    while (en->config) pthread_cond_wait(&en->left, &en->lock);
    pthread_mutex_unlock(&en->lock);
    return en->open_st;
}

enum status engine_open(struct engine **out, const struct engine_config *c, struct err *e) {
    struct engine *en = mem_alloc(sizeof *en);
    if (!en) return fail(e, ST_NO_MEMORY, "no memory for the engine");
    memset(en, 0, sizeof *en);
    arena_init(&en->arena, 1 << 20);
    pthread_mutex_init(&en->lock, NULL);
    pthread_cond_init(&en->wake, NULL);
    pthread_cond_init(&en->left, NULL);
    en->queue_max = c->queue_max > 0 ? c->queue_max : QUEUE_DEFAULT;
    en->cores = c->cores;
    enum status st = start_thread(en, c, e);
    if (st != ST_OK) {
        engine_close(en);
        return st;
    }
    *out = en;
    return ST_OK;
}

void engine_close(struct engine *en) {
    if (!en) return;
    pthread_mutex_lock(&en->lock);
    atomic_store(&en->stop, 1);
    pthread_cond_signal(&en->wake);
    while (en->n_inside > 0) pthread_cond_wait(&en->left, &en->lock);
    pthread_mutex_unlock(&en->lock);
    if (en->has_thread) pthread_join(en->thread, NULL);
    if (en->cache.slot) cache_close(&en->cache);
    batch_close(&en->batch);
    work_close(&en->work);
    model_close(en->model);
    if (en->ops) en->ops->close(en->ops);
    tok_close(en->tok);
    arena_free(&en->arena);
    pthread_cond_destroy(&en->wake);
    pthread_cond_destroy(&en->left);
    pthread_mutex_destroy(&en->lock);
    mem_free(en);
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
