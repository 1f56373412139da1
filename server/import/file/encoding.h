/* Which encoding bytes are in, and bringing them to UTF-8 (by iconv). */
#ifndef IMPORT_ENCODING_H
#define IMPORT_ENCODING_H

#include "kernels/base/view.h"

/* What a stream's bytes say, gathered piece by piece. Zero-initialised. */
enum { ENCODING_SAMPLE = 16 << 10 };
struct encoding_look {
    long long valid, broken; /* characters beyond ASCII that are UTF-8; bytes that are not */
    unsigned char part[4];   /* a character cut by the end of a piece */
    size_t n_part;
    int run, ascii; /* inside a run that goes to the sample; ASCII bytes at its end */
    size_t n;       /* of the sample: runs of bytes beyond ASCII with what follows them */
    unsigned char sample[ENCODING_SAMPLE];
};
void encoding_add(struct encoding_look *l, const char *p, size_t n);

/* iconv's name of the encoding; "UTF-8" where broken bytes are few among good characters (those
 * rows are then faults), NULL where no encoding fits well. */
const char *encoding_guess(const struct encoding_look *l);
/* By the first bytes alone: "UTF-16LE", "UTF-16BE", or NULL. */
const char *encoding_wide(struct view head);

/* Converts piece by piece. A byte that cannot be converted becomes U+FFFD and is counted. */
struct encoding_conv {
    void *cd;
    long long bad;
};
/* ST_INVALID (field "encoding") for a name that iconv does not know. */
enum status encoding_open(struct encoding_conv *c, const char *name, struct err *e) MUST_CHECK;
/* Takes bytes from *in (*n of them) as far as they go and fit into out (cap bytes, at least 8);
 * returns the bytes written. last: no more input comes. */
size_t encoding_step(struct encoding_conv *c, const char **in, size_t *n, char *out, size_t cap,
                     int last);
void encoding_close(struct encoding_conv *c);

#endif
