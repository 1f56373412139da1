/* Dates: the calendar, and the forms that people and programs write. */
#include "server/value/date.h"
#include "server/value/words.h"

#include <math.h>
#include <string.h>

enum { YEAR_MIN = 1000, YEAR_MAX = 2999, DATE_BYTES = 100 };

/* --- the calendar */

long long days_of(int year, int month, int day) {
    long long y = (long long)year - (month <= 2);
    long long era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
    long long of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void civil_of(long long days, int *year, int *month, int *day) {
    days += 719468;
    long long era = (days >= 0 ? days : days - 146096) / 146097, of_era = days - era * 146097;
    long long y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    long long of_year = of_era - (365 * y + y / 4 - y / 100), m = (5 * of_year + 2) / 153;
    *day = (int)(of_year - (153 * m + 2) / 5 + 1);
    *month = (int)(m < 10 ? m + 3 : m - 9);
    *year = (int)(y + era * 400 + (*month <= 2));
}

static int month_days(int year, int month) {
    static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

static int good_date(const struct civil *d) {
    if (d->year < YEAR_MIN || d->year > YEAR_MAX) return 0;
    if (d->month && (d->month < 1 || d->month > 12)) return 0;
    return !d->day || (d->month && d->day >= 1 && d->day <= month_days(d->year, d->month));
}

static void stretch_of(const struct civil *d, struct when *out) {
    int month = d->month ? d->month : 1, day = d->day ? d->day : 1;
    out->has_clock = d->clock > 0;
    out->from = days_of(d->year, month, day) * 86400 + d->seconds - d->offset;
    if (d->clock)
        out->to = out->from + d->clock;
    else if (d->day)
        out->to = out->from + 86400;
    else if (d->month)
        out->to = days_of(d->year, month, 1) * 86400 + 86400ll * month_days(d->year, month);
    else
        out->to = days_of(d->year + 1, 1, 1) * 86400;
}

/* --- reading the folded text */

int date_number(struct date_cursor *c, int max, int *out) {
    int n = 0, x = 0;
    while (n < max && c->p[n] >= '0' && c->p[n] <= '9') x = x * 10 + (c->p[n++] - '0');
    if (n == 0 || (c->p[n] >= '0' && c->p[n] <= '9')) return 0;
    c->p += n;
    *out = x;
    return n;
}

struct view date_word(const struct date_cursor *c) {
    size_t n = 0;
    for (; c->p[n]; n++) {
        unsigned char b = (unsigned char)c->p[n];
        int hyphen = b == '-' && n && strncmp(c->p + n, "-feira", 6) == 0;
        if (!((b >= 'a' && b <= 'z') || b >= 0x80 || hyphen)) break;
    }
    return (struct view){c->p, n};
}

int date_take(struct date_cursor *c, const char *text) {
    size_t n = strlen(text);
    if (strncmp(c->p, text, n) != 0) return 0;
    c->p += n;
    return 1;
}

int date_take_word(struct date_cursor *c, const char *const *any, size_t n) {
    struct view w = date_word(c);
    for (size_t i = 0; i < n; i++)
        if (view_eq_str(w, any[i])) {
            c->p += w.n;
            return 1;
        }
    return 0;
}

void date_spaces(struct date_cursor *c) {
    while (*c->p == ' ') c->p++;
}

/* "Friday, ", "le ", "am Fr. den ". */
static void skip_front(struct date_cursor *c) {
    static const char *const front[] = {"le", "el",  "den", "der", "am", "on", "il",
                                        "op", "the", "em",  "dem", "al", "du", "mo",
                                        "di", "mi",  "do",  "fr",  "sa", "so"};
    for (int k = 0; k < 4; k++) {
        struct view w = date_word(c);
        if (weekday_named(w))
            c->p += w.n;
        else if (!date_take_word(c, front, COUNT(front)))
            return;
        date_take(c, ".");
        date_take(c, ",");
        date_spaces(c);
    }
}

/* What stands between day, month and year in words. */
static void skip_between(struct date_cursor *c) {
    static const char *const words[] = {"de", "of", "del", "di", "do", "da"};
    for (;;) {
        const char *from = c->p;
        date_spaces(c);
        if (*c->p == ',' || *c->p == '.') c->p++;
        (void)date_take_word(c, words, COUNT(words));
        if (c->p == from) return;
    }
}

static void skip_ordinal(struct date_cursor *c) {
    static const char *const ends[] = {"st", "nd", "rd", "th",  "er", "re",
                                       "e",  "o",  "a",  "ste", "de"};
    (void)date_take_word(c, ends, COUNT(ends));
}

static int take_month(struct date_cursor *c, int *month) {
    struct view w = date_word(c);
    *month = month_named(w);
    if (!*month) return 0;
    c->p += w.n;
    date_take(c, ".");
    return 1;
}

static int full_year(int year, int digits) {
    return digits == 4 ? year : year + (year < 70 ? 2000 : 1900);
}

/* A year of four digits, or of two behind the same mark as before it or an apostrophe. */
static int take_year(struct date_cursor *c, char mark, struct civil *d) {
    int year, short_year = mark == '-' || mark == '/' || date_take(c, "'");
    int n = date_number(c, 4, &year);
    if (n != 4 && !(n == 2 && short_year)) return 0;
    d->year = full_year(year, n);
    return 1;
}

/* --- forms */

/* Three numbers with one mark between them, no year first: which is the day. */
static int day_and_month(int a, int b, char mark, enum date_order order, struct civil *d) {
    int dmy = a >= 1 && a <= 31 && b >= 1 && b <= 12, mdy = b >= 1 && b <= 31 && a >= 1 && a <= 12;
    if (dmy && mdy && a != b && mark != '.') {
        if (order != DATE_DMY && order != DATE_MDY) return 0;
        dmy = order == DATE_DMY;
    }
    if (!dmy && !mdy) return 0;
    d->day = dmy ? a : b;
    d->month = dmy ? b : a;
    return 1;
}

/* Behind a first number of one or two digits and its mark. */
static int read_numeric(struct date_cursor *c, int first, char mark, enum date_order order,
                        struct civil *d) {
    int second, third, n = date_number(c, 4, &second);
    if (n == 4) { /* 09/2021 */
        *d = (struct civil){.year = second, .month = first};
        return first >= 1;
    }
    if (n < 1 || n > 2) return 0;
    if (*c->p != mark) return 0;
    c->p++;
    if (mark == '.') date_spaces(c);
    int digits = date_number(c, 4, &third);
    if (digits == 2 && order == DATE_YMD) {
        *d = (struct civil){.year = full_year(first, 2), .month = second, .day = third};
        return second >= 1 && third >= 1;
    }
    if (digits != 4 && digits != 2) return 0;
    d->year = full_year(third, digits);
    return day_and_month(first, second, mark, order, d);
}

/* Behind a year of four digits. */
static int read_year_first(struct date_cursor *c, struct civil *d) {
    char mark = *c->p;
    if (date_take(c, "\xe5\xb9\xb4") || date_take(c, "\xeb\x85\x84")) { /* 年 and the Korean one */
        date_spaces(c);
        if (!date_number(c, 2, &d->month)) return *c->p == 0;
        if (d->month == 0) return 0;
        if (!date_take(c, "\xe6\x9c\x88") && !date_take(c, "\xec\x9b\x94")) return 0;
        date_spaces(c);
        if (!date_number(c, 2, &d->day)) return *c->p == 0;
        return d->day && (date_take(c, "\xe6\x97\xa5") || date_take(c, "\xec\x9d\xbc"));
    }
    if (mark == ' ' || mark == ',') skip_between(c);
    if (take_month(c, &d->month)) {
        skip_between(c);
        return date_number(c, 2, &d->day) && d->day;
    }
    if (mark != '-' && mark != '/' && mark != '.') return mark == 0;
    c->p++;
    if (take_month(c, &d->month)) return date_take(c, "-") && date_number(c, 2, &d->day) && d->day;
    if (!date_number(c, 2, &d->month) || d->month == 0) return 0;
    if (*c->p != mark) return mark != '.';
    c->p++;
    return date_number(c, 2, &d->day) && d->day;
}

/* Behind a day: "3rd of October, 2026", "25-Sep-2021". */
static int read_day_first(struct date_cursor *c, int day, struct civil *d) {
    skip_ordinal(c);
    char mark = *c->p;
    if (mark == '-' || mark == '/') c->p++;
    skip_between(c);
    if (!take_month(c, &d->month)) return 0;
    if (mark == '-' || mark == '/') date_take(c, mark == '-' ? "-" : "/");
    skip_between(c);
    d->day = day;
    return day >= 1 && take_year(c, mark, d);
}

/* Behind a month: "October 2026", "Oct 3rd, 2026", "Oct 3 18:20:00 +0200 2026". */
static int read_month_first(struct date_cursor *c, struct civil *d) {
    char mark = *c->p == '-' || *c->p == '/' ? *c->p : 0;
    int number;
    if (mark) c->p++;
    skip_between(c);
    int n = date_number(c, 4, &number);
    if (n == 4) {
        d->year = number;
        return 1;
    }
    if (n < 1 || n > 2 || number == 0) return 0;
    d->day = number;
    skip_ordinal(c);
    if (mark) date_take(c, mark == '-' ? "-" : "/");
    skip_between(c);
    struct date_cursor save = *c;
    if (take_year(c, mark, d) && *c->p != ':') return 1;
    *c = save;
    if (!date_clock(c, d)) return 0;
    date_zone(c, &d->offset);
    return take_year(c, 0, d);
}

static int read_date(struct date_cursor *c, enum date_order order, struct civil *d) {
    struct date_cursor save;
    int number;
    skip_front(c);
    if (take_month(c, &d->month)) return read_month_first(c, d);
    int n = date_number(c, 4, &number);
    if (n == 4) {
        d->year = number;
        return read_year_first(c, d);
    }
    if (n < 1 || n > 2) return 0;
    save = *c;
    char mark = *c->p;
    if (mark == '/' || mark == '-' || mark == '.') {
        c->p++;
        if (mark == '.') date_spaces(c);
        if (*c->p >= '0' && *c->p <= '9') return read_numeric(c, number, mark, order, d);
    }
    *c = save;
    return read_day_first(c, number, d);
}

/* "2026-09-03T18:20" without its marks: eight digits, or with a clock twelve or fourteen. */
static int read_compact(const char *p, int digits, struct civil *d) {
    int part[6] = {0, 1, 1, 0, 0, 0}, n = 0;
    for (int i = 0, at = 0; at < digits && i < 6; i++, n++) {
        int width = i ? 2 : 4;
        part[i] = 0;
        for (int k = 0; k < width; k++) part[i] = part[i] * 10 + (p[at++] - '0');
    }
    *d = (struct civil){.year = part[0], .month = part[1], .day = n > 2 ? part[2] : 0};
    if (n > 3) {
        d->seconds = part[3] * 3600 + part[4] * 60 + part[5];
        d->clock = n > 5 ? 1 : 60;
    }
    return part[1] >= 1 && part[2] >= 1 && part[3] < 24 && part[4] < 60 && part[5] < 60 &&
           good_date(d);
}

/* --- numbers alone */

static int recent(const struct civil *d) {
    return d->year >= 1900 && d->year <= 2100;
}

static void set_second(struct when *out, double seconds) {
    out->from = (long long)floor(seconds);
    out->to = out->from + 1;
    out->has_clock = 1;
}

/* digits with an optional fraction: a year, a compact date, or a count since 1970. */
static int read_count(const char *t, struct when *out) {
    struct civil d;
    double x;
    int minus = t[0] == '-', n = 0;
    const char *p = t + minus;
    while (p[n] >= '0' && p[n] <= '9') n++;
    size_t fraction = strspn(p + n + (p[n] == '.'), "0123456789");
    int whole = strspn(p + n + (p[n] == '.'), "0") == fraction;
    if (n == 0 || p[n + (p[n] == '.') + (int)fraction] || !view_double(view_of(t), &x)) return 0;
    int is_date = !minus && whole && (n == 4 || n == 6 || n == 8 || n == 12 || n == 14);
    if (is_date && n == 4) {
        d = (struct civil){.year = (int)x};
        is_date = good_date(&d);
    } else if (is_date)
        is_date = read_compact(p, n, &d) && (n != 6 || recent(&d)) && (n != 12 || recent(&d));
    if (is_date) {
        stretch_of(&d, out);
        return 1;
    }
    if (!minus && n == 14) return 0;
    if (n < 9 || n == 15 || n == 17 || n == 18 || n > 19) return 0;
    double unit = n <= 11 ? 1 : n <= 13 ? 1e3 : n <= 16 ? 1e6 : 1e9;
    set_second(out, x / unit);
    return 1;
}

/* "1.632564e+09", as programs write large numbers. */
static int read_exponent(struct view t, struct when *out) {
    double x;
    if (!memchr(t.p, 'e', t.n) || !view_double(t, &x) || fabs(x) < 1e8 || fabs(x) >= 1e17) return 0;
    set_second(out, fabs(x) < 1e11 ? x : fabs(x) < 1e14 ? x / 1e3 : x / 1e6);
    return 1;
}

/* --- the whole */

static int compact_with_clock(struct date_cursor *c, struct civil *d) {
    size_t n = strspn(c->p, "0123456789");
    if (n != 8 || (c->p[8] != 't' && c->p[8] != ' ') || !read_compact(c->p, 8, d)) return 0;
    c->p += 8;
    return 1;
}

int date_parse(struct view text, enum date_order order, struct when *out) {
    char fold[DATE_BYTES + 28];
    text = view_trim(text);
    if (text.n == 0 || text.n > DATE_BYTES) return 0;
    size_t n = word_fold(text, fold, sizeof fold);
    struct view t = view_trim((struct view){fold, n});
    fold[(size_t)(t.p - fold) + t.n] = 0;
    if (memchr(t.p, 0, t.n)) return 0;
    if (read_count(t.p, out) || read_exponent(t, out)) return 1;
    struct date_cursor c = {t.p};
    struct civil d = {0};
    if (!compact_with_clock(&c, &d) && !read_date(&c, order, &d)) return 0;
    if (!date_clock_behind(&c, &d) || !good_date(&d)) return 0;
    stretch_of(&d, out);
    return 1;
}

/* --- columns */

/* Only three numbers with slashes or hyphens, the year last, leave the order open. */
void date_order_add(struct order_count *c, struct view cell) {
    char fold[DATE_BYTES];
    int a, b;
    cell = view_trim(cell);
    if (!cell.n || (!memchr(cell.p, '/', cell.n) && !memchr(cell.p, '-', cell.n))) return;
    (void)word_fold(view_sub(cell, 0, 40), fold, sizeof fold);
    struct date_cursor at = {fold};
    skip_front(&at);
    if (!date_number(&at, 2, &a)) return;
    char mark = *at.p;
    if ((mark != '/' && mark != '-') || !date_take(&at, mark == '/' ? "/" : "-")) return;
    if (!date_number(&at, 2, &b) || *at.p != mark || a < 1 || b < 1) return;
    if (a > 12 && a <= 31 && b <= 12) c->dmy++;
    if (b > 12 && b <= 31 && a <= 12) c->mdy++;
    if (a <= 12 && b <= 12 && a != b) c->either++;
}

enum date_order date_order_decide(const struct order_count *c) {
    return c->dmy > c->mdy ? DATE_DMY : c->mdy > c->dmy ? DATE_MDY : DATE_ANY;
}
