/* The matrix of members and items in both orders, from the events of a catalogue. */
#include "server/baselines/interactions/interactions.h"

#include "server/baselines/interactions/ease_matrix.h"

#include <stdlib.h>

int interactions_find(const long long *rows, int n, long long row) {
    int lo = 0, hi = n;
    while (lo < hi) {
        int mid = lo + (hi - lo) / 2;
        if (rows[mid] < row)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < n && rows[lo] == row ? lo : -1;
}

struct pair {
    long long member, item;
};

static int by_pair(const void *x, const void *y) {
    const struct pair *a = x, *b = y;
    if (a->member != b->member) return a->member < b->member ? -1 : 1;
    return (a->item > b->item) - (a->item < b->item);
}

static int by_number(const void *x, const void *y) {
    const long long *a = x, *b = y;
    return (*a > *b) - (*a < *b);
}

/* Distinct pairs in order; returns how many. */
static int distinct_pairs(struct pair *p, int n) {
    int kept = 0;
    qsort(p, (size_t)n, sizeof *p, by_pair);
    for (int i = 0; i < n; i++)
        if (i == 0 || by_pair(&p[kept - 1], &p[i]) != 0) p[kept++] = p[i];
    return kept;
}

/* The distinct numbers in rising order; returns how many. */
static int distinct(long long *v, int n) {
    int kept = 0;
    qsort(v, (size_t)n, sizeof *v, by_number);
    for (int i = 0; i < n; i++)
        if (i == 0 || v[i] != v[i - 1]) v[kept++] = v[i];
    return kept;
}

/* What building needs on the way, in memory of its own. */
struct build {
    struct pair *pair;
    long long *member, *item;
    int n;
};

static enum status no_memory(struct err *e) {
    return fail(e, ST_NO_MEMORY, "no memory for the baselines that learn from interactions");
}

static enum status read_events(struct build *b, const struct event *events, int n, struct arena *a,
                               struct err *e) {
    b->pair = ARENA_NEW(a, struct pair, (size_t)n);
    b->member = ARENA_NEW(a, long long, (size_t)n);
    b->item = ARENA_NEW(a, long long, (size_t)n);
    if (!b->pair || !b->member || !b->item) return no_memory(e);
    for (int i = 0; i < n; i++) b->pair[i] = (struct pair){events[i].member, events[i].item};
    b->n = distinct_pairs(b->pair, n);
    for (int i = 0; i < b->n; i++) {
        b->member[i] = b->pair[i].member;
        b->item[i] = b->pair[i].item;
    }
    return ST_OK;
}

/* From counts in off[k + 1] to where each k begins. */
static void add_up(int *off, int n) {
    for (int k = 0; k < n; k++) off[k + 1] += off[k];
}

/* The pairs are in the order of members, then items, so both orders come out rising. */
static enum status fill(struct interactions *t, const struct build *b, struct arena *scratch,
                        struct err *e) {
    size_t members = (size_t)t->n_members, items = (size_t)t->n_items, ones = (size_t)b->n;
    int *member_off = ARENA_NEW(&t->arena, int, members + 1);
    int *item_off = ARENA_NEW(&t->arena, int, items + 1);
    int *member_item = ARENA_NEW(&t->arena, int, ones);
    int *item_member = ARENA_NEW(&t->arena, int, ones);
    int *next = ARENA_NEW(scratch, int, items);
    if (!member_off || !item_off || !member_item || !item_member || !next) return no_memory(e);
    for (int k = 0, m = 0; k < b->n; k++) {
        int i = interactions_find(t->item, t->n_items, b->pair[k].item);
        while (t->member[m] != b->pair[k].member) m++;
        member_item[k] = i;
        member_off[m + 1]++;
        item_off[i + 1]++;
    }
    add_up(member_off, t->n_members);
    add_up(item_off, t->n_items);
    for (int m = 0; m < t->n_members; m++)
        for (int k = member_off[m]; k < member_off[m + 1]; k++) {
            int i = member_item[k];
            item_member[item_off[i] + next[i]++] = m;
        }
    t->member_off = member_off;
    t->item_off = item_off;
    t->member_item = member_item;
    t->item_member = item_member;
    t->n_ones = b->n;
    return ST_OK;
}

/* The distinct rowids, in the interactions's own memory. */
static enum status keep_rows(struct interactions *t, long long *rows, int n, const long long **out,
                             int *n_out, struct err *e) {
    *n_out = distinct(rows, n);
    long long *copy = ARENA_NEW(&t->arena, long long, (size_t)*n_out);
    if (!copy) return no_memory(e);
    for (int i = 0; i < *n_out; i++) copy[i] = rows[i];
    *out = copy;
    return ST_OK;
}

struct counted {
    int members, place;
};

static int by_members(const void *x, const void *y) {
    const struct counted *a = x, *b = y;
    if (a->members != b->members) return a->members > b->members ? -1 : 1;
    return a->place - b->place;
}

/* The items that EASE learns, with rows in rising order of place. */
static enum status choose_ease(struct interactions *t, int max, struct arena *scratch,
                               struct err *e) {
    struct counted *c = ARENA_NEW(scratch, struct counted, (size_t)t->n_items);
    int *row = ARENA_NEW(&t->arena, int, (size_t)t->n_items);
    if (!c || !row) return no_memory(e);
    for (int i = 0; i < t->n_items; i++)
        c[i] = (struct counted){t->item_off[i + 1] - t->item_off[i], i};
    qsort(c, (size_t)t->n_items, sizeof *c, by_members);
    for (int i = 0; i < t->n_items; i++) row[i] = -1;
    for (int i = 0; i < t->n_items && i < max; i++) row[c[i].place] = 0;
    for (int i = 0; i < t->n_items; i++)
        if (row[i] == 0) row[i] = t->n_ease++;
    t->ease = row;
    return ST_OK;
}

static enum status make(struct interactions *t, struct store *s, struct view catalog,
                        const struct interactions_limits *limits, struct arena *scratch,
                        struct err *e) {
    struct catalog c;
    struct event *events;
    struct build b;
    int n, most = limits->events ? limits->events : INTERACTIONS_EVENTS;
    TRY(store_catalog(s, catalog, scratch, &c, e));
    TRY(store_events(s, catalog, most, scratch, &events, &n, e));
    t->events = n;
    t->of_events = c.interactions > n ? c.interactions : n;
    TRY(read_events(&b, events, n, scratch, e));
    TRY(keep_rows(t, b.member, b.n, &t->member, &t->n_members, e));
    TRY(keep_rows(t, b.item, b.n, &t->item, &t->n_items, e));
    TRY(fill(t, &b, scratch, e));
    if (t->n_items == 0)
        t->nothing = c.interactions ? "each item has more interactions than can be learnt from"
                                    : "the catalogue has no interactions to learn from";
    TRY(choose_ease(t, limits->ease_items ? limits->ease_items : INTERACTIONS_EASE_ITEMS, scratch,
                    e));
    return ease_matrix_make(t, &t->arena, limits->stop, &t->inverse, e);
}

enum status interactions_make(struct interactions **out, struct store *s, struct view catalog,
                              long long version, const struct interactions_limits *limits,
                              struct err *e) {
    struct arena scratch;
    struct interactions *t = mem_alloc(sizeof *t);
    *out = NULL;
    if (!t) return no_memory(e);
    *t = (struct interactions){.version = version};
    arena_init(&t->arena, (size_t)1 << 30);
    arena_init(&scratch, (size_t)1 << 30);
    enum status st = make(t, s, catalog, limits, &scratch, e);
    arena_free(&scratch);
    if (st == ST_OK)
        *out = t;
    else
        interactions_free(t);
    return st;
}

void interactions_free(struct interactions *t) {
    if (!t) return;
    arena_free(&t->arena);
    mem_free(t);
}

int interactions_others(const struct interactions *t, const struct cf_query *q, int place) {
    int n = t->item_off[place + 1] - t->item_off[place];
    for (int k = 0; k < q->n_out; k++) n -= q->has[k] == place;
    return n;
}
