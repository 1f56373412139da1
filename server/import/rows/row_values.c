/* Cells to numbers and times. */
#include "server/import/rows/row_parts.h"

#include "server/import/cell/trim.h"

int row_number(const struct column *c, struct view v, double *out) {
    struct quantity q;
    size_t n = number_read(v, c->marks, out);
    if (n == v.n && n) return 1;
    if (n == v.n - 1 && v.n > 1 && v.p[n] == '+') return 1; /* "10,000+" */
    /* "4/5" */
    if (n && n < v.n && v.p[n] == '/' && v.n - n > 1) {
        double of;
        struct view rest = view_sub(v, n + 1, v.n);
        if (number_read(rest, c->marks, &of) == rest.n) return 1;
    }
    /* "12,450 ratings" */
    if (n && (v.p[n] == ' ' || (unsigned char)v.p[n] >= 0xc2)) {
        for (size_t i = n; i < v.n; i++)
            if (v.p[i] >= '0' && v.p[i] <= '9') return 0;
        return 1;
    }
    if (!quantity_parse(v, c->marks, &q)) return 0;
    *out = q.lo;
    return 1;
}

void row_popularity(struct rows *r, const struct source *s) {
    int i = r->layout->by[ROLE_POPULARITY];
    struct view v = row_value(row_cell(s, i));
    double x;
    if (!v.n) return;
    struct column *c = &r->layout->column[i];
    if (!row_number(c, v, &x))
        column_lost(c, s->line, "is not a number", v);
    else if (x < 0)
        column_lost(c, s->line, "is below 0", v);
    else {
        r->out.has_popularity = 1;
        r->out.popularity = x;
    }
}

int row_time(struct rows *r, const struct source *s, enum role role, long long *out) {
    int i = r->layout->by[role];
    struct view v = row_value(row_cell(s, i));
    struct when w;
    struct order_count order = {0};
    if (!v.n) return 0;
    struct column *c = &r->layout->column[i];
    date_order_add(&order, v);
    if (order.either && c->order == DATE_ANY)
        column_lost(c, s->line, "may be day and month or month and day; say dates=dmy or dates=mdy",
                    v);
    else if (date_parse(v, c->order, &w)) {
        *out = w.from;
        return 1;
    } else if ((role == ROLE_AT || view_eq_str(c->name, "time")) && view_int(v, out))
        return 1; /* seconds since 1970, or the steps of a log */
    else
        column_lost(c, s->line, "is not a time", v);
    return 0;
}
