/* Ids for rows that have none: from what they say, so that the same file gives the same ids. */
#ifndef IMPORT_IDS_H
#define IMPORT_IDS_H

#include "kernels/base/buf.h"

/* How often each text came. Zero-initialised; mem_alloc. */
struct ids {
    struct ids_slot {
        uint64_t hash;
        uint32_t times;
    } * slot;
    size_t cap, n;
};
/* Writes the id of two texts to out: "x" and 16 digits of their hash; the second row with the same
 * texts gets "-2" behind it. */
enum status ids_make(struct ids *ids, struct view a, struct view b, struct buf *out,
                     struct err *e) MUST_CHECK;
void ids_close(struct ids *ids);

#endif
