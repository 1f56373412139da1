/* CSV by RFC 4180 that no spreadsheet takes for formulas. */
#ifndef REPORT_CSV_OUT_H
#define REPORT_CSV_OUT_H

#include "kernels/base/buf.h"

/* Appends a cell, with a comma before it unless it begins a row. Text that a spreadsheet could run
 * (it begins with = + - @, also full-width, TAB, CR or LF and is no number) gets a ' in front. */
void csv_out_cell(struct buf *b, struct view v);
void csv_out_row_end(struct buf *b);

#endif
