/* Byte-pair vocabularies: their merges, and the tokens of a piece. */
#include "model/tokenizer/tok_bpe.h"

#include <string.h>

static size_t pair_slot(const struct tok_bpe *b, uint64_t pair) {
    uint64_t h = (pair ^ pair >> 31) * 0x9E3779B97F4A7C15u;
    return (size_t)(h >> 29) & b->mask;
}

static int find_pair(const void *ctx, struct view text, const struct tok_symbol *left,
                     const struct tok_symbol *right, uint32_t *rank, int32_t *into) {
    const struct tok_bpe *b = ctx;
    uint64_t pair = (uint64_t)(uint32_t)left->id << 32 | (uint32_t)right->id;
    (void)text;
    for (size_t i = pair_slot(b, pair); b->slot[i].into >= 0; i = (i + 1) & b->mask) {
        if (b->slot[i].pair != pair) continue;
        *rank = b->slot[i].rank;
        *into = b->slot[i].into;
        return 1;
    }
    return 0;
}

static void pair_add(struct tok_bpe *b, int32_t left, int32_t right, uint32_t rank, int32_t into) {
    uint64_t pair = (uint64_t)(uint32_t)left << 32 | (uint32_t)right;
    size_t i = pair_slot(b, pair);
    for (; b->slot[i].into >= 0; i = (i + 1) & b->mask)
        if (b->slot[i].pair == pair) return;
    b->slot[i] = (struct tok_merge_rule){pair, rank, into};
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
    *b = (struct tok_bpe){.slot = ARENA_NEW(keep, struct tok_merge_rule, slots), .mask = slots - 1};
    if (!b->slot) return fail(e, ST_NO_MEMORY, "no memory for the tokenizer's merges");
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

enum status tok_bpe_piece(const struct tok_bpe *b, struct view piece, struct tok_work *w,
                          struct err *e) {
    uint32_t n = 0;
    TRY(tok_work_room(w, piece.n, e));
    for (uint32_t i = 0; i < piece.n; i++) {
        int32_t id = b->byte[(unsigned char)piece.p[i]];
        if (id >= 0) tok_work_add(w, n++, id, i, 1);
    }
    w->steps += piece.n + 1;
    tok_merge(w, n, piece, find_pair, b);
    for (uint32_t i = n ? 0 : TOK_NONE; i != TOK_NONE; i = w->symbol[i].next)
        TRY(tok_work_push(w, w->symbol[i].id, e));
    return ST_OK;
}
