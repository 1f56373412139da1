/* Pre-tokenizers: text is cut into pieces by a list of patterns before BPE. The only user of PCRE2.
 */
#ifndef TOKENIZER_TOK_SPLIT_H
#define TOKENIZER_TOK_SPLIT_H

#include "kernels/base/view.h"

enum { TOK_STAGES = 2 };

/* One pre-tokenizer. Stages apply one after the other; what a stage matches and what lies between
 * are pieces that the next stage sees alone. */
struct tok_pre {
    const char *name;              /* value of tokenizer.ggml.pre */
    const char *stage[TOK_STAGES]; /* NULL after the last */
    int ignore_merges;             /* a piece that is a token is taken whole */
    int add_bos;                   /* unless the file says otherwise */
};

/* By its name or another one that files have for it; NULL when the name is not known. */
const struct tok_pre *tok_split_pre(struct view name);
/* "smollm, gpt-2, ...": the known names, for messages. */
const char *tok_split_names(void);

/* Compiled patterns; read-only once opened, shared by all threads. */
struct tok_split;
enum status tok_split_open(struct tok_split **out, const struct tok_pre *pre,
                           struct err *e) MUST_CHECK;
void tok_split_close(struct tok_split *s);

/* What one call of the splitter needs for itself; one thread at a time. */
struct tok_cut {
    const struct tok_split *split;
    void *match[TOK_STAGES], *limits;
};
/* On failure nothing is left to close; closing a zeroed one is fine. */
enum status tok_cut_open(struct tok_cut *c, const struct tok_split *s, struct err *e) MUST_CHECK;
void tok_cut_close(struct tok_cut *c);

/* Calls piece(ctx, ...) for each piece of run in order; they cover it without gaps. run must be
 * valid UTF-8. Stops at the first failure. ST_NO_MEMORY, ST_INTERNAL. */
enum status tok_cut_run(struct tok_cut *c, struct view run,
                        enum status (*piece)(void *ctx, struct view piece, struct err *e),
                        void *ctx, struct err *e) MUST_CHECK;

#endif
