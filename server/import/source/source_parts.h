/* What source.c and source_json.c share. */
#ifndef IMPORT_SOURCE_PARTS_H
#define IMPORT_SOURCE_PARTS_H

#include "server/import/source/source.h"

/* Adds a column of that name, which no other has. */
enum status source_column(struct source *s, struct view name, struct err *e) MUST_CHECK;
/* The column of that name, -1 for none; hint: where it probably is. */
int source_find(const struct source *s, struct view name, int hint);

/* source_next for what is JSON. */
enum status source_next_json(struct source *s, struct fault *f, int *got, struct err *e) MUST_CHECK;

#endif
