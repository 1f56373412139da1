/* Node storage with least-recently-used eviction. */
#include "model/engine/cache.h"

#include "kernels/base/os/limit.h"

#include <string.h>

enum { SLOTS = 1 << 15 };

enum status cache_open(struct cache *c, struct model *m, size_t max_bytes, struct err *e) {
    *c = (struct cache){.m = m, .slots = SLOTS, .max_bytes = max_bytes};
    c->slot = mem_alloc(SLOTS * sizeof *c->slot);
    if (!c->slot) return fail(e, ST_NO_MEMORY, "no memory for the node table");
    memset(c->slot, 0, SLOTS * sizeof *c->slot);
    return ST_OK;
}

static struct node **slot_of(struct cache *c, const struct hash *key) {
    uint64_t x;
    memcpy(&x, key->b, sizeof x);
    return &c->slot[x % c->slots];
}

static void node_free(struct cache *c, struct node *n) {
    c->bytes -= n->bytes;
    c->nodes--;
    c->m->ops->release(c->m->ops, n->kv);
    mem_free(n);
}

static void unlink_lru(struct cache *c, struct node *n) {
    *(n->newer ? &n->newer->older : &c->newest) = n->older;
    *(n->older ? &n->older->newer : &c->oldest) = n->newer;
    n->newer = n->older = NULL;
}

static void unlink_slot(struct cache *c, struct node *n) {
    struct node **at = slot_of(c, &n->key);
    while (*at != n) at = &(*at)->next;
    *at = n->next;
    n->cached = 0;
}

static void evict_down_to(struct cache *c, size_t bytes) {
    while (c->oldest && c->bytes > bytes) {
        struct node *n = c->oldest;
        unlink_lru(c, n);
        unlink_slot(c, n);
        node_free(c, n);
        c->evicted++;
    }
}

/* What may be kept beside so many new bytes: less than was asked for while the process holds too
 * much, since what is kept can be computed again. */
static void make_room(struct cache *c, size_t bytes) {
    size_t max = c->max_bytes, over = c->oldest ? mem_over() : 0;
    long long before = c->evicted;
    if (over && c->bytes < over + max) max = c->bytes > over ? c->bytes - over : 0;
    evict_down_to(c, bytes < max ? max - bytes : 0);
    if (over && c->evicted > before) mem_trim();
}

void cache_close(struct cache *c) {
    evict_down_to(c, 0);
    mem_free(c->slot);
    *c = (struct cache){0};
}

struct node *cache_find(struct cache *c, const struct hash *key) {
    for (struct node *n = *slot_of(c, key); n; n = n->next)
        if (memcmp(&n->key, key, sizeof *key) == 0) {
            if (n->refs++ == 0) unlink_lru(c, n);
            c->hits++;
            return n;
        }
    c->misses++;
    return NULL;
}

enum status cache_make(struct cache *c, struct node **out, const struct hash *key, int len,
                       int path, struct err *e) {
    size_t kv = (model_kv_bytes(c->m, len) + 255) / 256 * 256,
           all = kv + (size_t)c->m->dim * sizeof(float), bytes = all + sizeof(struct node);
    make_room(c, bytes);
    struct node *n = mem_alloc(sizeof *n);
    enum status st = ST_NO_MEMORY;
    if (n) {
        *n = (struct node){.key = *key, .len = len, .path = path, .refs = 1, .bytes = bytes};
        st = c->m->ops->alloc_kv(c->m->ops, &n->kv, all, e);
    }
    if (st != ST_OK) {
        mem_free(n);
        if (st != ST_NO_MEMORY) return st;
        return fail(e, st, "no memory for the keys and values of %d tokens (%zu bytes)", len, kv);
    }
    n->last = (float *)(void *)((char *)n->kv + kv);
    c->bytes += bytes;
    c->nodes++;
    *out = n;
    return ST_OK;
}

void cache_keep(struct cache *c, struct node *n) {
    if (n->cached || n->done < n->len) return;
    struct node **at = slot_of(c, &n->key);
    for (struct node *o = *at; o; o = o->next)
        if (memcmp(&o->key, &n->key, sizeof n->key) == 0) return;
    n->next = *at;
    *at = n;
    n->cached = 1;
}

void cache_drop(struct cache *c, struct node *n) {
    if (!n || --n->refs > 0) return;
    if (!n->cached) {
        node_free(c, n);
        return;
    }
    n->older = c->newest;
    *(c->newest ? &c->newest->newer : &c->oldest) = n;
    c->newest = n;
    evict_down_to(c, c->max_bytes);
}
