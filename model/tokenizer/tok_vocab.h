/* The tokenizer's vocabulary: token texts, their kinds, and lookups by string. Used by tok.c only.
 */
#ifndef TOKENIZER_TOK_VOCAB_H
#define TOKENIZER_TOK_VOCAB_H

#include "model/format/gguf/gguf.h"

/* Open-addressing hash table from strings to ids; keys are the strings of `of`, borrowed. */
struct tok_table {
    int32_t *slot; /* -1 = free */
    size_t mask;   /* slots - 1, a power of two minus one */
    const struct view *of;
};
/* Room for n strings of `of`. 0 when memory ran out. */
int tok_table_init(struct tok_table *t, size_t n, const struct view *of, struct arena *a);
/* Adds id unless an equal string is there: the first one wins. */
void tok_table_add(struct tok_table *t, int32_t id);
/* Id of the string a followed by b, or -1. */
int32_t tok_table_find(const struct tok_table *t, struct view a, struct view b);

enum tok_kind {
    TOK_OTHER, /* unknown, unused, or not spelled as the vocabulary spells: no text gives it */
    TOK_NORMAL,
    TOK_CONTROL,
    TOK_USER,
    TOK_BYTE /* a byte that SentencePiece falls back to; its text is the byte */
};

struct tok_vocab {
    int32_t n;
    struct view *text; /* (n): bytes of normal tokens, else the string as it stands in the file */
    uint8_t *kind;     /* (n): enum tok_kind */
    struct tok_table normal, control;
    int32_t *user; /* ids of user-defined tokens, sorted by text without duplicates */
    size_t n_user;
    uint8_t user_first[256]; /* whether a user-defined token starts with this byte */
};

enum { TOK_MAX_TOKENS = 1 << 21, TOK_MAX_USER_BYTES = 256 };

/* How token texts are spelled: every byte as a character, or UTF-8 with U+2581 for a space. */
enum tok_spelling { TOK_BYTE_LEVEL, TOK_PIECES };

/* Reads tokenizer.ggml.tokens and token_type. What stays is in `keep`; *names finds ids by the
 * file's own spelling, normal tokens first, and lives in `temp`. */
enum status tok_vocab_load(struct tok_vocab *v, const struct gguf *g, enum tok_spelling spelling,
                           struct arena *keep, struct arena *temp, struct tok_table *names,
                           struct err *e) MUST_CHECK;

/* Copies s to out (room for s.n bytes) with every U+2581 as a space; answers the length. */
size_t tok_plain_spaces(char *out, struct view s);

/* Length of the longest user-defined token that text starts with, its id in *id; 0 if none. Adds
 * the comparisons made to *work. */
size_t tok_vocab_user(const struct tok_vocab *v, struct view text, int32_t *id, uint64_t *work);

/* A token or merge for a message: valid, printable, shortened. */
enum { TOK_SHOWN = 48 };
const char *tok_show(char out[TOK_SHOWN], struct view v);

#endif
