/* Reading JSON only as deep as is safe: nesting is counted without recursion: jansson reads values
 * by recursion, and on a worker's small stack 2,048 levels would end the process. */
#ifndef STORE_DEPTH_H
#define STORE_DEPTH_H

#include "kernels/base/view.h"

#include <jansson.h>

/* A value takes up to 220 bytes once it is read, so JSON of a few MiB could ask for a hundred times
 * its size: their number is bounded too. */
enum { JSON_DEPTH = 32, JSON_VALUES = 250000 };

/* ST_BAD_INPUT with the line when the text is nested deeper than JSON_DEPTH or has more than
 * JSON_VALUES values. Says nothing else about the text. */
enum status depth_check(struct view json, struct err *e) MUST_CHECK;

/* ST_BUSY while all that is being read takes more than JSON_MEMORY_MAX. */
enum status depth_admit(struct err *e) MUST_CHECK;

/* The JSON of a request's body, for the caller to json_decref. ST_BAD_INPUT with line and column
 * when it is none, nested too deep, or names a member twice, ST_BUSY as depth_admit,
 * ST_NO_MEMORY; then *top is NULL. */
enum status depth_load(struct view body, json_t **top, struct err *e) MUST_CHECK;

#endif
