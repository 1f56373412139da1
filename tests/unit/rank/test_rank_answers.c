/* links: rank import */
/* What is kept of earlier rankings: answers, the beginnings of prompts, priors. It saves work and
 * changes no bit. */
#include "tests/unit/rank/rank_toy.h"

/* What earlier rankings answered is not asked again, and changes nothing: a ranker that knows gives
 * the bits of one that knows nothing, tells of every item, and counts the same prompt. */
static void count_scored(void *arg, const struct item *item, double logprob) {
    (void)item;
    *(int *)arg += isfinite(logprob) != 0;
}

static void known_answers(void) {
    static const char *const all[] = {"a", "b", "c", "d", "e", "f"};
    struct ranker *warm = ranker, *fresh = calloc(1, sizeof *fresh);
    struct rank_request r = request("", READOUT_QUERY);
    struct err e;
    r.has_clauses = 1;
    r.clause[r.n_clauses++] =
        (struct clause){.text = VIEW("red and quiet"), .sign = 1, .weight = 1};
    r.clause[r.n_clauses++] =
        (struct clause){.text = VIEW("lamp of brass"), .sign = -1, .weight = 0.7};
    (void)rank(&r, all, 6);
    r.clause[1].weight = 0.2;
    r.clause[r.n_clauses++] = (struct clause){.text = VIEW("boat"), .sign = -1, .weight = 1};
    struct rank_result *second = rank(&r, all, 6), *cold;
    r.clause[2].sign = 1; /* a weight or a sign alone */
    r.clause[0].weight = 0;
    struct rank_result *third = ARENA_NEW(&arena, struct rank_result, 1);
    int scored = 0;
    const struct rank_hooks h = {.arg = &scored, .scored = count_scored};
    GOOD(rank_run(ranker, &r, &h, &arena, third, &e));
    EQ(scored, 6);
    ranker_init(fresh, warm->store, warm->engine);
    ranker = fresh;
    cold = rank(&r, all, 6);
    for (int i = 0; i < 6; i++) {
        EQ_MEM(&of(third, all[i])->score, &of(cold, all[i])->score, sizeof(double));
        EQ_MEM(&of(third, all[i])->logprob, &of(cold, all[i])->logprob, sizeof(double));
    }
    EQ(third->prompt.tokens, cold->prompt.tokens);
    EQ_STR(third->prompt_sha256, cold->prompt_sha256);
    OK(second->tokens_computed < cold->tokens_computed / 2);
    OK(third->tokens_computed < cold->tokens_computed / 4); /* the first item's, as shown */
    ranker = warm;
    ranker_close(fresh);
    free(fresh);
}

/* A wish that is typed word by word, turned and taken back gives the bits of one that is asked at
 * once, and what its beginning has in common with an earlier one is not computed again. */
static void typed(void) {
    static const char *const all[] = {"a", "b", "c", "d", "e", "f"};
    static const char *const wishes[] = {"red and quiet things", "red and quiet things for a boat",
                                         "red and quiet things for a boat, old and grey",
                                         "red and quiet things for a house, old and grey",
                                         "red and quiet things for a house"};
    struct ranker *used = ranker;
    struct rank_result *x[COUNT(wishes)][2];
    for (int cold = 1; cold >= 0; cold--) {
        struct ranker *fresh = NULL;
        for (size_t k = 0; k < COUNT(wishes); k++) {
            struct rank_request r = request(wishes[k], READOUT_QUERY);
            if (!fresh || cold) {
                fresh = calloc(1, sizeof *fresh);
                CHECK(fresh);
                ranker_init(fresh, used->store, used->engine);
                ranker = fresh;
            }
            x[k][cold] = rank(&r, all, 6);
            if (!cold && k + 1 < COUNT(wishes)) continue;
            ranker_close(fresh);
            free(fresh);
        }
    }
    ranker = used;
    for (size_t k = 0; k < COUNT(wishes); k++) {
        for (int i = 0; i < 6; i++) {
            const struct ranked *live = of(x[k][0], all[i]), *once = of(x[k][1], all[i]);
            EQ_MEM(&live->score, &once->score, sizeof(double));
            EQ_MEM(&live->logprob, &once->logprob, sizeof(double));
            EQ_MEM(&live->prior, &once->prior, sizeof(double));
        }
        EQ(x[k][0]->prompt.tokens, x[k][1]->prompt.tokens);
        EQ_STR(x[k][0]->prompt_sha256, x[k][1]->prompt_sha256);
    }
    OK(x[1][0]->tokens_computed < x[1][1]->tokens_computed / 2);
    OK(x[2][0]->tokens_computed < x[2][1]->tokens_computed / 2);
}

/* A surface without empty wishes has no priors; what other items' priors left in the places where
 * its own would be looked for is nobody's. */
static void no_priors(struct store *s) {
    static const char *const all[] = {"a", "b", "c"};
    struct rank_request r = request("red", READOUT_QUERY);
    struct err e;
    r.surface = VIEW("bare");
    GOOD(store_surface_put(s, r.surface, VIEW("{\"empty\":[],\"tag_frames\":[]}"), &e));
    for (int i = 0; i < PRIORS; i++)
        ranker->cache.prior[i] = (struct prior){{1, 1}, 1000.0 * (i % 7)};
    memset(ranker->cache.zscore, 0, sizeof ranker->cache.zscore);
    struct rank_result *x = rank(&r, all, 3);
    memset(ranker->cache.prior, 0, sizeof ranker->cache.prior);
    memset(ranker->cache.zscore, 0, sizeof ranker->cache.zscore);
    struct rank_result *y = rank(&r, all, 3);
    for (int i = 0; i < 3; i++) {
        EQ(of(x, all[i])->prior, 0);
        NEAR(of(x, all[i])->score, of(y, all[i])->score, 0);
    }
}

int main(void) {
    struct store *s = toy_open();
    known_answers();
    typed();
    no_priors(s);
    toy_close(s);
    return t_end();
}
