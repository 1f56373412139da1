/* What JSON that is being read takes in memory, over all requests. */
#ifndef STORE_JSON_MEMORY_H
#define STORE_JSON_MEMORY_H

#include "kernels/base/view.h"

#include <jansson.h>
#include <stddef.h>

/* So much may be taken before further bodies are refused for the moment; a body that is let in
 * takes at most JSON_VALUES times JSON_VALUE_BYTES more. */
#define JSON_MEMORY_MAX ((size_t)384 << 20)
enum { JSON_VALUE_BYTES = 240 };

/* Has the JSON library's memory counted from now on. Before any of it is taken. */
void json_memory_count(void);
size_t json_memory_used(void);
/* json_loadb, whose error is json_error_out_of_memory whenever memory ended: by itself the library
 * calls most of these a fault of the text, and a whole database would be taken for a damaged one.
 */
json_t *json_read(struct view text, size_t flags, json_error_t *je);
/* Frees a text that the library wrote (json_dumps). */
void json_text_free(char *text);

#endif
