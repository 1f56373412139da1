/* Sheets as prompt trees. */
#include "server/brew/tree/prompt_build.h"

#include "server/readout/prompt/prompt.h"
#include "kernels/base/buf.h"

#include <string.h>

enum { SURFACES = 64 };

const char *const brew_readout_names[BREW_READOUTS] = {"query", "item", "relevance"};

int brew_suits(const struct graded_wish *w, enum brew_readout readout) {
    return (readout != BREW_QUERY && w->n_liked > 0) || (readout != BREW_ITEM && w->text[0] != 0);
}

/* --- words */

static enum status surface_of(struct brew_words *w, const char *name, const struct surface **out,
                              struct err *e) {
    if (!name || !name[0]) name = "generic";
    for (int i = 0; i < w->n; i++)
        if (strcmp(w->at[i].name, name) == 0) {
            *out = &w->at[i];
            return ST_OK;
        }
    if (!w->at) w->at = ARENA_NEW(w->a, struct surface, SURFACES);
    if (!w->at || w->n == SURFACES) return fail(e, ST_LIMIT, "more than %d surfaces", SURFACES);
    TRY(surface_load(&w->at[w->n], w->store, view_of(name), w->a, e));
    w->at[w->n].name = name;
    *out = &w->at[w->n++];
    return ST_OK;
}

/* Tokens of a text, so that item and wish fit small contexts, too. */
int build_room(const struct build *b, int most) {
    return b->context / 3 < most ? b->context / 3 : most;
}

static int item_room(const struct build *b) {
    return build_room(b, ITEM_TOKENS / 2);
}

enum status build_words(struct build *b, const char *tmpl, struct view clause, struct view *out,
                        struct err *e) {
    const struct surface *s = b->surface;
    const char *one = b->item_word ? b->item_word : s->item_word;
    char *cap = arena_copy(b->a, one, strlen(one));
    const char *many = b->item_word ? arena_printf(b->a, "%ss", one) : s->items_word;
    if (!cap || !many) return fail(e, ST_NO_MEMORY, "no memory for a prompt");
    if (cap[0] >= 'a' && cap[0] <= 'z') cap[0] = (char)(cap[0] - 'a' + 'A');
    const struct word w[] = {{"item_word", view_of(one)},
                             {"Item_word", view_of(cap)},
                             {"items_word", view_of(many)},
                             {"member_word", view_of(s->member_word)},
                             {"yes", view_of(s->answer_yes)},
                             {"no", view_of(s->answer_no)},
                             {"clause", clause}};
    return prompt_fill(tmpl, w, COUNT(w), b->a, out, e);
}

/* --- nodes */

static void *grown(struct arena *a, void *old, size_t n, size_t max, size_t size) {
    void *p = arena_array(a, max, size);
    if (p && n) memcpy(p, old, n * size);
    return p;
}

/* Goes on with the tree's last node; most 0: all n tokens. */
enum status build_tokens(struct build *b, const int32_t *ids, size_t n, int most, struct err *e) {
    struct tree *t = &b->to->tree;
    int at = b->off[t->n];
    if (most && n > (size_t)most) n = (size_t)most;
    if (at + (int)n > b->max_tokens) {
        int max = 2 * (at + (int)n) + 1024;
        b->tok = grown(b->a, b->tok, (size_t)at, (size_t)max, sizeof *b->tok);
        if (!b->tok) return fail(e, ST_NO_MEMORY, "no memory for a tree");
        b->max_tokens = max;
    }
    if (n) memcpy(b->tok + at, ids, n * sizeof *ids);
    b->off[t->n] += (int32_t)n;
    return ST_OK;
}

enum status build_text(struct build *b, struct view text, int most, struct err *e) {
    int32_t *ids;
    size_t n;
    TRY(trainer_tokens(b->words->trainer, text, b->a, &ids, &n, e));
    return build_tokens(b, ids, n, most, e);
}

/* A root begins as the model's sequences do. */
enum status build_node(struct build *b, int parent, int *node, struct err *e) {
    struct tree *t = &b->to->tree;
    if (t->n == b->max_nodes) {
        int max = 2 * b->max_nodes + 64;
        b->parent = grown(b->a, b->parent, (size_t)t->n, (size_t)max, sizeof *b->parent);
        b->off = grown(b->a, b->off, b->max_nodes ? (size_t)t->n + 1 : 0, (size_t)max + 1,
                       sizeof *b->off);
        if (!b->parent || !b->off) return fail(e, ST_NO_MEMORY, "no memory for a tree");
        b->max_nodes = max;
    }
    *node = t->n++;
    b->parent[*node] = parent;
    b->off[t->n] = b->off[*node];
    return parent < 0 && b->bos >= 0 ? build_tokens(b, &b->bos, 1, 0, e) : ST_OK;
}

enum status build_turn(struct build *b, int role, int tail, struct err *e) {
    const int32_t *ids;
    int n;
    trainer_turn(b->words->trainer, role, tail, &ids, &n);
    return build_tokens(b, ids, (size_t)n, 0, e);
}

/* Asks for the last node's tokens, or for the labels behind it. */
enum status build_ask(struct build *b, int *at, struct err *e) {
    struct brew_tree *o = b->to;
    int node = o->tree.n - 1, n = 2 * o->n_labels;
    if (!n) n = b->off[node + 1] - b->off[node];
    if (n < 1) return fail(e, ST_INVALID, "a text of sheet '%.80s' has no tokens", b->sheet->name);
    if (o->n_asks == b->max_asks) {
        int max = 2 * b->max_asks + 64;
        size_t had = (size_t)o->n_asks;
        o->ask = grown(b->a, o->ask, had, (size_t)max, sizeof *o->ask);
        o->dout = grown(b->a, o->dout, had, (size_t)max, sizeof *o->dout);
        o->len = grown(b->a, o->len, had, (size_t)max, sizeof *o->len);
        if (!o->ask || !o->dout || !o->len) return fail(e, ST_NO_MEMORY, "no memory for a tree");
        b->max_asks = max;
    }
    float *out = ARENA_NEW(b->a, float, 2 * (size_t)n);
    if (!out) return fail(e, ST_NO_MEMORY, "no memory for a tree");
    *at = o->n_asks;
    o->ask[*at] = (struct ask){node, 2 * o->n_labels, b->label, out};
    o->dout[*at] = out + n;
    o->len[*at] = n;
    o->n_asks++;
    return ST_OK;
}

/* --- query */

static enum status query_leaf(struct build *b, int item, const char *text, int *ask,
                              struct err *e) {
    struct view words, clause = view_trim(view_of(text));
    int node;
    TRY(build_words(b, b->surface->frame[0].clause, clause, &words, e));
    TRY(build_node(b, item, &node, e));
    TRY(build_text(b, words, build_room(b, WISH_TOKENS), e));
    return build_ask(b, ask, e);
}

static enum status query_item(struct build *b, int root, int at, const int *item, const int *wish,
                              struct err *e) {
    const struct frame *f = &b->surface->frame[0];
    struct brew_tree *o = b->to;
    struct view text, tail;
    int node;
    TRY(surface_render(f->item, b->items, item[at], b->a, &text, e));
    TRY(build_words(b, f->tail, VIEW(""), &tail, e));
    TRY(build_node(b, root, &node, e));
    TRY(build_text(b, text, build_room(b, ITEM_TOKENS), e));
    TRY(build_text(b, tail, 0, e));
    for (int w = 0; w < o->n_wishes; w++)
        TRY(query_leaf(b, node, b->sheet->wish[wish[w]].text, &o->wish_ask[w * o->n_items + at],
                       e));
    for (int k = 0; k < o->n_empty; k++) {
        struct view empty;
        TRY(build_words(b, b->surface->empty[k], VIEW(""), &empty, e));
        const char *words = arena_copy(b->a, empty.p, empty.n);
        if (!words) return fail(e, ST_NO_MEMORY, "no memory for a prompt");
        TRY(query_leaf(b, node, words, &o->empty_ask[at * o->n_empty + k], e));
    }
    return ST_OK;
}

static enum status build_query(struct build *b, const int *item, const int *wish, struct err *e) {
    struct view root;
    int node;
    TRY(build_words(b, b->surface->frame[0].root, VIEW(""), &root, e));
    TRY(build_node(b, -1, &node, e));
    TRY(build_text(b, root, 0, e));
    for (int i = 0; i < b->to->n_items; i++) TRY(query_item(b, node, i, item, wish, e));
    return ST_OK;
}

/* --- item */

enum status build_line(struct build *b, struct view text, struct view *out, struct err *e) {
    const char *line = arena_printf(b->a, "\n%.*s", (int)text.n, text.p);
    if (!line) return fail(e, ST_NO_MEMORY, "no memory for a prompt");
    *out = view_of(line);
    return ST_OK;
}

static enum status item_line(struct build *b, const struct item *it, struct view *out,
                             struct err *e) {
    struct view text;
    TRY(surface_render_item(b->surface->item, it, b->a, &text, e));
    return build_line(b, text, out, e);
}

/* The newest of the liked items whose lines fit beside a leaf: the first of them. */
static enum status first_that_fits(struct build *b, const struct item *liked, int n, int *from,
                                   struct err *e) {
    int left = b->context - 2 * item_room(b);
    for (*from = n; *from > 0; --*from) {
        struct view text;
        int32_t *ids;
        size_t len;
        TRY(item_line(b, &liked[*from - 1], &text, e));
        TRY(trainer_tokens(b->words->trainer, text, b->a, &ids, &len, e));
        left -= len < (size_t)item_room(b) ? (int)len : item_room(b);
        if (left < 0) break;
    }
    return ST_OK;
}

static enum status item_list(struct build *b, const struct item *liked, int n, int *node,
                             struct err *e) {
    struct view text;
    int from = 0;
    TRY(build_node(b, -1, node, e));
    TRY(build_words(b, b->surface->list, VIEW(""), &text, e));
    TRY(build_text(b, text, item_room(b), e));
    TRY(first_that_fits(b, liked, n, &from, e));
    for (int i = from; i < n; i++) {
        TRY(item_line(b, &liked[i], &text, e));
        TRY(build_text(b, text, item_room(b), e));
    }
    return ST_OK;
}

static enum status item_leaves(struct build *b, int root, const int *item, int *ask, int step,
                               struct err *e) {
    for (int i = 0; i < b->to->n_items; i++) {
        struct view text;
        int node;
        TRY(surface_render(b->surface->item, b->items, item[i], b->a, &text, e));
        TRY(build_line(b, text, &text, e));
        TRY(build_node(b, root, &node, e));
        TRY(build_text(b, text, item_room(b), e));
        TRY(build_ask(b, &ask[i * step], e));
    }
    return ST_OK;
}

static enum status build_item(struct build *b, const int *item, const int *wish, struct err *e) {
    struct brew_tree *o = b->to;
    int root;
    for (int w = 0; w < o->n_wishes; w++) {
        const struct graded_wish *x = &b->sheet->wish[wish[w]];
        TRY(item_list(b, x->liked, x->n_liked, &root, e));
        TRY(item_leaves(b, root, item, o->wish_ask + w * o->n_items, 1, e));
    }
    TRY(item_list(b, NULL, 0, &root, e));
    return item_leaves(b, root, item, o->empty_ask, o->n_empty, e);
}

/* --- */

static enum status start(struct build *b, int n_items, int n_wishes, int n_empty, struct err *e) {
    struct brew_tree *o = b->to;
    *o = (struct brew_tree){.n_items = n_items, .n_wishes = n_wishes, .n_empty = n_empty};
    o->wish_ask = ARENA_NEW(b->a, int, (size_t)(n_items * n_wishes) + 1);
    o->empty_ask = ARENA_NEW(b->a, int, (size_t)(n_items * n_empty) + 1);
    if (!o->wish_ask || !o->empty_ask) return fail(e, ST_NO_MEMORY, "no memory for a tree");
    return ST_OK;
}

static void finish(struct build *b) {
    struct tree *t = &b->to->tree;
    t->parent = b->parent;
    t->off = b->off;
    t->tok = b->tok;
    b->to->tokens = t->n ? b->off[t->n] : 0;
}

/* The sheet's items as a catalogue. */
static enum status open_items(struct build *b, struct err *e) {
    const struct catalog c = {.name = "sheet", .surface = b->surface->name};
    return snapshot_make(&b->items, &c, b->sheet->item, b->sheet->n_items, NULL, e);
}

enum status brew_prompt(struct brew_tree *out, struct brew_words *w, const struct graded *s,
                        enum brew_readout readout, const int *item, int n_items, const int *wish,
                        int n_wishes, struct arena *a, struct err *e) {
    struct build b = {.to = out, .words = w, .sheet = s, .a = a};
    struct trainer_info info;
    trainer_info(w->trainer, &info);
    b.context = info.context;
    b.bos = info.bos;
    /* Half of the sheets are read in their own words, half as a catalogue without a surface is. */
    b.item_word = s->key & 1 ? s->item_word : NULL;
    TRY(surface_of(w, s->surface, &b.surface, e));
    TRY(start(&b, n_items, n_wishes, readout == BREW_QUERY ? b.surface->n_empty : 1, e));
    TRY(open_items(&b, e));
    static enum status (*const build[])(struct build *, const int *, const int *,
                                        struct err *) = {build_query, build_item, build_relevance};
    enum status st = build[readout](&b, item, wish, e);
    snapshot_free(b.items);
    TRY(st);
    finish(&b);
    return ST_OK;
}

/* A tree of texts alone. */
static enum status start_texts(struct build *b, struct brew_words *w, struct brew_tree *out,
                               const struct trainer *t, struct arena *a, struct err *e) {
    static const struct graded none = {.name = "text"};
    struct trainer_info info;
    trainer_info(t, &info);
    *w = (struct brew_words){.trainer = t};
    *b = (struct build){
        .to = out, .words = w, .sheet = &none, .a = a, .context = info.context, .bos = info.bos};
    return start(b, 0, 0, 0, e);
}

enum status brew_text(struct brew_tree *out, const struct trainer *t, struct view text, int most,
                      struct arena *a, struct err *e) {
    struct brew_words w;
    struct build b;
    int node, ask;
    TRY(start_texts(&b, &w, out, t, a, e));
    TRY(build_node(&b, -1, &node, e));
    TRY(build_text(&b, text, most, e));
    TRY(build_ask(&b, &ask, e));
    finish(&b);
    return ST_OK;
}

enum status brew_answers(struct brew_tree *out, const struct trainer *t, struct view instruction,
                         const struct view *answer, int n, struct arena *a, struct err *e) {
    struct brew_words w;
    struct build b;
    int root, node, ask;
    TRY(start_texts(&b, &w, out, t, a, e));
    TRY(build_node(&b, -1, &root, e));
    TRY(build_turn(&b, 1, 0, e));
    TRY(build_text(&b, instruction, build_room(&b, ITEM_TOKENS), e));
    TRY(build_turn(&b, 1, 1, e));
    TRY(build_turn(&b, 2, 0, e));
    for (int i = 0; i < n; i++) {
        TRY(build_node(&b, root, &node, e));
        TRY(build_text(&b, answer[i], build_room(&b, ITEM_TOKENS), e));
        TRY(build_ask(&b, &ask, e));
    }
    finish(&b);
    return ST_OK;
}
