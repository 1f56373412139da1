/* links: rank import */
/* Constraints of a wish: checked by rule, they come after, hide or score; and explanations, in
 * which they are parts. */
#include "server/rank/answer/explain.h"
#include "tests/unit/rank/rank_toy.h"

static void on_step(void *arg, int done, int total) {
    (void)arg;
    OK(done <= total);
}

/* The same wish with constraints that come after, hide or score. */
static struct rank_result *constrained(const char *wish, enum constraints_mode mode,
                                       const char *const *ids, int n) {
    struct rank_request r = request(wish, READOUT_QUERY);
    r.constraints = mode;
    return rank(&r, ids, n);
}

/* What is checked by rule is not asked of the model: items that fail come after all others, in
 * their own order of score, are left out, or lose score. An item without the field is no failure.
 */
static void rules(void) {
    static const char *const all[] = {"b", "c", "a", "d"};
    struct rank_result *x = constrained("a lamp, cost at most 50", CONSTRAINTS_AFTER, all, 4);
    EQ(x->n_constraints, 1);
    EQ_STR(x->constraint[0].field, "cost");
    EQ(x->constraint[0].tally.holds == 1 && x->constraint[0].tally.fails == 1, 1);
    EQ(x->constraint[0].tally.unknown, 2);
    EQ(x->funnel.items, 9);
    EQ(x->funnel.within, 8);
    EQ(x->funnel.failing_kept, 1);
    EQ(x->funnel.tally[0].holds == 1 && x->funnel.tally[0].fails == 1, 1);
    EQ_STR(x->item[3].item->id, "b"); /* which alone is a lamp */
    EQ(x->item[3].behind, 1);
    EQ(of(x, "a")->outcome[0], OUTCOME_HOLDS);
    EQ(of(x, "b")->outcome[0], OUTCOME_FAILS);
    EQ(of(x, "c")->outcome[0], OUTCOME_UNKNOWN);
    for (int i = 0; i < 2; i++) OK(x->item[i].score >= x->item[i + 1].score);
    /* The constraint's words are not asked about. */
    struct rank_result *plain = constrained("a lamp", CONSTRAINTS_AFTER, all, 4);
    for (int i = 0; i < 4; i++)
        EQ_MEM(&of(x, all[i])->score, &of(plain, all[i])->score, sizeof(double));

    x = constrained("a lamp, cost at most 50", CONSTRAINTS_HIDE, all, 4);
    EQ(x->n, 3);
    EQ(x->funnel.hidden, 1);
    for (int i = 0; i < 3; i++) OK(strcmp(x->item[i].item->id, "b") != 0);

    x = constrained("a lamp, cost at most 50", CONSTRAINTS_SCORE, all, 4);
    NEAR(of(x, "a")->score, of(plain, "a")->score + 2, 1e-9);
    NEAR(of(x, "b")->score, of(plain, "b")->score - 2, 1e-9);
    EQ_MEM(&of(x, "c")->score, &of(plain, "c")->score, sizeof(double));
    EQ(of(x, "b")->behind, 0);
    NEAR(of(x, "b")->share[0], -2, 0);
}

/* A wish that is nothing but a constraint: it decides, and what is known to hold comes first. */
static void only_rules(void) {
    static const char *const all[] = {"b", "c", "a"};
    struct rank_result *x = constrained("cost at most 50", CONSTRAINTS_AFTER, all, 3);
    EQ_STR(x->item[0].item->id, "a");
    EQ_STR(x->item[1].item->id, "c");
    EQ_STR(x->item[2].item->id, "b");
    EQ(x->item[0].score == 0 && x->item[2].score == 0, 1);
    struct rank_request r = request("cost under 10", READOUT_QUERY);
    struct arena a;
    struct err e;
    static const char *const two[] = {"a", "b"};
    struct rank_result y;
    struct view ids[] = {view_of(two[0]), view_of(two[1])};
    arena_init(&a, 256 << 20);
    r.catalog = VIEW("tiny");
    r.candidate = ids;
    r.n_candidates = 2;
    r.constraints = CONSTRAINTS_HIDE;
    EQ(rank_run(ranker, &r, NULL, &a, &y, &e), ST_INVALID); /* nothing is left to see */
    EQ_STR(e.field, "constraints");
    arena_free(&a);
}

/* A surface whose default is `query` takes examples as clauses, too, whoever asked for it; an
 * explanation ranks as the ranking did. */
static void query_by_default(struct store *s) {
    static const char *const all[] = {"a", "b", "c"};
    struct err e;
    struct rank_request r = request("red", READOUT_AUTO);
    GOOD(store_surface_put(s, VIEW("asks"), VIEW("{\"readout\":\"query\"}"), &e));
    r.surface = VIEW("asks");
    r.example[r.n_examples++] = (struct example){VIEW("d"), VIEW(""), 1};
    struct rank_result *x = rank(&r, all, 3);
    EQ(x->used, READOUT_QUERY);
    EQ(x->n_clauses, 2);
    EQ(x->n_wish, 1);
    struct view ids[] = {view_of("a"), view_of("b"), view_of("c")};
    struct explanation *why = ARENA_NEW(&arena, struct explanation, 1);
    const struct explain_hooks h = {.step = on_step};
    GOOD(explain_run(ranker, &r, ids, 3, 0, &h, &arena, why, &e));
    EQ(why->n_parts, 2);
    for (int i = 0; i < 3; i++) {
        const struct ranked *it = &why->whole.item[i];
        EQ_MEM(&it->score, &of(x, it->item->id)->score, sizeof(double));
        for (int k = 0; k < why->n_parts; k++) OK(why->part[k].without[i] != it->score);
    }
}

/* In an explanation a constraint is a part: it adds what it adds to the score, by `score` only. */
static void explained_rules(void) {
    struct err e;
    struct view ids[] = {view_of("a"), view_of("b"), view_of("c")};
    for (int mode = CONSTRAINTS_AFTER; mode < CONSTRAINTS_MODES; mode++) {
        struct rank_request r = request("a lamp, cost at most 50", READOUT_AUTO);
        struct explanation *why = ARENA_NEW(&arena, struct explanation, 1);
        const struct explain_hooks h = {.step = on_step};
        r.catalog = VIEW("tiny");
        r.constraints = (enum constraints_mode)mode;
        GOOD(explain_run(ranker, &r, ids, 3, 0, &h, &arena, why, &e));
        EQ(why->n, 3); /* those that fail are explained, too */
        const struct explain_part *p = &why->part[why->n_parts - 1];
        EQ_STR(p->kind, "constraint");
        for (int i = 0; i < 3; i++) {
            const struct ranked *it = &why->whole.item[i];
            double want = strcmp(it->item->id, "a") == 0   ? 2
                          : strcmp(it->item->id, "b") == 0 ? -2
                                                           : 0;
            NEAR(it->score - p->without[i], mode == CONSTRAINTS_SCORE ? want : 0, 1e-9);
        }
    }
}

int main(void) {
    struct store *s = toy_open();
    rules();
    only_rules();
    query_by_default(s);
    explained_rules();
    toy_close(s);
    return t_end();
}
