/* Values of a request's query, checked, with the field named when they are wrong. */
#ifndef API_QUERY_H
#define API_QUERY_H

#include "server/http/http.h"

/* A whole number from lo to hi; def where it is not given. ST_INVALID names it. */
enum status query_int(const struct req *r, const char *name, long long def, long long lo,
                      long long hi, long long *out, struct err *e) MUST_CHECK;
/* 1, true, 0 or false; 0 where it is not given. */
enum status query_flag(const struct req *r, const char *name, int *out, struct err *e) MUST_CHECK;
/* The text, "" where it is not given. */
struct view query_value(const struct req *r, const char *name);
/* Whether the client accepts server-sent events. */
int query_events(const struct req *r);

#endif
