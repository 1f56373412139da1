/* Counting the JSON library's memory. Refusing it a piece would make half-read values look like
 * absent ones in many places, so whole bodies are refused before they are read (depth.c). */
#include "server/store/sql/json_memory.h"

#include "kernels/base/arena.h"

#include <stdio.h>

void json_memory_count(void) {
    json_set_alloc_funcs(mem_counted, mem_counted_free);
}

size_t json_memory_used(void) {
    return mem_counted_bytes();
}

void json_text_free(char *text) {
    json_free_t by;
    json_get_alloc_funcs(NULL, &by);
    by(text);
}

json_t *json_read(struct view text, size_t flags, json_error_t *je) {
    (void)mem_counted_failed();
    json_t *top = json_loadb(text.p, text.n, flags, je);
    if (!top && mem_counted_failed()) {
        (void)snprintf(je->text, sizeof je->text, "no memory left");
        je->text[sizeof je->text - 1] = json_error_out_of_memory;
    }
    return top;
}
