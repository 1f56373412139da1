/* links: rank import */
/* Rankings through a tiny model: an item's score depends on the request and on itself, on nothing
 * else; which readout answers, and what its parts are. */
#include "tests/unit/rank/rank_toy.h"

/* In `query` the parts add up to the score. An unwanted clause takes away, 1.4 fold, what it would
 * give as a wanted one, and gives nothing. */
static void parts(void) {
    static const char *const all[] = {"a", "b", "c"};
    struct rank_request r = request("", READOUT_QUERY);
    r.has_clauses = 1;
    r.clause[r.n_clauses++] = (struct clause){.text = VIEW("red"), .sign = 1, .weight = 1};
    r.clause[r.n_clauses++] = (struct clause){.text = VIEW("lamp"), .sign = -1, .weight = 0.7};
    struct rank_result *x = rank(&r, all, 3);
    double first[3];
    int above = 0;
    for (int i = 0; i < 3; i++) {
        const struct ranked *it = of(x, all[i]);
        NEAR(it->clause[0] + it->clause[1], it->score, 1e-12);
        first[i] = it->clause[1];
    }
    r.clause[1].sign = 1;
    r.clause[0].weight = 0; /* so that no two wanted clauses count together */
    x = rank(&r, all, 3);
    for (int i = 0; i < 3; i++) {
        double part = of(x, all[i])->clause[1];
        NEAR(first[i], part > 0 ? -1.4 * part : 0, 1e-12);
        NEAR(of(x, all[i])->score, part, 1e-12);
        above += part > 0;
    }
    OK(above > 0 && above < 3);
}

static void choices(void) {
    static const char *const all[] = {"a", "b", "c"};
    struct rank_request r = request("something red", READOUT_AUTO);
    EQ(rank(&r, all, 3)->used, READOUT_QUERY);
    r.example[r.n_examples++] = (struct example){VIEW("d"), VIEW(""), -1};
    EQ(rank(&r, all, 3)->used, READOUT_BLEND);
    r.instruction = VIEW("!!!"); /* no word: no wish */
    EQ(rank(&r, all, 3)->used, READOUT_ITEM);
    r.n_examples = 0;
    struct rank_result *x = rank(&r, all, 3);
    OK(x->n_warnings > 0);
    for (int i = 0; i < x->n; i++)
        EQ_STR(x->item[i].item->id, all[i]); /* ties keep the order given */
    EQ(x->item[0].score == 0 && x->item[2].score == 0, 1);
}

/* Retrieval looks for what is wanted, never for what is not. */
static void retrieval(void) {
    struct rank_request r = request("no red, no boat", READOUT_QUERY);
    struct arena a;
    struct err e;
    struct rank_result x;
    arena_init(&a, 64 << 20);
    r.catalog = VIEW("tiny");
    r.retrieve = RETRIEVE_BM25;
    r.count = 3;
    EQ(rank_run(ranker, &r, NULL, &a, &x, &e), ST_INVALID);
    EQ_STR(e.field, "candidates");
    r.instruction = VIEW("a boat, nothing red");
    GOOD(rank_run(ranker, &r, NULL, &a, &x, &e));
    EQ(x.n, 1);
    EQ_STR(x.item[0].item->id, "c");
    arena_free(&a);
}

/* A wish of many clauses is asked clause by clause. */
static void many_clauses(void) {
    static const char *const all[] = {"a", "b", "c"};
    struct rank_request r = request("red, blue, green, white", READOUT_QUERY);
    long long together = rank(&r, all, 3)->prompt.tokens;
    r.instruction = VIEW("red, blue, green, white, grey");
    OK(rank(&r, all, 3)->prompt.tokens < together);
}

int main(void) {
    struct store *s = toy_open();
    /* `relevance` needs answers of one token, which the tiny vocabulary has not. */
    for (int like = 0; like < 2; like++)
        for (int r = READOUT_QUERY; r <= READOUT_HYBRID; r++)
            alone_or_among((enum readout_id)r, like);
    parts();
    choices();
    retrieval();
    many_clauses();
    toy_close(s);
    return t_end();
}
