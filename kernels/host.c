/* Memory and rows of the backends that compute where the host's memory is. */
#include "kernels/host.h"

#include "kernels/base/arena.h"

#include <string.h>

void *host_alloc(struct ops *o, size_t bytes) {
    (void)o;
    void *p = mem_alloc(bytes);
    if (p) memset(p, 0, bytes);
    return p;
}

enum status host_alloc_kv(struct ops *o, void **out, size_t bytes, struct err *e) {
    *out = host_alloc(o, bytes);
    return *out ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for %zu bytes", bytes);
}

void host_release(struct ops *o, void *p) {
    (void)o;
    mem_free(p);
}

enum status host_copy(struct ops *o, void *to, const void *from, size_t bytes, struct err *e) {
    (void)o, (void)e;
    memcpy(to, from, bytes);
    return ST_OK;
}

void host_copy_rows(struct ops *o, float *const *to, const float *const *from, int width, int n) {
    (void)o;
    for (int i = 0; i < n; i++) memcpy(to[i], from[i], (size_t)width * sizeof *to[i]);
}

/* from[] ascends, so no row is overwritten before it moved. */
void host_keep_rows(struct ops *o, float *x, int width, int n, const int32_t *from) {
    (void)o;
    size_t w = (size_t)width;
    for (int i = 0; i < n; i++)
        if (from[i] != i) memcpy(x + (size_t)i * w, x + (size_t)from[i] * w, w * sizeof *x);
}
