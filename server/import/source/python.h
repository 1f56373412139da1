/* Rows written as Python prints its dictionaries, as older data sets have them. */
#ifndef IMPORT_PYTHON_H
#define IMPORT_PYTHON_H

#include "kernels/base/buf.h"

/* Whether a row begins as a dictionary whose keys stand in single quotes. */
int python_begins(struct view row);
/* The row as JSON, added to out: quotes, True, False, None, tuples, the prefixes u and b. Text that
 * is no literal is copied as it is: JSON's reader says what is wrong with it. */
void python_to_json(struct view row, struct buf *out);

#endif
