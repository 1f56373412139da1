/* links: rank import */
/* Baselines beside a ranking: those that need no data, those that learn from interactions, and the
 * readout that adds what was learnt to the model's score. */
#include "tests/unit/rank/rank_toy.h"

#include <pthread.h>

static void baselines(void) {
    static const char *const all[] = {"a", "b", "c", "d"};
    struct rank_request r = request("boat", READOUT_QUERY);
    struct rank_result *x = rank(&r, all, 4);
    EQ(of(x, "b")->baseline[BASELINE_POPULARITY].rank, 1);
    EQ(of(x, "c")->baseline[BASELINE_POPULARITY].rank, 4);
    EQ(of(x, "c")->baseline[BASELINE_BM25].rank, 1); /* one match, the others level behind it */
    EQ(of(x, "a")->baseline[BASELINE_BM25].rank, 2);
    EQ(of(x, "d")->baseline[BASELINE_BM25].rank, 2);
    r.instruction = VIEW("a lamp, no boat"); /* what is not wanted is not searched for */
    x = rank(&r, all, 4);
    EQ(of(x, "b")->baseline[BASELINE_BM25].rank, 1);
    EQ(of(x, "c")->baseline[BASELINE_BM25].rank, 2);
    r.instruction = VIEW("cost at most 50"); /* nor words that name a limit, which is checked */
    x = rank(&r, all, 4);
    EQ(x->baseline[BASELINE_BM25].available, 0);
    EQ_STR(x->baseline[BASELINE_BM25].why,
           "there are no wanted words and no liked example to search for");
}

/* Baselines alone: the language model is not asked, and they say the same. */
static void without_model(void) {
    static const char *const all[] = {"a", "b", "c", "d"};
    struct rank_request r = request("boat", READOUT_AUTO);
    struct rank_result *with = rank(&r, all, 4);
    OK(with->prompt.n_asks > 0);
    r.no_model = 1;
    struct rank_result *x = rank(&r, all, 4);
    EQ(x->prompt.n_asks, 0);
    EQ(x->tokens_computed + x->tokens_cached, 0);
    for (int i = 0; i < 4; i++) {
        EQ(of(x, all[i])->score == 0, 1);
        for (int b = 0; b < BASELINES; b++)
            EQ(of(x, all[i])->baseline[b].rank, of(with, all[i])->baseline[b].rank);
    }
}

/* --- baselines that learn */

static const char *why(const struct rank_result *x, enum baseline b) {
    OK((x->baseline[b].why != NULL) == !x->baseline[b].available);
    return x->baseline[b].why ? x->baseline[b].why : "";
}

static void no_data(void) {
    static const char *const all[] = {"a", "b", "c"};
    struct rank_request r = request("boat", READOUT_QUERY);
    r.example[r.n_examples++] = (struct example){VIEW("d"), VIEW(""), 1};
    struct rank_result *x = rank(&r, all, 3);
    EQ_STR(why(x, BASELINE_RECENCY), "no candidate has a time");
    EQ_STR(why(x, BASELINE_ITEM_KNN), "the catalogue has no interactions to learn from");
    EQ_STR(why(x, BASELINE_EASE), "the catalogue has no interactions to learn from");
}

/* After the import that follows: e is known to member 1 alone, f and d to nobody. */
static const char *const interactions =
    "{\"member\":\"1\",\"item\":\"a\",\"label\":\"like\",\"at\":1}\n"
    "{\"member\":\"1\",\"item\":\"b\",\"label\":\"like\",\"at\":2}\n"
    "{\"member\":\"1\",\"item\":\"e\",\"label\":\"like\",\"at\":3}\n"
    "{\"member\":\"2\",\"item\":\"a\",\"label\":\"like\",\"at\":1}\n"
    "{\"member\":\"2\",\"item\":\"b\",\"label\":\"like\",\"at\":2}\n"
    "{\"member\":\"3\",\"item\":\"c\",\"label\":\"dislike\",\"at\":2}\n";

static void learnt(struct store *s) {
    static const char *const all[] = {"a", "b", "c", "d", "e", "f"};
    static const enum baseline two[] = {BASELINE_ITEM_KNN, BASELINE_EASE};
    import(s, IMPORT_INTERACTIONS, interactions);
    import(s, IMPORT_MEMBERS, "{\"id\":\"new\",\"name\":\"N\"}\n");
    struct rank_request r = request("", READOUT_AUTO);
    r.example[r.n_examples++] = (struct example){VIEW("a"), VIEW(""), 1};
    struct rank_result *x = rank(&r, all, 6);
    for (size_t k = 0; k < COUNT(two); k++) {
        EQ_STR(why(x, two[k]), "");
        EQ_STR(x->baseline[two[k]].trained_on, "6 interactions of 3 members");
        EQ(of(x, "b")->baseline[two[k]].rank, 1);
        EQ(of(x, "e")->baseline[two[k]].rank, 2);
        OK(isnan(of(x, "d")->baseline[two[k]].score) && isnan(of(x, "f")->baseline[two[k]].score));
        EQ(of(x, "d")->baseline[two[k]].rank, of(x, "f")->baseline[two[k]].rank);
    }
    EQ(of(x, "b")->baseline[BASELINE_POPULARITY].rank, 1);
    /* Who is left out was never there. */
    r.leave_out = VIEW("1");
    x = rank(&r, all, 6);
    for (size_t k = 0; k < COUNT(two); k++) {
        EQ_STR(x->baseline[two[k]].trained_on,
               "3 interactions of 2 members, without the member's own");
        OK(isnan(of(x, "e")->baseline[two[k]].score));
        EQ(of(x, "b")->baseline[two[k]].rank, 1);
    }
    /* A member's history asks, and does not teach. */
    r.leave_out = VIEW("");
    r.member = VIEW("1");
    r.n_examples = 0;
    x = rank(&r, all + 2, 1);
    EQ_STR(why(x, BASELINE_ITEM_KNN), "");
    EQ_STR(x->baseline[BASELINE_EASE].trained_on,
           "3 interactions of 2 members, without the member's own");
    x = rank(&r, all + 3, 1);
    EQ_STR(why(x, BASELINE_EASE), "nobody else has interacted with any of the candidates");
    r.member = VIEW("3");
    x = rank(&r, all, 3);
    EQ_STR(why(x, BASELINE_EASE),
           "nothing is liked here: it goes by liked items of the history and examples");
    r.member = VIEW("new");
    x = rank(&r, all, 3);
    EQ_STR(why(x, BASELINE_ITEM_KNN),
           "nothing is liked here: it goes by liked items of the history and examples");
    r.example[r.n_examples++] = (struct example){VIEW("f"), VIEW(""), 1};
    x = rank(&r, all, 3);
    EQ_STR(why(x, BASELINE_ITEM_KNN), "nobody else has interacted with what is liked here");
    EQ_STR(why(x, BASELINE_EASE), "nobody else has interacted with what is liked here");
}

/* The language model's score, on one scale, and what was learnt; without data the former alone. */
static void hybrid(void) {
    static const char *const all[] = {"a", "b", "c", "d", "e", "f"};
    struct rank_request r = request("", READOUT_HYBRID);
    r.example[r.n_examples++] = (struct example){VIEW("a"), VIEW(""), 1};
    struct rank_result *x = rank(&r, all, 6);
    EQ(x->used, READOUT_HYBRID);
    EQ(x->model, READOUT_ITEM);
    OK(strstr(x->why, "and EASE, which learnt from 6 interactions of 3 members") != NULL);
    OK(of(x, "b")->learnt > of(x, "e")->learnt && of(x, "e")->learnt > of(x, "c")->learnt);
    OK(of(x, "d")->learnt == 0 && of(x, "f")->learnt == 0);
    r.leave_out = VIEW("1");
    struct rank_result *without = rank(&r, all, 6);
    OK(of(without, "e")->learnt == 0);
    OK(of(without, "b")->learnt > 0);
    /* Nothing liked that anybody has: the same order as without the part. */
    r.leave_out = VIEW("");
    r.example[0].item = VIEW("f");
    x = rank(&r, all, 5);
    OK(strstr(x->why, "nobody else has interacted with what is liked here") != NULL);
    r.readout = READOUT_ITEM;
    struct rank_result *plain = rank(&r, all, 5);
    for (int i = 0; i < 5; i++) {
        EQ_STR(x->item[i].item->id, plain->item[i].item->id);
        OK(x->item[i].learnt == 0);
    }
    /* With a wish, its clauses, the blend's other part and what was learnt add up. */
    r = request("red things, no lamps", READOUT_HYBRID);
    r.example[r.n_examples++] = (struct example){VIEW("a"), VIEW(""), 1};
    x = rank(&r, all, 6);
    EQ(x->model, READOUT_BLEND);
    for (int i = 0; i < 6; i++) {
        const struct ranked *k = &x->item[i];
        NEAR(k->clause[0] + k->clause[1] + k->other + k->learnt, k->score, 1e-9);
    }
    alone_or_among(READOUT_HYBRID, 1);
}

static void *ranking_thread(void *arg) {
    static const char *const all[] = {"a", "b", "c"};
    struct rank_request r = request("red", READOUT_QUERY);
    struct view ids[] = {view_of(all[0]), view_of(all[1]), view_of(all[2])};
    struct arena a;
    struct err e;
    arena_init(&a, 256 << 20);
    struct rank_result *x = ARENA_NEW(&a, struct rank_result, 1);
    r.catalog = VIEW("tiny");
    r.candidate = ids;
    r.n_candidates = 3;
    r.example[r.n_examples++] = (struct example){VIEW("a"), VIEW(""), 1};
    int good = 0;
    for (int k = 0; x && k < 5; k++)
        good += rank_run(ranker, &r, NULL, &a, x, &e) == ST_OK &&
                of(x, "b")->baseline[BASELINE_EASE].rank == 1;
    *(int *)arg = good;
    arena_free(&a);
    return NULL;
}

/* Two at once, on a catalogue that has just changed. */
static void together(struct store *s) {
    pthread_t t[2];
    int good[2];
    import(s, IMPORT_INTERACTIONS,
           "{\"member\":\"4\",\"item\":\"b\",\"label\":\"like\",\"at\":1}\n"
           "{\"member\":\"4\",\"item\":\"a\",\"label\":\"like\",\"at\":2}\n");
    for (int i = 0; i < 2; i++) CHECK(pthread_create(&t[i], NULL, ranking_thread, &good[i]) == 0);
    for (int i = 0; i < 2; i++) {
        CHECK(pthread_join(t[i], NULL) == 0);
        EQ(good[i], 5);
    }
}

int main(void) {
    struct store *s = toy_open();
    baselines();
    without_model();
    no_data();
    learnt(s);
    hybrid();
    together(s);
    toy_close(s);
    return t_end();
}
