/* links: rank import */
/* The table of readouts, and the guide's example (server/readout/README.md) on a tiny model. */
#include "server/rank/load.h"
#include "server/readout/readout.h"
#include "tests/unit/rank/readout_example.c"
#include "tests/unit/store/store_help.h"

#include <math.h>
#include <stdlib.h>

/* Every name that may be asked for has a readout that can be used, but for the two that take
 * another one; `auto` finds one whatever a request has. */
static void table(void) {
    for (enum readout_id r = READOUT_AUTO; r < READOUTS; r++) {
        const struct readout *x = readout_of(r);
        EQ(readout_named(readout_name(r)), r);
        EQ(x == NULL, r == READOUT_AUTO || r == READOUT_HYBRID);
        if (x) OK(x->title && x->about && x->why && x->state && x->build && x->finish);
    }
    EQ(readout_named("none"), READOUTS);
    EQ_STR(readout_name(READOUTS), "?");
    OK(readout_of(READOUTS) == NULL);
    for (int k = 1; k < 4; k++) {
        struct rank_context s = {.n_wish = k & 1, .n_examples = k >> 1, .member.profile = ""};
        int takers = 0;
        for (enum readout_id r = READOUT_AUTO; r < READOUTS; r++)
            takers += readout_of(r) && readout_of(r)->applies && readout_of(r)->applies(&s);
        EQ(takers, 1);
    }
}

/* The example's scores of some of the items. */
static void scores(struct ranker *k, const char *const *ids, int n, double *out) {
    struct arena a;
    struct err e;
    struct prompt p;
    struct rank_request r;
    arena_init(&a, (size_t)1 << 28);
    struct rank_context *s = ARENA_NEW(&a, struct rank_context, 1);
    struct view *id = ARENA_NEW(&a, struct view, (size_t)n);
    CHECK(s && id);
    for (int i = 0; i < n; i++) id[i] = view_of(ids[i]);
    request_init(&r);
    r.catalog = VIEW("tiny");
    r.surface = VIEW("generic");
    r.instruction = VIEW("red things");
    r.candidate = id, r.n_candidates = n;
    GOOD(context_load(s, k, &r, NULL, &a, &e));
    GOOD(context_items(s, &e));
    prompt_init(&p, s->engine, &a);
    void *state = arena_alloc(&a, readout_answer.state);
    struct readout_values v = {.score = ARENA_NEW(&a, double, (size_t)n),
                               .logprob = ARENA_NEW(&a, double, (size_t)n)};
    CHECK(state && v.score && v.logprob);
    GOOD(readout_answer.build(state, s, &p, &e));
    struct tree t = prompt_tree(&p);
    struct job j = {.tree = &t, .ask = p.ask, .n_asks = p.n_asks};
    GOOD(engine_score(k->engine, &j, &e));
    readout_answer.finish(state, s, &v);
    memcpy(out, v.score, (size_t)n * sizeof *out);
    context_close(s);
    arena_free(&a);
}

/* An item's score is the same alone, among others and in another order, and not that of others. */
static void example(struct ranker *k) {
    static const char *const all[] = {"a", "b", "c", "d"}, *const turned[] = {"d", "b"};
    double many[4], few[2], one;
    scores(k, all, 4, many);
    scores(k, turned, 2, few);
    for (int i = 0; i < 4; i++) {
        scores(k, all + i, 1, &one);
        OK(isfinite(one) && one < 0);
        EQ_MEM(&one, &many[i], sizeof one);
        if (i) OK(many[i] != many[0]);
    }
    EQ_MEM(&few[0], &many[3], sizeof one);
    EQ_MEM(&few[1], &many[1], sizeof one);
}

int main(void) {
    struct err e;
    struct engine *en;
    char folder[64];
    struct ranker *k = calloc(1, sizeof *k);
    CHECK(k != NULL);
    new_folder(folder);
    table();
    struct store *s;
    GOOD(store_open(&s, folder, &e));
    load(s, IMPORT_ITEMS, "tiny",
         "{\"id\":\"a\",\"title\":\"red chair\"}\n{\"id\":\"b\",\"title\":\"blue lamp\"}\n"
         "{\"id\":\"c\",\"title\":\"old red boat\"}\n{\"id\":\"d\",\"title\":\"green kite\"}\n");
    GOOD(engine_open(&en, &(struct engine_config){.model = "fixtures/tiny/tied.gguf", .threads = 2},
                     &e));
    ranker_init(k, s, en);
    example(k);
    ranker_close(k);
    engine_close(en);
    store_close(s);
    free(k);
    drop_folder(folder);
    return t_end();
}
