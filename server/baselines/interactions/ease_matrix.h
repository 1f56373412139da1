/* EASE's one expensive step. */
#ifndef BASELINES_EASE_MATRIX_H
#define BASELINES_EASE_MATRIX_H

#include "server/baselines/interactions/interactions.h"

/* (X'X + lambda I)^-1 as floats (n_ease, n_ease) in a, over the items that t->ease names; NULL when
 * there are none. Runs on the caller's core alone, and looks at *stop (NULL: never stopped) between
 * blocks of a tenth of a second: ST_CANCELLED. */
enum status ease_matrix_make(const struct interactions *t, struct arena *a, const atomic_int *stop,
                             const float **out, struct err *e) MUST_CHECK;

#endif
