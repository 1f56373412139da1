/* The tokens among which learning reads its answers. */
#include "server/brew/brew.h"

#include "model/train/random.h"

/* Marks the tokens that a tree asks for. */
static void mark_asked(const struct brew_tree *t, uint8_t *used) {
    for (int q = 0; q < t->n_asks; q++) {
        int node = t->ask[q].node;
        for (int k = 0; k < t->ask[q].n_labels; k++) used[t->ask[q].labels[k]] = 1;
        for (int k = t->tree.off[node]; !t->n_labels && k < t->tree.off[node + 1]; k++)
            used[t->tree.tok[k]] = 1;
    }
}

/* Of a query's asks the wishes are the same under every item, of an item's the items under every
 * wish, of relevance's all. */
static enum status mark_sheets(struct brew *b, const struct recipe_step *s,
                               const struct brew_chosen *c, uint8_t *used, struct err *e) {
    static int wish[GRADED_WISHES_MAX], item[GRADED_ITEMS_MAX];
    for (int i = 0; i < c->n; i++) {
        const struct graded *x = &b->sheets.at[c->sheet[i]];
        struct brew_tree tree;
        int n = 0, items = s->readout == BREW_ITEM ? x->n_items : 1;
        for (int w = 0; w < x->n_wishes; w++)
            if (brew_suits(&x->wish[w], s->readout)) wish[n++] = w;
        for (int k = 0; k < items; k++) item[k] = k;
        arena_reset(&b->step);
        TRY(brew_prompt(&tree, &b->words, x, s->readout, item, items, wish,
                        s->readout == BREW_QUERY ? n : 1, &b->step, e));
        mark_asked(&tree, used);
    }
    return ST_OK;
}

static enum status mark_texts(struct brew *b, const struct recipe_step *s,
                              const struct brew_chosen *c, uint8_t *used, struct err *e) {
    for (int i = 0; i < c->n_texts; i++) {
        struct brew_tree tree;
        arena_reset(&b->step);
        TRY(brew_text(&tree, b->t, b->text[c->text[i]], s->text_tokens, &b->step, e));
        mark_asked(&tree, used);
    }
    return ST_OK;
}

enum status brew_vocabulary(struct brew *b, const struct recipe_step *s,
                            const struct brew_chosen *c, struct err *e) {
    size_t all = (size_t)b->info.vocab;
    struct random rnd = random_of(b->recipe.seed + 11);
    int n = 0;
    if (!s->vocabulary || (size_t)s->vocabulary >= all) return ST_OK;
    uint8_t *used = ARENA_NEW(&b->arena, uint8_t, all);
    int32_t *token = ARENA_NEW(&b->arena, int32_t, all);
    if (!used || !token) return fail(e, ST_NO_MEMORY, "no memory for %zu tokens", all);
    TRY(mark_sheets(b, s, c, used, e));
    TRY(mark_texts(b, s, c, used, e));
    for (int i = 0; i < s->vocabulary; i++) used[random_below(&rnd, b->info.vocab)] = 1;
    for (int i = 0; i < b->info.vocab; i++)
        if (used[i]) token[n++] = i;
    return trainer_few_tokens(b->t, token, n, e);
}
