/* Arenas and single buffers; the only malloc and free of the project. */
#include "kernels/base/arena.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGN = 64, BLOCK_MIN = 16 * 1024, BLOCK_KEPT = 256 * 1024 };

struct arena_block {
    struct arena_block *next;
    size_t size, used;
};

static atomic_long fail_in;
static atomic_int fail_forever;
static atomic_long failed;

void mem_fail_at(long k, int forever) {
    atomic_store(&fail_in, k);
    atomic_store(&fail_forever, forever);
    atomic_store(&failed, 0);
}

long mem_failed(void) {
    return atomic_load(&failed);
}

static int must_fail(void) {
    if (atomic_load(&fail_in) == 0) return 0;
    if (atomic_load(&fail_in) == 1) {
        if (!atomic_load(&fail_forever)) atomic_store(&fail_in, 0);
        atomic_fetch_add(&failed, 1);
        return 1;
    }
    atomic_fetch_sub(&fail_in, 1);
    return 0;
}

static size_t round_up(size_t n) {
    return (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

void *mem_alloc(size_t n) {
    if (must_fail() || n > SIZE_MAX / 2) return NULL;
    return aligned_alloc(ALIGN, round_up(n ? n : 1));
}

void *mem_grow(void *old, size_t keep, size_t n) {
    void *p = mem_alloc(n);
    if (!p) return NULL;
    if (old) memcpy(p, old, keep < n ? keep : n);
    mem_free(old);
    return p;
}

void mem_free(void *p) {
    free(p);
}

void arena_init(struct arena *a, size_t max) {
    *a = (struct arena){NULL, 0, max};
}

void *arena_alloc(struct arena *a, size_t n) {
    if (n > SIZE_MAX / 2) return NULL;
    size_t want = round_up(n ? n : 1);
    if (want > a->max - a->used) return NULL;
    struct arena_block *b = a->head;
    if (!b || b->size - b->used < want) {
        size_t size = b ? b->size * 2 : BLOCK_MIN;
        if (size > 4u << 20) size = 4u << 20;
        if (size < want) size = want;
        b = mem_alloc(round_up(sizeof *b) + size);
        if (!b) return NULL;
        *b = (struct arena_block){a->head, size, 0};
        a->head = b;
    }
    char *p = (char *)b + round_up(sizeof *b) + b->used;
    b->used += want;
    a->used += want;
    memset(p, 0, want);
    return p;
}

void *arena_array(struct arena *a, size_t n, size_t size) {
    if (size && n > SIZE_MAX / size) return NULL;
    return arena_alloc(a, n * size);
}

char *arena_copy(struct arena *a, const char *p, size_t n) {
    char *s = n < SIZE_MAX ? arena_alloc(a, n + 1) : NULL;
    if (s && n) memcpy(s, p, n);
    return s;
}

char *arena_printf(struct arena *a, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *s = n < 0 ? NULL : arena_alloc(a, (size_t)n + 1);
    if (!s) return NULL;
    va_start(ap, fmt);
    vsnprintf(s, (size_t)n + 1, fmt, ap);
    va_end(ap);
    return s;
}

void arena_free(struct arena *a) {
    while (a->head) {
        struct arena_block *b = a->head;
        a->head = b->next;
        mem_free(b);
    }
    a->used = 0;
}

void arena_reset(struct arena *a) {
    while (a->head && a->head->next) {
        struct arena_block *b = a->head;
        a->head = b->next;
        mem_free(b);
    }
    if (a->head) a->head->used = 0;
    a->used = 0;
    /* One large request must not keep its memory from all others. */
    if (a->head && a->head->size > BLOCK_KEPT) arena_free(a);
}

void mem_give_back(void) {
    /* A fixed threshold: by itself glibc raises it to the largest buffer that was freed, up to 32
     * MiB, and keeps those from then on. */
    (void)mallopt(M_MMAP_THRESHOLD, 1 << 20);
    (void)mallopt(M_TRIM_THRESHOLD, 8 << 20);
}

void mem_trim(void) {
    (void)malloc_trim(0);
}

static atomic_size_t counted;
static _Thread_local int counted_failed;

void *mem_counted(size_t n) {
    void *p = must_fail() ? NULL : malloc(n);
    if (p)
        atomic_fetch_add(&counted, malloc_usable_size(p));
    else
        counted_failed = 1;
    return p;
}

void mem_counted_free(void *p) {
    if (!p) return;
    atomic_fetch_sub(&counted, malloc_usable_size(p));
    free(p);
}

int mem_counted_failed(void) {
    int yes = counted_failed;
    counted_failed = 0;
    return yes;
}

size_t mem_counted_bytes(void) {
    return atomic_load(&counted);
}
