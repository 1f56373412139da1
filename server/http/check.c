/* Checks of the request header. */
#include "server/http/check.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

enum { ANY_PORT = -2 };

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

struct address {
    struct view name;
    long long port; /* 0: none is given, -1: what is given is no port */
};

static struct address address_of(struct view v) {
    struct address a = {.name = v};
    size_t colon = 0;
    while (colon < v.n && v.p[colon] != ':') colon++;
    if (colon == v.n) return a;
    struct view digits = view_sub(v, colon + 1, v.n);
    a.name.n = colon;
    if (digits.n > 5 || !view_int(digits, &a.port) || digits.p[0] == '0' || a.port > 65535)
        a.port = -1;
    return a;
}

/* The whole name and port must be ours. A prefix would let localhost.attacker.example pass. */
static int host_ours(struct address a, const struct check_site *site) {
    if ((a.port ? a.port : 80) != site->port) return 0;
    if (same_nocase(a.name, "127.0.0.1") || same_nocase(a.name, "localhost")) return 1;
    if (strcmp(site->host, "0.0.0.0") == 0) return is_ipv4(a.name);
    return same_nocase(a.name, site->host);
}

/* Whether a person allowed that name, with no port, this one (ANY_PORT: with any), or the one that
 * was allowed with it. */
static int host_allowed(struct address a, const struct check_site *site, long long port) {
    for (int i = 0; i < site->n_allowed; i++) {
        struct address known = address_of(view_of(site->allowed[i]));
        if (known.name.n != a.name.n || strncasecmp(known.name.p, a.name.p, a.name.n) != 0)
            continue;
        if (port == ANY_PORT || a.port == 0 || a.port == port || a.port == known.port) return 1;
    }
    return 0;
}

static int origin_ours(struct view v, const struct check_site *site, struct address host) {
    size_t http = strlen("http://"), https = strlen("https://");
    if (v.n > http && strncasecmp(v.p, "http://", http) == 0) {
        struct address a = address_of(view_sub(v, http, v.n));
        return host_ours(a, site) || host_allowed(a, site, host.port);
    }
    return v.n > https && strncasecmp(v.p, "https://", https) == 0 &&
           host_allowed(address_of(view_sub(v, https, v.n)), site, host.port);
}

int check_allowable(const char *name) {
    struct address a = address_of(view_of(name));
    if (a.name.n == 0 || a.name.n > 253 || a.port < 0) return 0;
    for (size_t i = 0; i < a.name.n; i++) {
        char c = a.name.p[i];
        int letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '.' && c != '-' && c != '_') return 0;
    }
    return 1;
}

static int check_addressee(const struct check_header *h, int n, const struct check_site *site,
                           struct check *out, struct err *e) {
    struct view host = check_find(h, n, "Host");
    if (!host.p) return refuse(400, e, "the request has no Host header", NULL);
    struct address to = address_of(host);
    if (to.port < 0 || (!host_ours(to, site) && !host_allowed(to, site, ANY_PORT)))
        return refuse(403, e, "this server does not answer to the Host that was asked for",
                      "use the address that taproom printed, or start it with --allow-host NAME "
                      "for the name that clients use");
    struct view origin = check_find(h, n, "Origin");
    if (origin.p && !origin_ours(origin, site, to))
        return refuse(403, e, "requests from pages of other sites are refused",
                      "open the page by the address that taproom printed, or start it with "
                      "--allow-host NAME for the name in the browser's address");
    struct view fetch = check_find(h, n, "Sec-Fetch-Site");
    out->cross_site = fetch.p && !same_nocase(fetch, "same-origin") && !same_nocase(fetch, "none");
    out->own_page = origin.p || (fetch.p && same_nocase(fetch, "same-origin"));
    return 0;
}

static int check_length(const struct check_header *h, int n, const char *method, struct check *out,
                        struct err *e) {
    struct view length = check_find(h, n, "Content-Length");
    struct view coding = check_find(h, n, "Transfer-Encoding");
    out->length = -1;
    out->chunked = coding.p != NULL;
    if (coding.p && length.p)
        return refuse(400, e, "a body has a Content-Length or a Transfer-Encoding, not both", NULL);
    if (coding.p && !same_nocase(coding, "chunked"))
        return refuse(411, e, "the only Transfer-Encoding that is taken is chunked", NULL);
    if (coding.p) return 0;
    if (!length.p) {
        int must = !strcmp(method, "POST") || !strcmp(method, "PUT") || !strcmp(method, "PATCH");
        return must ? refuse(411, e, "the request has no Content-Length, and is not chunked", NULL)
                    : 0;
    }
    for (size_t i = 0; i < length.n; i++)
        if (length.p[i] < '0' || length.p[i] > '9')
            return refuse(400, e, "Content-Length is not a whole number", NULL);
    if (length.n == 0) return refuse(400, e, "Content-Length is empty", NULL);
    if (length.n > 10) return refuse(413, e, "the body is too large", NULL);
    return view_int(length, &out->length) ? 0 : refuse(400, e, "Content-Length is wrong", NULL);
}

/* The charset that a parameter names, where it is neither UTF-8 nor a part of it; else "". */
static struct view foreign_charset(struct view v) {
    static const char *const same[] = {"utf-8", "utf8", "utf_8", "us-ascii", "ascii"};
    size_t name = strlen("charset");
    if (v.n < name || strncasecmp(v.p, "charset", name) != 0) return VIEW("");
    struct view set = view_trim(view_sub(v, name, v.n));
    if (set.n == 0 || set.p[0] != '=') return VIEW("");
    set = view_trim(view_sub(set, 1, set.n));
    if (set.n >= 2 && (set.p[0] == '"' || set.p[0] == '\'') && set.p[set.n - 1] == set.p[0])
        set = view_trim(view_sub(set, 1, set.n - 2));
    for (size_t i = 0; i < COUNT(same); i++)
        if (same_nocase(set, same[i])) return VIEW("");
    return set;
}

/* The media type, by any of its names; 0 for another one. None of them is one that a browser sends
 * to another site without asking first. */
static int body_type(struct view v, struct view *charset) {
    static const struct {
        const char *name;
        int type;
    } known[] = {{"application/json", HTTP_JSON},
                 {"text/json", HTTP_JSON},
                 {"application/x-ndjson", HTTP_NDJSON},
                 {"application/ndjson", HTTP_NDJSON},
                 {"application/jsonl", HTTP_NDJSON},
                 {"application/x-jsonlines", HTTP_NDJSON},
                 {"text/csv", HTTP_CSV},
                 {"text/tab-separated-values", HTTP_CSV},
                 {"application/ld+json", HTTP_ROWS},
                 {"application/gzip", HTTP_ROWS},
                 {"application/x-gzip", HTTP_ROWS},
                 {"application/xml", HTTP_ROWS},
                 {"application/rss+xml", HTTP_ROWS},
                 {"application/atom+xml", HTTP_ROWS},
                 {"application/vnd.sqlite3", HTTP_SQLITE},
                 {"application/octet-stream", HTTP_SQLITE | HTTP_ROWS}};
    size_t from = 0, to = 0;
    while (to < v.n && v.p[to] != ';') to++;
    struct view media = view_trim(view_sub(v, 0, to));
    while (to < v.n) {
        from = ++to;
        while (to < v.n && v.p[to] != ';') to++;
        struct view set = foreign_charset(view_trim(view_sub(v, from, to - from)));
        if (set.n) *charset = set;
    }
    for (size_t i = 0; i < COUNT(known); i++)
        if (same_nocase(media, known[i].name)) return known[i].type;
    size_t app = strlen("application/"), json = strlen("+json");
    if (media.n > app + json && strncasecmp(media.p, "application/", app) == 0 &&
        strncasecmp(media.p + media.n - json, "+json", json) == 0)
        return HTTP_JSON;
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
    out->type = body_type(check_find(h, n, "Content-Type"), &out->charset);
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
    if (c->chunked && route->body_max == 0) {
        (void)fail(e, ST_LIMIT, "this call takes no body");
        return 413;
    }
    int writes = !strcmp(route->method, "POST") || !strcmp(route->method, "PUT");
    if (!writes && c->length <= 0 && !c->chunked) return 0;
    /* A browser asks before it sends one of these types to another site, and is told no. So they
     * are demanded even where the body is empty. */
    int types = route->types ? route->types : HTTP_JSON | HTTP_NDJSON | HTTP_CSV | HTTP_SQLITE;
    if ((c->type & types) && (!c->charset.n || (types & HTTP_ROWS))) return 0;
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

static int is_one_of(struct view v, const char *const *all, int n) {
    for (int i = 0; i < n; i++)
        if (view_eq_str(v, all[i])) return 1;
    return 0;
}

static int looks_like_address(struct view v, size_t room) {
    if (v.n == 0 || v.n >= room) return 0;
    for (size_t i = 0; i < v.n; i++)
        if (!strchr("0123456789abcdefABCDEF:.", v.p[i])) return 0;
    return 1;
}

void check_client(const struct check_header *h, int n, const char *peer, const char *const *proxies,
                  int n_proxies, char *out, size_t room) {
    struct view who = view_of(peer);
    if (is_one_of(who, proxies, n_proxies)) {
        struct view all = check_find(h, n, "X-Forwarded-For");
        while (all.n && is_one_of(who, proxies, n_proxies)) {
            size_t from = all.n;
            while (from > 0 && all.p[from - 1] != ',') from--;
            struct view one = view_trim(view_sub(all, from, all.n));
            if (!looks_like_address(one, room)) break;
            who = one;
            all = view_sub(all, 0, from ? from - 1 : 0);
        }
    }
    size_t len = who.n < room ? who.n : room - 1;
    memcpy(out, who.p, len);
    out[len] = 0;
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
    case 429: return "too_many";
    case 503: return "busy";
    default: return code >= 500 ? "internal" : "bad_input";
    }
}
