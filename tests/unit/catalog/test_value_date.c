/* links: value */
/* Dates in every form that is read, and what is none. */
#include "kernels/base/os/clock.h"
#include "server/value/value.h"
#include "tests/t.h"

#include <stdlib.h>

enum { YEAR = -1, MONTH = -2 }; /* lengths that depend on the date; none are checked for 0 */
static const struct {
    const char *text;
    enum date_order order;
    const char *from; /* NULL: no date */
    long long length; /* seconds, YEAR, MONTH */
} dates[] = {
    {"1994", DATE_ANY, "1994-01-01T00:00:00Z", YEAR},
    {"1971.0", DATE_ANY, "1971-01-01T00:00:00Z", YEAR},
    {"1971.00", DATE_ANY, "1971-01-01T00:00:00Z", YEAR},
    {"１９９４", DATE_ANY, "1994-01-01T00:00:00Z", YEAR},
    {"19710514", DATE_ANY, "1971-05-14T00:00:00Z", 86400},
    {"19710514.0", DATE_ANY, "1971-05-14T00:00:00Z", 86400},
    {"199405", DATE_ANY, "1994-05-01T00:00:00Z", MONTH},
    {"20260903182000", DATE_ANY, "2026-09-03T18:20:00Z", 1},
    {"202609031820", DATE_ANY, "2026-09-03T18:20:00Z", 60},
    {"20260903T182000Z", DATE_ANY, NULL, 0},
    {"20260903T18:20:00Z", DATE_ANY, "2026-09-03T18:20:00Z", 1},
    {"2026-05", DATE_ANY, "2026-05-01T00:00:00Z", MONTH},
    {"2026/05", DATE_ANY, "2026-05-01T00:00:00Z", MONTH},
    {"05/2026", DATE_ANY, "2026-05-01T00:00:00Z", MONTH},
    {"2021-09-24", DATE_ANY, "2021-09-24T00:00:00Z", 86400},
    {"2021-9-5", DATE_ANY, "2021-09-05T00:00:00Z", 86400},
    {"2021/09/24", DATE_ANY, "2021-09-24T00:00:00Z", 86400},
    {"2021.09.24", DATE_ANY, "2021-09-24T00:00:00Z", 86400},
    {"2021–09–24", DATE_ANY, "2021-09-24T00:00:00Z", 86400},
    {"2026-10-03T18:20", DATE_ANY, "2026-10-03T18:20:00Z", 60},
    {"2026-10-03T18:20:30Z", DATE_ANY, "2026-10-03T18:20:30Z", 1},
    {"2026-10-03 18:20:30.123456", DATE_ANY, "2026-10-03T18:20:30Z", 1},
    {"2026-10-03T18:20:30.5+02:00", DATE_ANY, "2026-10-03T16:20:30Z", 1},
    {"2026-10-03T18:20:30-0530", DATE_ANY, "2026-10-03T23:50:30Z", 1},
    {"2026-10-03T24:00", DATE_ANY, "2026-10-04T00:00:00Z", 60},
    {"2026-10-03T23:59:60Z", DATE_ANY, "2026-10-03T23:59:59Z", 1},
    {"3 October 2026", DATE_ANY, "2026-10-03T00:00:00Z", 86400},
    {"3rd of October, 2026", DATE_ANY, "2026-10-03T00:00:00Z", 86400},
    {"Oct 3, 2026", DATE_ANY, "2026-10-03T00:00:00Z", 86400},
    {"October 3rd, 2026", DATE_ANY, "2026-10-03T00:00:00Z", 86400},
    {"September 24, 2021", DATE_ANY, "2021-09-24T00:00:00Z", 86400},
    {" September 24, 2021", DATE_ANY, "2021-09-24T00:00:00Z", 86400},
    {"Sept. 24 2021", DATE_ANY, "2021-09-24T00:00:00Z", 86400},
    {"24 Sep 2021", DATE_ANY, "2021-09-24T00:00:00Z", 86400},
    {"24-Sep-2021", DATE_ANY, "2021-09-24T00:00:00Z", 86400},
    {"24-Sep-21", DATE_ANY, "2021-09-24T00:00:00Z", 86400},
    {"01-Jan-1995", DATE_ANY, "1995-01-01T00:00:00Z", 86400},
    {"2021-Sep-24", DATE_ANY, "2021-09-24T00:00:00Z", 86400},
    {"2021 September 24", DATE_ANY, "2021-09-24T00:00:00Z", 86400},
    {"Jun 12 1998", DATE_ANY, "1998-06-12T00:00:00Z", 86400},
    {"October 2026", DATE_ANY, "2026-10-01T00:00:00Z", MONTH},
    {"Oktober 2026", DATE_ANY, "2026-10-01T00:00:00Z", MONTH},
    {"Feb 2024", DATE_ANY, "2024-02-01T00:00:00Z", 29 * 86400},
    {"Friday, 12 December 2026 at 20:00", DATE_ANY, "2026-12-12T20:00:00Z", 60},
    {"Sat 12 December 2026, 8 pm", DATE_ANY, "2026-12-12T20:00:00Z", 3600},
    {"12 December 2026 8:30 p.m.", DATE_ANY, "2026-12-12T20:30:00Z", 60},
    {"12 December 2026 12 am", DATE_ANY, "2026-12-12T00:00:00Z", 3600},
    {"12. Dezember 2026 um 20:00 Uhr", DATE_ANY, "2026-12-12T20:00:00Z", 60},
    {"Samstag, den 12. Dezember 2026, 20 Uhr", DATE_ANY, "2026-12-12T20:00:00Z", 3600},
    {"le 12 décembre 2026 à 20h30", DATE_ANY, "2026-12-12T20:30:00Z", 60},
    {"1er août 2024", DATE_ANY, "2024-08-01T00:00:00Z", 86400},
    {"24 de septiembre de 2021", DATE_ANY, "2021-09-24T00:00:00Z", 86400},
    {"3 de março de 2021", DATE_ANY, "2021-03-03T00:00:00Z", 86400},
    {"1º de maio de 2021", DATE_ANY, "2021-05-01T00:00:00Z", 86400},
    {"3 ottobre 2026", DATE_ANY, "2026-10-03T00:00:00Z", 86400},
    {"3 mei 2026", DATE_ANY, "2026-05-03T00:00:00Z", 86400},
    {"2021年9月24日", DATE_ANY, "2021-09-24T00:00:00Z", 86400},
    {"2021年9月", DATE_ANY, "2021-09-01T00:00:00Z", MONTH},
    {"2021年", DATE_ANY, "2021-01-01T00:00:00Z", YEAR},
    {"2021년 9월 24일", DATE_ANY, "2021-09-24T00:00:00Z", 86400},
    {"25.09.2021", DATE_ANY, "2021-09-25T00:00:00Z", 86400},
    {"3.10.2026", DATE_ANY, "2026-10-03T00:00:00Z", 86400},
    {"3. 10. 2026", DATE_ANY, "2026-10-03T00:00:00Z", 86400},
    {"3.10.26", DATE_ANY, "2026-10-03T00:00:00Z", 86400},
    {"3.10.71", DATE_ANY, "1971-10-03T00:00:00Z", 86400},
    {"25/09/2021", DATE_ANY, "2021-09-25T00:00:00Z", 86400},
    {"09/25/2021", DATE_ANY, "2021-09-25T00:00:00Z", 86400},
    {"04/05/2021", DATE_DMY, "2021-05-04T00:00:00Z", 86400},
    {"04/05/2021", DATE_MDY, "2021-04-05T00:00:00Z", 86400},
    {"04/05/2021", DATE_ANY, NULL, 0},
    {"05/05/2021", DATE_ANY, "2021-05-05T00:00:00Z", 86400},
    {"10/3/2026 18:20", DATE_MDY, "2026-10-03T18:20:00Z", 60},
    {"25/12/2021", DATE_MDY, "2021-12-25T00:00:00Z", 86400},
    {"26-10-03", DATE_YMD, "2026-10-03T00:00:00Z", 86400},
    {"Sat, 25 Sep 2021 10:00:00 GMT", DATE_ANY, "2021-09-25T10:00:00Z", 1},
    {"Sat, 25 Sep 2021 10:00:00 +0200", DATE_ANY, "2021-09-25T08:00:00Z", 1},
    {"25 Sep 2021 10:00 PDT", DATE_ANY, "2021-09-25T17:00:00Z", 60},
    {"Sat Sep 25 10:00:00 2021", DATE_ANY, "2021-09-25T10:00:00Z", 1},
    {"Sat Sep 25 2021 10:00:00 GMT+0200 (Central European Summer Time)", DATE_ANY,
     "2021-09-25T08:00:00Z", 1},
    {"Sat Sep 25 10:00:00 +0200 2021", DATE_ANY, "2021-09-25T08:00:00Z", 1},
    {"Sat Sep 25 10:00:00 UTC 2021", DATE_ANY, "2021-09-25T10:00:00Z", 1},
    {"Sat Sep 25 10:00:00 pm 2021", DATE_ANY, "2021-09-25T22:00:00Z", 1},
    {"25/Sep/2021:10:00:00 +0000", DATE_ANY, "2021-09-25T10:00:00Z", 1},
    {"881250949", DATE_ANY, "1997-12-04T15:55:49Z", 1},
    {"881250949.0", DATE_ANY, "1997-12-04T15:55:49Z", 1},
    {"1632564000", DATE_ANY, "2021-09-25T10:00:00Z", 1},
    {"1632564000.75", DATE_ANY, "2021-09-25T10:00:00Z", 1},
    {"1632564000000", DATE_ANY, "2021-09-25T10:00:00Z", 1},
    {"1588687728923", DATE_ANY, "2020-05-05T14:08:48Z", 1},
    {"883612800000", DATE_ANY, "1998-01-01T00:00:00Z", 1},
    {"1632564000000000", DATE_ANY, "2021-09-25T10:00:00Z", 1},
    {"1.632564e+09", DATE_ANY, "2021-09-25T10:00:00Z", 1},
    {"-315619200", DATE_ANY, "1960-01-01T00:00:00Z", 1},
    {"2000-02-29", DATE_ANY, "2000-02-29T00:00:00Z", 86400},
    {"2026-12", DATE_ANY, "2026-12-01T00:00:00Z", 31 * 86400},
    {"", DATE_ANY, NULL, 0},
    {"0", DATE_ANY, NULL, 0},
    {"12", DATE_ANY, NULL, 0},
    {"500", DATE_ANY, NULL, 0},
    {"0999", DATE_ANY, NULL, 0},
    {"3000", DATE_ANY, NULL, 0},
    {"1971.5", DATE_ANY, NULL, 0},
    {"12345", DATE_ANY, NULL, 0},
    {"19711514", DATE_ANY, NULL, 0},
    {"12345678", DATE_ANY, NULL, 0},
    {"2021-02-29", DATE_ANY, NULL, 0},
    {"2021-13-01", DATE_ANY, NULL, 0},
    {"2021-00-01", DATE_ANY, NULL, 0},
    {"2021-09-31", DATE_ANY, NULL, 0},
    {"31/09/2021", DATE_DMY, NULL, 0},
    {"32/01/2021", DATE_DMY, NULL, 0},
    {"2021/22", DATE_ANY, NULL, 0},
    {"1990-95", DATE_ANY, NULL, 0},
    {"1990s", DATE_ANY, NULL, 0},
    {"Sep-21", DATE_ANY, NULL, 0},
    {"3 October", DATE_ANY, NULL, 0},
    {"October", DATE_ANY, NULL, 0},
    {"Friday", DATE_ANY, NULL, 0},
    {"3 Octember 2026", DATE_ANY, NULL, 0},
    {"2021-09-24 25:00", DATE_ANY, NULL, 0},
    {"2021-09-24T10:61", DATE_ANY, NULL, 0},
    {"2021-09-24 and more", DATE_ANY, NULL, 0},
    {"in 1994", DATE_ANY, NULL, 0},
    {"1994 film", DATE_ANY, NULL, 0},
    {"1.5", DATE_ANY, NULL, 0},
    {"12:30", DATE_ANY, NULL, 0},
    {"555-1234", DATE_ANY, NULL, 0},
    {"+49 30 123456", DATE_ANY, NULL, 0},
    {"1-800-555", DATE_ANY, NULL, 0},
    {"978-3-16-148410-0", DATE_ANY, NULL, 0},
    {"NaN", DATE_ANY, NULL, 0},
    {"\xff\xfe", DATE_ANY, NULL, 0},
};

static long long length_of(const struct when *w) {
    long long n = w->to - w->from;
    return n == 365 * 86400ll || n == 366 * 86400ll ? YEAR : n;
}

static void table(void) {
    for (size_t i = 0; i < COUNT(dates); i++) {
        struct when w = {0};
        char from[CLOCK_TEXT];
        int found = date_parse(view_of(dates[i].text), dates[i].order, &w);
        if (found != (dates[i].from != NULL)) printf("'%s':\n", dates[i].text);
        EQ(found, dates[i].from != NULL);
        if (!found || !dates[i].from) continue;
        clock_format(w.from, from);
        if (strcmp(from, dates[i].from)) printf("'%s':\n", dates[i].text);
        EQ_STR(from, dates[i].from);
        long long n = length_of(&w), days = n / 86400;
        if (dates[i].length == MONTH)
            OK(days >= 28 && days <= 31 && n % 86400 == 0);
        else
            EQ(n, dates[i].length);
        EQ(w.has_clock, dates[i].length > 0 && dates[i].length < 86400);
    }
}

static void calendar(void) {
    static const int far[][3] = {{1, 1, 1},    {1000, 3, 1},  {1600, 2, 29}, {1969, 12, 31},
                                 {1970, 1, 1}, {2000, 2, 29}, {2999, 12, 31}};
    for (size_t i = 0; i < COUNT(far); i++) {
        int y, m, d;
        civil_of(days_of(far[i][0], far[i][1], far[i][2]), &y, &m, &d);
        OK(y == far[i][0] && m == far[i][1] && d == far[i][2]);
    }
    EQ(days_of(1970, 1, 1), 0);
    EQ(days_of(2026, 1, 1), 20454);
    int y, m, d;
    for (long long k = -200000; k < 400000; k += 97) {
        civil_of(k, &y, &m, &d);
        if (days_of(y, m, d) != k) T_SAY("day %lld comes back as another", k);
    }
}

static void names(void) {
    EQ(month_named(VIEW("december")), 12);
    EQ(month_named(VIEW("märz")), 3);
    EQ(month_named(VIEW("août")), 8);
    EQ(month_named(VIEW("enero")), 1);
    EQ(month_named(VIEW("maggio")), 5);
    EQ(month_named(VIEW("maart")), 3);
    EQ(month_named(VIEW("março")), 3);
    EQ(month_named(VIEW("monday")), 0);
    EQ(month_named(VIEW("")), 0);
    EQ(weekday_named(VIEW("monday")), 1);
    EQ(weekday_named(VIEW("sonntag")), 7);
    EQ(weekday_named(VIEW("vendredi")), 5);
    EQ(weekday_named(VIEW("miércoles")), 3);
    EQ(weekday_named(VIEW("sabato")), 6);
    EQ(weekday_named(VIEW("dinsdag")), 2);
    EQ(weekday_named(VIEW("quinta-feira")), 4);
    EQ(weekday_named(VIEW("may")), 0);
}

static enum date_order order_of(const char *const *cell, size_t n) {
    struct order_count c = {0};
    for (size_t i = 0; i < n; i++) date_order_add(&c, view_of(cell[i]));
    return date_order_decide(&c);
}

static void columns(void) {
    static const char *const dmy[] = {"04/05/2021", "25/09/2021", "2021-01-02"};
    static const char *const mdy[] = {"4/5/21", "9/25/21 10:00", ""};
    static const char *const open[] = {"04/05/2021", "01/02/2021", "x"};
    static const char *const other[] = {"2021-09-25", "25 Sep 2021", "25.09.2021"};
    EQ(order_of(dmy, COUNT(dmy)), DATE_DMY);
    EQ(order_of(mdy, COUNT(mdy)), DATE_MDY);
    EQ(order_of(open, COUNT(open)), DATE_ANY);
    EQ(order_of(other, COUNT(other)), DATE_ANY);
}

static void random_bytes(void) {
    static const char *const piece[] = {"2021",   "09", "3",  "24", "-",      "/",   ".",
                                        " ",      ":",  "T",  "Z",  "+02:00", "sep", "october",
                                        "monday", ",",  "pm", "at", "年",     "月",  "\xff",
                                        "13",     "(",  ")",  "e",  "'",      "–",   "th"};
    srand(13);
    for (int k = 0; k < 40000; k++) {
        char text[200];
        size_t n = 0;
        for (int i = rand() % 12; i > 0; i--) {
            const char *p = piece[(size_t)rand() % COUNT(piece)];
            memcpy(text + n, p, strlen(p));
            n += strlen(p);
        }
        if (k % 3 == 0)
            for (size_t i = 0; i < n; i++) text[i] = (char)rand();
        char *exact = malloc(n ? n : 1);
        memcpy(exact, text, n);
        struct order_count c = {0};
        struct when w;
        date_order_add(&c, (struct view){exact, n});
        if (date_parse((struct view){exact, n}, (enum date_order)(k % 4), &w) && w.to <= w.from)
            T_SAY("an empty stretch from '%.*s'", (int)n, exact);
        free(exact);
    }
}

int main(void) {
    table();
    calendar();
    names();
    columns();
    random_bytes();
    return t_end();
}
