/* links: http */
/* The edge's other pure parts, without a socket, on a thread as small as a handler's stack: paths,
 * queries, routes, escaping, budgets. */
#include "server/http/budget.h"
#include "server/http/escape.h"
#include "server/http/route.h"
#include "tests/unit/http/small_stack.h"

#include <stdlib.h>
#include <time.h>

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
}

/* A path at its limit, and one byte more. */
static void long_paths(void) {
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
    paths();
    long_paths();
    queries();
    routes();
    escapes();
    budgets();
    return arg;
}

int main(void) {
    return on_small_stack(all);
}
