/* --engine and the keys that go with it. */
#ifndef CLI_ENGINES_H
#define CLI_ENGINES_H

#include "kernels/base/arena.h"
#include "model/engine/engine.h"
#include "server/cli/options.h"

/* Whether one of the n has the name. */
int engines_named(const struct remote_spec *x, int n, const char *name);
/* What --engine says, with keys from the file, else the environment; texts live in a. vocab: of
 * those that name none. ST_INVALID names the option and what is wrong; keys are in no message. */
enum status engines_read(const struct options *o, const char *vocab, struct arena *a,
                         struct remote_spec **out, int *n, struct err *e) MUST_CHECK;

#endif
