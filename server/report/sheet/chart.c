/* Dot charts and line charts. */
#include "server/report/sheet/chart.h"

#include <math.h>
#include <string.h>

enum {
    WIDTH = 360,
    LEFT = 96,
    RIGHT = 50,
    ROW = 20,
    HEIGHT = 220,
    TOP = 14,
    BOTTOM = 34,
    PAD = 34
};

void chart_escape(struct buf *b, const char *text) {
    for (; *text; text++) {
        if (*text == '&')
            buf_str(b, "&amp;");
        else if (*text == '<')
            buf_str(b, "&lt;");
        else if (*text == '>')
            buf_str(b, "&gt;");
        else if (*text == '"')
            buf_str(b, "&quot;");
        else
            buf_add(b, text, 1);
    }
}

/* A scale of values with round ends. */
struct scale {
    double lo, hi, step, from, to; /* from, to: pixels */
};

static double place(const struct scale *x, double v) {
    return x->from + (v - x->lo) / (x->hi - x->lo) * (x->to - x->from);
}

static void widen(struct scale *x, const struct interval *i) {
    if (!i->n) return;
    x->lo = fmin(x->lo, i->lo);
    x->hi = fmax(x->hi, i->hi);
}

static void round_ends(struct scale *x) {
    if (!(x->hi > x->lo)) {
        x->lo = isfinite(x->lo) ? x->lo - 0.5 : 0;
        x->hi = x->lo + 1;
    }
    double raw = (x->hi - x->lo) / 4, power = pow(10, floor(log10(raw)));
    x->step = power * (raw / power > 5 ? 10 : raw / power > 2 ? 5 : raw / power > 1 ? 2 : 1);
    x->lo = floor(x->lo / x->step) * x->step;
    x->hi = ceil(x->hi / x->step) * x->step;
}

static int digits(const struct scale *x) {
    return x->step >= 1 ? 0 : x->step >= 0.1 ? 1 : x->step >= 0.01 ? 2 : 3;
}

static int find(const struct sheet *s, const char *name) {
    for (int m = 0; m < s->n_methods; m++)
        if (strcmp(s->method[m].name, name) == 0) return m;
    return -1;
}

static int is_line(const struct sheet *s, int m) {
    return m == find(s, "chance") || m == find(s, "popularity");
}

/* --- dots */

static void dots_line(struct buf *b, const char *name, double at, const char *anchor, int bottom) {
    buf_printf(b, "<line class='ref %s' x1='%.1f' x2='%.1f' y1='%d' y2='%d'/>", name, at, at, TOP,
               bottom);
    buf_printf(b, "<text class='ref' x='%.1f' y='10' text-anchor='%s'>%s</text>", at, anchor, name);
}

/* Chance and popularity as lines; their names lean away from each other. */
static void dots_lines(struct buf *b, const struct sheet *s, int group, int metric,
                       const struct scale *x, int bottom, double *tmp) {
    static const char *const name[] = {"chance", "popularity"};
    double at[2] = {NAN, NAN};
    for (int k = 0; k < 2; k++) {
        int m = find(s, name[k]);
        if (m >= 0) at[k] = place(x, sheet_cell(s, group, m, metric, tmp).mean);
    }
    for (int k = 0; k < 2; k++)
        if (!isnan(at[k]))
            dots_line(b, name[k], at[k],
                      isnan(at[!k])                             ? "middle"
                      : at[k] > at[!k] || (k && at[0] == at[1]) ? "start"
                                                                : "end",
                      bottom);
}

static void dots_row(struct buf *b, const struct sheet *s, int m, const struct interval *i,
                     int digits_, const struct scale *x, int y) {
    buf_printf(b, "<text x='%d' y='%d' text-anchor='end'>", LEFT - 6, y + 4);
    chart_escape(b, s->method[m].name);
    buf_printf(b, "</text><g class='%s'>", s->method[m].model ? "lm" : "base");
    buf_printf(b, "<line x1='%.1f' x2='%.1f' y1='%d' y2='%d'/>", place(x, i->lo), place(x, i->hi),
               y, y);
    buf_printf(b, "<circle cx='%.1f' cy='%d' r='4'/></g>", place(x, i->mean), y);
    buf_printf(b, "<text class='n' x='%d' y='%d'>%.*f</text>", WIDTH - RIGHT + 8, y + 4, digits_,
               i->mean);
}

void chart_dots(struct buf *b, const struct sheet *s, int group, int metric, double *tmp) {
    struct scale x = {INFINITY, -INFINITY, 0, LEFT, WIDTH - RIGHT};
    int rows = 0;
    for (int m = 0; m < s->n_methods; m++) {
        struct interval i = sheet_cell(s, group, m, metric, tmp);
        rows += i.n > 0 && m != find(s, "chance");
        widen(&x, &i);
    }
    if (rows == 0) return;
    round_ends(&x);
    int y = TOP + ROW / 2 + 2, bottom = TOP + rows * ROW + 4;
    buf_printf(b, "<figure><figcaption>%s, ", s->metric[metric].label);
    chart_escape(b, sheet_group_name(s, group));
    buf_printf(b, "</figcaption><svg viewBox='0 0 %d %d' role='img'>", WIDTH, bottom + 18);
    for (double v = x.lo; v <= x.hi + x.step / 2; v += x.step)
        buf_printf(b,
                   "<line class='grid' x1='%.1f' x2='%.1f' y1='%d' y2='%d'/>"
                   "<text class='tick' x='%.1f' y='%d' text-anchor='middle'>%.*f</text>",
                   place(&x, v), place(&x, v), TOP, bottom, place(&x, v), bottom + 13, digits(&x),
                   v);
    dots_lines(b, s, group, metric, &x, bottom, tmp);
    for (int m = 0; m < s->n_methods; m++) {
        struct interval i = sheet_cell(s, group, m, metric, tmp);
        if (!i.n || m == find(s, "chance")) continue;
        dots_row(b, s, m, &i, s->metric[metric].digits, &x, y);
        y += ROW;
    }
    buf_str(b, "</svg></figure>\n");
}

/* --- lines */

struct lines {
    const struct sheet *s;
    int metric, gap, n, group[SHEET_GROUPS]; /* the panel's groups, by x */
    struct scale y;
    double *tmp;
};

static struct interval value(const struct lines *l, int k, int m) {
    return l->gap ? sheet_gap(l->s, l->group[k], m, l->metric, l->tmp).diff
                  : sheet_cell(l->s, l->group[k], m, l->metric, l->tmp);
}

/* In a chart of gaps the baselines only. */
static int drawn(const struct lines *l, int m) {
    return !l->gap ||
           (!l->s->method[m].model && m != find(l->s, "chance") && m != find(l->s, "random"));
}

static double column(const struct lines *l, int k) {
    double room = WIDTH - PAD - 14;
    return l->n > 1 ? PAD + 8 + (room - 8) * k / (l->n - 1) : PAD + room / 2;
}

/* Lines across the chart at the steps of its vertical axis, with their values. */
static void grid(struct buf *b, const struct scale *y) {
    for (double v = y->lo; v <= y->hi + y->step / 2; v += y->step)
        buf_printf(b,
                   "<line class='grid' x1='%d' x2='%d' y1='%.1f' y2='%.1f'/>"
                   "<text class='tick' x='%d' y='%.1f' text-anchor='end'>%.*f</text>",
                   PAD, WIDTH - 6, place(y, v), place(y, v), PAD - 4, place(y, v) + 3, digits(y),
                   v);
}

static void lines_axes(struct buf *b, const struct lines *l) {
    const struct scale *y = &l->y;
    grid(b, y);
    for (int k = 0; k < l->n; k++)
        buf_printf(b, "<text class='tick' x='%.1f' y='%d' text-anchor='middle'>%g</text>",
                   column(l, k), HEIGHT - BOTTOM + 14, l->s->group[l->group[k]].x);
    buf_printf(b, "<text class='tick' x='%d' y='%d' text-anchor='middle'>", WIDTH / 2, HEIGHT - 4);
    chart_escape(b, l->s->axis ? l->s->axis : "");
    buf_str(b, "</text>");
    if (l->gap && y->lo <= 0 && y->hi >= 0)
        buf_printf(b, "<line class='zero' x1='%d' x2='%d' y1='%.1f' y2='%.1f'/>", PAD, WIDTH - 6,
                   place(y, 0), place(y, 0));
}

static void lines_series(struct buf *b, const struct lines *l, int m, int colour) {
    int whiskers = l->gap || m == l->s->reference, points = 0;
    buf_printf(b, "<g class='s%d%s'><polyline points='", colour, is_line(l->s, m) ? " ref" : "");
    for (int k = 0; k < l->n; k++) {
        struct interval i = value(l, k, m);
        if (!i.n) continue;
        buf_printf(b, "%.1f,%.1f ", column(l, k), place(&l->y, i.mean));
        points++;
    }
    buf_str(b, "'/>");
    for (int k = 0; k < l->n && points; k++) {
        struct interval i = value(l, k, m);
        if (!i.n) continue;
        double x = column(l, k) + (l->gap ? colour % 8 - 3.5 : 0);
        if (whiskers)
            buf_printf(b, "<line x1='%.1f' x2='%.1f' y1='%.1f' y2='%.1f'/>", x, x,
                       place(&l->y, i.lo), place(&l->y, i.hi));
        buf_printf(b, "<circle cx='%.1f' cy='%.1f' r='%s'/>", column(l, k), place(&l->y, i.mean),
                   m == l->s->reference ? "3.5" : "2");
    }
    buf_str(b, "</g>");
}

static int any_value(const struct lines *l, int m) {
    for (int k = 0; k < l->n; k++)
        if (value(l, k, m).n) return 1;
    return 0;
}

static void lines_range(struct lines *l) {
    l->y = (struct scale){INFINITY, -INFINITY, 0, HEIGHT - BOTTOM, TOP};
    for (int m = 0; m < l->s->n_methods; m++)
        for (int k = 0; drawn(l, m) && k < l->n; k++) {
            struct interval i = value(l, k, m);
            if (!l->gap && m != l->s->reference) i.lo = i.hi = i.mean;
            widen(&l->y, &i);
        }
    if (l->gap) {
        l->y.lo = fmin(l->y.lo, 0);
        l->y.hi = fmax(l->y.hi, 0);
    }
    round_ends(&l->y);
}

void chart_lines(struct buf *b, const struct sheet *s, const char *panel, int metric, int gap,
                 double *tmp) {
    struct lines l = {.s = s, .metric = metric, .gap = gap, .tmp = tmp};
    int colour = 0;
    if (gap && s->reference < 0) return;
    for (int g = 0; g < s->n_groups; g++)
        if (strcmp(s->group[g].panel, panel) == 0) l.group[l.n++] = g;
    lines_range(&l);
    buf_str(b, "<figure><figcaption>");
    if (gap) {
        chart_escape(b, s->method[s->reference].name);
        buf_str(b, " minus each baseline, ");
    }
    buf_printf(b, "%s, ", s->metric[metric].label);
    chart_escape(b, panel);
    buf_printf(b, "</figcaption><svg viewBox='0 0 %d %d' role='img'>", WIDTH, HEIGHT);
    lines_axes(b, &l);
    for (int m = 0; m < s->n_methods; m++)
        if (drawn(&l, m) && any_value(&l, m)) lines_series(b, &l, m, colour++);
    buf_str(b, "</svg><ul class='legend'>");
    colour = 0;
    for (int m = 0; m < s->n_methods; m++) {
        if (!drawn(&l, m) || !any_value(&l, m)) continue;
        buf_printf(b, "<li class='s%d%s'>", colour++, is_line(s, m) ? " ref" : "");
        chart_escape(b, s->method[m].name);
        buf_str(b, "</li>");
    }
    buf_str(b, "</ul></figure>\n");
}

/* --- sizes */

/* One model's place: log10 of its milliseconds per item, and its mean; 0 when it has none. */
static int size_point(const struct sheet *s, int group, int metric, int m, double *tmp, double *x,
                      struct interval *y) {
    struct sheet_cost c = sheet_cost(s, m);
    *y = sheet_cell(s, group, m, metric, tmp);
    if (s->method[m].parameters <= 0 || c.items == 0 || !(c.seconds > 0) || !y->n) return 0;
    *x = log10(1e3 * c.seconds / (double)c.items);
    return 1;
}

static void sizes_axes(struct buf *b, const struct scale *x, const struct scale *y) {
    grid(b, y);
    for (double v = x->lo; v <= x->hi + x->step / 2; v += x->step)
        buf_printf(b, "<text class='tick' x='%.1f' y='%d' text-anchor='middle'>%.3g</text>",
                   place(x, v), HEIGHT - BOTTOM + 14, pow(10, v));
    buf_printf(b, "<text class='tick' x='%d' y='%d' text-anchor='middle'>ms per item</text>",
               WIDTH / 2, HEIGHT - 4);
}

static double best_baseline(const struct sheet *s, int group, int metric, double *tmp) {
    double best = -INFINITY;
    for (int m = 0; m < s->n_methods; m++) {
        struct interval i = sheet_cell(s, group, m, metric, tmp);
        if (!s->method[m].model && m != find(s, "chance") && i.n) best = fmax(best, i.mean);
    }
    return best;
}

static void sizes_dot(struct buf *b, const struct sheet *s, int m, double x, const struct scale *y,
                      const struct interval *i) {
    buf_printf(b, "<g class='lm'><line x1='%.1f' x2='%.1f' y1='%.1f' y2='%.1f'/>", x, x,
               place(y, i->lo), place(y, i->hi));
    buf_printf(b, "<circle cx='%.1f' cy='%.1f' r='%.1f'/></g>", x, place(y, i->mean),
               2 + sqrt(s->method[m].parameters / 1e6) / 4);
    buf_printf(b, "<text x='%.1f' y='%.1f' text-anchor='%s'>", x > WIDTH / 2 ? x - 12 : x + 12,
               place(y, i->mean) + 4, x > WIDTH / 2 ? "end" : "start");
    chart_escape(b, s->method[m].name);
    buf_str(b, "</text>");
}

void chart_sizes(struct buf *b, const struct sheet *s, int group, int metric, double *tmp) {
    struct scale x = {INFINITY, -INFINITY, 0, PAD + 10, WIDTH - 16},
                 y = {INFINITY, -INFINITY, 0, HEIGHT - BOTTOM, TOP};
    double at, best = best_baseline(s, group, metric, tmp);
    int n = 0;
    for (int m = 0; m < s->n_methods; m++) {
        struct interval i;
        if (!size_point(s, group, metric, m, tmp, &at, &i)) continue;
        n++;
        widen(&x, &(struct interval){at, at, at, 1});
        widen(&y, &i);
    }
    if (n < 2) return;
    if (isfinite(best)) widen(&y, &(struct interval){best, best, best, 1});
    round_ends(&x);
    round_ends(&y);
    buf_printf(b, "<figure><figcaption>%s against time and size, ", s->metric[metric].label);
    chart_escape(b, sheet_group_name(s, group));
    buf_printf(b, "</figcaption><svg viewBox='0 0 %d %d' role='img'>", WIDTH, HEIGHT);
    sizes_axes(b, &x, &y);
    if (isfinite(best))
        buf_printf(b,
                   "<line class='ref' x1='%d' x2='%d' y1='%.1f' y2='%.1f'/>"
                   "<text class='ref' x='%d' y='%.1f' text-anchor='end'>best baseline</text>",
                   PAD, WIDTH - 6, place(&y, best), place(&y, best), WIDTH - 8,
                   place(&y, best) - 4);
    for (int m = 0; m < s->n_methods; m++) {
        struct interval i;
        if (size_point(s, group, metric, m, tmp, &at, &i))
            sizes_dot(b, s, m, place(&x, at), &y, &i);
    }
    buf_str(b, "</svg></figure>\n");
}
