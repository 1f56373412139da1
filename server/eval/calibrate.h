/* Fitting probabilities to a catalogue's interactions. A member's last labelled interactions are
 * ranked with what came strictly before them as the history; each score and its label is a case.
 * Isotonic regression and Platt's sigmoid are fitted to four fifths of the members and judged by
 * the log loss on the other fifth, in turn; the better one counts, if it beats the share of likes
 * by more than the standard error of the difference, and is fitted to all cases. Neither says that
 * a higher score is less likely liked: a slope downwards is no fit. */
#ifndef EVAL_CALIBRATE_H
#define EVAL_CALIBRATE_H

#include "server/rank/calibration.h"
#include "server/rank/rank.h"

struct calibrate_config {
    struct view catalog, surface; /* surface "": the catalogue's own */
    enum readout_id readout;      /* auto: what a history alone gets */
    int members;                  /* most members that are asked, 0: 100 */
    unsigned long long seed;
    void *arg; /* of both */
    void (*progress)(void *arg, int done, int total);
    int (*stop)(void *arg);         /* before each member; 1: ST_CANCELLED */
    const struct rank_hooks *hooks; /* of every ranking; may be NULL */
};

/* Fits, stores, and writes the stored JSON (in a) to *json. ST_INVALID when there are fewer than
 * CALIBRATION_MIN cases or only one kind of label, with the numbers; ST_CANCELLED. */
enum status calibrate_run(struct ranker *k, const struct calibrate_config *c, struct arena *a,
                          struct view *json, struct err *e) MUST_CHECK;

/* The fit of n cases (server/rank/calibration.h), member[i] (from 0) naming whose case it is: fills
 * out, and p (n) with the held-out probabilities of the better method. Arrays live in a. */
enum status calibrate_fit(const double *score, const unsigned char *hit, const int *member, int n,
                          struct arena *a, struct calibration *out, double *p,
                          struct err *e) MUST_CHECK;

#endif
