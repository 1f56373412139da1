/* An upload of rows, from the request's body into the store. */
#ifndef API_IMPORTS_H
#define API_IMPORTS_H

#include "kernels/base/buf.h"
#include "server/http/http.h"
#include "server/import/import.h"

/* Imports the body as rows of that kind and answers with the counts. */
enum status imports_receive(struct req *r, enum import_kind kind, struct view catalog,
                            struct err *e) MUST_CHECK;

/* Options of an import as people write them, "" where not given. map and lists are pairs
 * "theirs:ours,theirs:ours", where \, is a comma of a name; header is 1 or 0. */
struct imports_text {
    struct view map, lists, encoding, separator, header, dates, like_from, dislike_to;
};
/* Reads them into c. ST_INVALID names the field that is wrong. */
enum status imports_options(const struct imports_text *t, struct arena *a, struct import_config *c,
                            struct err *e) MUST_CHECK;

/* How the import's first item is written in prompts, by the surface it will have; NULL where there
 * is none. */
enum status imports_prompt(struct store *s, const struct import_config *c,
                           const struct import_result *x, const char **out,
                           struct err *e) MUST_CHECK;

/* Counts, faults and what was found about the file as JSON. */
void imports_json(struct buf *b, struct view catalog, const struct import_result *x,
                  const char *prompt);

#endif
