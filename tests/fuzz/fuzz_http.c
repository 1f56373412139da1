/* Fuzz target of the HTTP edge's pure parts: the input is a request's header as text. */
#include "server/http/check.h"
#include "server/http/escape.h"
#include "server/http/route.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static enum status nothing(struct req *r, struct err *e) {
    (void)r;
    return fail(e, ST_INTERNAL, "never called");
}

static const struct route rows[] = {{"GET", "/api/a", nothing, 0, 0, 0, 0, NULL},
                                    {"POST", "/api/a/{name}", nothing, 9, HTTP_JSON, 0, 0, NULL},
                                    {"DELETE", "/api/a/{name}/b/{id}", nothing, 0, 0, 0, 0, NULL}};

/* Cuts the next line off; NULL at the end. */
static char *next_line(char **at) {
    char *line = *at, *end = strchr(line, '\n');
    if (!*line) return NULL;
    *at = end ? end + 1 : line + strlen(line);
    if (end) *end = 0;
    return line;
}

/* What passed must be text without anything that could be read in two ways. */
static void promise_text(struct view v, int is_path) {
    CHECK(utf8_valid(v));
    for (size_t i = 0; i < v.n; i++) {
        CHECK((unsigned char)v.p[i] >= 0x20 && v.p[i] != 0x7F);
        CHECK(!is_path || (v.p[i] != '/' && v.p[i] != '\\'));
    }
    CHECK(!is_path || !(view_eq_str(v, ".") || view_eq_str(v, "..")));
}

static void try_address(const char *method, char *uri) {
    static char room[70000], out[70000 * 6];
    static struct path_pair pairs[PATH_PAIRS];
    struct path p;
    int n, code;
    char allow[ROUTE_ALLOW], *query = strchr(uri, '?');
    if (query) *query++ = 0;
    if (path_split(uri, room, &p, NULL) == ST_OK) {
        CHECK(p.n <= PATH_PARTS);
        for (int i = 0; i < p.n; i++) promise_text(p.part[i], 1);
        const struct route *row = route_find(rows, COUNT(rows), method, &p, &code, allow);
        CHECK(row ? code == 0 : code == 404 || (code == 405 && allow[0]));
        if (row) promise_text(route_param(row, &p, "name"), 1);
    }
    if (path_query(query, room, pairs, &n, NULL) == ST_OK) {
        CHECK(n <= PATH_PAIRS);
        for (int i = 0; i < n; i++) promise_text(pairs[i].key, 0), promise_text(pairs[i].value, 0);
    }
    struct view text = {uri, strlen(uri)};
    size_t len = escape_json(out, sizeof out, text);
    CHECK(len >= text.n + 2 && len <= 6 * text.n + 2 && utf8_valid((struct view){out, len}));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    static char text[65536];
    static struct check_header h[CHECK_HEADERS];
    static const char *const allowed[] = {"taproom", "rank.example.org:8443"};
    const struct check_site site = {"127.0.0.1", 8360, NULL, 0};
    const struct check_site open = {"127.0.0.1", 8360, allowed, 2};
    if (n >= sizeof text) return 0;
    memcpy(text, data, n);
    text[n] = 0;
    char *at = text, *method = next_line(&at), *uri = method ? next_line(&at) : NULL, *line;
    if (!uri) return 0;
    int headers = 0;
    while (headers < CHECK_HEADERS && (line = next_line(&at))) {
        char *colon = strchr(line, ':');
        if (!colon) continue;
        *colon = 0;
        h[headers++] = (struct check_header){line, colon + 1};
    }
    struct check c;
    struct err e = {.line = 0};
    int code = check_headers(h, headers, method, &site, &c, &e);
    if (code == 0) {
        struct view host = check_find(h, headers, "Host");
        CHECK(host.n == strlen("127.0.0.1:8360"));
        CHECK(headers < CHECK_HEADERS);
        CHECK(c.chunked == (check_find(h, headers, "Transfer-Encoding").p != NULL));
        CHECK(!c.chunked || !check_find(h, headers, "Content-Length").p);
        CHECK(c.length >= -1 && c.length <= 9999999999LL);
        CHECK(c.length >= 0 || c.chunked || strcmp(method, "POST") != 0);
        for (size_t i = 0; i < COUNT(rows); i++) (void)check_body(&rows[i], &c, &e);
    } else {
        CHECK(code >= 400 && code < 500 && e.text[0] && utf8_valid(view_of(e.text)));
    }
    /* Who allows more names lets in whatever came in without them. */
    CHECK(check_headers(h, headers, method, &open, &c, &e) == 0 || code != 0);
    static const char *const proxies[] = {"127.0.0.1"};
    char client[64];
    check_client(h, headers, "127.0.0.1", proxies, 1, client, sizeof client);
    CHECK(client[0] && strlen(client) < sizeof client);
    (void)check_etag(check_find(h, headers, "If-None-Match"), "\"abc\"");
    try_address(method, uri);
    return 0;
}
