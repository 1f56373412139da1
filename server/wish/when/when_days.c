/* Dates in figures: decades, years, days and months. */
#include "server/wish/when/when_parts.h"
#include "server/value/value.h"

#include <math.h>
#include <string.h>

enum { YEAR_FIRST = 1500, YEAR_LAST = 2100 };

/* "her 30s", "in their twenties": an age. */
int when_is_age(const struct terms *x, int i) {
    static const char whose[] = "her|his|their|my|your|our|its|ones|early|mid|late";
    for (int k = i - 1; k >= 0 && k >= i - 2; k--)
        if (term_is(x, k, "her|his|their|my|your|our|ones"))
            return 1;
        else if (!term_is(x, k, whose))
            return 0;
    return 0;
}

static void decade(struct when_read *w, int first, const struct terms *x, int i) {
    if (first < 100) first += first < 30 && first != 20 ? 2000 : 1900;
    int from = first, to = first + 9, k = i - 1;
    if (k >= 0 && x->t[k].kind == TERM_DASH) k--;
    if (term_is(x, k, "early")) to = first + 4;
    if (term_is(x, k, "mid")) from = first + 3, to = first + 7;
    if (term_is(x, k, "late")) from = first + 5;
    when_years(w, from, to);
}

/* "80s", "the 1990s", "90er Jahre", "années 80"; terms read. */
int when_decade_read(const struct terms *x, int i, struct when_read *w) {
    int k = i + 1, before = term_is(x, i, "annees|anos|anni|jaren") && term_int(x, k, 0, 2090);
    if (before) {
        k += term_is(x, k, "'");
        if (term_value(x, k) % 10) return 0;
        decade(w, term_value(x, k), x, i);
        return k + 1 - i;
    }
    if (!term_int(x, i, 0, 2090) || term_value(x, i) % 10 || k >= x->n || x->t[k].space) return 0;
    int plain = term_bytes(x, i) == 2 || term_bytes(x, i) == 4;
    if (!plain || !term_is(x, k, "s|er|ern|ies")) return 0;
    decade(w, term_value(x, i), x, i);
    return 2 + term_is(x, k + 1, "jahre|jahren");
}

int when_year_read(const struct terms *x, int i, struct when_read *w) {
    if (!term_int(x, i, YEAR_FIRST, YEAR_LAST) || term_bytes(x, i) != 4) return 0;
    if (x->t[i].to < x->text.n && strchr("%$", x->text.p[x->t[i].to]) && x->text.p[x->t[i].to])
        return 0;
    when_years(w, term_value(x, i), term_value(x, i));
    w->plain = 1;
    return 1;
}

/* "2026-09-01", "20260901", "1.9.2026", "2026-09-01T20:00". */
int when_figures_read(const struct terms *x, int i, struct when_read *w) {
    struct view run = view_sub(x->text, x->t[i].from, 32);
    size_t n = 0;
    int marks = 0;
    struct when d;
    while (n < run.n && strchr("0123456789.:/-TZ", run.p[n]) && run.p[n])
        marks += strchr("./-", run.p[n]) != NULL, n++;
    while (n && strchr(".:/-T", run.p[n - 1])) n--;
    run.n = n;
    if (x->t[i].kind != TERM_NUMBER || n < 6 || (marks < 2 && n != 8)) return 0;
    if (!date_parse(run, DATE_ANY, &d) && !date_parse(run, DATE_DMY, &d)) return 0;
    when_stretch(w, d.from, d.to, d.has_clock ? SCALE_CLOCK : SCALE_DAY);
    int k = i;
    while (k < x->n && x->t[k].from < x->t[i].from + n) k++;
    return k - i;
}

static int day_at(const struct terms *x, int i, int *day) {
    if (!term_int(x, i, 1, 31) || term_bytes(x, i) > 2) return 0;
    *day = term_value(x, i);
    if (i + 1 < x->n && !x->t[i + 1].space &&
        (term_is(x, i + 1, "st|nd|rd|th|er|ste|de|e|o") || term_break(x, i + 1, '.')))
        return 2;
    return 1;
}

static int skip(const struct terms *x, int i, const char *words) {
    return term_is(x, i, words);
}

/* A year behind a month, ", 2026" or "of 2026" too; terms read. */
static int year_behind(const struct terms *x, int i, int *year) {
    int k = i + (term_break(x, i, ',') || skip(x, i, "of|de|del|di"));
    *year = 0;
    if (!term_int(x, k, YEAR_FIRST, YEAR_LAST) || term_bytes(x, k) != 4) return 0;
    *year = term_value(x, k);
    return k + 1 - i;
}

/* "3 October", "the 3rd of October 2026", "5 to 12 December"; terms read. */
int when_day_month(const struct terms *x, int i, int between, struct when_read *w) {
    int day, last = 0, year, k = i, n = day_at(x, k, &day);
    if (!n) return 0;
    k += n;
    if (when_joins(x, k, between)) {
        int j = k + 1 + term_is(x, k + 1, "the|i|le|al|el|den");
        n = day_at(x, j, &last);
        if (!n) return 0;
        k = j + n;
    }
    k += skip(x, k, "of|de|di|the");
    int month = when_month(x, k);
    if (!month) return 0;
    k += 1 + term_break(x, k + 1, '.');
    k += year_behind(x, k, &year);
    when_set_days(w, month, day, month, last ? last : day, year);
    w->range = last > 0;
    return k - i;
}

/* "early", "mid", "late" before a month: its first ten days, and so on. */
static void part_of_month(const struct terms *x, int i, int month, int *day, int *last) {
    int end = month == 2 ? 28 : month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
    int k = i - 1 - (i > 0 && x->t[i - 1].kind == TERM_DASH);
    if (term_is(x, k, "early|anfang")) *day = 1, *last = 10;
    if (term_is(x, k, "mid|mitte")) *day = 11, *last = 20;
    if (term_is(x, k, "late|ende")) *day = 21, *last = end;
}

/* "October 3", "Oct 3-5, 2026", "October 2026", "October"; terms read. */
int when_month_first(const struct terms *x, int i, struct when_read *w) {
    int month = when_month(x, i), day = 0, last, year, k = i + 1, n;
    if (!month) return 0;
    k += term_break(x, k, '.') && k + 1 < x->n;
    int j = k + skip(x, k, "the");
    if ((n = day_at(x, j, &day)) != 0) {
        k = j + n;
        last = day;
        if (k < x->n && x->t[k].kind == TERM_DASH && (n = day_at(x, k + 1, &last)) != 0) k += 1 + n;
    } else {
        last = day = 0;
    }
    k += year_behind(x, k, &year);
    if (!day) part_of_month(x, i, month, &day, &last);
    when_set_days(w, month, day, month, last, year);
    w->range = last != day;
    return k - i;
}
