/* links: rank import */
/* Which items come to be ranked: constraints first, retrieval by what was asked, small catalogues
 * whole. */
#include "server/rank/rank.h"
#include "tests/unit/store/store_help.h"

#include "kernels/base/sort_key.h"
#include "model/engine/engine.h"

#include <stdio.h>

enum { ITEMS = 400 };
static struct ranker *ranker;
static struct err e;

/* Items i0 to i399: the first are the most popular; every tenth is a boat, and dear; i399 is the
 * one submarine and the least popular. */
static char *rows(void) {
    static char text[ITEMS * 160];
    size_t n = 0;
    for (int i = 0; i < ITEMS; i++)
        n += (size_t)snprintf(
            text + n, sizeof text - n,
            "{\"id\":\"i%d\",\"title\":\"%s number %d\",\"popularity\":%d,\"time\":%d,\"price\":%d}\n",
            i,
            i == ITEMS - 1 ? "submarine"
            : i % 10 == 0  ? "boat"
                           : "lamp",
            i, ITEMS - i, 1000000 * (i + 1), i % 10 == 0 ? 900 : 20 + i);
    return text;
}

/* A ranking without the model: which items there are is the funnel's work alone. */
static struct rank_result *find(struct rank_request *r, struct arena *a) {
    struct rank_result *x = ARENA_NEW(a, struct rank_result, 1);
    r->catalog = VIEW("many");
    r->surface = VIEW("generic");
    r->no_model = 1;
    r->all_baselines = 0;
    GOOD(rank_run(ranker, r, NULL, a, x, &e));
    return x;
}

static struct rank_request request(const char *wish, enum retrieve how, int count) {
    struct rank_request r;
    request_init(&r);
    r.instruction = view_of(wish);
    r.retrieve = how;
    r.has_count = count > 0;
    if (count) r.count = count;
    return r;
}

static int has(const struct rank_result *x, const char *id) {
    for (int i = 0; i < x->n; i++)
        if (strcmp(x->item[i].item->id, id) == 0) return 1;
    return 0;
}

/* A wish finds what it names however unpopular; without one the popular and the new come. */
static void by_what_was_asked(struct arena *a) {
    struct rank_request r = request("a submarine", RETRIEVE_AUTO, 20);
    struct rank_result *x = find(&r, a);
    EQ(x->n, 20);
    OK(has(x, "i399"));
    EQ(x->funnel.items, ITEMS);
    EQ(x->funnel.retrieved, 20);
    EQ(x->funnel.ranked, 20);
    OK(strstr(x->funnel.by, "BM25") != NULL);
    OK(x->n_warnings > 0); /* there is no embedding model here, and the answer says so */
    r = request("", RETRIEVE_AUTO, 20);
    x = find(&r, a);
    EQ_STR(x->funnel.by, "popularity and recency");
    OK(has(x, "i0") && has(x, "i399"));
    r = request("a submarine", RETRIEVE_POPULARITY, 20);
    x = find(&r, a);
    OK(!has(x, "i399") && has(x, "i19"));
    r = request("", RETRIEVE_RECENCY, 5);
    x = find(&r, a);
    OK(has(x, "i399") && has(x, "i395") && !has(x, "i0"));
}

/* Constraints cut before retrieval: of boats, which are the dear ones, only as many come as there
 * is room for when all that holds is in. */
static void constraints_first(struct arena *a) {
    struct rank_request r = request("a boat, price under 500", RETRIEVE_AUTO, 50);
    struct rank_result *x = find(&r, a);
    EQ(x->n_constraints, 1);
    EQ(x->funnel.within, ITEMS - ITEMS / 10);
    EQ(x->n, 50);
    EQ(x->funnel.failing_kept, 0);
    for (int i = 0; i < x->n; i++) EQ(x->item[i].fails, 0);
    r = request("a lamp, price over 500", RETRIEVE_AUTO, 50);
    x = find(&r, a);
    EQ(x->funnel.within, ITEMS / 10);
    EQ(x->funnel.failing_kept, 10);              /* 40 hold */
    EQ(x->funnel.near, ITEMS - ITEMS / 10 - 10); /* the others fail that one alone */
    OK(x->funnel.near_item[FUNNEL_NEAR - 1] != NULL);
    for (int i = 0; i < x->n; i++) EQ(x->item[i].behind, i >= 40);
    r.constraints = CONSTRAINTS_HIDE;
    x = find(&r, a);
    EQ(x->n, 40);
    r.constraints = CONSTRAINTS_SCORE;
    x = find(&r, a);
    EQ(x->n, 50);
    for (int i = 0; i < x->n; i++) EQ(x->item[i].behind, 0);
}

/* Small catalogues, and what little is within constraints, are ranked whole; a count wins. */
static void whole(struct arena *a) {
    struct rank_request r = request("a boat", RETRIEVE_AUTO, 0);
    ranker->rank_all = ITEMS;
    struct rank_result *x = find(&r, a);
    EQ(x->n, ITEMS);
    EQ_STR(x->funnel.by, "the whole catalogue");
    ranker->rank_all = ITEMS - 1;
    EQ(find(&r, a)->n, 100);
    r = request("a boat", RETRIEVE_AUTO, 30);
    ranker->rank_all = ITEMS;
    EQ(find(&r, a)->n, 30);
    ranker->rank_all = 200;
    r = request("a lamp, price under 150", RETRIEVE_AUTO, 0);
    x = find(&r, a);
    EQ(x->funnel.within, 117);
    EQ(x->n, 117);
    ranker->rank_all = 0;
}

/* What the history or an example holds is no candidate; pages of all meet every item once. */
static void known(struct arena *a) {
    struct rank_request r = request("", RETRIEVE_POPULARITY, 10);
    r.example[r.n_examples++] = (struct example){VIEW("i0"), VIEW(""), 1};
    struct rank_result *x = find(&r, a);
    EQ(x->n, 10);
    OK(!has(x, "i0") && has(x, "i10"));
    r = request("", RETRIEVE_ALL, 150);
    for (int page = 0; page < 3; page++) {
        r.offset = 150 * page;
        x = find(&r, a);
        EQ(x->n, page < 2 ? 150 : 100);
        EQ_STR(x->item[0].item->id, page == 0 ? "i0" : page == 1 ? "i150" : "i300");
    }
}

/* A retriever with nothing to go by says so. */
static void refusals(struct arena *a) {
    static const enum retrieve how[] = {RETRIEVE_EMBEDDING, RETRIEVE_ITEM_KNN, RETRIEVE_EASE};
    for (size_t i = 0; i < COUNT(how); i++) {
        struct rank_request r = request("a boat", how[i], 10);
        struct rank_result *x = ARENA_NEW(a, struct rank_result, 1);
        r.catalog = VIEW("many");
        r.surface = VIEW("generic");
        EQ(rank_run(ranker, &r, NULL, a, x, &e), ST_INVALID);
        EQ_STR(e.field, "candidates.retrieve");
    }
    struct rank_request r = request("price over 5000", RETRIEVE_AUTO, 10);
    struct rank_result *x = ARENA_NEW(a, struct rank_result, 1);
    r.catalog = VIEW("many");
    r.surface = VIEW("generic");
    r.constraints = CONSTRAINTS_HIDE;
    EQ(rank_run(ranker, &r, NULL, a, x, &e), ST_INVALID);
    EQ_STR(e.field, "constraints");
}

/* The best of many, best first, as a full sort has them. */
static void heap(void) {
    struct sort_key all[200], best[20];
    int n = 0;
    for (int i = 0; i < 200; i++) {
        all[i] = (struct sort_key){(double)((i * 7919) % 61), i};
        sort_key_offer(best, &n, 20, all[i]);
    }
    qsort(all, 200, sizeof *all, sort_key_down);
    qsort(best, 20, sizeof *best, sort_key_down);
    EQ(n, 20);
    for (int i = 0; i < 20; i++) EQ(best[i].at, all[i].at);
}

int main(void) {
    struct engine *en;
    struct arena a;
    struct store *s;
    char folder[64];
    new_folder(folder);
    GOOD(store_open(&s, folder, &e));
    arena_init(&a, (size_t)1 << 30);
    load(s, IMPORT_ITEMS, "many", rows());
    GOOD(engine_open(&en, &(struct engine_config){.model = "fixtures/tiny/tied.gguf", .threads = 2},
                     &e));
    ranker = calloc(1, sizeof *ranker);
    CHECK(ranker);
    ranker_init(ranker, s, en);
    by_what_was_asked(&a);
    constraints_first(&a);
    whole(&a);
    known(&a);
    refusals(&a);
    heap();
    ranker_close(ranker);
    free(ranker);
    engine_close(en);
    store_close(s);
    drop_folder(folder);
    arena_free(&a);
    return t_end();
}
