/* The retrievers. */
#include "server/rank/retrieve.h"

#include "kernels/base/seeded.h"
#include "kernels/base/sort_key.h"
#include "model/embed/embed.h"
#include "server/baselines/each/embedding.h"
#include "server/baselines/each/cf_query.h"
#include "server/vectors/vectors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A list is DEPTH times as long as there are to be candidates: what several lists hold far down
 * counts, too. Vectors of so few items are made at once. */
enum { DEPTH = 4, FEW = 300, MANY = 5000 };
static const double NEARNESS = 1e-3; /* decides between items whose tags fit alike */

enum status retrieval_open(struct retrieval *x, struct rank_context *s, int count, struct err *e) {
    size_t n = (size_t)s->catalog->n;
    x->room = count > RANK_ITEMS_MAX ? count : RANK_ITEMS_MAX;
    x->depth = DEPTH * count < s->catalog->n ? DEPTH * count : s->catalog->n;
    x->failing = !x->blind && s->r->constraints != CONSTRAINTS_HIDE &&
                 s->funnel->within - s->n_marks < count;
    x->taken = ARENA_NEW(s->a, unsigned char, n);
    x->place = ARENA_NEW(s->a, int, (size_t)x->room + SNAPSHOT_SAMPLE);
    if (!x->taken || !x->place) return fail(e, ST_NO_MEMORY, "no memory for candidates");
    if (x->blind && n) { /* nothing fails here */
        unsigned char *none = ARENA_NEW(s->a, unsigned char, n);
        if (!none) return fail(e, ST_NO_MEMORY, "no memory for candidates");
        x->fails = none;
    }
    for (int i = 0; i < s->n_marks; i++)
        if (s->mark[i].place >= 0) x->taken[s->mark[i].place] = 1;
    return ST_OK;
}

void retrieval_take(struct retrieval *x, int place) {
    if (x->taken[place] || x->n == x->room) return;
    x->taken[place] = 1;
    x->place[x->n++] = place;
}

const char *retrieval_names(const struct retrieval *x, struct arena *a) {
    const char *text = x->n_names ? x->name[0] : "popularity";
    for (int i = 1; text && i < x->n_names; i++)
        text = arena_printf(a, "%s%s%s", text, i + 1 < x->n_names ? ", " : " and ", x->name[i]);
    return text;
}

static void add_name(struct retrieval *x, const char *name) {
    for (int i = 0; i < x->n_names; i++)
        if (strcmp(x->name[i], name) == 0) return;
    if (x->n_names < RETRIEVERS_MAX) x->name[x->n_names++] = name;
}

/* Adds a list of n places, best first. */
static enum status add_list(struct retrieval *x, struct rank_context *s, const char *name,
                            const int *place, int n, struct err *e) {
    for (int group = 0; group < 2; group++) {
        int *own = ARENA_NEW(s->a, int, (size_t)n), kept = 0;
        if (!own) return fail(e, ST_NO_MEMORY, "no memory for candidates");
        for (int i = 0; i < n; i++)
            if (!x->taken[place[i]] && x->fails[place[i]] == group) own[kept++] = place[i];
        if (kept == 0 || x->n_lists[group] == LISTS_MAX) continue;
        x->list[group][x->n_lists[group]++] = (struct rrf_list){own, kept, 1};
        add_name(x, name);
    }
    return ST_OK;
}

/* The same from numbers: of the n places (NULL: all), those with the largest that is not NAN. */
static enum status add_best(struct retrieval *x, struct rank_context *s, const char *name,
                            const int *place, const double *score, int n, struct err *e) {
    size_t room = (size_t)x->depth;
    struct sort_key *best[2];
    int many[2] = {0, 0}, *list = ARENA_NEW(s->a, int, 2 * room), out = 0;
    best[0] = ARENA_NEW(s->a, struct sort_key, 2 * room);
    if (!list || !best[0]) return fail(e, ST_NO_MEMORY, "no memory for candidates");
    best[1] = best[0] + room;
    for (int i = 0; i < n; i++) {
        int at = place ? place[i] : i, group = x->fails[at];
        if (isnan(score[i]) || x->taken[at]) continue;
        sort_key_offer(best[group], &many[group], x->depth, (struct sort_key){score[i], at});
    }
    for (int g = 0; g < 2; g++) {
        qsort(best[g], (size_t)many[g], sizeof **best, sort_key_down);
        for (int i = 0; i < many[g]; i++) list[out++] = best[g][i].at;
    }
    return add_list(x, s, name, list, out, e);
}

/* --- words */

/* Which items of a group a search may find. */
struct group {
    const struct retrieval *x;
    const struct rank_context *s;
    int group;
};

static int is_allowed(void *arg, long long row) {
    const struct group *g = arg;
    int at = snapshot_find_row(g->s->catalog, row);
    return at >= 0 && !g->x->taken[at] && g->x->fails[at] == g->group;
}

static enum status add_words(struct retrieval *x, struct rank_context *s, struct view text,
                             int group, struct err *e) {
    struct group g = {x, s, group};
    const struct search_filter f = {&g, is_allowed};
    struct search_row *row;
    int n;
    TRY(store_bm25_rows(s->k->store, s->r->catalog, text, x->depth, &f, s->a, &row, &n, e));
    int *place = ARENA_NEW(s->a, int, (size_t)n);
    if (!place) return fail(e, ST_NO_MEMORY, "no memory for candidates");
    for (int i = 0; i < n; i++) place[i] = snapshot_find_row(s->catalog, row[i].row);
    return add_list(x, s, "BM25", place, n, e);
}

/* The wanted clauses that say something beyond their constraints, and all of them together. */
static int wanted_texts(const struct rank_context *s, struct view text[CLAUSES_MAX + 1]) {
    int n = 0;
    for (int c = 0; c < s->n_wish; c++) {
        const struct clause *k = &s->wish.clause[c];
        if (k->sign > 0 && k->weight > 0 && k->rest.n > 0) text[n++] = k->rest;
    }
    if (n > 1) text[n++] = s->rest;
    return n;
}

enum status retrieve_words(struct retrieval *x, struct rank_context *s, struct err *e) {
    struct view text[CLAUSES_MAX + 1];
    int n = wanted_texts(s, text);
    for (int group = 0; group <= x->failing; group++)
        for (int i = 0; i < n; i++) TRY(add_words(x, s, text[i], group, e));
    return ST_OK;
}

/* --- meaning */

/* The places that a group's search may find. */
static enum status allowed(const struct retrieval *x, struct rank_context *s, int group,
                           uint64_t **out, struct err *e) {
    *out = ARENA_NEW(s->a, uint64_t, vector_words(s->catalog->n));
    if (!*out) return fail(e, ST_NO_MEMORY, "no memory for candidates");
    for (int i = 0; i < s->catalog->n; i++)
        if (x->fails[i] == group && !x->taken[i]) (*out)[i / 64] |= 1ull << i % 64;
    return ST_OK;
}

/* The nearest of a group to each of n query vectors. */
static enum status add_nearest(struct retrieval *x, struct rank_context *s,
                               const struct vectors_of *v, int group, const float *query, int n,
                               struct err *e) {
    uint64_t *allow;
    TRY(allowed(x, s, group, &allow, e));
    for (int q = 0; q < n; q++) {
        struct vector_hit *hit;
        int hits;
        TRY(vectors_top(v, query + (size_t)q * (size_t)v->index->dim, allow, x->depth, s->a, &hit,
                        &hits, e));
        int *place = ARENA_NEW(s->a, int, (size_t)hits);
        if (!place) return fail(e, ST_NO_MEMORY, "no memory for candidates");
        for (int i = 0; i < hits; i++) place[i] = hit[i].place;
        TRY(add_list(x, s, "embedding", place, hits, e));
    }
    return ST_OK;
}

/* Items by their tags' fit to the query; among equal ones the nearest by their own vectors. */
static enum status add_tagged(struct retrieval *x, struct rank_context *s,
                              const struct vectors_of *v, struct tag_index *t, const float *query,
                              struct err *e) {
    struct vector_hit *hit;
    int hits, n = s->catalog->n, k = n < MANY ? n : MANY;
    double *score = ARENA_NEW(s->a, double, (size_t)n);
    if (!score) return fail(e, ST_NO_MEMORY, "no memory for candidates");
    tag_index_score(t, query, score);
    TRY(vector_index_top(v->index, query, NULL, k, NULL, s->a, &hit, &hits, e));
    for (int i = 0; i < hits; i++) score[hit[i].place] += NEARNESS * (1 + hit[i].score);
    return add_best(x, s, "embedding", NULL, score, n, e);
}

static enum status search_tags(struct retrieval *x, struct rank_context *s,
                               const struct vectors_of *v, const float *query, int n,
                               struct err *e) {
    struct tag_index *t;
    TRY(tag_index_take(&s->k->tags, s->k->embedder, s->catalog, s->a, &t, e));
    enum status st = ST_OK;
    for (int i = 0; st == ST_OK && t && i < n; i++)
        st = add_tagged(x, s, v, t, query + (size_t)i * (size_t)v->index->dim, e);
    tag_index_give(&s->k->tags, t);
    return st;
}

static enum status search(struct retrieval *x, struct rank_context *s, const struct vectors_of *v,
                          struct err *e) {
    struct view text[CLAUSES_MAX + 1];
    struct candidates c;
    int n = wanted_texts(s, text), likes = 0;
    size_t dim = (size_t)v->index->dim;
    float *query = ARENA_NEW(s->a, float, dim *(size_t)(n + 1));
    if (!query) return fail(e, ST_NO_MEMORY, "no memory for a query");
    context_candidates(s, NULL, 0, &c);
    TRY(embedding_run(&c, text, n, query, NULL, NULL, e));
    c.n_clauses = 0; /* what was liked is a query of its own */
    if (candidates_marks(&c, 1)) {
        const char *why;
        TRY(embedding_query(&c, query + (size_t)n * dim, &why, e));
        likes = why == NULL;
    }
    if (n + likes == 0 && s->r->retrieve == RETRIEVE_EMBEDDING) { /* by what is not wanted, then */
        context_candidates(s, NULL, 0, &c);
        TRY(embedding_query(&c, query, &x->why, e));
        if (x->why) return ST_OK;
        likes = 1;
    }
    for (int group = 0; group <= x->failing; group++)
        TRY(add_nearest(x, s, v, group, query, n + likes, e));
    return search_tags(x, s, v, query, n, e);
}

/* All vectors by the way that baselines take. */
static enum status make_all(struct retrieval *x, struct rank_context *s, struct err *e) {
    struct candidates c;
    double *score = ARENA_NEW(s->a, double, (size_t)s->catalog->n);
    int *place = ARENA_NEW(s->a, int, (size_t)s->catalog->n);
    if (!score || !place) return fail(e, ST_NO_MEMORY, "no memory for candidates");
    for (int i = 0; i < s->catalog->n; i++) place[i] = i;
    context_candidates(s, place, s->catalog->n, &c);
    TRY(embedding_score(&c, place, s->catalog->n, score, &x->why, e));
    return x->why ? ST_OK : add_best(x, s, "embedding", NULL, score, s->catalog->n, e);
}

enum status retrieve_embedding(struct retrieval *x, struct rank_context *s, struct err *e) {
    const struct catalog *c = &s->catalog->catalog;
    int asked = s->r->retrieve == RETRIEVE_EMBEDDING;
    const struct vectors_of *v = s->k->vectors && s->k->embedder
                                     ? vectors_take(s->k->vectors, view_of(c->name), c->version)
                                     : NULL;
    if (v) {
        enum status st = search(x, s, v, e);
        vectors_give(v);
        return st;
    }
    if (!s->k->embedder || s->catalog->n <= FEW || (asked && s->catalog->n <= MANY))
        return make_all(x, s, e);
    x->why = s->k->vectors ? "the items' vectors are still being made"
                           : "the items' vectors are made by taproom serve";
    return ST_OK;
}

/* --- what was learnt */

enum status retrieve_learnt(struct retrieval *x, struct rank_context *s, enum retrieve how,
                            struct err *e) {
    int knn = how == RETRIEVE_ITEM_KNN;
    struct candidates c;
    struct cf_query q;
    struct baseline_info b = {0};
    context_candidates(s, NULL, 0, &c);
    TRY(cf_query_make(&c, &q, &b, e));
    if (b.why) {
        if (s->r->retrieve == how) x->why = b.why;
        return ST_OK;
    }
    const struct interactions *t = s->interactions;
    size_t n = (size_t)t->n_items;
    int *at = ARENA_NEW(s->a, int, n), *place = ARENA_NEW(s->a, int, n);
    double *score = ARENA_NEW(s->a, double, n);
    if (!at || !place || !score) return fail(e, ST_NO_MEMORY, "no memory for candidates");
    for (int i = 0; i < t->n_items; i++) at[i] = i;
    TRY(knn ? interactions_item_knn(t, &q, at, t->n_items, s->a, score, e)
            : interactions_ease(t, &q, at, t->n_items, s->a, score, e));
    for (int i = 0; i < t->n_items; i++) {
        place[i] = snapshot_find_row(s->catalog, t->item[i]);
        if (place[i] < 0 || (knn && !(score[i] > 0))) score[i] = NAN; /* gone, or no neighbour */
        if (place[i] < 0) place[i] = 0;
    }
    return add_best(x, s, knn ? "item-kNN" : "EASE", place, score, t->n_items, e);
}

/* --- whatever was asked */

enum status retrieve_popular(struct retrieval *x, struct rank_context *s, struct err *e) {
    const int *all = s->catalog->by_popularity;
    int *list = ARENA_NEW(s->a, int, 2 * (size_t)x->depth), many[2] = {0, 0}, n = 0;
    if (!list) return fail(e, ST_NO_MEMORY, "no memory for candidates");
    for (int i = 0; i < s->catalog->n; i++) {
        int group = x->fails[all[i]];
        if (many[0] == x->depth && (many[1] == x->depth || !x->failing)) break;
        if (x->taken[all[i]] || many[group] == x->depth) continue;
        many[group]++;
        list[n++] = all[i];
    }
    return add_list(x, s, "popularity", list, n, e);
}

enum status retrieve_recent(struct retrieval *x, struct rank_context *s, struct err *e) {
    const double *time = s->catalog->time;
    if (time) return add_best(x, s, "recency", NULL, time, s->catalog->n, e);
    if (s->r->retrieve == RETRIEVE_RECENCY) x->why = "no item has a time";
    return ST_OK;
}

enum status retrieve_random(struct retrieval *x, struct rank_context *s, struct err *e) {
    int n = s->catalog->n;
    double *score = ARENA_NEW(s->a, double, (size_t)n);
    if (!score) return fail(e, ST_NO_MEMORY, "no memory for candidates");
    for (int i = 0; i < n; i++)
        score[i] =
            (double)(seeded_hash(s->catalog->item[i].id, (unsigned long long)s->r->seed) >> 11);
    return add_best(x, s, "a shuffle", NULL, score, n, e);
}
