/* A model file with an adapter merged into its weights, as a file of its own. */
#ifndef ADAPTER_MERGE_H
#define ADAPTER_MERGE_H

#include "kernels/base/status.h"

/* Writes out: the base's keys and tensors, those that the adapter changes as `type`: "f16", "q8_0"
 * or "q4_1" (f16 where a row is no multiple of 32 values). Whole or not at all. ST_INVALID (an
 * unknown type, tensors that do not fit), ST_CONFLICT (another base), and as reading does. */
enum status merge_file(const char *base, const char *adapter, const char *out, const char *type,
                       struct err *e) MUST_CHECK;

#endif
