/* The thread that runs experiments beside the page: one cell after the other. A person's ranking
 * goes first: no case begins while one waits, and one that runs is given up at its next chunk. */
#ifndef API_LAB_H
#define API_LAB_H

#include "server/api/app.h"
#include "server/eval/experiment.h"

struct lab;

/* Starts the thread; cells that an earlier process left waiting are run. code: what stands for the
 * program in results. */
enum status lab_open(struct lab **out, struct app *app, const char *code, struct err *e) MUST_CHECK;
/* Ends within one chunk. NULL is fine. */
void lab_close(struct lab *l);

/* Any thread: there is something new to run; the experiment of that id is not to be gone on with
 * (it was deleted). */
void lab_wake(struct lab *l);
void lab_drop(struct lab *l, struct view id);
/* The experiment that is being run and how far its cell is; "" when none is. */
struct lab_news {
    char id[EXPERIMENT_ID];
    int cell, done, total; /* cases of the cell */
};
void lab_news(struct lab *l, struct lab_news *out);

#endif
