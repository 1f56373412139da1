/* SHA-256, for naming models, prompts and cached spans. */
#ifndef FORMAT_HASH_H
#define FORMAT_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash {
    uint8_t b[32];
};

/* Of the concatenation of two byte ranges; either may be empty. */
struct hash hash_of(const void *a, size_t an, const void *b, size_t bn);
/* The same of bytes that come in pieces: begin, add each, end (which frees it; NULL is fine). */
struct hash_sum;
struct hash_sum *hash_begin(void); /* NULL without memory */
void hash_add(struct hash_sum *s, const void *p, size_t n);
struct hash hash_end(struct hash_sum *s);
void hash_hex(const struct hash *h, char out[65]);

#endif
