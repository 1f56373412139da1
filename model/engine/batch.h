/* One chunk of rows in the making: whose tokens are in it, what they see, what is read from them.
 * Plans (plan.h) fill it, step.h runs it. Engine thread only. */
#ifndef MODEL_BATCH_H
#define MODEL_BATCH_H

#include "model/model.h"

struct plan;

/* A stretch of one node's tokens inside the chunk. */
struct batch_run {
    struct plan *plan;
    int node, index, row, n;
};

/* A value to be read from the head: answer `ask`, place `at`, from row `row` of the head's input.
 */
struct batch_pick {
    struct plan *plan;
    int row, ask, at, token;
};

struct batch_views {
    struct span_view *view;
    int n, max;
};

/* Rows of backend memory to be copied, or to be the head's input. */
struct batch_rows {
    const float **from;
    float **to; /* of copies */
    int n, max;
};

struct batch {
    struct arena arena;
    int rows_max;
    unsigned turn;        /* counts chunks, from 0 again after the last */
    const double *weight; /* of each plan in the next chunk, NULL = alike; borrowed */
    int rows, n_runs, n_read;
    int32_t *tok, *pos, *from, *read_pos;
    struct batch_run *run; /* at most rows_max */
    struct batch_views views, read_views;
    struct batch_rows save, head;
    struct batch_pick *pick;
    int n_picks, picks_max;
};

enum status batch_open(struct batch *b, int rows_max, struct err *e) MUST_CHECK;
void batch_close(struct batch *b); /* also of one that is all zeros */

enum status batch_views_room(struct batch_views *v, int more, struct err *e) MUST_CHECK;
enum status batch_pick(struct batch *b, struct batch_pick k, struct err *e) MUST_CHECK;
/* A row of the head's input; *row: its number. */
enum status batch_head_row(struct batch *b, const float *from, int *row, struct err *e) MUST_CHECK;
/* Copies a vector; there is room for one per run and read row. */
void batch_save(struct batch *b, float *to, const float *from);

#endif
