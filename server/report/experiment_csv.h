/* An experiment's cells as one CSV table, a line per cell. */
#ifndef REPORT_EXPERIMENT_CSV_H
#define REPORT_EXPERIMENT_CSV_H

#include "server/store/store.h"

#include "kernels/base/buf.h"

/* Settings, state, and each metric's mean and interval, beside popularity's and chance's mean. */
void experiment_csv(struct buf *b, const struct experiment_cell *cell, int n);

#endif
