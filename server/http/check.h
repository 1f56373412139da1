/* The checks of a request's header, as pure functions on plain arrays: no socket, no allocation, no
 * state. Each answers 0 when the request passes, otherwise the HTTP status to refuse it with, and
 * fills the error's text. No text quotes the request. */
#ifndef HTTP_CHECK_H
#define HTTP_CHECK_H

#include "server/http/http.h"

enum { CHECK_HEADERS = 64 }; /* the reader below keeps this many and drops later ones silently */

struct check_header {
    const char *name, *value;
};

/* Where the server listens. A request must be addressed to it: 127.0.0.1 or localhost with the
 * port; when bound to another address, also that address; when bound to 0.0.0.0, any IPv4 address
 * (a name could be rebound by a foreign page, a number cannot). Names that a person allowed are let
 * in with any port, since what stands before the server (a container's port, a proxy) has its own;
 * pages of them, http or https, by their default port, the request's own one, or the one that was
 * allowed as "name:port". */
struct check_site {
    const char *host;
    int port;
    const char *const *allowed; /* "name" or "name:port" */
    int n_allowed;
};

/* What the header says, once it passed. */
struct check {
    long long length;    /* Content-Length, -1 = none */
    int chunked;         /* the body comes in chunks, its length is not known */
    int type;            /* HTTP_JSON, HTTP_NDJSON, HTTP_CSV; 0 = none or another */
    struct view charset; /* of the body, where it is not UTF-8: rows of imports are read in it */
    int cross_site;      /* Sec-Fetch-Site names another site: refused for all but the page */
    int own_page;        /* Origin or Sec-Fetch-Site say that a page of ours sent it */
    int expects;         /* the client waits for 100 Continue */
};

/* Everything that needs neither path nor route: number of headers, repeated ones, Host, Origin,
 * Sec-Fetch-Site, Transfer-Encoding, Content-Length, Content-Encoding, Expect. */
int check_headers(const struct check_header *h, int n, const char *method,
                  const struct check_site *site, struct check *out, struct err *e);

/* Whether a text can be allowed as "name" or "name:port". */
int check_allowable(const char *name);

/* The body against the route that was found: 413 and 415. */
int check_body(const struct route *route, const struct check *c, struct err *e);

/* Whose request it is, into out: the peer, or when that is one of the proxies, the last address of
 * X-Forwarded-For that is none. What is no address there is not believed. */
void check_client(const struct check_header *h, int n, const char *peer, const char *const *proxies,
                  int n_proxies, char *out, size_t room);

/* First header of that name (case-insensitive), p == NULL if there is none. */
struct view check_find(const struct check_header *h, int n, const char *name);
/* Whether If-None-Match names this tag (given with its quotes). */
int check_etag(struct view header, const char *etag);
/* Whether the address is of the loopback network, so that no other machine can connect. */
int check_loopback(const char *host);
/* The API's "code" word for a refusal. */
const char *check_code_name(int code);

#endif
