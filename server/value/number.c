/* Numbers with the marks of any country. */
#include "server/value/value.h"
#include "server/value/words.h"

#include <string.h>

/* The beginning of a text as ASCII: digits of any script, minus, spaces, marks and the letters that
 * may follow a number; ';' is anything else and the end. end[i]: bytes of the text up to i. */
enum { GLYPHS = 60 };
struct glyphs {
    char c[GLYPHS + 1];
    unsigned char end[GLYPHS + 1];
    int n;
};

static int digit_of(uint32_t c) {
    static const uint32_t zero[] = {'0',    0x0660, 0x06F0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66,
                                    0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0E50, 0x0ED0, 0x1040, 0xFF10};
    for (size_t i = 0; i < COUNT(zero); i++)
        if (c >= zero[i] && c < zero[i] + 10) return (int)(c - zero[i]);
    return -1;
}

static char glyph_of(const char *p, size_t len, enum word_class k) {
    uint32_t c = utf8_len(p, len) ? utf8_point(p, len) : 0;
    int digit = digit_of(c);
    if (digit >= 0) return (char)('0' + digit);
    if (k == WORD_SPACE && c != '\n' && c != '\r') return ' ';
    if (k == WORD_DASH) return c == '-' || c == 0x2212 || c == 0xFF0D ? '-' : ';';
    if (c == '\'' || c == 0x2019 || c == 0x66C) return '\'';
    if (c == 0xFF0E || c == 0x66B) return '.';
    if (c == 0xFF0C) return ',';
    if (c < 0x80 && (k == WORD_LETTER || strchr(".,_+", (int)c))) return c ? (char)c : ';';
    return k == WORD_LETTER ? 'x' : ';';
}

static int is_digit(char c) {
    return c >= '0' && c <= '9';
}
static int is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void glyphs_read(struct view text, struct glyphs *g) {
    size_t at = 0, len;
    g->n = 0;
    while (g->n < GLYPHS && at < text.n && at < 200) {
        enum word_class k = word_class_at(text.p + at, text.n - at, &len);
        char c = glyph_of(text.p + at, len, k);
        at += len;
        g->c[g->n] = c;
        g->end[g->n++] = (unsigned char)at;
        if (c == ';' || (is_letter(c) && g->n > 1 && is_letter(g->c[g->n - 2]))) break;
    }
    g->c[g->n] = ';';
    g->end[g->n] = (unsigned char)at;
}

/* A number read under one pair of marks. */
struct reading {
    char text[GLYPHS + 2]; /* as strtod has it */
    int n, end;            /* its length; glyphs read, 0: no number */
};

static void put(struct reading *r, char c) {
    r->text[r->n++] = c;
    r->text[r->n] = 0;
}

static int digits_at(const struct glyphs *g, int i) {
    int n = 0;
    while (i + n < g->n && is_digit(g->c[i + n])) n++;
    return n;
}

static int put_digits(struct reading *r, const struct glyphs *g, int i, int n) {
    for (int k = 0; k < n; k++) put(r, g->c[i + k]);
    return i + n;
}

/* Groups of two and a last one of three, as in 12,34,567: the glyph behind them, or i. */
static int indian_end(const struct glyphs *g, int i) {
    int k = i, pairs = 0;
    for (; g->c[k] == ',' && digits_at(g, k + 1) == 2; k += 3) pairs++;
    return pairs && g->c[k] == ',' && digits_at(g, k + 1) == 3 ? k + 4 : i;
}

static int put_groups(struct reading *r, const struct glyphs *g, int i, char thousands) {
    int end = thousands == ',' ? indian_end(g, i) : i;
    for (int k = i; k < end; k++)
        if (is_digit(g->c[k])) put(r, g->c[k]);
    if (end > i) return end;
    for (char mark = 0;; i = put_digits(r, g, i + 1, 3)) {
        char c = g->c[i];
        if (!(c == thousands || c == ' ' || c == '\'' || c == '_') || (mark && c != mark)) return i;
        if (digits_at(g, i + 1) != 3) return i;
        mark = c;
    }
}

static void read_with(const struct glyphs *g, char thousands, char decimal, struct reading *r) {
    int i = 0;
    *r = (struct reading){.n = 0};
    if (g->c[0] == '-' || g->c[0] == '+') i++;
    if (g->c[0] == '-') put(r, '-');
    int whole = digits_at(g, i);
    if (whole == 0 && !(g->c[i] == decimal && digits_at(g, i + 1))) return;
    int zero = g->c[i] == '0';
    if (whole == 0) put(r, '0');
    i = put_digits(r, g, i, whole);
    if (whole >= 1 && whole <= 3 && !zero) i = put_groups(r, g, i, thousands);
    if (g->c[i] == decimal && digits_at(g, i + 1)) {
        put(r, '.');
        i = put_digits(r, g, i + 1, digits_at(g, i + 1));
    }
    r->end = i;
}

static void read_both(const struct glyphs *g, struct reading *point, struct reading *comma) {
    read_with(g, ',', '.', point);
    read_with(g, '.', ',', comma);
    /* ",5" is a number only where the column says so: a list begins like that, too */
    if (g->c[comma->text[0] == '-'] == ',') comma->end = 0;
}

static void read_marks(const struct glyphs *g, enum number_marks marks, struct reading *out) {
    struct reading comma;
    if (marks == MARKS_COMMA)
        read_with(g, '.', ',', out);
    else if (marks == MARKS_POINT)
        read_with(g, ',', '.', out);
    else {
        read_both(g, out, &comma);
        if (comma.end > out->end) *out = comma;
    }
}

/* An exponent at glyph i: 1e5, 1.5E+03. */
static int put_exponent(struct reading *r, const struct glyphs *g, int i) {
    if (g->c[i] != 'e' && g->c[i] != 'E') return i;
    int sign = g->c[i + 1] == '-' || g->c[i + 1] == '+';
    int n = digits_at(g, i + 1 + sign), end = i + 1 + sign + n;
    if (n < 1 || n > 3 || is_letter(g->c[end])) return i;
    put(r, 'e');
    if (sign) put(r, g->c[i + 1]);
    return put_digits(r, g, i + 1 + sign, n);
}

/* Glyphs of the number in g, 0 when there is none, it is too long or not finite. */
static int read_number(const struct glyphs *g, enum number_marks marks, double *out) {
    struct reading r;
    read_marks(g, marks, &r);
    if (r.end == 0 || r.end >= GLYPHS) return 0;
    int end = put_exponent(&r, g, r.end);
    return view_double((struct view){r.text, (size_t)r.n}, out) ? end : 0;
}

size_t number_plain(struct view text, enum number_marks marks, double *out) {
    struct glyphs g;
    double x;
    glyphs_read(text, &g);
    int end = read_number(&g, marks, &x);
    if (end == 0) return 0;
    *out = x;
    return g.end[end - 1];
}

size_t number_read(struct view text, enum number_marks marks, double *out) {
    struct glyphs g;
    double x;
    glyphs_read(text, &g);
    int end = read_number(&g, marks, &x);
    if (end == 0) return 0;
    char c = g.c[end];
    if ((c == 'k' || c == 'K' || c == 'm' || c == 'M') && !is_letter(g.c[end + 1])) {
        x *= c == 'k' || c == 'K' ? 1e3 : 1e6;
        end++;
    }
    *out = x;
    return g.end[end - 1];
}

int number_either(struct view text) {
    struct glyphs g;
    struct reading point, comma;
    glyphs_read(text, &g);
    read_both(&g, &point, &comma);
    return point.end && point.end == comma.end && strcmp(point.text, comma.text) != 0;
}

/* --- columns */

void marks_add(struct marks_count *c, struct view cell) {
    struct glyphs g;
    struct reading point, comma;
    size_t at = 0, len;
    while (at < cell.n && word_class_at(cell.p + at, cell.n - at, &len) != WORD_DIGIT) at += len;
    glyphs_read(view_sub(cell, at, cell.n), &g);
    read_both(&g, &point, &comma);
    if (point.end > comma.end)
        c->point++;
    else if (comma.end > point.end)
        c->comma++;
    else if (strcmp(point.text, comma.text) != 0)
        c->either++;
}

enum number_marks marks_decide(const struct marks_count *c) {
    return c->point > c->comma ? MARKS_POINT : c->comma > c->point ? MARKS_COMMA : MARKS_ANY;
}
