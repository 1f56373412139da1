#include "model/format/gguf/gguf_cursor.h"

#include <stdio.h>
#include <string.h>

const char *gguf_shown(struct view v, char out[GGUF_SHOWN]) {
    size_t n = 0;
    while (n < v.n && n < GGUF_SHOWN - 4) {
        size_t k = utf8_len(v.p + n, v.n - n);
        if (n + (k ? k : 1) > GGUF_SHOWN - 4) break;
        /* a '?' for each byte, so that out stays in step with v */
        int plain = k > 0 && utf8_plain(utf8_point(v.p + n, k));
        if (plain)
            memcpy(out + n, v.p + n, k);
        else
            memset(out + n, '?', k ? k : 1);
        n += k ? k : 1;
    }
    snprintf(out + n, 4, "%s", n < v.n ? "..." : "");
    return out;
}

enum status gguf_bad(const struct gguf_cursor *c, enum status st, struct err *e, const char *fmt,
                     ...) {
    char what[160], name[GGUF_SHOWN], where[GGUF_SHOWN + 48] = "header";
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    gguf_shown(c->name, name);
    if (c->index)
        snprintf(where, sizeof where, "%s %llu%s%s%s", c->kind, (unsigned long long)c->index,
                 c->name.n ? " '" : "", name, c->name.n ? "'" : "");
    size_t n = strlen(c->file);
    fail(e, st, "%s%s: %s: %s, at byte %zu", n > 60 ? "..." : "", c->file + (n > 60 ? n - 60 : 0),
         where, what, (size_t)(c->mark - c->base));
    err_field(e, "%s", c->name.n ? name : where);
    return st;
}

size_t gguf_left(const struct gguf_cursor *c) {
    return c->size - (size_t)(c->at - c->base);
}

enum status gguf_take(struct gguf_cursor *c, uint64_t n, const char *what, const uint8_t **out,
                      struct err *e) {
    size_t left = gguf_left(c);
    c->mark = *out = c->at;
    if (n > left)
        return gguf_bad(c, ST_CORRUPT, e, "%s needs %llu bytes and %zu are left", what,
                        (unsigned long long)n, left);
    if (n > (size_t)(c->end - c->at)) {
        c->short_of = 1;
        return fail(e, ST_LIMIT, "the header is longer");
    }
    c->at += n;
    return ST_OK;
}

uint64_t gguf_little(const uint8_t *p, size_t n) {
    uint64_t v = 0;
    while (n--) v = v << 8 | p[n];
    return v;
}

enum status gguf_take_u32(struct gguf_cursor *c, const char *what, uint32_t *out, struct err *e) {
    const uint8_t *p;
    TRY(gguf_take(c, 4, what, &p, e));
    *out = (uint32_t)gguf_little(p, 4);
    return ST_OK;
}

enum status gguf_take_u64(struct gguf_cursor *c, const char *what, uint64_t *out, struct err *e) {
    const uint8_t *p;
    TRY(gguf_take(c, 8, what, &p, e));
    *out = gguf_little(p, 8);
    return ST_OK;
}

enum status gguf_take_string(struct gguf_cursor *c, const char *what, struct view *out,
                             struct err *e) {
    const uint8_t *start = c->at, *p;
    uint64_t n;
    TRY(gguf_take_u64(c, what, &n, e));
    TRY(gguf_take(c, n, what, &p, e));
    *out = (struct view){(const char *)p, (size_t)n};
    c->mark = start;
    return ST_OK;
}

enum status gguf_take_name(struct gguf_cursor *c, const char *what, size_t max, struct view *out,
                           struct err *e) {
    struct view v;
    TRY(gguf_take_string(c, what, &v, e));
    if (v.n == 0) return gguf_bad(c, ST_CORRUPT, e, "the %s is empty", what);
    if (v.n > max)
        return gguf_bad(c, ST_CORRUPT, e, "the %s has %zu bytes, at most %zu are allowed", what,
                        v.n, max);
    if (!utf8_valid(v)) return gguf_bad(c, ST_CORRUPT, e, "the %s is not valid UTF-8", what);
    c->name = *out = v;
    return ST_OK;
}
