/* Byte-pair merging of one piece. Used by tok.c only. */
#ifndef MODEL_TOK_BPE_H
#define MODEL_TOK_BPE_H

#include "model/tok_vocab.h"

/* What two neighbouring tokens become, and how early. */
struct tok_merge {
    uint64_t pair; /* left id << 32 | right id */
    uint32_t rank;
    int32_t into; /* -1 = free slot */
};

struct tok_bpe {
    struct tok_merge *slot;
    size_t mask;
    int32_t *into;     /* result by rank */
    int32_t byte[256]; /* id of a single byte, -1 if the vocabulary has none */
};

/* Reads tokenizer.ggml.merges. A merge that names an unknown token, or makes one, is ST_CORRUPT
 * with its index; one that concerns a token that text must not give (control, unused) is left out;
 * of two merges of the same pair the first counts. */
enum status tok_bpe_load(struct tok_bpe *b, const struct gguf *g, const struct tok_vocab *v,
                         const struct tok_table *names, struct arena *keep, struct arena *temp,
                         struct err *e) MUST_CHECK;

enum { TOK_SMALL = 128 };

/* A token of the piece being merged, in a list by index. */
struct tok_symbol {
    int32_t id;
    uint32_t prev, next; /* UINT32_MAX = none */
    uint32_t rank;       /* of merging with next; UINT32_MAX = cannot, or already merged away */
};

/* Working memory of one call: pieces up to TOK_SMALL bytes need no allocation. */
struct tok_work {
    struct tok_symbol *symbol, small_symbol[TOK_SMALL];
    uint64_t *heap, small_heap[2 * TOK_SMALL]; /* rank << 32 | index of the left symbol */
    size_t room;                               /* symbols that fit */
    void *block;                               /* holds both when they are not small */
    int32_t *ids;                              /* the result so far, mem_alloc */
    size_t n_ids, room_ids;
    uint64_t steps;
};

void tok_work_init(struct tok_work *w);
void tok_work_free(struct tok_work *w);
enum status tok_work_push(struct tok_work *w, int32_t id, struct err *e) MUST_CHECK;

/* Appends the ids of one piece to w->ids. n log n in its length. ST_NO_MEMORY. */
enum status tok_bpe_piece(const struct tok_bpe *b, struct view piece, struct tok_work *w,
                          struct err *e) MUST_CHECK;

#endif
