/* Quantities: a number or a range of numbers with its unit, on either side. */
#include "server/value/value.h"
#include "server/value/words.h"

#include <math.h>
#include <string.h>

struct cursor {
    struct view text;
    size_t at;
    enum number_marks marks;
};

static struct view rest(const struct cursor *c) {
    return view_sub(c->text, c->at, c->text.n);
}

static enum word_class peek(const struct cursor *c, size_t *len) {
    *len = 0;
    return c->at < c->text.n ? word_class_at(c->text.p + c->at, c->text.n - c->at, len)
                             : WORD_OTHER;
}

static int at_end(const struct cursor *c) {
    return c->at >= c->text.n;
}

static void skip_space(struct cursor *c) {
    size_t len;
    while (peek(c, &len) == WORD_SPACE) c->at += len;
}

/* Skips one of the words where it stands whole; '|' between them. */
static int skip_word(struct cursor *c, const char *any) {
    size_t at = c->at;
    struct view w = word_next(c->text, &at);
    if (w.n == 0 || w.p != c->text.p + c->at) return 0;
    char fold[24];
    size_t n = word_fold(w, fold, sizeof fold);
    for (const char *p = any; *p;) {
        size_t len = strcspn(p, "|");
        if (len == n && memcmp(p, fold, n) == 0) {
            c->at = at;
            return 1;
        }
        p += len + (p[len] == '|');
    }
    return 0;
}

static int skip_sign(struct cursor *c, const char *sign) {
    size_t n = strlen(sign);
    struct view r = rest(c);
    if (r.n < n || memcmp(r.p, sign, n) != 0) return 0;
    c->at += n;
    return 1;
}

static int is_money(const struct unit *u) {
    return u && u->dim == DIM_MONEY;
}

/* --- one number with its unit */

struct side {
    double value;
    const struct unit *unit;
};

static int skip_minus(struct cursor *c) {
    return skip_sign(c, "-") || skip_sign(c, "\xe2\x88\x92");
}

/* A currency before the number: "€ 12", "US$12", "-$5". */
static const struct unit *unit_before(struct cursor *c, int *minus) {
    struct cursor save = *c;
    size_t used;
    *minus = skip_minus(c);
    skip_space(c);
    const struct unit *u = unit_read_as(rest(c), DIM_MONEY, &used);
    if (!u) {
        *c = save;
        *minus = 0;
        return NULL;
    }
    c->at += used;
    skip_sign(c, ".");
    skip_space(c);
    return u;
}

/* k and million behind the number; a small m or b only beside money ("$1.2m"). */
static double scale_behind(struct cursor *c, int money) {
    struct cursor save = *c;
    double factor;
    size_t len;
    skip_space(c);
    size_t n = scale_read(rest(c), &factor);
    if (n == 0 && !at_end(c)) {
        char one = c->text.p[c->at];
        struct cursor next = *c;
        next.at++;
        int lone = peek(&next, &len) != WORD_LETTER;
        skip_space(&next);
        size_t used;
        if (!money) money = unit_read_as(rest(&next), DIM_MONEY, &used) != NULL;
        if (money && lone && (one == 'm' || one == 'b' || one == 'B'))
            n = 1, factor = one == 'm' ? 1e6 : 1e9;
    }
    if (n == 0) {
        *c = save;
        return 1;
    }
    c->at += n;
    return factor;
}

/* "38,-" and "38.—": whole money. */
static void skip_no_cents(struct cursor *c) {
    static const char *const ends[] = {
        ",--", ",-", ".-", ",\xe2\x80\x93", ",\xe2\x80\x94", ".\xe2\x80\x93", ".\xe2\x80\x94"};
    for (size_t i = 0; i < COUNT(ends); i++)
        if (skip_sign(c, ends[i])) return;
}

static const struct unit *unit_behind(struct cursor *c, const struct unit *before) {
    struct cursor save = *c;
    size_t used;
    skip_space(c);
    const struct unit *u =
        is_money(before) ? unit_read_as(rest(c), DIM_MONEY, &used) : unit_read(rest(c), &used);
    if (!u) {
        *c = save;
        return before;
    }
    c->at += used;
    return u;
}

/* A number whose mark could be either, with the mark as that of thousands: money has no three
 * decimals. */
static double with_thousands(struct view number) {
    double point = 0, comma = 0;
    (void)number_plain(number, MARKS_POINT, &point);
    (void)number_plain(number, MARKS_COMMA, &comma);
    return fabs(point) > fabs(comma) ? point : comma;
}

static int read_side(struct cursor *c, struct side *out) {
    int minus;
    double scale;
    const struct unit *before = unit_before(c, &minus);
    struct view number = rest(c);
    size_t n = number_plain(number, c->marks, &out->value);
    if (n == 0) return 0;
    c->at += n;
    skip_no_cents(c);
    scale = scale_behind(c, is_money(before));
    skip_sign(c, "+");
    out->unit = unit_behind(c, before);
    if (is_money(out->unit) && scale == 1 && c->marks == MARKS_ANY && number_either(number))
        out->value = with_thousands(number);
    out->value *= minus ? -scale : scale;
    return isfinite(out->value);
}

/* --- durations of several parts */

/* "2:30 h", "4:05 min": the unit of the first part stands behind. */
static int clock_unit(struct cursor *c, const double part[2], struct side *out) {
    size_t used;
    skip_space(c);
    const struct unit *u = unit_read_as(rest(c), DIM_TIME, &used);
    if (!u || (u->factor != 3600 && u->factor != 60)) return 0;
    c->at += used;
    *out = (struct side){part[0] * 60 + part[1], unit_named(u->factor == 60 ? "s" : "min")};
    return 1;
}

/* "1:30:00", hours first. */
static int read_clock(struct cursor *c, struct side *out) {
    struct cursor save = *c;
    double part[3];
    for (int i = 0; i < 3; i++) {
        size_t digits = 0;
        part[i] = 0;
        for (; !at_end(c) && c->text.p[c->at] >= '0' && c->text.p[c->at] <= '9'; c->at++, digits++)
            part[i] = part[i] * 10 + (c->text.p[c->at] - '0');
        int good = i == 0 ? digits >= 1 && digits <= 4 : digits == 2 && part[i] < 60;
        if (good && (i == 2 || skip_sign(c, ":"))) continue;
        if (good && i == 1 && clock_unit(c, part, out)) return 1;
        *c = save;
        return 0;
    }
    *out = (struct side){part[0] * 3600 + part[1] * 60 + part[2], unit_named("s")};
    return 1;
}

/* Adds further parts of a duration to its first one: "1 h 30 min", "1h30", "2 days, 3 hours". */
static void add_parts(struct cursor *c, struct side *s) {
    double seconds = s->value * s->unit->factor;
    const struct unit *smallest = s->unit;
    for (;;) {
        struct cursor save = *c;
        double x;
        size_t used;
        skip_space(c);
        if (skip_sign(c, ",")) skip_space(c);
        if (skip_word(c, "and|und|et|y|e|en")) skip_space(c);
        size_t n = number_plain(rest(c), MARKS_POINT, &x);
        if (n == 0 || x < 0) {
            *c = save;
            break;
        }
        c->at += n;
        skip_space(c);
        const struct unit *u = unit_read_as(rest(c), DIM_TIME, &used);
        if (u)
            c->at += used;
        else if (smallest->factor == 3600 || smallest->factor == 60)
            u = smallest->factor == 3600 ? unit_named("min") : unit_named("s");
        if (!u || u->factor >= smallest->factor) {
            *c = save;
            break;
        }
        seconds += x * u->factor;
        smallest = u;
    }
    *s = (struct side){seconds / smallest->factor, smallest};
}

/* ISO 8601: PT1H30M, P2DT3H. */
static int read_iso_duration(struct cursor *c, struct side *out) {
    static const struct {
        char letter;
        int clock;
        double seconds;
    } part[] = {{'Y', 0, 31557600}, {'M', 0, 2629800}, {'W', 0, 604800}, {'D', 0, 86400},
                {'H', 1, 3600},     {'M', 1, 60},      {'S', 1, 1}};
    int clock = 0, any = 0, whole = 1;
    double sum = 0, x;
    if (!skip_sign(c, "P")) return 0;
    for (size_t next = 0; !at_end(c);) {
        if (!clock && skip_sign(c, "T")) {
            clock = 1;
            continue;
        }
        size_t n = number_plain(rest(c), MARKS_POINT, &x);
        c->at += n;
        if (n == 0 || at_end(c)) return 0;
        char letter = c->text.p[c->at++];
        while (next < COUNT(part) && (part[next].letter != letter || part[next].clock != clock))
            next++;
        if (next == COUNT(part)) return 0;
        sum += x * part[next].seconds;
        any = 1;
    }
    whole = fmod(sum, 60) == 0;
    *out = (struct side){whole ? sum / 60 : sum, unit_named(whole ? "min" : "s")};
    return any && isfinite(sum);
}

/* --- the whole */

static int is_free(struct view text) {
    static const char *const words[] = {
        "free",    "free!",    "for free", "free of charge", "gratis", "kostenlos", "umsonst",
        "gratuit", "gratuite", "gratuito", "gratuita",       "grátis", "kostenfrei"};
    char fold[24];
    size_t n = word_fold(view_sub(text, 0, 40), fold, sizeof fold);
    for (size_t i = 0; i < COUNT(words); i++)
        if (strlen(words[i]) == n && memcmp(words[i], fold, n) == 0) return 1;
    return 0;
}

static void skip_about(struct cursor *c) {
    if (!skip_sign(c, "~") && !skip_sign(c, "\xe2\x89\x88") &&
        !skip_word(c, "ca|approx|approximately|circa|about|etwa|env|environ"))
        return;
    skip_sign(c, ".");
    skip_space(c);
}

static int skip_range_mark(struct cursor *c) {
    struct cursor save = *c;
    size_t len;
    skip_space(c);
    if (peek(c, &len) == WORD_DASH || (len && c->text.p[c->at] == '~')) {
        c->at += len;
        skip_space(c);
        return 1;
    }
    if (skip_word(c, "to|bis|à|a|al|tot|até")) {
        skip_space(c);
        return 1;
    }
    *c = save;
    return 0;
}

static int one_side(struct cursor *c, struct side *s) {
    if (read_clock(c, s)) return 1;
    if (!read_side(c, s)) return 0;
    if (s->unit && s->unit->dim == DIM_TIME && s->value >= 0) add_parts(c, s);
    return 1;
}

/* Brings both ends to one unit; 0 when they have nothing in common. */
static int join(struct side *lo, struct side *hi) {
    if (!lo->unit) lo->unit = hi->unit;
    if (!hi->unit) hi->unit = lo->unit;
    if (lo->unit == hi->unit) return 1;
    if (lo->unit->dim != hi->unit->dim || lo->unit->dim == DIM_MONEY) return 0;
    lo->value *= lo->unit->factor / hi->unit->factor;
    lo->unit = hi->unit;
    return 1;
}

/* What is one quantity as a whole text only: words, ISO durations. */
static int read_whole(struct view text, struct quantity *out) {
    struct cursor iso = {text, 0, MARKS_POINT};
    struct side s;
    if (is_free(text)) {
        *out = (struct quantity){0, 0, unit_named("")};
        return 1;
    }
    if (!read_iso_duration(&iso, &s)) return 0;
    *out = (struct quantity){s.value, s.value, s.unit};
    return 1;
}

size_t quantity_read(struct view text, enum number_marks marks, struct quantity *out) {
    struct cursor c = {view_sub(text, 0, 200), 0, marks};
    struct side lo, hi;
    skip_space(&c); /* no-break spaces, too */
    skip_about(&c);
    if (!one_side(&c, &lo)) return 0;
    struct cursor single = c;
    hi = lo;
    if (skip_range_mark(&c) && (!one_side(&c, &hi) || !join(&lo, &hi) || hi.value < lo.value)) {
        c = single;
        hi = lo;
    }
    *out = (struct quantity){lo.value, hi.value, lo.unit};
    return c.at;
}

int quantity_parse(struct view text, enum number_marks marks, struct quantity *out) {
    struct quantity q;
    text = view_trim(text);
    if (text.n == 0 || text.n > 200) return 0;
    if (read_whole(text, out)) return 1;
    struct cursor c = {text, quantity_read(text, marks, &q), marks};
    if (c.at == 0) return 0;
    skip_space(&c);
    skip_sign(&c, ".");
    if (!at_end(&c)) return 0;
    *out = q;
    return 1;
}
