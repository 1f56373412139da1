/* A stored run's JSON text as files that people pass on: CSV for a spreadsheet, HTML for a reader.
 * Needs a large stack (JSON is read by recursion). Know no HTTP; the command line uses them too. */
#ifndef REPORT_EXPORT_H
#define REPORT_EXPORT_H

#include "kernels/base/buf.h"

/* Appends to b, which the caller frees, also after a failure. json is what store_run gives, or the
 * answer of /api/rank. ST_CORRUPT when it is no run, ST_NO_MEMORY when b is full. */
enum status export_csv(struct view json, struct buf *b, struct err *e) MUST_CHECK;

/* One page without scripts that asks for nothing else: every text of a catalogue or a person is
 * escaped, and is set in its own direction. Row n can be linked to as #rank-n. id is the run's, ""
 * for one that was not saved; created is Unix seconds, 0 = not known. */
enum status export_html(struct view json, const char *id, long long created, struct buf *b,
                        struct err *e) MUST_CHECK;

#endif
