/* What a constraint says about an item. A value that is a range ("2-4 players", a date's day)
 * holds where one of its values would: "at least 3" looks at its end, "before" at its begin. */
#include "server/wish/outcome.h"
#include "server/value/words.h"
#include "server/wish/wish.h"

#include <math.h>
#include <string.h>

enum { DAY = 86400, NAME_BYTES = 160 };
#define SLACK 1e-9 /* of a value that was converted from another unit */

static enum outcome of(int holds) {
    return holds ? OUTCOME_HOLDS : OUTCOME_FAILS;
}

/* --- names */

static char small(char c) {
    return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

/* Whether the first letters of name stand somewhere in v: most values can be left out by that. */
static int may_name(struct view name, struct view v) {
    size_t n = name.n < 3 ? name.n : 3;
    for (size_t i = 0; i + n <= v.n; i++) {
        size_t k = 0;
        while (k < n && (small(v.p[i + k]) == small(name.p[k]) || (name.p[k] & 0x80))) k++;
        if (k == n) return 1;
    }
    return 0;
}

/* "nut-free", "without nuts": a value that names a thing to say that it is not there. */
static int denies(struct view v, size_t from, size_t to) {
    static const char *const before[] = {"no", "without", "non", "ohne", "sans", "sin", "senza"};
    size_t at = to, back = 0, last = 0;
    struct view next = word_next(v, &at), w;
    if (word_same(next, VIEW("free")) && at >= to) return 1;
    while (back < from && (w = word_next(v, &back)).n && back <= from) last = (size_t)(w.p - v.p);
    if (from == 0) return 0;
    w = word_next(v, &last);
    for (size_t i = 0; i < COUNT(before); i++)
        if (word_same(w, view_of(before[i]))) return 1;
    return 0;
}

int outcome_names(struct view name, struct view v, int whole) {
    size_t from, to;
    if (!may_name(name, v) || !words_named(name, v, &from, &to)) return 0;
    if (whole) return words_named(v, name, NULL, NULL);
    return !denies(v, from, to);
}

/* Whether v has one of the names "a|b". */
static int has_name(const char *names, struct view v, int whole) {
    for (const char *p = names;;) {
        size_t n = strcspn(p, "|");
        if (n && outcome_names((struct view){p, n}, v, whole)) return 1;
        if (!p[n]) return 0;
        p += n + 1;
    }
}

static enum outcome has(const struct constraint *c, const struct field *f, int item) {
    int whole = c->lo > 0;
    if (f->type == FIELD_TYPE_LIST) {
        if (!f->n_list || f->n_list[item] == 0) return OUTCOME_UNKNOWN;
        for (int k = 0; k < f->n_list[item]; k++)
            if (has_name(c->value, view_of(f->list[item][k]), whole)) return OUTCOME_HOLDS;
        return OUTCOME_FAILS;
    }
    if (f->type == FIELD_TYPE_FLAG)
        return !f->number || isnan(f->number[item]) ? OUTCOME_UNKNOWN : of(f->number[item] > 0);
    if (!f->text || !f->text[item]) return OUTCOME_UNKNOWN;
    return of(has_name(c->value, view_of(f->text[item]), whole));
}

/* --- numbers and dates */

static int in_circle(double x, double lo, double hi) {
    return lo <= hi ? x >= lo && x <= hi : x >= lo || x <= hi;
}

/* Month, weekday or time of day of [from, to). */
static enum outcome of_calendar(const struct constraint *c, double from, double to) {
    long long day = (long long)floor(from / DAY);
    int year, month, d;
    if (c->op == WISH_CLOCK) {
        if (to - from >= DAY) return OUTCOME_UNKNOWN;
        return of(in_circle(from - (double)day * DAY, c->lo, c->hi));
    }
    civil_of(day, &year, &month, &d);
    if (c->op == WISH_MONTH)
        return to - from > 31.0 * DAY ? OUTCOME_UNKNOWN : of(in_circle(month, c->lo, c->hi));
    if (to - from > DAY) return OUTCOME_UNKNOWN;
    return of(in_circle((double)((day + 3) % 7 + 1), c->lo, c->hi));
}

/* lo and hi: the first and last value of the item; slack: share of a bound. */
static int compared(const struct constraint *c, double lo, double hi, double slack) {
    double slack_lo = fabs(c->lo) * slack, slack_hi = fabs(c->hi) * slack;
    switch (c->op) {
    case WISH_LT: return lo < c->hi - (isinf(c->hi) ? 0 : slack_hi);
    case WISH_LE: return lo <= c->hi + (isinf(c->hi) ? 0 : slack_hi);
    case WISH_GT: return hi > c->lo + (isinf(c->lo) ? 0 : slack_lo);
    case WISH_GE: return hi >= c->lo - (isinf(c->lo) ? 0 : slack_lo);
    default: return hi >= c->lo - slack_lo && lo <= c->hi + slack_hi;
    }
}

static enum outcome plain_outcome(const struct constraint *c, const struct field *f, int item) {
    if (c->op == WISH_HAS) return has(c, f, item);
    if (!f->number || isnan(f->number[item])) return OUTCOME_UNKNOWN;
    double lo = f->number[item], hi = f->until && !isnan(f->until[item]) ? f->until[item] : lo;
    if (f->type == FIELD_TYPE_DATE) {
        if (c->op == WISH_MONTH || c->op == WISH_WEEKDAY || c->op == WISH_CLOCK)
            return of_calendar(c, lo, hi);
        return of(compared(c, lo, hi > lo ? hi - 1 : lo, 0));
    }
    return of(compared(c, lo, hi, SLACK));
}

static enum outcome signed_outcome(const struct constraint *c, enum outcome o) {
    if (!c->negated || o == OUTCOME_UNKNOWN) return o;
    return o == OUTCOME_HOLDS ? OUTCOME_FAILS : OUTCOME_HOLDS;
}

enum outcome constraint_outcome(const struct constraint *c, const struct snapshot *s, int item) {
    return signed_outcome(c, plain_outcome(c, &s->field[c->field], item));
}

/* --- all items */

/* Whether texts have a name, remembered by where a text lies: a snapshot keeps equal ones once. */
enum { REMEMBERED = 4096 };
struct memory {
    const char *text[REMEMBERED];
    unsigned char has[REMEMBERED];
};

static int remembered(struct memory *m, const struct constraint *c, const char *text) {
    size_t at = ((uintptr_t)text >> 3 ^ (uintptr_t)text >> 15) % REMEMBERED;
    if (m->text[at] != text) {
        m->text[at] = text;
        m->has[at] = (unsigned char)has_name(c->value, view_of(text), c->lo > 0);
    }
    return m->has[at];
}

static enum outcome has_remembered(struct memory *m, const struct constraint *c,
                                   const struct field *f, int item) {
    if (f->type != FIELD_TYPE_LIST)
        return !f->text || !f->text[item] ? OUTCOME_UNKNOWN : of(remembered(m, c, f->text[item]));
    if (!f->n_list || f->n_list[item] == 0) return OUTCOME_UNKNOWN;
    for (int k = 0; k < f->n_list[item]; k++)
        if (remembered(m, c, f->list[item][k])) return OUTCOME_HOLDS;
    return OUTCOME_FAILS;
}

void constraint_outcomes(const struct constraint *c, const struct snapshot *s, unsigned char *out) {
    const struct field *f = &s->field[c->field];
    struct memory m = {0};
    int names = c->op == WISH_HAS && f->type != FIELD_TYPE_FLAG;
    for (int i = 0; i < s->n; i++)
        out[i] = (unsigned char)signed_outcome(c, names ? has_remembered(&m, c, f, i)
                                                        : plain_outcome(c, f, i));
}
