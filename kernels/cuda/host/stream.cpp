/* Streams and graphs: queued work, and work that is recorded to be queued again. */
#include "kernels/cuda/host/runtime.h"

#include "kernels/base/arena.h"

#include <utility>
#include <vector>

enum { QUEUE_MAX = 512 }; /* then it is done without being waited for */

struct shim_graph {
    std::vector<std::function<void()>> work;
};
struct shim_graph_exec {
    std::vector<std::function<void()>> work;
};
struct shim_stream {
    std::vector<std::function<void()>> queue;
    struct shim_graph *capture; /* NULL: not being captured */
    bool invalid;               /* something was called that may not be while it is */
};

static void drain(cudaStream_t s) {
    for (auto &work : s->queue) work();
    s->queue.clear();
}

void shim_enqueue(cudaStream_t s, std::function<void()> work) {
    if (!s) {
        work();
    } else if (s->capture) {
        s->capture->work.push_back(std::move(work));
    } else {
        s->queue.push_back(std::move(work));
        if (s->queue.size() >= QUEUE_MAX) drain(s);
    }
}

bool shim_outside_capture(cudaStream_t s) {
    if (!s || !s->capture) return true;
    s->invalid = true;
    shim_failed(cudaErrorStreamCaptureUnsupported, "not while a stream is captured");
    return false;
}

cudaError_t cudaStreamCreate(cudaStream_t *s) {
    if (shim_lost()) return shim_last();
    *s = new shim_stream();
    shim_live_add(1);
    return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t s) {
    drain(s);
    delete s->capture;
    delete s;
    shim_live_add(-1);
    return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t s) {
    if (!shim_outside_capture(s)) return cudaErrorStreamCaptureUnsupported;
    if (s) drain(s); /* also when the wait fails: nothing may be left to use freed memory */
    if (shim_fails(SHIM_SYNC, cudaErrorLaunchFailure)) return shim_last();
    return shim_last(); /* a launch that failed shows here */
}

cudaError_t cudaStreamBeginCapture(cudaStream_t s, cudaStreamCaptureMode) {
    if (shim_fails(SHIM_CAPTURE, cudaErrorUnknown)) return shim_last();
    CHECK(!s->capture);
    s->capture = new shim_graph();
    s->invalid = false;
    return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t s, cudaGraph_t *out) {
    struct shim_graph *made = s->capture;
    bool fails = shim_fails(SHIM_CAPTURE, cudaErrorUnknown);
    CHECK(made);
    s->capture = nullptr;
    *out = nullptr;
    if (fails || s->invalid) {
        delete made;
        return fails ? shim_last()
                     : shim_failed(cudaErrorStreamCaptureInvalidated, "the capture is invalid");
    }
    shim_live_add(1);
    *out = made;
    return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t *out, cudaGraph_t graph, unsigned long long) {
    if (shim_fails(SHIM_CAPTURE, cudaErrorMemoryAllocation)) return shim_last();
    *out = new shim_graph_exec{graph->work};
    shim_live_add(1);
    return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t s) {
    if (shim_fails(SHIM_REPLAY, cudaErrorLaunchFailure)) return shim_last();
    for (const auto &work : exec->work) shim_enqueue(s, work);
    return cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
    delete graph;
    shim_live_add(-1);
    return cudaSuccess;
}

/* A graph that is under way may still be destroyed: a device ends it first. */
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
    delete exec;
    shim_live_add(-1);
    return cudaSuccess;
}
