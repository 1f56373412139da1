/* Numbers that look random and are the same everywhere. */
#ifndef BASE_SEEDED_H
#define BASE_SEEDED_H

/* Order-free pseudo-random number of a name for a seed. */
static inline unsigned long long seeded_hash(const char *name, unsigned long long seed) {
    unsigned long long h = 14695981039346656037ull ^ (seed * 0x9E3779B97F4A7C15ull);
    for (; *name; name++) h = (h ^ (unsigned char)*name) * 1099511628211ull;
    h ^= h >> 31; /* finalizer of splitmix64 */
    h *= 0x7FB5D329728EA185ull;
    h ^= h >> 27;
    h *= 0x81DADEF4BC2DD44Dull;
    return h ^ h >> 33;
}

#endif
