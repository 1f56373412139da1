/* Time: a monotonic clock for durations, and ISO 8601 for what people read and write. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "kernels/base/view.h"

double clock_s(void);       /* seconds of a monotonic clock with an arbitrary start */
long long clock_unix(void); /* seconds since 1970 */

/* Unix seconds (whole number) or ISO 8601: YYYY, YYYY-MM, YYYY-MM-DD, YYYYMMDD, with optional
 * THH:MM[:SS[.fff]][Z|+HH:MM] (THHMM[SS] behind a compact date). No zone means UTC. Four digits
 * alone are a year, and eight that make a date of the years 1000 to 2999 are that date: 19710514 is
 * the 14th of May 1971 and not a second of August 1970. 1 and *out on success, 0 otherwise. */
int clock_parse(struct view v, long long *out);

enum { CLOCK_TEXT = 24 };
/* "2026-10-03T18:20:00Z" into out, NUL-terminated. */
void clock_format(long long unix_s, char out[CLOCK_TEXT]);
int clock_year(long long unix_s);

#endif
