/* Paths and queries: split first, decoded after, so that an escaped separator can never become one.
 * Pure functions; the decoded text lies in room given by the caller. */
#ifndef HTTP_PATH_H
#define HTTP_PATH_H

#include "kernels/base/view.h"

enum { PATH_BYTES = 1024, PATH_PARTS = 16, PATH_QUERY_BYTES = 8192, PATH_PAIRS = 32 };

struct path {
    struct view part[PATH_PARTS]; /* decoded; "/" has none, "/a/" has "a" and "" */
    int n;
};

struct path_pair {
    struct view key, value;
};

/* Splits a raw request path into decoded parts. room takes strlen(raw) + 1 bytes. ST_BAD_INPUT for
 * whatever could be read in two ways: backslash, empty or dot parts, an escaped separator, control
 * characters, bad UTF-8. ST_NOT_FOUND when it has more parts than any route. */
enum status path_split(const char *raw, char *room, struct path *out, struct err *e) MUST_CHECK;

/* Splits a raw query (NULL = none) into decoded pairs; `+` is a space. room takes strlen(raw) + 1
 * bytes, pairs PATH_PAIRS. ST_BAD_INPUT also for a key given twice. */
enum status path_query(const char *raw, char *room, struct path_pair *pairs, int *n,
                       struct err *e) MUST_CHECK;

/* Whether the path's first part is one of the program's own: api, v1, v2, metrics, rerank,
 * reranking. All others belong to the page. */
int path_is_api(const struct path *p);

#endif
