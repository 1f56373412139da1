/* What tests ask the shim's device for: faults, and how much is in use. C and C++. */
#ifndef KERNELS_CUDA_HOST_FAULTS_H
#define KERNELS_CUDA_HOST_FAULTS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum shim_call {
    SHIM_ALLOC,
    SHIM_COPY,
    SHIM_LAUNCH,
    SHIM_PRODUCT,
    SHIM_SYNC,
    SHIM_CAPTURE, /* beginning or ending to record a graph, or making it */
    SHIM_REPLAY,  /* launching a graph */
    SHIM_CALLS
};
/* The n-th such call from now on fails (0 = none); with lost, every call of any kind after it too,
 * as when a device falls off the bus. So it is, too, as soon as the file named by the environment's
 * SHIM_LOST is there. */
void shim_fail_at(enum shim_call what, long n, int lost);
long shim_count(enum shim_call what); /* calls so far */
size_t shim_live(void);               /* allocations and streams that were not freed */
size_t shim_memory(void);             /* bytes of them; and the most that there may be: */
void shim_memory_limit(size_t bytes); /* 0 = no limit */
/* What cudaGetDeviceCount finds: a CUDA error by number, or (0) a device of that compute
 * capability. */
void shim_device(int error, int major, int minor);
void shim_driver(int version); /* what the driver knows: 12040 = CUDA 12.4; 0 = there is none */

#ifdef __cplusplus
}
#endif
#endif
