/* One job on its way: which nodes are cached, which rows come next, what is read from them. A step
 * (step.h) makes chunks of the rows of several plans. Engine thread only. */
#ifndef MODEL_PLAN_H
#define MODEL_PLAN_H

#include "model/engine/cache.h"
#include "model/engine/engine.h"

struct plan;
struct batch;
struct batch_run;
struct batch_pick;

/* Checks the tree and the asks, then finds or makes a state for every node. The job's arrays are
 * borrowed until close. */
enum status plan_open(struct plan **out, struct job *j, struct cache *c, const struct hash *model,
                      struct err *e) MUST_CHECK;
void plan_close(struct plan *p); /* lets go of all nodes; NULL is fine */
/* After a chunk: what became of the plan; *more = 0 when all is done. Tells the job's progress. */
enum status plan_next(struct plan *p, int *more, struct err *e) MUST_CHECK;

/* --- for the batch, in this order in every chunk */

/* Adds at most `most` rows, and as many runs. */
enum status plan_fill(struct plan *p, struct batch *b, int most, struct err *e) MUST_CHECK;
/* The rows of a run whose final vectors are wanted. */
enum status plan_reads(struct plan *p, struct batch *b, const struct batch_run *r,
                       struct err *e) MUST_CHECK;
/* What is kept of a run's vectors and what the head is asked. x_out (b->n_read, dim), backend
 * memory; *at: the run's first row there, moved on to the next run's. */
enum status plan_picks(struct plan *p, struct batch *b, const struct batch_run *r,
                       const float *x_out, size_t dim, int *at, struct err *e) MUST_CHECK;
void plan_answer(struct plan *p, const struct batch_pick *k, float logprob);
/* The run is done; of a plan that failed nothing is kept. */
void plan_settle(struct plan *p, const struct batch_run *r);
void plan_undo(struct plan *p, const struct batch_run *r);
void plan_fail(struct plan *p, enum status st, const struct err *e); /* the first failure counts */

#endif
