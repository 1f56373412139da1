/* Passes of equal shape as CUDA graphs: the first runs as it comes, the second is recorded, later
 * ones are launched as one. What differs from pass to pass is written to places that stay where
 * they are; a graph is dropped when any such place has moved. */
#ifndef KERNELS_CUDA_REPLAY_CUH
#define KERNELS_CUDA_REPLAY_CUH

#include "kernels/cuda/device/kernels.cuh"

enum replay { REPLAY_RUN, REPLAY_RECORD, REPLAY_DONE };
enum { SHAPES_KEPT = 32, REPLAY_TRIES = 3 };

/* All that the operations of a pass depend on, besides the weights. */
struct replay_key {
    const void *work;
    struct chunk_gpu chunk, read;
};
struct replay_shape {
    struct replay_key key;
    long long moves, used; /* d->moves after its last pass; when that was, 0 = never */
    cudaGraphExec_t graph;
};
struct replays {
    int tries; /* failures to record that are left; 0: no graphs */
    long long now;
    enum replay mode; /* of the pass that has begun */
    struct replay_shape *current, shape[SHAPES_KEPT];
};

void replay_open(struct replays *r, bool on);
void replay_close(struct replays *r);
/* Rows for a pass of `rows`: more by less than 16 or by an eighth at most, and never above `most`.
 */
int replay_rows(int rows, int most);
/* REPLAY_DONE: the pass has been queued. */
enum status replay_begin(struct replays *r, struct device_gpu *d, const struct replay_key *key,
                         struct err *e) MUST_CHECK;
/* After a pass that ended with st. *again: it was not recorded after all and has not run. */
enum status replay_end(struct replays *r, struct device_gpu *d, enum status st, int *again,
                       struct err *e) MUST_CHECK;

#endif
