/* Texts of a prompt, by the surface's words. */
#include "server/readout/context/rank_context.h"

#include "kernels/base/buf.h"
#include "server/readout/prompt/prompt.h"

#include <string.h>

enum status context_keep(struct rank_context *s, struct buf *b, struct view *out, struct err *e) {
    struct view v = buf_text(b);
    char *copy = b->failed ? NULL : arena_copy(s->a, v.p, v.n);
    buf_free(b);
    if (!copy) return fail(e, ST_NO_MEMORY, "no memory for a prompt's text");
    *out = (struct view){copy, v.n};
    return ST_OK;
}

enum status context_words(struct rank_context *s, const char *tmpl, struct view clause,
                          const char *tag, struct view *out, struct err *e) {
    char *cap = arena_copy(s->a, s->surface.item_word, strlen(s->surface.item_word));
    if (!cap) return fail(e, ST_NO_MEMORY, "no memory for a prompt");
    if (cap[0] >= 'a' && cap[0] <= 'z') cap[0] = (char)(cap[0] - 'a' + 'A');
    const struct word w[] = {{"item_word", view_of(s->surface.item_word)},
                             {"Item_word", view_of(cap)},
                             {"items_word", view_of(s->surface.items_word)},
                             {"member_word", view_of(s->surface.member_word)},
                             {"tag", view_of(tag)},
                             {"clause", clause}};
    return prompt_fill(tmpl, w, COUNT(w), s->a, out, e);
}

enum status context_root(struct rank_context *s, const struct frame *f, struct view *out,
                         struct err *e) {
    struct view root, tail, clause;
    struct buf b;
    TRY(context_words(s, f->root, VIEW(""), "", &root, e));
    *out = root;
    if (s->surface.n_demos == 0) return ST_OK;
    TRY(context_words(s, f->tail, VIEW(""), "", &tail, e));
    buf_init(&b, 1 << 20);
    for (int i = 0; i < s->surface.n_demos; i++) {
        const struct demonstration *d = &s->surface.demo[i];
        enum status st = context_words(s, f->clause, view_of(d->wish), "", &clause, e);
        if (st != ST_OK) {
            buf_free(&b);
            return st;
        }
        buf_view(&b, root);
        buf_printf(&b, " %s", d->item);
        buf_view(&b, tail);
        buf_view(&b, clause);
        buf_str(&b, "\n\n");
    }
    buf_view(&b, root);
    return context_keep(s, &b, out, e);
}

enum status context_text(struct rank_context *s, const char *tmpl, int place, struct view *out,
                         struct err *e) {
    return surface_render(tmpl, s->catalog, place, s->a, out, e);
}

static enum status text_of(void *arg, int place, struct view *out, struct err *e) {
    struct rank_context *s = arg;
    return context_text(s, s->surface.item, place, out, e);
}

void context_candidates(struct rank_context *s, const int *place, int n, struct candidates *out) {
    *out = s->basis;
    out->a = s->a;
    out->catalog = s->catalog;
    out->place = place;
    out->n = n;
    out->clause = s->wish.clause;
    out->n_clauses = s->n_wish;
    out->wanted = s->wanted;
    out->wanted_rest = s->rest;
    out->mark = s->mark;
    out->n_marks = s->n_marks;
    out->unseen_member = s->unseen_member;
    out->unseen = s->unseen;
    out->n_unseen = s->n_unseen;
    out->interactions = s->interactions;
    out->arg = s;
    out->text = text_of;
    out->embed_s = &s->embed_s;
}

int context_knows(const struct rank_context *s, int place) {
    for (int i = 0; i < s->n_marks; i++)
        if (s->mark[i].place == place) return 1;
    return 0;
}
