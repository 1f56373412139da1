/* Splitting and decoding of paths and queries. */
#include "server/http/path.h"

#include <string.h>

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* Undoes percent escapes of raw into *room and moves *room behind the text. 0 when an escape is
 * broken, or the text is not UTF-8 or holds a control character (C1 included). */
static int decode(struct view raw, int plus_is_space, char **room, struct view *out) {
    char *at = *room;
    for (size_t i = 0; i < raw.n; i++) {
        char c = raw.p[i];
        if (c == '%') {
            if (raw.n - i < 3) return 0;
            int hi = hex_digit(raw.p[i + 1]), lo = hex_digit(raw.p[i + 2]);
            if (hi < 0 || lo < 0) return 0;
            c = (char)(hi << 4 | lo);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        *at++ = c;
    }
    *out = (struct view){*room, (size_t)(at - *room)};
    *room = at;
    for (size_t i = 0; i < out->n;) {
        size_t len = utf8_len(out->p + i, out->n - i);
        if (len == 0) return 0;
        uint32_t point = utf8_point(out->p + i, len);
        if (point < 0x20 || (point >= 0x7F && point < 0xA0)) return 0;
        i += len;
    }
    return 1;
}

static int printable(const char *raw, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (raw[i] <= ' ' || raw[i] >= 0x7F) return 0;
    return 1;
}

static enum status bad_path(struct err *e, const char *why) {
    return fail(e, ST_BAD_INPUT, "the path %s", why);
}

static int is_dots(struct view v) {
    return view_eq_str(v, ".") || view_eq_str(v, "..");
}

enum status path_split(const char *raw, char *room, struct path *out, struct err *e) {
    size_t n = strnlen(raw, PATH_BYTES + 1);
    out->n = 0;
    if (n > PATH_BYTES) return bad_path(e, "is longer than 1024 bytes");
    if (n == 0 || raw[0] != '/') return bad_path(e, "does not begin with /");
    if (!printable(raw, n) || memchr(raw, '\\', n))
        return bad_path(e, "holds characters that must be escaped");
    if (n == 1) return ST_OK;
    for (size_t from = 1; from <= n;) {
        size_t to = from;
        while (to < n && raw[to] != '/') to++;
        struct view text, piece = {raw + from, to - from};
        if (piece.n == 0 && to < n) return bad_path(e, "holds //");
        if (!decode(piece, 0, &room, &text)) return bad_path(e, "holds an escape that is not text");
        if (is_dots(text)) return bad_path(e, "holds a part of dots");
        if (text.n && (memchr(text.p, '/', text.n) || memchr(text.p, '\\', text.n)))
            return bad_path(e, "holds an escaped separator");
        if (out->n == PATH_PARTS) return fail(e, ST_NOT_FOUND, "there is nothing at this address");
        out->part[out->n++] = text;
        from = to + 1;
    }
    return ST_OK;
}

static enum status bad_query(struct err *e, const char *why) {
    return fail(e, ST_BAD_INPUT, "the query %s", why);
}

enum status path_query(const char *raw, char *room, struct path_pair *pairs, int *n,
                       struct err *e) {
    *n = 0;
    size_t len = raw ? strnlen(raw, PATH_QUERY_BYTES + 1) : 0;
    if (len > PATH_QUERY_BYTES) return bad_query(e, "is longer than 8192 bytes");
    if (len && !printable(raw, len)) return bad_query(e, "holds characters that must be escaped");
    for (size_t from = 0; from < len;) {
        size_t to = from, equals;
        while (to < len && raw[to] != '&') to++;
        for (equals = from; equals < to && raw[equals] != '=';) equals++;
        struct view key = {raw + from, equals - from}, value = {"", 0};
        if (equals < to) value = (struct view){raw + equals + 1, to - equals - 1};
        if (to > from) {
            if (*n == PATH_PAIRS) return bad_query(e, "has more than 32 parameters");
            struct path_pair *pair = &pairs[*n];
            if (!decode(key, 1, &room, &pair->key) || !decode(value, 1, &room, &pair->value))
                return bad_query(e, "holds an escape that is not text");
            for (int i = 0; i < *n; i++)
                if (view_eq(pairs[i].key, pair->key)) return bad_query(e, "repeats a parameter");
            ++*n;
        }
        from = to + 1;
    }
    return ST_OK;
}

int path_is_api(const struct path *p) {
    static const char *const own[] = {"api", "v1", "v2", "metrics", "rerank", "reranking"};
    for (size_t i = 0; p->n > 0 && i < COUNT(own); i++)
        if (view_eq_str(p->part[0], own[i])) return 1;
    return 0;
}
