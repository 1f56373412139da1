/* Evaluation reports as a table for people and as JSON. */
#include "server/eval/eval.h"

#include "model/base/buf.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

static const char *group_name(int g) {
    return g == GROUP_ALL ? "all" : kind_names[g];
}

static enum status keep(struct buf *b, struct arena *a, struct view *out, struct err *e) {
    struct view v = buf_text(b);
    char *copy = b->failed ? NULL : arena_copy(a, v.p, v.n);
    buf_free(b);
    if (!copy) return fail(e, ST_NO_MEMORY, "no memory for a report");
    *out = (struct view){copy, v.n};
    return ST_OK;
}

static void put_row(struct buf *b, const struct eval_report *r, int m, int g) {
    const struct eval_cell *c = &r->cell[m][g];
    if (c->auc.n == 0) return;
    buf_printf(b, "%-11s  %-11s  %4d   %.3f [%.3f, %.3f]   %.3f [%.3f, %.3f]", group_name(g),
               method_names[m], c->auc.n, c->auc.mean, c->auc.lo, c->auc.hi, c->p5.mean, c->p5.lo,
               c->p5.hi);
    if (c->violations.n)
        buf_printf(b, "   %.1f of 10 [%.1f, %.1f] (%d)", c->violations.mean, c->violations.lo,
                   c->violations.hi, c->violations.n);
    buf_str(b, "\n");
}

enum status eval_text(const struct eval_report *r, const struct eval_config *c, const char *command,
                      struct arena *a, struct view *out, struct err *e) {
    struct buf b;
    buf_init(&b, 1 << 20);
    buf_printf(
        &b,
        "instruction following on '%.*s', %s split, seed %llu: %d wishes, each 10 wanted of 40 items\n",
        (int)c->catalog.n, c->catalog.p, c->test ? "test" : "development", c->seed, r->n);
    buf_printf(
        &b,
        "command: %s\nAUC chance .500, P@5 chance .250; 95 %% bootstrap intervals over wishes\n\n",
        command);
    buf_printf(&b, "%-11s  %-11s  %4s   %-22s   %-22s   %s\n", "kind", "method", "n", "AUC", "P@5",
               "excluded trait in the top 10");
    for (int g = 0; g < GROUPS; g++) {
        for (int m = 0; m < METHODS; m++) put_row(&b, r, m, g);
        buf_str(&b, "\n");
    }
    const struct interval *d = &r->auto_over_whole;
    if (d->n)
        buf_printf(
            &b,
            "auto minus the whole wish as one text, AUC, paired over %d wishes: %+.3f [%+.3f, %+.3f]\n",
            d->n, d->mean, d->lo, d->hi);
    buf_str(&b, "ms per item scored:");
    for (int m = 0; m < METHODS; m++)
        if (!isnan(r->ms_per_item[m]) && m < METHOD_BM25)
            buf_printf(&b, " %s %.1f;", method_names[m], r->ms_per_item[m]);
    buf_str(&b, "\n");
    return keep(&b, a, out, e);
}

static json_t *interval_json(const struct interval *i) {
    if (i->n == 0) return json_null();
    return json_pack("{s:f,s:f,s:f,s:i}", "mean", i->mean, "lo", i->lo, "hi", i->hi, "n", i->n);
}

enum status eval_json(const struct eval_report *r, const struct eval_config *c, const char *command,
                      struct arena *a, struct view *out, struct err *e) {
    json_t *rows = json_array(), *cases = json_array();
    for (int g = 0; g < GROUPS; g++)
        for (int m = 0; m < METHODS; m++) {
            const struct eval_cell *x = &r->cell[m][g];
            if (x->auc.n)
                json_array_append_new(rows,
                                      json_pack("{s:s,s:s,s:o,s:o,s:o}", "kind", group_name(g),
                                                "method", method_names[m], "auc",
                                                interval_json(&x->auc), "p5", interval_json(&x->p5),
                                                "violations10", interval_json(&x->violations)));
        }
    for (int i = 0; i < r->n; i++) {
        json_t *auc = json_object();
        for (int m = 0; m < METHODS; m++)
            if (!isnan(r->one[i].auc[m]))
                json_object_set_new(auc, method_names[m], json_real(r->one[i].auc[m]));
        json_array_append_new(cases, json_pack("{s:s,s:s,s:o}", "wish", r->one[i].wish->id, "kind",
                                               kind_names[r->one[i].wish->kind], "auc", auc));
    }
    json_t *top = json_pack("{s:s,s:o,s:s,s:I,s:i,s:s,s:o,s:o,s:o}", "protocol", "instruction",
                            "catalog", json_stringn(c->catalog.p, c->catalog.n), "split",
                            c->test ? "test" : "development", "seed", (json_int_t)c->seed, "wishes",
                            r->n, "command", command, "rows", rows, "auto_over_whole",
                            interval_json(&r->auto_over_whole), "cases", cases);
    if (!top) return fail(e, ST_INTERNAL, "the report could not be written as JSON");
    size_t n = json_dumpb(top, NULL, 0, JSON_COMPACT | JSON_REAL_PRECISION(9));
    char *p = arena_alloc(a, n + 1);
    if (p) n = json_dumpb(top, p, n, JSON_COMPACT | JSON_REAL_PRECISION(9));
    json_decref(top);
    *out = (struct view){p, n};
    return p ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for a report");
}
