/* Byte-pair merging: always the pair of lowest rank, leftmost first, by a heap over a linked list.
 */
#include "model/tok_bpe.h"

#include <string.h>

#define NONE UINT32_MAX

static size_t pair_slot(const struct tok_bpe *b, uint64_t pair) {
    uint64_t h = (pair ^ pair >> 31) * 0x9E3779B97F4A7C15u;
    return (size_t)(h >> 29) & b->mask;
}

static uint32_t pair_rank(const struct tok_bpe *b, int32_t left, int32_t right) {
    uint64_t pair = (uint64_t)(uint32_t)left << 32 | (uint32_t)right;
    for (size_t i = pair_slot(b, pair); b->slot[i].into >= 0; i = (i + 1) & b->mask)
        if (b->slot[i].pair == pair) return b->slot[i].rank;
    return NONE;
}

static void pair_add(struct tok_bpe *b, int32_t left, int32_t right, uint32_t rank, int32_t into) {
    uint64_t pair = (uint64_t)(uint32_t)left << 32 | (uint32_t)right;
    size_t i = pair_slot(b, pair);
    for (; b->slot[i].into >= 0; i = (i + 1) & b->mask)
        if (b->slot[i].pair == pair) return;
    b->slot[i] = (struct tok_merge){pair, rank, into};
    b->into[rank] = into;
}

/* One line of the merges: "left right". */
static enum status read_merge(struct tok_bpe *b, const struct tok_vocab *v,
                              const struct tok_table *names, struct view line, uint32_t rank,
                              struct err *e) {
    char shown[TOK_SHOWN];
    const struct view none = {NULL, 0};
    const char *space = line.n > 2 ? memchr(line.p + 1, ' ', line.n - 2) : NULL;
    size_t n = space ? (size_t)(space - line.p) : 0;
    struct view left = view_sub(line, 0, n), right = view_sub(line, n + 1, line.n);
    if (!space || memchr(right.p, ' ', right.n) || left.p[0] == ' ')
        return fail(e, ST_CORRUPT, "tokenizer.ggml.merges[%u] '%s' is not two tokens", rank,
                    tok_show(shown, line));
    int32_t a = tok_table_find(names, left, none), c = tok_table_find(names, right, none);
    if (a < 0 || c < 0)
        return fail(e, ST_CORRUPT, "tokenizer.ggml.merges[%u]: '%s' is not in the vocabulary", rank,
                    tok_show(shown, a < 0 ? left : right));
    int32_t made = tok_table_find(names, left, right);
    if (made < 0)
        return fail(e, ST_CORRUPT,
                    "tokenizer.ggml.merges[%u] '%s' makes a token that is not in the vocabulary",
                    rank, tok_show(shown, line));
    if (v->kind[a] == TOK_NORMAL && v->kind[c] == TOK_NORMAL && v->kind[made] == TOK_NORMAL)
        pair_add(b, a, c, rank, made);
    return ST_OK;
}

enum status tok_bpe_load(struct tok_bpe *b, const struct gguf *g, const struct tok_vocab *v,
                         const struct tok_table *names, struct arena *keep, struct arena *temp,
                         struct err *e) {
    struct view *line;
    uint64_t n;
    TRY(gguf_strings(g, "tokenizer.ggml.merges", TOK_MAX_TOKENS, temp, &line, &n, e));
    size_t slots = 16;
    while (slots < 2 * n) slots *= 2;
    *b = (struct tok_bpe){.slot = ARENA_NEW(keep, struct tok_merge, slots),
                          .mask = slots - 1,
                          .into = ARENA_NEW(keep, int32_t, n)};
    if (!b->slot || !b->into) return fail(e, ST_NO_MEMORY, "no memory for the tokenizer's merges");
    for (size_t i = 0; i < slots; i++) b->slot[i].into = -1;
    for (uint32_t i = 0; i < n; i++) TRY(read_merge(b, v, names, line[i], i, e));
    int known = 0;
    for (int i = 0; i < 256; i++) {
        const char byte = (char)i;
        b->byte[i] = tok_table_find(&v->normal, (struct view){&byte, 1}, (struct view){NULL, 0});
        known += b->byte[i] >= 0;
    }
    if (known == 0)
        return fail(e, ST_CORRUPT, "tokenizer.ggml.tokens has no token for any single byte");
    return ST_OK;
}

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

static enum status make_room(struct tok_work *w, size_t n, struct err *e) {
    if (n <= w->room) return ST_OK;
    size_t room = w->room;
    while (room < n) room *= 2;
    /* The heap holds at most two entries a symbol: each merge takes one out and adds up to two. */
    char *block = mem_alloc(room * (sizeof *w->symbol + 2 * sizeof *w->heap));
    if (!block) return fail(e, ST_NO_MEMORY, "no memory to tokenize a word of %zu bytes", n);
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

/* Looks up the pair that starts at symbol i. 1 if it can merge. */
static int rank_pair(const struct tok_bpe *b, struct tok_symbol *s, uint32_t i) {
    s[i].rank = s[i].next == NONE ? NONE : pair_rank(b, s[i].id, s[s[i].next].id);
    return s[i].rank != NONE;
}

static uint64_t entry(const struct tok_symbol *s, uint32_t i) {
    return (uint64_t)s[i].rank << 32 | i;
}

/* The list of the piece's bytes that have a token. */
static uint32_t list_bytes(const struct tok_bpe *b, struct view piece, struct tok_symbol *s) {
    uint32_t n = 0;
    for (size_t i = 0; i < piece.n; i++) {
        int32_t id = b->byte[(unsigned char)piece.p[i]];
        if (id < 0) continue;
        s[n] = (struct tok_symbol){id, n ? n - 1 : NONE, n + 1, NONE};
        n++;
    }
    if (n) s[n - 1].next = NONE;
    return n;
}

static void merge_all(const struct tok_bpe *b, struct tok_work *w, uint32_t n) {
    struct tok_symbol *s = w->symbol;
    uint64_t *heap = w->heap;
    size_t size = 0;
    for (uint32_t i = 0; i < n; i++)
        if (rank_pair(b, s, i)) heap[size++] = entry(s, i);
    for (size_t i = size / 2; i-- > 0;) heap_down(heap, size, i, &w->steps);
    while (size) {
        uint64_t top = heap[0];
        heap[0] = heap[--size];
        if (size) heap_down(heap, size, 0, &w->steps);
        w->steps++;
        uint32_t i = (uint32_t)top, rank = (uint32_t)(top >> 32);
        if (s[i].rank != rank) continue; /* the pair is gone since the entry was made */
        uint32_t gone = s[i].next, after = s[gone].next, before = s[i].prev;
        s[i].id = b->into[rank];
        s[i].next = after;
        s[gone].rank = NONE;
        if (after != NONE) s[after].prev = i;
        const uint32_t again[2] = {before, i};
        for (int k = 0; k < 2; k++) {
            if (again[k] == NONE || !rank_pair(b, s, again[k])) continue;
            heap[size] = entry(s, again[k]);
            heap_up(heap, size++, &w->steps);
        }
    }
}

enum status tok_bpe_piece(const struct tok_bpe *b, struct view piece, struct tok_work *w,
                          struct err *e) {
    TRY(make_room(w, piece.n, e));
    uint32_t n = list_bytes(b, piece, w->symbol);
    w->steps += piece.n + 1;
    merge_all(b, w, n);
    for (uint32_t i = 0; i < n; i = w->symbol[i].next) {
        TRY(tok_work_push(w, w->symbol[i].id, e));
        if (w->symbol[i].next == NONE) break;
    }
    return ST_OK;
}
