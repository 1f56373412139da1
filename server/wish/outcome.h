/* When a value of an item has a name. */
#ifndef WISH_OUTCOME_H
#define WISH_OUTCOME_H

#include "kernels/base/view.h"

/* Whether v names `name` in its words, and does not deny it ("nut-free" has no nuts); whole: v says
 * nothing else. */
int outcome_names(struct view name, struct view v, int whole);

#endif
