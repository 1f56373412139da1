/* Tokenizers read from GGUF metadata: byte-level BPE (model `gpt2`; pre-tokenizers `smollm`,
 * `gpt-2`, `qwen2`, `llama-bpe`) and SentencePiece (model `llama`). Text never becomes control
 * tokens; those are looked up by their exact string with tok_special and are used by our own
 * templates only. Read-only after tok_open, so any thread may encode; the caller's thread needs
 * about 64 KiB of stack. */
#ifndef TOKENIZER_TOK_H
#define TOKENIZER_TOK_H

#include "model/format/gguf/gguf.h"

struct tok;

enum { TOK_MAX_BYTES = 16 << 20 }; /* of one text; one piece of it takes up to 44 times its size */

/* Builds the tokenizer into memory owned by *out; g may be dropped afterwards. ST_CORRUPT,
 * ST_UNSUPPORTED (tokenizer model or pre-tokenizer, named), ST_NO_MEMORY. tok_close(NULL) is fine.
 * A file whose pre-tokenizer is missing or "default" is refused: its converter did not know how
 * text is split, and guessing silently changes the ids.
 * Of tokens with the same string, the first wins. */
enum status tok_open(struct tok **out, const struct gguf *g, struct err *e) MUST_CHECK;
void tok_close(struct tok *t);

int tok_count(const struct tok *t);
int tok_bos(const struct tok *t); /* id, or -1 when sequences start without one */
int tok_eos(const struct tok *t); /* id or -1 */
/* What of the file was not taken as it stands (special ids outside the vocabulary), or NULL. */
enum { TOK_NOTE = 256 };
const char *tok_note(const struct tok *t);

/* Token ids of UTF-8 text, in arena memory: *ids, *n. No BOS is added. Time and memory are linear
 * in the text (n log n within one piece without a split). ST_NO_MEMORY, ST_LIMIT (more than
 * TOK_MAX_BYTES).
 * - Only normal tokens and user-defined ones (token type 4, such as "<tool_call>", found before
 *   anything else is split, longest first) come out; never control, unknown or unused ones.
 *   User-defined tokens that look like control tokens ("<|...|>", or a template's turn marks)
 *   count as control: older converters mark them wrongly.
 * - A byte that is not part of valid UTF-8 is a piece of its own; the text on both sides is split
 *   as if it stood alone. So every byte is kept, with one exception: a vocabulary may lack a token
 *   for a byte (SmolLM2 has none for 21, among them 0x04, 0xC0 and 0xFF); that byte is dropped, as
 *   other implementations do.
 * - In a SentencePiece vocabulary U+2581 is a space, a character without a token becomes its bytes'
 *   tokens, and every text that is not empty starts with a space where the file's
 *   add_space_prefix asks for it (Llama 2; not Gemma).
 * - No Unicode normalisation (Qwen2's original tokenizer applies NFC first). */
enum status tok_encode(const struct tok *t, struct view text, struct arena *a, int32_t **ids,
                       size_t *n, struct err *e) MUST_CHECK;

/* The same, and adds to *work the number of elementary steps (heap moves, pieces, comparisons), so
 * that a test can bound them without a clock. */
enum status tok_encode_counted(const struct tok *t, struct view text, struct arena *a,
                               int32_t **ids, size_t *n, uint64_t *work, struct err *e) MUST_CHECK;

/* The id of a control token by its exact string, e.g. "<|im_start|>", or -1. */
int tok_special(const struct tok *t, const char *text);

/* Whether id is a control token. */
int tok_is_control(const struct tok *t, int id);

/* Bytes of one token as text (control tokens as their string); borrowed from t. Empty for an id out
 * of range. */
struct view tok_text(const struct tok *t, int id);

#endif
