/* Places of models: asked for, being loaded, loaded. */
#include "server/registry/registry.h"

#include "model/embed.h"
#include "server/catalog/snapshot.h"
#include "server/registry/adapters.h"
#include "server/registry/load.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TICK_MS = 80 };

static const char *const states[] = {"available", "waiting", "loading", "loaded", "broken"};

const char *shelf_state_name(enum shelf_state s) {
    return states[s];
}

static enum status open_shelf(struct shelf **out, const struct shelf_config *c, struct err *e) {
    struct shelf *s = mem_alloc(sizeof *s);
    if (!s) return fail(e, ST_NO_MEMORY, "no memory for models");
    memset(s, 0, sizeof *s);
    enum status st = c->store ? snapshots_open(&s->snapshots, c->store, e) : ST_OK;
    if (st != ST_OK) mem_free(s);
    *out = s;
    return st;
}

enum status shelf_open(struct shelf **out, const struct shelf_config *c, struct err *e) {
    struct shelf *s = NULL;
    pthread_condattr_t attr;
    TRY(open_shelf(&s, c, e));
    s->c = *c;
    if (s->c.loaded_max < 2) s->c.loaded_max = 2;
    s->c.engine.cores = &s->cores;
    if (c->model && access(c->model, F_OK) == 0) s->extra = c->model;
    cores_init(&s->cores);
    learner_init(&s->learner);
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&s->wake, &attr);
    pthread_cond_init(&s->changed, &attr);
    pthread_condattr_destroy(&attr);
    for (int i = 0; i < SHELF_SLOTS; i++) s->slot[i].shelf = s;
    s->has_thread = pthread_create(&s->thread, NULL, shelf_load_main, s) == 0;
    if (s->has_thread) {
        *out = s;
        return ST_OK;
    }
    shelf_close(s);
    return fail(e, ST_BUSY, "no thread could be started for loading models");
}

void shelf_close(struct shelf *s) {
    if (!s) return;
    pthread_mutex_lock(&s->lock);
    s->stop = 1;
    pthread_cond_broadcast(&s->wake);
    pthread_mutex_unlock(&s->lock);
    if (s->has_thread) pthread_join(s->thread, NULL);
    for (int i = 0; i < SHELF_SLOTS; i++) shelf_load_close(s->slot[i].ranker);
    learner_close(&s->learner);
    snapshots_close(s->snapshots);
    cores_close(&s->cores);
    pthread_cond_destroy(&s->wake);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    mem_free(s);
}

struct snapshots *shelf_snapshots(struct shelf *s) {
    return s->snapshots;
}

void shelf_vectors(struct shelf *s, struct vectors *v) {
    s->vectors = v;
}

void shelf_stop_learning(struct shelf *s) {
    learner_stop(&s->learner);
}

struct cores *shelf_cores(struct shelf *s) {
    return &s->cores;
}

void shelf_embedder(struct shelf *s, struct embedder *m,
                    void (*embedding)(void *arg, int done, int total)) {
    s->embedder = m;
    s->embedding = embedding;
}

struct embedder *shelf_encoder(const struct shelf *s) {
    return s->embedder;
}

/* --- asking --- */

static enum status resolve_base(struct shelf *s, struct view name, struct arena *a,
                                struct shelf_file *out, struct err *e) {
    const struct shelf_file *found;
    struct shelf_file *all;
    int n, may_be_path = s->c.paths || (s->c.model && view_eq_str(name, s->c.model));
    const char *path = arena_copy(a, name.p, name.n);
    if (!path) return fail(e, ST_NO_MEMORY, "no memory for a path");
    if (may_be_path && (strchr(path, '/') || access(path, F_OK) == 0)) {
        struct err why;
        if (shelf_file_of(path, a, out, &why) == ST_OK) return ST_OK;
        (void)fail(e, ST_NOT_FOUND, "the model cannot be loaded: %s", why.text);
        err_field(e, "model");
        return ST_NOT_FOUND;
    }
    TRY(shelf_files(s->c.folder, s->extra, a, &all, &n, e));
    TRY(shelf_file_find(all, n, name, &found, e));
    *out = *found;
    return ST_OK;
}

/* BASE, or BASE+ADAPTER. A path may hold a '+' of its own: then there is such a file. */
static enum status resolve(struct shelf *s, struct view name, struct arena *a,
                           struct shelf_file *out, struct err *e) {
    const char *plus = name.n ? memchr(name.p, '+', name.n) : NULL;
    const char *path = arena_copy(a, name.p, name.n);
    if (!path) return fail(e, ST_NO_MEMORY, "no memory for a path");
    if (!plus || access(path, F_OK) == 0) return resolve_base(s, name, a, out, e);
    size_t n = (size_t)(plus - name.p);
    TRY(resolve_base(s, view_sub(name, 0, n), a, out, e));
    return shelf_file_adapt(out, view_sub(name, n + 1, name.n), s->c.adapters, s->c.paths, a, e);
}

enum status shelf_find(struct shelf *s, struct view name, struct arena *a, struct shelf_file *out,
                       struct err *e) {
    return resolve(s, name, a, out, e);
}

static int same_file(const struct shelf_slot *x, const struct shelf_file *f) {
    return strcmp(x->path, f->path) == 0 && strcmp(x->adapter, f->adapter ? f->adapter : "") == 0;
}

static int holds(const struct shelf_slot *x, const struct shelf_file *f, const char *precision) {
    if (!same_file(x, f) || x->stamp != f->stamp) return 0;
    if (strcmp(x->precision, precision) == 0) return 1;
    return x->state == SHELF_LOADED && strcmp(x->info.precision, precision) == 0;
}

/* The place of a file that is loaded or will be; a new one where there is none yet. */
static enum status place_locked(struct shelf *s, const struct shelf_file *f, const char *precision,
                                struct shelf_slot **out, struct err *e) {
    struct shelf_slot *room = NULL;
    for (int i = 0; i < SHELF_SLOTS; i++) {
        struct shelf_slot *x = &s->slot[i];
        if (x->state == SHELF_BROKEN && !x->users && same_file(x, f))
            x->state = SHELF_THERE; /* it is tried again */
        if (x->state == SHELF_THERE || (x->state == SHELF_BROKEN && !x->users)) {
            if (!room || room->state == SHELF_BROKEN) room = x;
            continue;
        }
        if (x->state == SHELF_BROKEN || !holds(x, f, precision)) continue;
        *out = x;
        return ST_OK;
    }
    if (!room) {
        (void)fail(e, ST_BUSY, "too many models are waited for");
        err_hint(e, "try again in a few seconds");
        return ST_BUSY;
    }
    *room = (struct shelf_slot){.shelf = s, .state = SHELF_WAITING, .stamp = f->stamp};
    room->bytes = f->bytes;
    (void)snprintf(room->id, sizeof room->id, "%s", f->id);
    (void)snprintf(room->path, sizeof room->path, "%s", f->path);
    (void)snprintf(room->adapter, sizeof room->adapter, "%s", f->adapter ? f->adapter : "");
    (void)snprintf(room->precision, sizeof room->precision, "%s", precision);
    *out = room;
    return ST_OK;
}

static void wait_a_while_locked(struct shelf *s) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_nsec += TICK_MS * 1000000L;
    if (t.tv_nsec >= 1000000000L) t.tv_sec++, t.tv_nsec -= 1000000000L;
    (void)pthread_cond_timedwait(&s->changed, &s->lock, &t);
}

/* Until x is loaded or will not be; x is held. */
static enum status await_locked(struct shelf *s, struct shelf_slot *x, const struct shelf_wait *w,
                                struct err *e) {
    while (x->state == SHELF_WAITING || x->state == SHELF_LOADING) {
        double share = x->state == SHELF_LOADING ? x->share : -1;
        if (s->stop) return fail(e, ST_CANCELLED, "the models are being closed");
        pthread_mutex_unlock(&s->lock);
        int gone = w && w->tick && w->tick(w->arg, share);
        pthread_mutex_lock(&s->lock);
        if (gone) return fail(e, ST_CANCELLED, "the waiting for a model was given up");
        if (x->state == SHELF_WAITING || x->state == SHELF_LOADING) wait_a_while_locked(s);
    }
    if (x->state == SHELF_LOADED) return ST_OK;
    *e = x->err;
    return x->st;
}

static void leave_locked(struct shelf *s, struct shelf_slot *x) {
    x->users--;
    pthread_cond_signal(&s->wake);
}

/* The place that a name stands for, held. */
static enum status hold_locked(struct shelf *s, const struct shelf_file *f, const char *precision,
                               struct shelf_slot **out, struct err *e) {
    TRY(place_locked(s, f, precision, out, e));
    (*out)->users++;
    (*out)->used = ++s->clock;
    pthread_cond_signal(&s->wake);
    return ST_OK;
}

/* The default one is known by its place: its file may have another name or be gone by now. */
static int takes_default_locked(struct shelf *s, struct view name, const char *precision) {
    const struct shelf_slot *d = s->def;
    if (!d || (name.n && !view_eq_str(name, d->id))) return 0;
    return !precision[0] || strcmp(precision, d->info.precision) == 0;
}

enum status shelf_take(struct shelf *s, struct view name, const char *precision,
                       const struct shelf_wait *w, struct ranker **out, struct err *e) {
    struct shelf_file f = {0};
    struct shelf_slot *x = NULL;
    struct arena a;
    char own[SHELF_ID] = "";
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

void shelf_give(struct shelf *s, struct ranker *r) {
    if (!r) return;
    pthread_mutex_lock(&s->lock);
    for (int i = 0; i < SHELF_SLOTS; i++)
        if (s->slot[i].ranker == r) leave_locked(s, &s->slot[i]);
    pthread_mutex_unlock(&s->lock);
}

enum status shelf_switch(struct shelf *s, struct view name, const struct shelf_wait *w,
                         struct err *e) {
    struct shelf_file f;
    struct shelf_slot *x = NULL;
    struct arena a;
    if (!name.n) name = view_of(s->c.model);
    arena_init(&a, 8 << 20);
    enum status st = resolve(s, name, &a, &f, e);
    pthread_mutex_lock(&s->lock);
    if (st == ST_OK) st = hold_locked(s, &f, "", &x, e);
    if (st == ST_OK) {
        for (int i = 0; i < SHELF_SLOTS; i++) s->slot[i].next_default = 0;
        if (x->state == SHELF_LOADED)
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

/* --- telling --- */

/* What the places say of a file. */
static enum status tell_locked(struct shelf *s, struct shelf_model *m, struct arena *a,
                               struct err *e) {
    for (int i = 0; i < SHELF_SLOTS; i++) {
        struct shelf_slot *x = &s->slot[i];
        if (x->state == SHELF_THERE || !same_file(x, &m->file)) continue;
        if (x->stamp != m->file.stamp && x != s->def) continue;
        if (m->state == SHELF_LOADED && x != s->def) continue; /* in another precision */
        m->state = x->state;
        m->is_default = x == s->def;
        m->share = x->share;
        m->users = x->users;
        if (x->state == SHELF_LOADED) {
            m->info = x->info;
            engine_cache_stats(x->ranker->engine, &m->cache);
        }
        m->error =
            x->state == SHELF_BROKEN ? arena_copy(a, x->err.text, strlen(x->err.text)) : NULL;
        if (x->state == SHELF_BROKEN && !m->error)
            return fail(e, ST_NO_MEMORY, "no memory for a list of models");
    }
    return ST_OK;
}

/* Texts of a loaded model are its engine's, which may be closed once the lock is free. */
static enum status own_texts(struct engine_info *x, struct arena *a, struct err *e) {
    const char **all[] = {&x->name,    &x->base_sha256, &x->sha256, &x->architecture, &x->precision,
                          &x->backend, &x->license,     &x->code,   &x->chat_template};
    for (size_t i = 0; i < COUNT(all); i++) {
        *all[i] = arena_copy(a, *all[i] ? *all[i] : "", *all[i] ? strlen(*all[i]) : 0);
        if (!*all[i]) return fail(e, ST_NO_MEMORY, "no memory for a list of models");
    }
    x->no_gpu = NULL;
    if (x->note && !(x->note = arena_copy(a, x->note, strlen(x->note))))
        return fail(e, ST_NO_MEMORY, "no memory for a list of models");
    return ST_OK;
}

static enum status tell(struct shelf *s, struct shelf_model *m, struct arena *a, struct err *e) {
    struct err why;
    pthread_mutex_lock(&s->lock);
    enum status st = tell_locked(s, m, a, e);
    if (st == ST_OK) st = own_texts(&m->info, a, e);
    pthread_mutex_unlock(&s->lock);
    TRY(st);
    if (m->state == SHELF_LOADED) return ST_OK;
    if (engine_peek(m->file.path, a, &m->info, &why) != ST_OK && !m->error) {
        m->state = SHELF_BROKEN;
        m->error = arena_copy(a, why.text, strlen(why.text));
    }
    return own_texts(&m->info, a, e);
}

/* Each model with each adapter that is known to be its own. */
static enum status tell_adapted(struct shelf *s, const struct shelf_adapter *x,
                                struct shelf_model *m, int n, int *all, struct arena *a,
                                struct err *e) {
    for (int i = 0; i < n && *all < SHELF_MODELS_MAX; i++) {
        struct shelf_model *y = &m[*all];
        int known = m[i].state == SHELF_LOADED && strcmp(x->base, m[i].info.base_sha256) == 0;
        if (!known && (!x->model[0] || strcmp(x->model, m[i].info.name) != 0)) continue;
        *y = (struct shelf_model){.file = m[i].file};
        TRY(shelf_file_adapt(&y->file, view_of(x->name), s->c.adapters, 0, a, e));
        TRY(tell(s, y, a, e));
        ++*all;
    }
    return ST_OK;
}

enum status shelf_list(struct shelf *s, struct arena *a, struct shelf_model **out, int *n,
                       struct err *e) {
    struct shelf_file *f;
    struct shelf_adapter *x;
    int n_files, n_adapters;
    TRY(shelf_files(s->c.folder, s->extra, a, &f, &n_files, e));
    TRY(shelf_adapters(s->c.adapters, a, &x, &n_adapters, e));
    struct shelf_model *m = ARENA_NEW(a, struct shelf_model, SHELF_MODELS_MAX);
    if (!m) return fail(e, ST_NO_MEMORY, "no memory for a list of models");
    for (int i = 0; i < n_files; i++) {
        m[i].file = f[i];
        TRY(tell(s, &m[i], a, e));
    }
    *n = n_files;
    *out = m;
    for (int i = 0; i < n_adapters; i++)
        if (!x[i].draft) TRY(tell_adapted(s, &x[i], m, n_files, n, a, e));
    return ST_OK;
}

const char *const *shelf_adapter_folders(const struct shelf *s) {
    return s->c.adapters;
}

void shelf_stats(struct shelf *s, struct shelf_stats *out) {
    *out = (struct shelf_stats){.loaded_max = s->c.loaded_max};
    pthread_mutex_lock(&s->lock);
    out->loads = s->loads;
    out->failures = s->failures;
    out->embedded = s->embedder ? embedder_texts(s->embedder) : 0;
    if (s->def) (void)snprintf(out->default_id, sizeof out->default_id, "%s", s->def->id);
    for (int i = 0; i < SHELF_SLOTS; i++) {
        struct engine_cache c;
        if (s->slot[i].state != SHELF_LOADED) continue;
        engine_cache_stats(s->slot[i].ranker->engine, &c);
        out->loaded++;
        out->cache.bytes += c.bytes;
        out->cache.max_bytes += c.max_bytes;
        out->cache.nodes += c.nodes;
        out->cache.hits += c.hits;
        out->cache.misses += c.misses;
        out->cache.evicted += c.evicted;
    }
    pthread_mutex_unlock(&s->lock);
}
