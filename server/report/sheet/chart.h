/* Charts of a sheet as inline SVG, drawn by CSS classes of the page around them. */
#ifndef REPORT_CHART_H
#define REPORT_CHART_H

#include "server/report/sheet/sheet.h"

#include "kernels/base/buf.h"

/* One group: a row per method with its mean and interval; chance and popularity as lines. */
void chart_dots(struct buf *b, const struct sheet *s, int group, int metric, double *tmp);

/* The groups of a panel along their axis, a line per method; with gap the reference minus each
 * baseline, with intervals and the line of no difference. Followed by a legend. */
void chart_lines(struct buf *b, const struct sheet *s, const char *panel, int metric, int gap,
                 double *tmp);

/* Methods that are models of their own: a group's mean over the milliseconds per item, on a
 * logarithmic axis, the dot's area by their parameters; with the best baseline as a line. Nothing
 * when there are fewer than two. */
void chart_sizes(struct buf *b, const struct sheet *s, int group, int metric, double *tmp);

/* Text with what HTML needs escaped. */
void chart_escape(struct buf *b, const char *text);

#endif
