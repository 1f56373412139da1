/* Checks of the request header. */
#include "server/http/check.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

static int refuse(int code, struct err *e, const char *text, const char *hint) {
    (void)fail(e, ST_BAD_INPUT, "%s", text);
    if (hint) err_hint(e, "%s", hint);
    return code;
}

static int same_nocase(struct view v, const char *s) {
    return v.n == strlen(s) && strncasecmp(v.p, s, v.n) == 0;
}

struct view check_find(const struct check_header *h, int n, const char *name) {
    for (int i = 0; i < n; i++)
        if (strcasecmp(h[i].name, name) == 0) return view_trim(view_of(h[i].value));
    return (struct view){NULL, 0};
}

static int given_twice(const struct check_header *h, int n, const char *name) {
    int seen = 0;
    for (int i = 0; i < n; i++) seen += strcasecmp(h[i].name, name) == 0;
    return seen > 1;
}

int check_loopback(const char *host) {
    return strncmp(host, "127.", 4) == 0;
}

static int is_ipv4(struct view v) {
    char text[INET_ADDRSTRLEN];
    struct in_addr a;
    if (v.n == 0 || v.n >= sizeof text) return 0;
    memcpy(text, v.p, v.n);
    text[v.n] = 0;
    return inet_pton(AF_INET, text, &a) == 1;
}

/* The whole "name:port" must be ours. A prefix would let localhost.attacker.example pass. */
static int host_ours(struct view v, const struct check_site *site) {
    struct view name = v;
    size_t colon = 0;
    while (colon < v.n && v.p[colon] != ':') colon++;
    name.n = colon;
    if (colon == v.n) {
        if (site->port != 80) return 0;
    } else {
        long long port;
        struct view digits = view_sub(v, colon + 1, v.n);
        if (digits.n > 5 || !view_int(digits, &port) || port != site->port) return 0;
        if (digits.p[0] == '0') return 0;
    }
    if (same_nocase(name, "127.0.0.1") || same_nocase(name, "localhost")) return 1;
    if (strcmp(site->host, "0.0.0.0") == 0) return is_ipv4(name);
    return same_nocase(name, site->host);
}

static int origin_ours(struct view v, const struct check_site *site) {
    size_t scheme = strlen("http://");
    return v.n > scheme && strncasecmp(v.p, "http://", scheme) == 0 &&
           host_ours(view_sub(v, scheme, v.n), site);
}

static int check_addressee(const struct check_header *h, int n, const struct check_site *site,
                           struct check *out, struct err *e) {
    struct view host = check_find(h, n, "Host");
    if (!host.p) return refuse(400, e, "the request has no Host header", NULL);
    if (!host_ours(host, site))
        return refuse(403, e, "this server does not answer to the Host that was asked for",
                      "use the address that taproom printed when it started");
    struct view origin = check_find(h, n, "Origin");
    if (origin.p && !origin_ours(origin, site))
        return refuse(403, e, "requests from pages of other sites are refused",
                      "open the page by the address that taproom printed when it started");
    struct view fetch = check_find(h, n, "Sec-Fetch-Site");
    out->cross_site = fetch.p && !same_nocase(fetch, "same-origin") && !same_nocase(fetch, "none");
    return 0;
}

static int check_length(const struct check_header *h, int n, const char *method, struct check *out,
                        struct err *e) {
    struct view length = check_find(h, n, "Content-Length");
    if (check_find(h, n, "Transfer-Encoding").p)
        return refuse(length.p ? 400 : 411, e,
                      "a body needs a Content-Length; Transfer-Encoding is not taken", NULL);
    out->length = -1;
    if (!length.p) {
        int must = !strcmp(method, "POST") || !strcmp(method, "PUT") || !strcmp(method, "PATCH");
        return must ? refuse(411, e, "the request has no Content-Length", NULL) : 0;
    }
    for (size_t i = 0; i < length.n; i++)
        if (length.p[i] < '0' || length.p[i] > '9')
            return refuse(400, e, "Content-Length is not a whole number", NULL);
    if (length.n == 0) return refuse(400, e, "Content-Length is empty", NULL);
    if (length.n > 10) return refuse(413, e, "the body is too large", NULL);
    return view_int(length, &out->length) ? 0 : refuse(400, e, "Content-Length is wrong", NULL);
}

/* The media type without parameters; a charset other than UTF-8 makes it unknown. */
static int body_type(struct view v) {
    static const struct {
        const char *name;
        int type;
    } known[] = {{"application/json", HTTP_JSON},
                 {"application/x-ndjson", HTTP_NDJSON},
                 {"text/csv", HTTP_CSV},
                 {"text/tab-separated-values", HTTP_CSV},
                 {"application/jsonl", HTTP_NDJSON},
                 {"application/ld+json", HTTP_ROWS},
                 {"application/gzip", HTTP_ROWS},
                 {"application/x-gzip", HTTP_ROWS},
                 {"application/xml", HTTP_ROWS},
                 {"application/rss+xml", HTTP_ROWS},
                 {"application/atom+xml", HTTP_ROWS},
                 {"application/vnd.sqlite3", HTTP_SQLITE},
                 {"application/octet-stream", HTTP_SQLITE | HTTP_ROWS}};
    size_t semi = 0;
    while (semi < v.n && v.p[semi] != ';') semi++;
    struct view media = view_trim(view_sub(v, 0, semi));
    struct view parameter = view_trim(view_sub(v, semi + 1, v.n));
    if (parameter.n >= 8 && strncasecmp(parameter.p, "charset=", 8) == 0) {
        struct view set = view_sub(parameter, 8, parameter.n);
        if (!same_nocase(set, "utf-8") && !same_nocase(set, "\"utf-8\"")) return 0;
    }
    for (size_t i = 0; i < COUNT(known); i++)
        if (same_nocase(media, known[i].name)) return known[i].type;
    return 0;
}

int check_headers(const struct check_header *h, int n, const char *method,
                  const struct check_site *site, struct check *out, struct err *e) {
    static const char *const once[] = {"Host",
                                       "Origin",
                                       "Content-Length",
                                       "Content-Type",
                                       "Sec-Fetch-Site",
                                       "Transfer-Encoding",
                                       "Content-Encoding",
                                       "Expect",
                                       "Authorization"};
    *out = (struct check){.length = -1};
    if (n >= CHECK_HEADERS) return refuse(431, e, "the request has too many headers", NULL);
    for (size_t i = 0; i < COUNT(once); i++)
        if (given_twice(h, n, once[i])) {
            (void)fail(e, ST_BAD_INPUT, "the header %s is given twice", once[i]);
            return 400;
        }
    int code = check_addressee(h, n, site, out, e);
    if (!code) code = check_length(h, n, method, out, e);
    if (code) return code;
    out->type = body_type(check_find(h, n, "Content-Type"));
    struct view packed = check_find(h, n, "Content-Encoding");
    if (packed.p && !same_nocase(packed, "identity"))
        return refuse(415, e, "compressed bodies are not taken", "send the body as it is");
    struct view expect = check_find(h, n, "Expect");
    if (expect.p && !same_nocase(expect, "100-continue"))
        return refuse(417, e, "the only expectation that is met is 100-continue", NULL);
    out->expects = expect.p != NULL;
    return 0;
}

int check_body(const struct route *route, const struct check *c, struct err *e) {
    if (c->length > 0 && (unsigned long long)c->length > route->body_max) {
        if (route->body_max == 0)
            (void)fail(e, ST_LIMIT, "this call takes no body");
        else
            (void)fail(e, ST_LIMIT, "the body has %lld bytes, this call takes at most %zu",
                       c->length, route->body_max);
        return 413;
    }
    int writes = !strcmp(route->method, "POST") || !strcmp(route->method, "PUT");
    if (!writes && c->length <= 0) return 0;
    /* A browser asks before it sends one of these types to another site, and is told no. So they
     * are demanded even where the body is empty. */
    int types = route->types ? route->types : HTTP_JSON | HTTP_NDJSON | HTTP_CSV | HTTP_SQLITE;
    if (c->type & types) return 0;
    (void)fail(e, ST_UNSUPPORTED, "this call does not take a body of that Content-Type");
    err_field(e, "Content-Type");
    if (types == HTTP_SQLITE)
        err_hint(e, "send application/vnd.sqlite3");
    else
        err_hint(e, "send%s%s%s in UTF-8", types & HTTP_JSON ? " application/json" : "",
                 types & HTTP_NDJSON ? " application/x-ndjson" : "",
                 types & HTTP_CSV ? " text/csv" : "");
    return 415;
}

int check_token(const struct check_header *h, int n, const char *token, struct err *e) {
    if (!token) return 0;
    struct view got = check_find(h, n, "Authorization");
    size_t want = strlen(token), scheme = strlen("Bearer ");
    int differs = 1;
    if (got.n == scheme + want && strncasecmp(got.p, "Bearer ", scheme) == 0) {
        differs = 0;
        for (size_t i = 0; i < want; i++) differs |= got.p[scheme + i] ^ token[i];
    }
    return differs ? refuse(401, e, "this call needs the server's token",
                            "send the header Authorization: Bearer TOKEN")
                   : 0;
}

int check_etag(struct view header, const char *etag) {
    while (header.n) {
        size_t n = 0;
        while (n < header.n && header.p[n] != ',') n++;
        struct view one = view_trim(view_sub(header, 0, n));
        if (one.n > 2 && one.p[0] == 'W' && one.p[1] == '/') one = view_sub(one, 2, one.n);
        if (view_eq_str(one, etag) || view_eq_str(one, "*")) return 1;
        header = view_sub(header, n + 1, header.n);
    }
    return 0;
}

const char *check_code_name(int code) {
    switch (code) {
    case 401: return "unauthorized";
    case 403: return "forbidden";
    case 404: return "not_found";
    case 405: return "method_not_allowed";
    case 408: return "timeout";
    case 411: return "length_required";
    case 413:
    case 431: return "limit";
    case 415: return "unsupported_type";
    case 503: return "busy";
    default: return code >= 500 ? "internal" : "bad_input";
    }
}
