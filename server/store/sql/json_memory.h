/* What JSON that is being read takes in memory, over all requests. */
#ifndef STORE_JSON_MEMORY_H
#define STORE_JSON_MEMORY_H

#include <stddef.h>

/* So much may be taken before further bodies are refused for the moment; a body that is let in
 * takes at most JSON_VALUES times JSON_VALUE_BYTES more. */
#define JSON_MEMORY_MAX ((size_t)384 << 20)
enum { JSON_VALUE_BYTES = 240 };

/* Has the JSON library's memory counted from now on. Before any of it is taken. */
void json_memory_count(void);
size_t json_memory_used(void);
/* Frees a text that the library wrote (json_dumps). */
void json_text_free(char *text);

#endif
