/* Numbers from a seed, the same on every machine (SplitMix64: Steele, Lea and Flood, 2014). */
#ifndef MODEL_TRAIN_RANDOM_H
#define MODEL_TRAIN_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t state;
};

static inline struct random random_of(uint64_t seed) {
    return (struct random){seed};
}

static inline uint64_t random_next(struct random *r) {
    uint64_t z = r->state += 0x9E3779B97F4A7C15ull;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ z >> 27) * 0x94D049BB133111EBull;
    return z ^ z >> 31;
}

/* In [0, 1). */
static inline double random_unit(struct random *r) {
    return (double)(random_next(r) >> 11) * 0x1p-53;
}

/* In 0 .. n - 1. */
static inline int random_below(struct random *r, int n) {
    return (int)(random_unit(r) * n);
}

#endif
