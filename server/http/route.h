/* The route table: which handler serves a method and a decoded path. Pure functions. */
#ifndef HTTP_ROUTE_H
#define HTTP_ROUTE_H

#include "server/http/http.h"
#include "server/http/path.h"

enum { ROUTE_ALLOW = 40 };

/* The first row that fits, or NULL. code is then 404, or 405 with the methods of the rows whose
 * path fits in allow. GET rows serve HEAD. */
const struct route *route_find(const struct route *rows, int n, const char *method,
                               const struct path *p, int *code, char allow[ROUTE_ALLOW]);

/* Text of the part that matched {name}, "" if the route has none. */
struct view route_param(const struct route *row, const struct path *p, const char *name);

/* Whether a row is well made: known method, handler, at most HTTP_PARAMS parameters, and a path
 * that is not the page's. */
int route_valid(const struct route *row);

#endif
