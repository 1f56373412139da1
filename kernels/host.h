/* What struct ops says of alloc, alloc_kv, release, write and read (both host_copy), copy_rows and
 * keep_rows, for the backends that compute where the host's memory is. */
#ifndef KERNELS_HOST_H
#define KERNELS_HOST_H

#include "kernels/ops.h"

void *host_alloc(struct ops *o, size_t bytes);
enum status host_alloc_kv(struct ops *o, void **out, size_t bytes, struct err *e);
void host_release(struct ops *o, void *p);
enum status host_copy(struct ops *o, void *to, const void *from, size_t bytes, struct err *e);
void host_copy_rows(struct ops *o, float *const *to, const float *const *from, int width, int n);
void host_keep_rows(struct ops *o, float *x, int width, int n, const int32_t *from);

#endif
