/* Words and breaks of a wish, by code point. */
#include "server/wish/clauses/clauses_breaks.h"
#include "server/wish/grammar/quotes.h"

#include <string.h>

struct lexer {
    struct view w;
    size_t at;
    int depth;                 /* open parentheses */
    struct clauses_token *tok; /* NULL: only count */
    size_t n, words;
    struct clauses_token last;
};

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

static void put_break(struct lexer *x, int kind, struct point p, size_t len) {
    struct clauses_token t = {(uint32_t)x->at, (uint32_t)len, (uint8_t)kind, 0, 0, 0, 0};
    int inside = x->n > 0 && x->last.kind != CLAUSES_END;
    if (p.c == '?' || p.c == ':') t.sign = (char)p.c;
    if (p.c == '-' && inside && is_content(point_at(x->w, x->at + 1))) t.sign = '-';
    x->depth += is_open(p.c) - is_close(p.c);
    put(x, t);
    x->at += len;
}

/* Past a list number ("2." or "2)" at the start of a line), or 0. */
static size_t list_number(struct view w, size_t i) {
    size_t k = i;
    if (!is_line_end(point_before(w, i))) return 0;
    while (k < w.n && k - i < 2 && is_digit(point_at(w, k))) k++;
    if (k == i || k + 1 >= w.n || (w.p[k] != '.' && w.p[k] != ')')) return 0;
    return is_space(point_at(w, k + 1)) && !clauses_ordinal_stop(w, k) ? k + 1 : 0;
}

/* Bytes of a word's end that say "free of": "-free", German "frei", Dutch "vrij". */
static size_t free_ending(struct view w) {
    static const char *const ends[] = {"-free",  "frei",   "freie", "freien", "freies",
                                       "freier", "freiem", "vrij",  "vrije"};
    static const char kept[] = "carefree|scot-free|hands-free|toll-free|hassle-free|trouble-free|"
                               "worry-free|barrierefrei|kostenfrei|gebuhrenfrei|unfrei|care-free|"
                               "fancy-free|cruelty-free|duty-free|portofrei|barrierefreie|royalty-"
                               "free|risk-free|kostenfreie|tax-free|smoke-free";
    char plain[24];
    size_t n = plain_word(w, plain, sizeof plain);
    if (plain_is(plain, n, kept)) return 0;
    for (size_t i = 0; i < COUNT(ends); i++) {
        size_t k = strlen(ends[i]);
        if (n >= k + 3 && memcmp(plain + n - k, ends[i], k) == 0) return k;
    }
    return 0;
}

static void put_part(struct lexer *x, size_t from, size_t end, int bare) {
    put(x,
        (struct clauses_token){(uint32_t)from, (uint32_t)(end - from), 0, (uint8_t)bare, 0, 0, 0});
}

/* A word, in the parts that the grammar looks at. */
static void put_parts(struct lexer *x, size_t from, size_t end, int bare) {
    size_t front = elision_end(view_sub(x->w, from, end - from));
    if (front) put_part(x, from, from + front, 0);
    from += front;
    size_t back = free_ending(view_sub(x->w, from, end - from));
    put_part(x, from, end - back, bare);
    if (back) put_part(x, end - back, end, 0);
}

/* The mark of 14" behind a number. */
static int is_inch(struct view w, size_t i, struct point p) {
    return p.c == '"' && i > 0 && is_digit(point_before(w, i)) &&
           !is_content(point_at(w, i + p.len));
}

/* Takes the word at x->at; leaves x->at behind it. */
static void put_word(struct lexer *x) {
    size_t from = x->at, end = 0, i;
    int content = 0, started = 0;
    struct point p;
    for (i = x->at; i < x->w.n; i += p.len) {
        p = point_at(x->w, i);
        size_t quoted = !started ? quote_end(x->w, i) : 0;
        if (quoted) {
            put_part(x, i, quoted, 0);
            x->at = quoted;
            return;
        }
        if (is_space(p) || (i > x->at && clauses_break_at(x->w, i, p, x->depth) != CLAUSES_WORD))
            break;
        if (is_edge(p) && !is_inch(x->w, i, p)) continue;
        if (!started) from = i;
        started = 1;
        content |= is_content(p) || is_sign(p);
        end = i + p.len;
    }
    x->at = i;
    if (started) put_parts(x, from, end, !content);
}

static void scan(struct lexer *x) {
    while (x->at < x->w.n) {
        size_t number = list_number(x->w, x->at);
        struct point p = point_at(x->w, x->at);
        int kind;
        if (number)
            put_break(x, CLAUSES_END, (struct point){0, 0, WORD_OTHER}, number - x->at);
        else if ((kind = clauses_break_at(x->w, x->at, p, x->depth)) != CLAUSES_WORD)
            put_break(x, kind, p, p.len);
        else if (is_space(p))
            x->at += p.len;
        else
            put_word(x);
    }
    put(x, (struct clauses_token){(uint32_t)x->w.n, 0, CLAUSES_END, 0, 0, 0, 0});
}

/* Whether a quoted wish is a name: more than one word, most of them with a capital letter. */
static int is_title(struct view w) {
    int words = 0, letters = 0, capitals = 0;
    for (size_t i = 0; i < w.n; i++) {
        if (w.p[i] == ',' || w.p[i] == '.' || w.p[i] == ';') return 0;
        if (i > 0 && w.p[i - 1] != ' ') continue;
        words++;
        letters += point_at(w, i).is == WORD_LETTER;
        capitals += is_upper(point_at(w, i));
    }
    return words > 1 && 2 * capitals > letters;
}

/* Without quotation marks around the whole wish, which would make one word of it. */
static struct view unquoted(struct view w) {
    w = view_trim(w);
    struct point open = point_at(w, 0), close = point_before(w, w.n);
    if (!quote_close(open.c) || close.c != quote_close(open.c) || w.n < open.len + close.len)
        return w;
    struct view inner = view_sub(w, open.len, w.n - open.len - close.len);
    if (is_title(inner)) return w;
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
    const struct grammar *g = grammar_of(wish);
    *out = (struct clauses_text){.wish = fill.w,
                                 .tok = fill.tok,
                                 .n = fill.n,
                                 .words = fill.words,
                                 .grammar = g ? g : &grammar_en};
    return ST_OK;
}
