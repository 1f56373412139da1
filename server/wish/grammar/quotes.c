#include "server/wish/grammar/quotes.h"

#include "server/wish/grammar/grammar.h"
#include "server/wish/grammar/points.h"

enum { QUOTE_MAX = 120 }; /* bytes: a longer quotation is ordinary text */

uint32_t quote_close(uint32_t open) {
    static const uint32_t pair[][2] = {{'"', '"'},       {0x201C, 0x201D}, {0xAB, 0xBB},
                                       {0x201E, 0x201C}, {0x2018, 0x2019}, {'\'', '\''},
                                       {0x300C, 0x300D}, {0x300E, 0x300F}, {0xBB, 0xAB}};
    for (size_t i = 0; i < COUNT(pair); i++)
        if (pair[i][0] == open) return pair[i][1];
    return 0;
}

size_t quote_end(struct view w, size_t i) {
    struct point open = point_at(w, i), p;
    uint32_t close = quote_close(open.c);
    int single = close == '\'' || close == 0x2019, words = 1;
    if (!close || is_content(point_before(w, i)) || is_space(point_at(w, i + open.len))) return 0;
    for (size_t k = i + open.len; k < w.n && k - i <= QUOTE_MAX; k += p.len) {
        p = point_at(w, k);
        if (is_line_end(p)) return 0;
        words += is_space(p);
        if (p.c != close && !(close == 0x201C && p.c == 0x201D)) continue;
        if (single && (words < 2 || is_space(point_before(w, k)))) return 0;
        if (single && is_content(point_at(w, k + p.len))) continue; /* "don't" */
        return is_content(point_at(w, k + p.len)) ? 0 : k + p.len;
    }
    return 0;
}

size_t elision_end(struct view w) {
    static const char fronts[] = "l|d|j|m|n|s|qu|jusqu|dell|all|nell|sull|dall|un|quell|lorsqu";
    char plain[24];
    for (size_t i = 1; i < w.n && i < 10; i++) {
        struct point p = point_at(w, i);
        if (p.c != '\'' && p.c != 0x2019) continue;
        size_t n = plain_word(view_sub(w, 0, i), plain, sizeof plain);
        int letter = point_at(w, i + p.len).is == WORD_LETTER && w.n > i + p.len + 1;
        return letter && plain_is(plain, n, fronts) ? i + p.len : 0;
    }
    return 0;
}
