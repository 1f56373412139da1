/* A stream of bytes, pulled by whoever reads it. */
#ifndef STORE_READ_H
#define STORE_READ_H

#include "kernels/base/status.h"

/* Next piece of input into p (up to cap bytes), *n = 0 at the end. */
typedef enum status (*import_read)(void *arg, char *p, size_t cap, size_t *n, struct err *e);

#endif
