/* Instruction, profile, history and examples as text: 360Brew's sections. */
#include "server/rank/context.h"

#include "model/base/buf.h"

#include <string.h>

int context_any(const struct scene *s) {
    return s->n_wish > 0 || s->member.profile[0] || s->n_history > 0 || s->n_examples > 0;
}

static enum status keep(struct scene *s, struct buf *b, struct view *out, struct err *e) {
    struct view v = buf_text(b);
    char *copy = b->failed ? NULL : arena_copy(s->a, v.p, v.n);
    buf_free(b);
    if (!copy) return fail(e, ST_NO_MEMORY, "no memory for a prompt's text");
    *out = (struct view){copy, v.n};
    return ST_OK;
}

/* The wish in words: as written, or made from the clauses that a person set. */
static enum status wish_text(struct scene *s, struct view *out, struct err *e) {
    struct buf b;
    buf_init(&b, 1 << 20);
    struct view w = s->r->has_clauses || s->n_preferences || s->n_wish == 0
                        ? VIEW("")
                        : view_trim(s->r->instruction);
    if (w.n) buf_view(&b, w);
    for (int c = 0; !w.n && c < s->n_wish; c++) {
        buf_str(&b, c ? ", " : "");
        buf_str(&b, s->clause[c].sign < 0 ? "no " : "");
        buf_view(&b, s->clause[c].text);
    }
    return keep(s, &b, out, e);
}

/* "The viewer liked: A; B." of everything with that label, from the history's given start on. */
static enum status list_text(struct scene *s, int from, int label, int examples, struct view *out,
                             struct err *e) {
    struct buf b;
    int n = 0;
    buf_init(&b, 1 << 20);
    for (int i = examples ? s->n_history : from; i < s->n_history; i++)
        if (s->history[i].label == label)
            buf_printf(&b, "%s%s", n++ ? "; " : "", s->history[i].title);
    for (int i = 0; examples && i < s->n_examples; i++)
        if (s->example[i].label == label)
            buf_printf(&b, "%s%s", n++ ? "; " : "", s->example[i].title);
    return keep(s, &b, out, e);
}

static enum status section(struct scene *s, struct prompt *p, const char *before, struct view text,
                           const char *part, const char *role, struct err *e) {
    int cut = 0;
    if (text.n == 0) return ST_OK;
    char *line = arena_printf(s->a, "The %s %s: %.*s\n", s->surface.member_word, before,
                              (int)text.n, text.p);
    if (!line) return fail(e, ST_NO_MEMORY, "no memory for a prompt's text");
    TRY(prompt_text(p, view_of(line), TEXT_TOKENS_MAX, part, role, 0, &cut, e));
    return cut ? prompt_cut(p, part, cut, "a section is cut after 2048 tokens", e) : ST_OK;
}

/* How many of the oldest interactions must go so that the history has at most `room` tokens. */
static enum status first_kept(struct scene *s, int room, int *from, struct err *e) {
    int used = 0, i = s->n_history;
    while (i > 0) {
        int32_t *ids;
        size_t n;
        TRY(engine_tokens(s->k->engine, view_of(s->history[i - 1].title), s->a, &ids, &n, e));
        used += (int)n + 1;
        if (used > room) break;
        i--;
    }
    *from = i;
    return ST_OK;
}

enum status context_add(struct scene *s, struct prompt *p, int room, const char *role,
                        struct err *e) {
    struct view wish, liked, disliked;
    int from;
    TRY(first_kept(s, room / 2, &from, e));
    if (from > 0)
        TRY(prompt_cut(p, "history", from, "the oldest interactions do not fit the model's context",
                       e));
    TRY(wish_text(s, &wish, e));
    TRY(section(s, p, "asked for", wish, "instruction", role, e));
    TRY(section(s, p, "says", view_of(s->member.profile), "profile", role, e));
    for (int examples = 0; examples < 2; examples++) {
        const char *part = examples ? "examples" : "history";
        TRY(list_text(s, from, 1, examples, &liked, e));
        TRY(list_text(s, from, -1, examples, &disliked, e));
        TRY(section(s, p, "disliked", disliked, part, role, e));
        TRY(section(s, p, "liked", liked, part, role, e));
    }
    return ST_OK;
}
