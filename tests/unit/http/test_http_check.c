/* links: http */
/* The edge's pure parts, without a socket, on a thread as small as a handler's stack: header
 * checks, paths, queries, routes, escaping, budgets. */
#include "server/http/budget.h"
#include "server/http/check.h"
#include "server/http/escape.h"
#include "server/http/route.h"
#include "tests/t.h"

#include <stdlib.h>

static const struct check_site local = {"127.0.0.1", 8360, NULL, 0};

/* Header lines "Name: value" one per row, after a good Host unless the text begins with '!'. */
static int check(const char *method, const char *lines, const struct check_site *site,
                 struct check *out) {
    static char room[8192];
    struct check_header h[CHECK_HEADERS];
    struct err e;
    int n = 0;
    snprintf(room, sizeof room, "%s%s", *lines == '!' ? "" : "Host: 127.0.0.1:8360\n",
             lines + (*lines == '!'));
    for (char *at = room; *at && n < CHECK_HEADERS;) {
        char *end = strchr(at, '\n'), *colon = strchr(at, ':');
        if (end) *end = 0;
        *colon = 0;
        h[n++] = (struct check_header){at, colon + 1 + (colon[1] == ' ')};
        at = end ? end + 1 : colon + 1 + strlen(colon + 1);
    }
    e.text[0] = 0;
    int code = check_headers(h, n, method, site, out, &e);
    OK((code == 0) == (e.text[0] == 0));
    return code;
}

static void hosts(void) {
    static const struct {
        const char *host;
        int port, code, wild; /* wild: the code when bound to 0.0.0.0 */
    } t[] = {{"127.0.0.1:8360", 8360, 0, 0},
             {"LOCALHOST:8360", 8360, 0, 0},
             {"127.0.0.1", 8360, 403, 403},
             {"127.0.0.1", 80, 0, 0},
             {"localhost", 80, 0, 0},
             {"127.0.0.1:80", 80, 0, 0},
             {"127.0.0.1:", 80, 403, 403},
             {"127.0.0.1:8361", 8360, 403, 403},
             {"127.0.0.1:08360", 8360, 403, 403},
             {"127.0.0.1:+8360", 8360, 403, 403},
             {"127.0.0.1:8360:8360", 8360, 403, 403},
             {"127.0.0.1:73896", 8360, 403, 403}, /* 8360 + 65536 */
             {"127.0.0.1:-8360", 8360, 403, 403},
             {"192.168.1.5:8360", 8360, 403, 0},
             {"192.168.1.5.evil:8360", 8360, 403, 403},
             {"192.168.1.256:8360", 8360, 403, 403},
             {"localhost.evil:8360", 8360, 403, 403},
             {"localhost.:8360", 8360, 403, 403},
             {"xlocalhost:8360", 8360, 403, 403},
             {"[::1]:8360", 8360, 403, 403},
             {"0:8360", 8360, 403, 403},
             {"0x7f.1:8360", 8360, 403, 403},
             {":8360", 8360, 403, 403},
             {"", 8360, 403, 403}};
    struct check c;
    for (size_t i = 0; i < COUNT(t); i++) {
        char lines[128];
        const struct check_site site = {"127.0.0.1", t[i].port, NULL, 0};
        const struct check_site wild = {"0.0.0.0", t[i].port, NULL, 0};
        snprintf(lines, sizeof lines, "!Host: %s", t[i].host);
        EQ(check("GET", lines, &site, &c), t[i].code);
        EQ(check("GET", lines, &wild, &c), t[i].wild);
        snprintf(lines, sizeof lines, "!Host: localhost:%d\nOrigin: http://%s", t[i].port,
                 t[i].host);
        EQ(check("GET", lines, &site, &c), t[i].code);
    }
    const struct check_site lan = {"10.0.0.7", 8360, NULL, 0};
    EQ(check("GET", "!Host: 10.0.0.7:8360", &lan, &c), 0);
    EQ(check("GET", "!Host: 10.0.0.8:8360", &lan, &c), 403);
    EQ(check("GET", "!X: y", &local, &c), 400);
    OK(check_loopback("127.0.0.1") && check_loopback("127.9.9.9") && !check_loopback("0.0.0.0"));
    OK(!check_loopback("12.7.0.1"));
}

/* Names that a person allowed: any port of them as the address, and their pages. */
static void allowed_names(void) {
    static const char *const names[] = {"taproom", "Rank.Example.org:8443"};
    static const struct check_site site = {"127.0.0.1", 8360, names, 2};
    static const struct {
        const char *lines;
        int code;
    } t[] = {{"!Host: taproom:8360", 0},
             {"!Host: TAPROOM:9", 0},
             {"!Host: taproom", 0},
             {"!Host: rank.example.org", 0},
             {"!Host: rank.example.org:1", 0},
             {"!Host: localhost:8360", 0},
             {"!Host: localhost:8361", 403},
             {"!Host: taproom:", 403},
             {"!Host: taproom:0", 403},
             {"!Host: taproom:65536", 403},
             {"!Host: taproom:x", 403},
             {"!Host: taproom.evil", 403},
             {"!Host: xtaproom", 403},
             {"!Host: example.org", 403},
             {"!Host: a.rank.example.org", 403},
             {"!Host: ", 403},
             {"!Host: taproom:8360\nOrigin: http://taproom:8360", 0},
             {"!Host: taproom:8360\nOrigin: http://taproom:8361", 403},
             {"!Host: taproom:8360\nOrigin: http://taproom", 0},
             {"!Host: 127.0.0.1:8360\nOrigin: https://taproom", 0},
             {"!Host: 127.0.0.1:8360\nOrigin: https://taproom:8443", 403},
             {"!Host: 127.0.0.1:8360\nOrigin: https://rank.example.org:8443", 0},
             {"!Host: rank.example.org\nOrigin: https://rank.example.org", 0},
             {"!Host: rank.example.org\nOrigin: https://evil", 403},
             {"!Host: rank.example.org\nOrigin: https://rank.example.org.evil", 403},
             {"!Host: rank.example.org\nOrigin: ftp://rank.example.org", 403},
             {"!Host: rank.example.org\nOrigin: null", 403},
             {"!Host: taproom\nOrigin: https://127.0.0.1:8360", 403}};
    for (size_t i = 0; i < COUNT(t); i++) {
        struct check c;
        int code = check("GET", t[i].lines, &site, &c);
        if (code != t[i].code) T_SAY("%s: %d, want %d", t[i].lines, code, t[i].code);
    }
    static const char *const good[] = {"taproom", "a-b.c_d", "x:1", "x:65535", "192.168.1.5"};
    static const char *const bad[] = {"",      ":1",    "x:",  "x:0",     "x:65536",
                                      "x:y",   "*",     "a b", "a/b",     "http://x",
                                      "[::1]", "x:1:2", "a,b", "\xC3\xA9"};
    for (size_t i = 0; i < COUNT(good); i++) OK(check_allowable(good[i]));
    for (size_t i = 0; i < COUNT(bad); i++)
        if (check_allowable(bad[i])) T_SAY("%s can be allowed", bad[i]);
}

static void lengths_and_types(void) {
    static const struct {
        const char *method, *lines;
        int code, type;
        long long length;
    } t[] = {
        {"GET", "", 0, 0, -1},
        {"POST", "", 411, 0, -1},
        {"PUT", "", 411, 0, -1},
        {"DELETE", "", 0, 0, -1},
        {"POST", "Content-Length: 0", 0, 0, 0},
        {"POST", "Content-Length: 9999999999", 0, 0, 9999999999LL},
        {"POST", "Content-Length: 10000000000", 413, 0, -1},
        {"POST", "Content-Length: 00000000004", 413, 0, -1},
        {"POST", "Content-Length: 4x", 400, 0, -1},
        {"POST", "Content-Length: 4 4", 400, 0, -1},
        {"POST", "Content-Length: 4,4", 400, 0, -1},
        {"POST", "Content-Length: -4", 400, 0, -1},
        {"POST", "Content-Length: 1e3", 400, 0, -1},
        {"POST", "Content-Length:", 400, 0, -1},
        {"POST", "Transfer-Encoding: identity", 411, 0, -1},
        {"POST", "Transfer-Encoding: gzip, chunked", 411, 0, -1},
        {"POST", "Transfer-Encoding: chunked\nTransfer-Encoding: chunked", 400, 0, -1},
        {"POST", "Transfer-Encoding: Chunked\nContent-Type: text/csv", 0, HTTP_CSV, -1},
        {"GET", "Transfer-Encoding: chunked", 0, 0, -1},
        {"POST", "Content-Length: 4\nContent-Type: application/json;charset=utf8", 0, HTTP_JSON, 4},
        {"POST", "Content-Length: 4\nContent-Type: application/json; charset = 'UTF-8' ; v=1", 0,
         HTTP_JSON, 4},
        {"POST", "Content-Length: 4\nContent-Type: application/json; v=1; charset=\"utf8\"", 0,
         HTTP_JSON, 4},
        {"POST", "Content-Length: 4\nContent-Type: application/json; charset=us-ascii", 0,
         HTTP_JSON, 4},
        {"POST", "Content-Length: 4\nContent-Type: application/json;", 0, HTTP_JSON, 4},
        {"POST", "Content-Length: 4\nContent-Type: application/vnd.api+json", 0, HTTP_JSON, 4},
        {"POST", "Content-Length: 4\nContent-Type: text/plain+json", 0, 0, 4},
        {"POST", "Content-Length: 4\nContent-Type: application/+json", 0, 0, 4},
        {"POST", "Content-Length: 4\nContent-Type: TEXT/JSON", 0, HTTP_JSON, 4},
        {"POST", "Content-Length: 4\nContent-Type: application/jsonl", 0, HTTP_NDJSON, 4},
        {"POST", "content-length: 4\nTRANSFER-ENCODING: chunked", 400, 0, -1},
        {"POST", "Content-Length: 4\ncontent-length: 4", 400, 0, -1},
        {"POST", "Content-Length: 4\nContent-Type: application/json", 0, HTTP_JSON, 4},
        {"POST", "Content-Length: 4\nContent-Type: Application/JSON ; charset=UTF-8", 0, HTTP_JSON,
         4},
        {"POST", "Content-Length: 4\nContent-Type: text/csv; charset=\"utf-8\"", 0, HTTP_CSV, 4},
        {"POST", "Content-Length: 4\nContent-Type: application/x-ndjson", 0, HTTP_NDJSON, 4},
        {"POST", "Content-Length: 4\nContent-Type: application/jsonx", 0, 0, 4},
        {"POST", "Content-Length: 4\nContent-Type: text/plain; a=application/json", 0, 0, 4},
        {"POST", "Content-Length: 4\nContent-Type: a\nContent-Type: b", 400, 0, -1},
        {"POST", "Content-Length: 4\nContent-Encoding: identity", 0, 0, 4},
        {"POST", "Content-Length: 4\nContent-Encoding: br", 415, 0, 4},
        {"POST", "Content-Length: 4\nExpect: 100-Continue", 0, 0, 4},
        {"POST", "Content-Length: 4\nExpect: 200-ok", 417, 0, 4},
        {"GET", "Origin: http://127.0.0.1:8360\nOrigin: http://127.0.0.1:8360", 400, 0, -1},
    };
    for (size_t i = 0; i < COUNT(t); i++) {
        struct check c;
        int code = check(t[i].method, t[i].lines, &local, &c);
        if (code != t[i].code) T_SAY("%s: %d, want %d", t[i].lines, code, t[i].code);
        if (code) continue;
        EQ(c.type, t[i].type);
        EQ(c.length, t[i].length);
        EQ(c.expects, strstr(t[i].lines, "Expect") != NULL);
        EQ(c.chunked, strstr(t[i].lines, "Transfer-Encoding") != NULL);
    }
    struct check c;
    struct check_header h[CHECK_HEADERS];
    struct err e;
    for (int i = 0; i < CHECK_HEADERS; i++) h[i] = (struct check_header){"X", "y"};
    h[0] = (struct check_header){"Host", "localhost:8360"};
    EQ(check_headers(h, 63, "GET", &local, &c, &e), 0);
    EQ(check_headers(h, 64, "GET", &local, &c, &e), 431);
}

static void sites_and_tags(void) {
    static const struct {
        const char *value;
        int cross;
    } t[] = {{"same-origin", 0}, {"none", 0}, {"Same-Origin", 0}, {"same-site", 1},
             {"cross-site", 1},  {"", 1},     {"same-originx", 1}};
    for (size_t i = 0; i < COUNT(t); i++) {
        struct check c;
        char lines[64];
        snprintf(lines, sizeof lines, "Sec-Fetch-Site: %s", t[i].value);
        EQ(check("GET", lines, &local, &c), 0);
        EQ(c.cross_site, t[i].cross);
    }
    OK(check_etag(VIEW("\"a\""), "\"a\"") && check_etag(VIEW("\"b\" , W/\"a\""), "\"a\""));
    OK(check_etag(VIEW("*"), "\"a\""));
    OK(!check_etag(VIEW(""), "\"a\"") && !check_etag(VIEW("\"ab\",a,W/"), "\"a\""));
}

/* Behind proxies: the nearest address that is none of theirs, and nothing that is no address. */
static void clients(void) {
    static const char *const proxies[] = {"10.0.0.1", "10.0.0.2"};
    static const struct {
        const char *peer, *forwarded, *want;
    } t[] = {{"192.0.2.5", "6.6.6.6", "192.0.2.5"},
             {"10.0.0.1", "6.6.6.6", "6.6.6.6"},
             {"10.0.0.1", "1.1.1.1, 6.6.6.6", "6.6.6.6"},
             {"10.0.0.1", "6.6.6.6 ,10.0.0.2", "6.6.6.6"},
             {"10.0.0.1", "10.0.0.2,10.0.0.1", "10.0.0.2"}, /* nobody but proxies */
             {"10.0.0.1", "2001:db8::7", "2001:db8::7"},
             {"10.0.0.1", "6.6.6.6,", "10.0.0.1"},
             {"10.0.0.1", "unknown", "10.0.0.1"},
             {"10.0.0.1", "\"x", "10.0.0.1"},
             {"10.0.0.1", "", "10.0.0.1"},
             {"10.0.0.1", "1111111111111111111111111111111111111111111111111111", "10.0.0.1"}};
    for (size_t i = 0; i < COUNT(t); i++) {
        const struct check_header h = {"x-forwarded-for", t[i].forwarded};
        char got[48];
        check_client(&h, 1, t[i].peer, proxies, 2, got, sizeof got);
        EQ_STR(got, t[i].want);
    }
}

static void bodies(void) {
    static const struct {
        const char *method;
        size_t max;
        int types, type, code;
        long long length;
    } t[] = {{"POST", 9, HTTP_JSON, HTTP_JSON, 0, 9},
             {"POST", 9, HTTP_JSON, HTTP_JSON, 413, 10},
             {"POST", 9, HTTP_JSON, HTTP_CSV, 415, 9},
             {"POST", 9, HTTP_JSON, 0, 415, 0},
             {"PUT", 0, 0, HTTP_NDJSON, 0, 0},
             {"PUT", 0, 0, 0, 415, 0},
             {"PUT", 0, 0, HTTP_JSON, 413, 1},
             {"DELETE", 0, 0, 0, 0, -1},
             {"DELETE", 0, 0, 0, 0, 0},
             {"DELETE", 0, 0, HTTP_JSON, 413, 1},
             {"GET", 0, 0, 0, 0, -1},
             {"DELETE", 5, HTTP_JSON, 0, 415, 5},
             {"POST", 9, HTTP_JSON, HTTP_JSON, 413, 9999999999LL}};
    for (size_t i = 0; i < COUNT(t); i++) {
        struct route row = {t[i].method, "/api/x", NULL, t[i].max, t[i].types, 0, 0, NULL};
        struct check c = {.length = t[i].length, .type = t[i].type};
        struct err e;
        EQ(check_body(&row, &c, &e), t[i].code);
    }
    /* A length that is not known yet. */
    for (int max = 0; max < 2; max++) {
        struct route row = {"POST", "/api/x", NULL, (size_t)max, HTTP_JSON, 0, 0, NULL};
        struct check c = {.length = -1, .chunked = 1, .type = HTTP_JSON};
        EQ(check_body(&row, &c, NULL), max ? 0 : 413);
        c.type = 0;
        EQ(check_body(&row, &c, NULL), max ? 415 : 413);
    }
}

/* A body that is not UTF-8 is for rows of imports only, which are read in what it says. */
static void charsets(void) {
    static const struct {
        const char *type, *charset;
    } t[] = {{"application/json; v=1; charset=utf-16", "utf-16"},
             {"text/csv; charset=latin1", "latin1"},
             {"text/csv;charset=\"Windows-1252\"; header=present", "Windows-1252"},
             {"text/csv; CHARSET = 'shift_jis' ", "shift_jis"},
             {"application/json; charset=\"", "\""},
             {"text/csv; charset=utf-8", ""},
             {"text/csv; charset=", ""},
             {"text/csv; charset", ""}};
    for (size_t i = 0; i < COUNT(t); i++) {
        struct check_header h[] = {
            {"Host", "localhost:8360"}, {"Content-Length", "4"}, {"Content-Type", t[i].type}};
        struct check c;
        struct err e;
        EQ(check_headers(h, COUNT(h), "POST", &local, &c, &e), 0);
        if (!view_eq_str(c.charset, t[i].charset)) T_SAY("%s", t[i].type);
        struct route rows = {"POST", "/",       NULL, 9, HTTP_JSON | HTTP_CSV | HTTP_ROWS,
                             0,      ROLE_READ, NULL};
        struct route json = {"POST", "/", NULL, 9, HTTP_JSON | HTTP_CSV, 0, ROLE_READ, NULL};
        EQ(check_body(&rows, &c, &e), 0);
        EQ(check_body(&json, &c, &e), t[i].charset[0] ? 415 : 0);
    }
}

/* Parts joined by '|', or the status. */
static void paths(void) {
    static const struct {
        const char *raw, *parts;
        enum status st;
    } t[] = {{"/", "", ST_OK},
             {"/api", "api", ST_OK},
             {"/api/", "api|", ST_OK},
             {"/a%20b/%c3%A9", "a b|\xC3\xA9", ST_OK},
             {"/a+b", "a+b", ST_OK},
             {"/...", "...", ST_OK},
             {"/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p", "a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p", ST_OK},
             {"/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q", NULL, ST_NOT_FOUND},
             {"", NULL, ST_BAD_INPUT},
             {"api", NULL, ST_BAD_INPUT},
             {"*", NULL, ST_BAD_INPUT},
             {"http://h/", NULL, ST_BAD_INPUT},
             {"//", NULL, ST_BAD_INPUT},
             {"/a//b", NULL, ST_BAD_INPUT},
             {"/a//", NULL, ST_BAD_INPUT},
             {"/.", NULL, ST_BAD_INPUT},
             {"/..", NULL, ST_BAD_INPUT},
             {"/a/./b", NULL, ST_BAD_INPUT},
             {"/a/../b", NULL, ST_BAD_INPUT},
             {"/a/%2e", NULL, ST_BAD_INPUT},
             {"/a/.%2E/b", NULL, ST_BAD_INPUT},
             {"/%2F", NULL, ST_BAD_INPUT},
             {"/a%5cb", NULL, ST_BAD_INPUT},
             {"/a\\b", NULL, ST_BAD_INPUT},
             {"/a b", NULL, ST_BAD_INPUT},
             {"/a\tb", NULL, ST_BAD_INPUT},
             {"/a\x7f", NULL, ST_BAD_INPUT},
             {"/\xC3\xA9", NULL, ST_BAD_INPUT},
             {"/%00", NULL, ST_BAD_INPUT},
             {"/x%0a", NULL, ST_BAD_INPUT},
             {"/x%7F", NULL, ST_BAD_INPUT},
             {"/x%C2%85", NULL, ST_BAD_INPUT},
             {"/x%C0%AE", NULL, ST_BAD_INPUT},
             {"/x%ED%A0%80", NULL, ST_BAD_INPUT},
             {"/x%E2%82", NULL, ST_BAD_INPUT},
             {"/%", NULL, ST_BAD_INPUT},
             {"/%2", NULL, ST_BAD_INPUT},
             {"/%2/a", NULL, ST_BAD_INPUT},
             {"/%g0", NULL, ST_BAD_INPUT}};
    for (size_t i = 0; i < COUNT(t); i++) {
        char room[PATH_BYTES + 1], joined[256] = "";
        struct path p;
        struct err e;
        enum status st = path_split(t[i].raw, room, &p, &e);
        if (st != t[i].st) T_SAY("%s: %s", t[i].raw, status_name(st));
        if (st != ST_OK || !t[i].parts) continue;
        for (int k = 0; k < p.n; k++) {
            if (k) strncat(joined, "|", 2);
            strncat(joined, p.part[k].p, p.part[k].n);
        }
        EQ_STR(joined, t[i].parts);
    }
    char raw[PATH_BYTES + 2], room[PATH_BYTES + 2];
    struct path p;
    memset(raw, 'a', sizeof raw);
    raw[0] = '/';
    raw[PATH_BYTES] = 0;
    EQ(path_split(raw, room, &p, NULL), ST_OK);
    EQ(p.part[0].n, PATH_BYTES - 1);
    raw[PATH_BYTES] = 'a';
    raw[PATH_BYTES + 1] = 0;
    EQ(path_split(raw, room, &p, NULL), ST_BAD_INPUT);
}

static void queries(void) {
    static const struct {
        const char *raw, *pairs;
    } t[] = {{NULL, ""},
             {"", ""},
             {"a=1&b=2", "a=1;b=2;"},
             {"a", "a=;"},
             {"a=", "a=;"},
             {"&&a=1&", "a=1;"},
             {"q=x%26y+z%2Bw/\\..", "q=x&y z+w/\\..;"},
             {"q=a=b", "q=a=b;"},
             {"=x", "=x;"},
             {"a%3Db=1", "a=b=1;"},
             {"a=1&a=2", NULL},
             {"a=1&%61=2", NULL},
             {"a=%00", NULL},
             {"a=%0A", NULL},
             {"a=%", NULL},
             {"%zz=1", NULL},
             {"a=%FF", NULL},
             {"a=\xC3\xA9", NULL}};
    static struct path_pair pairs[PATH_PAIRS];
    static char room[PATH_QUERY_BYTES + 2], raw[PATH_QUERY_BYTES + 2];
    int n;
    for (size_t i = 0; i < COUNT(t); i++) {
        char joined[256] = "";
        enum status st = path_query(t[i].raw, room, pairs, &n, NULL);
        EQ(st, t[i].pairs ? ST_OK : ST_BAD_INPUT);
        if (st != ST_OK || !t[i].pairs) continue;
        for (int k = 0; k < n; k++) {
            strncat(joined, pairs[k].key.p, pairs[k].key.n);
            strncat(joined, "=", 2);
            strncat(joined, pairs[k].value.p, pairs[k].value.n);
            strncat(joined, ";", 2);
        }
        EQ_STR(joined, t[i].pairs);
    }
    for (int many = 32; many <= 33; many++) {
        size_t at = 0;
        for (int i = 0; i < many; i++) at += (size_t)snprintf(raw + at, 16, "k%d&", i);
        EQ(path_query(raw, room, pairs, &n, NULL), many == 32 ? ST_OK : ST_BAD_INPUT);
    }
    memset(raw, 'a', sizeof raw);
    raw[PATH_QUERY_BYTES] = 0;
    EQ(path_query(raw, room, pairs, &n, NULL), ST_OK);
    raw[PATH_QUERY_BYTES] = 'a';
    raw[PATH_QUERY_BYTES + 1] = 0;
    EQ(path_query(raw, room, pairs, &n, NULL), ST_BAD_INPUT);
}

static enum status nothing(struct req *r, struct err *e) {
    (void)r;
    return fail(e, ST_INTERNAL, "never called");
}

static void routes(void) {
    static const struct route rows[] = {{"GET", "/api/a", nothing, 0, 0, 0, 0, NULL},
                                        {"POST", "/api/a", nothing, 0, 0, 0, 0, NULL},
                                        {"GET", "/api/c/{name}", nothing, 0, 0, 0, 0, NULL},
                                        {"DELETE", "/api/c/{name}", nothing, 0, 0, 0, 0, NULL},
                                        {"PUT", "/api/c/{name}/m/{id}", nothing, 0, 0, 0, 0, NULL}};
    static const struct {
        const char *method, *path;
        int row, code;
        const char *allow;
    } t[] = {{"GET", "/api/a", 0, 0, ""},
             {"HEAD", "/api/a", 0, 0, ""},
             {"POST", "/api/a", 1, 0, ""},
             {"PUT", "/api/a", -1, 405, "GET, HEAD, POST"},
             {"get", "/api/a", -1, 405, "GET, HEAD, POST"},
             {"HEAD", "/api/c/x/m/y", -1, 405, "PUT"},
             {"OPTIONS", "/api/c/x", -1, 405, "GET, HEAD, DELETE"},
             {"GET", "/api/c/x", 2, 0, ""},
             {"DELETE", "/api/c/x", 3, 0, ""},
             {"PUT", "/api/c/x%20y/m/2", 4, 0, ""},
             {"GET", "/api/c/", -1, 404, ""},
             {"GET", "/api/A", -1, 404, ""},
             {"GET", "/api/a/", -1, 404, ""},
             {"GET", "/api/c/x/m", -1, 404, ""},
             {"GET", "/", -1, 404, ""}};
    for (size_t i = 0; i < COUNT(t); i++) {
        char room[256], allow[ROUTE_ALLOW];
        struct path p;
        struct err e = {.line = 0};
        int code;
        GOOD(path_split(t[i].path, room, &p, &e));
        const struct route *row = route_find(rows, COUNT(rows), t[i].method, &p, &code, allow);
        EQ(row ? row - rows : -1, t[i].row);
        EQ(code, t[i].code);
        EQ_STR(allow, t[i].allow);
        if (t[i].row != 4) continue;
        OK(view_eq_str(route_param(row, &p, "name"), "x y"));
        OK(view_eq_str(route_param(row, &p, "id"), "2"));
        EQ(route_param(row, &p, "i").n, 0);
    }
    static const struct route bad[] = {
        {"PATCH", "/api/a", nothing, 0, 0, 0, 0, NULL},
        {"GET", "api/a", nothing, 0, 0, 0, 0, NULL},
        {"GET", "/api//a", nothing, 0, 0, 0, 0, NULL},
        {"GET", "/api/a/", nothing, 0, 0, 0, 0, NULL},
        {"GET", "/other", nothing, 0, 0, 0, 0, NULL},
        {"GET", "/api/a", NULL, 0, 0, 0, 0, NULL},
        {"GET", "/api/{a}/{b}/{c}/{d}/{e}", nothing, 0, 0, 0, 0, NULL}};
    for (size_t i = 0; i < COUNT(bad); i++) OK(!route_valid(&bad[i]));
    for (size_t i = 0; i < COUNT(rows); i++) OK(route_valid(&rows[i]));
}

static void escapes(void) {
    static const struct {
        const char *text, *want;
    } t[] = {{"", "\"\""},
             {"a\"b\\c\n\r\t\b\f", "\"a\\\"b\\\\c\\n\\r\\t\\b\\f\""},
             {"\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\""},
             {"\xC3\xA9\xF0\x9F\x98\x80", "\"\xC3\xA9\xF0\x9F\x98\x80\""},
             {"\xC3(\xFF\xED\xA0\x80", "\"\\ufffd(\\ufffd\\ufffd\\ufffd\\ufffd\""}};
    char out[64];
    for (size_t i = 0; i < COUNT(t); i++) {
        EQ(escape_json(out, sizeof out, view_of(t[i].text)), strlen(t[i].want));
        EQ_STR(out, t[i].want);
        /* Any room: cut between characters, quotes and NUL in place, nothing beyond. */
        for (size_t cap = 3; cap < sizeof out; cap++) {
            memset(out, '#', sizeof out);
            size_t n = escape_json(out, cap, view_of(t[i].text));
            OK(n < cap && out[n] == 0 && out[0] == '"' && out[n - 1] == '"');
            OK(out[cap] == '#' && memcmp(out, t[i].want, n - 1) == 0);
        }
    }
    EQ(escape_json(out, sizeof out, (struct view){"a\0b", 3}), 10);
    EQ_STR(out, "\"a\\u0000b\"");
}

static void *give_later(void *arg) {
    struct timespec t = {0, 30000000};
    nanosleep(&t, NULL);
    budget_give(arg);
    return NULL;
}

static void budgets(void) {
    struct budget b;
    pthread_t t;
    budget_init(&b, 2);
    EQ(budget_take(&b, 0), 1);
    EQ(budget_take(&b, 0), 1);
    EQ(budget_take(&b, 0), 0);
    EQ(budget_take(&b, 20), 0);
    EQ(budget_used(&b), 2);
    EQ(pthread_create(&t, NULL, give_later, &b), 0);
    EQ(budget_take(&b, 5000), 1); /* gets the place that is given back while it waits */
    pthread_join(t, NULL);
    budget_give(&b);
    budget_give(&b);
    EQ(budget_used(&b), 0);
    budget_destroy(&b);
}

static void *all(void *arg) {
    hosts();
    allowed_names();
    lengths_and_types();
    sites_and_tags();
    bodies();
    charsets();
    paths();
    queries();
    routes();
    escapes();
    budgets();
    clients();
    return arg;
}

int main(void) {
    pthread_attr_t small;
    pthread_t t;
    pthread_attr_init(&small);
    EQ(pthread_attr_setstacksize(&small, 64 * 1024), 0);
    if (pthread_create(&t, &small, all, NULL) != 0) return 1;
    pthread_join(t, NULL);
    pthread_attr_destroy(&small);
    return t_end();
}
