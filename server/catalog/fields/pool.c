/* Packed memory and texts that are kept once. */
#include "server/catalog/fields/pool.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK_MIN = 4 << 10, CHUNK_MAX = 1 << 20, TEXTS_MAX = 1 << 20 };

void pool_open(struct pool *p, struct arena *a) {
    *p = (struct pool){.a = a};
}

void pool_close(struct pool *p) {
    mem_free(p->slot);
    *p = (struct pool){.a = p->a};
}

void *pool_alloc(struct pool *p, size_t n, size_t align) {
    size_t skip = p->chunk ? (size_t)(-(uintptr_t)p->chunk & (align - 1)) : 0;
    if (!p->chunk || n > p->left || skip > p->left - n) {
        if (n > CHUNK_MAX / 4) return arena_alloc(p->a, n);
        size_t size = p->a->used < CHUNK_MAX ? CHUNK_MIN : CHUNK_MAX;
        if (size < n) size = n;
        char *chunk = arena_alloc(p->a, size);
        if (!chunk) return NULL;
        p->chunk = chunk;
        p->left = size;
        skip = 0;
    }
    char *at = p->chunk + skip;
    p->chunk = at + n;
    p->left -= skip + n;
    return at;
}

const char *pool_copy(struct pool *p, struct view v) {
    char *s = pool_alloc(p, v.n + 1, 1);
    if (!s) return NULL;
    if (v.n) memcpy(s, v.p, v.n);
    s[v.n] = 0;
    return s;
}

uint64_t pool_hash(struct view v) {
    uint64_t h = 14695981039346656037ull;
    for (size_t i = 0; i < v.n; i++) h = (h ^ (unsigned char)v.p[i]) * 1099511628211ull;
    h ^= h >> 31;
    h *= 0x7FB5D329728EA185ull;
    return h ^ h >> 27;
}

/* The slot of a text, or the free one where it belongs. */
static struct pool_text *find(struct pool *p, struct view v, uint64_t hash) {
    for (size_t i = hash & (p->n_slots - 1);; i = (i + 1) & (p->n_slots - 1)) {
        struct pool_text *t = &p->slot[i];
        if (!t->text || (t->hash == hash && view_eq_str(v, t->text))) return t;
    }
}

static int grow(struct pool *p) {
    size_t n = p->n_slots ? p->n_slots * 2 : 256;
    struct pool_text *old = p->slot, *slot = mem_alloc(n * sizeof *slot);
    size_t n_old = p->n_slots;
    if (!slot) return 0;
    memset(slot, 0, n * sizeof *slot);
    p->slot = slot;
    p->n_slots = n;
    for (size_t i = 0; i < n_old; i++)
        if (old[i].text) *find(p, view_of(old[i].text), old[i].hash) = old[i];
    mem_free(old);
    return 1;
}

const char *pool_keep(struct pool *p, struct view v) {
    uint64_t hash = pool_hash(v);
    if (p->n_texts < TEXTS_MAX && p->n_texts * 2 >= p->n_slots && !grow(p)) return NULL;
    struct pool_text *t = find(p, v, hash);
    if (!t->text) {
        const char *copy = pool_copy(p, v);
        if (!copy || p->n_texts >= TEXTS_MAX) return copy;
        *t = (struct pool_text){hash, copy, 0};
        p->n_texts++;
    }
    t->uses++;
    return t->text;
}

static int by_use(const void *x, const void *y) {
    const struct pool_text *a = x, *b = y;
    if (a->uses != b->uses) return a->uses < b->uses ? 1 : -1;
    return strcmp(a->text, b->text);
}

enum status pool_by_use(struct pool *p, const char ***out, int *n, struct err *e) {
    size_t k = 0;
    *out = ARENA_NEW(p->a, const char *, p->n_texts);
    *n = 0;
    if (!*out) return fail(e, ST_NO_MEMORY, "no memory for a catalogue's tags");
    for (size_t i = 0; i < p->n_slots; i++)
        if (p->slot[i].text) p->slot[k++] = p->slot[i];
    if (k) qsort(p->slot, k, sizeof *p->slot, by_use);
    for (size_t i = 0; i < k; i++) (*out)[i] = p->slot[i].text;
    *n = (int)k;
    return ST_OK;
}
