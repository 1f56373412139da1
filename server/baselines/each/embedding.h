/* Nearness in meaning to the wish's clauses and to what was liked, by an embedding model. */
#ifndef BASELINES_EMBEDDING_H
#define BASELINES_EMBEDDING_H

#include "server/baselines/candidates.h"

/* Fills score (n) of the catalogue's items at these places; *why is the reason when there is
 * nothing to go by, else NULL. */
enum status embedding_score(const struct candidates *c, const int *place, int n, double *score,
                            const char **why, struct err *e) MUST_CHECK;

/* embedder_run, timed. */
enum status embedding_run(const struct candidates *c, const struct view *text, int n, float *out,
                          void *arg, int (*progress)(void *arg, int done, int total),
                          struct err *e) MUST_CHECK;
/* The query that embedding_score multiplies items' vectors with, to out (dim of the embedder), for
 * vectors_top; *why as there, and out is then not written. */
enum status embedding_query(const struct candidates *c, float *out, const char **why,
                            struct err *e) MUST_CHECK;

#endif
