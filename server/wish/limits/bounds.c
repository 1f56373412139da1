/* Limits of a clause by numbers: an amount, what is said of it, and its field. */
#include "server/wish/limits/bounds.h"
#include "server/wish/limits/fields.h"

#include <math.h>
#include <string.h>

enum { DAY = 86400, NOUN_WORDS = 3 };
#define ABOUT_SHARE 0.15 /* "about 500" is 425 to 575 */

void bounds_compare(struct finder *f, int field, const struct said *s, double lo, double hi,
                    int from, int to) {
    enum wish_op op = WISH_EQ;
    double a = lo, b = hi;
    switch (s->side) {
    case SIDE_BELOW: op = WISH_LT, a = -INFINITY, b = lo; break;
    case SIDE_UP_TO: op = WISH_LE, a = -INFINITY, b = hi; break;
    case SIDE_FROM: op = WISH_GE, b = INFINITY; break;
    case SIDE_ABOVE: op = WISH_GT, a = hi, b = INFINITY; break;
    case SIDE_ABOUT:
        op = WISH_ABOUT;
        a = lo - fabs(lo) * ABOUT_SHARE, b = hi + fabs(hi) * ABOUT_SHARE;
        break;
    case SIDE_BETWEEN:
    case SIDE_EQ:
    case SIDE_NONE: op = lo < hi || s->side == SIDE_BETWEEN ? WISH_BETWEEN : WISH_EQ; break;
    }
    finder_add(f, field, op, a, b, said_lead(&f->x, from), to, said_negated(f, s));
}

/* What an amount means that nothing is said of: a range, so many of something, or nothing. */
static int unsaid(const struct finder *f, const struct amount *a, const struct place *p,
                  const struct field *field, struct said *s) {
    const struct terms *x = &f->x;
    const char *before = "for|fur|pour|por|per|voor|para";
    s->side = SIDE_NONE;
    if (a->range) return s->side = SIDE_BETWEEN, 1;
    if (field_is_money(field)) {
        if (!a->unit) return 0;
        s->side = term_is(x, a->from - 1, before) ? SIDE_UP_TO : SIDE_ABOUT;
        return 1;
    }
    if (p->holds) return s->side = SIDE_FROM, 1;
    if (a->unit) { /* "a 90-minute film", "16 GB of memory" */
        int joined = a->from + 1 < x->n && x->t[a->from + 1].kind == TERM_DASH;
        if (!joined && !p->noun && p->subject < 0) return 0;
        return s->side = a->unit->dim == DIM_DATA ? SIDE_EQ : SIDE_ABOUT, 1;
    }
    if (a->word && !p->noun) return 0;
    int next = p->subject >= 0 && (p->subject == a->from - 1 ||
                                   (p->subject == a->from - 2 && term_colon(x, a->from - 1)));
    return s->side = SIDE_EQ, p->noun > 0 || next;
}

/* "for 4 players": at least so many where the field is one of the most, and within a range. */
static void hold(struct finder *f, const struct place *p, int field, struct said *s, double lo,
                 double hi, int from, int to) {
    struct said least = *s, most = *s;
    if (p->low < 0) {
        if (s->side == SIDE_FROM && f->s->field[field].until) { /* "2-4 players" holds 3 */
            int said = s->from >= 0;
            s->side = said ? SIDE_FROM : SIDE_EQ;
        }
        bounds_compare(f, field, s, lo, hi, from, to);
        return;
    }
    least.side = SIDE_UP_TO, most.side = SIDE_FROM;
    if (s->side != SIDE_FROM || s->from < 0) bounds_compare(f, p->low, &least, lo, lo, from, to);
    if (s->side != SIDE_UP_TO) bounds_compare(f, p->high, &most, hi, hi, from, to);
}

/* What one term past the end of an amount a limit reaches to. */
static int end_of(const struct place *p, const struct said *after, int has_after) {
    int to = p->to + p->noun;
    return has_after && after->to > to ? after->to : to;
}

static int is_ordinal(const struct terms *x, const struct amount *a) {
    return a->to < x->n && !x->t[a->to].space &&
           term_is(x, a->to, "st|nd|rd|th|er|eme|ste|de|e|s|ern") && !a->unit;
}

/* Pounds are money where nothing is weighed. */
static void pounds(const struct finder *f, struct amount *a) {
    int last = a->to - 1;
    if (!a->unit || a->unit->dim != DIM_WEIGHT || !term_is(&f->x, last, "pound|pounds")) return;
    for (int k = 0; k < f->s->n_fields; k++) {
        const struct unit *u;
        if (field_dimension(&f->s->field[k], &u) == DIM_WEIGHT) return;
        if (strcmp(f->s->field[k].words, "weight") == 0) return;
    }
    a->unit = unit_named("GBP");
}

/* "no older than 3 years", "less than 2 weeks ago": an age of things, by a date field. Terms read.
 */
static int aged(struct finder *f, const struct amount *a, struct said *s, struct said *after,
                int has_after) {
    const struct terms *x = &f->x;
    int old = s->from >= 0 && term_phrase(x, s->to - 2, "older|newer|younger than"),
        ago = term_is(x, a->to, "old|ago|alt"),
        within = s->from >= 0 && term_is(x, s->from, "within");
    struct when_read w = {.kind = WHEN_STRETCH, .scale = SCALE_DAY, .future = within};
    struct place p = {.from = s->from >= 0 ? s->from : a->from, .to = a->to};
    int past;
    if (!a->unit || a->unit->dim != DIM_TIME || a->unit->factor < DAY || !(old || ago || within))
        return 0;
    int field = field_for_date(f->s, x, &w, &p, &past);
    if (field < 0 || f->s->field[field].type != FIELD_TYPE_DATE) return 0;
    double span = a->hi * a->unit->factor, now = (double)f->now;
    int to = a->to + ago;
    if (has_after && after->to > to) to = after->to, s->side = after->side;
    if (within && !ago) {
        finder_add(f, field, WISH_BETWEEN, past ? now - span : now, past ? now : now + span,
                   said_lead(x, p.from), to, said_negated(f, s));
    } else {
        if (old)
            s->side =
                term_is(x, s->to - 2, "older") == (s->side == SIDE_ABOVE || s->side == SIDE_BELOW)
                    ? SIDE_ABOVE
                    : SIDE_UP_TO;
        int more = s->side == SIDE_ABOVE || s->side == SIDE_FROM;
        finder_add(f, field, more ? WISH_LT : WISH_GE, more ? -INFINITY : now - span,
                   more ? now - span : INFINITY, said_lead(x, p.from), to, said_negated(f, s));
    }
    return to - a->from;
}

/* "max rent 900", "a minimum rating of 4": the end of a scale, its field, the number. has: *out is
 * said of the number already. */
static int said_of_noun(const struct finder *f, const struct amount *a, int has, struct said *out) {
    static const char most[] = "max|maximum|maximal|maximale|maximaler|maximales|hochst|maximo|"
                               "maxima|massimo|massima|maximaal",
                      least[] = "min|minimum|minimal|minimale|minimaler|minimales|mindest|minimo|"
                                "minima|minimaal";
    const struct terms *x = &f->x;
    int end = a->from;
    if (has) {
        while (end > out->to && !field_noun(f->s, x, end - 1, a)) end--;
        return end > out->to;
    }
    while (end > 0 && (x->t[end - 1].kind == TERM_BREAK ||
                       term_is(x, end - 1, "of|is|von|ist|de|es|di|van|is|e")))
        end--;
    int noun = end, of = term_is(x, end, "of|von|de|di|van");
    while (noun > 0 && noun > end - NOUN_WORDS && field_noun(f->s, x, noun - 1, a)) noun--;
    if (noun == end || (of && said_before(x, noun, BOUND_DATES, out))) return noun < end;
    int is_most = term_is(x, noun - 1, most);
    if (!is_most && !term_is(x, noun - 1, least)) return 0;
    enum side side = is_most ? SIDE_UP_TO : SIDE_FROM;
    *out = (struct said){side, BOUND_BEFORE, noun - 1, noun, 0, side};
    return 1;
}

/* The limit that the amount at term i belongs to; the first term behind it, 0 when there is none.
 * `same`: the comparison of the amount before it ("over 2.5 kg or 1500 euros"), or NULL. */
static int amount_limit(struct finder *f, int i, const struct said *same, struct said *used) {
    const struct terms *x = &f->x;
    struct said s = {SIDE_NONE, 0, -1, i, 0, SIDE_NONE}, after;
    struct amount a;
    int has = said_before(x, i, BOUND_DATES, &s);
    if (!amount_read(x, i, has && s.side == SIDE_BETWEEN, &a) || is_ordinal(x, &a)) return 0;
    pounds(f, &a);
    if (!a.unit && a.to + 1 < x->n && x->t[a.to].kind == TERM_BREAK && !x->t[a.to].space &&
        x->text.p[x->t[a.to].from] == '/' && x->t[a.to + 1].kind == TERM_NUMBER)
        a.to += 2; /* "4/5" */
    else if (!a.unit && term_phrase(x, a.to, "out of #"))
        a.to += 3;
    if (a.unit && a.unit->dim == DIM_TIME && term_is(x, a.to, "old") && !has) return 0;
    if (!has && same) s = *same, s.from = -1, has = 1;
    int of_noun = said_of_noun(f, &a, has, &s);
    has |= of_noun;
    struct place p = {.from = s.from >= 0 && !of_noun ? s.from : i,
                      .to = a.to,
                      .last = f->last,
                      .last_unit = f->last_unit};
    int has_after = said_after(x, a.to, BOUND_DATES, &after);
    int n = has_after || has ? aged(f, &a, &s, &after, has_after) : 0;
    if (n) return i + n;
    if (has && !(s.where & BOUND_DATES) && a.unit && a.unit->dim == DIM_TIME &&
        a.unit->factor >= DAY && term_is(x, a.to, "ago"))
        return 0;
    p.compared = has || has_after;
    if (has_after && after.from == a.to) p.to = after.to; /* "500 or more pages" */
    int field = field_for_amount(f->s, x, &a, &p);
    if (field == FIELD_UNSURE && p.compared)
        finder_note(f, "\"%.*s\" is not checked: it is not clear which field it is about",
                    (int)terms_text(x, p.from, a.to).n, terms_text(x, p.from, a.to).p);
    if (field < 0) return 0;
    const struct field *target = &f->s->field[field];
    if (!a.unit && field == p.last && !field_is_money(target)) a.unit = p.last_unit;
    if (!a.unit && target->type == FIELD_TYPE_DURATION && target->unit)
        a.unit = unit_named(target->unit); /* "max hours 30" */
    f->last = field;
    f->last_unit = a.unit;
    if ((s.where & BOUND_MONEY) && !field_is_money(target)) return 0;
    if (a.range && (s.side == SIDE_FROM || s.side == SIDE_NONE)) s.side = SIDE_BETWEEN;
    if (has_after && !has) s = (struct said){after.side, after.where, i, i, 0, after.side};
    if (!has && !has_after && !unsaid(f, &a, &p, target, &s)) return 0;
    const struct unit *unit;
    field_dimension(target, &unit);
    double lo = amount_in(a.lo, a.unit, unit), hi = amount_in(a.hi, a.unit, unit);
    int from = s.from >= 0 && s.from < i ? s.from : i, to = end_of(&p, &after, has_after);
    if (p.subject >= 0 && p.subject < from && p.subject >= from - 2) from = p.subject;
    if (p.holds)
        hold(f, &p, field, &s, lo, hi, from, to);
    else
        bounds_compare(f, field, &s, lo, hi, from, to);
    *used = s;
    return to;
}

void bounds_find(struct finder *f) {
    struct said said, last = {SIDE_NONE, 0, -1, 0, 0, SIDE_NONE};
    int end = -1; /* of the amount before, whose comparison goes on over "or" */
    for (int i = 0; i < f->x.n;) {
        const struct terms *x = &f->x;
        int joined =
            end >= 0 && end == i - 1 && term_is(x, end, "and|or|und|oder|et|ou|y|o|e|en|of");
        int to = x->t[i].used || x->t[i].kind == TERM_QUOTE ? 0 : free_limit(f, i);
        if (!to && !x->t[i].used) to = at_once_limit(f, i);
        if (!to && !x->t[i].used) to = date_limit(f, i);
        if (!to && !x->t[i].used) {
            to = amount_limit(f, i, joined && last.side != SIDE_NONE ? &last : NULL, &said);
            if (to) end = to, last = said;
        }
        i = to > i ? to : i + 1;
    }
}
