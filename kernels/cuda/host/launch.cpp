/* One launch: its blocks in turn, the threads of a block as fibers, barriers between them. */
#include "kernels/cuda/host/fiber.h"
#include "kernels/cuda/host/runtime.h"
#include "kernels/cuda/host/shim.h"
#include "kernels/base/arena.h"

#include <stdarg.h>
#include <stdio.h>

enum { THREADS_MAX = 1024, SHARED_MAX = 32, LANES = 32, COPIES_MAX = 160 };
enum state { READY, AT_BARRIER, AT_WARP, ENDED };

struct copy {
    void *to;
    const void *from;
    size_t bytes;
    int group;
};

struct thread {
    struct copy copy[COPIES_MAX]; /* asynchronous ones that were not waited for */
    int copies, group;
    struct fiber *fiber;
    uint3 at;
    int id;
    enum state state;
    unsigned mask;    /* of the warp operation it waits at */
    const char *file; /* where it waits */
    int line;
    alignas(8) unsigned char put[SHIM_EXCHANGE];
    alignas(8) unsigned char shown[SHIM_EXCHANGE];
};

/* Shared memory of the running block, one piece per declaration. */
struct piece {
    const void *key;
    void *p;
    size_t bytes;
};

/* The device of one host thread. */
struct device {
    struct thread *thread[THREADS_MAX];
    struct thread *self;
    void (*body)(const void *);
    const void *arg;
    int threads, n_pieces;
    uint32_t dice;
    bool eager; /* asynchronous copies of this block are done at once, not at the wait */
    struct piece piece[SHARED_MAX];
    const char *kernel;
    char fault[256]; /* what was wrong with the launch; empty = nothing */
    ~device();
};

__thread struct shim_now shim_now;
static thread_local struct device device;

static void forget_threads() {
    for (struct thread *&t : device.thread) {
        if (t) fiber_close(t->fiber);
        mem_free(t);
        t = nullptr;
    }
}

device::~device() {
    forget_threads();
}

__attribute__((format(printf, 1, 2))) static void fault(const char *fmt, ...) {
    if (device.fault[0]) return;
    int n = snprintf(device.fault, sizeof device.fault, "%s: ", device.kernel);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(device.fault + n, sizeof device.fault - (size_t)n, fmt, ap);
    va_end(ap);
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* A fiber serves one thread number in every block and launch. */
static void thread_main(void *arg) {
    struct thread *t = static_cast<struct thread *>(arg);
    for (;;) {
        device.body(device.arg);
        t->copies = t->group = 0;
        t->state = ENDED;
        fiber_leave(t->fiber);
    }
}

static void wait_as(enum state s, const char *file, int line) {
    struct thread *t = device.self;
    t->state = s;
    t->file = file;
    t->line = line;
    fiber_leave(t->fiber);
}

void shim_barrier(const char *file, int line) {
    wait_as(AT_BARRIER, file, line);
}

void shim_warp(unsigned mask, const void *put, size_t bytes, const char *file, int line) {
    CHECK(bytes <= SHIM_EXCHANGE);
    if (bytes) memcpy(device.self->put, put, bytes);
    device.self->mask = mask;
    wait_as(AT_WARP, file, line);
}

int shim_lane_id() {
    return device.self->id % LANES;
}

const void *shim_lane(int lane) {
    struct thread *self = device.self;
    if (!(self->mask >> lane & 1))
        fault("%s:%d: lane %d reads lane %d, which is not in the mask %08x", base_name(self->file),
              self->line, self->id % LANES, lane, self->mask);
    int other = self->id / LANES * LANES + lane;
    return other < device.threads ? device.thread[other]->shown : self->shown;
}

void shim_lanes(const void *all[32]) {
    struct thread **first = device.thread + device.self->id / LANES * LANES;
    for (int i = 0; i < LANES; i++) all[i] = first[i]->shown;
}

void shim_copy_later(void *to, const void *from, size_t bytes) {
    struct thread *t = device.self;
    CHECK(t->copies < COPIES_MAX && (uintptr_t)to % 16 == 0 && (uintptr_t)from % 16 == 0);
    if (device.eager) {
        memset(to, 0, 16);
        memcpy(to, from, bytes);
        return;
    }
    t->copy[t->copies++] = {to, from, bytes, t->group};
}

void shim_copy_commit() {
    device.self->group++;
}

void shim_copy_wait(int groups_left) {
    struct thread *t = device.self;
    int kept = 0;
    for (int i = 0; i < t->copies; i++) {
        struct copy c = t->copy[i];
        if (c.group >= t->group - groups_left) {
            t->copy[kept++] = c;
            continue;
        }
        memset(c.to, 0, 16);
        memcpy(c.to, c.from, c.bytes);
    }
    t->copies = kept;
}

void *shim_shared(const void *key, size_t bytes) {
    for (int i = 0; i < device.n_pieces; i++)
        if (device.piece[i].key == key) return device.piece[i].p;
    CHECK(device.n_pieces < SHARED_MAX);
    struct piece *p = &device.piece[device.n_pieces++];
    *p = {key, mem_alloc(bytes), bytes};
    CHECK(p->p);
    memset(p->p, 0xFF, bytes);
    shim_end_at(p->p, bytes);
    return p->p;
}

/* Warp operations whose lanes are all there end; true when some did. */
static bool end_warp_waits(int first, int n) {
    bool any = false;
    for (int i = 0; i < n; i++) {
        struct thread *t = device.thread[first + i];
        bool all = t->state == AT_WARP && t->mask >> i & 1;
        for (int k = 0; k < LANES && all; k++) {
            if (!(t->mask >> k & 1)) continue;
            struct thread *o = k < n ? device.thread[first + k] : nullptr;
            all = o && o->state == AT_WARP && o->mask == t->mask && o->line == t->line &&
                  o->file == t->file;
        }
        if (!all) continue;
        any = true;
        for (int k = 0; k < n; k++) {
            if (!(t->mask >> k & 1)) continue;
            struct thread *o = device.thread[first + k];
            memcpy(o->shown, o->put, sizeof o->put);
            o->state = READY;
        }
    }
    return any;
}

static void run_warp(int first, int n, bool backwards) {
    do {
        for (int i = 0; i < n; i++) {
            struct thread *t = device.thread[first + (backwards ? n - 1 - i : i)];
            if (t->state != READY) continue;
            device.self = t;
            shim_now.thread_at = t->at;
            fiber_enter(t->fiber);
        }
    } while (end_warp_waits(first, n));
}

/* No thread can go on: all have ended, all are at one barrier, or something is wrong. True when the
 * block goes on. */
static bool end_barrier() {
    const struct thread *at = nullptr, *ended = nullptr;
    for (int i = 0; i < device.threads; i++) {
        struct thread *t = device.thread[i];
        if (t->state == AT_WARP) {
            fault("%s:%d: thread %d waits for lanes %08x of its warp, which do not all come here",
                  base_name(t->file), t->line, t->id, t->mask);
            return false;
        }
        if (t->state == ENDED) ended = t;
        if (t->state != AT_BARRIER) continue;
        if (at && (at->line != t->line || at->file != t->file)) {
            fault("divergent barriers: thread %d waits at %s:%d, thread %d at %s:%d", at->id,
                  base_name(at->file), at->line, t->id, base_name(t->file), t->line);
            return false;
        }
        if (!at) at = t;
    }
    if (at && ended) {
        fault("divergent barrier: thread %d waits at %s:%d, thread %d has ended", at->id,
              base_name(at->file), at->line, ended->id);
        return false;
    }
    for (int i = 0; at && i < device.threads; i++) device.thread[i]->state = READY;
    return at != nullptr;
}

static void run_block(bool backwards) {
    for (int i = 0; i < device.threads; i++) device.thread[i]->state = READY;
    device.dice = device.dice * 1664525u + 1013904223u;
    device.eager = device.dice >> 31;
    int warps = (device.threads + LANES - 1) / LANES;
    do {
        for (int k = 0; k < warps; k++) {
            int first = (backwards ? warps - 1 - k : k) * LANES, left = device.threads - first;
            run_warp(first, left < LANES ? left : LANES, backwards);
        }
    } while (!device.fault[0] && end_barrier());
    for (int i = 0; i < device.n_pieces; i++) mem_free(device.piece[i].p);
    device.n_pieces = 0;
}

static bool fits(dim3 grid, dim3 block, size_t shared, const void *kernel) {
    size_t threads = (size_t)block.x * block.y * block.z, most = shim_shared_max(kernel);
    if (threads == 0 || threads > THREADS_MAX || block.z > 64)
        fault("a block of %zu threads", threads);
    if (grid.x == 0 || grid.y == 0 || grid.z == 0 || grid.y > 65535 || grid.z > 65535)
        fault("a grid of %u x %u x %u blocks", grid.x, grid.y, grid.z);
    if (shared > most) fault("%zu bytes of shared memory, the kernel may have %zu", shared, most);
    return !device.fault[0];
}

static void make_threads(dim3 block) {
    device.threads = (int)(block.x * block.y * block.z);
    for (int i = 0; i < device.threads; i++) {
        struct thread *&t = device.thread[i];
        if (!t) {
            t = static_cast<struct thread *>(mem_alloc(sizeof *t));
            CHECK(t);
            *t = thread();
            t->id = i;
            t->fiber = fiber_open(thread_main, t);
        }
        unsigned u = (unsigned)i;
        t->at = {u % block.x, u / block.x % block.y, u / block.x / block.y};
    }
}

void shim_launch(const char *name, const void *kernel, dim3 grid, dim3 block, size_t shared,
                 void (*body)(const void *), const void *arg) {
    device.kernel = name;
    device.fault[0] = 0;
    device.body = body, device.arg = arg;
    if (fits(grid, block, shared, kernel)) {
        make_threads(block);
        shim_memory_open(1);
        unsigned n = 0;
        for (unsigned z = 0; z < grid.z; z++)
            for (unsigned y = 0; y < grid.y; y++)
                for (unsigned x = 0; x < grid.x && !device.fault[0]; x++, n++) {
                    unsigned char *dynamic =
                        static_cast<unsigned char *>(mem_alloc(shared ? shared : 1));
                    CHECK(dynamic);
                    memset(dynamic, 0xFF, shared);
                    if (shared) shim_end_at(dynamic, shared);
                    shim_now = {{grid.x, grid.y, grid.z},
                                {block.x, block.y, block.z},
                                {x, y, z},
                                {0, 0, 0},
                                dynamic};
                    run_block(n % 2);
                    mem_free(dynamic);
                }
        shim_memory_open(0);
    }
    if (!device.fault[0]) return;
    forget_threads();
    shim_launch_failed(device.fault);
}
