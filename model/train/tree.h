/* A prompt tree laid out for training: all rows at once, depth first, so that a node's rows are
 * followed by its descendants' (kernels/grad.h), with the views that the forward operations ask
 * for. Keys and values are those of one layer: they are stored, used and stored over. */
#ifndef MODEL_TRAIN_TREE_H
#define MODEL_TRAIN_TREE_H

#include "kernels/grad.h"
#include "model/engine/engine.h"
#include "model/model.h"

struct train_tree {
    struct chunk chunk;    /* the forward operations' view: two span views a node */
    struct grad_tree back; /* the backward operations' */
    int32_t *row;          /* (nodes): a node's first row */
    void *kv;              /* one layer's keys and values of all nodes; backend memory */
    int n_read;            /* rows that are read */
    int32_t *read;         /* (n_read): ascending */
    int32_t *off, *pick;   /* the tokens read there, as in ops->head */
    int32_t *slot;         /* (picks): the place among the asks' values, all joined */
    int n_picks, n_values;
};

/* Lays out t and what the asks read (model/engine/engine.h); lists live in a, kv until
 * train_tree_close. ST_INVALID and ST_LIMIT as engine_score says; ST_NO_MEMORY. */
enum status train_tree_open(struct train_tree *out, const struct model *m, const struct tree *t,
                            const struct ask *ask, int n_asks, struct arena *a,
                            struct err *e) MUST_CHECK;
void train_tree_close(struct train_tree *t, const struct model *m);

#endif
