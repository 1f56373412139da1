/* Times of day. */
#include "server/wish/when/when_parts.h"

#include <math.h>

/* "am", "pm", "p.m." at i: terms read; *pm. */
static int half_day(const struct terms *x, int i, int *pm) {
    *pm = term_is(x, i, "pm|p");
    if (term_is(x, i, "am|pm")) return 1;
    if (!term_is(x, i, "a|p") || !term_break(x, i + 1, '.') || !term_is(x, i + 2, "m")) return 0;
    return 3 + term_break(x, i + 3, '.');
}

/* Whether "18h" at i is a time of day: behind a preposition of time, and no short stretch. */
static int hour_lead(const struct terms *x, int i) {
    return term_value(x, i) >= 6 && term_is(x, i - 1,
                                            "a|avant|apres|des|vers|depuis|as|antes|depois|de|las|"
                                            "ate|alle|jusqua|vor|nach|um|ab|bis|partir");
}

/* "dopo le 18", "antes de las 9": an hour by its article alone. */
static int bare_hour(const struct terms *x, int i) {
    int end = i + 1 >= x->n || x->t[i + 1].kind == TERM_BREAK || term_is(x, i + 1, x->g->ends);
    if (x->g == &grammar_en || !end) return 0;
    if (term_is(x, i - 1, "alle|dalle")) return 1;
    return term_is(x, i - 1, "le|delle|las|das|as") &&
           term_is(x, i - 2, "dopo|prima|entro|a|de|despues|antes|desde|hasta|depois|ate");
}

static int clock_at(const struct terms *x, int i, double *hours) {
    int k = i + 1, n, pm, minutes = 0, sure = 0;
    if (i >= x->n || x->t[i].kind != TERM_NUMBER || x->t[i].number > 24) return 0;
    double h = x->t[i].number;
    if (term_break(x, k, ':') && !x->t[k].space && term_int(x, k + 1, 0, 59) &&
        term_bytes(x, k + 1) == 2 && h == floor(h)) {
        minutes = term_value(x, k + 1);
        sure = 1, k += 2;
    } else if (h != floor(h)) { /* "20.30 Uhr" */
        if (!term_is(x, k, "uhr|pm|am|uur")) return 0;
        minutes = (int)lround((h - floor(h)) * 100);
        h = floor(h);
    }
    if ((n = half_day(x, k, &pm)) != 0 && h <= 12) {
        h = fmod(h, 12) + 12 * pm;
        k += n, sure = 1;
    } else if (!sure && h == floor(h) && bare_hour(x, i)) {
        sure = 1;
    } else if (term_is(x, k, "uhr|oclock|uur|hrs") &&
               (sure || !term_is(x, k, "uur|hrs") || term_is(x, i - 1, "voor|na|om|vanaf|tegen"))) {
        k++, sure = 1;
        if (term_int(x, k, 1, 59) && term_bytes(x, k) == 2) minutes = term_value(x, k), k++;
    } else if (term_is(x, k, "h") && !x->t[k].space && hour_lead(x, i)) {
        k++, sure = 1;
        if (term_int(x, k, 0, 59) && !x->t[k].space) minutes = term_value(x, k), k++;
    }
    *hours = h + minutes / 60.0;
    return sure ? k - i : 0;
}

int when_clock_read(const struct terms *x, int i, int between, struct when_read *w) {
    double h, last = 0;
    int n = clock_at(x, i, &h), k = i + n, m = 0;
    if (!n && term_int(x, i, 0, 24) && when_joins(x, i + 1, between)) { /* "6 to 9 pm" */
        m = clock_at(x, i + 2, &last);
        if (!m) return 0;
        h = term_value(x, i);
        if (last > 12 && h < 12 && h + 12 <= last) h += 12;
        k = i + 2 + m;
    } else if (!n) {
        return 0;
    } else if (when_joins(x, k, between)) {
        m = clock_at(x, k + 1, &last);
        if (m) k += 1 + m;
    }
    w->kind = WHEN_CLOCK;
    w->scale = SCALE_CLOCK;
    w->lo = (int)lround(h * 3600);
    w->hi = m ? (int)lround(last * 3600) + 60 : w->lo + 60;
    w->range = m > 0;
    return k - i;
}
