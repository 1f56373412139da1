/* Limits of a clause by dates and times of day. */
#include "server/wish/limits/bounds.h"
#include "server/wish/limits/fields.h"

#include <math.h>

enum { DAY = 86400 };

static void month_only(struct finder *f, int field, const struct when_read *w, const struct said *s,
                       int from) {
    finder_add(f, field, WISH_MONTH, w->month, w->last_month, from, w->end, said_negated(f, s));
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
    finder_add(f, field, WISH_CLOCK, lo, hi, from, to, said_negated(f, s));
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
    bounds_compare(f, field, s, lo, hi, from, to);
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
    int named = field_said(f->s, x, (has ? s->from : w->at) - 1); /* "built: from 2020" */
    if (named >= 0 && f->s->field[named].type == FIELD_TYPE_DATE) return 0;
    if (!amount_read(x, w->at, has && s->side == SIDE_BETWEEN, &a)) return 0;
    if (a.unit) return 1;
    int field = field_for_amount(f->s, x, &a, &p);
    if (p.noun > 0 || p.subject >= 0) return !field_is_year(&f->s->field[field]);
    if (has && (s->where & BOUND_DATES)) return 0;
    if (field < 0 || !field_is_money(&f->s->field[field])) return 0;
    const struct field *m = &f->s->field[field];
    return has && m->hi * 2 >= a.lo && m->lo / 2 <= a.hi && s->side != SIDE_NONE;
}

int date_limit(struct finder *f, int i) {
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
    int from = said_lead(x, has ? s.from : i),
        to = has_after && after.to > w.end ? after.to : w.end;
    if (w.kind == WHEN_CLOCK) {
        clock_limit(f, field, &w, &s, from, to);
        return to;
    }
    if (w.weekday && !w.range && (s.side == SIDE_NONE || s.side == SIDE_EQ) &&
        said_negated(f, &s)) {
        w.kind = WHEN_WEEKDAY; /* "not on Sunday": on none of them */
        w.lo = w.hi = w.weekday;
    }
    if (w.kind == WHEN_WEEKDAY) {
        finder_add(f, field, WISH_WEEKDAY, w.lo, w.hi, from, to, said_negated(f, &s));
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
