/* Which backend computes, and in which precision. */
#ifndef MODEL_BACKEND_H
#define MODEL_BACKEND_H

#include "kernels/ops.h"
#include "model/engine/engine.h"

/* Opens what the config asks for, for a model of that hash. no_gpu: why "auto" took the CPU, lives
 * in a; left alone where it did not. ST_INVALID for unknown names, ST_UNSUPPORTED. */
enum status backend_open(const struct engine_config *c, const char *sha256, struct arena *a,
                         struct ops **out, const char **no_gpu, struct err *e) MUST_CHECK;
const char *backend_precision(enum precision p);

#endif
