/* How deep JSON is nested, counted without recursion: jansson reads values by recursion, and on a
 * worker's small stack 2,048 levels would end the process. */
#ifndef STORE_DEPTH_H
#define STORE_DEPTH_H

#include "model/base/view.h"

enum { JSON_DEPTH = 32 };

/* ST_BAD_INPUT with the line when the text is nested deeper than JSON_DEPTH. Says nothing else
 * about the text. */
enum status depth_check(struct view json, struct err *e) MUST_CHECK;

#endif
