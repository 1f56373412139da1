/* Sampling members and what they are asked to rank. */
#include "kernels/base/seeded.h"
#include "server/eval/people.h"

#include "kernels/base/sort_key.h"
#include "server/rank/rank.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SPLIT_SEED = 0x5EED };

int people_test(const char *id) {
    return (int)(seeded_hash(id, SPLIT_SEED) & 1);
}

static int passes(int (*fn)(void *arg, const char *item), void *arg, const char *item) {
    return !fn || fn(arg, item);
}

static int make_person(struct person *p, const struct interaction *h, int n,
                       const struct people_rule *r) {
    int last = n - 1;
    while (last >= 0 && !(h[last].label > 0 && passes(r->target, r->arg, h[last].item))) last--;
    if (last < 0) return 0;
    p->target = h[last].item;
    p->until = h[last].at;
    for (int i = 0; i < n; i++) {
        p->seen[p->n_seen++] = h[i].item;
        if (h[i].at >= h[last].at || !passes(r->context, r->arg, h[i].item)) continue;
        p->n_liked += h[i].label > 0;
    }
    return 1;
}

static enum status load_person(struct eval *ev, struct view catalog, const char *id,
                               const struct people_rule *r, struct person *p, int *ok,
                               struct err *e) {
    struct interaction *h;
    int n;
    *p = (struct person){.id = id};
    TRY(store_history(ev->k->store, catalog, view_of(id), ev->a, &h, &n, e));
    p->seen = ARENA_NEW(ev->a, const char *, (size_t)n);
    if (!p->seen) return fail(e, ST_NO_MEMORY, "no memory for members");
    *ok = make_person(p, h, n, r);
    return ST_OK;
}

enum status people_load(struct eval *ev, struct view catalog, const struct people_rule *rule,
                        int min_liked, int max, struct person **out, int *n, struct err *e) {
    static const struct people_rule any;
    struct member *m;
    int n_members, count = 0, ok = 0;
    TRY(store_members(ev->k->store, catalog, VIEW(""), STORE_PAGE_MAX, ev->a, &m, &n_members, e));
    struct drawn *d = ARENA_NEW(ev->a, struct drawn, (size_t)n_members);
    *out = ARENA_NEW(ev->a, struct person, (size_t)max);
    *n = 0;
    if (!d || !*out) return fail(e, ST_NO_MEMORY, "no memory for members");
    for (int i = 0; i < n_members; i++)
        if (people_test(m[i].id) == ev->c->test)
            d[count++] = (struct drawn){seeded_hash(m[i].id, ev->c->seed + 5), i};
    eval_shuffle(d, count);
    for (int i = 0; i < count && *n < max; i++) {
        TRY(load_person(ev, catalog, m[d[i].at].id, rule ? rule : &any, &(*out)[*n], &ok, e));
        *n += ok && (*out)[*n].n_liked >= min_liked;
    }
    if (*n > 0) return ST_OK;
    return fail(e, ST_INVALID, "no member of the %s split has liked %d items and one after them",
                ev->c->test ? "test" : "development", min_liked);
}

int people_seen(const struct person *p, const char *item) {
    for (int i = 0; i < p->n_seen; i++)
        if (strcmp(p->seen[i], item) == 0) return 1;
    return 0;
}

void people_choose(const struct person *p, enum history_policy policy, int length,
                   struct rank_request *r) {
    r->member = view_of(p->id);
    r->no_profile = 1;
    r->policy = policy;
    r->history = length;
    r->has_before = 1;
    r->before = p->until;
}

static int holds(const struct view *out, int n, const char *id) {
    for (int i = 0; i < n; i++)
        if (view_eq_str(out[i], id)) return 1;
    return 0;
}

/* Efraimidis and Spirakis (2006): the largest values of log(u) / weight are such a sample. */
int people_negatives(const struct person *p, const struct item *items, int n_items,
                     const double *weight, int count, unsigned long long seed, struct view *out,
                     int n, struct arena *a) {
    struct sort_key *k = ARENA_NEW(a, struct sort_key, (size_t)n_items);
    int left = 0;
    if (!k) return n;
    for (int i = 0; i < n_items; i++) {
        double u = (double)((seeded_hash(items[i].id, seed ^ seeded_hash(p->id, 2)) >> 11) + 1) /
                   9007199254740993.0,
               w = weight ? weight[i] : 1;
        if (!(w > 0) || holds(out, n, items[i].id) || people_seen(p, items[i].id)) continue;
        k[left++] = (struct sort_key){log(u) / w, i};
    }
    qsort(k, (size_t)left, sizeof *k, sort_key_down);
    for (int i = 0; i < left && i < count; i++) out[n++] = view_of(items[k[i].at].id);
    return n;
}
