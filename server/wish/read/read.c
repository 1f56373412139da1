/* A wish from its text to clauses and constraints. */
#include "server/wish/clauses/clauses.h"
#include "server/wish/limits/finder.h"
#include "server/wish/read/notes.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { REST_MAX = 1 << 16, TRAILING = 3 };

void finder_note(struct finder *f, const char *fmt, ...) {
    char text[400];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    for (int i = 0; i < f->out->n_notes; i++)
        if (strcmp(f->out->note[i], text) == 0) return;
    if (f->out->n_notes == WISH_NOTES) return;
    const char *kept = arena_copy(f->a, text, strlen(text));
    if (kept)
        f->out->note[f->out->n_notes++] = kept;
    else
        f->full = 1;
}

/* "500", "2026-12-01": what a bound is, in words. */
static const char *bound_words(struct finder *f, const struct field *field, double v) {
    char text[32];
    int year, month, day;
    if (isinf(v)) return "";
    if (field && field->type == FIELD_TYPE_DATE) {
        civil_of((long long)floor(v / 86400), &year, &month, &day);
        (void)snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, day);
    } else {
        (void)snprintf(text, sizeof text, "%.10g", v);
    }
    const char *kept = arena_copy(f->a, text, strlen(text));
    if (!kept) f->full = 1;
    return kept;
}

struct constraint *finder_add(struct finder *f, int field, enum wish_op op, double lo, double hi,
                              int from, int to, int negated) {
    const struct field *target = &f->s->field[field];
    if (f->out->n_constraints == CONSTRAINTS_MAX) {
        finder_note(f, "only the first %d limits of the wish are checked", CONSTRAINTS_MAX);
        return NULL;
    }
    struct constraint *c = &f->out->constraint[f->out->n_constraints++];
    *c = (struct constraint){.text = from < to ? terms_text(&f->x, from, to) : f->x.text,
                             .field = field,
                             .op = op,
                             .lo = lo,
                             .hi = hi,
                             .unit = target->unit ? target->unit : "",
                             .negated = negated,
                             .clause = f->clause};
    c->value = bound_words(f, op <= WISH_ABOUT ? target : NULL, isinf(hi) ? lo : hi);
    terms_use(&f->x, from, to);
    return c;
}

/* --- what is left of a clause */

static int says_something(const struct terms *x, int i) {
    const struct term *t = &x->t[i];
    if (t->used || t->kind == TERM_BREAK || t->kind == TERM_DASH || t->kind == TERM_SIGN) return 0;
    return t->kind != TERM_WORD || !term_is(x, i, x->g->idle);
}

static int content(const struct terms *x) {
    int n = 0;
    for (int i = 0; i < x->n; i++) n += says_something(x, i);
    return n;
}

/* Whether the unused term i goes into the rest: prepositions and marks at its ends do not. */
static int is_edge(const struct terms *x, int i) {
    const struct term *t = &x->t[i];
    if (t->kind == TERM_BREAK || t->kind == TERM_DASH) return 1;
    return t->kind == TERM_WORD && t->n <= 4 && term_is(x, i, x->g->ends);
}

static enum status write_rest(struct finder *f, struct clause *c, struct err *e) {
    const struct terms *x = &f->x;
    int first = 0, last = x->n, any = 0;
    for (int i = 0; i < x->n; i++) any |= x->t[i].used;
    if (!any) return ST_OK;
    c->rest = (struct view){"", 0};
    if (content(x) == 0) return ST_OK;
    while (first < last && (x->t[first].used || is_edge(x, first))) first++;
    while (last > first && (x->t[last - 1].used || is_edge(x, last - 1))) last--;
    size_t max = x->text.n + 1, n = 0;
    char *rest = arena_alloc(f->a, max);
    if (!rest) return fail(e, ST_NO_MEMORY, "no memory for the clauses of the wish");
    for (int i = first; i < last; i++) {
        if (x->t[i].used) continue;
        int gap = i > first && (x->t[i].space || x->t[i - 1].used);
        if (gap && n && x->t[i].kind != TERM_BREAK) rest[n++] = ' ';
        struct view v = terms_text(x, i, i + 1);
        memcpy(rest + n, v.p, v.n);
        n += v.n;
    }
    c->rest = (struct view){rest, n};
    return ST_OK;
}

/* --- one clause */

/* An unwanted clause with a limit and something else is unwanted only where both are true ("no
 * horror from the 80s"): no constraint says that, so it stays as it is. */
static void undo_mixed(struct finder *f, int before) {
    if (f->sign > 0 || f->out->n_constraints == before || content(&f->x) == 0) return;
    if (content(&f->x) == 1) {
        terms_use(&f->x, 0, f->x.n);
        return;
    }
    f->out->n_constraints = before;
    for (int i = 0; i < f->x.n; i++) f->x.t[i].used = 0;
}

static enum status find_in(struct finder *f, struct clause *c, const struct grammar *g,
                           struct err *e) {
    int before = f->out->n_constraints;
    f->sign = c->sign;
    c->rest = c->text;
    TRY(terms_read(c->text, g, f->a, &f->x, e));
    bounds_find(f);
    undo_mixed(f, before);
    if (f->sign > 0 || f->out->n_constraints == before) named_find(f);
    if (f->full) return fail(e, ST_NO_MEMORY, "no memory for the limits of the wish");
    return write_rest(f, c, e);
}

static enum status find_all(const struct grammar *g, const struct snapshot *s, long long now,
                            struct arena *a, struct wish *out, struct err *e) {
    struct finder f = {.s = s, .now = now, .a = a, .out = out, .last = -1};
    if (!g) g = &grammar_en;
    for (int i = 0; s && i < out->n_clauses; i++) {
        f.clause = i;
        TRY(find_in(&f, &out->clause[i], g, e));
    }
    notes_contradictions(&f, g);
    if (g != &grammar_en)
        finder_note(&f,
                    "the wish is in %s: limits and exclusions are read in it; the ranking is by a "
                    "model that was trained mostly on English",
                    g->name);
    return f.full ? fail(e, ST_NO_MEMORY, "no memory for the limits of the wish") : ST_OK;
}

enum status wish_read(struct view text, const struct snapshot *s, long long now, struct arena *a,
                      struct wish *out, struct err *e) {
    memset(out, 0, sizeof *out);
    out->language = "";
    TRY(clauses_split(text, a, out->clause, &out->n_clauses, e));
    const struct grammar *g = grammar_of(text);
    if (g) out->language = g->code;
    return find_all(g, s, now, a, out, e);
}

enum status wish_read_clauses(const struct clause *clause, int n, const struct snapshot *s,
                              long long now, struct arena *a, struct wish *out, struct err *e) {
    const struct grammar *g = NULL;
    memset(out, 0, sizeof *out);
    out->language = "";
    if (n > CLAUSES_MAX)
        return fail(e, ST_LIMIT, "%d clauses, at most %d are read", n, CLAUSES_MAX);
    for (int i = 0; i < n; i++) {
        if (clause[i].text.n > CLAUSES_MAX_BYTES)
            return fail(e, ST_LIMIT, "clause %d has %zu bytes, at most %d are read; shorten it",
                        i + 1, clause[i].text.n, CLAUSES_MAX_BYTES);
        if (!utf8_valid(clause[i].text))
            return fail(e, ST_BAD_INPUT, "clause %d is not valid UTF-8", i + 1);
        out->clause[i] = clause[i];
        out->clause[i].rest = clause[i].text;
        const struct grammar *own = grammar_of(clause[i].text);
        if (!g || (own && own != &grammar_en)) g = own ? own : g;
    }
    out->n_clauses = n;
    if (g) out->language = g->code;
    return find_all(g, s, now, a, out, e);
}
