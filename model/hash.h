/* SHA-256, for naming models, prompts and cached spans. */
#ifndef MODEL_HASH_H
#define MODEL_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash {
    uint8_t b[32];
};

/* Of the concatenation of two byte ranges; either may be empty. */
struct hash hash_of(const void *a, size_t an, const void *b, size_t bn);
void hash_hex(const struct hash *h, char out[65]);

#endif
