/* Texts that are lists: "['a', 'b']", "a|b", "a; b", "a, b" where the pieces repeat. */
#include "server/catalog/fields/reader.h"

#include "server/value/words.h"

#include <string.h>

enum { PIECE_BYTES = 40 };

/* --- one cell */

static int is_bracketed(struct view v) {
    return v.n >= 2 && ((v.p[0] == '[' && v.p[v.n - 1] == ']') ||
                        (v.p[0] == '{' && v.p[v.n - 1] == '}' && !memchr(v.p, ':', v.n)));
}

/* The end of a quoted text that begins at `at`, behind its closing quote; n when it is open. */
static size_t quote_end(struct view v, size_t at) {
    char quote = v.p[at];
    for (size_t i = at + 1; i < v.n; i++) {
        if (v.p[i] == '\\')
            i++;
        else if (v.p[i] == quote)
            return i + 1;
    }
    return v.n;
}

static int next_in_brackets(struct view v, size_t *at, struct view *out) {
    size_t i = *at ? *at : 1, end = v.n - 1;
    while (i < end && (v.p[i] == ' ' || v.p[i] == ',')) i++;
    if (i >= end) return 0;
    size_t from = i;
    if (v.p[i] == '\'' || v.p[i] == '"') {
        i = quote_end(view_sub(v, 0, end), i);
        *out = view_sub(v, from + 1, i > from + 2 ? i - from - 2 : 0);
    } else {
        while (i < end && v.p[i] != ',') i++;
        *out = view_trim(view_sub(v, from, i - from));
    }
    *at = i;
    return 1;
}

int list_next(const struct reader *r, struct view cell, size_t *at, struct view *out) {
    cell = view_trim(cell);
    if (is_bracketed(cell)) return next_in_brackets(cell, at, out);
    char mark = r->split == '[' ? 0 : r->split;
    do {
        if (*at >= cell.n) return 0;
        size_t i = *at;
        while (i < cell.n && (mark == 0 || cell.p[i] != mark)) i++;
        *out = view_trim(view_sub(cell, *at, i - *at));
        *at = i < cell.n ? i + 1 : cell.n;
    } while (out->n == 0);
    return 1;
}

/* --- a column */

struct pieces {
    int cells, split; /* cells, and those that have more than one piece */
    int all, is_long, again;
};

static int seen_before(struct scratch *s, struct view piece) {
    char fold[PIECE_BYTES * 2];
    uint64_t h = pool_hash((struct view){fold, word_fold(piece, fold, sizeof fold)}) | 1;
    for (size_t i = 0; i < 8; i++) {
        uint64_t *at = &s->seen[(h + i) % READER_SEEN];
        if (*at == h) return 1;
        if (*at == 0) {
            *at = h;
            return 0;
        }
    }
    return 0;
}

static void count_pieces(struct scratch *s, const struct reader *r, struct pieces *p) {
    memset(s->seen, 0, sizeof s->seen);
    *p = (struct pieces){.cells = s->n};
    for (int i = 0; i < s->n; i++) {
        struct view piece;
        int k = 0;
        for (size_t at = 0; list_next(r, s->cell[i], &at, &piece); k++) {
            p->all++;
            p->is_long += piece.n > PIECE_BYTES;
            p->again += seen_before(s, piece);
        }
        p->split += k > 1;
    }
}

/* A mark makes lists where it splits into short pieces. A comma also stands in sentences, names and
 * places: its pieces must repeat, or the name must say that there are several. */
static int splits(struct scratch *s, struct reader *r, char mark) {
    struct pieces p;
    int named = (r->name->hints & NAME_LIST) != 0;
    r->split = mark;
    count_pieces(s, r, &p);
    if (p.split == 0 || p.is_long * 10 > p.all) return 0;
    if (named) return 1;
    if (mark == ',') return p.split > 1 && p.split * 10 >= p.cells * 3 && p.again * 5 >= p.all * 2;
    return p.split * 5 >= p.cells && (p.again > 0 || p.split * 2 > p.cells);
}

int list_prepare(const struct column *c, int n, struct reader *r) {
    static const char marks[] = "|;,";
    struct scratch *s = r->scratch;
    int bracketed = 0;
    cells_sample(c, n, s);
    r->type = FIELD_TYPE_LIST;
    r->split = '[';
    for (int i = 0; i < s->n; i++) bracketed += is_bracketed(s->cell[i]);
    if (bracketed * 10 >= s->n * 9) return 1;
    for (const char *m = marks; *m; m++)
        if (splits(s, r, *m)) return 1;
    return 0;
}
