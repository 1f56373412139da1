/* The catalogues that there are, the thread that makes one's vectors after the other's, and who
 * uses them. */
#include "server/vectors/private.h"

#include "kernels/base/os/clock.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { NICE = 10, LIST = 16 << 20, STACK = 1 << 20 };
static const double FAILED_FOR = 10; /* seconds until a failure is tried again, when asked */

/* --- sets --- */

void vector_set_free(struct vector_set *s) {
    if (!s) return;
    vector_index_close(s->index);
    mem_free(s->row);
    mem_free(s->text);
    mem_free(s);
}

size_t vector_set_bytes(const struct vector_set *s) {
    return vector_index_bytes(s->index) + (size_t)s->index->n * 2 * sizeof *s->row;
}

/* The entry lets go of its set. */
static void leave_locked(struct entry *x) {
    struct vector_set *s = x->set;
    x->set = NULL;
    if (!s) return;
    if (s->users)
        s->orphan = 1;
    else
        vector_set_free(s);
}

/* Sets that nobody uses go, the one that was asked for longest ago first, until the rest fits; the
 * one that was asked for last stays. */
static void fit_locked(struct vectors *v) {
    for (;;) {
        size_t bytes = 0;
        int sets = 0;
        struct entry *old = NULL;
        for (int i = 0; i < v->n; i++) {
            struct entry *x = &v->entry[i];
            if (!x->set) continue;
            sets++;
            bytes += vector_set_bytes(x->set);
            if (x->set->users == 0 && (x->used < v->clock || v->clock == 0) &&
                (!old || x->used < old->used))
                old = x;
        }
        if (bytes <= v->c.bytes_max || sets < 2 || !old) return;
        leave_locked(old);
    }
}

/* --- entries --- */

struct entry *vectors_find_locked(struct vectors *v, struct view name) {
    for (int i = 0; i < v->n; i++)
        if (view_eq_str(name, v->entry[i].name)) return &v->entry[i];
    return NULL;
}

static struct entry *add_locked(struct vectors *v, const char *name) {
    if (v->n == v->room) {
        int room = v->room ? 2 * v->room : 16;
        struct entry *more =
            mem_grow(v->entry, (size_t)v->n * sizeof *more, (size_t)room * sizeof *more);
        if (!more) return NULL;
        v->entry = more;
        v->room = room;
    }
    struct entry *x = &v->entry[v->n++];
    *x = (struct entry){.version = -1};
    (void)snprintf(x->name, sizeof x->name, "%s", name);
    return x;
}

static void see_locked(struct vectors *v, const struct catalog *c) {
    struct entry *x = vectors_find_locked(v, view_of(c->name));
    if (!x) x = add_locked(v, c->name);
    if (!x) return; /* no memory: seen the next time */
    x->seen = 1;
    if (x->version == c->version) return;
    leave_locked(x);
    x->version = c->version;
    x->items = c->items;
    x->state = ENTRY_TODO;
    x->progress = (struct vectors_progress){.total = c->items};
}

/* Brings the entries up to the store's catalogues. */
static void see_catalogs(struct vectors *v) {
    struct arena a;
    struct catalog *c;
    struct err e;
    int n, kept = 0;
    arena_init(&a, LIST);
    if (store_catalogs(v->c.store, &a, &c, &n, &e) == ST_OK) {
        pthread_mutex_lock(&v->lock);
        for (int i = 0; i < v->n; i++) v->entry[i].seen = 0;
        for (int i = 0; i < n; i++) see_locked(v, &c[i]);
        for (int i = 0; i < v->n; i++)
            if (v->entry[i].seen)
                v->entry[kept++] = v->entry[i];
            else
                leave_locked(&v->entry[i]);
        v->n = kept;
        pthread_mutex_unlock(&v->lock);
    }
    arena_free(&a);
}

/* What was asked for last goes first, then the smallest. */
static struct entry *next_locked(struct vectors *v) {
    struct entry *best = NULL;
    for (int i = 0; i < v->n; i++) {
        struct entry *x = &v->entry[i];
        if (x->state != ENTRY_TODO) continue;
        if (!best || x->used > best->used || (x->used == best->used && x->items < best->items))
            best = x;
    }
    return best;
}

/* --- the thread --- */

static void end_locked(struct vectors *v, const char *name, struct vector_set *set, enum status st,
                       const struct err *e) {
    struct entry *x = vectors_find_locked(v, view_of(name));
    if (st == ST_CANCELLED || st == ST_NOT_FOUND) v->changed = 1; /* look again */
    if (!x || (set && set->version != x->version)) {
        vector_set_free(set);
        v->changed |= set != NULL;
        return;
    }
    if (st == ST_OK) {
        leave_locked(x);
        x->set = set;
        x->state = ENTRY_MADE;
        fit_locked(v);
    } else if (st != ST_CANCELLED) {
        x->state = ENTRY_FAILED;
        x->failed_at = clock_s();
        (void)snprintf(x->progress.error, sizeof x->progress.error, "%.*s",
                       (int)sizeof x->progress.error - 1, e->text);
    }
}

static void work_locked(struct vectors *v, struct entry *x) {
    char name[VECTORS_NAME];
    struct err e = {.line = 0};
    struct vector_set *set;
    memcpy(name, x->name, sizeof name);
    x->progress.error[0] = 0;
    pthread_mutex_unlock(&v->lock);
    enum status st = vectors_make(v, name, &set, &e);
    pthread_mutex_lock(&v->lock);
    if (set) set->of.owner = v;
    end_locked(v, name, set, st, &e);
}

static void *run(void *arg) {
    struct vectors *v = arg;
    (void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICE);
    pthread_mutex_lock(&v->lock);
    while (!v->stop) {
        struct entry *x;
        if (v->changed) {
            v->changed = 0;
            pthread_mutex_unlock(&v->lock);
            see_catalogs(v);
            pthread_mutex_lock(&v->lock);
        } else if ((x = next_locked(v)) != NULL) {
            work_locked(v, x);
        } else {
            v->working = 0;
            pthread_cond_broadcast(&v->idle);
            while (!v->stop && !v->changed && !next_locked(v))
                pthread_cond_wait(&v->wake, &v->lock);
            v->working = 1;
        }
    }
    pthread_mutex_unlock(&v->lock);
    return NULL;
}

enum status vectors_open(struct vectors **out, const struct vectors_config *c, struct err *e) {
    *out = NULL;
    struct vectors *v = mem_alloc(sizeof *v);
    if (!v) return fail(e, ST_NO_MEMORY, "no memory for vectors");
    memset(v, 0, sizeof *v);
    v->c = *c;
    if (v->c.bytes_max == 0) v->c.bytes_max = (size_t)1 << 30;
    embedder_info(c->embedder, &v->info);
    v->changed = v->working = 1;
    pthread_mutex_init(&v->lock, NULL);
    pthread_cond_init(&v->wake, NULL);
    pthread_cond_init(&v->idle, NULL);
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    v->has_thread = pthread_create(&v->thread, &attr, run, v) == 0;
    pthread_attr_destroy(&attr);
    if (!v->has_thread) {
        vectors_close(v);
        return fail(e, ST_NO_MEMORY, "cannot start the vectors' thread");
    }
    *out = v;
    return ST_OK;
}

void vectors_stop(struct vectors *v) {
    if (!v) return;
    pthread_mutex_lock(&v->lock);
    v->stop = 1;
    pthread_cond_broadcast(&v->wake);
    pthread_mutex_unlock(&v->lock);
}

void vectors_close(struct vectors *v) {
    if (!v) return;
    vectors_stop(v);
    if (v->has_thread) pthread_join(v->thread, NULL);
    for (int i = 0; i < v->n; i++) {
        CHECK(!v->entry[i].set || v->entry[i].set->users == 0);
        vector_set_free(v->entry[i].set);
    }
    mem_free(v->entry);
    pthread_cond_destroy(&v->wake);
    pthread_cond_destroy(&v->idle);
    pthread_mutex_destroy(&v->lock);
    mem_free(v);
}

/* --- asking --- */

void vectors_changed(struct vectors *v) {
    if (!v) return;
    pthread_mutex_lock(&v->lock);
    v->changed = v->working = 1;
    pthread_cond_broadcast(&v->wake);
    pthread_mutex_unlock(&v->lock);
}

void vectors_texts_changed(struct vectors *v) {
    if (!v) return;
    pthread_mutex_lock(&v->lock);
    for (int i = 0; i < v->n; i++) v->entry[i].state = ENTRY_TODO;
    pthread_mutex_unlock(&v->lock);
    vectors_changed(v);
}

static void want_locked(struct vectors *v, struct entry *x) {
    if (x) {
        x->used = ++v->clock;
        if (!x->set && (x->state != ENTRY_FAILED || clock_s() - x->failed_at > FAILED_FOR))
            x->state = ENTRY_TODO;
    } else
        v->changed = 1;
    v->working = 1;
    pthread_cond_broadcast(&v->wake);
}

void vectors_want(struct vectors *v, struct view catalog) {
    if (!v) return;
    pthread_mutex_lock(&v->lock);
    want_locked(v, vectors_find_locked(v, catalog));
    pthread_mutex_unlock(&v->lock);
}

void vectors_progress(struct vectors *v, struct view catalog, struct vectors_progress *out) {
    *out = (struct vectors_progress){.done = 0};
    if (!v) return;
    pthread_mutex_lock(&v->lock);
    const struct entry *x = vectors_find_locked(v, catalog);
    if (x) *out = x->progress;
    pthread_mutex_unlock(&v->lock);
}

int vectors_settle(struct vectors *v, double seconds) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    long long ns = until.tv_nsec + (long long)(seconds * 1e9);
    until.tv_sec += (time_t)(ns / 1000000000);
    until.tv_nsec = (long)(ns % 1000000000);
    pthread_mutex_lock(&v->lock);
    while (v->working && pthread_cond_timedwait(&v->idle, &v->lock, &until) == 0) continue;
    int done = !v->working;
    pthread_mutex_unlock(&v->lock);
    return done;
}

/* --- using --- */

static enum status read_floats(void *arg, const int *place, int n, float *out, unsigned char *has,
                               struct err *e) {
    const struct vector_set *s = arg;
    struct vectors *v = s->of.owner;
    size_t bytes = (size_t)n * sizeof(long long);
    long long *row = mem_alloc(2 * bytes + 1), *text = row ? row + n : NULL;
    if (!row) return fail(e, ST_NO_MEMORY, "no memory for vectors");
    for (int i = 0; i < n; i++) {
        row[i] = s->row[place[i]];
        text[i] = s->text[place[i]];
    }
    enum status st = store_vectors_find(v->c.store, view_of(v->info.sha256), row, text, n,
                                        s->index->dim, out, has, e);
    mem_free(row);
    return st;
}

const struct vectors_of *vectors_take(struct vectors *v, struct view catalog, long long version) {
    const struct vectors_of *out = NULL;
    if (!v) return NULL;
    pthread_mutex_lock(&v->lock);
    struct entry *x = vectors_find_locked(v, catalog);
    struct vector_set *s = x ? x->set : NULL;
    if (s && s->version == version) {
        x->used = ++v->clock;
        s->users++;
        s->of.index = s->index;
        s->of.row = s->row;
        s->of.text = s->text;
        s->of.floats = (struct vector_floats){s, read_floats};
        out = &s->of;
    } else {
        if (s) v->changed = 1;
        want_locked(v, x);
    }
    pthread_mutex_unlock(&v->lock);
    return out;
}

void vectors_give(const struct vectors_of *x) {
    if (!x) return;
    struct vector_set *s = x->floats.arg;
    struct vectors *v = x->owner;
    pthread_mutex_lock(&v->lock);
    CHECK(s->users > 0);
    if (--s->users == 0 && s->orphan) vector_set_free(s);
    pthread_mutex_unlock(&v->lock);
}

enum status vectors_top(const struct vectors_of *x, const float *query, const uint64_t *allow,
                        int k, struct arena *a, struct vector_hit **out, int *n, struct err *e) {
    return vector_index_top(x->index, query, allow, k, &x->floats, a, out, n, e);
}
