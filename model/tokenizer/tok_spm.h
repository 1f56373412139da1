/* SentencePiece vocabularies of type BPE (GGUF's tokenizer model `llama`): scores instead of
 * merges, byte fallback. Used by tok.c only. */
#ifndef TOKENIZER_TOK_SPM_H
#define TOKENIZER_TOK_SPM_H

#include "model/tokenizer/tok_merge.h"

struct tok_spm {
    const struct tok_vocab *vocab;
    uint32_t *rank;    /* (vocabulary): 0 is the best score; equal scores have equal ranks */
    int32_t byte[256]; /* ids of the byte tokens */
};

/* Reads tokenizer.ggml.scores. ST_CORRUPT (their number, a score that is no number),
 * ST_UNSUPPORTED (a vocabulary without all 256 byte tokens), ST_NO_MEMORY. */
enum status tok_spm_load(struct tok_spm *s, const struct gguf *g, const struct tok_vocab *v,
                         struct arena *keep, struct arena *temp, struct err *e) MUST_CHECK;

/* Appends the ids of a text, whose spaces are spaces, to w->ids: characters are merged, best score
 * first, and a character that stays without a token is spelled in byte tokens. ST_NO_MEMORY. */
enum status tok_spm_piece(const struct tok_spm *s, struct view text, struct tok_work *w,
                          struct err *e) MUST_CHECK;

#endif
