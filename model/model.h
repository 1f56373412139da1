/* A loaded model: hyperparameters checked against the tensors, weights in the backend's layout, and
 * the forward pass. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "kernels/ops.h"
#include "model/adapter.h"
#include "model/family.h"
#include "model/format/hash.h"
#include "model/format/watch.h"

/* Weights of one layer in backend memory; NULL where the family has none. */
struct layer {
    int windowed;
    float *attn_norm, *ffn_norm, *attn_post, *ffn_post; /* (dim) */
    float *qkv_bias;                                    /* ((heads + 2 kv_heads) head_dim) */
    float *q_norm, *k_norm;                             /* (head_dim) */
    struct mat *qkv, *out, *gate_up, *down;
};

struct model {
    struct ops *ops; /* borrowed */
    int dim, layers, ffn, vocab, context;
    float eps, embd_scale;            /* the latter 1 where embeddings are taken as they are */
    unsigned has;                     /* FAMILY_... */
    struct attn_shape attn, windowed; /* of the layers that see all, and of the windowed ones */
    float *rope, *rope_windowed;      /* (context, head_dim/2, 2), backend memory */
    struct mat *embd, *head;
    float *out_norm; /* (dim) */
    struct layer *layer;
    long long parameters;
    const struct adapter *adapter; /* added to the weights while they are loaded, then NULL */
};

/* Reads hyperparameters and checks all shapes before any weight is taken, then loads. On failure
 * nothing is owned. ST_UNSUPPORTED names the architecture or rope variant; ST_CANCELLED. w NULL:
 * nobody watches. */
enum status model_open(struct model **out, const struct gguf *g, struct ops *ops,
                       const struct model_watch *w, struct err *e) MUST_CHECK;
/* The same with an adapter (NULL: none) merged into the weights before they take the backend's
 * precision, so that its rows compute as the base's do. ST_INVALID when it has a tensor that the
 * model has not, or of another shape. */
enum status model_open_adapted(struct model **out, const struct gguf *g, struct ops *ops,
                               const struct model_watch *w, const struct adapter *adapter,
                               struct err *e) MUST_CHECK;
/* The checks alone: fills layers, context, vocab and parameters. */
enum status model_peek(struct model *out, const struct gguf *g, struct err *e) MUST_CHECK;
void model_close(struct model *m);

/* A linear layer as it is stored: up to three tensors "blk.N.NAME" stacked into one matrix. */
enum { MODEL_LINEARS = 4, MODEL_PARTS = 3 };
struct model_linear {
    size_t at; /* of the pointer in struct layer */
    int k, parts;
    struct {
        const char *name; /* "attn_q.weight" */
        int n;
    } part[MODEL_PARTS];
};
/* The four of every layer, in the order in which it uses them: qkv, out, gate_up, down. */
void model_linears(const struct hyper *h, struct model_linear out[MODEL_LINEARS]);
/* Tensor blk.LAYER.NAME, or NAME when layer < 0, which must have k columns and n rows. */
enum status model_tensor(const struct gguf *g, int layer, const char *name, int64_t k, int64_t n,
                         struct mat_part *out, struct err *e) MUST_CHECK;

/* Activations for one chunk at a time, in backend memory. */
struct work {
    struct model *m;
    int rows_max;
    float *x, *qkv, *gate_up,
        *x_out;    /* (rows, dim), (rows, (heads + 2 kv) head_dim), (rows, 2 ffn), (rows, dim) */
    int head_rows; /* rows of head_x: the head's input, (head_rows, dim) f32 */
    float *head_x;
    float *post;         /* (rows, dim), results that are normed before they are added; else NULL */
    void *h, *att, *act; /* act_size elements: (rows, dim), (rows, heads head_dim), (rows, ffn) */
};
enum status work_open(struct work *w, struct model *m, int rows_max, struct err *e) MUST_CHECK;
void work_close(struct work *w);

/* Runs chunk c through all layers, storing keys and values in its views. `read` holds the rows
 * whose result is wanted, as a chunk of its own (row i of it is row from[i] of c); their final-norm
 * vectors come out in w->x_out (read->rows, dim), f32. The last layer works on those rows only. */
enum status model_forward(struct work *w, const struct chunk *c, const struct chunk *read,
                          const int32_t *from, struct err *e) MUST_CHECK;

/* Bytes of a span's keys and values over all layers. */
size_t model_kv_bytes(const struct model *m, int len);

#endif
