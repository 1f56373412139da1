/* Memory by lifetime. An arena grows by blocks up to a maximum and is freed or reset at once;
 * single buffers that an arena cannot hold come from mem_alloc. All malloc and free of the project
 * happen in arena.c. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "kernels/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

struct arena_block;

/* Not thread-safe: one owner at a time. */
struct arena {
    struct arena_block *head;
    size_t used, max; /* bytes handed out, and the most that may be */
};

/* Makes a an empty arena that hands out at most max bytes. Takes no memory yet. */
void arena_init(struct arena *a, size_t max);

/* Zeroed memory of n bytes, 64-byte aligned, owned by the arena. NULL when the maximum or the
 * machine's memory is reached; callers answer ST_NO_MEMORY. n may be 0. */
void *arena_alloc(struct arena *a, size_t n);

/* Array of n elements of the given size, checked against overflow. */
void *arena_array(struct arena *a, size_t n, size_t size);

/* A NUL-terminated copy of n bytes; arena_printf formats. NULL as in arena_alloc. */
char *arena_copy(struct arena *a, const char *p, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF(2, 3);

/* Forgets everything that was handed out. reset keeps the first block for reuse, free returns all
 * memory. */
void arena_reset(struct arena *a);
void arena_free(struct arena *a);

/* One buffer of n bytes, 64-byte aligned, not zeroed; NULL when memory ran out. mem_free(NULL) is
 * fine. mem_grow keeps the first `keep` bytes in a larger buffer and frees the old one; on NULL the
 * old one is untouched. */
void *mem_alloc(size_t n);
void *mem_grow(void *old, size_t keep, size_t n);
void mem_free(void *p);

/* Small pieces for a library that takes its memory so, counted in sum; any thread. */
void *mem_counted(size_t n);
void mem_counted_free(void *p);
size_t mem_counted_bytes(void);
/* Whether any failed on this thread since this was asked last. */
int mem_counted_failed(void);

/* Tests: the k-th allocation from now on fails (0 = off); with forever, every later one too. */
void mem_fail_at(long k, int forever);
long mem_failed(void); /* how many did since then */

#define ARENA_NEW(a, T, n) ((T *)arena_array((a), (n), sizeof(T)))

#ifdef __cplusplus
}
#endif

/* For a process that runs for long: large buffers go back to the system when they are freed, and
 * what many small ones held is given back by mem_trim, which takes milliseconds. */
void mem_give_back(void);
void mem_trim(void);

#endif
