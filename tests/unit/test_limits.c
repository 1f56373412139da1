/* links: rank */
/* Limits of clauses, and their check against items. */
#include "server/rank/checks.h"
#include "server/rank/surface.h"
#include "tests/t.h"

#include <math.h>
#include <string.h>

#define OPEN INFINITY

static const struct {
    enum limit_kind kind;
    const char *clause;
    double lo, hi;    /* lo > hi: no limit */
    const char *rest; /* "": nothing else is said */
} t[] = {
    {LIMIT_YEAR, "something funny from before 1960", -OPEN, 1959, "something funny"},
    {LIMIT_YEAR, "made in 1997", 1997, 1997, ""},
    {LIMIT_YEAR, "from before I was born in 1970", -OPEN, 1969, ""},
    {LIMIT_YEAR, "Eighties visions of the future", 1980, 1989, "visions of the future"},
    {LIMIT_YEAR, "1995 or newer", 1995, OPEN, ""},
    {LIMIT_YEAR, "out of the 1950s", 1950, 1959, ""},
    {LIMIT_YEAR, "in the '80s", 1980, 1989, ""},
    {LIMIT_YEAR, "not older than 1990", 1990, OPEN, ""},
    {LIMIT_YEAR, "older than 1970", -OPEN, 1969, ""},
    {LIMIT_YEAR, "nothing newer than the sixties", -OPEN, 1969, ""},
    {LIMIT_YEAR, "no later than 1985", -OPEN, 1985, ""},
    {LIMIT_YEAR, "filmed after 1980", 1981, OPEN, ""},
    {LIMIT_YEAR, "on or after 1990", 1990, OPEN, ""},
    {LIMIT_YEAR, "up to 1979", -OPEN, 1979, ""},
    {LIMIT_YEAR, "released between 1990 and 1995", 1990, 1995, ""},
    {LIMIT_YEAR, "1990-1995 comedies", 1990, 1995, "comedies"},
    {LIMIT_YEAR, "chases, the way they did it in the eighties", 1980, 1989,
     "chases, the way they did it"},
    {LIMIT_YEAR, "a glimpse of the year 2300", 1, 0, NULL},
    {LIMIT_YEAR, "for 12 people", 1, 0, NULL},
    {LIMIT_AMOUNT, "anything that pays 70,000 or more", 70000, OPEN, ""},
    {LIMIT_AMOUNT, "fifty at most", -OPEN, 50, ""},
    {LIMIT_AMOUNT, "below seventy-five", -OPEN, 74.999, ""},
    {LIMIT_AMOUNT, "thirty-five at the outside", -OPEN, 35, ""},
    {LIMIT_AMOUNT, "thirty on any single thing, not more", -OPEN, 30, ""},
    {LIMIT_AMOUNT, "costs no more than 50", -OPEN, 50, ""},
    {LIMIT_AMOUNT, "at least 60k", 60000, OPEN, ""},
    {LIMIT_AMOUNT, "under a hundred", -OPEN, 99.999, ""},
    {LIMIT_AMOUNT, "toys between 3 and 12.50", 3, 12.5, "toys"},
    {LIMIT_AMOUNT, "a present for a five-year-old", 1, 0, NULL},
    {LIMIT_AMOUNT, "two hours at most", 1, 0, NULL},
    {LIMIT_AMOUNT, "five o'clock or later", 1, 0, NULL},
    {LIMIT_AMOUNT, "seven samurai", 1, 0, NULL},
    {LIMIT_DATE, "on or after 1 September 2026", 20260901, OPEN, ""},
    {LIMIT_DATE, "published before July 2026", -OPEN, 20260700, ""},
    {LIMIT_DATE, "since March 3, 2026", 20260303, OPEN, ""},
    {LIMIT_DATE, "it may be late", 1, 0, NULL},
};

static void table(void) {
    for (size_t i = 0; i < COUNT(t); i++) {
        struct limit l;
        char rest[200];
        struct view v = view_of(t[i].clause);
        int found = limit_find(v, t[i].kind, &l), want = t[i].lo <= t[i].hi;
        if (found != want) printf("in '%s':\n", t[i].clause);
        EQ(found, want);
        if (!found || !want) continue;
        OK(l.lo == t[i].lo && (l.hi == t[i].hi || fabs(l.hi - t[i].hi) < 1e-6));
        EQ(limits_rest(v, &l, 1, rest), t[i].rest[0] != 0);
        if (t[i].rest[0]) EQ_STR(rest, t[i].rest);
    }
}

static void months(void) {
    struct limit l;
    EQ(limit_find(VIEW("put up in November"), LIMIT_DATE, &l), 1);
    EQ(l.month, 11);
    OK(limit_holds(&l, 20261105, 11) && !limit_holds(&l, 20261005, 10));
}

static void names(void) {
    struct limit l;
    OK(limit_names(VIEW("something in kestrel bay or Norrhavn"), "Kestrel Bay", &l));
    EQ(l.from, 13);
    EQ(l.to, 24);
    OK(!limit_names(VIEW("in Norrhavnish"), "Norrhavn", &l));
    OK(!limit_names(VIEW("good nights"), "nights", &l)); /* an everyday word is no name */
    OK(limit_names(VIEW("Part-time in spring"), "part-time", &l));
}

/* A clause against items of a surface with facts. */
static void checks(void) {
    static const char json[] =
        "{\"facts\":[{\"field\":\"year\",\"kind\":\"year\"},{\"field\":\"price\",\"kind\":\"amount\"},"
        "{\"field\":\"place\",\"kind\":\"name\"}]}";
    const struct item items[] = {
        {.id = "a", .has_time = 1, .time = 0, .extra = "{\"price\":20,\"place\":\"Ely\"}"},
        {.id = "b",
         .has_time = 1,
         .time = 900000000,
         .extra = "{\"price\":90.5,\"place\":\"Ash\"}"},
        {.id = "c", .extra = NULL},
    };
    static const struct {
        const char *clause, *text, *words;
        double value[3];
    } want[] = {
        {"a lamp below 50 in Ely", "a lamp", "price to 49.999, place as named", {4, -4, 0}},
        {"from the nineties", "", "year from 1990 to 1999", {-2, 2, 0}},
        {"in Ash or Ely", "", "place as named", {2, 2, 0}},
        {"quiet music", "quiet music", "", {0, 0, 0}},
    };
    struct surface s;
    struct arena a;
    struct err e;
    arena_init(&a, 16 << 20);
    GOOD(surface_parse(&s, VIEW("x"), view_of(json), &a, &e));
    for (size_t i = 0; i < COUNT(want); i++) {
        struct checks c;
        const char *words;
        GOOD(checks_find(&c, &s, view_of(want[i].clause), items, COUNT(items), &a, &e));
        OK(view_eq_str(c.text, want[i].text));
        GOOD(checks_words(&c, &a, &words, &e));
        EQ_STR(words, want[i].words);
        for (size_t k = 0; k < COUNT(items); k++)
            EQ((int)checks_value(&c, &items[k]), (int)want[i].value[k]);
    }
    EQ(surface_parse(&s, VIEW("x"), VIEW("{\"facts\":[{\"field\":\"price\",\"kind\":\"cost\"}]}"),
                     &a, &e),
       ST_INVALID);
    EQ_STR(e.field, "facts[0]");
    arena_free(&a);
}

int main(void) {
    table();
    months();
    names();
    checks();
    return t_end();
}
