/* An upload of rows, from the request's body into the store. */
#ifndef API_IMPORTS_H
#define API_IMPORTS_H

#include "model/base/buf.h"
#include "server/http/http.h"
#include "server/store/import.h"

/* Imports the body as rows of that kind and answers with the counts. */
enum status imports_receive(struct req *r, enum import_kind kind, struct view catalog,
                            struct err *e) MUST_CHECK;

/* A mapping "theirs:ours,theirs:ours" as pairs; "ours" may be empty. ST_INVALID names `map`. */
enum status imports_map(struct view text, struct arena *a, const struct view (**pairs)[2], int *n,
                        struct err *e) MUST_CHECK;

/* The counts and faults as JSON. */
void imports_json(struct buf *b, struct view catalog, const struct import_result *x);

#endif
