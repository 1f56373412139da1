/* From interactions to probabilities. */
#include "kernels/base/seeded.h"
#include "server/eval/calibrate.h"

#include "server/metrics/calibration.h"
#include "server/metrics/metrics.h"
#include "kernels/base/sort_key.h"
#include "server/rank/rank.h"
#include "server/store/kept/calibration.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MEMBERS = 100, TARGETS = 5, FOLDS = 5 };

struct cases {
    const struct calibrate_config *c;
    struct ranker *k;
    struct arena *a;
    double *score;
    unsigned char *hit;
    int *member;
    int n, members;
    const char *surface_json; /* of the rankings, and how they were read */
    enum readout_id used;
};

/* --- cases --- */

/* The last TARGETS labelled interactions that have something before all of them; the place of the
 * first one, or -1. */
static int first_target(const struct interaction *h, int n, int *n_targets) {
    int labelled = 0, first = -1;
    for (int i = n - 1; i >= 0 && labelled < TARGETS; i--) {
        if (h[i].label == 0) continue;
        if (h[i].at <= h[0].at) break;
        labelled++;
        first = i;
    }
    *n_targets = labelled;
    return first;
}

static int seen_before(const struct interaction *h, int from, int at) {
    for (int i = from; i < at; i++)
        if (strcmp(h[i].item, h[at].item) == 0) return 1;
    return 0;
}

static void request_of(const struct cases *x, const struct member *m, const struct interaction *h,
                       int from, int n, struct view *ids, struct rank_request *r) {
    request_init(r);
    r->catalog = x->c->catalog;
    r->surface = x->c->surface;
    r->readout = x->c->readout;
    r->member = view_of(m->id);
    r->has_before = 1;
    r->before = h[from].at;
    r->all_baselines = 0;
    r->candidate = ids;
    for (int i = from; i < n; i++)
        if (h[i].label != 0 && !seen_before(h, from, i))
            ids[r->n_candidates++] = view_of(h[i].item);
}

static void take(struct cases *x, const struct rank_result *res, const struct interaction *h,
                 int from, int n) {
    for (int i = 0; i < res->n && x->n < CALIBRATION_CASES; i++)
        for (int k = from; k < n; k++) {
            if (h[k].label == 0 || strcmp(h[k].item, res->item[i].item->id) != 0) continue;
            x->score[x->n] = res->item[i].score;
            x->hit[x->n] = h[k].label > 0;
            x->member[x->n++] = x->members;
            break;
        }
}

/* One ranking of a member's targets; *used 1 when the member has some. */
static enum status ask(struct cases *x, const struct member *m, int *used, struct err *e) {
    struct interaction *h;
    struct view ids[TARGETS];
    struct arena a;
    int n, n_targets;
    *used = 0;
    arena_init(&a, (size_t)1 << 30);
    enum status st = store_history(x->k->store, x->c->catalog, view_of(m->id), &a, &h, &n, e);
    int from = st == ST_OK ? first_target(h, n, &n_targets) : -1;
    struct rank_request *r = ARENA_NEW(&a, struct rank_request, 1);
    struct rank_result *res = ARENA_NEW(&a, struct rank_result, 1);
    if (st == ST_OK && (!r || !res)) st = fail(e, ST_NO_MEMORY, "no memory for a ranking");
    if (st == ST_OK && from >= 0) {
        request_of(x, m, h, from, n, ids, r);
        st = rank_run(x->k, r, x->c->hooks, &a, res, e);
        if (st == ST_OK) take(x, res, h, from, n);
        if (st == ST_OK && !x->surface_json) {
            x->used = res->used;
            x->surface_json = arena_copy(x->a, res->surface.json, strlen(res->surface.json));
            if (!x->surface_json) st = fail(e, ST_NO_MEMORY, "no memory for a surface");
        }
        *used = 1;
    }
    arena_free(&a);
    return st;
}

static enum status collect(struct cases *x, struct err *e) {
    struct member *m;
    int n, total, used;
    TRY(store_members(x->k->store, x->c->catalog, VIEW(""), STORE_PAGE_MAX, x->a, &m, &n, e));
    struct sort_key *order = ARENA_NEW(x->a, struct sort_key, (size_t)n + 1);
    if (!order) return fail(e, ST_NO_MEMORY, "no memory for members");
    for (int i = 0; i < n; i++)
        order[i] = (struct sort_key){(double)(seeded_hash(m[i].id, x->c->seed) >> 11), i};
    qsort(order, (size_t)n, sizeof *order, sort_key_down);
    total = x->c->members ? x->c->members : MEMBERS;
    if (total > n) total = n;
    for (int i = 0; i < n && x->members < total; i++) {
        if (x->c->stop && x->c->stop(x->c->arg))
            return fail(e, ST_CANCELLED, "the calibration was stopped");
        TRY(ask(x, &m[order[i].at], &used, e));
        x->members += used;
        if (used && x->c->progress) x->c->progress(x->c->arg, x->members, total);
    }
    return ST_OK;
}

/* --- the fit --- */

/* Copies of the cases that are (or are not) of a fold. */
struct fold {
    double *score, *x, *y;
    unsigned char *hit;
    struct calibration_point *tmp;
    int n;
};

static enum status fold_new(struct fold *p, int n, struct arena *a, struct err *e) {
    size_t m = (size_t)n + 1;
    *p = (struct fold){.score = ARENA_NEW(a, double, m),
                       .x = ARENA_NEW(a, double, m),
                       .y = ARENA_NEW(a, double, m),
                       .hit = ARENA_NEW(a, unsigned char, m),
                       .tmp = ARENA_NEW(a, struct calibration_point, m)};
    int ok = p->score && p->x && p->y && p->hit && p->tmp;
    return ok ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for a calibration");
}

/* Fits one method to the part. */
static void fit(const struct fold *p, enum calibration_method m, struct calibration *c) {
    int likes = 0;
    c->method = m;
    c->cases = p->n;
    c->lo = -INFINITY;
    c->hi = INFINITY;
    for (int i = 0; i < p->n; i++) likes += p->hit[i];
    c->likes = likes;
    if (m == CALIBRATION_PLATT) calibration_platt(p->score, p->hit, p->n, &c->a, &c->b);
    if (m != CALIBRATION_ISOTONIC) return;
    c->x = p->x;
    c->y = p->y;
    c->n = calibration_isotonic(p->score, p->hit, p->n, p->tmp, p->x, p->y);
}

/* What a method, fitted to the other folds, says of each case; CALIBRATION_NONE: the share of
 * likes. */
static void hold_out(const double *score, const unsigned char *hit, const int *member, int n,
                     enum calibration_method m, struct fold *p, double *out) {
    for (int f = 0; f < FOLDS; f++) {
        struct calibration c = {.cases = 0};
        p->n = 0;
        for (int i = 0; i < n; i++) {
            if (member[i] % FOLDS == f) continue;
            p->score[p->n] = score[i];
            p->hit[p->n++] = hit[i];
        }
        fit(p, m, &c);
        for (int i = 0; i < n; i++) {
            if (member[i] % FOLDS != f) continue;
            out[i] = m == CALIBRATION_NONE ? (c.likes + 1.0) / (c.cases + 2.0)
                                           : calibration_probability(&c, score[i]);
        }
    }
}

/* Whether q's log loss is below p's by more than the standard error of the difference: less may be
 * chance. */
static int better(const double *q, const double *p, const unsigned char *hit, int n) {
    double sum = 0, squares = 0;
    for (int i = 0; i < n; i++) {
        double d = hit[i] ? log(q[i] / p[i]) : log((1 - q[i]) / (1 - p[i]));
        sum += d;
        squares += d * d;
    }
    double mean = sum / n, variance = squares / n - mean * mean;
    return mean > sqrt((variance > 0 ? variance : 0) / n);
}

static void all_cases(const double *score, const unsigned char *hit, int n,
                      enum calibration_method m, struct fold *all, struct calibration *c) {
    all->n = n;
    memcpy(all->score, score, (size_t)n * sizeof *score);
    memcpy(all->hit, hit, (size_t)n);
    *c = (struct calibration){.cases = n};
    fit(all, m, c);
}

enum status calibrate_fit(const double *score, const unsigned char *hit, const int *member, int n,
                          struct arena *a, struct calibration *out, double *p, struct err *e) {
    enum calibration_method best = CALIBRATION_NONE;
    double loss[CALIBRATION_ISOTONIC + 1];
    struct fold tmp;
    double *q = ARENA_NEW(a, double, (size_t)n + 1), *base = ARENA_NEW(a, double, (size_t)n + 1);
    if (!q || !base) return fail(e, ST_NO_MEMORY, "no memory for a calibration");
    TRY(fold_new(&tmp, n, a, e));
    for (int m = CALIBRATION_NONE; m <= CALIBRATION_ISOTONIC; m++) {
        hold_out(score, hit, member, n, (enum calibration_method)m, &tmp, q);
        loss[m] = calibration_log_loss(q, hit, n);
        all_cases(score, hit, n, (enum calibration_method)m, &tmp, out);
        if (m == CALIBRATION_NONE)
            memcpy(base, q, (size_t)n * sizeof *q);
        else if (!(loss[m] < loss[best]) || !better(q, base, hit, n) ||
                 (m == CALIBRATION_PLATT && !(out->a > 0)))
            continue;
        best = (enum calibration_method)m;
        memcpy(p, q, (size_t)n * sizeof *p);
    }
    all_cases(score, hit, n, best, &tmp, out);
    out->base_loss = loss[CALIBRATION_NONE];
    out->log_loss = loss[best];
    out->ece = metric_ece(p, hit, n, CALIBRATION_BINS);
    out->lo = out->hi = n ? score[0] : 0;
    for (int i = 0; i < n; i++) {
        if (score[i] < out->lo) out->lo = score[i];
        if (score[i] > out->hi) out->hi = score[i];
    }
    return ST_OK;
}

/* --- the answer --- */

static json_t *bins_json(const double *p, const unsigned char *hit, int n) {
    struct calibration_bin bin[CALIBRATION_BINS];
    json_t *list = json_array();
    calibration_bins(p, hit, n, bin, CALIBRATION_BINS);
    for (int b = 0; b < CALIBRATION_BINS; b++)
        if (bin[b].n)
            json_array_append_new(list, json_pack("{s:i,s:f,s:f}", "cases", bin[b].n, "predicted",
                                                  bin[b].p, "liked", bin[b].share));
    return list;
}

static json_t *corners_json(const double *x, int n) {
    json_t *list = json_array();
    for (int i = 0; i < n; i++) json_array_append_new(list, json_real(x[i]));
    return list;
}

static enum status write_json(const struct cases *x, const struct calibration *c, const double *p,
                              struct arena *a, struct view *json, struct err *e) {
    struct engine_info m;
    engine_info(x->k->engine, &m);
    double auc = metric_auc(x->score, x->hit, x->n);
    json_t *top = json_pack(
        "{s:s,s:f,s:f,s:f,s:f,s:i,s:i,s:i,s:f,s:f,s:f,s:f,s:o,s:s,s:{s:s,s:s,s:s,s:s}}", "method",
        calibration_name(c->method), "a", c->a, "b", c->b, "lo", c->lo, "hi", c->hi, "cases", x->n,
        "likes", c->likes, "members", x->members, "log_loss", c->log_loss, "base_loss",
        c->base_loss, "ece", c->ece, "auc", isnan(auc) ? 0.5 : auc, "bins",
        bins_json(p, x->hit, x->n), "readout", readout_name(x->used), "model", "id", x->k->id,
        "name", m.name, "sha256", m.sha256, "precision", m.precision);
    if (top) json_object_set_new(top, "x", corners_json(c->x, c->n));
    if (top) json_object_set_new(top, "y", corners_json(c->y, c->n));
    size_t n = top ? json_dumpb(top, NULL, 0, JSON_COMPACT) : 0;
    char *text = n ? arena_alloc(a, n + 1) : NULL;
    if (text) n = json_dumpb(top, text, n, JSON_COMPACT);
    json_decref(top);
    *json = (struct view){text, n};
    return text ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for a calibration");
}

static enum status too_few(const struct cases *x, int likes, struct err *e) {
    enum status st = fail(e, ST_INVALID,
                          "%d labelled interactions of %d members can be used (%d likes); a "
                          "calibration needs %d, with likes and dislikes",
                          x->n, x->members, likes, CALIBRATION_MIN);
    err_field(e, "catalog");
    err_hint(e, "an interaction counts that has a like or a dislike and another one before it");
    return st;
}

enum status calibrate_run(struct ranker *k, const struct calibrate_config *c, struct arena *a,
                          struct view *json, struct err *e) {
    struct cases x = {.c = c, .k = k, .a = a};
    struct calibration fitted;
    struct catalog cat;
    struct engine_info m;
    char key[CALIBRATION_KEY];
    int likes = 0;
    x.score = ARENA_NEW(a, double, CALIBRATION_CASES);
    x.hit = ARENA_NEW(a, unsigned char, CALIBRATION_CASES);
    x.member = ARENA_NEW(a, int, CALIBRATION_CASES);
    double *p = ARENA_NEW(a, double, CALIBRATION_CASES);
    if (!x.score || !x.hit || !x.member || !p)
        return fail(e, ST_NO_MEMORY, "no memory for a calibration");
    TRY(store_catalog(k->store, c->catalog, a, &cat, e));
    TRY(collect(&x, e));
    for (int i = 0; i < x.n; i++) likes += x.hit[i];
    if (x.n < CALIBRATION_MIN || likes == 0 || likes == x.n) return too_few(&x, likes, e);
    TRY(calibrate_fit(x.score, x.hit, x.member, x.n, a, &fitted, p, e));
    TRY(write_json(&x, &fitted, p, a, json, e));
    engine_info(k->engine, &m);
    calibration_key(&m, x.surface_json, x.used, key);
    return store_calibration_put(k->store, c->catalog, view_of(key), cat.version, *json, e);
}
