/* One chunk at a time out of the rows of several plans, each with its share. Engine thread only. */
#ifndef MODEL_STEP_H
#define MODEL_STEP_H

#include "model/engine/batch.h"
#include "model/engine/plan.h"

/* The next chunk, of at most rows_max rows. Every plan gets an equal share of what is left after
 * those before it, and what nobody wants goes to those that have more; the order goes round. What
 * became of each plan is plan_next's answer: a failure of one does not touch the others, a failure
 * of the chunk ends them all. */
void batch_step(struct batch *b, struct plan *const *plan, int n, struct work *w);

#endif
