/* Loading models one after the other, and closing those in the way. */
#include "server/registry/load.h"

#include "kernels/base/os/file.h"

#include <stdio.h>
#include <string.h>

/* Of a parameter in memory: the head is kept in f32 whatever the others are, and it is most of a
 * small model. */
enum { PARAMETER_BYTES = 4 };

void registry_load_close(struct ranker *r) {
    if (!r) return;
    struct engine *en = r->engine;
    ranker_close(r);
    engine_close(en);
    mem_free(r);
}

/* --- room --- */

static int n_loaded_locked(const struct registry *s) {
    int n = 0;
    for (int i = 0; i < REGISTRY_SLOTS; i++) n += s->slot[i].state == REGISTRY_LOADED;
    return n;
}

/* Closes the loaded model that nobody uses and that was used longest ago; 0 when there is none.
 * The lock is free meanwhile. */
static int drop_one_locked(struct registry *s) {
    struct registry_slot *old = NULL;
    for (int i = 0; i < REGISTRY_SLOTS; i++) {
        struct registry_slot *x = &s->slot[i];
        if (x->state != REGISTRY_LOADED || x->users || x == s->def) continue;
        if (!old || x->used < old->used) old = x;
    }
    if (!old) return 0;
    struct ranker *r = old->ranker;
    old->ranker = NULL;
    old->state = REGISTRY_THERE;
    pthread_mutex_unlock(&s->lock);
    registry_load_close(r);
    pthread_mutex_lock(&s->lock);
    return 1;
}

/* What the machine can still give without swapping, in bytes; a large number where it does not
 * say. */
static long long bytes_free(void) {
    char *text = NULL;
    size_t n;
    long long kib = 1ll << 40;
    struct err e;
    if (file_read("/proc/meminfo", 1 << 16, &text, &n, &e) != ST_OK) return kib << 10;
    const char *at = strstr(text, "MemAvailable:");
    if (at && sscanf(at, "MemAvailable: %lld", &kib) != 1) kib = 1ll << 40;
    mem_free(text);
    return kib << 10;
}

/* The file's bytes while it is read, and the weights. */
static long long bytes_needed(const struct registry_slot *x) {
    struct engine_info m;
    struct arena a;
    struct err e;
    if (x->remote) return 0; /* a vocabulary */
    arena_init(&a, 1 << 20);
    long long weights = engine_peek(x->path, &a, &m, &e) == ST_OK ? m.parameters : 0;
    arena_free(&a);
    return x->bytes + weights * PARAMETER_BYTES;
}

static enum status make_room_locked(struct registry *s, const struct registry_slot *x,
                                    struct err *e) {
    pthread_mutex_unlock(&s->lock);
    long long need = bytes_needed(x), have = bytes_free();
    pthread_mutex_lock(&s->lock);
    while (need > have) {
        if (!drop_one_locked(s))
            return fail(e, ST_LIMIT, "it needs about %lld MiB of memory, %lld MiB are free",
                        need >> 20, have >> 20);
        have = bytes_free();
    }
    return ST_OK;
}

/* --- loading --- */

static int wanted_locked(const struct registry *s, const struct registry_slot *x) {
    return !s->stop && (x->users > 0 || x->next_default);
}

/* On the engine's thread. */
static int on_loading(void *arg, double share) {
    struct registry_slot *x = arg;
    struct registry *s = x->registry;
    pthread_mutex_lock(&s->lock);
    x->share = share;
    int give_up = !wanted_locked(s, x);
    pthread_mutex_unlock(&s->lock);
    task_progress(&x->task, "load", (long long)(share * 1000), 1000);
    return give_up || task_given_up(&x->task);
}

/* On the engine's thread: what `eval precision` chose for the model. A store that cannot be read
 * says so at the next ranking. */
static const char *decided(void *arg, const char *sha256) {
    struct registry_slot *x = arg;
    struct err e;
    if (!x->registry->c.store) return NULL;
    if (store_choice(x->registry->c.store, sha256, x->decided, &e) != ST_OK) return NULL;
    return x->decided[0] ? x->decided : NULL;
}

static enum status open_ranker(struct registry *s, struct registry_slot *x, struct ranker **out,
                               struct err *e) {
    struct engine_config c = s->c.engine;
    struct engine *en;
    c.model = x->path;
    c.remote = x->remote;
    c.adapter = x->adapter[0] ? x->adapter : NULL;
    if (x->precision[0]) c.precision = x->precision;
    c.arg = x;
    c.loading = on_loading;
    c.decided = decided;
    struct ranker *r = mem_alloc(sizeof *r);
    if (!r) return fail(e, ST_NO_MEMORY, "no memory for a model");
    enum status st = engine_open(&en, &c, e);
    if (st != ST_OK) {
        mem_free(r);
        return st;
    }
    ranker_init(r, s->c.store, en);
    r->id = x->id;
    r->interactions_cache = &s->interactions_cache;
    r->snapshots = s->snapshots;
    r->rank_all = s->c.rank_all;
    r->embedder = s->embedder;
    r->vectors = s->vectors;
    r->embedding = s->embedding;
    *out = r;
    return ST_OK;
}

/* Whatever was wrong, people see it as the fault of the model that they named. */
static void break_locked(struct registry *s, struct registry_slot *x, enum status st,
                         const struct err *why) {
    int cancelled = st == ST_CANCELLED && task_given_up(&x->task);
    if (st == ST_CANCELLED && !cancelled) { /* somebody may want it by now */
        x->state = wanted_locked(s, x) ? REGISTRY_WAITING : REGISTRY_THERE;
        return;
    }
    if (cancelled)
        x->st = fail(&x->err, ST_CANCELLED, "the loading of the model was cancelled");
    else
        x->st = fail(&x->err, ST_INVALID, "the model cannot be loaded: %s", why->text);
    err_field(&x->err, "model");
    if (why->hint[0]) err_hint(&x->err, "%s", why->hint);
    x->state = REGISTRY_BROKEN;
    x->next_default = 0;
    s->failures++;
}

static void load_locked(struct registry *s, struct registry_slot *x) {
    struct ranker *r = NULL;
    struct err e = {.line = 0};
    x->state = REGISTRY_LOADING;
    x->share = 0;
    task_open(&x->task, s->c.tasks, "load", VIEW(""), view_of(x->id));
    enum status st = make_room_locked(s, x, &e);
    pthread_mutex_unlock(&s->lock);
    if (st == ST_OK) st = open_ranker(s, x, &r, &e);
    pthread_mutex_lock(&s->lock);
    if (st == ST_OK) {
        engine_info(r->engine, &x->info);
        x->ranker = r;
        x->state = REGISTRY_LOADED;
        x->share = 1;
        x->used = ++s->clock;
        if (x->next_default) s->def = x;
        x->next_default = 0;
        s->loads++;
    } else
        break_locked(s, x, st, &e);
    task_close(&x->task);
    pthread_cond_broadcast(&s->changed);
}

/* The longest waiting place that is still wanted. */
static struct registry_slot *next_locked(struct registry *s) {
    struct registry_slot *first = NULL;
    for (int i = 0; i < REGISTRY_SLOTS; i++) {
        struct registry_slot *x = &s->slot[i];
        if (x->state != REGISTRY_WAITING) continue;
        if (!wanted_locked(s, x))
            x->state = REGISTRY_THERE;
        else if (!first || x->used < first->used)
            first = x;
    }
    return first;
}

void *registry_load_main(void *arg) {
    struct registry *s = arg;
    pthread_mutex_lock(&s->lock);
    while (!s->stop) {
        struct registry_slot *x = next_locked(s);
        if (x && (n_loaded_locked(s) < s->c.loaded_max || drop_one_locked(s)))
            load_locked(s, x);
        else
            pthread_cond_wait(&s->wake, &s->lock);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}
