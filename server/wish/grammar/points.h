/* Characters of a wish. */
#ifndef WISH_POINTS_H
#define WISH_POINTS_H

#include "server/value/words.h"

/* A character of the wish with its class; len 0 beyond the end. */
struct point {
    uint32_t c;
    size_t len;
    enum word_class is;
};

static inline struct point point_at(struct view w, size_t i) {
    struct point p = {' ', 0, WORD_SPACE};
    if (i >= w.n) return p;
    p.is = word_class_at(w.p + i, w.n - i, &p.len);
    p.c = utf8_point(w.p + i, p.len);
    return p;
}

static inline struct point point_before(struct view w, size_t i) {
    if (i == 0) return (struct point){'\n', 0, WORD_SPACE};
    do i--;
    while (i > 0 && ((unsigned char)w.p[i] & 0xC0) == 0x80);
    return point_at(w, i);
}

static inline int is_digit(struct point p) {
    return p.is == WORD_DIGIT;
}

static inline int is_upper(struct point p) {
    return p.c >= 'A' && p.c <= 'Z';
}

static inline int is_lower(struct point p) {
    return p.c >= 'a' && p.c <= 'z';
}

static inline int is_space(struct point p) {
    return p.is == WORD_SPACE;
}

static inline int is_line_end(struct point p) {
    return p.c == '\n' || p.c == '\r' || p.c == 0x85 || p.c == 0x2028 || p.c == 0x2029;
}

/* Letters and digits of any script; symbols, punctuation and emoji are not. */
static inline int is_content(struct point p) {
    return p.is == WORD_LETTER || p.is == WORD_DIGIT || p.is == WORD_IDEO;
}

/* Signs that say something beside a number. */
static inline int is_sign(struct point p) {
    return p.is == WORD_MONEY || p.c == '<' || p.c == '>' || p.c == '=' || p.c == '%' ||
           p.c == '~' || p.c == '+' || (p.c >= 0x2264 && p.c <= 0x2267) || p.c == 0x2248;
}

/* Quotes and emphasis around a word that are no part of it. */
static inline int is_edge(struct point p) {
    return p.is == WORD_QUOTE || p.c == '*' || p.c == '_';
}

static inline int is_open(uint32_t c) {
    return c == '(' || c == '[' || c == '{';
}

static inline int is_close(uint32_t c) {
    return c == ')' || c == ']' || c == '}';
}

#endif
