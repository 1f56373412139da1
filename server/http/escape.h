/* Untrusted text as a quoted JSON string, which is also a valid value of a logfmt line. */
#ifndef HTTP_ESCAPE_H
#define HTTP_ESCAPE_H

#include "kernels/base/view.h"

/* Writes v with its quotes, NUL-terminated, into cap bytes (at least 3) and returns the length
 * without the NUL. Bytes that are not UTF-8 become U+FFFD. Text that does not fit is cut between
 * characters; 6 * v.n + 3 bytes always suffice. */
size_t escape_json(char *out, size_t cap, struct view v);

#endif
