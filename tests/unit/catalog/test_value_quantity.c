/* links: value */
/* Numbers, units, quantities, flags. */
#include "server/value/value.h"
#include "tests/t.h"

#include <stdlib.h>

static const struct {
    const char *text;
    enum number_marks marks;
    double value;
    int used; /* 0: no number */
} numbers[] = {
    {"12", MARKS_ANY, 12, 2},
    {"-12.5 x", MARKS_ANY, -12.5, 5},
    {"+3", MARKS_ANY, 3, 2},
    {"−7", MARKS_ANY, -7, 4},
    {".5", MARKS_ANY, 0.5, 2},
    {"38.", MARKS_ANY, 38, 2},
    {"1,250.00", MARKS_ANY, 1250, 8},
    {"1.299,00", MARKS_ANY, 1299, 8},
    {"1,204,311", MARKS_ANY, 1204311, 9},
    {"1.204.311", MARKS_ANY, 1204311, 9},
    {"12,50", MARKS_ANY, 12.5, 5},
    {"12.50", MARKS_ANY, 12.5, 5},
    {"1,250", MARKS_ANY, 1250, 5},
    {"1.250", MARKS_ANY, 1.25, 5},
    {"1,250", MARKS_COMMA, 1.25, 5},
    {"1.250", MARKS_COMMA, 1250, 5},
    {"0.500", MARKS_ANY, 0.5, 5},
    {"0,500", MARKS_ANY, 0.5, 5},
    {"0.500", MARKS_COMMA, 0, 1},
    {"1234.567", MARKS_ANY, 1234.567, 8},
    {"1 200", MARKS_ANY, 1200, 5},
    {"1\u00A0200", MARKS_ANY, 1200, 6},
    {"1\u202F200", MARKS_ANY, 1200, 7},
    {"1 200 000,5", MARKS_ANY, 1200000.5, 11},
    {"1'299.50", MARKS_ANY, 1299.5, 8},
    {"1’299.50", MARKS_ANY, 1299.5, 10},
    {"1_000_000", MARKS_ANY, 1000000, 9},
    {"12,34,567", MARKS_ANY, 1234567, 9},
    {"12,34,567.89", MARKS_ANY, 1234567.89, 12},
    {"10 20", MARKS_ANY, 10, 2},
    {"1 2000", MARKS_ANY, 1, 1},
    {"5k", MARKS_ANY, 5000, 2},
    {"1.2m", MARKS_ANY, 1.2e6, 4},
    {"1.2M!", MARKS_ANY, 1.2e6, 4},
    {"5kg", MARKS_ANY, 5, 1},
    {"5 k", MARKS_ANY, 5, 1},
    {"1e5", MARKS_ANY, 1e5, 3},
    {"1.5E+03", MARKS_ANY, 1500, 7},
    {"3em", MARKS_ANY, 3, 1},
    {"3e", MARKS_ANY, 3, 1},
    {"１２３", MARKS_ANY, 123, 9},
    {"٤٥", MARKS_ANY, 45, 4},
    {"१२", MARKS_ANY, 12, 6},
    {"3.10.2026", MARKS_ANY, 3.1, 4},
    {"5-10", MARKS_ANY, 5, 1},
    {"007", MARKS_ANY, 7, 3},
    {"", MARKS_ANY, 0, 0},
    {"-", MARKS_ANY, 0, 0},
    {"x5", MARKS_ANY, 0, 0},
    {" 5", MARKS_ANY, 0, 0},
    {",5", MARKS_ANY, 0, 0},
    {"--5", MARKS_ANY, 0, 0},
    {"nan", MARKS_ANY, 0, 0},
    {"inf", MARKS_ANY, 0, 0},
    {"1e999", MARKS_ANY, 0, 0},
    {"9999999999999999999999999999999999999999999999999999999999999999", MARKS_ANY, 0, 0},
    {"\xff", MARKS_ANY, 0, 0},
};

static const struct {
    const char *text, *name; /* NULL: no unit */
    int used;
} units[] = {
    {"€", "EUR", 3},          {"EUR", "EUR", 3},      {"euros!", "EUR", 5},
    {"$", "USD", 1},          {"US$", "USD", 3},      {"A$5", "AUD", 2},
    {"C$", "CAD", 2},         {"R$ 5", "BRL", 2},     {"£", "GBP", 2},
    {"zł", "PLN", 3},         {"kr", "SEK", 2},       {"CHF", "CHF", 3},
    {"₹", "INR", 3},          {"Franken", "CHF", 7},  {"pounds", "lb", 6},
    {"kg", "kg", 2},          {"KG", "kg", 2},        {"g", "g", 1},
    {"G", NULL, 0},           {"km", "km", 2},        {"km/h", "km/h", 4},
    {"kilomètres", "km", 11}, {"Kilometer", "km", 9}, {"m", "m", 1},
    {"m²", "m²", 3},          {"m2", "m²", 2},        {"sq m", "m²", 4},
    {"sq  ft", "ft²", 6},     {"qm", "m²", 2},        {"min", "min", 3},
    {"minutes", "min", 7},    {"Std", "h", 3},        {"Stunden", "h", 7},
    {"heures", "h", 6},       {"GB", "GB", 2},        {"gb", "GB", 2},
    {"GiB", "GiB", 3},        {"%", "%", 1},          {"Prozent", "%", 7},
    {"kWh", "kWh", 3},        {"W", "W", 1},          {"w", NULL, 0},
    {"in", "in", 2},          {"in stock", NULL, 0},  {"\"", "in", 1},
    {"years", "year", 5},     {"años", "year", 5},    {"kcal", "kcal", 4},
    {"mph", "mph", 3},        {"°C", "°C", 3},        {"bedrooms", NULL, 0},
    {"kgx", NULL, 0},         {"", NULL, 0},          {"or", NULL, 0},
    {"months", "month", 6},   {"m/s", "m/s", 3},      {"people", NULL, 0},
};

#define FREE ""
static const struct {
    const char *text;
    enum number_marks marks;
    double lo, hi;
    const char *unit; /* NULL: none; "!": no quantity */
} quantities[] = {
    {"38", MARKS_ANY, 38, 38, NULL},
    {"$1,299.00", MARKS_ANY, 1299, 1299, "USD"},
    {"1.299,00 €", MARKS_ANY, 1299, 1299, "EUR"},
    {"€1.299", MARKS_ANY, 1299, 1299, "EUR"},
    {"$1,299", MARKS_ANY, 1299, 1299, "USD"},
    {"$1.299", MARKS_POINT, 1.299, 1.299, "USD"},
    {"€ 12,50", MARKS_ANY, 12.5, 12.5, "EUR"},
    {"12.50 EUR", MARKS_ANY, 12.5, 12.5, "EUR"},
    {"USD 1299", MARKS_ANY, 1299, 1299, "USD"},
    {"US$ 5", MARKS_ANY, 5, 5, "USD"},
    {"$5 CAD", MARKS_ANY, 5, 5, "CAD"},
    {"-$5", MARKS_ANY, -5, -5, "USD"},
    {"$-5", MARKS_ANY, -5, -5, "USD"},
    {"CHF 1'299.50", MARKS_ANY, 1299.5, 1299.5, "CHF"},
    {"₹12,34,567", MARKS_ANY, 1234567, 1234567, "INR"},
    {"Rs. 500", MARKS_ANY, 500, 500, "INR"},
    {"38,- €", MARKS_ANY, 38, 38, "EUR"},
    {"38,-", MARKS_ANY, 38, 38, NULL},
    {"1\u00A0200\u00A0€", MARKS_ANY, 1200, 1200, "EUR"},
    {"1 200 zł", MARKS_ANY, 1200, 1200, "PLN"},
    {"249 kr", MARKS_ANY, 249, 249, "SEK"},
    {"¥1200", MARKS_ANY, 1200, 1200, "JPY"},
    {"1200円", MARKS_ANY, 1200, 1200, "JPY"},
    {"$1.2M", MARKS_ANY, 1.2e6, 1.2e6, "USD"},
    {"$1.2m", MARKS_ANY, 1.2e6, 1.2e6, "USD"},
    {"$3bn", MARKS_ANY, 3e9, 3e9, "USD"},
    {"2 Mio. €", MARKS_ANY, 2e6, 2e6, "EUR"},
    {"1.5 million dollars", MARKS_ANY, 1.5e6, 1.5e6, "USD"},
    {"45k", MARKS_ANY, 45000, 45000, NULL},
    {"€45k", MARKS_ANY, 45000, 45000, "EUR"},
    {"$50k-70k", MARKS_ANY, 50000, 70000, "USD"},
    {"5-10 km", MARKS_ANY, 5, 10, "km"},
    {"5 – 10 km", MARKS_ANY, 5, 10, "km"},
    {"5 km to 10 km", MARKS_ANY, 5, 10, "km"},
    {"$5–$10", MARKS_ANY, 5, 10, "USD"},
    {"5 bis 10 €", MARKS_ANY, 5, 10, "EUR"},
    {"3-5", MARKS_ANY, 3, 5, NULL},
    {"500 m - 2 km", MARKS_ANY, 0.5, 2, "km"},
    {"90 min", MARKS_ANY, 90, 90, "min"},
    {"90 Minuten", MARKS_ANY, 90, 90, "min"},
    {"1h30", MARKS_ANY, 90, 90, "min"},
    {"1 h 30 min", MARKS_ANY, 90, 90, "min"},
    {"1h 30m", MARKS_ANY, 90, 90, "min"},
    {"2 hours and 5 minutes", MARKS_ANY, 125, 125, "min"},
    {"2 Std. 5 Min.", MARKS_ANY, 2, 2, "!"},
    {"1 h 5 min 3 s", MARKS_ANY, 3903, 3903, "s"},
    {"2:05:00", MARKS_ANY, 7500, 7500, "s"},
    {"2:30 h", MARKS_ANY, 150, 150, "min"},
    {"4:05 min", MARKS_ANY, 245, 245, "s"},
    {"PT1H30M", MARKS_ANY, 90, 90, "min"},
    {"PT45S", MARKS_ANY, 45, 45, "s"},
    {"P1DT2H", MARKS_ANY, 1560, 1560, "min"},
    {"1.5 h", MARKS_ANY, 1.5, 1.5, "h"},
    {"2 weeks", MARKS_ANY, 2, 2, "week"},
    {"6 meses", MARKS_ANY, 6, 6, "month"},
    {"free", MARKS_ANY, 0, 0, FREE},
    {"Gratis", MARKS_ANY, 0, 0, FREE},
    {"kostenlos", MARKS_ANY, 0, 0, FREE},
    {"16GB", MARKS_ANY, 16, 16, "GB"},
    {"512 MB", MARKS_ANY, 512, 512, "MB"},
    {"85%", MARKS_ANY, 85, 85, "%"},
    {"85 %", MARKS_ANY, 85, 85, "%"},
    {"1.2 kg", MARKS_ANY, 1.2, 1.2, "kg"},
    {"1,2 kg", MARKS_ANY, 1.2, 1.2, "kg"},
    {"800g", MARKS_ANY, 800, 800, "g"},
    {"27 in", MARKS_ANY, 27, 27, "in"},
    {"27\"", MARKS_ANY, 27, 27, "in"},
    {"5m", MARKS_ANY, 5, 5, "m"},
    {"10M+", MARKS_ANY, 1e7, 1e7, NULL},
    {"50+", MARKS_ANY, 50, 50, NULL},
    {"5+ years", MARKS_ANY, 5, 5, "year"},
    {"\u00A042\u00A0", MARKS_ANY, 42, 42, NULL},
    {"5+3", MARKS_ANY, 0, 0, "!"},
    {"~5 kg", MARKS_ANY, 5, 5, "kg"},
    {"ca. 5 kg", MARKS_ANY, 5, 5, "kg"},
    {"120 km/h", MARKS_ANY, 120, 120, "km/h"},
    {"65 m²", MARKS_ANY, 65, 65, "m²"},
    {"1,200 sq ft", MARKS_ANY, 1200, 1200, "ft²"},
    {"-12 °C", MARKS_ANY, -12, -12, "°C"},
    {"５００円", MARKS_ANY, 500, 500, "JPY"},
    {"  42  ", MARKS_ANY, 42, 42, NULL},
    {"10-5", MARKS_ANY, 0, 0, "!"},
    {"1990-95", MARKS_ANY, 0, 0, "!"},
    {"2021-09-24", MARKS_ANY, 0, 0, "!"},
    {"3 bedrooms", MARKS_ANY, 0, 0, "!"},
    {"5 km away", MARKS_ANY, 0, 0, "!"},
    {"4.5/5", MARKS_ANY, 0, 0, "!"},
    {"5 kg - 10 €", MARKS_ANY, 0, 0, "!"},
    {"$5 - €10", MARKS_ANY, 0, 0, "!"},
    {"", MARKS_ANY, 0, 0, "!"},
    {"$", MARKS_ANY, 0, 0, "!"},
    {"kg", MARKS_ANY, 0, 0, "!"},
    {"n/a", MARKS_ANY, 0, 0, "!"},
    {"P", MARKS_ANY, 0, 0, "!"},
    {"PT", MARKS_ANY, 0, 0, "!"},
    {"1,2,3", MARKS_ANY, 0, 0, "!"},
    {"1.2.3", MARKS_ANY, 0, 0, "!"},
    {"1e999 kg", MARKS_ANY, 0, 0, "!"},
    {"2:75:00", MARKS_ANY, 0, 0, "!"},
    {"$5 kg", MARKS_ANY, 0, 0, "!"},
    {"Size 9", MARKS_ANY, 0, 0, "!"},
    {"+49 30 123456", MARKS_ANY, 0, 0, "!"},
    {"free parking", MARKS_ANY, 0, 0, "!"},
};

static void tables(void) {
    for (size_t i = 0; i < COUNT(numbers); i++) {
        double x = 0;
        size_t used = number_read(view_of(numbers[i].text), numbers[i].marks, &x);
        if ((int)used != numbers[i].used) printf("'%s':\n", numbers[i].text);
        EQ(used, numbers[i].used);
        NEAR(x, numbers[i].value, 1e-12);
    }
    for (size_t i = 0; i < COUNT(units); i++) {
        size_t used;
        const struct unit *u = unit_read(view_of(units[i].text), &used);
        if (!!u != !!units[i].name) printf("'%s':\n", units[i].text);
        EQ(u != NULL, units[i].name != NULL);
        EQ(used, units[i].used);
        if (u && units[i].name) EQ_STR(u->name, units[i].name);
        if (u) OK(unit_named(u->name) == u);
    }
    for (size_t i = 0; i < COUNT(quantities); i++) {
        struct quantity q = {0};
        const char *want = quantities[i].unit;
        int none = want && want[0] == '!';
        int found = quantity_parse(view_of(quantities[i].text), quantities[i].marks, &q);
        if (found == none) printf("'%s':\n", quantities[i].text);
        EQ(found, !none);
        if (!found || none) continue;
        if (fabs(q.lo - quantities[i].lo) > 1e-6) printf("'%s':\n", quantities[i].text);
        NEAR(q.lo, quantities[i].lo, 1e-9);
        NEAR(q.hi, quantities[i].hi, 1e-9);
        EQ_STR(q.unit ? q.unit->name : "none", want ? want : "none");
    }
}

static void by_dimension(void) {
    size_t used;
    EQ_STR(unit_read_as(VIEW("pounds"), DIM_MONEY, &used)->name, "GBP");
    EQ_STR(unit_read_as(VIEW("pounds"), DIM_WEIGHT, &used)->name, "lb");
    EQ_STR(unit_read_as(VIEW("m"), DIM_TIME, &used)->name, "min");
    OK(unit_read_as(VIEW("kg"), DIM_MONEY, &used) == NULL);
    OK(unit_named("parsec") == NULL);
    EQ(unit_named("")->dim, DIM_MONEY);
    NEAR(unit_named("lb")->factor, 0.45359237, 1e-12);
    double f = 0;
    EQ(scale_read(VIEW("Mio. Euro"), &f), 4);
    NEAR(f, 1e6, 0);
    EQ(scale_read(VIEW("men"), &f), 0);
}

static void beginnings(void) {
    static const struct {
        const char *text;
        int used;
        double lo, hi;
    } t[] = {{"3 bedrooms", 1, 3, 3},
             {"$50,000 - $70,000 per year", 17, 50000, 70000},
             {"4.5/5", 3, 4.5, 4.5},
             {"5 to go", 1, 5, 5},
             {"10-5", 2, 10, 10},
             {" 5-10 km away", 8, 5, 10},
             {"1 h 30 min walk", 10, 90, 90},
             {"bedrooms", 0, 0, 0}};
    for (size_t i = 0; i < COUNT(t); i++) {
        struct quantity q = {0};
        EQ(quantity_read(view_of(t[i].text), MARKS_ANY, &q), t[i].used);
        NEAR(q.lo, t[i].lo, 1e-12);
        NEAR(q.hi, t[i].hi, 1e-12);
    }
}

static enum number_marks marks_of(const char *const *cell, size_t n) {
    struct marks_count c = {0};
    for (size_t i = 0; i < n; i++) marks_add(&c, view_of(cell[i]));
    return marks_decide(&c);
}

static void columns(void) {
    static const char *const eu[] = {"1.204.311", "12.450", "87"};
    static const char *const us[] = {"$1,204.50", "12,450", "8"};
    static const char *const open[] = {"12,450", "3,200", "text", ""};
    static const char *const euros[] = {"1.299,00 €", "12,5", "5 km"};
    EQ(marks_of(eu, COUNT(eu)), MARKS_COMMA);
    EQ(marks_of(us, COUNT(us)), MARKS_POINT);
    EQ(marks_of(open, COUNT(open)), MARKS_ANY);
    EQ(marks_of(euros, COUNT(euros)), MARKS_COMMA);
}

static void flags(void) {
    static const char *const yes[] = {"yes", "TRUE", " 1 ", "ja", "Oui", "sí"};
    static const char *const no[] = {"no", "False", "0", "nein", "non", "n"};
    static const char *const nothing[] = {"", " ", "\\N", "NA", "n/a", "NaN", "null", "-", "None"};
    for (size_t i = 0; i < COUNT(yes); i++) EQ(flag_parse(view_of(yes[i])), 1);
    for (size_t i = 0; i < COUNT(no); i++) EQ(flag_parse(view_of(no[i])), 0);
    for (size_t i = 0; i < COUNT(nothing); i++) EQ(is_nothing(view_of(nothing[i])), 1);
    EQ(flag_parse(VIEW("maybe")), -1);
    EQ(flag_parse(VIEW("")), -1);
    EQ(is_nothing(VIEW("0")), 0);
}

/* Any bytes: nothing is read behind the end, what is read is a number and no longer than the text.
 */
static void random_bytes(void) {
    static const char *const piece[] = {"1", "23",   "456", ",", ".",    " ",    "-",        "k",
                                        "€", "$",    "kg",  "m", "h",    "min",  "PT",       "1H",
                                        "–", "to",   "%",   "e", "Mio.", "\xff", "\xe2\x82", " ",
                                        "'", "free", "ca.", "+", "~"};
    srand(11);
    for (int k = 0; k < 40000; k++) {
        char text[200];
        size_t n = 0;
        for (int i = rand() % 9; i > 0; i--) {
            const char *p = piece[(size_t)rand() % COUNT(piece)];
            memcpy(text + n, p, strlen(p));
            n += strlen(p);
        }
        if (k % 3 == 0)
            for (size_t i = 0; i < n; i++) text[i] = (char)rand();
        char *exact = malloc(n ? n : 1);
        memcpy(exact, text, n);
        struct view v = {exact, n};
        struct marks_count c = {0};
        struct quantity q;
        double x = 0;
        size_t used;
        enum number_marks marks = (enum number_marks)(k % 3);
        if (number_read(v, marks, &x) > n || !isfinite(x)) T_SAY("bad number at %d", k);
        if (number_plain(v, marks, &x) > n || !isfinite(x)) T_SAY("bad number at %d", k);
        if (unit_read(v, &used) && used > n) T_SAY("bad unit at %d", k);
        if (quantity_parse(v, marks, &q) && !(isfinite(q.lo) && q.lo <= q.hi))
            T_SAY("bad quantity at %d", k);
        marks_add(&c, v);
        (void)flag_parse(v);
        (void)is_nothing(v);
        free(exact);
    }
}

int main(void) {
    tables();
    by_dimension();
    beginnings();
    columns();
    flags();
    random_bytes();
    return t_end();
}
