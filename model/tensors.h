/* The tensors of a model's file, as the model's layers want them. */
#ifndef MODEL_TENSORS_H
#define MODEL_TENSORS_H

#include "model/model.h"

/* One field of struct layer: a matrix of up to three tensors stacked, or a vector (k = 0) of up to
 * three tensors joined. */
struct want {
    size_t at;    /* offset of the pointer in struct layer */
    unsigned has; /* only families with this fact; 0 = all */
    int k;
    struct {
        const char *name;
        int n;
    } part[MODEL_PARTS];
};
enum { WANTS = 11 };

/* All of a layer, the linear ones first, in the order of model_linears. */
void layer_wants(struct want w[WANTS], const struct hyper *h);
/* Whether the family has it. */
int wanted(const struct want *w, const struct hyper *h);
/* Its tensors, *n of them. */
enum status want_parts(const struct gguf *g, int layer, const struct want *w,
                       struct mat_part p[MODEL_PARTS], int *n, struct err *e) MUST_CHECK;
/* Every tensor's presence and shape, before any memory is taken for weights. */
enum status check_tensors(const struct gguf *g, const struct hyper *h, int *vocab,
                          struct err *e) MUST_CHECK;

#endif
