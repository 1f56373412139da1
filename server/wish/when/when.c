/* Reads dates and times: names first, then figures, then what two of them join to. */
#include "server/wish/when/when_parts.h"
#include "server/value/value.h"

#include <math.h>
#include <string.h>

enum { DAY = 86400 };

/* --- stretches of time */

void when_stretch(struct when_read *w, long long from, long long to, enum when_scale scale) {
    w->kind = WHEN_STRETCH;
    w->from = from;
    w->to = to;
    w->scale = scale;
}

void when_month_stretch(struct when_read *w, int year, int month) {
    year += (month - 1 < 0 ? month - 12 : month - 1) / 12;
    month = ((month - 1) % 12 + 12) % 12 + 1;
    int next = month == 12;
    when_stretch(w, days_of(year, month, 1) * DAY,
                 days_of(year + next, next ? 1 : month + 1, 1) * DAY, SCALE_MONTH);
}

void when_years(struct when_read *w, int first, int last) {
    when_stretch(w, days_of(first, 1, 1) * DAY, days_of(last + 1, 1, 1) * DAY, SCALE_YEAR);
}

int term_int(const struct terms *x, int i, int lo, int hi) {
    if (i < 0 || i >= x->n || x->t[i].kind != TERM_NUMBER) return 0;
    double v = x->t[i].number;
    return v == floor(v) && v >= lo && v <= hi;
}

int term_value(const struct terms *x, int i) {
    return (int)x->t[i].number;
}

size_t term_bytes(const struct terms *x, int i) {
    return x->t[i].to - x->t[i].from;
}

int term_break(const struct terms *x, int i, char c) {
    return i < x->n && x->t[i].kind == TERM_BREAK && x->text.p[x->t[i].from] == c;
}

void when_set_days(struct when_read *w, int month, int day, int last_month, int last_day,
                   int year) {
    w->kind = WHEN_DAY;
    w->scale = day ? SCALE_DAY : SCALE_MONTH;
    w->month = month, w->day = day;
    w->last_month = last_month, w->last_day = last_day;
    if (!year) return;
    struct when_read a = {.kind = WHEN_DAY}, b = a;
    when_month_stretch(&a, year, month);
    when_month_stretch(&b, year, last_month);
    if (day) a.from += (long long)(day - 1) * DAY;
    if (last_day) b.to = days_of(year, last_month, last_day) * DAY + DAY;
    when_stretch(w, a.from, b.to, w->scale);
}

int when_joins(const struct terms *x, int i, int between) {
    if (i >= x->n) return 0;
    if (x->t[i].kind == TERM_DASH) return 1;
    if (!between && term_is(x, i, "and|und|et|y|e|en")) return 0;
    return term_is(x, i, x->g->joins);
}

/* --- all of them */

static int single_read(const struct terms *x, int i, int between, long long now,
                       struct when_read *w) {
    int n;
    *w = (struct when_read){.at = i};
    if ((n = when_phrase_read(x, i, now, w)) || (n = when_weekday_read(x, i, now, w)) ||
        (n = when_figures_read(x, i, w)) || (n = when_day_month(x, i, between, w)) ||
        (n = when_month_first(x, i, w)) || (n = when_clock_read(x, i, between, w)) ||
        (n = when_decade_read(x, i, w)) || (n = when_year_read(x, i, w)))
        w->end = i + n;
    if (n && w->scale == SCALE_YEAR && !w->plain && when_is_age(x, i)) return 0;
    return n;
}

/* Joins the second date of a range to the first. */
static int join(struct when_read *a, const struct when_read *b) {
    if (a->kind == WHEN_DAY && b->kind == WHEN_STRETCH && a->month) {
        int year, month, day;
        civil_of(b->from / DAY, &year, &month, &day);
        when_set_days(a, a->month, a->day, a->month, a->day, year);
    }
    if (a->kind != b->kind) return 0;
    if (a->kind == WHEN_STRETCH) {
        a->to = b->to;
    } else if (a->kind == WHEN_DAY) {
        a->last_month = b->last_month, a->last_day = b->last_day;
    } else {
        return 0;
    }
    a->plain &= b->plain;
    a->range = 1;
    a->end = b->end;
    return 1;
}

int when_read(const struct terms *x, int i, int between, long long now, struct when_read *out) {
    struct when_read second;
    if (i < 0 || i >= x->n || x->t[i].kind > TERM_NUMBER) return 0;
    if (!single_read(x, i, between, now, out)) return 0;
    int k = out->end;
    if (out->range || out->kind == WHEN_CLOCK || out->kind == WHEN_WEEKDAY) return 1;
    if (!when_joins(x, k, between)) return 1;
    int dash = x->t[k].kind == TERM_DASH;
    k++;
    if (out->plain && dash && term_int(x, k, 0, 99) && term_bytes(x, k) == 2) { /* "1990-95" */
        int year, month, day;
        civil_of(out->from / DAY, &year, &month, &day);
        int last = year / 100 * 100 + term_value(x, k);
        if (last <= year) return 1;
        when_years(out, year, last);
        out->range = 1, out->end = k + 1;
        return 1;
    }
    while (term_is(x, k, "the|le|la|el|den|dem|il|o|a") && k < out->end + 3) k++;
    if (single_read(x, k, between, now, &second)) join(out, &second);
    return 1;
}

void when_settle(struct when_read *w, double lo, double hi, long long now, int past) {
    struct when_read best = *w;
    double best_cost = INFINITY;
    int year, month, day;
    if (w->kind != WHEN_DAY) return;
    civil_of(now / DAY, &year, &month, &day);
    for (int y = year - 1; y <= year + 1; y++) {
        struct when_read t = *w;
        int over = w->last_month < w->month;
        when_set_days(&t, w->month, w->day, w->month, w->day, y);
        if (over || w->last_month != w->month || w->last_day != w->day) {
            struct when_read end = *w;
            when_set_days(&end, w->last_month, w->last_day, w->last_month, w->last_day, y + over);
            t.to = end.to;
        }
        int outside = !isnan(lo) && ((double)t.to <= lo || (double)t.from > hi);
        int wrong = past ? t.from > now : t.to <= now;
        double cost = fabs((double)(t.from - now)) + outside * 1e12 + wrong * 1e10;
        if (cost < best_cost) best_cost = cost, best = t;
    }
    *w = best;
}
