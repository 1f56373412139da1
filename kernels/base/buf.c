/* Growing text. */
#include "kernels/base/buf.h"

#include "kernels/base/arena.h"

#include <stdio.h>
#include <string.h>

void buf_init(struct buf *b, size_t max) {
    *b = (struct buf){.max = max};
}

static int reserve(struct buf *b, size_t more) {
    if (b->failed) return 0;
    if (more > b->max || b->n > b->max - more) {
        b->failed = 1;
        return 0;
    }
    size_t need = b->n + more + 1;
    if (need <= b->cap) return 1;
    size_t cap = b->cap ? b->cap * 2 : 256;
    while (cap < need) cap *= 2;
    char *p = mem_grow(b->p, b->n, cap);
    if (!p) {
        b->failed = 2;
        return 0;
    }
    b->p = p;
    b->cap = cap;
    return 1;
}

void buf_add(struct buf *b, const char *p, size_t n) {
    if (!reserve(b, n)) return;
    if (n) memcpy(b->p + b->n, p, n);
    b->n += n;
    b->p[b->n] = 0;
}

void buf_view(struct buf *b, struct view v) {
    buf_add(b, v.p, v.n);
}

void buf_str(struct buf *b, const char *s) {
    buf_view(b, view_of(s));
}

void buf_printf(struct buf *b, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0 || !reserve(b, (size_t)n)) {
        if (!b->failed) b->failed = 1;
        return;
    }
    va_start(ap, fmt);
    vsnprintf(b->p + b->n, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->n += (size_t)n;
}

struct view buf_text(const struct buf *b) {
    return (struct view){b->p ? b->p : "", b->n};
}

void buf_clear(struct buf *b) {
    b->n = 0;
    b->failed = b->wrong = 0;
    if (b->p) b->p[0] = 0;
}

void buf_free(struct buf *b) {
    mem_free(b->p);
    *b = (struct buf){.max = b->max};
}
