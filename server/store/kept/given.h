/* Which built-in catalogues the store was given. Each is given once: one that somebody deleted
 * stays deleted. */
#ifndef STORE_GIVEN_H
#define STORE_GIVEN_H

#include "server/store/store.h"

enum status store_given(struct store *s, struct view name, int *yes, struct err *e) MUST_CHECK;
enum status store_given_put(struct store *s, struct view name, struct err *e) MUST_CHECK;

#endif
