/* Merging by a heap over a linked list. */
#include "model/tokenizer/tok_merge.h"

#include <string.h>

void tok_work_init(struct tok_work *w) {
    w->symbol = w->small_symbol;
    w->heap = w->small_heap;
    w->room = TOK_SMALL;
    w->block = NULL;
    w->ids = NULL;
    w->n_ids = w->room_ids = 0;
    w->steps = 0;
}

void tok_work_free(struct tok_work *w) {
    mem_free(w->block);
    mem_free(w->ids);
}

enum status tok_work_push(struct tok_work *w, int32_t id, struct err *e) {
    if (w->n_ids == w->room_ids) {
        size_t room = w->room_ids ? 2 * w->room_ids : 64;
        int32_t *more = mem_grow(w->ids, w->n_ids * sizeof *w->ids, room * sizeof *w->ids);
        if (!more) return fail(e, ST_NO_MEMORY, "no memory for %zu tokens", room);
        w->ids = more;
        w->room_ids = room;
    }
    w->ids[w->n_ids++] = id;
    return ST_OK;
}

enum status tok_work_room(struct tok_work *w, size_t n, struct err *e) {
    if (n <= w->room) return ST_OK;
    size_t room = w->room;
    while (room < n) room *= 2;
    /* The heap holds at most two entries a symbol: each merge takes one out and adds up to two. */
    char *block = mem_alloc(room * (sizeof *w->symbol + 2 * sizeof *w->heap));
    if (!block) return fail(e, ST_NO_MEMORY, "no memory to tokenize a text of %zu bytes", n);
    mem_free(w->block);
    w->block = block;
    w->heap = (uint64_t *)(void *)block;
    w->symbol = (struct tok_symbol *)(void *)(block + 2 * room * sizeof *w->heap);
    w->room = room;
    return ST_OK;
}

static void heap_down(uint64_t *heap, size_t n, size_t at, uint64_t *steps) {
    uint64_t x = heap[at];
    for (size_t kid; (kid = 2 * at + 1) < n; at = kid, ++*steps) {
        if (kid + 1 < n && heap[kid + 1] < heap[kid]) kid++;
        if (heap[kid] >= x) break;
        heap[at] = heap[kid];
    }
    heap[at] = x;
}

static void heap_up(uint64_t *heap, size_t at, uint64_t *steps) {
    uint64_t x = heap[at];
    for (; at && heap[(at - 1) / 2] > x; at = (at - 1) / 2, ++*steps) heap[at] = heap[(at - 1) / 2];
    heap[at] = x;
}

void tok_work_add(struct tok_work *w, uint32_t n, int32_t id, uint32_t at, uint32_t len) {
    w->symbol[n] = (struct tok_symbol){.id = id,
                                       .at = at,
                                       .len = len,
                                       .prev = n ? n - 1 : TOK_NONE,
                                       .next = TOK_NONE,
                                       .rank = TOK_NONE};
    if (n) w->symbol[n - 1].next = n;
}

/* What one call of tok_merge is about. */
struct merging {
    struct tok_symbol *s;
    struct view text;
    tok_pair *pair;
    const void *ctx;
};

/* Looks up the pair that starts at symbol i. 1 if it can merge. */
static int rank_pair(const struct merging *m, uint32_t i) {
    struct tok_symbol *a = &m->s[i];
    a->rank = TOK_NONE;
    return a->next != TOK_NONE && m->pair(m->ctx, m->text, a, &m->s[a->next], &a->rank, &a->into);
}

static uint64_t entry(const struct tok_symbol *s, uint32_t i) {
    return (uint64_t)s[i].rank << 32 | i;
}

void tok_merge(struct tok_work *w, uint32_t n, struct view text, tok_pair *pair, const void *ctx) {
    const struct merging m = {w->symbol, text, pair, ctx};
    struct tok_symbol *s = w->symbol;
    uint64_t *heap = w->heap;
    size_t size = 0;
    for (uint32_t i = 0; i < n; i++)
        if (rank_pair(&m, i)) heap[size++] = entry(s, i);
    for (size_t i = size / 2; i-- > 0;) heap_down(heap, size, i, &w->steps);
    while (size) {
        uint64_t top = heap[0];
        heap[0] = heap[--size];
        if (size) heap_down(heap, size, 0, &w->steps);
        w->steps++;
        uint32_t i = (uint32_t)top, rank = (uint32_t)(top >> 32);
        if (s[i].rank != rank) continue; /* the pair is gone since the entry was made */
        uint32_t gone = s[i].next, after = s[gone].next, before = s[i].prev;
        s[i].id = s[i].into;
        s[i].len += s[gone].len;
        s[i].next = after;
        s[gone].rank = TOK_NONE;
        if (after != TOK_NONE) s[after].prev = i;
        const uint32_t again[2] = {before, i};
        for (int k = 0; k < 2; k++) {
            if (again[k] == TOK_NONE || !rank_pair(&m, again[k])) continue;
            heap[size] = entry(s, again[k]);
            heap_up(heap, size++, &w->steps);
        }
    }
}
