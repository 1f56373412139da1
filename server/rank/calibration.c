/* Probabilities of scores, by a stored fit. */
#include "server/rank/calibration.h"

#include "server/metrics/calibration.h"
#include "server/readout/readout.h"
#include "server/rank/rank.h"
#include "server/rank/load.h"
#include "server/store/kept/calibration.h"

#include "kernels/base/buf.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

static const char *const methods[] = {"none", "platt", "isotonic"};

const char *calibration_name(enum calibration_method m) {
    return methods[m];
}

void calibration_key(const struct engine_info *m, const char *surface_json, enum readout_id used,
                     char key[CALIBRATION_KEY]) {
    struct buf b;
    buf_init(&b, 1 << 20);
    buf_printf(&b, "%s|%s|%s|", m->sha256, m->precision, readout_name(used));
    buf_str(&b, surface_json);
    struct view v = buf_text(&b);
    engine_sha256(v.p, v.n, key);
    buf_free(&b);
}

static double number(json_t *top, const char *name) {
    return json_number_value(json_object_get(top, name));
}

static int read_corners(json_t *top, struct arena *a, struct calibration *c) {
    json_t *x = json_object_get(top, "x"), *y = json_object_get(top, "y");
    size_t n = json_array_size(x);
    if (n == 0 || n != json_array_size(y) || n > CALIBRATION_CASES) return 0;
    c->x = ARENA_NEW(a, double, n);
    c->y = ARENA_NEW(a, double, n);
    if (!c->x || !c->y) return 0;
    c->n = (int)n;
    for (size_t i = 0; i < n; i++) {
        c->x[i] = json_number_value(json_array_get(x, i));
        c->y[i] = json_number_value(json_array_get(y, i));
        if (i && !(c->x[i] > c->x[i - 1])) return 0;
    }
    return 1;
}

static int read_fit(json_t *top, struct arena *a, struct calibration *c) {
    const char *method = json_string_value(json_object_get(top, "method"));
    size_t m = 0;
    while (m < COUNT(methods) && strcmp(method ? method : "", methods[m]) != 0) m++;
    if (m == COUNT(methods)) return 0;
    *c = (struct calibration){.method = (enum calibration_method)m,
                              .a = number(top, "a"),
                              .b = number(top, "b"),
                              .lo = number(top, "lo"),
                              .hi = number(top, "hi"),
                              .cases = (int)number(top, "cases"),
                              .likes = (int)number(top, "likes"),
                              .members = (int)number(top, "members"),
                              .log_loss = number(top, "log_loss"),
                              .base_loss = number(top, "base_loss"),
                              .ece = number(top, "ece")};
    return c->method != CALIBRATION_ISOTONIC || read_corners(top, a, c);
}

enum status calibration_load(struct store *s, const struct catalog *cat, const char *key,
                             struct arena *a, struct calibration *out, int *there, struct err *e) {
    struct calibration_row *row;
    int n;
    *there = 0;
    TRY(store_calibrations(s, view_of(cat->name), view_of(key), a, &row, &n, e));
    if (n == 0) return ST_OK;
    json_t *top = json_loads(row[0].json, 0, NULL);
    *there = read_fit(top, a, out);
    json_decref(top);
    out->stale = row[0].version != cat->version;
    return *there ? ST_OK : fail(e, ST_CORRUPT, "a stored calibration cannot be read");
}

double calibration_probability(const struct calibration *c, double score) {
    if (!(score >= c->lo && score <= c->hi)) return (double)NAN;
    double edge = 1.0 / (c->cases + 2),
           p = c->method == CALIBRATION_PLATT      ? calibration_sigmoid(c->a, c->b, score)
               : c->method == CALIBRATION_ISOTONIC ? calibration_at(c->x, c->y, c->n, score)
                                                   : (double)NAN;
    return p < edge ? edge : p > 1 - edge ? 1 - edge : p;
}

/* Why no fit can count, or NULL. */
static const char *reason(const struct rank_context *s, const struct rank_result *x) {
    if (s->n_wish > 0 || s->n_examples > 0)
        return "interactions say how likely a like is after a history, not after a wish or examples";
    if (s->n_history == 0) return "there is no history that interactions could be compared with";
    const struct readout *used = readout_of(x->used); /* NULL: a hybrid, which reads one */
    if (used && !used->reads_history) return "this readout does not read a history";
    return NULL;
}

static enum status load(struct rank_context *s, struct rank_result *x, struct err *e) {
    struct engine_info m;
    char key[CALIBRATION_KEY];
    int there;
    engine_info(s->k->engine, &m);
    calibration_key(&m, s->surface.json, x->used, key);
    TRY(calibration_load(s->k->store, &s->catalog->catalog, key, s->a, &x->calibration, &there, e));
    if (!there)
        x->uncalibrated = "nobody has fitted one for this catalogue, model and readout yet";
    else if (x->calibration.method == CALIBRATION_NONE)
        x->uncalibrated = "on held-out interactions these scores predict likes no better than the "
                          "share of likes does";
    return ST_OK;
}

enum status calibration_apply(struct rank_context *s, struct rank_result *x, struct err *e) {
    x->uncalibrated = reason(s, x);
    for (int i = 0; i < x->n; i++) x->item[i].probability = (double)NAN;
    if (!x->uncalibrated) TRY(load(s, x, e));
    if (x->uncalibrated) return ST_OK;
    for (int i = 0; i < x->n; i++)
        x->item[i].probability = calibration_probability(&x->calibration, x->item[i].score);
    return ST_OK;
}
