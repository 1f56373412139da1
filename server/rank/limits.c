/* Finds limits by a number (or decade, or date) and the words of comparison around it. */
#include "server/rank/limits.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 128, WORD_BYTES = 24, BEFORE = 5, AFTER = 6 };

struct word {
    size_t from, to;
    char p[WORD_BYTES]; /* in small letters; "" when longer */
};

struct text {
    struct word w[WORDS_MAX];
    int n;
};

static int is_digit(char c) {
    return c >= '0' && c <= '9';
}

static int is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

/* Whether the byte at i goes on a word that began at from. */
static int goes_on(struct view v, size_t i, size_t from) {
    char c = v.p[i];
    if (is_digit(c) || is_letter(c)) return 1;
    int inside = i > from && i + 1 < v.n;
    if (!inside) return 0;
    if (c == '-' || c == '\'') return is_digit(v.p[i + 1]) || is_letter(v.p[i + 1]);
    return (c == ',' || c == '.') && is_digit(v.p[i - 1]) && is_digit(v.p[i + 1]);
}

static void words_of(struct view v, struct text *t) {
    t->n = 0;
    for (size_t i = 0; i < v.n && t->n < WORDS_MAX;) {
        if (!is_digit(v.p[i]) && !is_letter(v.p[i])) {
            i++;
            continue;
        }
        struct word *w = &t->w[t->n++];
        size_t n = 0;
        w->from = i;
        for (; i < v.n && goes_on(v, i, w->from); i++)
            if (n < WORD_BYTES)
                w->p[n++] = (char)(v.p[i] >= 'A' && v.p[i] <= 'Z' ? v.p[i] + 32 : v.p[i]);
        w->to = i;
        w->p[n < WORD_BYTES ? n : 0] = 0;
    }
}

static int one_of(const char *word, const char *list) {
    size_t n = strlen(word);
    for (const char *p = list; n && *p; p++) {
        const char *end = strchr(p, '|');
        size_t k = end ? (size_t)(end - p) : strlen(p);
        if (k == n && memcmp(p, word, n) == 0) return 1;
        if (!end) break;
        p = end;
    }
    return 0;
}

static int word_is(const struct text *t, int i, const char *list) {
    return i >= 0 && i < t->n && one_of(t->w[i].p, list);
}

/* --- numbers */

struct number {
    double lo, hi; /* different for a decade or a range */
    int words;     /* how many it takes, 0 for none */
    int year;      /* four digits, or a decade */
};

static int small_number(const char *w, double *x) {
    static const char *const names[] = {"zero",    "one",     "two",       "three",    "four",
                                        "five",    "six",     "seven",     "eight",    "nine",
                                        "ten",     "eleven",  "twelve",    "thirteen", "fourteen",
                                        "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
    static const char *const tens[] = {"twenty", "thirty",  "forty",  "fifty",
                                       "sixty",  "seventy", "eighty", "ninety"};
    for (size_t i = 0; i < COUNT(names); i++)
        if (strcmp(w, names[i]) == 0) return *x = (double)i, 1;
    for (size_t i = 0; i < COUNT(tens); i++) {
        size_t n = strlen(tens[i]);
        if (strncmp(w, tens[i], n) != 0) continue;
        *x = 20 + 10 * (double)i;
        if (!w[n]) return 1;
        for (size_t k = 1; w[n] == '-' && k < 10; k++)
            if (strcmp(w + n + 1, names[k]) == 0) return *x += (double)k, 1;
    }
    return 0;
}

static int decade(const char *w, struct number *out) {
    static const char *const names[] = {"twenties", "thirties",  "forties",  "fifties",
                                        "sixties",  "seventies", "eighties", "nineties"};
    double x = 0;
    size_t n = strlen(w);
    for (size_t i = 0; i < COUNT(names); i++)
        if (strcmp(w, names[i]) == 0) x = 1920 + 10 * (double)i;
    if (n >= 3 && w[n - 1] == 's' && w[n - 2] == '0') {
        char *end;
        double v = strtod(w, &end);
        if (w[n - 2] == '0' && strcmp(*end == '\'' ? end + 1 : end, "s") == 0)
            x = v < 100 ? 1900 + v : v;
    }
    if (x < 1870 || x > 2035) return 0;
    *out = (struct number){x, x + 9, 1, 1};
    return 1;
}

/* Digits with separators of thousands, a decimal point, and k for thousands; *end is what follows.
 */
static double digits(const char *w, const char **end, int *plain) {
    double x = 0, unit = 1;
    int fraction = 0;
    *plain = 0;
    for (; *w; w++) {
        int group = (*w == ',' || *w == '.') && is_digit(w[1]) && is_digit(w[2]) &&
                    is_digit(w[3]) && !is_digit(w[4]);
        if (is_digit(*w)) {
            x = x * 10 + (*w - '0');
            unit *= fraction ? 10 : 1;
            ++*plain;
        } else if (group) {
            *plain = 0;
        } else if (*w == '.' && !fraction && is_digit(w[1])) {
            fraction = 1;
        } else
            break;
    }
    x /= unit;
    if (*w == 'k' && !w[1]) x *= 1000, w++;
    *end = w;
    return x;
}

static struct number number_at(const struct text *t, int i) {
    struct number x = {0, 0, 0, 0};
    const char *w = i < t->n ? t->w[i].p : "", *end;
    int plain, more;
    if (decade(w, &x)) return x;
    if (is_digit(w[0])) {
        double lo = digits(w, &end, &plain), hi = lo;
        if (*end == '-' && is_digit(end[1])) hi = digits(end + 1, &end, &more);
        if (*end || hi < lo) return x;
        return (struct number){lo, hi, 1, plain == 4 && lo >= 1870 && hi <= 2035};
    }
    if (!small_number(w, &x.lo) && !(word_is(t, i, "a") && word_is(t, i + 1, "hundred|thousand")))
        return x;
    if (word_is(t, i, "a")) x.lo = 1;
    x.words = 1;
    for (; word_is(t, i + x.words, "hundred|thousand"); x.words++)
        x.lo *= word_is(t, i + x.words, "hundred") ? 100 : 1000;
    x.hi = x.lo;
    return x;
}

/* --- words of comparison */

enum side { NO_SIDE, BELOW, UP_TO, FROM, ABOVE, BETWEEN };

/* "than" at i: the comparative before it, turned round by a negation. *at is the first word. */
static enum side than(const struct text *t, int i, int *at) {
    static const char no[] = "not|no|nothing|never|none";
    int less = word_is(t, i - 1, "older|earlier|less|cheaper|fewer|lower|before"),
        more = word_is(t, i - 1, "newer|later|younger|more|higher|after|above");
    if (!less && !more) return NO_SIDE;
    *at = i - 1;
    for (int k = i - 2; k >= i - 3; k--)
        if (word_is(t, k, no)) {
            *at = k;
            return less ? FROM : UP_TO;
        }
    return less ? BELOW : ABOVE;
}

/* What stands before the number at i, at most `far` words away; *at is where it begins. */
static enum side before(const struct text *t, int i, int far, int *at) {
    for (int k = i - 1; k >= 0 && k >= i - far; k--) {
        enum side s = NO_SIDE;
        *at = k;
        if (number_at(t, k).words && !word_is(t, k, "one")) return NO_SIDE;
        if (word_is(t, k, "before|under|below|pre")) return BELOW;
        if (word_is(t, k, "until|till|maximum|max|within")) return UP_TO;
        if (word_is(t, k, "since|minimum|min|reaches|reach|reaching")) return FROM;
        if (word_is(t, k, "over|above|exceeding|beyond")) return ABOVE;
        if (word_is(t, k, "between")) return BETWEEN;
        if (word_is(t, k, "after")) {
            if (!word_is(t, k - 1, "or")) return ABOVE;
            *at = word_is(t, k - 2, "on|in|from") ? k - 2 : k - 1;
            return FROM;
        }
        if (word_is(t, k, "most|least") && word_is(t, k - 1, "at")) {
            *at = k - 1;
            return word_is(t, k, "most") ? UP_TO : FROM;
        }
        if (word_is(t, k, "to") && word_is(t, k - 1, "up")) return *at = k - 1, UP_TO;
        if (word_is(t, k, "than") && (s = than(t, k, at)) != NO_SIDE) return s;
    }
    return NO_SIDE;
}

/* What stands behind the number that ends before i; *to is the first word after it. */
static enum side after(const struct text *t, int i, int *to) {
    for (int k = i; k < t->n && k < i + AFTER; k++) {
        int joined = k > 0 && word_is(t, k - 1, "or|and");
        *to = k + 1;
        if (joined && word_is(t, k, "newer|later|more|above|over|up|younger|upwards|higher|after"))
            return FROM;
        if (joined && word_is(t, k, "less|older|earlier|under|below|cheaper|before|fewer|lower"))
            return UP_TO;
        if (word_is(t, k, "most|outside|max|maximum|tops")) return UP_TO;
        if (word_is(t, k, "least|minimum|onwards|upwards|plus")) return FROM;
        if (word_is(t, k, "not") && word_is(t, k + 1, "more")) return *to = k + 2, UP_TO;
        if (number_at(t, k).words) return NO_SIDE;
    }
    return NO_SIDE;
}

static void set(struct limit *l, enum side s, double lo, double hi) {
    l->lo = s == BELOW || s == UP_TO ? -INFINITY : s == ABOVE ? hi + 1 : lo;
    l->hi = s == FROM || s == ABOVE ? INFINITY : s == BELOW ? lo - 1 : hi;
}

/* Prepositions and the like before a limit go with it. */
static int lead(const struct text *t, int at) {
    static const char small[] =
        "from|of|in|the|made|filmed|shot|released|out|for|costing|cost|costs|paying|pays|that|on|"
        "and|posted|published|advertised|were|was|price|priced";
    while (at > 0 && word_is(t, at - 1, small)) at--;
    return at;
}

/* Whether the number counts something else than money: "five-year-old", "two hours". */
static int counts_things(const struct text *t, int i) {
    return word_is(t, i,
                   "year|years|year-old|years-old|hours|hour|minutes|days|day|weeks|week|months|"
                   "month|people|persons|rooms|metres|meters|km|o'clock|kilos|am|pm|times|percent|"
                   "items|things|men|women|children");
}

static int find_number(const struct text *t, int year, struct limit *out) {
    for (int i = 0; i < t->n; i++) {
        struct number x = number_at(t, i), y;
        int at = i, to = i + x.words, front = i, back = to;
        if (!x.words || x.year != year || (!year && counts_things(t, to))) continue;
        enum side s = before(t, i, year ? BEFORE : 2, &front);
        if (s != NO_SIDE)
            at = front;
        else if ((s = after(t, to, &back)) != NO_SIDE)
            to = back;
        int joined = word_is(t, to, "and|to|until|till|through");
        y = joined ? number_at(t, to + 1) : (struct number){0, 0, 0, 0};
        if (y.words && y.year == x.year && y.hi >= x.lo && (s == BETWEEN || s == NO_SIDE)) {
            x.hi = y.hi;
            to += 1 + y.words;
            s = BETWEEN;
        }
        if (s == NO_SIDE && !year) continue;
        set(out, s, x.lo, x.hi);
        if (!year && (s == BELOW || s == ABOVE)) { /* amounts have cents */
            if (s == BELOW) out->hi = x.lo - 0.001;
            if (s == ABOVE) out->lo = x.hi + 0.001;
        }
        out->from = t->w[lead(t, at)].from;
        out->to = t->w[to - 1].to;
        return 1;
    }
    return 0;
}

/* --- dates */

static int month_at(const struct text *t, int i, struct view clause) {
    static const char *const names[] = {"january",   "february", "march",    "april",
                                        "may",       "june",     "july",     "august",
                                        "september", "october",  "november", "december"};
    for (int m = 0; i < t->n && m < 12; m++)
        if (strcmp(t->w[i].p, names[m]) == 0) {
            char c = clause.p[t->w[i].from];
            return c >= 'A' && c <= 'Z' ? m + 1 : 0; /* "may" and "march" are also verbs */
        }
    return 0;
}

static int find_date(const struct text *t, struct view clause, struct limit *out) {
    for (int i = 0; i < t->n; i++) {
        int month = month_at(t, i, clause), day = 0, year = 0, at = i, to = i + 1, front = i;
        if (!month) continue;
        struct number d = i > 0 ? number_at(t, i - 1) : (struct number){0, 0, 0, 0};
        if (d.words == 1 && d.lo >= 1 && d.lo <= 31) day = (int)d.lo, at = i - 1;
        d = number_at(t, to);
        if (!day && d.words == 1 && !d.year && d.lo >= 1 && d.lo <= 31) day = (int)d.lo, to++;
        d = number_at(t, to);
        if (d.words && d.year && d.lo == d.hi) year = (int)d.lo, to++;
        enum side s = before(t, at, 3, &front);
        if (s != NO_SIDE)
            at = front;
        else
            s = after(t, to, &front), to = s == NO_SIDE ? to : front;
        if (s == BETWEEN || (!year && s != NO_SIDE)) continue;
        int first = year * 10000 + month * 100 + (day ? day : 1);
        set(out, s, first, day ? first : year * 10000 + month * 100 + 31);
        out->month = year ? 0 : month;
        out->from = t->w[lead(t, at)].from;
        out->to = t->w[to - 1].to;
        return 1;
    }
    return 0;
}

int limit_find(struct view clause, enum limit_kind kind, struct limit *out) {
    struct text t;
    words_of(clause, &t);
    *out = (struct limit){-INFINITY, INFINITY, 0, 0, 0};
    if (kind == LIMIT_DATE) return find_date(&t, clause, out);
    return kind != LIMIT_NAME && find_number(&t, kind == LIMIT_YEAR, out);
}

int limit_names(struct view clause, const char *value, struct limit *out) {
    size_t n = strlen(value);
    int name = 0;
    for (const char *p = value; *p; p++) name |= (*p >= 'A' && *p <= 'Z') || *p == '-';
    if (!name || n < 2) return 0;
    for (size_t i = 0; i + n <= clause.n; i++) {
        size_t k = 0;
        while (k < n && (clause.p[i + k] | 0x20) == (value[k] | 0x20)) k++;
        int before_it = i > 0 && (is_letter(clause.p[i - 1]) || is_digit(clause.p[i - 1]));
        int after_it =
            i + n < clause.n && (is_letter(clause.p[i + n]) || is_digit(clause.p[i + n]));
        if (k < n || before_it || after_it) continue;
        *out = (struct limit){0, 0, 0, i, i + n};
        return 1;
    }
    return 0;
}

int limit_holds(const struct limit *l, double value, int month) {
    return l->month ? month == l->month : value >= l->lo && value <= l->hi;
}

int limits_rest(struct view clause, const struct limit *l, int n, char *rest) {
    static const char idle[] =
        "from|of|in|the|a|an|made|filmed|shot|released|out|for|only|it|must|should|be|is|are|to|"
        "has|have|on|at|or|and|but|old|ones|all|them|that|which|were|was|any|anything|something|"
        "whatever|located|there|pays|paying|paid|costs|costing|price|priced|posted|published|"
        "advertised|year|years|located|film|films|movie|movies|job|jobs|post|posts|position|"
        "positions|listing|listings|thing|things|born|before|i|strictly|put|up";
    struct text t;
    size_t k = 0;
    int left = 0;
    for (size_t i = 0; i < clause.n; i++) {
        int out = 0;
        for (int j = 0; j < n; j++) out |= i >= l[j].from && i < l[j].to;
        if (!out) rest[k++] = clause.p[i];
    }
    size_t from = 0;
    while (from < k && strchr(" ,;:-", rest[from])) from++;
    memmove(rest, rest + from, k - from);
    k -= from;
    words_of((struct view){rest, k}, &t);
    while (t.n && word_is(&t, t.n - 1, "in|at|from|for|of|and|or|the|on|that|to")) t.n--;
    rest[t.n < WORDS_MAX && t.n ? t.w[t.n - 1].to : t.n ? k : 0] = 0;
    for (int i = 0; i < t.n; i++) left |= !one_of(t.w[i].p, idle);
    return left;
}
