/* Blanks of any script at the ends of a text. */
#include "server/import/cell/trim.h"

#include <string.h>

static int blank(const char *p, size_t n) {
    static const char *const wide[] = {"\xe3\x80\x80", "\xe2\x80\x8b", "\xef\xbb\xbf",
                                       "\xe2\x80\x87", "\xe2\x80\xaf", "\xe2\x80\x83",
                                       "\xe2\x80\x82", "\xe2\x80\x89"};
    if (n == 2) return memcmp(p, "\xc2\xa0", 2) == 0;
    for (size_t i = 0; n == 3 && i < COUNT(wide); i++)
        if (memcmp(p, wide[i], 3) == 0) return 1;
    return 0;
}

struct view trim(struct view v) {
    for (;;) {
        v = view_trim(v);
        if (v.n >= 2 && (unsigned char)v.p[0] >= 0xc2) {
            size_t n = (unsigned char)v.p[0] >= 0xe0 ? 3 : 2;
            if (n <= v.n && blank(v.p, n)) {
                v = view_sub(v, n, v.n);
                continue;
            }
        }
        if (v.n >= 2 && blank(v.p + v.n - 2, 2))
            v.n -= 2;
        else if (v.n >= 3 && blank(v.p + v.n - 3, 3))
            v.n -= 3;
        else
            return v;
    }
}
