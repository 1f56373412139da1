/* One job on its way: which nodes are cached, which rows come next, what is read from them. Engine
 * thread only. */
#ifndef MODEL_PLAN_H
#define MODEL_PLAN_H

#include "model/cache.h"
#include "model/engine.h"

struct plan;

/* Checks the tree and the asks, then finds or makes a state for every node. The job's arrays are
 * borrowed until close. */
enum status plan_open(struct plan **out, struct job *j, struct cache *c, const struct hash *model,
                      struct err *e) MUST_CHECK;
/* Computes the next chunk of at most w->rows_max rows and answers what became known; *more = 0 when
 * all is done. */
enum status plan_step(struct plan *p, struct work *w, int *more, struct err *e) MUST_CHECK;
void plan_close(struct plan *p); /* lets go of all nodes; NULL is fine */

#endif
