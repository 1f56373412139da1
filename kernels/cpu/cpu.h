/* What the CPU's backward operations share with its forward ones. */
#ifndef KERNELS_CPU_CPU_H
#define KERNELS_CPU_CPU_H

#include "kernels/cpu/vec.h"
#include "kernels/ops.h"

/* The vector code of a table of ops_cpu_open; as every operation it sets the number of threads. */
const struct vec_ops *cpu_vec(struct ops *o);

#endif
