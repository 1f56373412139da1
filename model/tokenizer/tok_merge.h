/* Merging neighbours of a text, always the pair of lowest rank, leftmost first: what byte-pair
 * vocabularies (tok_bpe.c) and SentencePiece's (tok_spm.c) have in common. */
#ifndef TOKENIZER_TOK_MERGE_H
#define TOKENIZER_TOK_MERGE_H

#include "model/tokenizer/tok_vocab.h"

enum { TOK_SMALL = 128 };
#define TOK_NONE UINT32_MAX

/* A stretch of the text that is merged so far, in a list by index. */
struct tok_symbol {
    int32_t id;          /* -1: no token has this text */
    int32_t into;        /* what it and next become */
    uint32_t at, len;    /* its bytes in the text */
    uint32_t prev, next; /* TOK_NONE = none */
    uint32_t rank;       /* of merging with next; TOK_NONE = cannot, or already merged away */
};

/* Working memory of one call: texts up to TOK_SMALL bytes need no allocation. */
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

/* Room for n symbols, whose old values are lost. ST_NO_MEMORY. */
enum status tok_work_room(struct tok_work *w, size_t n, struct err *e) MUST_CHECK;
/* Adds symbol n behind symbol n - 1. */
void tok_work_add(struct tok_work *w, uint32_t n, int32_t id, uint32_t at, uint32_t len);

/* Whether a and its right neighbour b merge: the rank and what they become. */
typedef int tok_pair(const void *ctx, struct view text, const struct tok_symbol *a,
                     const struct tok_symbol *b, uint32_t *rank, int32_t *into);

/* Merges the n symbols that were added until no pair is left; symbol 0 stays the first. n log n. */
void tok_merge(struct tok_work *w, uint32_t n, struct view text, tok_pair *pair, const void *ctx);

#endif
