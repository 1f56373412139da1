/* Words and breaks of a wish, by code point. */
#include "server/rank/clauses_lex.h"

#include <string.h>

enum { QUOTE_MAX = 120, ABBREVIATION_MAX = 6 }; /* bytes: a longer quotation is ordinary text */

struct lexer {
    struct view w;
    size_t at;
    int depth;                 /* open parentheses */
    struct clauses_token *tok; /* NULL: only count */
    size_t n, words;
    struct clauses_token last;
};

static int is_digit(uint32_t c) {
    return c >= '0' && c <= '9';
}

static int is_upper(uint32_t c) {
    return c >= 'A' && c <= 'Z';
}

static int is_lower(uint32_t c) {
    return c >= 'a' && c <= 'z';
}

static int is_space(uint32_t c) {
    return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200B) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
           c == 0x205F || c == 0x3000 || c == 0xFEFF;
}

static int is_line_end(uint32_t c) {
    return c == '\n' || c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029;
}

/* Letters and digits of any script; symbols, punctuation and emoji are not. */
static int is_content(uint32_t c) {
    if (c < 0x80) return is_digit(c) || is_upper(c) || is_lower(c);
    if (c < 0xC0) return c == 0xAA || c == 0xB5 || c == 0xBA;
    return !((c >= 0x2000 && c <= 0x2BFF) || (c >= 0x3000 && c <= 0x3004) ||
             (c >= 0x3008 && c <= 0x3020) || (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFFFD ||
             (c >= 0x1F000 && c <= 0x1FAFF) || c >= 0xE0000);
}

/* Quotes and emphasis around a word that are no part of it. */
static int is_edge(uint32_t c) {
    return c == '\'' || c == '"' || c == '`' || c == '*' || c == '_' || c == '~' || c == 0xAB ||
           c == 0xBB || (c >= 0x2018 && c <= 0x201F) || c == 0x2039 || c == 0x203A;
}

/* The code point that starts at i, and its length; ' ' beyond the end. */
static uint32_t point_at(struct view w, size_t i, size_t *len) {
    if (i >= w.n) return *len = 1, ' ';
    *len = utf8_len(w.p + i, w.n - i);
    return utf8_point(w.p + i, *len);
}

static uint32_t point_before(struct view w, size_t i) {
    size_t len, k = i;
    if (i == 0) return '\n';
    do k--;
    while (k > 0 && ((unsigned char)w.p[k] & 0xC0) == 0x80);
    return point_at(w, k, &len);
}

/* Whether the full stop at i belongs to "Dr.", "vs.", "J." and the like. */
static int is_abbreviation(struct view w, size_t i) {
    static const char *const known[] = {"mr",  "mrs", "ms",     "dr",  "st", "vs",  "e.g",
                                        "i.e", "min", "approx", "max", "ca", "u.s", "u.k"};
    size_t from = i;
    while (from > 0 && i - from <= ABBREVIATION_MAX &&
           (is_content((unsigned char)w.p[from - 1]) || w.p[from - 1] == '.'))
        from--;
    size_t n = i - from;
    if (n == 1) return is_upper((unsigned char)w.p[from]) && w.p[from] != 'I';
    for (size_t k = 0; k < COUNT(known); k++) {
        size_t j = 0;
        while (j < n && known[k][j] && (w.p[from + j] | 0x20) == (known[k][j] | 0x20)) j++;
        if (j == n && !known[k][j]) return 1;
    }
    return 0;
}

static int full_stop(struct view w, size_t i, uint32_t prev, uint32_t next) {
    if (is_space(next) || is_edge(next) || next == '.' || next == ')' || next >= 0x1F000)
        return is_abbreviation(w, i) ? CLAUSES_WORD : CLAUSES_END;
    if (prev == '.') return CLAUSES_END;                                  /* the last of "..." */
    return is_lower(prev) && is_upper(next) ? CLAUSES_END : CLAUSES_WORD; /* "film.Nothing" */
}

static int hyphen(struct view w, size_t i, uint32_t prev, uint32_t next) {
    if (prev == '-' || next == '-') return CLAUSES_STOP;
    if (!is_space(prev)) return CLAUSES_WORD;
    if (!is_space(next)) /* "-horror" is a search engine's minus, but a bullet as a line's first */
        return is_content(next) && !is_digit(next) ? CLAUSES_STOP : CLAUSES_WORD;
    int range = i >= 2 && i + 2 < w.n && is_digit((unsigned char)w.p[i - 2]) &&
                is_digit((unsigned char)w.p[i + 2]);
    return range ? CLAUSES_WORD : CLAUSES_STOP; /* "5 - 10" */
}

static int is_open(uint32_t c) {
    return c == '(' || c == '[' || c == '{';
}

static int is_close(uint32_t c) {
    return c == ')' || c == ']' || c == '}';
}

/* Marks that break in any surroundings. */
static int plain_break(uint32_t c) {
    static const struct {
        uint32_t point;
        int kind;
    } marks[] = {
        {'!', CLAUSES_END},      {'?', CLAUSES_END},      {0x2026, CLAUSES_END},
        {0x2022, CLAUSES_END},   {0x2023, CLAUSES_END},   {0x25A0, CLAUSES_END},
        {0x25AA, CLAUSES_END},   {0x25CF, CLAUSES_END},   {0x25E6, CLAUSES_END},
        {0x3002, CLAUSES_END},   {0xFF01, CLAUSES_END},   {0xFF0E, CLAUSES_END},
        {0xFF1F, CLAUSES_END},   {0xFF61, CLAUSES_END},   {0x061F, CLAUSES_END},
        {0x06D4, CLAUSES_END},   {0x0964, CLAUSES_END},   {0x0965, CLAUSES_END},
        {';', CLAUSES_STOP},     {'|', CLAUSES_STOP},     {0xA1, CLAUSES_STOP},
        {0xBF, CLAUSES_STOP},    {0x061B, CLAUSES_STOP},  {0xFF08, CLAUSES_STOP},
        {0xFF09, CLAUSES_STOP},  {0xFF1A, CLAUSES_STOP},  {0xFF1B, CLAUSES_STOP},
        {0x3010, CLAUSES_STOP},  {0x3011, CLAUSES_STOP},  {0x060C, CLAUSES_COMMA},
        {0x3001, CLAUSES_COMMA}, {0xFF0C, CLAUSES_COMMA}, {0xFF64, CLAUSES_COMMA},
    };
    if (is_line_end(c)) return CLAUSES_END;
    for (size_t i = 0; i < COUNT(marks); i++)
        if (marks[i].point == c) return marks[i].kind;
    return CLAUSES_WORD;
}

/* The kind of break that the code point at i is, CLAUSES_WORD for none. */
static int break_at(const struct lexer *x, size_t i, uint32_t c, size_t len) {
    size_t next_len;
    uint32_t prev = point_before(x->w, i), next = point_at(x->w, i + len, &next_len);
    int digits = is_digit(prev) && is_digit(next), spaces = is_space(prev) && is_space(next);
    switch (c) {
    case '.': return full_stop(x->w, i, prev, next);
    case ',': return digits ? CLAUSES_WORD : CLAUSES_COMMA;
    case ':': return digits || next == '/' ? CLAUSES_WORD : CLAUSES_STOP;
    case '-': return hyphen(x->w, i, prev, next);
    case '/':
    case 0x2013: /* en dash, bar, minus: between words or numbers they join */
    case 0x2015:
    case 0x2212: return spaces ? CLAUSES_STOP : CLAUSES_WORD;
    case 0x2014: return digits ? CLAUSES_WORD : CLAUSES_STOP;
    case '*':
    case 0xB7: return spaces ? CLAUSES_END : CLAUSES_WORD;
    default: break;
    }
    if (is_open(c)) return is_content(prev) ? CLAUSES_WORD : CLAUSES_STOP; /* "film(s)" */
    if (is_close(c)) return x->depth > 0 ? CLAUSES_STOP : CLAUSES_WORD;
    return plain_break(c);
}

static void put(struct lexer *x, struct clauses_token t) {
    if (t.kind != CLAUSES_WORD && x->n && x->last.kind != CLAUSES_WORD) {
        if (t.kind < x->last.kind) t.kind = x->last.kind;
        if (!t.sign) t.sign = x->last.sign;
        x->n--;
    }
    x->words += t.kind == CLAUSES_WORD;
    if (x->tok) x->tok[x->n] = t;
    x->last = t;
    x->n++;
}

static void put_break(struct lexer *x, int kind, uint32_t c, size_t len) {
    struct clauses_token t = {(uint32_t)x->at, (uint32_t)len, (uint8_t)kind, 0, 0};
    size_t n;
    int inside = x->n > 0 && x->last.kind != CLAUSES_END;
    if (c == '?' || c == ':') t.sign = (char)c;
    if (c == '-' && inside && is_content(point_at(x->w, x->at + 1, &n))) t.sign = '-';
    x->depth += is_open(c) - is_close(c);
    put(x, t);
    x->at += len;
}

/* Past a list number ("2." or "2)" at the start of a line), or 0. */
static size_t list_number(struct view w, size_t i) {
    size_t k = i, len;
    if (!is_line_end(point_before(w, i))) return 0;
    while (k < w.n && k - i < 2 && is_digit((unsigned char)w.p[k])) k++;
    if (k == i || k + 1 >= w.n || (w.p[k] != '.' && w.p[k] != ')')) return 0;
    return is_space(point_at(w, k + 1, &len)) ? k + 1 : 0;
}

/* Past the closing mark of a quotation that starts at i, or 0. Titles are quoted, and what stands
 * in them is neither a break nor a negation. */
static size_t quotation(struct view w, size_t i, uint32_t open) {
    uint32_t close = open == '"' ? '"' : open == 0x201C ? 0x201D : open == 0xAB ? 0xBB : 0;
    size_t len;
    if (!close || is_content(point_before(w, i))) return 0;
    point_at(w, i, &len);
    for (size_t k = i + len; k < w.n && k - i <= QUOTE_MAX; k += len) {
        uint32_t c = point_at(w, k, &len);
        if (is_line_end(c)) return 0;
        if (c != close) continue;
        size_t next;
        return is_content(point_at(w, k + len, &next)) ? 0 : k + len;
    }
    return 0;
}

/* Takes the word at x->at; leaves x->at behind it. */
static void put_word(struct lexer *x) {
    size_t from = x->at, end = 0, len, i;
    int content = 0, started = 0;
    for (i = x->at; i < x->w.n; i += len) {
        uint32_t c = point_at(x->w, i, &len);
        size_t quoted = !started ? quotation(x->w, i, c) : 0;
        if (quoted) {
            put(x, (struct clauses_token){(uint32_t)i, (uint32_t)(quoted - i), 0, 0, 0});
            x->at = quoted;
            return;
        }
        if (is_space(c) || (i > x->at && break_at(x, i, c, len) != CLAUSES_WORD)) break;
        if (is_edge(c)) continue;
        if (!started) from = i;
        started = 1;
        content |= is_content(c);
        end = i + len;
    }
    x->at = i;
    if (started)
        put(x, (struct clauses_token){(uint32_t)from, (uint32_t)(end - from), 0, !content, 0});
}

static void scan(struct lexer *x) {
    while (x->at < x->w.n) {
        size_t len, number = list_number(x->w, x->at);
        uint32_t c = point_at(x->w, x->at, &len);
        int kind;
        if (number)
            put_break(x, CLAUSES_END, 0, number - x->at);
        else if ((kind = break_at(x, x->at, c, len)) != CLAUSES_WORD)
            put_break(x, kind, c, len);
        else if (is_space(c))
            x->at += len;
        else
            put_word(x);
    }
    put(x, (struct clauses_token){(uint32_t)x->w.n, 0, CLAUSES_END, 0, 0});
}

/* Without quotation marks around the whole wish, which would make one word of it. */
static struct view unquoted(struct view w) {
    size_t first, last;
    w = view_trim(w);
    uint32_t open = point_at(w, 0, &first), close = point_before(w, w.n);
    last = close < 0x80 ? 1 : close < 0x800 ? 2 : 3;
    int pair = (open == '"' && close == '"') || (open == 0x201C && close == 0x201D) ||
               (open == 0xAB && close == 0xBB);
    if (!pair || w.n < first + last) return w;
    struct view inner = view_sub(w, first, w.n - first - last);
    return memchr(inner.p, w.p[0], inner.n) ? w : inner; /* two quotations are not one */
}

enum status clauses_lex(struct view wish, struct arena *a, struct clauses_text *out,
                        struct err *e) {
    struct lexer count = {.w = unquoted(wish)}, fill = {.w = count.w};
    scan(&count);
    fill.tok = ARENA_NEW(a, struct clauses_token, count.n);
    if (!fill.tok) return fail(e, ST_NO_MEMORY, "no memory for the words of the wish");
    scan(&fill);
    CHECK(fill.n == count.n);
    *out = (struct clauses_text){fill.w, fill.tok, fill.n, fill.words};
    return ST_OK;
}
