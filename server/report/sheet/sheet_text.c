/* Reports as tables for a terminal. */
#include "server/report/sheet/sheet.h"
#include "server/report/sheet/verdict.h"

#include "kernels/base/buf.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { COLUMN = 24 };

static void put_interval(struct buf *b, const struct sheet_metric *k, const struct interval *i,
                         int sign) {
    char t[80] = "";
    if (i->n)
        (void)snprintf(t, sizeof t, sign ? "%+.*f [%+.*f, %+.*f]" : "%.*f [%.*f, %.*f]", k->digits,
                       i->mean, k->digits, i->lo, k->digits, i->hi);
    buf_printf(b, "  %-*s", COLUMN, t);
}

/* Most cases that any metric of the row has. */
static int row_n(const struct sheet *s, int g, int m) {
    int most = 0;
    for (int k = 0; k < s->n_metrics; k++) {
        int n = sheet_count(s, g, m, k);
        if (n > most) most = n;
    }
    return most;
}

static void put_rows(struct buf *b, const struct sheet *s, int g, double *tmp) {
    for (int m = 0; m < s->n_methods; m++) {
        int n = row_n(s, g, m);
        if (n == 0) continue;
        buf_printf(b, "%-16s  %-18s %4d", sheet_group_name(s, g), s->method[m].name, n);
        for (int k = 0; k < s->n_metrics; k++) {
            struct interval i = sheet_cell(s, g, m, k, tmp);
            put_interval(b, &s->metric[k], &i, 0);
        }
        buf_str(b, "\n");
    }
    buf_str(b, "\n");
}

static void put_gaps(struct buf *b, const struct sheet *s, double *tmp) {
    if (s->reference < 0) return;
    buf_printf(b, "%s minus the others, paired by case, %s:\n", s->method[s->reference].name,
               s->metric[0].label);
    for (int g = 0; g < sheet_shown_groups(s); g++)
        for (int m = 0; m < s->n_methods; m++) {
            struct paired p = {.p = 1};
            if (m != s->reference) p = sheet_gap(s, g, m, 0, tmp);
            if (!p.diff.n) continue;
            buf_printf(b, "%-16s  %-18s %4d", sheet_group_name(s, g), s->method[m].name, p.diff.n);
            put_interval(b, &s->metric[0], &p.diff, 1);
            buf_printf(b, "  p %.2g\n", p.p);
        }
    buf_str(b, "\n");
}

static enum status put_verdicts(struct buf *b, const struct sheet *s, double *tmp, struct arena *a,
                                struct err *e) {
    int any = 0;
    for (int g = 0; g < sheet_shown_groups(s); g++) {
        const char *text;
        TRY(verdict_text(s, g, tmp, a, &text, e));
        if (!text) continue;
        if (!any++)
            buf_printf(b, "is %s worth its cost? by those intervals it is\n",
                       s->method[s->reference].name);
        buf_printf(b, "%-16s  %s\n", sheet_group_name(s, g), text);
    }
    if (any) buf_str(b, "\n");
    return ST_OK;
}

static void put_cost(struct buf *b, const struct sheet *s) {
    int any = 0;
    for (int m = 0; m < s->n_methods; m++) {
        struct sheet_cost c = sheet_cost(s, m);
        if (c.items == 0) continue;
        buf_printf(b, "%s %s %.1f ms, %.1f tokens",
                   any++ ? ";" : "per item scored:", s->method[m].name,
                   1e3 * c.seconds / (double)c.items, (double)c.tokens / (double)c.items);
    }
    if (any) buf_str(b, "\n");
}

enum status sheet_text(const struct sheet *s, struct arena *a, struct view *out, struct err *e) {
    struct buf b;
    double *tmp = ARENA_NEW(a, double, 3 * (size_t)s->n + 1);
    if (!tmp) return fail(e, ST_NO_MEMORY, "no memory for a report");
    buf_init(&b, 8 << 20);
    buf_printf(&b, "%s\n%s\ncatalogue %s, %s split, seed %llu, %d cases\n", s->title, s->about,
               s->catalog, s->split, s->seed, s->n);
    buf_printf(&b, "model %s, sha256 %.16s, %s on %s; code %.16s\ncommand: %s\n", s->model,
               s->model_sha256, s->precision, s->backend, s->code, s->command);
    for (int i = 0; i < s->n_notes; i++) buf_printf(&b, "note: %s\n", s->note[i]);
    buf_printf(&b, "\n%-16s  %-18s %4s", "group", "method", "n");
    for (int k = 0; k < s->n_metrics; k++) buf_printf(&b, "  %-*s", COLUMN, s->metric[k].label);
    buf_str(&b, "\n");
    for (int g = 0; g < sheet_shown_groups(s); g++) put_rows(&b, s, g, tmp);
    put_gaps(&b, s, tmp);
    enum status st = put_verdicts(&b, s, tmp, a, e);
    put_cost(&b, s);
    struct view v = buf_text(&b);
    char *copy = b.failed ? NULL : arena_copy(a, v.p, v.n);
    buf_free(&b);
    TRY(st);
    if (!copy) return fail(e, ST_NO_MEMORY, "no memory for a report");
    *out = (struct view){copy, strlen(copy)};
    return ST_OK;
}
