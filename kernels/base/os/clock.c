/* Clocks and ISO 8601. */
#include "kernels/base/os/clock.h"

#include <stdio.h>
#include <time.h>

double clock_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

long long clock_unix(void) {
    return (long long)time(NULL);
}

/* Days since 1970-01-01 of a proleptic Gregorian date, by counting from March so that leap days
 * come last. */
static long long days_from_civil(long long y, int m, int d) {
    y -= m <= 2;
    long long era = (y >= 0 ? y : y - 399) / 400, yoe = y - era * 400;
    long long doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

/* Reads exactly n digits at *v; 1 on success. */
static int digits(struct view *v, size_t n, int *out) {
    if (v->n < n) return 0;
    int x = 0;
    for (size_t i = 0; i < n; i++) {
        if (v->p[i] < '0' || v->p[i] > '9') return 0;
        x = x * 10 + (v->p[i] - '0');
    }
    *out = x;
    *v = view_sub(*v, n, v->n);
    return 1;
}

static int skip(struct view *v, char c) {
    if (v->n == 0 || v->p[0] != c) return 0;
    *v = view_sub(*v, 1, v->n);
    return 1;
}

static int zone(struct view *v, int *seconds) {
    int h, m, sign = skip(v, '+') ? 1 : skip(v, '-') ? -1 : 0;
    if (!sign) {
        (void)skip(v, 'Z');
        return 1;
    }
    if (!digits(v, 2, &h) || (skip(v, ':'), !digits(v, 2, &m)) || h > 23 || m > 59) return 0;
    *seconds = sign * (h * 3600 + m * 60);
    return 1;
}

static int days_in_month(int y, int m) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    return m == 2 && leap ? 29 : days[m - 1];
}

/* YYYYMMDD, where that is a date of the years 1000 to 2999. */
static int compact_date(struct view *v, int *y, int *mo, int *d) {
    struct view at = *v;
    if (!digits(&at, 4, y) || !digits(&at, 2, mo) || !digits(&at, 2, d)) return 0;
    if (*y < 1000 || *y > 2999 || *mo < 1 || *mo > 12 || *d < 1 || *d > days_in_month(*y, *mo))
        return 0;
    if (at.n && at.p[0] != 'T' && at.p[0] != ' ') return 0;
    *v = at;
    return 1;
}

/* THH:MM[:SS[.fff]] or THHMM[SS[.fff]], and a zone. */
static int time_of_day(struct view *v, int *seconds) {
    int h, mi, s = 0, off = 0;
    if (!digits(v, 2, &h)) return 0;
    int marks = skip(v, ':');
    if (!digits(v, 2, &mi)) return 0;
    if (marks ? skip(v, ':') : v->n && v->p[0] >= '0' && v->p[0] <= '9')
        if (!digits(v, 2, &s)) return 0;
    if (skip(v, '.'))
        while (v->n && v->p[0] >= '0' && v->p[0] <= '9') *v = view_sub(*v, 1, v->n);
    if (h > 23 || mi > 59 || s > 60 || !zone(v, &off)) return 0;
    *seconds = h * 3600 + mi * 60 + s - off;
    return 1;
}

int clock_parse(struct view v, long long *out) {
    long long n;
    int y, mo = 1, d = 1, seconds = 0;
    if (!compact_date(&v, &y, &mo, &d)) {
        if (v.n != 4 && view_int(v, &n)) {
            *out = n;
            return n > -100000000000 && n < 300000000000;
        }
        mo = d = 1;
        if (!digits(&v, 4, &y)) return 0;
        if (skip(&v, '-') && (!digits(&v, 2, &mo) || mo < 1 || mo > 12)) return 0;
        if (skip(&v, '-') && (!digits(&v, 2, &d) || d < 1 || d > days_in_month(y, mo))) return 0;
    }
    if ((skip(&v, 'T') || skip(&v, ' ')) && !time_of_day(&v, &seconds)) return 0;
    if (v.n) return 0;
    *out = days_from_civil(y, mo, d) * 86400 + seconds;
    return 1;
}

void clock_format(long long unix_s, char out[CLOCK_TEXT]) {
    time_t t = (time_t)unix_s;
    struct tm tm;
    if (!gmtime_r(&t, &tm) || strftime(out, CLOCK_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        snprintf(out, CLOCK_TEXT, "?");
}

int clock_year(long long unix_s) {
    time_t t = (time_t)unix_s;
    struct tm tm;
    return gmtime_r(&t, &tm) ? tm.tm_year + 1900 : 0;
}
