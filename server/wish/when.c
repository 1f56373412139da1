/* Reads dates and times: names first, then figures, then what two of them join to. */
#include "server/wish/when.h"
#include "server/value/value.h"
#include "server/wish/amount.h"
#include "server/wish/when_names.h"

#include <math.h>
#include <string.h>

enum { DAY = 86400, YEAR_FIRST = 1500, YEAR_LAST = 2100, FEW = 3 };

static void stretch(struct when_read *w, long long from, long long to, enum when_scale scale) {
    w->kind = WHEN_STRETCH;
    w->from = from;
    w->to = to;
    w->scale = scale;
}

static void month_stretch(struct when_read *w, int year, int month) {
    year += (month - 1 < 0 ? month - 12 : month - 1) / 12;
    month = ((month - 1) % 12 + 12) % 12 + 1;
    int next = month == 12;
    stretch(w, days_of(year, month, 1) * DAY, days_of(year + next, next ? 1 : month + 1, 1) * DAY,
            SCALE_MONTH);
}

static void years(struct when_read *w, int first, int last) {
    stretch(w, days_of(first, 1, 1) * DAY, days_of(last + 1, 1, 1) * DAY, SCALE_YEAR);
}

static int is_int(const struct terms *x, int i, int lo, int hi) {
    if (i < 0 || i >= x->n || x->t[i].kind != TERM_NUMBER) return 0;
    double v = x->t[i].number;
    return v == floor(v) && v >= lo && v <= hi;
}

static int value_at(const struct terms *x, int i) {
    return (int)x->t[i].number;
}

static size_t bytes_at(const struct terms *x, int i) {
    return x->t[i].to - x->t[i].from;
}

static int break_is(const struct terms *x, int i, char c) {
    return i < x->n && x->t[i].kind == TERM_BREAK && x->text.p[x->t[i].from] == c;
}

static void set_days(struct when_read *w, int month, int day, int last_month, int last_day,
                     int year) {
    w->kind = WHEN_DAY;
    w->scale = day ? SCALE_DAY : SCALE_MONTH;
    w->month = month, w->day = day;
    w->last_month = last_month, w->last_day = last_day;
    if (!year) return;
    struct when_read a = {.kind = WHEN_DAY}, b = a;
    month_stretch(&a, year, month);
    month_stretch(&b, year, last_month);
    if (day) a.from += (long long)(day - 1) * DAY;
    if (last_day) b.to = days_of(year, last_month, last_day) * DAY + DAY;
    stretch(w, a.from, b.to, w->scale);
}

/* --- phrases */

/* "the next two weeks": from today on, or up to now. */
static int ahead(const struct terms *x, int i, int sign, long long now, struct when_read *w) {
    struct amount a;
    int few = term_is(x, i, "few|couple|some|paar") ? 1 + term_is(x, i + 1, "of") : 0;
    size_t used = 0;
    if (few) {
        if (i + few >= x->n) return 0;
        struct view v = terms_text(x, i + few, x->n);
        a.unit = unit_read(v, &used);
        a.hi = FEW;
        a.to = i + few + 1;
    } else if (!amount_read(x, i, 0, &a)) {
        return 0;
    }
    if (!a.unit || a.unit->dim != DIM_TIME || a.unit->factor < 3600) return 0;
    long long span = (long long)(a.hi * a.unit->factor), today = now - now % DAY;
    if (a.unit->factor < DAY)
        stretch(w, sign > 0 ? now : now - span, sign > 0 ? now + span : now + 1, SCALE_CLOCK);
    else if (sign > 0)
        stretch(w, today, today + span + DAY, SCALE_DAY);
    else
        stretch(w, today - span, now + 1, SCALE_DAY);
    w->future = sign > 0;
    w->window = 1;
    return a.to - i;
}

/* Narrows a day to the part of it that is named behind; terms read. */
static int narrowed(const struct terms *x, int i, struct when_read *w) {
    int from, to, k = i;
    if (term_is(x, k, "in|at|am|in|de|por|le|il")) k++;
    if (term_is(x, k, "the|la|het|den")) k++;
    if (!when_part(x, k, &from, &to)) return 0;
    w->to = w->from + to;
    w->from += from;
    w->scale = SCALE_CLOCK;
    return k + 1 - i;
}

static int today(const struct terms *x, int i, int days, long long now, struct when_read *w) {
    long long day = now - now % DAY + (long long)days * DAY;
    stretch(w, day, day + DAY, SCALE_DAY);
    w->future = days >= 0;
    return narrowed(x, i, w);
}

static void clock_part(struct when_read *w, int part) {
    w->kind = WHEN_CLOCK;
    w->scale = SCALE_CLOCK;
    when_part_hours(part, &w->lo, &w->hi);
    if (w->hi > DAY) w->hi = DAY;
}

static void week(struct when_read *w, long long monday, int weeks) {
    monday += (long long)weeks * 7 * DAY;
    stretch(w, monday, monday + 7 * DAY, SCALE_WEEK);
    w->future = weeks >= 0;
}

static void weekend(struct when_read *w, long long monday, int weeks) {
    week(w, monday, weeks);
    w->from += 5 * DAY;
    w->scale = SCALE_DAY;
}

/* The last days of this week, month or year: from a Saturday, the last week, December on. */
static void end_of(struct when_read *w, int what, long long monday, int year, int month) {
    if (what == 0) {
        weekend(w, monday, 0);
    } else if (what == 1) {
        month_stretch(w, year, month);
        w->from = w->to - 7 * DAY;
    } else {
        month_stretch(w, year, 12);
    }
    w->scale = SCALE_DAY;
    w->future = 1;
}

/* What a phrase means whose words end before term k; terms read behind it, -1: it means nothing. */
static int meant(const struct when_phrase *p, const struct terms *x, int k, long long now,
                 struct when_read *w) {
    long long day = now / DAY, monday = (day - (day + 3) % 7) * DAY;
    int year, month, d, n;
    civil_of(day, &year, &month, &d);
    switch (p->name) {
    case WHEN_TODAY: return today(x, k, p->value, now, w);
    case WHEN_MORNING:
    case WHEN_AFTERNOON:
    case WHEN_EVENING:
        when_part_hours(p->name == WHEN_MORNING     ? 0
                        : p->name == WHEN_AFTERNOON ? 1
                                                    : 2,
                        &w->lo, &w->hi);
        stretch(w, day * DAY + w->lo, day * DAY + w->hi + (p->name == WHEN_EVENING ? 4 * 3600 : 0),
                SCALE_CLOCK);
        w->future = 1;
        return 0;
    case WHEN_WEEKEND: weekend(w, monday, p->value); return 0;
    case WHEN_WEEK: week(w, monday, p->value); return 0;
    case WHEN_MONTH_OF:
        month_stretch(w, year, month + p->value);
        w->future = p->value >= 0;
        return 0;
    case WHEN_YEAR_OF: years(w, year + p->value, year + p->value); return 0;
    case WHEN_AHEAD: n = ahead(x, k, p->value, now, w); return n ? n : -1;
    case WHEN_DECADE: years(w, p->value, p->value + 9); return term_is(x, k, "jahre|jahren");
    case WHEN_NOON:
        w->kind = WHEN_CLOCK;
        w->lo = p->value * 3600;
        w->hi = w->lo + 60;
        return 0;
    case WHEN_DAY_PART: clock_part(w, p->value); return 0;
    case WHEN_HOLIDAY:
        set_days(w, p->value / 100, p->value % 100, p->value / 100, p->value % 100, 0);
        return 0;
    case WHEN_END_OF: end_of(w, p->value, monday, year, month); return 0;
    case WHEN_DAYS:
        stretch(w, (day + p->value / 10) * DAY, (day + p->value / 10 + p->value % 10) * DAY,
                SCALE_DAY);
        w->future = 1;
        return 0;
    case WHEN_WEEKDAYS:
        w->kind = WHEN_WEEKDAY;
        w->lo = p->value / 10;
        w->hi = p->value % 10;
        return 0;
    }
    return -1;
}

static int phrase_read(const struct terms *x, int i, long long now, struct when_read *w) {
    int best = 0, more;
    size_t which = 0;
    for (size_t k = 0; k < when_phrases_n; k++) {
        int n = term_phrase(x, i, when_phrases[k].phrase);
        if (n > best) best = n, which = k;
    }
    if (!best) return 0;
    more = meant(&when_phrases[which], x, i + best, now, w);
    return more < 0 ? 0 : best + more;
}

/* --- decades and years */

/* "her 30s", "in their twenties": an age. */
static int is_age(const struct terms *x, int i) {
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
    years(w, from, to);
}

/* "80s", "the 1990s", "90er Jahre", "années 80"; terms read. */
static int decade_read(const struct terms *x, int i, struct when_read *w) {
    int k = i + 1, before = term_is(x, i, "annees|anos|anni|jaren") && is_int(x, k, 0, 2090);
    if (before) {
        k += term_is(x, k, "'");
        if (value_at(x, k) % 10) return 0;
        decade(w, value_at(x, k), x, i);
        return k + 1 - i;
    }
    if (!is_int(x, i, 0, 2090) || value_at(x, i) % 10 || k >= x->n || x->t[k].space) return 0;
    int plain = bytes_at(x, i) == 2 || bytes_at(x, i) == 4;
    if (!plain || !term_is(x, k, "s|er|ern|ies")) return 0;
    decade(w, value_at(x, i), x, i);
    return 2 + term_is(x, k + 1, "jahre|jahren");
}

static int year_read(const struct terms *x, int i, struct when_read *w) {
    if (!is_int(x, i, YEAR_FIRST, YEAR_LAST) || bytes_at(x, i) != 4) return 0;
    if (x->t[i].to < x->text.n && strchr("%$", x->text.p[x->t[i].to]) && x->text.p[x->t[i].to])
        return 0;
    years(w, value_at(x, i), value_at(x, i));
    w->plain = 1;
    return 1;
}

/* --- days and months */

/* "2026-09-01", "20260901", "1.9.2026", "2026-09-01T20:00". */
static int figures_read(const struct terms *x, int i, struct when_read *w) {
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
    stretch(w, d.from, d.to, d.has_clock ? SCALE_CLOCK : SCALE_DAY);
    int k = i;
    while (k < x->n && x->t[k].from < x->t[i].from + n) k++;
    return k - i;
}

static int day_at(const struct terms *x, int i, int *day) {
    if (!is_int(x, i, 1, 31) || bytes_at(x, i) > 2) return 0;
    *day = value_at(x, i);
    if (i + 1 < x->n && !x->t[i + 1].space &&
        (term_is(x, i + 1, "st|nd|rd|th|er|ste|de|e|o") || break_is(x, i + 1, '.')))
        return 2;
    return 1;
}

static int skip(const struct terms *x, int i, const char *words) {
    return term_is(x, i, words);
}

/* A year behind a month, ", 2026" or "of 2026" too; terms read. */
static int year_behind(const struct terms *x, int i, int *year) {
    int k = i + (break_is(x, i, ',') || skip(x, i, "of|de|del|di"));
    *year = 0;
    if (!is_int(x, k, YEAR_FIRST, YEAR_LAST) || bytes_at(x, k) != 4) return 0;
    *year = value_at(x, k);
    return k + 1 - i;
}

static int joins(const struct terms *x, int i, int between) {
    if (i >= x->n) return 0;
    if (x->t[i].kind == TERM_DASH) return 1;
    if (!between && term_is(x, i, "and|und|et|y|e|en")) return 0;
    return term_is(x, i, x->g->joins);
}

/* "3 October", "the 3rd of October 2026", "5 to 12 December"; terms read. */
static int day_month(const struct terms *x, int i, int between, struct when_read *w) {
    int day, last = 0, year, k = i, n = day_at(x, k, &day);
    if (!n) return 0;
    k += n;
    if (joins(x, k, between)) {
        int j = k + 1 + term_is(x, k + 1, "the|i|le|al|el|den");
        n = day_at(x, j, &last);
        if (!n) return 0;
        k = j + n;
    }
    k += skip(x, k, "of|de|di|the");
    int month = when_month(x, k);
    if (!month) return 0;
    k += 1 + break_is(x, k + 1, '.');
    k += year_behind(x, k, &year);
    set_days(w, month, day, month, last ? last : day, year);
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
static int month_first(const struct terms *x, int i, struct when_read *w) {
    int month = when_month(x, i), day = 0, last, year, k = i + 1, n;
    if (!month) return 0;
    k += break_is(x, k, '.') && k + 1 < x->n;
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
    set_days(w, month, day, month, last, year);
    w->range = last != day;
    return k - i;
}

/* "Friday", "next Friday evening", "Friday, 12 December", "Sundays", "a Sunday"; terms read. */
static int weekday_read(const struct terms *x, int i, long long now, struct when_read *w) {
    static const char any[] = "a|an|any|every|each|jeden|jedem|chaque|cada|ogni|elke|einem";
    int k = i, plural, next = 0, named = 0, some = term_is(x, i - 1, any);
    if (term_is(x, k, any)) some = 1, k++;
    if (term_is(x, k, "this|coming|next|kommenden|nachsten|diesen"))
        next = term_is(x, k, "next"), named = 1, k++;
    int d = when_weekday(x, k, &plural);
    if (!d) return 0;
    k++;
    if (term_is(x, k, "mornings|afternoons|evenings|nights|abends|morgens|vormittags|nachmittags"))
        plural = 1; /* of any week */
    struct when_read date = {.kind = WHEN_DAY};
    int j = k + break_is(x, k, ','), n = day_month(x, j, 0, &date);
    if (!n) n = month_first(x, j, &date);
    if (n && (date.kind == WHEN_STRETCH || date.day)) return *w = date, j + n - i;
    int second, other = joins(x, k, 1) ? when_weekday(x, k + 1, &second) : 0;
    if (plural || some || other) {
        w->kind = WHEN_WEEKDAY;
        w->lo = d;
        w->hi = other ? other : d;
        return k + (other ? 2 : 0) - i;
    }
    long long day = now / DAY, ahead_days = (d - 1 - (day + 3) % 7 + 7) % 7;
    if (ahead_days == 0) ahead_days = 7;
    if (next && (day + 3) % 7 + ahead_days < 7) ahead_days += 7; /* not the one of this week */
    stretch(w, (day + ahead_days) * DAY, (day + ahead_days + 1) * DAY, SCALE_DAY);
    w->future = 1;
    int part = narrowed(x, k, w);
    if (!named && !part) w->weekday = d;
    return k + part - i;
}

/* --- clocks */

/* "am", "pm", "p.m." at i: terms read; *pm. */
static int half_day(const struct terms *x, int i, int *pm) {
    *pm = term_is(x, i, "pm|p");
    if (term_is(x, i, "am|pm")) return 1;
    if (!term_is(x, i, "a|p") || !break_is(x, i + 1, '.') || !term_is(x, i + 2, "m")) return 0;
    return 3 + break_is(x, i + 3, '.');
}

/* Whether "18h" at i is a time of day: behind a preposition of time, and no short stretch. */
static int hour_lead(const struct terms *x, int i) {
    return value_at(x, i) >= 6 && term_is(x, i - 1,
                                          "a|avant|apres|des|vers|depuis|as|antes|depois|de|las|"
                                          "ate|alle|jusqua|vor|nach|um|ab|bis|partir");
}

/* "dopo le 18", "antes de las 9": an hour by its article alone. */
static int bare_hour(const struct terms *x, int i) {
    int end = i + 1 >= x->n || x->t[i + 1].kind == TERM_BREAK || term_is(x, i + 1, x->g->ends);
    if (x->g == &grammar_en || !end) return 0;
    if (term_is(x, i - 1, "alle|dalle")) return 1;
    return term_is(x, i - 1, "le|delle|las|das|as") &&
           term_is(x, i - 2, "dopo|prima|entro|a|de|despues|antes|desde|hasta|depois|ate");
}

static int clock_at(const struct terms *x, int i, double *hours) {
    int k = i + 1, n, pm, minutes = 0, sure = 0;
    if (i >= x->n || x->t[i].kind != TERM_NUMBER || x->t[i].number > 24) return 0;
    double h = x->t[i].number;
    if (break_is(x, k, ':') && !x->t[k].space && is_int(x, k + 1, 0, 59) &&
        bytes_at(x, k + 1) == 2 && h == floor(h)) {
        minutes = value_at(x, k + 1);
        sure = 1, k += 2;
    } else if (h != floor(h)) { /* "20.30 Uhr" */
        if (!term_is(x, k, "uhr|pm|am|uur")) return 0;
        minutes = (int)lround((h - floor(h)) * 100);
        h = floor(h);
    }
    if ((n = half_day(x, k, &pm)) != 0 && h <= 12) {
        h = fmod(h, 12) + 12 * pm;
        k += n, sure = 1;
    } else if (!sure && h == floor(h) && bare_hour(x, i)) {
        sure = 1;
    } else if (term_is(x, k, "uhr|oclock|uur|hrs") &&
               (sure || !term_is(x, k, "uur|hrs") || term_is(x, i - 1, "voor|na|om|vanaf|tegen"))) {
        k++, sure = 1;
        if (is_int(x, k, 1, 59) && bytes_at(x, k) == 2) minutes = value_at(x, k), k++;
    } else if (term_is(x, k, "h") && !x->t[k].space && hour_lead(x, i)) {
        k++, sure = 1;
        if (is_int(x, k, 0, 59) && !x->t[k].space) minutes = value_at(x, k), k++;
    }
    *hours = h + minutes / 60.0;
    return sure ? k - i : 0;
}

static int clock_read(const struct terms *x, int i, int between, struct when_read *w) {
    double h, last = 0;
    int n = clock_at(x, i, &h), k = i + n, m = 0;
    if (!n && is_int(x, i, 0, 24) && joins(x, i + 1, between)) { /* "6 to 9 pm" */
        m = clock_at(x, i + 2, &last);
        if (!m) return 0;
        h = value_at(x, i);
        if (last > 12 && h < 12 && h + 12 <= last) h += 12;
        k = i + 2 + m;
    } else if (!n) {
        return 0;
    } else if (joins(x, k, between)) {
        m = clock_at(x, k + 1, &last);
        if (m) k += 1 + m;
    }
    w->kind = WHEN_CLOCK;
    w->scale = SCALE_CLOCK;
    w->lo = (int)lround(h * 3600);
    w->hi = m ? (int)lround(last * 3600) + 60 : w->lo + 60;
    w->range = m > 0;
    return k - i;
}

/* --- all of them */

static int single_read(const struct terms *x, int i, int between, long long now,
                       struct when_read *w) {
    int n;
    *w = (struct when_read){.at = i};
    if ((n = phrase_read(x, i, now, w)) || (n = weekday_read(x, i, now, w)) ||
        (n = figures_read(x, i, w)) || (n = day_month(x, i, between, w)) ||
        (n = month_first(x, i, w)) || (n = clock_read(x, i, between, w)) ||
        (n = decade_read(x, i, w)) || (n = year_read(x, i, w)))
        w->end = i + n;
    if (n && w->scale == SCALE_YEAR && !w->plain && is_age(x, i)) return 0;
    return n;
}

/* Joins the second date of a range to the first. */
static int join(struct when_read *a, const struct when_read *b) {
    if (a->kind == WHEN_DAY && b->kind == WHEN_STRETCH && a->month) {
        int year, month, day;
        civil_of(b->from / DAY, &year, &month, &day);
        set_days(a, a->month, a->day, a->month, a->day, year);
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
    if (!joins(x, k, between)) return 1;
    int dash = x->t[k].kind == TERM_DASH;
    k++;
    if (out->plain && dash && is_int(x, k, 0, 99) && bytes_at(x, k) == 2) { /* "1990-95" */
        int year, month, day;
        civil_of(out->from / DAY, &year, &month, &day);
        int last = year / 100 * 100 + value_at(x, k);
        if (last <= year) return 1;
        years(out, year, last);
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
        set_days(&t, w->month, w->day, w->month, w->day, y);
        if (over || w->last_month != w->month || w->last_day != w->day) {
            struct when_read end = *w;
            set_days(&end, w->last_month, w->last_day, w->last_month, w->last_day, y + over);
            t.to = end.to;
        }
        int outside = !isnan(lo) && ((double)t.to <= lo || (double)t.from > hi);
        int wrong = past ? t.from > now : t.to <= now;
        double cost = fabs((double)(t.from - now)) + outside * 1e12 + wrong * 1e10;
        if (cost < best_cost) best_cost = cost, best = t;
    }
    *w = best;
}
