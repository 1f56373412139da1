/* What rows are made of: one cell, or the columns of one role, read into a value. What cannot be
 * read is counted at its column. */
#ifndef IMPORT_ROW_PARTS_H
#define IMPORT_ROW_PARTS_H

#include "server/import/rows/rows.h"

/* The column's cell; one that is not there for column -1 or beyond the row's columns. */
const struct cell *row_cell(const struct source *s, int column);
/* A cell's text without blanks; what says that nothing is there is nothing. */
struct view row_value(const struct cell *c);
int row_has_control(struct view v);

/* A cell as text into b: lists joined, HTML read. */
void row_text(struct rows *r, const struct column *c, const struct cell *cell, struct buf *b);
/* All columns of a role that joins; one that repeats what is there already says nothing. */
void row_join(struct rows *r, const struct source *s, enum role role, struct buf *b);
/* Into r->tags. */
void row_tags(struct rows *r, const struct source *s);

/* A number however it is written: "4/5", "10,000+", "12,450 ratings", "$1.2k". */
int row_number(const struct column *c, struct view v, double *out);
/* Into r->out. */
void row_popularity(struct rows *r, const struct source *s);
/* The time of that role's column; 0 where there is none. */
int row_time(struct rows *r, const struct source *s, enum role role, long long *out);

#endif
