/* Model families as facts: what an architecture's GGUF files hold and how its forward pass differs.
 * The pass itself is written once (forward.c) and asks for the facts, never for a family's name. */
#ifndef MODEL_FAMILY_H
#define MODEL_FAMILY_H

#include "model/format/gguf/gguf.h"

enum { MODEL_LAYERS_MAX = 256, MODEL_HEAD_MAX = 512 };

enum {
    FAMILY_QKV_BIAS = 1, /* queries, keys and values have a bias */
    FAMILY_QK_NORM = 2,  /* queries and keys are normed head by head before they are rotated */
    FAMILY_POST_NORM =
        4,            /* attention's and feed-forward's results are normed before they are added */
    FAMILY_GEGLU = 8, /* GELU (its tanh form) gates the feed-forward, not SiLU */
    FAMILY_EMBD_SCALE = 16, /* embeddings are multiplied by sqrt(dim) */
    FAMILY_WINDOW =
        32 /* most layers see a window of the last tokens, with a rope base of their own */
};

struct family {
    const char *arch; /* value of general.architecture and prefix of the keys */
    unsigned has;     /* FAMILY_... */
    int rope_neox;    /* see struct attn_shape */
};

/* Hyperparameters as the file gives them. */
struct hyper {
    const struct family *family;
    int dim, layers, heads, kv_heads, head_dim, ffn, context;
    double eps, attn_scale;
    double rope_base, rope_factor; /* angles of position p are those of p / rope_factor */
    int window;                    /* FAMILY_WINDOW: tokens that a windowed layer sees */
    double window_base;            /* rope base of the windowed layers */
    uint8_t windowed[MODEL_LAYERS_MAX];
};

/* Reads and judges all of them. ST_UNSUPPORTED names an architecture or a rope variant that is not
 * built in, ST_CORRUPT a value that contradicts another. */
enum status hyper_read(struct hyper *h, const struct gguf *g, struct err *e) MUST_CHECK;

#endif
