/* Protocol `steer`: one sentence is added to a wish. Does the share of what it names change among
 * the first ten, and does the rest keep its order? (As SteerEval, arXiv 2601.21105.) */
#include "kernels/base/seeded.h"
#include "server/eval/eval.h"
#include "server/eval/wishes.h"
#include "server/rank/rank.h"

#include <math.h>
#include <string.h>

enum { CANDIDATES = 50, TOP = 10, TAG_MIN = 6, MORE = 0, LESS };
enum { CHANGE, BEFORE, AFTER, KEPT };

/* One wish with its candidates. */
struct scenario {
    const struct instruction *w;
    const struct item *item[CANDIDATES];
    struct view ids[CANDIDATES];
    struct trial *base;
};

static int has_tag(const struct item *it, const char *tag) {
    for (int i = 0; i < it->n_tags; i++)
        if (strcmp(it->tags[i], tag) == 0) return 1;
    return 0;
}

static int with_tag(const struct scenario *x, const char *tag) {
    int n = 0;
    for (int i = 0; i < CANDIDATES; i++) n += has_tag(x->item[i], tag);
    return n;
}

/* A tag of some candidates but of at most half of them: by a random order for `more`, the most
 * frequent one among the first ten of the base ranking for `less`. NULL when there is none. */
static const char *pick(const struct scenario *x, int direction, unsigned long long seed) {
    const double *s = trial_score(x->base, READOUT_AUTO);
    const char *best = NULL;
    double most = -1;
    for (int i = 0; i < CANDIDATES; i++)
        for (int k = 0; k < x->item[i]->n_tags; k++) {
            const char *tag = x->item[i]->tags[k];
            int n = with_tag(x, tag);
            if (n < TAG_MIN || n > CANDIDATES / 2) continue;
            double value = (double)(seeded_hash(tag, seed ^ seeded_hash(x->w->id, 6)) >> 11);
            if (direction == LESS) {
                unsigned char want[CANDIDATES];
                for (int j = 0; j < CANDIDATES; j++)
                    want[j] = (unsigned char)has_tag(x->item[j], tag);
                value = metric_precision(s, want, CANDIDATES, TOP);
            }
            if (value > most) best = tag, most = value;
        }
    return best;
}

/* "Sci-Fi" as a person writes it: "sci fi". */
static const char *spoken(const char *tag, struct arena *a) {
    char *t = arena_copy(a, tag, strlen(tag));
    for (char *p = t; p && *p; p++) {
        if (*p == '-' || *p == '_') *p = ' ';
        if (*p >= 'A' && *p <= 'Z') *p = (char)(*p - 'A' + 'a');
    }
    return t;
}

static enum status ranking(struct eval *ev, struct scenario *x, const char *wish,
                           struct trial **out, struct arena *a, struct err *e) {
    struct rank_request *r = ARENA_NEW(a, struct rank_request, 1);
    *out = ARENA_NEW(a, struct trial, 1);
    if (!r || !*out || !wish) return fail(e, ST_NO_MEMORY, "no memory for a case");
    eval_request(ev, ev->catalog, x->ids, CANDIDATES, r);
    r->instruction = view_of(wish);
    TRY(trial_init(*out, r, ev->c->hooks, a, e));
    return trial_run(*out, ev->k, ev->set, a, e);
}

static void measure(struct eval *ev, const struct scenario *x, const char *tag,
                    const struct trial *after, struct sheet_case *c) {
    for (int m = 0; m < METHODS; m++) {
        if (!x->base->known[m] || !after->known[m]) continue;
        const double *a = trial_score(x->base, m), *b = trial_score(after, m);
        double others_a[CANDIDATES], others_b[CANDIDATES];
        unsigned char want[CANDIDATES];
        int n = 0;
        for (int i = 0; i < CANDIDATES; i++) {
            want[i] = (unsigned char)has_tag(x->item[i], tag);
            if (want[i]) continue;
            others_a[n] = a[i];
            others_b[n++] = b[i];
        }
        double before = metric_precision(a, want, CANDIDATES, TOP),
               now = metric_precision(b, want, CANDIDATES, TOP);
        *sheet_value(ev->s, c, m, CHANGE) = now - before;
        *sheet_value(ev->s, c, m, BEFORE) = before;
        *sheet_value(ev->s, c, m, AFTER) = now;
        *sheet_value(ev->s, c, m, KEPT) = metric_tau(others_a, others_b, n);
    }
    eval_cost(ev, c, after);
}

static enum status steer(struct eval *ev, struct scenario *x, int direction, struct sheet_case *c,
                         struct arena *a, struct err *e) {
    struct trial *after;
    if (!x->base) TRY(ranking(ev, x, x->w->text, &x->base, a, e));
    const char *tag = pick(x, direction, ev->c->seed);
    if (!tag) return eval_keep(ev, c, e); /* no tag that could be steered: nothing measured */
    const char *said = spoken(tag, a);
    if (!said) return fail(e, ST_NO_MEMORY, "no memory for a case");
    const char *wish = arena_printf(
        a, direction == MORE ? "%s I would also like %s." : "%s No %s, please.", x->w->text, said);
    TRY(ranking(ev, x, wish, &after, a, e));
    measure(ev, x, tag, after, c);
    return eval_keep(ev, c, e);
}

static enum status draw(struct eval *ev, struct scenario *x, const struct instruction *w,
                        const struct item *items, int n, struct arena *a, struct err *e) {
    struct drawn *d = ARENA_NEW(a, struct drawn, (size_t)n);
    if (!d) return fail(e, ST_NO_MEMORY, "no memory for a case");
    for (int i = 0; i < n; i++)
        d[i] = (struct drawn){seeded_hash(items[i].id, ev->c->seed ^ seeded_hash(w->id, 5)), i};
    eval_shuffle(d, n);
    *x = (struct scenario){.w = w};
    for (int i = 0; i < CANDIDATES; i++) {
        x->item[i] = &items[d[i].at];
        x->ids[i] = view_of(x->item[i]->id);
    }
    return ST_OK;
}

static enum status one_wish(struct eval *ev, const struct instruction *w, const struct item *items,
                            int n, struct err *e) {
    struct scenario *x = ARENA_NEW(ev->a, struct scenario, 1);
    struct arena a;
    if (!x) return fail(e, ST_NO_MEMORY, "no memory for a case");
    arena_init(&a, (size_t)1 << 30);
    enum status st = draw(ev, x, w, items, n, &a, e);
    for (int direction = MORE; st == ST_OK && direction <= LESS; direction++) {
        struct sheet_case *c;
        int known;
        st = eval_case(ev, w->id, direction, &c, &known, e);
        if (st == ST_OK && !known) st = steer(ev, x, direction, c, &a, e);
        eval_step(ev);
    }
    arena_free(&a);
    return st;
}

enum status eval_steer(struct eval *ev, struct err *e) {
    struct item *items;
    struct instruction *w;
    int n_items, n, left = ev->c->cases;
    ev->s->about = "A sentence that asks for more or for none of a tag is added to a plain wish "
                   "over 50 items: change of the tag's share among the first ten, and how far the "
                   "items without it keep their order (tau).";
    (void)sheet_metric(ev->s, "change10", "change of share@10", 3, 0);
    (void)sheet_metric(ev->s, "before10", "share before", 3, 0);
    (void)sheet_metric(ev->s, "after10", "share after", 3, 0);
    (void)sheet_metric(ev->s, "others", "others keep order, tau", 3, 1);
    eval_methods(ev);
    (void)sheet_group(ev->s, "more of it", "direction", NAN);
    (void)sheet_group(ev->s, "none of it", "direction", NAN);
    TRY(eval_wishes(ev, ev->catalog, &items, &n_items, &w, &n, e));
    if (n_items < CANDIDATES)
        return fail(e, ST_INVALID, "the catalogue has fewer than %d items", CANDIDATES);
    TRY(eval_begin(ev, "", 2 * left, e));
    for (int i = 0; i < n && left > 0; i++) {
        if (w[i].test != ev->c->test || w[i].kind != KIND_PLAIN) continue;
        left--;
        TRY(one_wish(ev, &w[i], items, n_items, e));
    }
    return ST_OK;
}
