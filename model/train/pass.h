/* The forward and the backward pass of one prompt tree, for training. Layers below the first
 * trained one run forward only. Above it each layer's input is kept, and everything else of a layer
 * is computed again when its turn comes backward: memory of one layer plus the layers' inputs. Or
 * all of every trained layer is kept: about a quarter less to compute, memory of all layers. */
#ifndef MODEL_TRAIN_PASS_H
#define MODEL_TRAIN_PASS_H

#include "model/train/params.h"
#include "model/train/tree.h"

/* What a layer's backward pass reads of its forward pass. act: act_size elements. */
struct pass_layer {
    float *raw, *qkv;         /* (rows, qkv): before rope, after */
    float *mid, *gate_up;     /* (rows, dim), (rows, 2 ffn) */
    float *post, *ffn_post;   /* (rows, dim): results that are normed before they are added */
    void *h, *att, *h2, *act; /* act: (rows, dim), (rows, heads hd), (rows, dim), (rows, ffn) */
};

/* Activations and their derivatives for trees of up to rows_max rows. */
struct pass {
    struct params *p;
    struct grad *g;
    int whole; /* 1: every trained layer's activations are kept */
    int rows_max;
    struct pass_layer *of; /* (layers_kept): one, or one for each trained layer */
    int layers_kept;
    struct pass_layer y;           /* the layer at work: one of them */
    float *keep;                   /* (layers - first, rows, dim): inputs of trained layers */
    float *x;                      /* (rows, dim) */
    float *dx, *dh, *dpost;        /* (rows, dim) */
    float *dwide;                  /* (rows, max(2 ffn, qkv)) */
    float *dmid;                   /* (rows, max(ffn, heads hd)) */
    float *logits;                 /* (HEAD_TILE, vocab) */
    void *dlogits;                 /* act: the same */
    float *read_x, *read_dx;       /* (rows, dim) */
    void *read_h;                  /* act: (rows, dim) */
    float *lse, *picked, *dpicked; /* (rows), (picks), (picks): host memory */
    int picks_max;
};

/* All zeros is an open pass without room. ST_NO_MEMORY. */
enum status pass_room(struct pass *w, int rows, int picks, struct err *e) MUST_CHECK;
void pass_close(struct pass *w);

/* Log-probabilities of t's picks into w->picked. keep: for a backward pass. */
enum status pass_forward(struct pass *w, const struct train_tree *t, int keep,
                         struct err *e) MUST_CHECK;

/* After pass_forward with keep, and w->dpicked filled: adds to the parameters' derivatives. */
enum status pass_backward(struct pass *w, const struct train_tree *t, struct err *e) MUST_CHECK;

#endif
