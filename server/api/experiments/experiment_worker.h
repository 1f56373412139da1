/* The thread that runs experiments beside the page: one cell after the other. A person's ranking
 * goes first: no case begins while one waits, and one that runs is given up at its next chunk. */
#ifndef API_EXPERIMENT_WORKER_H
#define API_EXPERIMENT_WORKER_H

#include "server/api/kit/app.h"
#include "server/eval/experiment/experiment.h"

struct experiment_worker;

/* Starts the thread; cells that an earlier process left waiting are run. code: what stands for the
 * program in results. */
enum status experiment_worker_open(struct experiment_worker **out, struct app *app,
                                   const char *code, struct err *e) MUST_CHECK;
/* Ends within one chunk. NULL is fine. */
void experiment_worker_close(struct experiment_worker *l);

/* Any thread: there is something new to run; the experiment of that id is not to be gone on with
 * (it was deleted). */
void experiment_worker_wake(struct experiment_worker *l);
void experiment_worker_drop(struct experiment_worker *l, struct view id);
/* The experiment that is being run and how far its cell is; "" when none is. */
struct experiment_news {
    char id[EXPERIMENT_ID];
    int cell, done, total; /* cases of the cell */
};
void experiment_news(struct experiment_worker *l, struct experiment_news *out);

#endif
