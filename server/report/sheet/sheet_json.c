/* Reports and single cases as JSON. */
#include "server/report/sheet/sheet.h"
#include "server/report/sheet/verdict.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

/* Takes the reference to top. */
static enum status dump(json_t *top, size_t precision, struct arena *a, struct view *out,
                        struct err *e) {
    size_t flags = JSON_COMPACT | JSON_REAL_PRECISION(precision);
    if (!top) return fail(e, ST_INTERNAL, "a report could not be written as JSON");
    size_t n = json_dumpb(top, NULL, 0, flags);
    char *p = arena_alloc(a, n + 1);
    if (p) n = json_dumpb(top, p, n, flags);
    json_decref(top);
    *out = (struct view){p, n};
    return p ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for a report");
}

/* {method: {metric: value}}, only what was measured. */
static json_t *values_json(const struct sheet *s, const struct sheet_case *c) {
    json_t *top = json_object();
    for (int m = 0; m < s->n_methods; m++) {
        json_t *own = json_object();
        for (int k = 0; k < s->n_metrics; k++) {
            double v = *sheet_value(s, c, m, k);
            if (isfinite(v)) json_object_set_new(own, s->metric[k].name, json_real(v));
        }
        if (json_object_size(own))
            json_object_set_new(top, s->method[m].name, own);
        else
            json_decref(own);
    }
    return top;
}

enum status sheet_case_json(const struct sheet *s, const struct sheet_case *c, struct arena *a,
                            struct view *out, struct err *e) {
    json_t *cost = json_object();
    for (int m = 0; m < s->n_methods; m++)
        if (c->cost[m].items)
            json_object_set_new(cost, s->method[m].name,
                                json_pack("[f,I,I]", c->cost[m].seconds,
                                          (json_int_t)c->cost[m].items,
                                          (json_int_t)c->cost[m].tokens));
    return dump(json_pack("{s:o,s:o}", "values", values_json(s, c), "cost", cost), 17, a, out, e);
}

int sheet_case_read(const struct sheet *s, struct sheet_case *c, struct view json) {
    json_t *top = json_loadb(json.p, json.n, 0, NULL), *values = json_object_get(top, "values"),
           *cost = json_object_get(top, "cost");
    int ok = json_is_object(values) && json_is_object(cost);
    for (int m = 0; ok && m < s->n_methods; m++) {
        json_t *own = json_object_get(values, s->method[m].name),
               *took = json_object_get(cost, s->method[m].name);
        for (int k = 0; k < s->n_metrics; k++) {
            json_t *v = json_object_get(own, s->metric[k].name);
            *sheet_value(s, c, m, k) = json_is_number(v) ? json_number_value(v) : NAN;
        }
        c->cost[m] = (struct sheet_cost){json_number_value(json_array_get(took, 0)),
                                         json_integer_value(json_array_get(took, 1)),
                                         json_integer_value(json_array_get(took, 2))};
    }
    json_decref(top);
    return ok;
}

static json_t *interval_json(const struct interval *i) {
    return json_pack("{s:f,s:f,s:f,s:i}", "mean", i->mean, "lo", i->lo, "hi", i->hi, "n", i->n);
}

static void put_rows(const struct sheet *s, int g, double *tmp, json_t *rows, json_t *gaps) {
    for (int m = 0; m < s->n_methods; m++) {
        json_t *row =
            json_pack("{s:s,s:s}", "group", sheet_group_name(s, g), "method", s->method[m].name);
        json_t *gap =
            json_pack("{s:s,s:s}", "group", sheet_group_name(s, g), "method", s->method[m].name);
        for (int k = 0; k < s->n_metrics; k++) {
            struct interval i = sheet_cell(s, g, m, k, tmp);
            if (i.n) json_object_set_new(row, s->metric[k].name, interval_json(&i));
            if (!i.n || s->reference < 0 || m == s->reference) continue;
            struct paired p = sheet_gap(s, g, m, k, tmp);
            if (!p.diff.n) continue;
            json_t *v = interval_json(&p.diff);
            json_object_set_new(v, "p", json_real(p.p));
            json_object_set_new(gap, s->metric[k].name, v);
        }
        enum verdict v = json_object_size(gap) > 2 ? verdict_of(s, g, m, tmp) : VERDICT_NONE;
        if (v) json_object_set_new(gap, "verdict", json_string(verdict_name(v)));
        if (json_object_size(row) > 2) json_array_append(rows, row);
        if (json_object_size(gap) > 2) json_array_append(gaps, gap);
        json_decref(row);
        json_decref(gap);
    }
}

static json_t *methods_json(const struct sheet *s) {
    json_t *list = json_array();
    for (int m = 0; m < s->n_methods; m++) {
        const struct sheet_method *x = &s->method[m];
        json_t *v = json_pack("{s:s,s:b}", "name", x->name, "model", x->model);
        if (x->trained_on) json_object_set_new(v, "trained_on", json_string(x->trained_on));
        struct sheet_cost c = sheet_cost(s, m);
        if (c.items) {
            json_object_set_new(v, "ms_per_item", json_real(1e3 * c.seconds / (double)c.items));
            json_object_set_new(v, "tokens_per_item",
                                json_real((double)c.tokens / (double)c.items));
        }
        json_array_append_new(list, v);
    }
    return list;
}

static json_t *cases_json(const struct sheet *s) {
    json_t *list = json_array();
    for (int i = 0; i < s->n; i++)
        json_array_append_new(list, json_pack("{s:s,s:s,s:o}", "case", s->c[i].id, "group",
                                              sheet_group_name(s, s->c[i].group), "values",
                                              values_json(s, &s->c[i])));
    return list;
}

static json_t *notes_json(const struct sheet *s) {
    json_t *list = json_array();
    for (int i = 0; i < s->n_notes; i++) json_array_append_new(list, json_string(s->note[i]));
    return list;
}

enum status sheet_json(const struct sheet *s, struct arena *a, struct view *out, struct err *e) {
    json_t *rows = json_array(), *gaps = json_array();
    double *tmp = ARENA_NEW(a, double, 3 * (size_t)s->n + 1);
    if (!tmp) return fail(e, ST_NO_MEMORY, "no memory for a report");
    for (int g = 0; g < sheet_shown_groups(s); g++) put_rows(s, g, tmp, rows, gaps);
    json_t *model =
        json_pack("{s:s,s:s,s:s,s:s,s:I}", "name", s->model, "sha256", s->model_sha256, "precision",
                  s->precision, "backend", s->backend, "parameters", (json_int_t)s->parameters);
    json_t *top = json_pack("{s:s,s:s,s:s,s:s,s:I,s:i,s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:o}", "protocol",
                            s->protocol, "title", s->title, "catalog", s->catalog, "split",
                            s->split, "seed", (json_int_t)s->seed, "n", s->n, "command", s->command,
                            "code", s->code, "model", model, "methods", methods_json(s), "rows",
                            rows, "gaps", gaps, "notes", notes_json(s), "cases", cases_json(s));
    if (top && s->reference >= 0)
        json_object_set_new(top, "reference", json_string(s->method[s->reference].name));
    return dump(top, 9, a, out, e);
}
