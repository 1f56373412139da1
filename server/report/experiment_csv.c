/* Writing cells as CSV. */
#include "server/report/experiment_csv.h"

#include "server/report/csv_out.h"

#include <jansson.h>
#include <stdio.h>

static const char *const settings[] = {"protocol", "catalog", "split",     "members",
                                       "seed",     "model",   "precision", "readout",
                                       "surface",  "history", "k"};
static const char *const metrics[] = {"auc", "p5", "ndcg10", "hr1", "hr5", "mrr", "violations10"};
static const char *const ends[] = {"mean", "lo", "hi"}, *const beside[] = {"popularity", "chance"};
static const char *const facts[] = {"cases", "ms_per_item", "cold_ms_per_item", "warm_ms_per_item",
                                    "tokens_per_item"};

static void cell_json(struct buf *b, json_t *v) {
    char t[32] = "";
    if (json_is_string(v)) {
        csv_out_cell(b, (struct view){json_string_value(v), json_string_length(v)});
        return;
    }
    if (json_is_integer(v)) (void)snprintf(t, sizeof t, "%lld", (long long)json_integer_value(v));
    if (json_is_real(v)) (void)snprintf(t, sizeof t, "%.9g", json_real_value(v));
    csv_out_cell(b, view_of(t));
}

static void cell_int(struct buf *b, long long x) {
    char t[32];
    (void)snprintf(t, sizeof t, "%lld", x);
    csv_out_cell(b, view_of(t));
}

static void head(struct buf *b) {
    char t[64];
    csv_out_cell(b, VIEW("experiment"));
    csv_out_cell(b, VIEW("cell"));
    csv_out_cell(b, VIEW("state"));
    for (size_t i = 0; i < COUNT(settings); i++) csv_out_cell(b, view_of(settings[i]));
    for (size_t i = 0; i < COUNT(metrics); i++) {
        for (size_t k = 0; k < COUNT(ends); k++) {
            (void)snprintf(t, sizeof t, "%s_%s", metrics[i], ends[k]);
            csv_out_cell(b, view_of(t));
        }
        for (size_t k = 0; k < COUNT(beside); k++) {
            (void)snprintf(t, sizeof t, "%s_%s", metrics[i], beside[k]);
            csv_out_cell(b, view_of(t));
        }
    }
    for (size_t i = 0; i < COUNT(facts); i++) csv_out_cell(b, view_of(facts[i]));
    csv_out_cell(b, VIEW("model_sha256"));
    csv_out_cell(b, VIEW("code"));
    csv_out_cell(b, VIEW("seconds"));
    csv_out_cell(b, VIEW("finished"));
    csv_out_cell(b, VIEW("error"));
    csv_out_row_end(b);
}

static void row(struct buf *b, const struct experiment_cell *x) {
    char seconds[32];
    json_t *s = json_loads(x->settings, 0, NULL), *r = json_loads(x->result, 0, NULL);
    json_t *own = json_object_get(r, "figures"), *others = json_object_get(r, "baselines");
    csv_out_cell(b, view_of(x->experiment));
    cell_int(b, x->n);
    csv_out_cell(b, view_of(x->state));
    for (size_t i = 0; i < COUNT(settings); i++) cell_json(b, json_object_get(s, settings[i]));
    for (size_t i = 0; i < COUNT(metrics); i++) {
        json_t *m = json_object_get(own, metrics[i]);
        for (size_t k = 0; k < COUNT(ends); k++) cell_json(b, json_object_get(m, ends[k]));
        for (size_t k = 0; k < COUNT(beside); k++) {
            json_t *o = json_object_get(json_object_get(others, beside[k]), metrics[i]);
            cell_json(b, json_object_get(o, "mean"));
        }
    }
    for (size_t i = 0; i < COUNT(facts); i++) cell_json(b, json_object_get(r, facts[i]));
    cell_json(b, json_object_get(json_object_get(r, "model"), "sha256"));
    csv_out_cell(b, view_of(x->code));
    (void)snprintf(seconds, sizeof seconds, "%.3f", x->seconds);
    csv_out_cell(b, view_of(seconds));
    cell_int(b, x->finished);
    csv_out_cell(b, view_of(x->error));
    csv_out_row_end(b);
    json_decref(s);
    json_decref(r);
}

void experiment_csv(struct buf *b, const struct experiment_cell *cell, int n) {
    head(b);
    for (int i = 0; i < n; i++) row(b, &cell[i]);
}
