/* The CUDA backend of a build without CUDA. */
#include "kernels/ops.h"

enum status ops_cuda_open(struct ops **out, enum precision want, struct err *e) {
    (void)out, (void)want;
    fail(e, ST_UNSUPPORTED, "CUDA: this program was built without it");
    err_hint(e, "build again where nvcc is installed, or use --backend cpu");
    return ST_UNSUPPORTED;
}
