/* JSON string escaping into a fixed buffer. */
#include "server/http/escape.h"

#include <stdio.h>
#include <string.h>

/* One character of the text at p into t (8 bytes); *took is its length in the text. */
static size_t escape_one(const char *p, size_t left, char *t, size_t *took) {
    static const char from[] = "\"\\\n\r\t\b\f", to[] = "\"\\nrtbf";
    size_t len = utf8_len(p, left);
    unsigned char c = (unsigned char)p[0];
    const char *hit = c ? strchr(from, c) : NULL;
    *took = len ? len : 1;
    if (len == 0) return (size_t)snprintf(t, 8, "\\ufffd");
    if (hit) return (size_t)snprintf(t, 8, "\\%c", to[hit - from]);
    if (c < 0x20 || c == 0x7F) return (size_t)snprintf(t, 8, "\\u%04x", c);
    memcpy(t, p, len);
    return len;
}

size_t escape_json(char *out, size_t cap, struct view v) {
    size_t n = 0, took;
    out[n++] = '"';
    for (size_t i = 0; i < v.n; i += took) {
        char t[8];
        size_t len = escape_one(v.p + i, v.n - i, t, &took);
        if (len > cap - n - 2) break;
        memcpy(out + n, t, len);
        n += len;
    }
    out[n++] = '"';
    out[n] = 0;
    return n;
}
