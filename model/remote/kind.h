/* The kinds of engines: one row each says how a question and its answer look. */
#ifndef REMOTE_KIND_H
#define REMOTE_KIND_H

#include "model/remote/reads.h"
#include "model/remote/remote.h"
#include "model/remote/wire.h"

#include <jansson.h>

enum { CAN_NOT, CAN, CAN_OTHERWISE };

struct remote {
    struct arena arena;
    const struct kind *kind;
    struct remote_spec spec;
    struct wire wire;
    const char *model, *note;
    int vocab, context;
    int tokens, labels; /* CAN_...: otherwise as reads.h has it, tokens as labels or the reverse */
    float drift;
    const struct remote_vocab *opening; /* while it is probed */
};

/* Who waits for answers; told by remote_gone whether somebody does. */
struct waiting {
    const struct remote *r;
    const struct job *job;  /* NULL: it is being probed */
    const atomic_int *stop; /* may be NULL */
};
int remote_gone(const void *waiting);

struct kind {
    const char *name, *title, *path;
    int most;           /* reads of one request */
    int same_labels;    /* those of one request must have the same */
    int tokens, labels; /* what the probe begins with: CAN_..., of which CAN may prove wrong */
    /* The body of a question about n reads of one sort. */
    void (*ask)(const struct remote *r, const struct remote_read *x, int n, struct buf *b);
    /* Fills their values; a read that must be asked again is marked wide and not done. */
    enum status (*answer)(const struct remote *r, struct remote_read *x, int n, const json_t *top,
                          struct err *e);
    /* Model and context, from what the engine says of itself. */
    enum status (*facts)(struct remote *r, struct err *e);
    /* The body for /tokenize; NULL: it has no such call. */
    void (*tokenize)(const struct remote *r, const char *text, struct buf *b);
};
extern const struct kind kind_vllm, kind_sglang, kind_llama, kind_taproom;

/* --- for the kinds --- */

void kind_ids(struct buf *b, const int32_t *ids, int n); /* "[1,2]" */
void kind_text(struct buf *b, const char *s);            /* a JSON text, with its quotes */
/* "model":"...", where one was named or found. */
void kind_model(const struct remote *r, struct buf *b);
/* A value of the answer: a finite number that is a logarithm of a probability. place: which token,
 * for messages. */
enum status kind_logprob(const struct remote *r, const json_t *v, int32_t token, float *out,
                         struct err *e) MUST_CHECK;
/* ST_CORRUPT unless the engine counted as many tokens as were sent; v may be missing. */
enum status kind_count(const struct remote *r, const json_t *v, long long sent,
                       struct err *e) MUST_CHECK;
enum status kind_wrong(const struct remote *r, struct err *e, const char *fmt, ...) PRINTF(3, 4);
/* One GET; the answer is the caller's. *out NULL where the engine has no such call and may_lack. */
enum status kind_get(const struct remote *r, const char *path, int may_lack, json_t **out,
                     struct err *e) MUST_CHECK;
/* The facts of engines that have OpenAI's list of models. */
enum status kind_models(struct remote *r, struct err *e) MUST_CHECK;

/* Asks about n reads in groups; what they are marked as tells what was answered. j NULL: nobody
 * follows. */
enum status remote_ask(const struct remote *r, struct reads *x, struct job *j,
                       const atomic_int *stop, struct err *e) MUST_CHECK;
/* How reads are made for what the engine can. */
unsigned remote_how(const struct remote *r);

/* probe.c: finds what it can, compares tokens, measures the drift. */
enum status probe_run(struct remote *r, const struct remote_vocab *v, struct err *e) MUST_CHECK;
/* hard.c: text i of those on which tokenizers differ, NUL-terminated. */
enum { HARD_TEXTS = 200 };
void hard_text(int i, char out[96]);

#endif
