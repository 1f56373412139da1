/* What stands beside scores as a probability. A catalogue's interactions say which scores went with
 * likes (server/eval/calibrate.h fits that); the fit counts for the model, the surface and the
 * readout that it was made with, and for what it was made of: a member's history without a wish. */
#ifndef RANK_CALIBRATION_H
#define RANK_CALIBRATION_H

#include "server/rank/request/request.h"

#include "model/engine/engine.h"

enum {
    CALIBRATION_BINS = 10,
    CALIBRATION_CASES = 5000,
    CALIBRATION_MIN = 30,
    CALIBRATION_KEY = 65
};

enum calibration_method { CALIBRATION_NONE, CALIBRATION_PLATT, CALIBRATION_ISOTONIC };
const char *calibration_name(enum calibration_method m);

struct calibration {
    enum calibration_method method; /* NONE: it was tried, and the scores say nothing about likes */
    double a, b;                    /* Platt's */
    double *x, *y;                  /* (n) corners of the isotonic fit */
    int n;
    double lo, hi; /* smallest and largest score that was seen */
    int cases, likes, members;
    double log_loss, base_loss,
        ece;   /* held out: of the method, of the share of likes, of the method */
    int stale; /* the catalogue was changed since */
};

/* The name of what a fit depends on: model, precision, surface (its JSON), readout. */
void calibration_key(const struct engine_info *m, const char *surface_json, enum readout_id used,
                     char key[CALIBRATION_KEY]);

/* The stored fit of that name; *there 0: none. Arrays live in a. */
struct store;
struct catalog;
enum status calibration_load(struct store *s, const struct catalog *cat, const char *key,
                             struct arena *a, struct calibration *out, int *there,
                             struct err *e) MUST_CHECK;

/* P(like) of a score, kept off 0 and 1 by the number of cases; NaN outside the scores that were
 * seen and where the method is none. */
double calibration_probability(const struct calibration *c, double score);

/* Fills the result's calibration and its items' probabilities. */
struct rank_context;
struct rank_result;
enum status calibration_apply(struct rank_context *s, struct rank_result *x,
                              struct err *e) MUST_CHECK;

#endif
