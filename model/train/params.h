/* What is trained: LoRA's factors on a model's linear layers, in one array of values so that the
 * optimizer need not know what they are; and the matrices that the forward and the backward pass
 * multiply by, made anew from base and factors at every step. */
#ifndef MODEL_TRAIN_PARAMS_H
#define MODEL_TRAIN_PARAMS_H

#include "kernels/grad.h"
#include "model/model.h"

/* Which layers' which linears are trained. */
struct params_config {
    int rank;      /* 1 .. ADAPTER_RANK_MAX */
    float alpha;   /* 0: twice the rank */
    int first;     /* layers below stay as they are */
    unsigned skip; /* bit 3 s + p: part p of linear s (model_linears) is not trained */
    uint64_t seed; /* of A; B begins as zeros */
    int frozen;    /* 1: nothing is trained; the others but seed do not count */
};

/* A tensor of a trained layer's linear. */
struct params_part {
    struct mat_part base; /* borrowed from the file's bytes */
    int col;              /* its first output in the stacked matrix */
    int lora;             /* index of its part in the adapter; -1: not trained */
};

/* One linear of a layer from `first` on. */
struct params_linear {
    struct mat *back; /* see back_open in kernels/grad.h */
    int n, k, parts, made;
    struct params_part part[MODEL_PARTS];
};

/* Rows that log-probabilities are read through: all of the vocabulary, or some. */
struct params_head {
    struct mat *fwd,
        *back; /* the whole head's fwd is the model's where products by it are in f32 */
    int n, own;
};

struct params {
    struct model *m;
    struct grad *g;
    int first;
    struct adapter lora;          /* its a and b lie in value */
    struct params_linear *linear; /* (layers, MODEL_LINEARS) */
    size_t at[MODEL_LINEARS];     /* of the matrix in struct layer */
    float *value, *grad;          /* (n) */
    size_t n;
    struct params_head head, few; /* few.fwd NULL: none were chosen */
    int32_t *place;               /* (vocabulary): of a token among the few, or -1 */
};

/* g, the file's directory, and its bytes must stay. extra: values behind LoRA's own, all 0.
 * ST_INVALID (nothing to train), ST_NO_MEMORY. On failure nothing is owned. */
enum status params_open(struct params *p, struct model *m, struct grad *grad, const struct gguf *g,
                        const struct hyper *h, const struct params_config *c, int extra,
                        struct err *e) MUST_CHECK;
void params_close(struct params *p);

/* Learning's softmax runs over these tokens alone: n of them, ascending. ST_INVALID, ST_NO_MEMORY.
 */
enum status params_few(struct params *p, const struct gguf *g, const int32_t *token, int n,
                       struct err *e) MUST_CHECK;

/* Makes the matrices of the present values. */
enum status params_apply(struct params *p, struct err *e) MUST_CHECK;

#endif
