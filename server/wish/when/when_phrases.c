/* Dates that are named: "tomorrow", "the next two weeks", "next Friday evening". */
#include "server/wish/when/when_parts.h"
#include "server/value/value.h"
#include "server/wish/when/amount.h"

enum { DAY = 86400, FEW = 3 };

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
        when_stretch(w, sign > 0 ? now : now - span, sign > 0 ? now + span : now + 1, SCALE_CLOCK);
    else if (sign > 0)
        when_stretch(w, today, today + span + DAY, SCALE_DAY);
    else
        when_stretch(w, today - span, now + 1, SCALE_DAY);
    w->future = sign > 0;
    w->window = 1;
    return a.to - i;
}

/* Narrows a day to the part of it that is named behind; terms read. */
int when_narrowed(const struct terms *x, int i, struct when_read *w) {
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
    when_stretch(w, day, day + DAY, SCALE_DAY);
    w->future = days >= 0;
    return when_narrowed(x, i, w);
}

static void clock_part(struct when_read *w, int part) {
    w->kind = WHEN_CLOCK;
    w->scale = SCALE_CLOCK;
    when_part_hours(part, &w->lo, &w->hi);
    if (w->hi > DAY) w->hi = DAY;
}

static void week(struct when_read *w, long long monday, int weeks) {
    monday += (long long)weeks * 7 * DAY;
    when_stretch(w, monday, monday + 7 * DAY, SCALE_WEEK);
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
        when_month_stretch(w, year, month);
        w->from = w->to - 7 * DAY;
    } else {
        when_month_stretch(w, year, 12);
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
        when_stretch(w, day * DAY + w->lo,
                     day * DAY + w->hi + (p->name == WHEN_EVENING ? 4 * 3600 : 0), SCALE_CLOCK);
        w->future = 1;
        return 0;
    case WHEN_WEEKEND: weekend(w, monday, p->value); return 0;
    case WHEN_WEEK: week(w, monday, p->value); return 0;
    case WHEN_MONTH_OF:
        when_month_stretch(w, year, month + p->value);
        w->future = p->value >= 0;
        return 0;
    case WHEN_YEAR_OF: when_years(w, year + p->value, year + p->value); return 0;
    case WHEN_AHEAD: n = ahead(x, k, p->value, now, w); return n ? n : -1;
    case WHEN_DECADE: when_years(w, p->value, p->value + 9); return term_is(x, k, "jahre|jahren");
    case WHEN_NOON:
        w->kind = WHEN_CLOCK;
        w->lo = p->value * 3600;
        w->hi = w->lo + 60;
        return 0;
    case WHEN_DAY_PART: clock_part(w, p->value); return 0;
    case WHEN_HOLIDAY:
        when_set_days(w, p->value / 100, p->value % 100, p->value / 100, p->value % 100, 0);
        return 0;
    case WHEN_END_OF: end_of(w, p->value, monday, year, month); return 0;
    case WHEN_DAYS:
        when_stretch(w, (day + p->value / 10) * DAY, (day + p->value / 10 + p->value % 10) * DAY,
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

int when_phrase_read(const struct terms *x, int i, long long now, struct when_read *w) {
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

/* "Friday", "next Friday evening", "Friday, 12 December", "Sundays", "a Sunday"; terms read. */
int when_weekday_read(const struct terms *x, int i, long long now, struct when_read *w) {
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
    int j = k + term_break(x, k, ','), n = when_day_month(x, j, 0, &date);
    if (!n) n = when_month_first(x, j, &date);
    if (n && (date.kind == WHEN_STRETCH || date.day)) return *w = date, j + n - i;
    int second, other = when_joins(x, k, 1) ? when_weekday(x, k + 1, &second) : 0;
    if (plural || some || other) {
        w->kind = WHEN_WEEKDAY;
        w->lo = d;
        w->hi = other ? other : d;
        return k + (other ? 2 : 0) - i;
    }
    long long day = now / DAY, ahead_days = (d - 1 - (day + 3) % 7 + 7) % 7;
    if (ahead_days == 0) ahead_days = 7;
    if (next && (day + 3) % 7 + ahead_days < 7) ahead_days += 7; /* not the one of this week */
    when_stretch(w, (day + ahead_days) * DAY, (day + ahead_days + 1) * DAY, SCALE_DAY);
    w->future = 1;
    int part = when_narrowed(x, k, w);
    if (!named && !part) w->weekday = d;
    return k + part - i;
}
