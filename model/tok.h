/* Tokenizer: byte-level BPE read from GGUF metadata (model `gpt2`). Text never becomes control
 * tokens; those are looked up by their exact string with tok_special and are used by our own
 * templates only. Read-only after tok_open, so any thread may encode; the caller's thread needs
 * about 64 KiB of stack. */
#ifndef MODEL_TOK_H
#define MODEL_TOK_H

#include "model/gguf.h"

struct tok;

/* Builds the tokenizer into memory owned by *out; g may be dropped afterwards. ST_CORRUPT,
 * ST_UNSUPPORTED (tokenizer model or pre-tokenizer, named), ST_NO_MEMORY. tok_close(NULL) is fine.
 */
enum status tok_open(struct tok **out, const struct gguf *g, struct err *e) MUST_CHECK;
void tok_close(struct tok *t);

int tok_count(const struct tok *t);
int tok_bos(const struct tok *t); /* id, or -1 when sequences start without one */
int tok_eos(const struct tok *t); /* id or -1 */

/* Token ids of UTF-8 text (invalid bytes are kept: byte-level BPE covers all 256), appended to
 * arena memory: *ids, *n. No BOS is added. Time and memory are linear in the text. ST_NO_MEMORY,
 * ST_LIMIT (more than 16 MiB of text). */
enum status tok_encode(const struct tok *t, struct view text, struct arena *a, int32_t **ids,
                       size_t *n, struct err *e) MUST_CHECK;

/* The id of a control token by its exact string, e.g. "<|im_start|>", or -1. */
int tok_special(const struct tok *t, const char *text);

/* Bytes of one token as text (control tokens as their string); borrowed from t. Empty for an id out
 * of range. */
struct view tok_text(const struct tok *t, int id);

#endif
