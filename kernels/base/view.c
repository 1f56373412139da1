/* Borrowed text, numbers and UTF-8. */
#include "kernels/base/view.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct view view_of(const char *s) {
    return (struct view){s, s ? strlen(s) : 0};
}

int view_eq(struct view a, struct view b) {
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

int view_eq_str(struct view a, const char *s) {
    return view_eq(a, view_of(s));
}

static int is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct view view_trim(struct view v) {
    while (v.n && is_space(v.p[0])) v.p++, v.n--;
    while (v.n && is_space(v.p[v.n - 1])) v.n--;
    return v;
}

struct view view_sub(struct view v, size_t from, size_t n) {
    if (from > v.n) from = v.n;
    if (n > v.n - from) n = v.n - from;
    return (struct view){v.p ? v.p + from : NULL, n};
}

int view_int(struct view v, long long *out) {
    char t[32];
    if (v.n == 0 || v.n >= sizeof t) return 0;
    for (size_t i = 0; i < v.n; i++)
        if (!((v.p[i] >= '0' && v.p[i] <= '9') || (i == 0 && v.p[i] == '-' && v.n > 1))) return 0;
    memcpy(t, v.p, v.n);
    t[v.n] = 0;
    errno = 0;
    long long x = strtoll(t, NULL, 10);
    if (errno) return 0;
    *out = x;
    return 1;
}

int view_double(struct view v, double *out) {
    char t[64], *end;
    if (v.n == 0 || v.n >= sizeof t) return 0;
    for (size_t i = 0; i < v.n; i++)
        if (!strchr("0123456789+-.eE", v.p[i]) || v.p[i] == 0) return 0;
    memcpy(t, v.p, v.n);
    t[v.n] = 0;
    double x = strtod(t, &end);
    if (end != t + v.n || !isfinite(x)) return 0;
    *out = x;
    return 1;
}

size_t utf8_len(const char *p, size_t n) {
    const unsigned char *s = (const unsigned char *)p;
    if (n == 0) return 0;
    if (s[0] < 0x80) return 1;
    size_t len = s[0] >= 0xC2 && s[0] <= 0xDF   ? 2
                 : s[0] >= 0xE0 && s[0] <= 0xEF ? 3
                 : s[0] >= 0xF0 && s[0] <= 0xF4 ? 4
                                                : 0;
    if (len == 0 || len > n) return 0;
    for (size_t i = 1; i < len; i++)
        if ((s[i] & 0xC0) != 0x80) return 0;
    if (len == 3 && ((s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F))) return 0;
    if (len == 4 && ((s[0] == 0xF0 && s[1] < 0x90) || (s[0] == 0xF4 && s[1] > 0x8F))) return 0;
    return len;
}

int utf8_valid(struct view v) {
    for (size_t i = 0; i < v.n;) {
        size_t len = utf8_len(v.p + i, v.n - i);
        if (len == 0 || v.p[i] == 0) return 0;
        i += len;
    }
    return 1;
}

uint32_t utf8_point(const char *p, size_t len) {
    const unsigned char *s = (const unsigned char *)p;
    switch (len) {
    case 1: return s[0];
    case 2: return (s[0] & 0x1Fu) << 6 | (s[1] & 0x3Fu);
    case 3: return (s[0] & 0x0Fu) << 12 | (s[1] & 0x3Fu) << 6 | (s[2] & 0x3Fu);
    default:
        return (s[0] & 0x07u) << 18 | (s[1] & 0x3Fu) << 12 | (s[2] & 0x3Fu) << 6 | (s[3] & 0x3Fu);
    }
}

int utf8_plain(uint32_t c) {
    return c >= 0x20 && c != 0x7f && !(c >= 0x80 && c < 0xa0) && !(c >= 0x200b && c <= 0x200f) &&
           !(c >= 0x2028 && c <= 0x202e) && !(c >= 0x2066 && c <= 0x2069) && c != 0xfeff;
}

size_t view_plain(struct view v, char *out, size_t room) {
    size_t n = 0;
    while (v.n) {
        size_t len = utf8_len(v.p, v.n);
        int plain = len > 0 && utf8_plain(utf8_point(v.p, len));
        size_t put = plain ? len : 1;
        if (n + put + 1 > room) break;
        if (plain) memcpy(out + n, v.p, len);
        if (!plain) out[n] = '?';
        n += put;
        v = view_sub(v, len ? len : 1, v.n);
    }
    out[n] = 0;
    return n;
}
