/* A ranking from its request to the answer that people see: run, saved, as JSON. Knows no HTTP; the
 * command line uses it too. */
#ifndef API_RANKING_H
#define API_RANKING_H

#include "server/rank/rank.h"

/* Ranks, saves the run, and writes the answer with the run's id. `unknown`: names of fields that
 * were not understood, or NULL. A run that cannot be saved is a warning, not a failure. Needs a
 * large stack. */
enum status ranking_answer(struct ranker *k, const struct rank_request *r, const char *unknown,
                           const struct rank_hooks *h, struct arena *a, struct rank_result *x,
                           struct view *json, struct err *e) MUST_CHECK;

/* An item that a request names and that is not there makes the request wrong, not the address:
 * ST_INVALID then, else st. */
enum status ranking_status(enum status st, const struct err *e);

#endif
