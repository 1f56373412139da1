/* Which precision `auto` takes for a model on the CPU, where a measurement decided it. */
#ifndef STORE_CHOICE_H
#define STORE_CHOICE_H

#include "server/store/store.h"

enum { CHOICE_SIZE = 16 };

/* sha256: of the model's files, 64 hex digits. out "": nothing was decided. */
enum status store_choice(struct store *s, const char *sha256, char out[CHOICE_SIZE],
                         struct err *e) MUST_CHECK;
/* In the place of an older one. */
enum status store_choice_put(struct store *s, const char *sha256, const char *precision,
                             struct err *e) MUST_CHECK;

#endif
