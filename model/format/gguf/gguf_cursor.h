/* Reading the head of a GGUF file, bounded by what is there. Private to gguf*.c. */
#ifndef FORMAT_GGUF_CURSOR_H
#define FORMAT_GGUF_CURSOR_H

#include "model/format/gguf/gguf.h"

/* Where reading stands, and what is being read, for messages. */
struct gguf_cursor {
    const uint8_t *base, *at, *end;
    size_t size;         /* of the file, of which at least the bytes up to end are at hand */
    int short_of;        /* bytes behind end were needed */
    const uint8_t *mark; /* start of the field that was read last */
    const char *file;
    const char *kind; /* "header", "metadata pair", "tensor" */
    uint64_t index;   /* from 1 */
    struct view name; /* of the pair or tensor, empty before it is known */
};

enum { GGUF_SHOWN = 72 };
/* A name from the file as text that a terminal can show: no control bytes, cut to fit. */
const char *gguf_shown(struct view v, char out[GGUF_SHOWN]);
/* Fails with st and says where: the pair or tensor that is being read, and the byte. */
enum status gguf_bad(const struct gguf_cursor *c, enum status st, struct err *e, const char *fmt,
                     ...) PRINTF(4, 5);

/* Bytes of the file behind the cursor, at hand or not. */
size_t gguf_left(const struct gguf_cursor *c);
uint64_t gguf_little(const uint8_t *p, size_t n);
/* Each takes what stands at the cursor: ST_CORRUPT beyond the file, ST_LIMIT (and short_of) beyond
 * what is at hand. `what` is for the message. */
enum status gguf_take(struct gguf_cursor *c, uint64_t n, const char *what, const uint8_t **out,
                      struct err *e) MUST_CHECK;
enum status gguf_take_u32(struct gguf_cursor *c, const char *what, uint32_t *out,
                          struct err *e) MUST_CHECK;
enum status gguf_take_u64(struct gguf_cursor *c, const char *what, uint64_t *out,
                          struct err *e) MUST_CHECK;
/* A length and that many bytes. The mark is left at the length. */
enum status gguf_take_string(struct gguf_cursor *c, const char *what, struct view *out,
                             struct err *e) MUST_CHECK;
/* The name of a pair or tensor: some bytes, not more than max, valid UTF-8. */
enum status gguf_take_name(struct gguf_cursor *c, const char *what, size_t max, struct view *out,
                           struct err *e) MUST_CHECK;

#endif
