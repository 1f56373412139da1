/* Titles of old film catalogues, made readable: "Usual Suspects, The" and what goes with it. */
#ifndef IMPORT_TITLES_H
#define IMPORT_TITLES_H

#include "kernels/base/buf.h"

/* Writes the repaired title to out (at most a few bytes longer than the original): articles behind
 * a comma go to the front, in brackets too; "(1995)" at the end is cut and given as *year (else
 * untouched); UTF-8 that was encoded twice, or Latin-1, becomes UTF-8. Idempotent. */
void titles_repair(struct view title, struct buf *out, long long *year);

#endif
