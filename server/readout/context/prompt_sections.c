/* Instruction, profile, history and examples as text: 360Brew's sections. */
#include "server/readout/context/prompt_sections.h"

#include "kernels/base/buf.h"

#include <string.h>

int sections_any(const struct rank_context *s) {
    return s->n_wish > 0 || s->member.profile[0] || s->n_history > 0 || s->n_examples > 0;
}

/* The wish in words: as written, or made from the clauses that a person set. */
static enum status wish_text(struct rank_context *s, struct view *out, struct err *e) {
    struct buf b;
    buf_init(&b, 1 << 20);
    struct view w =
        s->instruction.n == 0 || s->n_preferences || s->n_wish == 0 ? VIEW("") : s->instruction;
    if (w.n) buf_view(&b, w);
    for (int c = 0; !w.n && c < s->n_wish; c++) {
        buf_str(&b, c ? ", " : "");
        buf_str(&b, s->wish.clause[c].sign < 0 ? "no " : "");
        buf_view(&b, s->wish.clause[c].text);
    }
    return context_keep(s, &b, out, e);
}

/* "The viewer liked: A; B." of everything with that label, from the history's given start on. */
static enum status list_text(struct rank_context *s, int from, int label, int examples,
                             struct view *out, struct err *e) {
    struct buf b;
    int n = 0;
    buf_init(&b, 1 << 20);
    for (int i = examples ? s->n_history : from; i < s->n_history; i++)
        if (s->history[i].label == label)
            buf_printf(&b, "%s%s", n++ ? "; " : "", s->history[i].title);
    for (int i = 0; examples && i < s->n_examples; i++)
        if (s->example[i].label == label)
            buf_printf(&b, "%s%s", n++ ? "; " : "", s->example[i].title);
    return context_keep(s, &b, out, e);
}

static enum status section(struct rank_context *s, struct prompt *p, const char *before,
                           struct view text, const char *part, const char *role, struct err *e) {
    int cut = 0;
    if (text.n == 0) return ST_OK;
    char *line = arena_printf(s->a, "The %s %s: %.*s\n", s->surface.member_word, before,
                              (int)text.n, text.p);
    if (!line) return fail(e, ST_NO_MEMORY, "no memory for a prompt's text");
    TRY(prompt_text(p, view_of(line), TEXT_TOKENS_MAX, part, role, 0, &cut, e));
    return cut ? prompt_cut(p, part, cut, "a section is cut after 2048 tokens", e) : ST_OK;
}

/* How many of the oldest interactions must go so that the history has at most `room` tokens. */
static enum status first_kept(struct rank_context *s, int room, int *from, struct err *e) {
    int used = 0, i = s->n_history;
    while (i > 0) {
        int32_t *ids;
        size_t n;
        TRY(engine_tokens(s->engine, view_of(s->history[i - 1].title), s->a, &ids, &n, e));
        used += (int)n + 1;
        if (used > room) break;
        i--;
    }
    *from = i;
    return ST_OK;
}

/* Instruction and profile. */
static enum status add_words(struct rank_context *s, struct prompt *p, const char *role,
                             struct err *e) {
    struct view wish;
    TRY(wish_text(s, &wish, e));
    TRY(section(s, p, "asked for", wish, "instruction", role, e));
    return section(s, p, "says", view_of(s->member.profile), "profile", role, e);
}

static enum status cut_history(struct prompt *p, int from, struct err *e) {
    if (from == 0) return ST_OK;
    return prompt_cut(p, "history", from, "the oldest interactions do not fit the model's context",
                      e);
}

enum status sections_add(struct rank_context *s, struct prompt *p, int room, const char *role,
                         struct err *e) {
    struct view liked, disliked;
    int from;
    TRY(first_kept(s, room / 2, &from, e));
    TRY(cut_history(p, from, e));
    TRY(add_words(s, p, role, e));
    for (int examples = 0; examples < 2; examples++) {
        const char *part = examples ? "examples" : "history";
        TRY(list_text(s, from, 1, examples, &liked, e));
        TRY(list_text(s, from, -1, examples, &disliked, e));
        TRY(section(s, p, "disliked", disliked, part, role, e));
        TRY(section(s, p, "liked", liked, part, role, e));
    }
    return ST_OK;
}

/* --- the list */

int sections_likes(const struct rank_context *s) {
    int n = 0;
    for (int i = 0; i < s->n_history; i++) n += s->history[i].label > 0;
    for (int i = 0; i < s->n_examples; i++) n += s->example[i].label > 0;
    return n > 0;
}

enum status sections_part(struct rank_context *s, int place, int k, struct view *out,
                          struct err *e) {
    TRY(context_text(s, s->surface.part[k].text, place, out, e));
    while (out->n > PART_BYTES) /* down to the start of a character */
        do out->n--;
        while ((out->p[out->n] & 0xC0) == 0x80);
    if (k > 0) return ST_OK;
    char *text = arena_printf(s->a, " %.*s", (int)out->n, out->p);
    if (!text) return fail(e, ST_NO_MEMORY, "no memory for an item's text");
    *out = view_of(text);
    return ST_OK;
}

enum status sections_entry(struct rank_context *s, int place, struct view *out, struct err *e) {
    struct buf b;
    enum status st = ST_OK;
    buf_init(&b, 1 << 20);
    for (int k = 0; st == ST_OK && k < s->surface.n_parts; k++) {
        struct view part;
        st = sections_part(s, place, k, &part, e);
        if (st == ST_OK) buf_view(&b, part);
    }
    if (st == ST_OK) return context_keep(s, &b, out, e);
    buf_free(&b);
    return st;
}

static enum status heading(struct rank_context *s, struct view *out, struct err *e) {
    TRY(context_words(s, s->surface.list, VIEW(""), "", out, e));
    char *line = arena_printf(s->a, "%.*s\n", (int)out->n, out->p);
    if (!line) return fail(e, ST_NO_MEMORY, "no memory for a prompt's text");
    *out = view_of(line);
    return ST_OK;
}

/* How often a list of n items is written. */
static int times(const struct rank_context *s, int n) {
    return n > 0 ? (s->surface.list_least + n - 1) / n : 1;
}

static void put_entry(struct buf *b, struct view entry) {
    buf_str(b, "-");
    buf_view(b, entry);
    buf_str(b, "\n");
}

enum status sections_neutral(struct rank_context *s, const int *places, int n, struct view *out,
                             struct err *e) {
    struct view entry;
    struct buf b;
    TRY(heading(s, &entry, e));
    buf_init(&b, 1 << 20);
    buf_view(&b, entry);
    for (int i = 0; i < n * times(s, n); i++) {
        enum status st = sections_entry(s, places[i % n], &entry, e);
        if (st != ST_OK) {
            buf_free(&b);
            return st;
        }
        put_entry(&b, entry);
    }
    buf_str(&b, "-");
    return context_keep(s, &b, out, e);
}

/* How many of the history's oldest must go so that what was liked has at most `room` tokens; the
 * entries of those that stay, "" of what was not liked. */
static enum status fit_entries(struct rank_context *s, int room, int *from, struct view *entry,
                               struct err *e) {
    int used = 0, i = s->n_history;
    for (; i > 0; i--) {
        int32_t *ids;
        size_t n = 0;
        entry[i - 1] = VIEW("");
        if (s->history[i - 1].label > 0) {
            TRY(sections_entry(s, s->history_place[i - 1], &entry[i - 1], e));
            TRY(engine_tokens(s->engine, entry[i - 1], s->a, &ids, &n, e));
        }
        used += (int)n + 2;
        if (used > room) break;
    }
    *from = i;
    return ST_OK;
}

static enum status add_entries(struct rank_context *s, struct prompt *p, int from,
                               const struct view *entry, struct err *e) {
    struct view text;
    struct buf b;
    buf_init(&b, 1 << 20);
    for (int i = from; i < s->n_history; i++)
        if (entry[i].n) put_entry(&b, entry[i]);
    TRY(context_keep(s, &b, &text, e));
    if (text.n) TRY(prompt_text(p, text, 0, "history", "text", 0, NULL, e));
    for (int i = 0; i < s->n_examples; i++) {
        const struct mark *x = &s->example[i];
        if (x->label <= 0) continue;
        if (x->place >= 0) {
            TRY(sections_entry(s, x->place, &text, e));
        } else {
            text = view_of(arena_printf(s->a, " %s", x->title));
            if (!text.p) return fail(e, ST_NO_MEMORY, "no memory for an example");
        }
        char *line = arena_printf(s->a, "-%.*s\n", (int)text.n, text.p);
        if (!line) return fail(e, ST_NO_MEMORY, "no memory for an example");
        TRY(prompt_text(p, view_of(line), TEXT_TOKENS_MAX, "examples", "text", 0, NULL, e));
    }
    return ST_OK;
}

/* The list, again and again as long as it is short and `room` tokens hold it. */
static enum status add_list(struct rank_context *s, struct prompt *p, int from,
                            const struct view *entry, int room, struct err *e) {
    int node = p->n_nodes - 1, before = prompt_len(p, node), n = 0;
    for (int i = from; i < s->n_history; i++) n += entry[i].n > 0;
    for (int i = 0; i < s->n_examples; i++) n += s->example[i].label > 0;
    TRY(add_entries(s, p, from, entry, e));
    int tokens = prompt_len(p, node) - before, left = room - tokens;
    for (int k = 1; k < times(s, n) && tokens <= left; k++, left -= tokens)
        TRY(add_entries(s, p, from, entry, e));
    return ST_OK;
}

enum status sections_list(struct rank_context *s, struct prompt *p, int room, struct err *e) {
    struct view *entry = ARENA_NEW(s->a, struct view, (size_t)s->n_history + 1), text;
    int from;
    if (!entry) return fail(e, ST_NO_MEMORY, "no memory for a prompt's text");
    TRY(fit_entries(s, room / 2, &from, entry, e));
    TRY(cut_history(p, from, e));
    TRY(add_words(s, p, "text", e));
    for (int examples = 0; examples < 2; examples++) {
        TRY(list_text(s, from, -1, examples, &text, e));
        TRY(section(s, p, "disliked", text, examples ? "examples" : "history", "text", e));
    }
    TRY(heading(s, &text, e));
    TRY(prompt_text(p, text, 0, "frame", "text", 0, NULL, e));
    TRY(add_list(s, p, from, entry, room / 2, e));
    return prompt_text(p, VIEW("-"), 0, "frame", "text", 0, NULL, e);
}
