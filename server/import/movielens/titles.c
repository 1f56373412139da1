/* Repairing titles. */
#include "server/import/movielens/titles.h"

#include <string.h>

/* Articles that MovieLens puts behind a comma. One that ends in an apostrophe joins its word. */
static const char *const articles[] = {"The", "A",   "An",  "Le",  "La",  "Les", "L'",  "Il",
                                       "Lo",  "Gli", "El",  "Los", "Las", "Un",  "Una", "Une",
                                       "Das", "Der", "Die", "Det", "Den", "O",   "Os",  "As"};

static void add_latin1(struct buf *b, struct view v) {
    for (size_t i = 0; i < v.n; i++) {
        unsigned char c = (unsigned char)v.p[i];
        char two[2] = {(char)(0xC0 | c >> 6), (char)(0x80 | (c & 0x3F))};
        buf_add(b, c < 0x80 ? v.p + i : two, c < 0x80 ? 1 : 2);
    }
}

/* Whether v is UTF-8 of bytes that are UTF-8 themselves ("MisÃ©rables"); writes those to b. */
static int decode_twice(struct view v, struct buf *b) {
    int beyond = 0;
    for (size_t i = 0; i < v.n;) {
        size_t len = utf8_len(v.p + i, v.n - i);
        uint32_t u = len ? utf8_point(v.p + i, len) : 0x100;
        char c = (char)u;
        if (u > 0xFF) return 0;
        beyond |= u >= 0x80;
        buf_add(b, &c, 1);
        i += len;
    }
    return beyond && utf8_valid(buf_text(b));
}

static void decode(struct view v, struct buf *b) {
    if (!utf8_valid(v)) {
        add_latin1(b, v);
    } else if (!decode_twice(v, b)) {
        buf_clear(b);
        buf_view(b, v);
    }
}

/* "(1995)" at the end. */
static struct view cut_year(struct view v, long long *year) {
    long long y;
    v = view_trim(v);
    if (v.n < 6 || v.p[v.n - 6] != '(' || v.p[v.n - 1] != ')') return v;
    if (!view_int(view_sub(v, v.n - 5, 4), &y) || y < 1850 || y > 2100) return v;
    *year = y;
    return view_trim(view_sub(v, 0, v.n - 6));
}

static void add_article_first(struct buf *b, struct view v) {
    for (size_t i = 0; i < COUNT(articles); i++) {
        size_t n = strlen(articles[i]), at = v.n - n - 2;
        if (v.n <= n + 2 || memcmp(v.p + at, ", ", 2) != 0 ||
            memcmp(v.p + v.n - n, articles[i], n) != 0)
            continue;
        buf_str(b, articles[i]);
        if (articles[i][n - 1] != '\'') buf_str(b, " ");
        v = view_sub(v, 0, at);
        break;
    }
    buf_view(b, v);
}

/* The part before the first bracket and each part in brackets, on their own. */
static void add_parts(struct buf *b, struct view v) {
    size_t from = 0;
    for (size_t i = 0; i <= v.n; i++) {
        int open = i < v.n && v.p[i] == '(', close = i < v.n && v.p[i] == ')';
        if (i < v.n && !open && !close) continue;
        struct view part = view_sub(v, from, i - from);
        struct view word = view_trim(part);
        if (word.n) {
            buf_add(b, part.p, (size_t)(word.p - part.p));
            add_article_first(b, word);
            buf_add(b, word.p + word.n, (size_t)(part.p + part.n - word.p) - word.n);
        } else {
            buf_view(b, part);
        }
        if (i < v.n) buf_add(b, v.p + i, 1);
        from = i + 1;
    }
}

void titles_repair(struct view title, struct buf *out, long long *year) {
    struct buf text;
    buf_init(&text, out->max);
    decode(title, &text);
    struct view v = cut_year(buf_text(&text), year);
    if (view_eq_str(v, "unkonwn")) v = VIEW("unknown"); /* RecBole's spelling of a missing title */
    add_parts(out, v);
    if (text.failed) out->failed = 1;
    buf_free(&text);
}
