/* EASE's one expensive step. */
#ifndef BASELINES_EASE_MATRIX_H
#define BASELINES_EASE_MATRIX_H

#include "server/baselines/taste.h"

/* (X'X + lambda I)^-1 as floats (n_items, n_items) in a; NULL with the reason in *why when there is
 * nothing to train on or the items are too many. Runs on the caller's core alone. */
enum status ease_matrix_make(const struct taste *t, struct arena *a, const float **out,
                             const char **why, struct err *e) MUST_CHECK;

#endif
