/* Blanks at the ends of people's texts. */
#ifndef IMPORT_TRIM_H
#define IMPORT_TRIM_H

#include "kernels/base/view.h"

/* Without white space at both ends: ASCII, no-break and ideographic spaces, zero-width marks. */
struct view trim(struct view v);

#endif
