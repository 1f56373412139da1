/* Experiments: a grid over model, precision, readout, surface, history policy and K; each cell is
 * one protocol run with one combination, finished and stored on its own. */
#ifndef EVAL_EXPERIMENT_H
#define EVAL_EXPERIMENT_H

#include "server/eval/eval.h"

enum { EXPERIMENT_CELLS_MAX = 500, EXPERIMENT_ID = 24 };

/* Who runs cells. */
struct experiment_host {
    struct store *store;
    struct registry *registry; /* of the models that cells name */
    struct eval_config base;   /* code, asset, command, progress, stop */
    /* Told before and after each cell; may be NULL. */
    void (*cell)(void *arg, const struct experiment_cell *cell, int finished);
    void *arg;
};

/* Checks a specification and stores it with its cells; the same text of the same owner is the same
 * experiment, whose failed cells wait again. ST_BAD_INPUT, ST_INVALID with the field, ST_LIMIT.
 *
 * {"name", "protocol": "coldstart" | "instruction", "catalog", "split", "members", "seed",
 *  "grid": {"model": [file, ...], "precision": [...], "readout": [...], "surface": [...],
 *           "history": ["likes" | "recent" | "balanced"], "k": [...]}}
 * All but protocol and name are optional; "" as a model is the default one. */
enum status experiment_add(struct store *s, struct view owner, struct view json, int paths,
                           char id[EXPERIMENT_ID], struct err *e) MUST_CHECK;

/* Runs the waiting cells of one experiment, or ("") of all, until none is left: ST_OK, also when
 * cells failed (their row says why); or until the host's stop says 1: ST_CANCELLED, and a later
 * call goes on within the cell that was interrupted. */
enum status experiment_run(const struct experiment_host *h, struct view id,
                           struct err *e) MUST_CHECK;

#endif
