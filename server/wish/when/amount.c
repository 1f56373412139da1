/* Reads amounts, longest first. */
#include "server/wish/when/amount.h"

#include <math.h>

enum { YEAR_MIN = 1500, YEAR_MAX = 2100 };

static const struct unit any_money = {"", DIM_MONEY, 1}; /* of any currency */

static int glued(const struct terms *x, int i) {
    return i < x->n && !x->t[i].space;
}

static double word_value(const struct terms *x, int i) {
    if (i >= x->n || x->t[i].kind != TERM_WORD) return 0;
    return plain_number(x->g, x->t[i].p, x->t[i].n);
}

/* Number words from i on: "two hundred", "twenty-five", "a dozen", "two and a half". Terms read. */
static int words_read(const struct terms *x, int i, double *out) {
    int k = i, article = term_is(x, i, "a|an|half");
    double sum = 0, part = word_value(x, i);
    if (article && term_is(x, i + 1, "hundred|thousand|million|dozen|couple")) {
        part = 1;
    } else if (part == 0) {
        return 0;
    }
    for (k++; k < x->n; k++) {
        int dash = x->t[k].kind == TERM_DASH && glued(x, k) && glued(x, k + 1);
        double v = word_value(x, k + dash);
        int and = part >= 100 && term_is(x, k, "and") ? 1 : 0; /* "two hundred and fifty" */
        double tail = and? word_value(x, k + 1) : 0;
        if (tail >= 1 && tail < 100) {
            part += tail;
            k++;
            continue;
        }
        if (term_is(x, k, "dozen|dutzend|douzaine|docena|dozzina|dozijn"))
            part *= 12;
        else if (term_is(x, k, "couple"))
            part = 2;
        else if (v >= 1000)
            sum += part * v, part = 0;
        else if (v >= 100 && part < 10)
            part *= v;
        else if (v >= 1 && v < 10 && part >= 20 && fmod(part, 10) < 1)
            part += v, k += dash;
        else if (v >= 10 && v < 100 && part >= 100 && fmod(part, 100) < 1)
            part += v;
        else
            break;
    }
    *out = sum + part;
    return k - i;
}

/* One number at i without its unit; terms read. */
static int number_at(const struct terms *x, int i, double *out) {
    if (i >= x->n) return 0;
    if (x->t[i].kind != TERM_NUMBER) return words_read(x, i, out);
    *out = x->t[i].number;
    double v = word_value(x, i + 1);
    if (v >= 1000) return *out *= v, 2; /* "2 million" */
    if (v == 100 || term_is(x, i + 1, "dozen")) return *out *= v, 2;
    return 1;
}

static int half_after(const struct terms *x, int i, double *out) {
    static const char *const half[] = {"and a half", "et demi|demie", "y medio|media",
                                       "e mezzo|mezza", "e meio|meia"};
    for (size_t k = 0; k < COUNT(half); k++) {
        int n = term_phrase(x, i, half[k]);
        if (n) return *out += 0.5, n;
    }
    return 0;
}

/* The unit at i; *to is the first term behind it. NULL when there is none. */
static const struct unit *unit_at(const struct terms *x, int i, int *to) {
    size_t used = 0;
    *to = i;
    if (i >= x->n || x->t[i].kind == TERM_BREAK || x->t[i].kind == TERM_QUOTE) return NULL;
    if (x->t[i].kind == TERM_DASH) { /* "90-minute" */
        if (!glued(x, i) || !glued(x, i + 1) || x->t[i + 1].kind != TERM_WORD) return NULL;
        const struct unit *u = unit_at(x, i + 1, to);
        if (!u) *to = i;
        return u;
    }
    if (term_is(x, i, x->g->ends) && !term_is(x, i, "min")) return NULL;
    if (term_is(x, i, "buck|bucks")) return *to = i + 1, &any_money;
    if (term_is(x, i, "libra|libras|sterline")) return *to = i + 1, unit_named("GBP");
    if (term_is(x, i, "ton|tons")) return *to = i + 1, unit_named("t");
    struct view v = view_sub(x->text, x->t[i].from, x->text.n - x->t[i].from);
    const struct unit *u = unit_read(v, &used);
    if (!u || used == 0) return NULL;
    if (term_is(x, i, "in") && !glued(x, i)) return NULL;
    for (*to = i; *to < x->n && x->t[*to].from < x->t[i].from + used;) ++*to;
    return u;
}

double amount_in(double value, const struct unit *from, const struct unit *to) {
    if (!from || !to || from == to || from->dim != to->dim || from->dim == DIM_MONEY) return value;
    return value * from->factor / to->factor;
}

/* "1h30", "2 hours and 15 minutes": what follows the hours. Terms read; adds to *value. */
static int smaller_unit(const struct terms *x, int i, const struct unit *u, double *value) {
    int k = i, to;
    double v;
    if (u->dim != DIM_TIME || u->factor < 60) return 0;
    if (term_is(x, k, "and|und|et|y|e|en")) k++;
    if (k >= x->n || x->t[k].kind != TERM_NUMBER) return 0;
    v = x->t[k].number;
    const struct unit *small = unit_at(x, k + 1, &to);
    if (u->factor < 3601 && glued(x, k + 1) && term_is(x, k + 1, "m")) /* "2h 30m" */
        small = unit_named("min"), to = k + 2;
    if (small && small->dim == DIM_TIME && small->factor < u->factor)
        return *value += v * small->factor / u->factor, to - i;
    if (!small && k == i && glued(x, k) && u->factor >= 3600 && u->factor < 3601 && v < 60)
        return *value += v / 60, 1;
    return 0;
}

/* "240,-", "240.--": money without cents. Terms read. */
static int no_cents(const struct terms *x, int i) {
    int k = i;
    if (!glued(x, k) || k >= x->n || x->t[k].kind != TERM_BREAK) return 0;
    for (k++; k < x->n && glued(x, k) && x->t[k].kind == TERM_DASH;) k++;
    return k > i + 1 && !(k < x->n && glued(x, k) && x->t[k].kind <= TERM_NUMBER) ? k - i : 0;
}

/* A number at i with a currency before it or a unit behind it; terms read. */
static int one_read(const struct terms *x, int i, double *value, const struct unit **unit) {
    int k = i, to, n;
    *unit = NULL;
    if (k < x->n && x->t[k].kind != TERM_NUMBER && word_value(x, k) == 0) {
        const struct unit *money = unit_at(x, k, &to);
        if (money && money->dim == DIM_MONEY && to < x->n && x->t[to].kind == TERM_NUMBER)
            *unit = money, k = to;
    }
    if ((n = number_at(x, k, value)) == 0) return 0;
    k += n;
    if (!*unit && no_cents(x, k)) {
        *unit = &any_money;
        k += no_cents(x, k);
    } else if (!*unit) {
        int half = half_after(x, k, value);
        *unit = unit_at(x, k + half, &to);
        if (*unit && term_is(x, to - 1, "m") && glued(x, to - 1) && term_is(x, i, "budget"))
            *unit = NULL;
        if (half || *unit) k = *unit ? to : k + half;
        if (*unit && !half) { /* "an hour and a half" */
            int more = half_after(x, k, value);
            k += more ? more : smaller_unit(x, k, *unit, value);
        }
        if (*unit && (*unit)->dim == DIM_MONEY && k < x->n) { /* "twelve euros fifty" */
            double cents = 0;
            int more = term_is(x, k, "and") ? 0 : number_at(x, k, &cents);
            if (more && cents > 1 && cents < 100 && !term_is(x, k + more, "%"))
                *value += cents / 100, k += more;
        }
    } else if (glued(x, k) && term_is(x, k, "m|mio|mn")) {
        *value *= 1e6, k++;
    }
    return k - i;
}

static int is_year(double v) {
    return v >= YEAR_MIN && v <= YEAR_MAX && v == floor(v);
}

/* "a" and "an" before a unit of time: "an hour", "half an hour". */
static int article_read(const struct terms *x, int i, double *value, const struct unit **unit) {
    int k = i, to;
    double v = 1;
    if (term_is(x, k, "half|halbe|demi|media|mezza|halve|meia|mezzo|medio|meio")) v = 0.5, k++;
    if (term_is(x, k, "a|an|one|-")) k++;
    if (k < x->n && x->t[k].kind == TERM_DASH) k++;
    if (k == i) return 0;
    *unit = unit_at(x, k, &to);
    if (!*unit || to == k || (*unit)->dim == DIM_MONEY) return 0;
    if (v == 1 && ((*unit)->dim != DIM_TIME || (*unit)->factor > 3601)) return 0;
    k = to;
    *value = v;
    k += half_after(x, k, value);
    return k - i;
}

/* "a quarter of an hour", "three quarters of an hour"; terms read. */
static int quarter_read(const struct terms *x, int i, double *value, const struct unit **unit) {
    static const char *const quarters[] = {"a|one quarter of an hour", "quarter of an hour",
                                           "viertelstunde", "un quart d heure"};
    for (size_t k = 0; k < COUNT(quarters); k++) {
        int n = term_phrase(x, i, quarters[k]);
        if (n) return *value = 15, *unit = unit_named("min"), n;
    }
    return 0;
}

static int is_join(const struct terms *x, int i, int between) {
    if (i >= x->n) return 0;
    if (x->t[i].kind == TERM_DASH) return 1;
    if (!between && term_is(x, i, "and|und|et|y|e|en")) return 0;
    return term_is(x, i, x->g->joins);
}

/* The second number of a range; terms read with what joins it. */
static int range_read(const struct terms *x, int i, int between, struct amount *out) {
    double hi;
    const struct unit *unit;
    int k = i, n;
    if (!is_join(x, k, between)) return 0;
    int dash = x->t[k].kind == TERM_DASH;
    k++;
    while (!dash && term_is(x, k, "the|i|le|les|il|el|las|los|de|die|o|as|os|als") && k < i + 2)
        k++;
    if ((n = one_read(x, k, &hi, &unit)) == 0) return 0;
    if (out->unit && unit && out->unit != unit) {
        if (out->unit->dim != unit->dim) return 0;
        hi = amount_in(hi, unit, out->unit);
        unit = out->unit;
    }
    if (dash && !unit && !out->unit && is_year(out->lo) && hi < 100 &&
        x->t[k].to - x->t[k].from == 2)
        hi += floor(out->lo / 100) * 100; /* "1990-95" */
    struct view raw = terms_text(x, k, k + 1);
    int kilo = raw.n && (raw.p[raw.n - 1] | 0x20) == 'k';
    if (kilo && out->lo < 1000 && hi >= 1000) out->lo *= 1000; /* "5-10k" */
    if (hi < out->lo && (dash || term_is(x, i, "or|oder|ou|o|of"))) return 0;
    out->hi = hi;
    if (unit) out->unit = unit;
    out->range = 1;
    return k + n - i;
}

int amount_read(const struct terms *x, int i, int between, struct amount *out) {
    int n;
    *out = (struct amount){.from = i};
    if (i < 0 || i >= x->n) return 0;
    if ((n = article_read(x, i, &out->lo, &out->unit)) == 0)
        n = one_read(x, i, &out->lo, &out->unit);
    if (n == 0) n = quarter_read(x, i, &out->lo, &out->unit);
    if (n == 0) return 0;
    out->hi = out->lo;
    out->word = x->t[i].kind == TERM_WORD && n == 1 && out->lo <= 1;
    n += range_read(x, i + n, between, out);
    out->to = i + n;
    out->year = !out->unit && is_year(out->lo) && is_year(out->hi);
    return 1;
}
