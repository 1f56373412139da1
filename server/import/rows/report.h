/* What an import says about the file: copies of what was found in the caller's arena. */
#ifndef IMPORT_REPORT_H
#define IMPORT_REPORT_H

#include "server/import/rows/faults.h"
#include "server/import/columns/layout.h"

/* Keeps the first good item. Without an arena in the config nothing is kept. */
enum status report_first(struct import_result *r, const struct import_config *c,
                         const struct stage_row *row, struct err *e) MUST_CHECK;
enum status report_make(struct import_result *r, const struct spool *spool, const struct source *s,
                        const struct faults *f, struct layout *p, struct err *e) MUST_CHECK;

#endif
