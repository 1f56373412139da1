/* The snapshots that are held, and who loads them. */
#include "server/catalog/build.h"

#include <string.h>

enum { CATALOGS_HELD = 8 };
#define BYTES_HELD ((size_t)1 << 30)

/* One version of one catalogue, in a list. While it is loaded its snapshot is NULL. */
struct entry {
    struct entry *next;
    char name[72], surface[72];
    long long version;
    struct snapshot *snapshot;
    int users, is_old;       /* old: a newer version is there, or the catalogue is gone */
    unsigned long long used; /* when it was taken last */
};

struct snapshots {
    struct store *store;
    pthread_mutex_t lock; /* guards all that follows */
    pthread_cond_t loaded;
    struct entry *first;
    unsigned long long clock;
    long long loads;
};

enum status snapshots_open(struct snapshots **out, struct store *s, struct err *e) {
    struct snapshots *c = mem_alloc(sizeof *c);
    *out = c;
    if (!c) return fail(e, ST_NO_MEMORY, "no memory for catalogues");
    *c = (struct snapshots){.store = s};
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->loaded, NULL);
    return ST_OK;
}

static void unlink_locked(struct snapshots *c, struct entry *x) {
    struct entry **at = &c->first;
    while (*at != x) at = &(*at)->next;
    *at = x->next;
}

/* Takes the next entry that nobody needs out of the list; NULL: there is none. The one that was
 * used last stays, however large it is. */
static struct entry *evict_locked(struct snapshots *c) {
    size_t bytes = 0;
    int n = 0;
    struct entry *oldest = NULL;
    unsigned long long newest = 0;
    for (struct entry *x = c->first; x; x = x->next) {
        if (!x->snapshot) continue;
        n++;
        bytes += x->snapshot->bytes;
        if (x->used > newest) newest = x->used;
        if (x->users) continue;
        if (x->is_old) {
            unlink_locked(c, x);
            return x;
        }
        if (!oldest || x->used < oldest->used) oldest = x;
    }
    if (!oldest || oldest->used == newest || (n <= CATALOGS_HELD && bytes <= BYTES_HELD))
        return NULL;
    unlink_locked(c, oldest);
    return oldest;
}

/* Frees what is held beyond the bounds; without the lock, as large catalogues take their time. */
static void evict(struct snapshots *c) {
    for (;;) {
        pthread_mutex_lock(&c->lock);
        struct entry *x = evict_locked(c);
        pthread_mutex_unlock(&c->lock);
        if (!x) return;
        snapshot_free(x->snapshot);
        mem_free(x);
    }
}

void snapshots_close(struct snapshots *c) {
    if (!c) return;
    for (struct entry *x = c->first, *next; x; x = next) {
        next = x->next;
        CHECK(x->users == 0);
        snapshot_free(x->snapshot);
        mem_free(x);
    }
    pthread_cond_destroy(&c->loaded);
    pthread_mutex_destroy(&c->lock);
    mem_free(c);
}

long long snapshots_loads(struct snapshots *c) {
    pthread_mutex_lock(&c->lock);
    long long n = c->loads;
    pthread_mutex_unlock(&c->lock);
    return n;
}

/* --- loading */

static enum status begin(void *arg, const struct catalog *c, struct err *e) {
    return build_open(arg, c, c->items, e);
}

static enum status add(void *arg, const struct item *item, double popularity, struct err *e) {
    struct build **b = arg;
    return build_add(*b, item, popularity, e);
}

static enum status load(struct store *s, struct view name, struct snapshot **out, struct err *e) {
    struct build *b = NULL;
    const struct items_to to = {&b, begin, add};
    enum status st = store_items_all(s, name, &to, e);
    if (st == ST_OK) st = build_finish(b, out, e);
    build_drop(b);
    return st;
}

/* --- taking and giving */

static int is_of(const struct entry *x, const struct catalog *c) {
    return strcmp(x->name, c->name) == 0 && x->version == c->version &&
           strcmp(x->surface, c->surface) == 0;
}

/* The entry of this version, ready or being loaded; others of the name become old. */
static struct entry *find_locked(struct snapshots *c, const struct catalog *now) {
    struct entry *found = NULL;
    for (struct entry *x = c->first; x; x = x->next) {
        if (is_of(x, now)) {
            if (found) (x->snapshot ? found : x)->is_old = 1; /* loaded twice */
            if (!found || x->snapshot) found = x;
        } else if (x->snapshot && strcmp(x->name, now->name) == 0 && x->version <= now->version)
            x->is_old = 1;
    }
    if (found) found->is_old = 0;
    return found;
}

static void name_entry(struct entry *x, const struct catalog *c) {
    memcpy(x->name, c->name, strlen(c->name) + 1);
    memcpy(x->surface, c->surface, strlen(c->surface) + 1);
    x->version = c->version;
}

static enum status new_entry(struct entry **out, const struct catalog *c, struct err *e) {
    struct entry *x = mem_alloc(sizeof *x);
    *out = x;
    if (!x) return fail(e, ST_NO_MEMORY, "no memory for a catalogue");
    CHECK(strlen(c->name) < sizeof x->name && strlen(c->surface) < sizeof x->surface);
    *x = (struct entry){.snapshot = NULL};
    name_entry(x, c);
    return ST_OK;
}

static void hold_locked(struct snapshots *c, struct entry *x, const struct snapshot **out) {
    x->users++;
    x->used = ++c->clock;
    *out = x->snapshot;
}

/* Loads into the entry that this thread put into the list. What is loaded may be a newer version
 * than was asked for. */
static enum status load_entry(struct snapshots *c, struct entry *x, const struct snapshot **out,
                              struct err *e) {
    struct snapshot *s = NULL;
    char name[sizeof x->name];
    memcpy(name, x->name, sizeof name);
    enum status st = load(c->store, view_of(name), &s, e);
    pthread_mutex_lock(&c->lock);
    c->loads++;
    if (st == ST_OK) {
        name_entry(x, &s->catalog);
        x->snapshot = s;
        hold_locked(c, x, out);
    } else
        unlink_locked(c, x);
    pthread_cond_broadcast(&c->loaded);
    pthread_mutex_unlock(&c->lock);
    if (st != ST_OK) mem_free(x);
    return st;
}

/* Marks what is held of a catalogue that is gone. */
static void forget(struct snapshots *c, struct view name) {
    pthread_mutex_lock(&c->lock);
    for (struct entry *x = c->first; x; x = x->next)
        if (view_eq_str(name, x->name)) x->is_old = 1;
    pthread_mutex_unlock(&c->lock);
}

static enum status take(struct snapshots *c, struct view name, struct arena *a,
                        const struct snapshot **out, struct err *e) {
    struct catalog now;
    struct entry *fresh;
    enum status st = store_catalog(c->store, name, a, &now, e);
    if (st == ST_NOT_FOUND) forget(c, name);
    TRY(st);
    TRY(new_entry(&fresh, &now, e));
    pthread_mutex_lock(&c->lock);
    struct entry *x;
    while ((x = find_locked(c, &now)) && !x->snapshot) pthread_cond_wait(&c->loaded, &c->lock);
    if (x)
        hold_locked(c, x, out);
    else {
        fresh->next = c->first;
        c->first = fresh;
    }
    pthread_mutex_unlock(&c->lock);
    if (!x) return load_entry(c, fresh, out, e);
    mem_free(fresh);
    return ST_OK;
}

enum status snapshots_take(struct snapshots *c, struct view catalog, const struct snapshot **out,
                           struct err *e) {
    struct arena a;
    *out = NULL;
    arena_init(&a, 64 << 10);
    enum status st = take(c, catalog, &a, out, e);
    arena_free(&a);
    evict(c);
    return st;
}

void snapshots_give(struct snapshots *c, const struct snapshot *s) {
    if (!s) return;
    pthread_mutex_lock(&c->lock);
    struct entry *x = c->first;
    while (x && x->snapshot != s) x = x->next;
    CHECK(x && x->users > 0);
    x->users--;
    pthread_mutex_unlock(&c->lock);
    evict(c);
}
