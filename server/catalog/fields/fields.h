/* Types for a catalogue's columns. Private to server/catalog. */
#ifndef CATALOG_FIELDS_H
#define CATALOG_FIELDS_H

#include "server/catalog/fields/columns.h"

/* Makes fields of the items' own tags, time and popularity and of the columns; into arena memory.
 * of: the catalogue, for what its file called time and popularity. */
enum status fields_make(struct columns *c, const struct item *item, const struct catalog *of,
                        const struct field **out, int *n_fields, struct err *e) MUST_CHECK;

/* Widens a field's range. */
void field_widen(struct field *f, double lo, double hi);
/* Gives money without a currency the one that a column beside it names ("currency": "EUR"). */
void fields_currency(struct field *f, int n_fields, int n_items);

#endif
