/* links: wish */
/* Wishes as clauses with constraints: what they are in words, what they say about items, what is
 * left of a clause, contradictions, faults. */
#include "server/wish/wish.h"
#include "tests/t.h"

#define NOW 1796040000 /* Monday 30 November 2026, 12:00 */

static const char *const horror[] = {"horror", "night-shift"}, *const comedy[] = {"comedy"},
                         *const nuts[] = {"tree nuts"}, *const safe[] = {"nut-free"};

static const struct item items[] = {
    {.row = 1,
     .id = "a",
     .title = "A",
     .text = "",
     .tags = horror,
     .n_tags = 2,
     .extra = "{\"price\":20,\"place\":\"Kestrel Bay\",\"pages\":300,\"bedrooms\":3,"
              "\"start\":\"2026-12-05T20:00\",\"runtime\":\"90 min\",\"weight\":\"2 kg\","
              "\"vegan\":true,\"players\":\"2-4\",\"stars\":4.5}"},
    {.row = 2,
     .id = "b",
     .title = "B",
     .text = "",
     .tags = comedy,
     .n_tags = 1,
     .extra = "{\"price\":499.5,\"place\":\"Old Mill\",\"pages\":120,\"bedrooms\":1,"
              "\"start\":\"2027-01-01T09:00\",\"runtime\":\"120 min\",\"weight\":\"0.3 kg\","
              "\"vegan\":false,\"players\":\"1\",\"stars\":3}"},
    {.row = 3,
     .id = "c",
     .title = "C",
     .text = "",
     .tags = nuts,
     .n_tags = 1,
     .extra = "{\"price\":500,\"place\":\"Kestrel Bay\",\"pages\":90,\"bedrooms\":2,"
              "\"start\":\"2026-12-08T00:00\",\"runtime\":\"45 min\",\"weight\":\"5 kg\","
              "\"vegan\":true,\"players\":\"5-10\",\"stars\":4}"},
    {.row = 4, .id = "d", .title = "D", .text = "", .tags = safe, .n_tags = 1, .extra = "{}"},
};

/* Outcomes are a letter an item: h holds, f fails, u unknown; limits are joined by ", ". */
static const struct {
    const char *wish, *limits, *outcomes;
} rows[] = {
    {"bike, nothing over 500", "price at most 500", "hhhu"},
    {"bike under 500", "price below 500", "hhfu"},
    {"a seat under 50", "price below 50", "hffu"},
    {"not under 500", "price at least 500", "ffhu"},
    {"between 20 and 499.50", "price from 20 to 499.5", "hhfu"},
    {"at least 2 bedrooms", "bedrooms at least 2", "hfhu"},
    {"books under 300 pages", "pages below 300", "fhhu"},
    {"rated above 4", "stars above 4", "hffu"},
    {"4 stars or more", "stars at least 4", "hfhu"},
    {"for at least 4 players", "players at least 4", "hfhu"},
    {"for 4 players", "players of 4", "hffu"},
    {"under 500 g", "weight below 0.5 kg", "fhfu"},
    {"no more than an hour and a half", "runtime at most 1 h 30 min", "hfhu"},
    {"before 8 December", "start before 8 December 2026", "hffu"},
    {"until 8 December 2026", "start until 8 December 2026", "hfhu"},
    {"from 6 December on", "start from 6 December 2026 on", "fhhu"},
    {"in January", "start in January", "fhfu"},
    {"on a Saturday", "start on a Saturday", "hffu"},
    {"not on a Saturday", "start not on a Saturday", "fhhu"},
    {"after 19:00", "start after 19:00", "hffu"},
    {"something without horror", "without horror (tags)", "fhhh"},
    {"no nuts", "without nuts (tags)", "hhfh"},
    {"vegan pizza", "vegan", "hfhu"},
    {"not vegan", "not vegan", "fhfu"},
    {"in Kestrel Bay", "Kestrel Bay (place)", "hfhu"},
    {"anything but Old Mill", "without Old Mill (place)", "hfhu"},
    {"h\xC3\xB6"
     "chstens 499,50 \xE2\x82\xAC",
     "price at most 499.5", "hhfu"},
    {"menos de 300 p\xC3\xA1ginas", "pages below 300", "fhhu"},
    /* None. */
    {"for children over 3", "", ""},
    {"a laptop with at least 16 GB of memory", "", ""},
    {"at least 20 square metres", "", ""},
    {"at least 3 balconies", "", ""},
    {"a woman in her 30s", "", ""},
    {"\"Under 500\"", "", ""},
    {"nothing beats horror", "", ""},
    {"published before 1990", "", ""},
    {"feel free to laugh", "", ""},
};

static void limits_of(const struct wish *w, const struct snapshot *s, struct arena *a, char *out,
                      size_t size) {
    size_t n = 0;
    out[0] = 0;
    for (int i = 0; i < w->n_constraints && n < size; i++) {
        const char *words;
        struct err e;
        GOOD(constraint_words(&w->constraint[i], s, a, &words, &e));
        n += (size_t)snprintf(out + n, size - n, "%s%s", i ? ", " : "", words);
    }
}

static void outcomes_of(const struct wish *w, const struct snapshot *s, char *out) {
    for (int k = 0; k < s->n && w->n_constraints; k++) {
        *out = 'h';
        for (int i = 0; i < w->n_constraints; i++) {
            enum outcome o = constraint_outcome(&w->constraint[i], s, k);
            if (o == OUTCOME_FAILS || *out == 'f')
                *out = 'f';
            else if (o == OUTCOME_UNKNOWN)
                *out = 'u';
        }
        out++;
    }
    *out = 0;
}

static void table(const struct snapshot *s) {
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena a;
        struct wish w;
        struct err e;
        char limits[400], outcomes[20];
        int before = t_failed;
        arena_init(&a, 1 << 20);
        GOOD(wish_read(view_of(rows[i].wish), s, NOW, &a, &w, &e));
        limits_of(&w, s, &a, limits, sizeof limits);
        outcomes_of(&w, s, outcomes);
        EQ_STR(limits, rows[i].limits);
        EQ_STR(outcomes, rows[i].outcomes);
        if (t_failed > before) printf("  for the wish '%s'\n", rows[i].wish);
        arena_free(&a);
    }
}

/* What is left for the model, and where the constraint's words stand. */
static void rests(const struct snapshot *s) {
    static const struct {
        const char *wish, *rest[3];
    } want[] = {
        {"bike, nothing over 500", {"bike", "", NULL}},
        {"a lamp below 50 in Old Mill", {"lamp", NULL, NULL}},
        {"quiet music, no horror", {"quiet music", "", NULL}},
        {"must be vegan", {"", NULL, NULL}},
        {"no gore", {"gore", NULL, NULL}},
    };
    for (size_t i = 0; i < COUNT(want); i++) {
        struct arena a;
        struct wish w;
        struct err e;
        arena_init(&a, 1 << 20);
        GOOD(wish_read(view_of(want[i].wish), s, NOW, &a, &w, &e));
        for (int k = 0; k < w.n_clauses && want[i].rest[k]; k++) {
            if (!view_eq_str(w.clause[k].rest, want[i].rest[k]))
                T_SAY("'%s': rest %d is '%.*s', want '%s'", want[i].wish, k,
                      (int)w.clause[k].rest.n, w.clause[k].rest.p, want[i].rest[k]);
            t_checks++;
        }
        arena_free(&a);
    }
}

/* Own clauses keep texts and signs; without a catalogue there are no constraints. */
static void own_clauses(const struct snapshot *s) {
    const struct clause own[] = {{VIEW("under 300 pages"), 1, 1, VIEW("")},
                                 {VIEW("films with horror"), -1, 0.7, VIEW("")},
                                 {VIEW("over 500"), -1, 0.7, VIEW("")}};
    struct arena a;
    struct wish w;
    struct err e;
    char limits[400];
    arena_init(&a, 1 << 20);
    GOOD(wish_read_clauses(own, 3, s, NOW, &a, &w, &e));
    EQ(w.n_clauses, 3);
    limits_of(&w, s, &a, limits, sizeof limits);
    EQ_STR(limits, "pages below 300, without horror (tags), price not above 500");
    EQ(w.constraint[1].clause, 1);
    EQ(w.constraint[1].negated, 1);
    OK(view_eq(w.clause[1].text, own[1].text) && w.clause[1].sign == -1);
    OK(view_eq_str(w.clause[0].rest, ""));
    GOOD(wish_read_clauses(own, 3, NULL, NOW, &a, &w, &e));
    EQ(w.n_constraints, 0);
    OK(view_eq(w.clause[0].rest, own[0].text));
    EQ(wish_read_clauses(own, CLAUSES_MAX + 1, s, NOW, &a, &w, &e), ST_LIMIT);
    arena_free(&a);
}

static void notes(const struct snapshot *s) {
    static const struct {
        const char *wish, *language;
        int notes, constraints;
    } want[] = {
        {"cheap but not cheap", "en", 1, 0},
        {"horror without horror", "en", 1, 0},
        {"over 50 and under 20", "en", 1, 0},
        {"between 500 and 100", "en", 1, 0},
        {"vegan but not vegan", "en", 1, 0},
        {"over 20 and under 50", "en", 0, 2},
        {"nicht \xC3\xBC"
         "ber 500 Euro, ohne horror",
         "de", 1, 2},
        {"sans horror", "fr", 1, 1},
        {"whodunit", "", 0, 0},
    };
    for (size_t i = 0; i < COUNT(want); i++) {
        struct arena a;
        struct wish w;
        struct err e;
        int before = t_failed;
        arena_init(&a, 1 << 20);
        GOOD(wish_read(view_of(want[i].wish), s, NOW, &a, &w, &e));
        EQ_STR(w.language, want[i].language);
        EQ(w.n_notes, want[i].notes);
        EQ(w.n_constraints, want[i].constraints);
        if (t_failed > before) printf("  for the wish '%s'\n", want[i].wish);
        arena_free(&a);
    }
}

static void faults(const struct snapshot *s) {
    static char big[CLAUSES_MAX_BYTES + 1];
    static const struct view wish = {"funny, no horror, under 500, in Old Mill, cheap, not cheap",
                                     58};
    struct arena a;
    struct wish w;
    struct err e;
    arena_init(&a, 1 << 20);
    memset(big, 'x', sizeof big);
    EQ(wish_read((struct view){big, sizeof big}, s, NOW, &a, &w, &e), ST_LIMIT);
    EQ(wish_read(VIEW("a\xFF"), s, NOW, &a, &w, &e), ST_BAD_INPUT);
    GOOD(wish_read(VIEW(""), s, NOW, &a, &w, &e));
    EQ(w.n_clauses, 0);
    arena_free(&a);
    for (size_t max = 0;; max += 64) { /* an arena that is full */
        arena_init(&a, max);
        enum status st = wish_read(wish, s, NOW, &a, &w, &e);
        arena_free(&a);
        if (st == ST_OK) break;
        EQ(st, ST_NO_MEMORY);
    }
}

int main(void) {
    struct catalog c = {.name = "wishes", .surface = "demo"};
    struct snapshot *s = NULL;
    struct err e;
    GOOD(snapshot_make(&s, &c, items, COUNT(items), NULL, &e));
    if (s) {
        table(s);
        rests(s);
        own_clauses(s);
        notes(s);
        faults(s);
    }
    snapshot_free(s);
    return t_end();
}
