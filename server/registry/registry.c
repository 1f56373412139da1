/* Places of models: asked for, being loaded, loaded. */
#include "server/registry/registry.h"

#include "model/embed/embed.h"
#include "server/catalog/snapshot.h"
#include "server/registry/adapters.h"
#include "server/registry/load.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TICK_MS = 80 };

static const char *const states[] = {"available", "waiting", "loading", "loaded", "broken"};

const char *registry_state_name(enum registry_state s) {
    return states[s];
}

static enum status open_registry(struct registry **out, const struct registry_config *c,
                                 struct err *e) {
    struct registry *s = mem_alloc(sizeof *s);
    if (!s) return fail(e, ST_NO_MEMORY, "no memory for models");
    memset(s, 0, sizeof *s);
    enum status st = c->store ? snapshots_open(&s->snapshots, c->store, e) : ST_OK;
    if (st != ST_OK) mem_free(s);
    *out = s;
    return st;
}

enum status registry_open(struct registry **out, const struct registry_config *c, struct err *e) {
    struct registry *s = NULL;
    pthread_condattr_t attr;
    TRY(open_registry(&s, c, e));
    s->c = *c;
    if (s->c.loaded_max < 2) s->c.loaded_max = 2;
    s->c.engine.turns = &s->turns;
    if (c->model && access(c->model, F_OK) == 0) s->extra = c->model;
    ticket_lock_init(&s->turns);
    interactions_cache_init(&s->interactions_cache);
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&s->wake, &attr);
    pthread_cond_init(&s->changed, &attr);
    pthread_condattr_destroy(&attr);
    for (int i = 0; i < REGISTRY_SLOTS; i++) s->slot[i].registry = s;
    s->has_thread = pthread_create(&s->thread, NULL, registry_load_main, s) == 0;
    if (s->has_thread) {
        *out = s;
        return ST_OK;
    }
    registry_close(s);
    return fail(e, ST_BUSY, "no thread could be started for loading models");
}

void registry_close(struct registry *s) {
    if (!s) return;
    pthread_mutex_lock(&s->lock);
    s->stop = 1;
    pthread_cond_broadcast(&s->wake);
    pthread_mutex_unlock(&s->lock);
    if (s->has_thread) pthread_join(s->thread, NULL);
    for (int i = 0; i < REGISTRY_SLOTS; i++) registry_load_close(s->slot[i].ranker);
    interactions_cache_close(&s->interactions_cache);
    snapshots_close(s->snapshots);
    ticket_lock_close(&s->turns);
    pthread_cond_destroy(&s->wake);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    mem_free(s);
}

struct snapshots *registry_snapshots(struct registry *s) {
    return s->snapshots;
}

void registry_vectors(struct registry *s, struct vectors *v) {
    s->vectors = v;
}

void registry_stop_learning(struct registry *s) {
    interactions_cache_stop(&s->interactions_cache);
}

struct ticket_lock *registry_turns(struct registry *s) {
    return &s->turns;
}

void registry_embedder(struct registry *s, struct embedder *m,
                       void (*embedding)(void *arg, int done, int total)) {
    s->embedder = m;
    s->embedding = embedding;
}

struct embedder *registry_encoder(const struct registry *s) {
    return s->embedder;
}

/* --- asking --- */

static enum status resolve_base(struct registry *s, struct view name, struct arena *a,
                                struct registry_file *out, struct err *e) {
    const struct registry_file *found;
    struct registry_file *all;
    int n, may_be_path = s->c.paths || (s->c.model && view_eq_str(name, s->c.model));
    const char *path = arena_copy(a, name.p, name.n);
    if (!path) return fail(e, ST_NO_MEMORY, "no memory for a path");
    if (may_be_path && (strchr(path, '/') || access(path, F_OK) == 0)) {
        struct err why;
        if (registry_file_of(path, a, out, &why) == ST_OK) return ST_OK;
        (void)fail(e, ST_NOT_FOUND, "the model cannot be loaded: %s", why.text);
        err_field(e, "model");
        return ST_NOT_FOUND;
    }
    TRY(registry_all(s, a, &all, &n, e));
    TRY(registry_file_find(all, n, name, &found, e));
    *out = *found;
    return ST_OK;
}

/* BASE, or BASE+ADAPTER. A path may hold a '+' of its own: then there is such a file. */
static enum status resolve(struct registry *s, struct view name, struct arena *a,
                           struct registry_file *out, struct err *e) {
    const char *plus = name.n ? memchr(name.p, '+', name.n) : NULL;
    const char *path = arena_copy(a, name.p, name.n);
    if (!path) return fail(e, ST_NO_MEMORY, "no memory for a path");
    if (!plus || access(path, F_OK) == 0) return resolve_base(s, name, a, out, e);
    size_t n = (size_t)(plus - name.p);
    TRY(resolve_base(s, view_sub(name, 0, n), a, out, e));
    if (!out->remote)
        return registry_file_adapt(out, view_sub(name, n + 1, name.n), s->c.adapters, s->c.paths, a,
                                   e);
    (void)fail(e, ST_UNSUPPORTED, "an adapter is not put over a model that computes elsewhere");
    err_field(e, "model");
    return ST_UNSUPPORTED;
}

enum status registry_find(struct registry *s, struct view name, struct arena *a,
                          struct registry_file *out, struct err *e) {
    return resolve(s, name, a, out, e);
}

int registry_same_file(const struct registry_slot *x, const struct registry_file *f) {
    return x->remote == f->remote && strcmp(x->path, f->path) == 0 &&
           strcmp(x->adapter, f->adapter ? f->adapter : "") == 0;
}

static int holds(const struct registry_slot *x, const struct registry_file *f,
                 const char *precision) {
    if (!registry_same_file(x, f) || x->stamp != f->stamp) return 0;
    if (strcmp(x->precision, precision) == 0) return 1;
    return x->state == REGISTRY_LOADED && strcmp(x->info.precision, precision) == 0;
}

/* The place of a file that is loaded or will be; a new one where there is none yet. */
static enum status place_locked(struct registry *s, const struct registry_file *f,
                                const char *precision, struct registry_slot **out, struct err *e) {
    struct registry_slot *room = NULL;
    for (int i = 0; i < REGISTRY_SLOTS; i++) {
        struct registry_slot *x = &s->slot[i];
        if (x->state == REGISTRY_BROKEN && !x->users && registry_same_file(x, f))
            x->state = REGISTRY_THERE; /* it is tried again */
        if (x->state == REGISTRY_THERE || (x->state == REGISTRY_BROKEN && !x->users)) {
            if (!room || room->state == REGISTRY_BROKEN) room = x;
            continue;
        }
        if (x->state == REGISTRY_BROKEN || !holds(x, f, precision)) continue;
        *out = x;
        return ST_OK;
    }
    if (!room) {
        (void)fail(e, ST_BUSY, "too many models are waited for");
        err_hint(e, "try again in a few seconds");
        return ST_BUSY;
    }
    *room = (struct registry_slot){.registry = s, .state = REGISTRY_WAITING, .stamp = f->stamp};
    room->remote = f->remote;
    room->bytes = f->bytes;
    (void)snprintf(room->id, sizeof room->id, "%s", f->id);
    (void)snprintf(room->path, sizeof room->path, "%s", f->path);
    (void)snprintf(room->adapter, sizeof room->adapter, "%s", f->adapter ? f->adapter : "");
    (void)snprintf(room->precision, sizeof room->precision, "%s", precision);
    *out = room;
    return ST_OK;
}

static void wait_a_while_locked(struct registry *s) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_nsec += TICK_MS * 1000000L;
    if (t.tv_nsec >= 1000000000L) t.tv_sec++, t.tv_nsec -= 1000000000L;
    (void)pthread_cond_timedwait(&s->changed, &s->lock, &t);
}

/* Until x is loaded or will not be; x is held. */
static enum status await_locked(struct registry *s, struct registry_slot *x,
                                const struct registry_wait *w, struct err *e) {
    while (x->state == REGISTRY_WAITING || x->state == REGISTRY_LOADING) {
        double share = x->state == REGISTRY_LOADING ? x->share : -1;
        if (s->stop) return fail(e, ST_CANCELLED, "the models are being closed");
        pthread_mutex_unlock(&s->lock);
        int gone = w && w->tick && w->tick(w->arg, share);
        pthread_mutex_lock(&s->lock);
        if (gone) return fail(e, ST_CANCELLED, "the waiting for a model was given up");
        if (x->state == REGISTRY_WAITING || x->state == REGISTRY_LOADING) wait_a_while_locked(s);
    }
    if (x->state == REGISTRY_LOADED) return ST_OK;
    *e = x->err;
    return x->st;
}

static void leave_locked(struct registry *s, struct registry_slot *x) {
    x->users--;
    pthread_cond_signal(&s->wake);
}

/* The place that a name stands for, held. */
static enum status hold_locked(struct registry *s, const struct registry_file *f,
                               const char *precision, struct registry_slot **out, struct err *e) {
    TRY(place_locked(s, f, precision, out, e));
    (*out)->users++;
    (*out)->used = ++s->clock;
    pthread_cond_signal(&s->wake);
    return ST_OK;
}

/* The default one is known by its place: its file may have another name or be gone by now. */
static int takes_default_locked(struct registry *s, struct view name, const char *precision) {
    const struct registry_slot *d = s->def;
    if (!d || (name.n && !view_eq_str(name, d->id))) return 0;
    return !precision[0] || strcmp(precision, d->info.precision) == 0;
}

enum status registry_take(struct registry *s, struct view name, const char *precision,
                          const struct registry_wait *w, struct ranker **out, struct err *e) {
    struct registry_file f = {0};
    struct registry_slot *x = NULL;
    struct arena a;
    char own[REGISTRY_ID] = "";
    enum status st = ST_OK;
    if (!precision || strcmp(precision, "auto") == 0) precision = "";
    pthread_mutex_lock(&s->lock);
    if (takes_default_locked(s, name, precision)) {
        x = s->def;
        x->users++;
        x->used = ++s->clock;
    } else if (!name.n && s->def) {
        (void)snprintf(own, sizeof own, "%s", s->def->id);
        name = view_of(own);
    } else if (!name.n)
        st = fail(e, ST_BUSY, "the model is still being loaded");
    pthread_mutex_unlock(&s->lock);
    if (x) *out = x->ranker;
    if (x || st != ST_OK) return st;
    arena_init(&a, 8 << 20);
    st = resolve(s, name, &a, &f, e);
    pthread_mutex_lock(&s->lock);
    if (st == ST_OK) st = hold_locked(s, &f, precision, &x, e);
    if (st == ST_OK) st = await_locked(s, x, w, e);
    if (st == ST_OK)
        *out = x->ranker;
    else if (x)
        leave_locked(s, x);
    pthread_mutex_unlock(&s->lock);
    arena_free(&a);
    return st;
}

void registry_give(struct registry *s, struct ranker *r) {
    if (!r) return;
    pthread_mutex_lock(&s->lock);
    for (int i = 0; i < REGISTRY_SLOTS; i++)
        if (s->slot[i].ranker == r) leave_locked(s, &s->slot[i]);
    pthread_mutex_unlock(&s->lock);
}

enum status registry_switch(struct registry *s, struct view name, const struct registry_wait *w,
                            struct err *e) {
    struct registry_file f;
    struct registry_slot *x = NULL;
    struct arena a;
    if (!name.n) name = view_of(s->c.model);
    arena_init(&a, 8 << 20);
    enum status st = resolve(s, name, &a, &f, e);
    pthread_mutex_lock(&s->lock);
    if (st == ST_OK) st = hold_locked(s, &f, "", &x, e);
    if (st == ST_OK) {
        for (int i = 0; i < REGISTRY_SLOTS; i++) s->slot[i].next_default = 0;
        if (x->state == REGISTRY_LOADED)
            s->def = x;
        else
            x->next_default = 1;
        if (w) st = await_locked(s, x, w, e);
        leave_locked(s, x);
    }
    pthread_mutex_unlock(&s->lock);
    arena_free(&a);
    return st;
}
