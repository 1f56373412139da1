/* One row of a file to one row of the store: values read, texts joined and cleaned, limits. */
#ifndef IMPORT_ROWS_H
#define IMPORT_ROWS_H

#include "server/import/rows/ids.h"
#include "server/import/columns/layout.h"

struct rows {
    struct layout *layout;
    struct stage_row out; /* the finished row; its texts live until the next */
    struct buf id, title, text, tags, extra, scratch, part;
    int n_tags;
    struct buf last, last_title; /* id and title of the item above */
    struct ids ids;              /* of rows without one */
};

void rows_open(struct rows *r, struct layout *p);
void rows_close(struct rows *r);

/* Makes the row out of the source's. A fault costs the row; values that cannot be read are counted
 * at their columns. *continues: it goes on with the item above it and is not one of its own. */
enum status rows_make(struct rows *r, const struct source *s, struct fault *f, int *continues,
                      struct err *e) MUST_CHECK;

#endif
