/* Members' histories as sheets. */
#include "server/brew/members.h"

#include "model/train/random.h"
#include "server/eval/people.h"

#include <string.h>

enum { OTHERS = 9, SHEETS_KEPT = 2, HISTORY_MOST = 10 };

struct crowd {
    struct store *store;
    struct view catalog;
    struct item *item;
    int n;
    double *sum; /* (n): popularity added up, so that a draw is a search */
    const char *surface;
};

static int by_id(const struct crowd *c, const char *id) {
    for (int i = 0; i < c->n; i++)
        if (strcmp(c->item[i].id, id) == 0) return i;
    return -1;
}

static int draw(const struct crowd *c, struct random *r) {
    double x = random_unit(r) * c->sum[c->n - 1];
    int lo = 0, hi = c->n - 1;
    while (lo < hi) {
        int mid = (lo + hi) / 2;
        if (c->sum[mid] > x)
            hi = mid;
        else
            lo = mid + 1;
    }
    return lo;
}

/* The liked item `at` as the target, behind those before it. */
static enum status add_sheet(struct graded_set *s, const struct crowd *c, const int *liked, int at,
                             const uint8_t *seen, struct random *r, struct arena *a,
                             struct err *e) {
    struct graded *y;
    int most = 1 + random_below(r, HISTORY_MOST), n = at < most ? at : most, left = 40 * OTHERS;
    TRY(graded_add(s, &y, a, e));
    y->name = "members";
    y->surface = c->surface;
    y->item = ARENA_NEW(a, struct item, OTHERS + 1);
    y->wish = ARENA_NEW(a, struct graded_wish, 1);
    struct item *history = ARENA_NEW(a, struct item, (size_t)n);
    uint8_t *grade = ARENA_NEW(a, uint8_t, OTHERS + 1),
            *taken = ARENA_NEW(a, uint8_t, (size_t)c->n);
    if (!y->item || !y->wish || !history || !grade || !taken)
        return fail(e, ST_NO_MEMORY, "no memory for members' sheets");
    for (int i = 0; i < n; i++) history[i] = c->item[liked[at - n + i]];
    int place = random_below(r, OTHERS + 1);
    while (y->n_items <= OTHERS && left--) {
        int i = y->n_items == place ? liked[at] : draw(c, r);
        if (y->n_items != place && (seen[i] || taken[i])) continue;
        taken[i] = 1;
        grade[y->n_items] = y->n_items == place ? 2 : 0;
        y->item[y->n_items++] = c->item[i];
    }
    y->wish[0] = (struct graded_wish){
        .kind = "history", .text = "", .liked = history, .n_liked = n, .grade = grade};
    y->n_wishes = 1;
    y->key = random_next(r);
    if (y->n_items <= place || y->n_items < 2) s->n--; /* too few others to choose from */
    return ST_OK;
}

static enum status add_member(struct graded_set *s, const struct crowd *c, const struct member *m,
                              int each, uint64_t seed, struct arena *a, struct err *e) {
    struct interaction *h;
    int n, likes = 0, from = s->n, test = people_test(m->id);
    struct random r = random_of(graded_hash(seed, m->id));
    TRY(store_history(c->store, c->catalog, view_of(m->id), a, &h, &n, e));
    int *liked = ARENA_NEW(a, int, (size_t)n + 1);
    uint8_t *seen = ARENA_NEW(a, uint8_t, (size_t)c->n);
    if (!liked || !seen) return fail(e, ST_NO_MEMORY, "no memory for a member");
    for (int i = 0; i < n; i++) {
        int at = by_id(c, h[i].item);
        if (at < 0) continue;
        seen[at] = 1;
        if (h[i].label > 0) liked[likes++] = at;
    }
    for (int k = 0; likes >= 2 && k < (test && each > SHEETS_KEPT ? SHEETS_KEPT : each); k++)
        TRY(add_sheet(s, c, liked, 1 + random_below(&r, likes - 1), seen, &r, a, e));
    for (int i = from; i < s->n; i++) s->at[i].kept_out = test;
    return ST_OK;
}

static enum status open_crowd(struct crowd *c, struct arena *a, struct err *e) {
    struct catalog info;
    long long total;
    int has;
    TRY(store_catalog(c->store, c->catalog, a, &info, e));
    TRY(store_items(c->store, c->catalog, VIEW(""), 0, 5000, a, &c->item, &c->n, &total, e));
    c->sum = ARENA_NEW(a, double, (size_t)c->n + 1);
    if (!c->sum) return fail(e, ST_NO_MEMORY, "no memory for %d items", c->n);
    if (c->n < 2)
        return fail(e, ST_INVALID, "catalogue '%.*s' has too few items", (int)c->catalog.n,
                    c->catalog.p);
    TRY(store_popularity(c->store, c->catalog, c->item, c->n, c->sum, &has, e));
    for (int i = 0; i < c->n; i++)
        c->sum[i] = (i ? c->sum[i - 1] : 0) + (has && c->sum[i] > 0 ? c->sum[i] : .5);
    c->surface = info.surface;
    return ST_OK;
}

enum status graded_members(struct graded_set *s, struct store *store, const char *catalog, int most,
                           int each, uint64_t seed, struct arena *a, struct err *e) {
    struct crowd c = {.store = store, .catalog = view_of(catalog)};
    struct member *m;
    int n;
    TRY(open_crowd(&c, a, e));
    TRY(store_members(store, c.catalog, VIEW(""), most, a, &m, &n, e));
    for (int i = 0; i < n; i++) TRY(add_member(s, &c, &m[i], each, seed, a, e));
    return ST_OK;
}
