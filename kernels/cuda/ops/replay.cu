/* Recording and launching graphs. Whatever fails while one is recorded, the pass runs without. */
#include "kernels/cuda/ops/replay.cuh"

#include <string.h>

void replay_open(struct replays *r, bool on) {
    *r = replays();
    r->tries = on ? REPLAY_TRIES : 0;
}

static void drop(struct replay_shape *s) {
    if (s->graph) cudaGraphExecDestroy(s->graph);
    s->graph = nullptr;
}

void replay_close(struct replays *r) {
    for (struct replay_shape &s : r->shape) drop(&s);
    *r = replays();
}

int replay_rows(int rows, int most) {
    int step = 16;
    while (step * 16 <= rows) step *= 2;
    int up = (rows + step - 1) / step * step;
    return up < most ? up : most;
}

static bool equal(const struct replay_key *a, const struct replay_key *b) {
    return a->work == b->work && memcmp(&a->chunk, &b->chunk, sizeof a->chunk) == 0 &&
           memcmp(&a->read, &b->read, sizeof a->read) == 0;
}

/* The shape of that key, or the one that was used least lately, made new. */
static struct replay_shape *find(struct replays *r, const struct replay_key *key) {
    struct replay_shape *oldest = &r->shape[0];
    for (struct replay_shape &s : r->shape) {
        if (s.used && equal(&s.key, key)) return &s;
        if (s.used < oldest->used) oldest = &s;
    }
    drop(oldest);
    *oldest = replay_shape();
    oldest->key = *key;
    oldest->moves = -1;
    return oldest;
}

enum status replay_begin(struct replays *r, struct device_gpu *d, const struct replay_key *key,
                         struct err *e) {
    struct replay_shape *s = r->current = find(r, key);
    s->used = ++r->now;
    r->mode = REPLAY_RUN;
    if (s->moves != d->moves) {
        drop(s);
    } else if (s->graph) {
        cudaError_t c = cudaGraphLaunch(s->graph, d->stream);
        if (c != cudaSuccess) {
            (void)cudaGetLastError();
            return device_fail(e, c, "launching a graph");
        }
        r->mode = REPLAY_DONE;
    } else if (cudaStreamBeginCapture(d->stream, cudaStreamCaptureModeThreadLocal) == cudaSuccess) {
        r->mode = REPLAY_RECORD;
        d->recording = true;
    } else {
        (void)cudaGetLastError();
        r->tries--;
    }
    return ST_OK;
}

/* Ends the recording in any case. */
static bool recorded(struct replay_shape *s, struct device_gpu *d, enum status st) {
    cudaGraph_t graph = nullptr;
    struct err e;
    d->recording = false;
    bool ended = cudaStreamEndCapture(d->stream, &graph) == cudaSuccess;
    bool good = device_check(d, &e) == ST_OK && st == ST_OK && ended && s->moves == d->moves;
    if (good) good = cudaGraphInstantiate(&s->graph, graph, 0) == cudaSuccess;
    if (!good) s->graph = nullptr;
    if (graph) cudaGraphDestroy(graph);
    (void)cudaGetLastError();
    return good;
}

enum status replay_end(struct replays *r, struct device_gpu *d, enum status st, int *again,
                       struct err *e) {
    struct replay_shape *s = r->current;
    enum replay mode = r->mode;
    r->mode = REPLAY_RUN;
    *again = 0;
    if (mode != REPLAY_RECORD) {
        s->moves = st == ST_OK ? d->moves : -1;
        return st;
    }
    if (!recorded(s, d, st)) {
        r->tries--;
        *again = 1;
        return ST_OK;
    }
    cudaError_t c = cudaGraphLaunch(s->graph, d->stream);
    if (c == cudaSuccess) return ST_OK;
    (void)cudaGetLastError();
    return device_fail(e, c, "launching a graph");
}
