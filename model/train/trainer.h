/* Training, the second door through which the server enters the model layer: a model on this
 * machine's CPU, low-rank factors on its linear layers, and one call for each prompt tree that it
 * learns from. What a tree's loss is, is the caller's matter: it gets the log-probabilities that it
 * asked for and answers the loss's derivatives by them.
 *
 * One thread at a time, always the same. The same calls with the same seed and number of threads
 * give the same bits. */
#ifndef MODEL_TRAIN_TRAINER_H
#define MODEL_TRAIN_TRAINER_H

#include "model/engine/engine.h"

struct trainer;

struct trainer_config {
    const char *model;     /* GGUF file, or the first of a split one */
    const char *precision; /* "auto" (bf16 where the CPU multiplies it, else f32), "bf16", "f32" */
    const char *backend;   /* "cpu", or "ref" (slow, the judge) */
    int threads;           /* 0 = all cores */
    int rank;              /* of the factors */
    float alpha;           /* 0: twice the rank */
    int first;             /* layers below stay as they are and run forward only */
    unsigned skip;         /* linears that stay: a bit each of TRAINER_LINEARS' order */
    int whole;             /* 1: keeps every trained layer's activations: faster */
    int frozen;            /* 1: nothing is trained, the model only answers */
    uint64_t seed;
    int scalars;                      /* values of the caller's that are trained, too */
    double beta1, beta2, decay, clip; /* AdamW's; 0, 0: .9 and .98 */
};

/* Bits of `skip`, and their names in recipes and PEFT's files. */
enum { TRAINER_LINEARS = 7 };
extern const struct trainer_linear {
    const char *name; /* "q_proj" */
    unsigned bit;
} trainer_linears[TRAINER_LINEARS];

struct trainer_info {
    const char *sha256, *architecture, *name, *code; /* borrowed until close */
    const char *precision;
    int layers, context, vocab, threads;
    long long parameters, trained;
    int bos; /* -1: sequences start without one */
};

/* On failure nothing is owned. As engine_open, and ST_INVALID. */
enum status trainer_open(struct trainer **out, const struct trainer_config *c,
                         struct err *e) MUST_CHECK;
void trainer_close(struct trainer *t); /* NULL is fine */
void trainer_info(const struct trainer *t, struct trainer_info *out);
enum status trainer_tokens(const struct trainer *t, struct view text, struct arena *a,
                           int32_t **ids, size_t *n, struct err *e) MUST_CHECK;
/* A token's bytes, control tokens as their string; borrowed until close. */
struct view trainer_text(const struct trainer *t, int32_t id);

/* The control tokens before (tail 0) or after (1) a turn, as engine_turn has them. */
void trainer_turn(const struct trainer *t, int role, int tail, const int32_t **ids, int *n);

/* From now on trainer_learn's log-probabilities are among these tokens only, n of them, ascending;
 * trainer_score's stay those of the whole vocabulary. A learned ask for another token is
 * ST_INVALID. */
enum status trainer_few_tokens(struct trainer *t, const int32_t *token, int n,
                               struct err *e) MUST_CHECK;

/* The caller's trained values, and the derivatives that a loss adds to. */
float *trainer_scalars(struct trainer *t);
float *trainer_scalar_grads(struct trainer *t);

/* Answers the asks about a tree, as engine_score does. */
enum status trainer_score(struct trainer *t, const struct tree *tree, const struct ask *ask,
                          int n_asks, struct err *e) MUST_CHECK;

/* The same, then calls loss, which fills dout[q], as long as ask[q].out, with the derivatives of
 * the loss, then adds the gradient to what was gathered since the last step. A loss that fails ends
 * the call; nothing is added. */
struct trainer_loss {
    void *arg;
    enum status (*loss)(void *arg, struct err *e);
    float *const *dout; /* (n_asks) */
};
enum status trainer_learn(struct trainer *t, const struct tree *tree, const struct ask *ask,
                          int n_asks, const struct trainer_loss *loss, struct err *e) MUST_CHECK;

/* Moves the values by the mean of `count` gathered gradients. *norm: of that mean, before it was
 * clipped. ST_CORRUPT names a step whose gradient is no finite number; then nothing moved. */
enum status trainer_step(struct trainer *t, double rate, double scalar_rate, double count,
                         double *norm, struct err *e) MUST_CHECK;
long long trainer_steps(const struct trainer *t);

/* on 0: the model computes as its base does until it is switched on again. */
enum status trainer_adapter(struct trainer *t, int on, struct err *e) MUST_CHECK;

/* The state between two steps, with n bytes of the caller's own, in one file that is whole or not
 * there. Load refuses one that is damaged (ST_CORRUPT) or of another model, rank or seed
 * (ST_CONFLICT); *own is in a. */
enum status trainer_save(const struct trainer *t, const char *path, const void *own, size_t n,
                         struct err *e) MUST_CHECK;
enum status trainer_load(struct trainer *t, const char *path, struct arena *a, void **own,
                         size_t *n, struct err *e) MUST_CHECK;

/* Writes what was trained as an adapter (model/adapter.h): a GGUF, and with peft a folder of
 * PEFT's files. */
struct trainer_export {
    const char *gguf, *peft; /* either may be NULL */
    const char *readout;     /* what it was trained for */
    float gain, beta;
    int forced, half; /* half: the GGUF's factors as F16 */
};
enum status trainer_export(const struct trainer *t, const struct trainer_export *x,
                           struct err *e) MUST_CHECK;

/* Begins with the values of an adapter of the same base, rank and layers. */
enum status trainer_start_from(struct trainer *t, const char *adapter, struct err *e) MUST_CHECK;

/* The raw values and their derivatives, n of them, for tests. trainer_changed makes the model
 * compute with values that were changed. */
float *trainer_values(struct trainer *t, size_t *n);
float *trainer_grads(struct trainer *t);
enum status trainer_changed(struct trainer *t, struct err *e) MUST_CHECK;

#endif
