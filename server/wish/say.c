/* A constraint in plain words. */
#include "kernels/base/buf.h"
#include "server/wish/wish.h"

#include <math.h>
#include <string.h>

enum { DAY = 86400 };

static const char *const months[] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};
static const char *const days[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                   "Friday", "Saturday", "Sunday"};

static void day_words(struct buf *b, double t) {
    int year, month, day;
    long long d = (long long)floor(t / DAY), rest = (long long)t - d * DAY;
    civil_of(d, &year, &month, &day);
    buf_printf(b, "%d %s %d", day, months[month - 1], year);
    if (rest) buf_printf(b, ", %02d:%02d", (int)(rest / 3600), (int)(rest / 60 % 60));
}

static void clock_words(struct buf *b, double seconds) {
    int s = (int)seconds;
    buf_printf(b, "%02d:%02d", s / 3600 % 24, s / 60 % 60);
}

/* A value of a field: "500 EUR", "2 h 30 min", "8 December 2026". */
static void value_words(struct buf *b, const struct field *f, double v) {
    if (f->type == FIELD_TYPE_DATE) {
        day_words(b, v);
    } else if (f->type == FIELD_TYPE_DURATION) {
        long long m = llround(v / 60);
        if (m >= 60) buf_printf(b, "%lld h%s", m / 60, m % 60 ? " " : "");
        if (m % 60 || m < 60) buf_printf(b, "%lld min", m % 60);
    } else {
        buf_printf(b, "%.10g", v);
        if (f->unit && f->unit[0]) buf_printf(b, "%s%s", f->unit[0] == '%' ? "" : " ", f->unit);
    }
}

/* "in 1994", "in the years 1990 to 1999", "on 8 December 2026", or from and to. */
static void dates_between(struct buf *b, const struct field *f, double lo, double hi) {
    int y1, m1, d1, y2, m2, d2;
    civil_of((long long)floor(lo / DAY), &y1, &m1, &d1);
    civil_of((long long)floor((hi + 1) / DAY), &y2, &m2, &d2);
    int whole = fmod(lo, DAY) < 1 && fmod(hi + 1, DAY) < 1;
    if (whole && m1 == 1 && d1 == 1 && m2 == 1 && d2 == 1) {
        if (y2 == y1 + 1)
            buf_printf(b, " in %d", y1);
        else
            buf_printf(b, " from %d to %d", y1, y2 - 1);
    } else if (whole && hi - lo < DAY) {
        buf_str(b, " on ");
        day_words(b, lo);
    } else {
        buf_str(b, " from ");
        value_words(b, f, lo);
        buf_str(b, " to ");
        day_words(b, whole ? hi - DAY + 1 : hi);
    }
}

static void date_limit(struct buf *b, const struct field *f, const struct constraint *c) {
    switch (c->op) {
    case WISH_LT:
        buf_str(b, " before ");
        day_words(b, c->hi);
        break;
    case WISH_LE:
        buf_str(b, " until ");
        day_words(b, fmod(c->hi + 1, DAY) < 1 ? c->hi - DAY + 1 : c->hi);
        break;
    case WISH_GT:
        buf_str(b, " after ");
        day_words(b, fmod(c->lo + 1, DAY) < 1 ? c->lo - DAY + 1 : c->lo);
        break;
    case WISH_GE:
        buf_str(b, " from ");
        day_words(b, c->lo);
        buf_str(b, " on");
        break;
    default: dates_between(b, f, c->lo, c->hi); break;
    }
}

static void number_limit(struct buf *b, const struct field *f, const struct constraint *c) {
    static const char *const words[WISH_OPS] = {[WISH_LT] = " below ",
                                                [WISH_LE] = " at most ",
                                                [WISH_GT] = " above ",
                                                [WISH_GE] = " at least ",
                                                [WISH_EQ] = " of "};
    if (c->op == WISH_BETWEEN || c->op == WISH_ABOUT) {
        buf_str(b, c->op == WISH_ABOUT ? " about " : " from ");
        buf_printf(b, "%.10g", f->type == FIELD_TYPE_DURATION ? c->lo / 60 : c->lo);
        buf_str(b, " to ");
        if (f->type == FIELD_TYPE_DURATION)
            buf_printf(b, "%.10g min", c->hi / 60);
        else
            value_words(b, f, c->hi);
        return;
    }
    buf_str(b, words[c->op]);
    value_words(b, f, isinf(c->hi) ? c->lo : c->hi);
}

static void names(struct buf *b, const struct field *f, const struct constraint *c) {
    if (f->type == FIELD_TYPE_FLAG) {
        buf_printf(b, "%s%s", c->negated ? "not " : "", f->words);
        return;
    }
    buf_str(b, c->negated ? "without " : "");
    for (const char *p = c->value; *p;) {
        size_t n = strcspn(p, "|");
        buf_add(b, p, n);
        p += n;
        if (*p) buf_str(b, " or "), p++;
    }
    buf_printf(b, " (%s)", f->words);
}

/* The first and last second of a time of day: "from 19:00", "before 20:00", "19:00 to 21:00". */
static void clock_limit(struct buf *b, int lo, int hi) {
    int after = lo % 60 == 1, before = hi % 60 == 59;
    if (lo > 0) {
        buf_str(b, after ? " after " : " from ");
        clock_words(b, lo - after);
    }
    if (hi < DAY - 1) {
        buf_str(b, before ? " before " : " until ");
        clock_words(b, hi + before);
    }
}

static void calendar(struct buf *b, const struct constraint *c) {
    const char *const *list = c->op == WISH_MONTH ? months : days;
    int n = c->op == WISH_MONTH ? 12 : 7, lo = (int)c->lo, hi = (int)c->hi;
    if (c->op == WISH_CLOCK) {
        clock_limit(b, lo, hi);
    } else if (lo >= 1 && hi >= 1 && lo <= n && hi <= n) {
        buf_printf(b, " %s %s", c->op == WISH_MONTH ? "in" : "on a", list[lo - 1]);
        if (hi != lo) buf_printf(b, " to %s", list[hi - 1]);
    }
}

enum status constraint_words(const struct constraint *c, const struct snapshot *s, struct arena *a,
                             const char **out, struct err *e) {
    const struct field *f = &s->field[c->field];
    struct buf b;
    buf_init(&b, 8192);
    if (c->op == WISH_HAS) {
        names(&b, f, c);
    } else {
        buf_printf(&b, "%s%s", f->words, c->negated ? " not" : "");
        if (c->op >= WISH_MONTH)
            calendar(&b, c);
        else if (f->type == FIELD_TYPE_DATE)
            date_limit(&b, f, c);
        else
            number_limit(&b, f, c);
    }
    struct view v = buf_text(&b);
    *out = b.failed ? NULL : arena_copy(a, v.p, v.n);
    buf_free(&b);
    return *out ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for the words of a limit");
}
