/* Terms of a clause, by class of character. */
#include "server/wish/grammar/terms.h"
#include "server/wish/grammar/quotes.h"
#include "server/value/value.h"
#include "server/value/words.h"

#include <string.h>

struct reader {
    struct view v;
    size_t at;
    int space; /* white space was passed */
    struct terms *out;
};

static struct term *put(struct reader *r, enum term_kind kind, size_t to) {
    struct term *t = &r->out->t[r->out->n++];
    *t = (struct term){.from = (uint32_t)r->at,
                       .to = (uint32_t)to,
                       .kind = (uint8_t)kind,
                       .space = (uint8_t)r->space};
    r->space = 0;
    r->at = to;
    return t;
}

static int is_digit(struct view v, size_t i) {
    size_t len;
    return i < v.n && word_class_at(v.p + i, v.n - i, &len) == WORD_DIGIT;
}

static enum word_class class_at(struct view v, size_t i, size_t *len) {
    *len = 1;
    return i < v.n ? word_class_at(v.p + i, v.n - i, len) : WORD_SPACE;
}

static int is_apostrophe(struct view v, size_t i, size_t len) {
    return v.p[i] == '\'' || (len == 3 && memcmp(v.p + i, "\xE2\x80\x99", 3) == 0);
}

/* End of the digits from i on, with marks of thousands and decimals between them; a space only
 * before a group of three. */
static size_t digits_end(struct view v, size_t i) {
    for (;;) {
        while (is_digit(v, i)) i++;
        if (i + 1 >= v.n || !is_digit(v, i + 1)) {
            int thin = i + 3 < v.n && (memcmp(v.p + i, "\xE2\x80\xAF", 3) == 0 ||
                                       memcmp(v.p + i, "\xE2\x80\x89", 3) == 0);
            int no_break = i + 2 < v.n && memcmp(v.p + i, "\xC2\xA0", 2) == 0;
            size_t len = thin ? 3 : no_break ? 2 : 0;
            if (!len || !is_digit(v, i + len) || !is_digit(v, i + len + 2)) return i;
            i += len;
            continue;
        }
        char c = v.p[i];
        int group = is_digit(v, i + 2) && is_digit(v, i + 3) && !is_digit(v, i + 4);
        if (c == '.' || c == ',' || (c == '\'' && group))
            i++;
        else if (c == ' ' && group && i > 0 && (i < 4 || !is_digit(v, i - 4)))
            i++; /* "1 200", not "1990 200" */
        else
            return i;
    }
}

/* One to three digits and groups of three: thousands, whatever the mark. */
static enum number_marks marks_of(struct view cell) {
    struct marks_count c = {0, 0, 0};
    const char *point = memchr(cell.p, '.', cell.n), *comma = memchr(cell.p, ',', cell.n);
    marks_add(&c, cell);
    if (c.point) return MARKS_POINT;
    if (c.comma) return MARKS_COMMA;
    if (cell.p[0] == '0') return point ? MARKS_POINT : MARKS_COMMA;
    return point && !comma ? MARKS_COMMA : MARKS_POINT;
}

/* A number with the multiplier that is glued to it: "5k". */
static void put_number(struct reader *r) {
    size_t end = digits_end(r->v, r->at), len;
    struct view cell = view_sub(r->v, r->at, end - r->at);
    double x = 0;
    size_t used = number_read(cell, marks_of(cell), &x);
    if (used == 0 || used > cell.n) used = cell.n;
    end = r->at + used;
    if (end < r->v.n && (r->v.p[end] | 0x20) == 'k' &&
        class_at(r->v, end + 1, &len) != WORD_LETTER && !is_digit(r->v, end + 1))
        end++, x *= 1000;
    put(r, TERM_NUMBER, end)->number = x;
}

/* Letters with apostrophes inside; "l'" and "d'" are words of their own. */
static void put_word(struct reader *r) {
    size_t i = r->at, len;
    for (enum word_class c; i < r->v.n; i += len) {
        c = class_at(r->v, i, &len);
        if (c == WORD_LETTER || c == WORD_IDEO) continue;
        size_t next;
        if (c != WORD_QUOTE || !is_apostrophe(r->v, i, len) ||
            class_at(r->v, i + len, &next) != WORD_LETTER)
            break;
        if (elision_end(view_sub(r->v, r->at, r->v.n - r->at)) == i + len - r->at) {
            i += len;
            break;
        }
    }
    size_t from = r->at;
    struct term *t = put(r, TERM_WORD, i);
    struct view w = view_sub(r->v, from, i - from);
    t->n = (uint8_t)plain_word(w, t->p, sizeof t->p);
    char first[16];
    size_t k = class_at(r->v, from, &len) == WORD_LETTER ? len : 0;
    word_fold(view_sub(w, 0, k), first, sizeof first);
    t->capital = k > 0 && memcmp(first, w.p, k) != 0;
}

/* Signs of comparison by their code points. */
static const struct {
    const char *bytes, *plain;
} signs[] = {{"<=", "<="},
             {">=", ">="},
             {"=<", "<="},
             {"=>", ">="},
             {"<", "<"},
             {">", ">"},
             {"=", "="},
             {"~", "~"},
             {"+", "+"},
             {"%", "%"},
             {"\xE2\x89\xA4", "<="},
             {"\xE2\x89\xA5", ">="},
             {"\xE2\x89\x88", "~"},
             {"\xE2\x89\xA6", "<="},
             {"\xE2\x89\xA7", ">="}};

static int put_sign(struct reader *r) {
    for (size_t k = 0; k < COUNT(signs); k++) {
        size_t n = strlen(signs[k].bytes);
        if (r->at + n > r->v.n || memcmp(r->v.p + r->at, signs[k].bytes, n) != 0) continue;
        struct term *t = put(r, TERM_SIGN, r->at + n);
        t->n = (uint8_t)strlen(signs[k].plain);
        memcpy(t->p, signs[k].plain, t->n);
        return 1;
    }
    return 0;
}

/* The full stop of an abbreviation ("min. 3"): the lexer left none else inside a clause. */
static int is_full_stop(const struct reader *r) {
    size_t len;
    const struct terms *x = r->out;
    if (r->v.p[r->at] != '.' || x->n == 0 || x->t[x->n - 1].kind != TERM_WORD) return 0;
    enum word_class next = class_at(r->v, r->at + 1, &len);
    return next == WORD_SPACE || next == WORD_DIGIT;
}

static void put_next(struct reader *r) {
    size_t len, quoted = quote_end(r->v, r->at);
    enum word_class c = class_at(r->v, r->at, &len);
    if (quoted)
        put(r, TERM_QUOTE, quoted);
    else if (c == WORD_SPACE)
        r->space = 1, r->at += len;
    else if (c == WORD_DIGIT && (unsigned char)r->v.p[r->at] < 0x80)
        put_number(r);
    else if (c == WORD_LETTER || c == WORD_IDEO || c == WORD_DIGIT)
        c == WORD_DIGIT ? (void)(r->at += len) : put_word(r);
    else if (c == WORD_MONEY)
        put(r, TERM_MONEY, r->at + len);
    else if (r->v.p[r->at] == '"' && r->at > 0 && is_digit(r->v, r->at - 1))
        put(r, TERM_SIGN, r->at + 1); /* inches */
    else if (c == WORD_DASH)
        put(r, TERM_DASH, r->at + len);
    else if (!put_sign(r)) {
        if (is_full_stop(r))
            r->at += len, r->space = 1;
        else if (c == WORD_OTHER)
            put(r, TERM_BREAK, r->at + len);
        else
            r->at += len;
    }
}

enum status terms_read(struct view text, const struct grammar *g, struct arena *a,
                       struct terms *out, struct err *e) {
    size_t max = text.n < TERMS_MAX ? text.n : TERMS_MAX;
    *out = (struct terms){text, g, ARENA_NEW(a, struct term, max), 0};
    if (!out->t) return fail(e, ST_NO_MEMORY, "no memory for the words of the wish");
    struct reader r = {text, 0, 1, out};
    while (r.at < text.n && out->n < (int)max) put_next(&r);
    return ST_OK;
}

int term_colon(const struct terms *x, int i) {
    return i >= 0 && i < x->n && x->t[i].kind == TERM_BREAK && x->text.p[x->t[i].from] == ':';
}

int term_is(const struct terms *x, int i, const char *alternatives) {
    if (i < 0 || i >= x->n) return 0;
    return plain_is(x->t[i].p, x->t[i].n, alternatives);
}

int term_phrase(const struct terms *x, int i, const char *phrase) {
    for (int k = 0; k < PHRASE_WORDS_MAX && i + k < x->n; k++) {
        const struct term *t = &x->t[i + k];
        int fits = *phrase == '*'   ? t->kind == TERM_WORD
                   : *phrase == '#' ? t->kind == TERM_NUMBER
                                    : plain_is(t->p, t->n, phrase);
        if (!fits) return 0;
        const char *space = strchr(phrase, ' ');
        if (!space) return k + 1;
        phrase = space + 1;
    }
    return 0;
}

int term_phrase_back(const struct terms *x, int i, const char *phrase) {
    int n = 1;
    for (const char *p = phrase; *p; p++) n += *p == ' ';
    return i >= n && term_phrase(x, i - n, phrase) == n ? n : 0;
}

struct view terms_text(const struct terms *x, int from, int to) {
    if (from >= to) return (struct view){x->text.p, 0};
    size_t at = x->t[from].from;
    return view_sub(x->text, at, x->t[to - 1].to - at);
}

void terms_use(struct terms *x, int from, int to) {
    for (int i = from; i < to; i++) x->t[i].used = 1;
}
