/* A growing text buffer with a maximum. After a failed append everything further is ignored and
 * `failed` stays set, so a long build needs one check at its end. Not thread-safe. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "kernels/base/view.h"

struct buf {
    char *p; /* NUL-terminated once anything was appended */
    size_t n, cap, max;
    int failed; /* 1: beyond max, 2: no memory */
    int wrong;  /* what was to be written cannot be; set by who writes */
};

void buf_init(struct buf *b, size_t max);
void buf_add(struct buf *b, const char *p, size_t n);
void buf_view(struct buf *b, struct view v);
void buf_str(struct buf *b, const char *s);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
struct view buf_text(const struct buf *b); /* borrowed from b, valid until the next append */
void buf_clear(struct buf *b);             /* keeps the memory */
void buf_free(struct buf *b);

#endif
