/* Limits of a clause: a number or date, what is said of it before and behind, and its field. */
#include "server/wish/fields.h"
#include "server/wish/finder.h"

#include <math.h>
#include <string.h>

enum { FILLERS = 3, REACH = 3, DAY = 86400 };
#define ABOUT_SHARE 0.15 /* "about 500" is 425 to 575 */

struct said {
    enum side side;
    int where;      /* of the row */
    int from, to;   /* its terms, with a negation before it */
    int negated;    /* a negation that no other side says */
    enum side base; /* the side without a negation before it */
};

/* --- comparisons */

static enum side turned(enum side s, int dates) {
    switch (s) {
    case SIDE_BELOW: return SIDE_FROM;
    case SIDE_UP_TO: return dates ? SIDE_FROM : SIDE_ABOVE; /* "not until March" */
    case SIDE_FROM: return SIDE_BELOW;
    case SIDE_ABOVE: return SIDE_UP_TO;
    default: return s;
    }
}

/* The longest phrase that ends before term `end`. */
static int longest_before(const struct terms *x, int end, int refuse, struct said *out) {
    int best = 0;
    for (size_t r = 0; r < x->g->n_bounds; r++) {
        const struct bound_row *b = &x->g->bound[r];
        if (!(b->where & BOUND_BEFORE) || (b->where & refuse)) continue;
        int n = term_phrase_back(x, end, b->phrase);
        if (n <= best) continue;
        best = n;
        *out = (struct said){b->side, b->where, end - n, end, 0, b->side};
    }
    return best;
}

/* Signs that compare in any language, ending before `end`. */
static int sign_before(const struct terms *x, int end, struct said *out) {
    static const struct {
        const char *sign;
        enum side side;
    } signs[] = {{"<", SIDE_BELOW}, {"<=", SIDE_UP_TO}, {">", SIDE_ABOVE},
                 {">=", SIDE_FROM}, {"=", SIDE_EQ},     {"~", SIDE_ABOUT}};
    for (size_t k = 0; k < COUNT(signs); k++)
        if (end > 0 && x->t[end - 1].kind == TERM_SIGN && term_is(x, end - 1, signs[k].sign)) {
            *out = (struct said){signs[k].side, BOUND_BEFORE, end - 1, end, 0, signs[k].side};
            return 1;
        }
    return 0;
}

/* What is said of the number or date at term i by the words before it. refuse: BOUND_DATES for a
 * number, BOUND_NUMBERS for a date. */
static int said_before(const struct terms *x, int i, int refuse, struct said *out) {
    int end = i;
    for (int k = 0; k <= FILLERS; k++, end--) {
        if (end > 0 && x->t[end - 1].kind == TERM_DASH && !x->t[end - 1].space) /* "sub-500" */
            end--;
        if (longest_before(x, end, refuse, out) || sign_before(x, end, out)) break;
        if (end <= 0 || x->t[end - 1].used || !term_is(x, end - 1, x->g->between)) return 0;
        out->side = SIDE_NONE;
    }
    if (out->side == SIDE_NONE) return 0;
    if (out->side == SIDE_ABOUT) { /* "under about 500" */
        struct said more;
        if (longest_before(x, out->from, refuse, &more)) *out = more, out->to = end;
    }
    int no = out->from - 1;
    out->base = out->side;
    if (no >= 0 && !x->t[no].used && term_is(x, no, x->g->negations)) {
        enum side t = turned(out->side, refuse == BOUND_NUMBERS);
        out->negated = t == out->side;
        out->side = t;
        out->from = no;
    }
    return 1;
}

/* Whether what looks like the end of a limit begins the next: "under 5 kg or under 200". */
static int begins_anew(const struct terms *x, int i) {
    if (i >= x->n) return 0;
    return x->t[i].kind == TERM_NUMBER || x->t[i].kind == TERM_MONEY ||
           plain_number(x->g, x->t[i].p, x->t[i].n) > 1 ||
           term_is(x, i, "than|als|que|de|dan|di|do|of");
}

static int said_after(const struct terms *x, int i, int refuse, struct said *out) {
    for (int k = i; k <= i + REACH && k <= x->n; k++) {
        int best = 0;
        for (size_t r = 0; r < x->g->n_bounds; r++) {
            const struct bound_row *b = &x->g->bound[r];
            if (!(b->where & BOUND_AFTER) || (b->where & refuse)) continue;
            int n = term_phrase(x, k, b->phrase);
            if (n <= best) continue;
            best = n;
            *out = (struct said){b->side, b->where, k, k + n, 0, b->side};
        }
        if (best && !begins_anew(x, k + best)) return 1;
        if (k >= x->n || (x->t[k].kind != TERM_WORD && x->t[k].kind != TERM_DASH)) return 0;
        if (term_is(x, k, "and|or|but|with|und|oder|et|ou|y|o|e|en|aber|mais|ma|mas|pero"))
            return 0;
    }
    return 0;
}

/* --- constraints from sides */

/* Takes prepositions and the like before a limit with it. */
static int lead(const struct terms *x, int from) {
    static const char verbs[] =
        "costing|priced|costs|cost|pays|paying|released|published|posted|"
        "made|filmed|weighs|weighing|weigh|starting|starts|rated|lasting|"
        "that|which|early|mid|late|kostet|coute|cuesta|costa|kost|custa|available|from";
    while (from > 0 && !x->t[from - 1].used && x->t[from - 1].kind == TERM_WORD &&
           ((x->t[from - 1].n <= 3 && term_is(x, from - 1, x->g->idle)) ||
            term_is(x, from - 1, verbs)))
        from--;
    return from;
}

static int negated(const struct finder *f, const struct said *s) {
    return (f->sign < 0) != (s->negated != 0);
}

/* A comparison with [lo, hi] in the field's unit. `last`: the last value within for dates, whose
 * "after" begins behind it. */
static void compare(struct finder *f, int field, const struct said *s, double lo, double hi,
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
    finder_add(f, field, op, a, b, lead(&f->x, from), to, negated(f, s));
}

/* --- amounts */

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
    return s->side = SIDE_EQ, p->noun > 0 || p->subject == a->from - 1;
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
        compare(f, field, s, lo, hi, from, to);
        return;
    }
    least.side = SIDE_UP_TO, most.side = SIDE_FROM;
    if (s->side != SIDE_FROM || s->from < 0) compare(f, p->low, &least, lo, lo, from, to);
    if (s->side != SIDE_UP_TO) compare(f, p->high, &most, hi, hi, from, to);
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
                   lead(x, p.from), to, negated(f, s));
    } else {
        if (old)
            s->side =
                term_is(x, s->to - 2, "older") == (s->side == SIDE_ABOVE || s->side == SIDE_BELOW)
                    ? SIDE_ABOVE
                    : SIDE_UP_TO;
        int more = s->side == SIDE_ABOVE || s->side == SIDE_FROM;
        finder_add(f, field, more ? WISH_LT : WISH_GE, more ? -INFINITY : now - span,
                   more ? now - span : INFINITY, lead(x, p.from), to, negated(f, s));
    }
    return to - a->from;
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
    struct place p = {
        .from = s.from >= 0 ? s.from : i, .to = a.to, .last = f->last, .last_unit = f->last_unit};
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
        compare(f, field, &s, lo, hi, from, to);
    *used = s;
    return to;
}

/* --- dates */

static void month_only(struct finder *f, int field, const struct when_read *w, const struct said *s,
                       int from) {
    finder_add(f, field, WISH_MONTH, w->month, w->last_month, from, w->end, negated(f, s));
}

/* What "from" says: a beginning for a day, the whole stretch for a year or decade. */
static void settle_from(const struct terms *x, const struct when_read *w, struct said *s) {
    static const char from[] = "from|von|aus|de|des|du|da|dal|dai|degli|van|uit|do|dos|das|del|vom";
    static const char begins[] = "available|starting|free|open|begins|starts|start|beginning|"
                                 "verfugbar|frei|disponible|disponibile|beschikbaar|disponivel";
    int no = term_is(x, s->from, x->g->negations) && s->base != s->side, at = s->from + no;
    int plain = s->to - at == 1 && term_is(x, at, from);
    int on = w->end < x->n && term_is(x, w->end, "on|onwards|onward|an|adelante");
    if (s->base != SIDE_FROM || on || term_is(x, at - 1, begins)) return;
    if (!w->range && !(plain && w->scale >= SCALE_MONTH)) return;
    s->negated ^= no;
    s->side = SIDE_BETWEEN;
}

static void clock_limit(struct finder *f, int field, const struct when_read *w,
                        const struct said *s, int from, int to) {
    double lo = w->lo, hi = w->hi - 1;
    int point = !w->range && w->hi - w->lo == 60;
    switch (s->side) {
    case SIDE_BELOW: lo = 0, hi = w->lo - 1; break;
    case SIDE_UP_TO: lo = 0, hi = w->lo; break;
    case SIDE_FROM: hi = w->range ? w->hi - 1 : DAY - 1; break;
    case SIDE_ABOVE: lo = point ? w->lo + 1 : w->hi, hi = DAY - 1; break;
    case SIDE_ABOUT: lo = w->lo - 1800, hi = w->lo + 1800; break;
    case SIDE_BETWEEN:
    case SIDE_EQ:
    case SIDE_NONE: break;
    }
    if (w->range) hi = w->hi - 60;
    finder_add(f, field, WISH_CLOCK, lo, hi, from, to, negated(f, s));
}

/* A field of years, or Unix seconds. */
static void stretch_limit(struct finder *f, int field, const struct when_read *w, struct said *s,
                          int from, int to) {
    double lo = (double)w->from, hi = (double)w->to - 1;
    if (s->side == SIDE_ABOUT) {
        double more = w->scale == SCALE_YEAR ? 3 * 366.0 * DAY : 7.0 * DAY;
        lo -= more, hi += more, s->side = SIDE_BETWEEN;
    }
    if (f->s->field[field].type != FIELD_TYPE_DATE) {
        int year, month, day;
        civil_of((long long)floor(lo / DAY), &year, &month, &day);
        lo = year;
        civil_of((long long)floor(hi / DAY), &year, &month, &day);
        hi = year;
    } else if (s->side == SIDE_NONE || s->side == SIDE_EQ) {
        s->side = SIDE_BETWEEN;
    }
    compare(f, field, s, lo, hi, from, to);
}

/* Whether a plain year that nothing is said of is meant as one: "made in 1997", "1990-95". */
static int year_meant(const struct finder *f, const struct when_read *w) {
    static const char preps[] =
        "in|from|of|during|year|vintage|im|von|aus|vom|en|de|del|du|dal|nel|"
        "uit|van|em|do|jahr|annee|ano|anno|jaar|circa|made|released|since";
    const struct terms *x = &f->x;
    int k = w->at - 1;
    while (term_is(x, k, "the|das|l|le|el|il|het|year|jahr|early|late|mid")) k--;
    if (term_is(x, k - 1, "set|based|takes|place|like|called|titled|playing")) return 0;
    if (w->range) return 1;
    if (term_is(x, k, preps) || term_is(x, w->at - 1, preps)) return 1;
    int said = field_said(f->s, x, w->at - 1);
    if (said >= 0 && field_is_year(&f->s->field[said])) return 1;
    return w->at == 0 && w->end == x->n;
}

/* Whether a plain year is no year but a number: it counts something, or has the size of prices. */
static int is_amount(const struct finder *f, const struct when_read *w, const struct said *s,
                     int has) {
    const struct terms *x = &f->x;
    struct amount a;
    struct place p = {.from = has ? s->from : w->at, .to = w->end, .compared = has, .last = -1};
    if (!fields_have_years(f->s)) return 1;
    if (!amount_read(x, w->at, has && s->side == SIDE_BETWEEN, &a)) return 0;
    if (a.unit) return 1;
    int field = field_for_amount(f->s, x, &a, &p);
    if (p.noun > 0 || p.subject >= 0) return !field_is_year(&f->s->field[field]);
    if (has && (s->where & BOUND_DATES)) return 0;
    if (field < 0 || !field_is_money(&f->s->field[field])) return 0;
    const struct field *m = &f->s->field[field];
    return has && m->hi * 2 >= a.lo && m->lo / 2 <= a.hi && s->side != SIDE_NONE;
}

/* The limit that the date or time at term i belongs to; the first term behind it, 0: none, -1: it
 * is none, and no amount either. */
static int date_limit(struct finder *f, int i) {
    const struct terms *x = &f->x;
    struct said s = {SIDE_NONE, 0, -1, i, 0, SIDE_NONE}, after;
    struct when_read w;
    int past, has = said_before(x, i, BOUND_NUMBERS, &s);
    if (has && (s.where & BOUND_NUMBERS)) has = 0;
    if (!when_read(x, i, has && s.side == SIDE_BETWEEN, f->now, &w)) return 0;
    if (w.plain && is_amount(f, &w, &s, has)) return 0;
    int has_after = said_after(x, w.end, BOUND_NUMBERS, &after) && after.from == w.end;
    if (w.plain && !has && !has_after && !year_meant(f, &w)) return w.end;
    struct place p = {.from = has ? s.from : i, .to = w.end};
    int field = field_for_date(f->s, x, &w, &p, &past);
    if (field < 0) return w.end;
    const struct field *target = &f->s->field[field];
    if (!has && has_after) s = (struct said){after.side, after.where, -1, i, 0, after.side};
    if (has && s.side == SIDE_BETWEEN && !w.range) s.side = SIDE_NONE;
    if (has && w.window && s.side == SIDE_UP_TO) s.side = SIDE_BETWEEN;
    if (has) settle_from(x, &w, &s);
    if (w.range && (s.side == SIDE_NONE || s.side == SIDE_EQ)) s.side = SIDE_BETWEEN;
    int from = lead(x, has ? s.from : i), to = has_after && after.to > w.end ? after.to : w.end;
    if (w.kind == WHEN_CLOCK) {
        clock_limit(f, field, &w, &s, from, to);
        return to;
    }
    if (w.kind == WHEN_WEEKDAY) {
        finder_add(f, field, WISH_WEEKDAY, w.lo, w.hi, from, to, negated(f, &s));
        return to;
    }
    if (w.kind == WHEN_DAY && !w.day && (s.side == SIDE_NONE || s.side == SIDE_BETWEEN)) {
        month_only(f, field, &w, &s, from);
        return to;
    }
    when_settle(&w, target->lo, target->hi, f->now,
                past ||
                    (s.where & BOUND_DATES && term_is(x, s.from, "since|seit|depuis|desde|sinds")));
    stretch_limit(f, field, &w, &s, from, to);
    return to;
}

/* --- free */

/* "free", "for nothing": no price; not "free time" and not "feel free". */
static int free_limit(struct finder *f, int i) {
    static const char *const phrases[] = {"for nothing|free",   "free of charge",
                                          "no cost|charge|fee", "at no cost|charge",
                                          "costs|cost nothing", "zero cost"};
    const struct terms *x = &f->x;
    int n = 0, field = FIELD_NONE, money = 0;
    for (size_t k = 0; k < COUNT(phrases) && x->g == &grammar_en; k++) {
        int m = term_phrase(x, i, phrases[k]);
        if (m > n) n = m;
    }
    if (!n && term_is(x, i, x->g->free)) {
        n = 1;
        if (term_is(x, i - 1, "feel|set|break|sugar|nut|hands|toll|duty") ||
            term_is(x, i + 1,
                    "of|from|time|will|spirit|spirited|range|jazz|fall|parking|wifi|"
                    "delivery|shipping|style|trade|minded|to|kick|verse|form|standing"))
            return 0;
        if (i > 0 && x->t[i - 1].kind == TERM_DASH && !x->t[i].space) return 0;
        if (i + 1 < x->n && x->t[i + 1].kind == TERM_DASH && !x->t[i + 1].space) return 0;
    }
    if (!n) return 0;
    for (int k = 0; k < f->s->n_fields; k++)
        if (field_is_money(&f->s->field[k])) field = k, money++;
    if (money != 1) return 0;
    int no = i > 0 && term_is(x, i - 1, x->g->negations);
    finder_add(f, field, WISH_EQ, 0, 0, lead(x, i - no), i + n, (f->sign < 0) != no);
    return i + n;
}

void bounds_find(struct finder *f) {
    struct said said, last = {SIDE_NONE, 0, -1, 0, 0, SIDE_NONE};
    int end = -1; /* of the amount before, whose comparison goes on over "or" */
    for (int i = 0; i < f->x.n;) {
        const struct terms *x = &f->x;
        int joined =
            end >= 0 && end == i - 1 && term_is(x, end, "and|or|und|oder|et|ou|y|o|e|en|of");
        int to = x->t[i].used || x->t[i].kind == TERM_QUOTE ? 0 : free_limit(f, i);
        if (!to && !x->t[i].used) to = date_limit(f, i);
        if (!to && !x->t[i].used) {
            to = amount_limit(f, i, joined && last.side != SIDE_NONE ? &last : NULL, &said);
            if (to) end = to, last = said;
        }
        i = to > i ? to : i + 1;
    }
}
