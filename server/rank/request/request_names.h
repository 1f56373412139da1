/* Members of a request's JSON that no reader knows. Private to server/rank/request/request.c, and
 * for requests that have a ranking request in them. */
#ifndef RANK_REQUEST_NAMES_H
#define RANK_REQUEST_NAMES_H

#include "kernels/base/arena.h"
#include "kernels/base/status.h"

#include <jansson.h>

/* What an answer says of them. */
#define UNKNOWN_IGNORED "these fields are not known and were ignored: %s"

/* The members, at the top and inside candidates, history, examples and clauses, that a ranking
 * request does not have, as text for a person: "wish (did you mean instruction?), history.limt (did
 * you mean history.limit?)"; *out NULL when there is none. also: names at the top that the caller
 * reads itself, NULL-ended, or NULL. */
enum status request_unknown(json_t *top, const char *const *also, struct arena *a, const char **out,
                            struct err *e) MUST_CHECK;

#endif
