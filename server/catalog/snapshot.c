/* Making a snapshot, and finding items and fields in it. */
#include "kernels/base/seeded.h"
#include "server/catalog/build.h"
#include "server/catalog/fields/fields.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SNAPSHOT_BYTES_MAX ((size_t)16 << 30)

/* What a snapshot is made of; the public part is its beginning. */
struct owned {
    struct snapshot s;
    struct arena a;
    int *by_id; /* (slots): places by the hash of their ids, -1: free */
    size_t slots;
};

struct build {
    struct owned *o;
    struct pool texts, tags; /* of items and fields; tags are kept once, by themselves */
    struct columns columns;
    struct item *item;
    double *popularity;
    int n, max, any_time;
};

static enum status no_memory(struct err *e) {
    return fail(e, ST_NO_MEMORY, "no memory for a catalogue");
}

/* --- finding */

static int *id_slot(const struct owned *o, struct view id) {
    for (size_t i = pool_hash(id) & (o->slots - 1);; i = (i + 1) & (o->slots - 1)) {
        int *at = &o->by_id[i];
        if (*at < 0 || view_eq_str(id, o->s.item[*at].id)) return at;
    }
}

int snapshot_find(const struct snapshot *s, struct view id) {
    return *id_slot((const struct owned *)s, id);
}

int snapshot_find_row(const struct snapshot *s, long long row) {
    int lo = 0, hi = s->n;
    if (hi == 0 || row < s->item[0].row || row > s->item[hi - 1].row) return -1;
    long long off = row - s->item[0].row;
    if (s->item[hi - 1].row - s->item[0].row == hi - 1) return (int)off; /* as imports leave them */
    while (lo < hi) {
        int mid = lo + (hi - lo) / 2;
        if (s->item[mid].row < row)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < s->n && s->item[lo].row == row ? lo : -1;
}

int snapshot_field(const struct snapshot *s, struct view name) {
    for (int i = 0; i < s->n_fields; i++)
        if (strlen(s->field[i].name) == name.n &&
            strncasecmp(s->field[i].name, name.p, name.n) == 0)
            return i;
    return -1;
}

/* --- items, one by one */

static enum status open_arrays(struct build *b, const struct catalog *c, struct err *e) {
    struct owned *o = b->o;
    size_t n = (size_t)b->max;
    for (o->slots = 4; o->slots < n * 2;) o->slots *= 2;
    o->by_id = ARENA_NEW(&o->a, int, o->slots);
    b->item = ARENA_NEW(&o->a, struct item, n);
    b->popularity = ARENA_NEW(&o->a, double, n);
    o->s.catalog = *c;
    o->s.catalog.name = pool_copy(&b->texts, view_of(c->name ? c->name : ""));
    o->s.catalog.surface = pool_copy(&b->texts, view_of(c->surface ? c->surface : ""));
    o->s.catalog.time_name = pool_copy(&b->texts, view_of(c->time_name ? c->time_name : ""));
    o->s.catalog.popularity_name =
        pool_copy(&b->texts, view_of(c->popularity_name ? c->popularity_name : ""));
    if (!o->by_id || !b->item || !b->popularity || !o->s.catalog.name || !o->s.catalog.surface ||
        !o->s.catalog.time_name || !o->s.catalog.popularity_name)
        return no_memory(e);
    for (size_t i = 0; i < o->slots; i++) o->by_id[i] = -1;
    o->s.item = b->item;
    o->s.popularity = b->popularity;
    return ST_OK;
}

enum status build_open(struct build **out, const struct catalog *c, long long n, struct err *e) {
    *out = NULL;
    if (n > SNAPSHOT_ITEMS_MAX) {
        enum status st = fail(e, ST_LIMIT, "the catalogue has %lld items; at most %d are possible",
                              n, SNAPSHOT_ITEMS_MAX);
        err_field(e, "catalog");
        return st;
    }
    struct build *b = mem_alloc(sizeof *b);
    struct owned *o = mem_alloc(sizeof *o);
    if (!b || !o) {
        mem_free(b);
        mem_free(o);
        return no_memory(e);
    }
    memset(b, 0, sizeof *b);
    memset(o, 0, sizeof *o);
    arena_init(&o->a, SNAPSHOT_BYTES_MAX);
    b->o = o;
    b->max = (int)n;
    pool_open(&b->texts, &o->a);
    pool_open(&b->tags, &o->a);
    b->columns.pool = &b->texts;
    b->columns.n_items = b->max;
    enum status st = open_arrays(b, c, e);
    if (st != ST_OK) {
        build_drop(b);
        return st;
    }
    *out = b;
    return ST_OK;
}

static enum status copy_tags(struct build *b, const struct item *from, struct item *to,
                             struct err *e) {
    const char **tag = pool_alloc(&b->texts, (size_t)from->n_tags * sizeof *tag, sizeof *tag);
    if (!tag) return no_memory(e);
    for (int t = 0; t < from->n_tags; t++)
        if (!(tag[t] = pool_keep(&b->tags, view_of(from->tags[t])))) return no_memory(e);
    to->tags = tag;
    return ST_OK;
}

static enum status copy_text(struct build *b, const char **text, struct err *e) {
    *text = *text && **text ? pool_copy(&b->texts, view_of(*text)) : "";
    return *text ? ST_OK : no_memory(e);
}

enum status build_add(struct build *b, const struct item *item, double popularity, struct err *e) {
    CHECK(b->n < b->max);
    struct item *to = &b->item[b->n];
    *to = *item;
    if (!isfinite(to->popularity)) to->has_popularity = 0, to->popularity = 0;
    TRY(copy_text(b, &to->id, e));
    TRY(copy_text(b, &to->title, e));
    TRY(copy_text(b, &to->text, e));
    if (!to->extra || strcmp(to->extra, "{}") == 0)
        to->extra = "{}";
    else
        TRY(copy_text(b, &to->extra, e));
    TRY(copy_tags(b, item, to, e));
    TRY(columns_add(&b->columns, b->n, to->extra, e));
    b->popularity[b->n] = to->has_popularity     ? to->popularity
                          : isfinite(popularity) ? popularity
                                                 : 0;
    b->o->s.has_popularity |= to->has_popularity || b->popularity[b->n] > 0;
    b->any_time |= to->has_time;
    int *slot = id_slot(b->o, view_of(to->id));
    if (*slot < 0) *slot = b->n;
    b->n++;
    return ST_OK;
}

/* --- what is made of all items */

struct placed {
    double key;
    int at;
};

static int key_down(const void *x, const void *y) {
    const struct placed *a = x, *b = y;
    if (a->key != b->key) return a->key < b->key ? 1 : -1;
    return (a->at > b->at) - (a->at < b->at);
}

/* The first `count` places in falling order of their keys; sorts p. */
static enum status first_places(struct arena *a, struct placed *p, int n, int count,
                                const int **out, struct err *e) {
    int *place = ARENA_NEW(a, int, (size_t)count);
    if (!place) return no_memory(e);
    if (n) qsort(p, (size_t)n, sizeof *p, key_down);
    for (int i = 0; i < count; i++) place[i] = p[i].at;
    *out = place;
    return ST_OK;
}

/* The order by popularity, and the sample: the items of the largest hashes. */
static enum status place_items(struct build *b, struct err *e) {
    struct snapshot *s = &b->o->s;
    struct placed *p = mem_alloc((size_t)b->n * sizeof *p);
    if (!p) return no_memory(e);
    for (int i = 0; i < b->n; i++) p[i] = (struct placed){b->popularity[i], i};
    enum status st = first_places(&b->o->a, p, b->n, b->n, &s->by_popularity, e);
    for (int i = 0; i < b->n; i++)
        p[i] = (struct placed){(double)(seeded_hash(b->item[i].id, 0x7A9) >> 11), i};
    s->n_sample = b->n < SNAPSHOT_SAMPLE ? b->n : SNAPSHOT_SAMPLE;
    if (st == ST_OK) st = first_places(&b->o->a, p, b->n, s->n_sample, &s->sample, e);
    mem_free(p);
    return st;
}

enum status build_finish(struct build *b, struct snapshot **out, struct err *e) {
    struct snapshot *s = &b->o->s;
    const char **tag;
    s->n = b->n;
    b->columns.n_items = b->n;
    TRY(place_items(b, e));
    TRY(fields_make(&b->columns, b->item, &s->catalog, &s->field, &s->n_fields, e));
    if (b->any_time) s->time = s->field[snapshot_field(s, VIEW("time"))].number; /* the first one */
    TRY(pool_by_use(&b->tags, &tag, &s->n_tags, e));
    s->tag = tag;
    s->bytes = sizeof *b->o + b->o->a.used;
    *out = s;
    b->o = NULL;
    return ST_OK;
}

void build_drop(struct build *b) {
    if (!b) return;
    pool_close(&b->texts);
    pool_close(&b->tags);
    if (b->o) snapshot_free(&b->o->s);
    mem_free(b);
}

/* --- from items in memory */

enum status snapshot_make(struct snapshot **out, const struct catalog *c, const struct item *item,
                          int n, const double *popularity, struct err *e) {
    struct build *b;
    *out = NULL;
    TRY(build_open(&b, c, n, e));
    enum status st = ST_OK;
    for (int i = 0; i < n && st == ST_OK; i++)
        st = build_add(b, &item[i], popularity ? popularity[i] : 0, e);
    if (st == ST_OK) st = build_finish(b, out, e);
    build_drop(b);
    return st;
}

void snapshot_free(struct snapshot *s) {
    struct owned *o = (struct owned *)s;
    if (!o) return;
    arena_free(&o->a);
    mem_free(o);
}
