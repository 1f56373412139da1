/* A typed field of an item in words. */
#include "server/catalog/snapshot.h"

#include "kernels/base/view.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Text with an end. */
struct out {
    char *p;
    size_t n, size;
};

/* Appends what fits, cut at a whole character. */
static void put(struct out *o, struct view v) {
    size_t room = o->size - 1 - o->n;
    if (v.n > room) {
        v.n = room;
        while (v.n && ((unsigned char)v.p[v.n] & 0xC0) == 0x80) v.n--;
    }
    memcpy(o->p + o->n, v.p, v.n);
    o->n += v.n;
    o->p[o->n] = 0;
}

static void put_text(struct out *o, const char *text) {
    put(o, view_of(text));
}

static void put_name(struct out *o, const char *words) {
    char first = words[0];
    if (first >= 'a' && first <= 'z') {
        first = (char)(first - 'a' + 'A');
        put(o, (struct view){&first, 1});
        words++;
    }
    put_text(o, words);
    put_text(o, ": ");
}

/* --- numbers */

static void put_number(struct out *o, double x) {
    char text[48];
    if (fabs(x) < 1e15 && x == floor(x))
        snprintf(text, sizeof text, "%.0f", x);
    else
        snprintf(text, sizeof text, "%.4g", x);
    put_text(o, text);
}

static void put_amount(struct out *o, double x) {
    char text[400];
    snprintf(text, sizeof text, x == floor(x) ? "%.0f" : "%.2f", x);
    put_text(o, text);
}

static const char *money_word(const char *code, double x) {
    static const char *const words[][3] = {
        {"EUR", "euro", "euros"},   {"USD", "dollar", "dollars"},
        {"GBP", "pound", "pounds"}, {"JPY", "yen", "yen"},
        {"INR", "rupee", "rupees"}, {"CHF", "Swiss franc", "Swiss francs"}};
    for (size_t i = 0; i < COUNT(words); i++)
        if (strcmp(words[i][0], code) == 0) return words[i][x == 1 ? 1 : 2];
    return code;
}

static void put_unit(struct out *o, const char *unit) {
    if (!unit[0]) return;
    if (unit[0] != '%') put_text(o, " ");
    put_text(o, unit);
}

static void put_range(struct out *o, const struct field *f, double lo, double hi) {
    const struct unit *unit = unit_named(f->unit);
    double scale = f->type == FIELD_TYPE_DURATION && unit ? unit->factor : 1;
    void (*number)(struct out *, double) = f->type == FIELD_TYPE_MONEY ? put_amount : put_number;
    number(o, lo / scale);
    if (hi > lo) {
        put_text(o, " to ");
        number(o, hi / scale);
    }
    put_unit(o, f->type == FIELD_TYPE_MONEY ? money_word(f->unit, hi) : f->unit);
}

/* --- dates */

static const char *const months[] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};
static const char *const days[] = {"Thursday", "Friday",  "Saturday", "Sunday",
                                   "Monday",   "Tuesday", "Wednesday"};

static long long day_of(double seconds) {
    return (long long)floor(seconds / 86400);
}

static void put_day(struct out *o, long long day) {
    char text[80];
    int year, month, date;
    civil_of(day, &year, &month, &date);
    snprintf(text, sizeof text, "%s %d %s %d", days[(day % 7 + 7) % 7], date, months[month - 1],
             year);
    put_text(o, text);
}

/* As exactly as it was written: a year, a month, a day, a day with its time, from day to day. */
static void put_date(struct out *o, double from, double until) {
    char text[40] = "";
    long long day = day_of(from);
    int year, month, date, s = (int)(from - (double)day * 86400);
    civil_of(day, &year, &month, &date);
    if (until == (double)days_of(year + 1, 1, 1) * 86400 && month == 1 && date == 1)
        snprintf(text, sizeof text, "%d", year);
    else if (until == (double)days_of(year + month / 12, month % 12 + 1, 1) * 86400 && date == 1)
        snprintf(text, sizeof text, "%s %d", months[month - 1], year);
    else
        put_day(o, day);
    if (!text[0] && until - from < 86400)
        snprintf(text, sizeof text, ", %02d:%02d", s / 3600, s / 60 % 60);
    put_text(o, text);
    if (!text[0] && until - from > 86400) {
        put_text(o, " to ");
        put_day(o, day_of(until - 1));
    }
}

/* --- any */

static void put_list(struct out *o, const char *const *list, int n) {
    for (int i = 0; i < n; i++) {
        if (i) put_text(o, ", ");
        put_text(o, list[i]);
    }
}

size_t field_words(const struct snapshot *s, int field, int item, char *out, size_t size) {
    const struct field *f = &s->field[field];
    struct out o = {out, 0, size};
    const char *text = f->text[item];
    double x = f->number ? f->number[item] : NAN, until = f->until ? f->until[item] : x;
    int n_list = f->n_list ? f->n_list[item] : 0;
    if (size == 0) return 0;
    out[0] = 0;
    if (isnan(x) && !text && n_list == 0) return 0;
    put_name(&o, f->words);
    if (n_list)
        put_list(&o, f->list[item], n_list);
    else if (isnan(x))
        put_text(&o, text);
    else if (f->type == FIELD_TYPE_FLAG)
        put_text(&o, x > 0 ? "yes" : "no");
    else if (f->type == FIELD_TYPE_DATE)
        put_date(&o, x, until);
    else if (f->type == FIELD_TYPE_MONEY && x == 0 && until == 0 && text && !strpbrk(text, "0"))
        put_text(&o, "free");
    else
        put_range(&o, f, x, until);
    return o.n;
}
