/* Views: borrowed text with a length, and the few safe readers of numbers and UTF-8 that everything
 * uses. */
#ifndef BASE_VIEW_H
#define BASE_VIEW_H

#include "kernels/base/status.h"

#include <stdint.h>

/* Borrowed bytes, not NUL-terminated, owner elsewhere. */
struct view {
    const char *p;
    size_t n;
};

#define VIEW(lit) ((struct view){(lit), sizeof(lit) - 1})

struct view view_of(const char *s); /* NULL gives an empty view */
int view_eq(struct view a, struct view b);
int view_eq_str(struct view a, const char *s);
struct view view_trim(struct view v); /* without ASCII white space at both ends */
struct view view_sub(struct view v, size_t from, size_t n); /* clamped to v */

/* Whole text must be one number: 1 and *out on success, 0 otherwise. No white space, no hex, no NaN
 * or infinity. */
int view_int(struct view v, long long *out);
int view_double(struct view v, double *out);

/* Length in bytes of the valid UTF-8 character at p (n bytes left): 1..4, or 0 if it is not valid
 * UTF-8. */
size_t utf8_len(const char *p, size_t n);
/* Whether all of v is valid UTF-8 without NUL. */
int utf8_valid(struct view v);
/* Whether a terminal and a page show the character as itself: no control character (of either set),
 * none that turns the direction of text or has no width, no line or paragraph separator. */
int utf8_plain(uint32_t point);
/* v as text that may be shown anywhere: what is not plain or no UTF-8 becomes '?', and what does
 * not fit into room bytes with its NUL is cut between characters. Answers the bytes written. */
size_t view_plain(struct view v, char *out, size_t room);
/* The code point at p, whose length utf8_len gave as 1..4. */
uint32_t utf8_point(const char *p, size_t len);

#endif
