/* Made ids: FNV-1a over both texts, mixed, with a count of repeats. */
#include "server/import/rows/ids.h"

#include "kernels/base/arena.h"

#include <string.h>

static uint64_t add(uint64_t h, struct view v) {
    for (size_t i = 0; i < v.n; i++) h = (h ^ (unsigned char)v.p[i]) * 0x100000001b3u;
    return (h ^ 0x1f) * 0x100000001b3u; /* so that "ab", "c" is not "a", "bc" */
}

static uint64_t hash(struct view a, struct view b) {
    uint64_t h = add(add(0xcbf29ce484222325u, a), b);
    h ^= h >> 29;
    h *= 0xbf58476d1ce4e5b9u;
    return h ^ h >> 32;
}

static int grow(struct ids *ids) {
    size_t cap = ids->cap ? ids->cap * 2 : 1024;
    struct ids_slot *more = mem_alloc(cap * sizeof *more);
    if (!more) return 0;
    memset(more, 0, cap * sizeof *more);
    for (size_t i = 0; i < ids->cap; i++) {
        if (!ids->slot[i].times) continue;
        size_t at = ids->slot[i].hash & (cap - 1);
        while (more[at].times) at = (at + 1) & (cap - 1);
        more[at] = ids->slot[i];
    }
    mem_free(ids->slot);
    ids->slot = more;
    ids->cap = cap;
    return 1;
}

enum status ids_make(struct ids *ids, struct view a, struct view b, struct buf *out,
                     struct err *e) {
    uint64_t h = hash(a, b);
    if (ids->n * 2 >= ids->cap && !grow(ids))
        return fail(e, ST_NO_MEMORY, "no memory for the rows' ids");
    size_t at = h & (ids->cap - 1);
    while (ids->slot[at].times && ids->slot[at].hash != h) at = (at + 1) & (ids->cap - 1);
    ids->n += ids->slot[at].times == 0;
    ids->slot[at].hash = h;
    buf_clear(out);
    buf_printf(out, "x%016llx", (unsigned long long)h);
    if (++ids->slot[at].times > 1) buf_printf(out, "-%u", ids->slot[at].times);
    return ST_OK;
}

void ids_close(struct ids *ids) {
    mem_free(ids->slot);
    *ids = (struct ids){0};
}
