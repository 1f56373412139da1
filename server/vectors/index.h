/* The vectors of a catalogue's items in one packed array of int8, and the exact search over it. A
 * place is an item's number in catalogue order. Filled by one thread, then only read, by any. */
#ifndef VECTORS_INDEX_H
#define VECTORS_INDEX_H

#include "kernels/base/arena.h"
#include "kernels/base/status.h"

#include <stdint.h>

/* Of a vector of dim values the index keeps dim bytes, their scale, and how far they are from the
 * vector, so that a product with a query is known up to a bound. */
struct vector_index {
    int n, dim;
    int filled;    /* vectors that were put */
    int8_t *value; /* (n, dim): round(v / scale), 0 where there is none */
    float *scale;  /* (n): max |v| / 127; negative where there is no vector */
    float *off;    /* (n): length of v - scale value, rounded up */
};

/* n places without a vector. ST_NO_MEMORY, and ST_LIMIT for dim below 1 or above 4096. */
enum status vector_index_open(struct vector_index **out, int n, int dim, struct err *e) MUST_CHECK;
void vector_index_close(struct vector_index *x); /* NULL is fine */
size_t vector_index_bytes(const struct vector_index *x);

/* Sets the vector of a place: dim finite values. */
void vector_index_put(struct vector_index *x, int place, const float *vec);
int vector_index_has(const struct vector_index *x, int place);

/* Reads the vectors of n places as they were before they were rounded, to out (n, dim); has[i] 0
 * where there is none to be had, which then counts as it is rounded. */
struct vector_floats {
    void *arg;
    enum status (*read)(void *arg, const int *place, int n, float *out, unsigned char *has,
                        struct err *e);
};

struct vector_hit {
    int place;
    double score; /* product of the vector with the query */
};

/* Words of 64 places each that a bitmap of n places has; place p is the bit p % 64 of word p / 64.
 */
static inline size_t vector_words(int n) {
    return ((size_t)n + 63) / 64;
}

/* The k places whose vectors have the largest products with the query (dim), largest first, equal
 * ones by place: *n of them, in memory of a. allow: bitmap of the places that may come, NULL: all.
 * floats NULL: as rounded. Otherwise the result is that of a search over the vectors as they were:
 * every place that could be among the k by its bound is read again, up to VECTOR_AGAIN beyond k
 * (places with the same vector may be more; the first of them then come). */
enum { VECTOR_AGAIN = 4096 };
enum status vector_index_top(const struct vector_index *x, const float *query,
                             const uint64_t *allow, int k, const struct vector_floats *floats,
                             struct arena *a, struct vector_hit **out, int *n,
                             struct err *e) MUST_CHECK;

#endif
