/* What the reference's backward operations share with its forward ones. */
#ifndef KERNELS_REF_H
#define KERNELS_REF_H

#include "kernels/ops.h"

/* The values (n, k) of a matrix of ops_ref_open. */
const float *ref_values(const struct mat *m);

#endif
