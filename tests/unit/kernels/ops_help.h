/* What the tests of the CPU's operations share: the judge, the table with one thread and with two,
 * numbers, and one process for each instruction set, because oneDNN picks its code once. */
#ifndef TESTS_OPS_HELP_H
#define TESTS_OPS_HELP_H

#include "kernels/ops.h"
#include "kernels/base/arena.h"
#include "tests/unit/kernels/near.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static struct ops *ref, *one, *two; /* the judge; one thread; two threads */
static uint32_t seed = 7;

static inline float uniform(float lo, float hi) {
    seed = seed * 1664525u + 1013904223u;
    return lo + (hi - lo) * (float)(seed >> 8) / 16777216.0f;
}

static inline int below(int n) {
    seed = seed * 1664525u + 1013904223u;
    return (int)((seed >> 8) % (uint32_t)n);
}

static inline void *take(size_t n) {
    void *p = mem_alloc(n);
    CHECK(p);
    memset(p, 0, n);
    return p;
}

static inline int is_half(const struct ops *o) {
    return o->precision == PREC_BF16;
}

static inline double tolerance(void) {
    return is_half(two) ? 1e-2 : 1e-5;
}

/* n values in the input format of o's products; in bf16 the originals are rounded too. */
static inline void *to_act(const struct ops *o, float *x, size_t n) {
    uint16_t *h = take(n * o->act_size);
    if (!is_half(o)) return memcpy(h, x, n * 4);
    for (size_t i = 0; i < n; i++) h[i] = block_f32_to_bf16(x[i]), x[i] = block_bf16_to_f32(h[i]);
    return h;
}

static inline float *from_act(const struct ops *o, const void *y, size_t n) {
    float *x = take(n * 4);
    if (!is_half(o)) return memcpy(x, y, n * 4);
    for (size_t i = 0; i < n; i++) x[i] = block_bf16_to_f32(((const uint16_t *)y)[i]);
    return x;
}

static inline float *noise(size_t n, float size) {
    float *x = take(n * 4);
    for (size_t i = 0; i < n; i++) x[i] = uniform(-size, size);
    return x;
}

/* A buffer with room for padded rows, all of it NaN (0xFFFF is one in bf16 too). */
static inline void *padded(struct ops *o, int rows, size_t row_bytes) {
    size_t n = (size_t)ops_pad_rows(rows) * row_bytes;
    void *p = o->alloc(o, n);
    CHECK(p);
    return memset(p, 0xFF, n);
}

static inline int run_one(const char *isa, enum precision want, void (*run)(enum precision)) {
    struct err e;
    GOOD(ops_ref_open(&ref, &e));
    GOOD(ops_cpu_open(&two, want, 2, &e));
    GOOD(ops_cpu_open(&one, want, 1, &e));
    if (strcmp(two->name, isa) != 0) {
        printf("%s: skipped, this machine has only %s\n", isa, two->name);
        t_checks++;
    } else {
        EQ(two->act_size, want == PREC_BF16 ? 2 : 4);
        run(want);
        printf("%s: ", isa);
    }
    ref->close(ref);
    one->close(one);
    two->close(two);
    return t_end();
}

static const struct {
    const char *isa, *dnn;
    enum precision want;
} set[] = {{"base", "SSE41", PREC_F32},
           {"avx2", "AVX2", PREC_F32},
           {"avx512", "AVX512_CORE", PREC_F32},
           {"avx512_bf16", "AVX512_CORE_BF16", PREC_BF16}};

/* Starts this program anew for one instruction set; idle threads sleep, for the machine may be
 * shared. */
static inline int run_apart(size_t i) {
    int how;
    fflush(stdout);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        setenv("TAPROOM_ISA", set[i].isa, 1);
        setenv("ONEDNN_MAX_CPU_ISA", set[i].dnn, 1);
        setenv("OMP_WAIT_POLICY", "passive", 1);
        execl("/proc/self/exe", "test", set[i].isa, (char *)NULL);
        _exit(1);
    }
    CHECK(waitpid(child, &how, 0) == child);
    if (how != 0) printf("%s: FAILED\n", set[i].isa);
    return how != 0;
}

/* What main returns: `run` for every instruction set, or for the one that is named. */
static inline int run_sets(int argc, char **argv, void (*run)(enum precision)) {
    int bad = 0;
    for (size_t i = 0; i < COUNT(set); i++) {
        if (argc > 1 && strcmp(argv[1], set[i].isa) == 0)
            return run_one(set[i].isa, set[i].want, run);
        if (argc == 1) bad |= run_apart(i);
    }
    return bad;
}

#endif
