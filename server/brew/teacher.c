/* Another model's scores over the lists that are learned from: with its own words' tokens, so any
 * vocabulary will do. */
#include "server/brew/brew.h"

enum status brew_teacher_open(struct brew *b, const struct recipe_step *s, struct err *e) {
    const struct trainer_config c = {.model = b->c->teacher ? b->c->teacher : s->teacher,
                                     .precision = b->recipe.precision,
                                     .backend = b->recipe.backend,
                                     .threads = b->recipe.threads,
                                     .frozen = 1};
    TRY(trainer_open(&b->teacher, &c, e));
    b->teacher_words =
        (struct brew_words){.trainer = b->teacher, .store = b->c->store, .a = &b->arena};
    return ST_OK;
}

enum status brew_teacher_scores(struct brew *b, const struct recipe_step *s,
                                const struct brew_part *p, const double **out, struct err *e) {
    struct brew_tree t;
    TRY(brew_prompt(&t, &b->teacher_words, p->sheet, s->readout, p->item, p->n_items, p->wish,
                    p->n_wishes, &b->step, e));
    double *score = ARENA_NEW(&b->step, double, (size_t)(p->n_items * p->n_wishes));
    if (!score) return fail(e, ST_NO_MEMORY, "no memory for a teacher's scores");
    TRY(trainer_score(b->teacher, &t.tree, t.ask, t.n_asks, e));
    for (int i = 0; i < p->n_items; i++)
        for (int w = 0; w < p->n_wishes; w++) {
            int at = w * p->n_items + i;
            score[at] = loss_answer(&t, t.wish_ask[at]) - s->teacher_beta * loss_prior(&t, i);
        }
    *out = score;
    return ST_OK;
}
