/* Constraints, then retrieval: the lists of several retrievers are joined by their ranks. */
#include "server/rank/funnel.h"

#include "server/rank/load.h"
#include "server/rank/retrieve.h"

/* --- constraints */

static void count(const unsigned char *outcome, int n, struct tally *t) {
    int many[3] = {0, 0, 0};
    for (int i = 0; i < n; i++)
        for (int o = 0; o < 3; o++) many[o] += outcome[i] == o;
    *t = (struct tally){many[OUTCOME_HOLDS], many[OUTCOME_FAILS], many[OUTCOME_UNKNOWN]};
}

/* fails: whether an item fails a constraint; many: how many it fails. */
static enum status cut(struct rank_context *s, unsigned char **fails, unsigned char **many,
                       struct err *e) {
    struct funnel *f = s->funnel;
    const struct snapshot *c = s->catalog;
    *fails = ARENA_NEW(s->a, unsigned char, (size_t)c->n);
    *many = ARENA_NEW(s->a, unsigned char, (size_t)c->n);
    unsigned char *outcome = ARENA_NEW(s->a, unsigned char, (size_t)c->n);
    if (!*fails || !*many || !outcome) return fail(e, ST_NO_MEMORY, "no memory for constraints");
    for (int k = 0; k < s->wish.n_constraints; k++) {
        constraint_outcomes(&s->wish.constraint[k], c, outcome);
        count(outcome, c->n, &f->tally[k]);
        for (int i = 0; i < c->n; i++)
            if (outcome[i] == OUTCOME_FAILS) (*many)[i]++;
    }
    f->items = c->n;
    for (int i = 0; i < c->n; i++) (*fails)[i] = (*many)[i] > 0;
    for (int i = 0; i < c->n; i++) f->within += !(*fails)[i];
    return ST_OK;
}

/* Items that one constraint alone keeps from being ranked, the most popular first. Those that are
 * ranked lose their mark in `many`. */
static void near_misses(const struct rank_context *s, unsigned char *many) {
    struct funnel *f = s->funnel;
    const struct snapshot *c = s->catalog;
    int n = 0;
    for (int i = 0; i < s->n; i++) many[s->place[i]] = 0;
    for (int i = 0; i < c->n; i++) {
        int at = c->by_popularity[i];
        if (many[at] != 1) continue;
        f->near++;
        if (n < FUNNEL_NEAR) f->near_item[n++] = c->item[at].id;
    }
}

/* --- candidates that a request names */

static enum status none_within(long long of, struct err *e) {
    (void)fail(e, ST_INVALID,
               "none of the %lld items is within the constraints, and those that "
               "are not were to be hidden",
               of);
    err_field(e, "constraints");
    err_hint(e, "send \"constraints\":\"after\" to see them behind the others");
    return ST_INVALID;
}

static enum status named(struct rank_context *s, const unsigned char *fails, struct err *e) {
    const struct rank_request *r = s->r;
    int hide = r->constraints == CONSTRAINTS_HIDE;
    s->place = ARENA_NEW(s->a, int, (size_t)r->n_candidates + SNAPSHOT_SAMPLE);
    if (!s->place) return fail(e, ST_NO_MEMORY, "no memory for candidates");
    for (int i = 0; i < r->n_candidates; i++) {
        int at;
        TRY(context_place(s, r->candidate[i], "candidates", i, &at, e));
        if (hide && fails[at]) {
            s->funnel->hidden++;
            continue;
        }
        s->place[s->n++] = at;
        s->funnel->failing_kept += fails[at];
    }
    s->funnel->by = "asked for";
    s->funnel->retrieved = s->n;
    return s->n > 0 ? ST_OK : none_within(r->n_candidates, e);
}

/* --- retrieval */

/* `count` items of the catalogue in its order, from the offset on, less those that the history and
 * the examples hold: pages by catalogue place meet every item once. */
static void add_page(struct retrieval *x, struct rank_context *s) {
    const struct rank_request *r = s->r;
    long long to = r->offset + (r->has_count ? r->count : RANK_ITEMS_MAX);
    for (long long i = r->offset; i < to && i < s->catalog->n; i++)
        if (r->constraints != CONSTRAINTS_HIDE || !x->fails[i]) retrieval_take(x, (int)i);
}

/* Best first: by the fused lists, then by popularity where the lists may be filled up. */
static enum status add_fused(struct retrieval *x, struct rank_context *s, int group, int count,
                             int fill, struct err *e) {
    const int *popular = s->catalog->by_popularity;
    struct rrf_hit *hit;
    int n;
    TRY(rrf_fuse(x->list[group], x->n_lists[group], s->a, &hit, &n, e));
    for (int i = 0; i < n && x->n < count; i++) retrieval_take(x, hit[i].place);
    for (int i = 0; fill && i < s->catalog->n && x->n < count; i++)
        if (x->fails[popular[i]] == group) retrieval_take(x, popular[i]);
    return ST_OK;
}

static enum status lacking(const struct retrieval *x, enum retrieve how, struct err *e) {
    if (!x->why) return ST_OK;
    (void)fail(e, ST_INVALID, "items cannot be retrieved by %s: %s", retrieve_name(how), x->why);
    err_field(e, "candidates.retrieve");
    return ST_INVALID;
}

/* By what was asked: a wish, what was liked, or nothing. */
static enum status by_asking(struct retrieval *x, struct rank_context *s, struct err *e) {
    int liked = 0, wish = s->rest.n > 0;
    for (int i = 0; i < s->n_marks; i++) liked |= s->mark[i].label > 0;
    if (wish || liked) TRY(retrieve_embedding(x, s, e));
    if (wish) TRY(retrieve_words(x, s, e));
    if (liked) TRY(retrieve_learnt(x, s, RETRIEVE_ITEM_KNN, e));
    if (liked) TRY(retrieve_learnt(x, s, RETRIEVE_EASE, e));
    if (x->n_names) return ST_OK;
    TRY(retrieve_popular(x, s, e));
    return retrieve_recent(x, s, e);
}

static enum status by_rule(struct retrieval *x, struct rank_context *s, struct err *e) {
    switch (s->r->retrieve) {
    case RETRIEVE_BM25: TRY(retrieve_words(x, s, e)); break;
    case RETRIEVE_POPULARITY: TRY(retrieve_popular(x, s, e)); break;
    case RETRIEVE_RECENCY: TRY(retrieve_recent(x, s, e)); break;
    case RETRIEVE_RANDOM: TRY(retrieve_random(x, s, e)); break;
    case RETRIEVE_EMBEDDING: TRY(retrieve_embedding(x, s, e)); break;
    case RETRIEVE_ITEM_KNN:
    case RETRIEVE_EASE: TRY(retrieve_learnt(x, s, s->r->retrieve, e)); break;
    default: return by_asking(x, s, e);
    }
    return lacking(x, s->r->retrieve, e);
}

/* How many candidates there should be: the catalogue as a whole, or what is within constraints,
 * where the model ranks that quickly (*whole: what that is called), else the request's number. */
static int wanted_count(const struct rank_context *s, const char **whole) {
    int most = ranker_whole(s->k), n = s->catalog->n;
    long long within = s->funnel->within;
    *whole = NULL;
    if (s->r->retrieve != RETRIEVE_AUTO || s->r->has_count) return s->r->count;
    if (n - s->n_marks <= most) {
        *whole = "the whole catalogue";
        return n > 0 ? n : 1;
    }
    if (s->r->constraints == CONSTRAINTS_SCORE || within < s->r->count || within > most)
        return s->r->count;
    *whole = "all within the constraints";
    return (int)within;
}

static enum status retrieved(struct rank_context *s, const unsigned char *fails, struct err *e) {
    const struct rank_request *r = s->r;
    struct retrieval x = {.fails = fails, .blind = r->constraints == CONSTRAINTS_SCORE};
    const char *whole;
    int count = wanted_count(s, &whole), all = r->retrieve == RETRIEVE_ALL,
        fill = r->retrieve == RETRIEVE_AUTO;
    TRY(retrieval_open(&x, s, count, e));
    if (all)
        add_page(&x, s);
    else if (!whole)
        TRY(by_rule(&x, s, e));
    if (!all) TRY(add_fused(&x, s, 0, count, fill, e));
    if (!all && x.failing) TRY(add_fused(&x, s, 1, count, fill, e));
    s->place = x.place;
    s->n = x.n;
    s->funnel->retrieved = s->n;
    s->funnel->by = whole ? whole : all ? "the catalogue's order" : retrieval_names(&x, s->a);
    s->funnel->lacking = fill && !whole ? x.why : NULL;
    for (int i = 0; i < s->n; i++) s->funnel->failing_kept += fails[s->place[i]];
    if (!s->funnel->by) return fail(e, ST_NO_MEMORY, "no memory for a text");
    if (s->n > 0) return ST_OK;
    if (s->funnel->within == 0 && s->catalog->n > 0) return none_within(s->catalog->n, e);
    (void)fail(e, ST_INVALID, "there is no item to rank");
    err_field(e, "candidates");
    err_hint(e, s->catalog->n ? "retrieve more items, by another rule or from another offset"
                              : "import items into the catalogue first");
    return ST_INVALID;
}

enum status funnel_run(struct rank_context *s, struct err *e) {
    unsigned char *fails, *many;
    TRY(cut(s, &fails, &many, e));
    TRY(s->r->n_candidates ? named(s, fails, e) : retrieved(s, fails, e));
    s->funnel->ranked = s->n;
    near_misses(s, many);
    return ST_OK;
}
