/* Products of one vector with many in int8, for searching: on the caller's thread, exact. */
#ifndef KERNELS_DOT_H
#define KERNELS_DOT_H

#include <stddef.h>
#include <stdint.h>

/* out[i] = sum over d < dim of q[d] v[i dim + d], for n vectors behind each other. The caller sees
 * to it that dim x 127 x max |q| stays below 2^31. */
void dot_i8(const int8_t *v, size_t n, int dim, const int16_t *q, int32_t *out);

#endif
