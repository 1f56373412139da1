/* Trees of `relevance`: the turns of server/readout/relevance.c. */
#include "server/brew/tree/prompt_build.h"

/* The surface's pairs of answers as tokens, each of which must be one. */
static enum status find_labels(struct build *b, struct err *e) {
    const struct surface *s = b->surface;
    const int32_t *head;
    int32_t *ids, *label = ARENA_NEW(b->a, int32_t, 2 * SURFACE_LABELS);
    size_t n;
    int n_head;
    trainer_turn(b->words->trainer, 2, 0, &head, &n_head);
    for (int k = 0; label && k < 2 * s->n_labels; k++) {
        const char *word = s->label[k % s->n_labels][k / s->n_labels];
        const char *text = arena_printf(b->a, "%s%s", n_head ? "" : " ", word);
        if (!text) return fail(e, ST_NO_MEMORY, "no memory for a label");
        TRY(trainer_tokens(b->words->trainer, view_of(text), b->a, &ids, &n, e));
        if (n != 1)
            return fail(e, ST_INVALID,
                        "the answer '%.40s' is %zu tokens for this model; it must be one", word, n);
        label[k] = ids[0];
    }
    b->label = label;
    b->to->n_labels = s->n_labels;
    return label ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for labels");
}

static enum status section(struct build *b, const char *before, const char *text, struct err *e) {
    const char *line = arena_printf(b->a, "The %s %s: %s\n", b->surface->member_word, before, text);
    if (!text[0]) return ST_OK;
    if (!line) return fail(e, ST_NO_MEMORY, "no memory for a prompt");
    return build_text(b, view_of(line), build_room(b, 2 * WISH_TOKENS), e);
}

/* The newest titles of a history. */
static enum status titles(struct build *b, const char *before, const struct item *it, int n,
                          struct err *e) {
    enum { TITLES = 20 };
    const char *all = "";
    for (int i = n > TITLES ? n - TITLES : 0; i < n; i++) {
        all = arena_printf(b->a, "%s%s%s", all, all[0] ? "; " : "", it[i].title);
        if (!all) return fail(e, ST_NO_MEMORY, "no memory for a prompt");
    }
    return section(b, before, all, e);
}

/* x NULL: the wish that says nothing. */
static enum status relevance_root(struct build *b, const struct graded_wish *x, int *root,
                                  struct err *e) {
    TRY(build_node(b, -1, root, e));
    TRY(build_turn(b, 1, 0, e));
    if (!x) return section(b, "asked for", "anything", e);
    TRY(section(b, "asked for", x->text, e));
    TRY(titles(b, "disliked", x->disliked, x->n_disliked, e));
    return titles(b, "liked", x->liked, x->n_liked, e);
}

static enum status relevance_leaves(struct build *b, int root, const int *item, int *ask,
                                    struct err *e) {
    const struct surface *s = b->surface;
    for (int i = 0; i < b->to->n_items; i++) {
        struct view text, question;
        int node;
        TRY(surface_render(s->item, b->items, item[i], b->a, &text, e));
        TRY(build_words(b, s->question, VIEW(""), &question, e));
        const char *about = arena_printf(
            b->a, "%s: %.*s", b->item_word ? b->item_word : s->item_word, (int)text.n, text.p);
        if (!about) return fail(e, ST_NO_MEMORY, "no memory for a prompt");
        TRY(build_node(b, root, &node, e));
        TRY(build_text(b, view_of(about), build_room(b, ITEM_TOKENS), e));
        TRY(build_line(b, question, &question, e));
        TRY(build_text(b, question, 0, e));
        TRY(build_turn(b, 1, 1, e));
        TRY(build_turn(b, 2, 0, e));
        TRY(build_ask(b, &ask[i], e));
    }
    return ST_OK;
}

enum status build_relevance(struct build *b, const int *item, const int *wish, struct err *e) {
    struct brew_tree *o = b->to;
    int root;
    TRY(find_labels(b, e));
    for (int w = 0; w < o->n_wishes; w++) {
        TRY(relevance_root(b, &b->sheet->wish[wish[w]], &root, e));
        TRY(relevance_leaves(b, root, item, o->wish_ask + w * o->n_items, e));
    }
    TRY(relevance_root(b, NULL, &root, e));
    return relevance_leaves(b, root, item, o->empty_ask, e);
}
