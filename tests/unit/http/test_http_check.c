/* links: http */
/* What the edge says of a request's headers, without a socket, on a thread as small as a handler's
 * stack: hosts, sites, lengths and types, clients behind proxies. */
#include "server/http/check.h"
#include "tests/unit/http/small_stack.h"

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

static const struct {
    const char *method, *lines;
    int code, type;
    long long length;
} typed[] = {
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
    {"POST", "Content-Length: 4\nContent-Type: application/json; charset=us-ascii", 0, HTTP_JSON,
     4},
    {"POST", "Content-Length: 4\nContent-Type: application/json;", 0, HTTP_JSON, 4},
    {"POST", "Content-Length: 4\nContent-Type: application/vnd.api+json", 0, HTTP_JSON, 4},
    {"POST", "Content-Length: 4\nContent-Type: text/plain+json", 0, 0, 4},
    {"POST", "Content-Length: 4\nContent-Type: application/+json", 0, 0, 4},
    {"POST", "Content-Length: 4\nContent-Type: TEXT/JSON", 0, HTTP_JSON, 4},
    {"POST", "Content-Length: 4\nContent-Type: application/jsonl", 0, HTTP_NDJSON, 4},
    {"POST", "content-length: 4\nTRANSFER-ENCODING: chunked", 400, 0, -1},
    {"POST", "Content-Length: 4\ncontent-length: 4", 400, 0, -1},
    {"POST", "Content-Length: 4\nContent-Type: application/json", 0, HTTP_JSON, 4},
    {"POST", "Content-Length: 4\nContent-Type: Application/JSON ; charset=UTF-8", 0, HTTP_JSON, 4},
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

static void lengths_and_types(void) {
    for (size_t i = 0; i < COUNT(typed); i++) {
        struct check c;
        int code = check(typed[i].method, typed[i].lines, &local, &c);
        if (code != typed[i].code) T_SAY("%s: %d, want %d", typed[i].lines, code, typed[i].code);
        if (code) continue;
        EQ(c.type, typed[i].type);
        EQ(c.length, typed[i].length);
        EQ(c.expects, strstr(typed[i].lines, "Expect") != NULL);
        EQ(c.chunked, strstr(typed[i].lines, "Transfer-Encoding") != NULL);
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

static void *all(void *arg) {
    hosts();
    allowed_names();
    lengths_and_types();
    sites_and_tags();
    bodies();
    charsets();
    clients();
    return arg;
}

int main(void) {
    return on_small_stack(all);
}
