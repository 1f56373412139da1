/* Bytes of an import, pulled piece by piece from its reader; refuses what is not UTF-8 text. */
#ifndef STORE_INPUT_H
#define STORE_INPUT_H

#include "server/store/import.h"

enum { INPUT_BYTES = 64 << 10, INPUT_ROW_MAX = 1 << 20 };

struct input {
    import_read read;
    void *arg;
    char *p; /* mem_alloc, INPUT_BYTES */
    size_t at, n;
    int end;        /* the reader has no more */
    enum status st; /* of the reader; bytes stop when it fails */
};

/* Fills the buffer as far as the reader goes and looks at its beginning: a byte order mark is
 * skipped; UTF-16, zip (a spreadsheet) and gzip are refused with what to do. A failed open owes
 * nothing. */
enum status input_open(struct input *in, import_read read, void *arg, struct err *e) MUST_CHECK;
void input_close(struct input *in);

/* Next piece into the empty buffer. 1 when there is a byte at p[at]. */
int input_refill(struct input *in, struct err *e);

/* The next byte as 0..255, or -1 at the end or when the reader failed (in->st). */
static inline int input_byte(struct input *in, struct err *e) {
    if (in->at == in->n && !input_refill(in, e)) return -1;
    return (unsigned char)in->p[in->at++];
}
/* The same without taking it. */
static inline int input_peek(struct input *in, struct err *e) {
    if (in->at == in->n && !input_refill(in, e)) return -1;
    return (unsigned char)in->p[in->at];
}

#endif
