/* links: catalog */
/* Which type a column gets from all of its values. */
#include "server/catalog/snapshot.h"
#include "tests/t.h"

#include <math.h>
#include <stdlib.h>

enum { ITEMS = 12 };

/* A snapshot whose items have the given JSON texts as their further fields. */
static struct snapshot *make(const char *const *extra, int n) {
    struct item item[ITEMS] = {{0}};
    char id[ITEMS][8];
    struct catalog c = {.name = "c", .surface = "s"};
    struct snapshot *s = NULL;
    struct err e = {.text = ""};
    for (int i = 0; i < n; i++) {
        snprintf(id[i], sizeof id[i], "i%d", i);
        item[i] =
            (struct item){.row = i + 1, .id = id[i], .title = "t", .text = "", .extra = extra[i]};
    }
    GOOD(snapshot_make(&s, &c, item, n, NULL, &e));
    return s;
}

/* One column: its values as JSON, separated by '~'; "" is an item without it. */
static struct snapshot *column(const char *name, const char *values) {
    static char text[ITEMS][400];
    const char *extra[ITEMS];
    int n = 0;
    for (const char *p = values; n < ITEMS; n++) {
        size_t len = strcspn(p, "~");
        if (len)
            snprintf(text[n], sizeof text[n], "{\"%s\":%.*s}", name, (int)len, p);
        else
            strcpy(text[n], "{}");
        extra[n] = text[n];
        if (!p[len]) {
            n++;
            break;
        }
        p += len + 1;
    }
    return make(extra, n);
}

#define N FIELD_TYPE_NUMBER
#define M FIELD_TYPE_MONEY
#define D FIELD_TYPE_DATE
#define T FIELD_TYPE_DURATION
#define L FIELD_TYPE_LIST
#define F FIELD_TYPE_FLAG
#define X FIELD_TYPE_TEXT
#define DAY 86400.0
static const struct {
    const char *name, *values;
    enum field_type type;
    const char *unit, *words;
    int filled, unreadable;
    double lo, hi; /* both 0: not compared */
} t[] = {
    /* money */
    {"price", "149.0~35.0~420.0~19.5~88.0", M, "", "price", 5, 0, 19.5, 420},
    {"price", "\"149.00\"~\"35.00\"~\"420.00\"~\"19.50\"~\"88\"", M, "", "price", 5, 0, 19.5, 420},
    {"price", "\"$149.00\"~\"$35.00\"~\"$420.00\"~\"$19.50\"~\"$88\"", M, "USD", "price", 5, 0,
     19.5, 420},
    {"price", "\"1.299,00 €\"~\"38,50 €\"~\"5 €\"", M, "EUR", "price", 3, 0, 5, 1299},
    {"price_eur", "12~13.5~14", M, "EUR", "price", 3, 0, 12, 14},
    {"priceUSD", "12~13.5~14", M, "USD", "price", 3, 0, 12, 14},
    {"Preis (€)", "\"12,50\"~\"1.299,00\"", M, "EUR", "preis", 2, 0, 12.5, 1299},
    {"price", "\"€12\"~\"free\"~\"€7.50\"", M, "EUR", "price", 3, 0, 0, 12},
    {"ticket", "\"€12\"~\"gratis\"~\"€7.50\"", M, "EUR", "ticket", 3, 0, 0, 12},
    {"price", "{\"amount\":38,\"currency\":\"EUR\"}~{\"amount\":40.5,\"currency\":\"EUR\"}", M,
     "EUR", "price", 2, 0, 38, 40.5},
    {"salary", "\"$50,000 - $70,000\"~\"$45k\"~\"$60k-80k\"", M, "USD", "salary", 3, 0, 45000,
     80000},
    {"salary", "\"$50,000 per year\"~\"$45,000 per year\"", M, "USD", "salary", 2, 0, 45000, 50000},
    {"rent", "\"95 € / night\"~\"120 € / night\"~\"80 € / night\"", M, "EUR", "rent", 3, 0, 80,
     120},
    {"price", "\"$1\"~\"$2\"~\"$3\"~\"$4\"~\"$5\"~\"$6\"~\"$7\"~\"$8\"~\"$9\"~\"on request\"", M,
     "USD", "price", 10, 1, 1, 9},
    {"price", "\"$1\"~\"$2\"~\"ask\"~\"call\"", X, "", "price", 4, 0, 0, 0},
    {"price", "\"$5\"~\"$6\"~\"$7\"~\"$8\"~\"$9\"~\"$5\"~\"$6\"~\"$7\"~\"$8\"~\"€9\"", M, "USD",
     "price", 10, 1, 5, 9},
    {"price_level", "1~2~3", N, "", "price level", 3, 0, 1, 3},
    {"price", "\"12,450\"~\"3,200\"~\"900\"", M, "", "price", 3, 0, 900, 12450},
    {"Prix", "\"1 200 €\"~\"38,00 €\"", M, "EUR", "prix", 2, 0, 38, 1200},
    {"price", "\"1.299\"~\"2.499\"~\"899\"", M, "", "price", 3, 0, 899, 2499},
    {"price", "1.299~2.499~3.199", M, "", "price", 3, 0, 1.299, 3.199},
    {"price", "{\"amount\":1.299,\"currency\":\"EUR\"}", M, "EUR", "price", 1, 0, 1.299, 1.299},
    {"price", "\"from $49\"~\"From $1,250\"~\"$12\"", M, "USD", "price", 3, 0, 12, 1250},
    {"release_price", "1599~1799~1999", M, "", "release price", 3, 0, 1599, 1999},
    /* numbers and units */
    {"start", "1599~1799~1999", N, "", "start", 3, 0, 1599, 1999},
    {"opening_hours", "\"9-17\"~\"10-18\"", N, "", "opening hours", 2, 0, 9, 18},
    {"bedrooms", "1~4~0~3", N, "", "bedrooms", 4, 0, 0, 4},
    {"bedrooms", "1~0~1~1", N, "", "bedrooms", 4, 0, 0, 1},
    {"weight", "\"1.2 kg\"~\"800 g\"~\"2 kg\"", N, "kg", "weight", 3, 0, 0.8, 2},
    {"weight_kg", "1.2~0.8~2", N, "kg", "weight", 3, 0, 0.8, 2},
    {"weight_g", "120~80", N, "g", "weight", 2, 0, 80, 120},
    {"weight_kg", "\"800 g\"~\"1200 g\"~\"500 g\"", N, "g", "weight", 3, 0, 500, 1200},
    {"distance (km)", "5~12.5", N, "km", "distance", 2, 0, 5, 12.5},
    {"memory GB", "8~16", N, "GB", "memory", 2, 0, 8, 16},
    {"memory", "\"8GB\"~\"512 MB\"~\"16 GB\"", N, "GB", "memory", 3, 0, 0.512, 16},
    {"discount", "\"10%\"~\"25 %\"", N, "%", "discount", 2, 0, 10, 25},
    {"pages", "\"300 pages\"~\"412 pages\"~\"1 page\"", N, "pages", "pages", 3, 0, 1, 412},
    {"rooms", "\"3 bedrooms\"~\"1 bedroom\"~\"2 bedrooms\"", N, "bedrooms", "rooms", 3, 0, 1, 3},
    {"rating", "\"4.5/5\"~\"3/5\"~\"5/5\"", N, "", "rating", 3, 0, 3, 5},
    {"rating", "4.5~3~5", N, "", "rating", 3, 0, 3, 5},
    {"age", "\"3-5\"~\"6-12\"~\"8+\"", N, "", "age", 3, 0, 3, 12},
    {"size", "\"65 m²\"~\"80 m2\"~\"100 qm\"", N, "m²", "size", 3, 0, 65, 100},
    {"protein_g", "12~30", N, "g", "protein", 2, 0, 12, 30},
    {"calories", "250~400", N, "kcal", "calories", 2, 0, 250, 400},
    {"elevation_m", "120~3000", N, "m", "elevation", 2, 0, 120, 3000},
    {"plan_b", "12~30", N, "", "plan b", 2, 0, 12, 30},
    {"age_min", "3~6", N, "", "age min", 2, 0, 3, 6},
    {"games_won", "3~6", N, "", "games won", 2, 0, 3, 6},
    {"popularity_score", "\"1.204.311\"~\"12.450\"~\"87\"", N, "", "popularity score", 3, 0, 87,
     1204311},
    {"downloads", "\"10M+\"~\"500k+\"~\"1,000+\"", N, "", "downloads", 3, 0, 1000, 1e7},
    {"temperature", "\"-12 °C\"~\"30 °C\"", N, "°C", "temperature", 2, 0, -12, 30},
    {"n", "1e3~2.5~-7", N, "", "n", 3, 0, -7, 1000},
    /* durations, in seconds */
    {"duration_min", "90~120", T, "min", "duration", 2, 0, 5400, 7200},
    {"runtime", "90~120~101", T, "min", "runtime", 3, 0, 5400, 7200},
    {"runtime", "1~2~3", N, "", "runtime", 3, 0, 1, 3},
    {"length", "\"1h30\"~\"90 min\"~\"2 h 5 min\"", T, "min", "length", 3, 0, 5400, 7500},
    {"cookTime", "\"PT30M\"~\"PT1H15M\"", T, "min", "cook time", 2, 0, 1800, 4500},
    {"time_limit_s", "30~60", T, "s", "time limit", 2, 0, 30, 60},
    {"experience", "\"3 years\"~\"5+ years\"", T, "year", "experience", 2, 0, 3 * 31557600.0,
     5 * 31557600.0},
    {"duration", "90~120", N, "", "duration", 2, 0, 90, 120},
    {"duration", "\"2:05:00\"~\"0:45:10\"", T, "s", "duration", 2, 0, 2710, 7500},
    /* dates */
    {"year", "1971~1988~2004", D, "", "year", 3, 0, 365 * DAY, 12418 * DAY},
    {"year", "1971.0~1988.0~", D, "", "year", 2, 0, 365 * DAY, 6574 * DAY},
    {"release_year", "\"1971\"~\"1988\"", D, "", "release year", 2, 0, 365 * DAY, 6574 * DAY},
    {"starts", "\"2026-12-12T20:00\"~\"2026-12-13\"", D, "", "starts", 2, 0, 1797105600.0,
     1797120000.0},
    {"released", "\"September 25, 2021\"~\"25 Sep 2021\"~\"2021-9-5\"~\"Jun 12 1998\"", D, "",
     "released", 4, 0, 897609600.0, 1632528000.0},
    {"date_added", "\"25/09/2021\"~\"04/05/2021\"~\"01/02/2021\"", D, "", "date added", 3, 0,
     1612137600.0, 1632528000.0},
    {"startDate", "19710514~19881123", D, "", "start date", 2, 0, 498 * DAY, 6901 * DAY},
    {"published_at", "1632564000000~1588687728923", D, "", "published at", 2, 0, 1588687728.0,
     1632564000.0},
    {"created", "1632564000~1588687728", D, "", "created", 2, 0, 1588687728.0, 1632564000.0},
    {"day", "\"Friday\"~\"Saturday\"", X, "", "day", 2, 0, 0, 0},
    {"capacity", "1971~1988~2004", N, "", "capacity", 3, 0, 1971, 2004},
    {"visitors", "1632564000~1588687728", N, "", "visitors", 2, 0, 1588687728.0, 1632564000.0},
    {"posted", "\"04/05/2021\"~\"01/02/2021\"", X, "", "posted", 2, 0, 0, 0},
    {"when", "\"12 Dec 2026 - 14 Dec 2026\"~\"2026-12-12 to 2026-12-14\"~\"2026-12-12/2026-12-13\"",
     D, "", "when", 3, 0, 1797033600.0, 1797033600.0},
    {"when", "\"12 Dec 2026 - ?\"~\"14 Dec 2026 - 12 Dec 2026\"", X, "", "when", 2, 0, 0, 0},
    {"seasons", "\"1990-1995\"~\"2001-2004\"", N, "", "seasons", 2, 0, 1990, 2004},
    {"released", "1971~1988", D, "", "released", 2, 0, 365 * DAY, 6574 * DAY},
    {"founded", "\"1802\"~\"1988\"", D, "", "founded", 2, 0, -61361 * DAY, 6574 * DAY},
    /* flags */
    {"vegan", "true~false~true", F, "", "vegan", 3, 0, 0, 1},
    {"vegan", "true~true", F, "", "vegan", 2, 0, 1, 1},
    {"isRemote", "\"yes\"~\"no\"~\"No\"", F, "", "is remote", 3, 0, 0, 1},
    {"vegan", "1~0~0~1", F, "", "vegan", 4, 0, 0, 1},
    {"instant_bookable", "\"t\"~\"f\"~\"f\"", F, "", "instant bookable", 3, 0, 0, 1},
    {"bathrooms", "1~1~1~1~1~1~1~1~1~1~2", N, "", "bathrooms", 11, 0, 1, 2},
    {"doors", "1~1~1~1~1~1~1~1~1~1~0~2", N, "", "doors", 12, 0, 0, 2},
    /* lists */
    {"genres", "[\"drama\",\"war\"]~[\"comedy\"]~[]", L, "", "genres", 2, 0, 0, 0},
    {"genres", "\"drama|war\"~\"comedy\"", L, "", "genres", 2, 0, 0, 0},
    {"genres", "\"['drama', 'war']\"~\"['comedy']\"", L, "", "genres", 2, 0, 0, 0},
    {"ingredients", "\"flour, salt, eggs\"~\"rice, salt\"", L, "", "ingredients", 2, 0, 0, 0},
    {"uses", "\"kitchen, garden\"~\"kitchen, bath\"~\"garden, bath\"", L, "", "uses", 3, 0, 0, 0},
    {"people", "[{\"id\":7,\"name\":\"Ann\"},{\"id\":9,\"name\":\"Bo\"}]~[{\"name\":\"Ann\"}]", L,
     "", "people", 2, 0, 0, 0},
    {"place", "\"Ely, Norfolk\"~\"Bath, Somerset\"~\"York, Yorkshire\"", X, "", "place", 3, 0, 0,
     0},
    {"note", "\"A plain chair, made of beech\"~\"One stool, small\"", X, "", "note", 2, 0, 0, 0},
    /* texts */
    {"zip", "10115~80331", X, "", "zip", 2, 0, 0, 0},
    {"isbn", "\"978-3-16-148410-0\"~\"9783161484101\"", X, "", "isbn", 2, 0, 0, 0},
    {"imdbId", "111~222", X, "", "imdb id", 2, 0, 0, 0},
    {"phone", "\"030 123456\"~\"040 555\"", X, "", "phone", 2, 0, 0, 0},
    {"colour", "\"red\"~\"blue\"~\"red\"", X, "", "colour", 3, 0, 0, 0},
    {"titles", "\"12 Monkeys\"~\"7 Samurai\"~\"2 Days\"", X, "", "titles", 3, 0, 0, 0},
    {"misc", "{\"a\":1}~{\"b\":[2]}", X, "", "misc", 2, 0, 0, 0},
    {"version", "\"1.2.3\"~\"1.10.0\"", X, "", "version", 2, 0, 0, 0},
    {"opens", "\"10:00\"~\"11:30\"", X, "", "opens", 2, 0, 0, 0},
    {"mixed", "\"90 min\"~\"1 Season\"~\"2 Seasons\"~\"45 min\"", X, "", "mixed", 4, 0, 0, 0},
    {"note", "\"\"~\"N/A\"~\"-\"~\"x\"", X, "", "note", 1, 0, 0, 0},
};

static void types(void) {
    for (size_t i = 0; i < COUNT(t); i++) {
        struct snapshot *s = column(t[i].name, t[i].values);
        int before = t_failed;
        EQ(s->n_fields, 1);
        const struct field *f = &s->field[0];
        EQ_STR(f->name, t[i].name);
        EQ_STR(f->words, t[i].words);
        EQ_STR(field_type_name(f->type), field_type_name(t[i].type));
        EQ_STR(f->unit, t[i].unit);
        EQ(f->filled, t[i].filled);
        EQ(f->unreadable, t[i].unreadable);
        OK((f->number != NULL) == (t[i].type != L && t[i].type != X));
        OK((f->list != NULL) == (t[i].type == L));
        if (t[i].lo != 0 || t[i].hi != 0) {
            NEAR(f->lo, t[i].lo, 1e-9);
            NEAR(f->hi, t[i].hi, 1e-9);
        }
        if (t_failed > before) printf("^ %s: %s\n", t[i].name, t[i].values);
        snapshot_free(s);
    }
}

/* What a field holds of each item. */
static void values(void) {
    static const char *const extra[] = {"{\"age\":\"3-5\",\"price\":\"$5\",\"genres\":\"a | b\"}",
                                        "{\"age\":7,\"genres\":\"c\"}",
                                        "{\"age\":\"6-12\",\"price\":\"$7\"}",
                                        "{\"age\":null}",
                                        "not json",
                                        "[1]",
                                        "{}"};
    struct snapshot *s = make(extra, COUNT(extra));
    int age = snapshot_field(s, VIEW("AGE")), price = snapshot_field(s, VIEW("price"));
    int genres = snapshot_field(s, VIEW("genres"));
    OK(age == 0 && price == 1 && genres == 2);
    EQ(snapshot_field(s, VIEW("ag")), -1);
    const struct field *f = &s->field[age];
    OK(f->number[0] == 3 && f->until[0] == 5 && f->number[1] == 7 && f->until[1] == 7);
    OK(isnan(f->number[3]) && isnan(f->until[3]) && isnan(f->number[4]));
    EQ_STR(f->text[2], "6-12");
    OK(f->text[3] == NULL);
    EQ(f->values, 3);
    EQ_STR(f->example[0], "3-5");
    OK(s->field[price].until == NULL && isnan(s->field[price].number[1]));
    f = &s->field[genres];
    EQ(f->n_list[0], 2);
    EQ_STR(f->list[0][0], "a");
    EQ_STR(f->list[0][1], "b");
    EQ(f->n_list[2], 0);
    EQ(f->values, 3);
    snapshot_free(s);
}

/* A field's different values, each once, in the group of its first letters. */
static void groups(void) {
    static const char *const extra[] = {
        "{\"place\":\"Kestrel Bay\",\"has\":[\"sugar\",\"Sugar\",\"nuts\"]}",
        "{\"place\":\"Kestrel Bay\",\"has\":[\"sugar\"]}",
        "{\"place\":\"Kelp Cove\",\"has\":[\"7up\"]}", "{\"place\":\"\u00d6land\",\"has\":[\"n\"]}",
        "{}"};
    struct snapshot *s = make(extra, COUNT(extra));
    const struct field *place = &s->field[snapshot_field(s, VIEW("place"))];
    const struct field *has = &s->field[snapshot_field(s, VIEW("has"))];
    EQ(place->n_distinct, 3);
    EQ(has->n_distinct, 5);
    for (int k = 0; k < 2; k++) {
        const struct field *f = k ? has : place;
        EQ(f->group[0], 0);
        EQ(f->group[FIELD_GROUPS], f->n_distinct);
        for (int g = 0; g < FIELD_GROUPS; g++)
            for (int v = f->group[g]; v < f->group[g + 1]; v++) EQ(field_group(f->distinct[v]), g);
    }
    int ke = field_group("ke");
    EQ(place->group[ke + 1] - place->group[ke], 2);
    EQ_STR(place->distinct[place->group[ke]], "Kestrel Bay");
    snapshot_free(s);
}

/* A column may name the currency of another. */
static void currencies(void) {
    static const char *const extra[] = {"{\"price\":38,\"currency\":\"EUR\"}",
                                        "{\"price\":40,\"currency\":\"EUR\"}",
                                        "{\"price\":9000,\"currency\":\"JPY\"}", "{\"price\":5}"};
    struct snapshot *s = make(extra, COUNT(extra));
    const struct field *f = &s->field[snapshot_field(s, VIEW("price"))];
    EQ(f->type, FIELD_TYPE_MONEY);
    EQ_STR(f->unit, "EUR");
    EQ(f->unreadable, 1);
    OK(f->number[0] == 38 && isnan(f->number[2]) && f->number[3] == 5);
    NEAR(f->hi, 40, 0);
    snapshot_free(s);
}

static const struct {
    const char *name, *values, *words;
} words[] = {
    {"price", "\"38 €\"~\"5 €\"", "Price: 38 euros"},
    {"price", "\"12.5 €\"~\"5 €\"", "Price: 12.50 euros"},
    {"price", "\"£1\"~\"£5\"", "Price: 1 pound"},
    {"price", "\"$5–$10\"~\"$6\"", "Price: 5 to 10 dollars"},
    {"price", "\"free\"~\"$6\"", "Price: free"},
    {"price", "0~6", "Price: 0"},
    {"price", "\"99 zł\"~\"5 zł\"", "Price: 99 PLN"},
    {"starts", "\"2026-12-12T20:00\"~\"2026-12-13T10:00\"",
     "Starts: Saturday 12 December 2026, 20:00"},
    {"starts", "\"2026-12-12\"~\"2026-12-13\"", "Starts: Saturday 12 December 2026"},
    {"open", "\"2026-12-12 to 2026-12-14\"~\"2026-12-12\"",
     "Open: Saturday 12 December 2026 to Monday 14 December 2026"},
    {"opened", "\"May 2026\"~\"June 2026\"", "Opened: May 2026"},
    {"year", "1994~1995", "Year: 1994"},
    {"born", "\"1969-12-31\"~\"1970-01-01\"", "Born: Wednesday 31 December 1969"},
    {"bedrooms", "3~2", "Bedrooms: 3"},
    {"weight_kg", "1.2~2", "Weight: 1.2 kg"},
    {"runtime", "90~120", "Runtime: 90 min"},
    {"delay", "\"1 h\"~\"2 h\"", "Delay: 1 h"},
    {"vegan", "true~false", "Vegan: yes"},
    {"vegan", "false~true", "Vegan: no"},
    {"discount", "\"25 %\"~\"5 %\"", "Discount: 25%"},
    {"pages", "\"300 pages\"~\"412 pages\"", "Pages: 300 pages"},
    {"genres", "[\"drama\",\"war\"]~[\"comedy\"]", "Genres: drama, war"},
    {"place", "\"Ely\"~\"Bath\"", "Place: Ely"},
    {"startDate", "~\"2026-12-12\"~\"2026-12-13\"", ""},
    {"votes", "1204311~5", "Votes: 1204311"},
    {"price", "\"ask\"~\"$1\"~\"$2\"~\"$3\"~\"$4\"~\"$5\"~\"$6\"~\"$7\"~\"$8\"~\"$9\"",
     "Price: ask"},
};

static void in_words(void) {
    char out[200];
    for (size_t i = 0; i < COUNT(words); i++) {
        struct snapshot *s = column(words[i].name, words[i].values);
        size_t n = field_words(s, 0, 0, out, sizeof out);
        EQ_STR(out, words[i].words);
        EQ(n, strlen(words[i].words));
        char *exact = malloc(9); /* whatever does not fit is cut */
        n = field_words(s, 0, 0, exact, 9);
        OK(n <= 8 && strncmp(out, exact, n) == 0 && exact[n] == 0);
        free(exact);
        snapshot_free(s);
    }
}

/* Any JSON in any column: whatever type comes out, its values are numbers, texts or nothing. */
static void random_items(void) {
    static const char *const value[] = {"1",
                                        "-2.5",
                                        "1e300",
                                        "\"$5\"",
                                        "\"5-10 km\"",
                                        "\"1h30\"",
                                        "true",
                                        "null",
                                        "\"\"",
                                        "[]",
                                        "[1,\"a\"]",
                                        "[[1]]",
                                        "{}",
                                        "{\"amount\":1,\"currency\":\"EUR\"}",
                                        "\"2021-09-24\"",
                                        "\"['a','b\"",
                                        "\"a|b|\"",
                                        "\",,\"",
                                        "\"[\\\"\"",
                                        "\"1971\"",
                                        "\"yes\"",
                                        "\"\\u0000\"",
                                        "\"𝟙\"",
                                        "\"from \"",
                                        "{\"value\":\"x\",\"unit\":\"\"}"};
    static const char *const name[] = {"price", "year", "",  "weight_kg",
                                       "(km)",  "tags", "€", "é_m"};
    srand(17);
    for (int k = 0; k < 1500; k++) {
        char text[ITEMS][600], out[64];
        const char *extra[ITEMS];
        for (int i = 0; i < ITEMS; i++) {
            size_t used = 0;
            used += (size_t)snprintf(text[i], sizeof text[i], "{");
            for (size_t f = 0; f < COUNT(name); f++)
                if (rand() % 3)
                    used += (size_t)snprintf(
                        text[i] + used, sizeof text[i] - used, "%s\"%s\":%s", used > 1 ? "," : "",
                        name[f], value[(size_t)(k + (k % 2 ? rand() : 0)) % COUNT(value)]);
            snprintf(text[i] + used, sizeof text[i] - used, "}");
            extra[i] = text[i];
        }
        struct snapshot *s = make(extra, ITEMS);
        for (int f = 0; f < s->n_fields; f++) {
            const struct field *x = &s->field[f];
            if (x->unreadable > x->filled || x->filled > ITEMS) T_SAY("counts of %s", x->name);
            for (int i = 0; i < ITEMS; i++) {
                if (field_words(s, f, i, out, sizeof out) >= sizeof out) T_SAY("words too long");
                if (x->number && isinf(x->number[i])) T_SAY("an infinite %s", x->name);
            }
        }
        snapshot_free(s);
    }
}

int main(void) {
    types();
    values();
    groups();
    currencies();
    in_words();
    random_items();
    return t_end();
}
