/* Byte-pair merging of one piece. Used by tok.c only. */
#ifndef TOKENIZER_TOK_BPE_H
#define TOKENIZER_TOK_BPE_H

#include "model/tokenizer/tok_merge.h"

/* What two neighbouring tokens become, and how early. */
struct tok_merge_rule {
    uint64_t pair; /* left id << 32 | right id */
    uint32_t rank;
    int32_t into; /* -1 = free slot */
};

struct tok_bpe {
    struct tok_merge_rule *slot;
    size_t mask;
    int32_t byte[256]; /* id of a single byte, -1 if the vocabulary has none */
};

/* Reads tokenizer.ggml.merges. A merge that names an unknown token, or makes one, is ST_CORRUPT
 * with its index; one that concerns a token that text must not give (control, unused) is left out;
 * of two merges of the same pair the first counts. */
enum status tok_bpe_load(struct tok_bpe *b, const struct gguf *g, const struct tok_vocab *v,
                         const struct tok_table *names, struct arena *keep, struct arena *temp,
                         struct err *e) MUST_CHECK;

/* Appends the ids of one piece to w->ids. n log n in its length. ST_NO_MEMORY. */
enum status tok_bpe_piece(const struct tok_bpe *b, struct view piece, struct tok_work *w,
                          struct err *e) MUST_CHECK;

#endif
