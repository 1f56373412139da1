/* Further fields of items as columns of texts, before they have types. Private to server/catalog.
 */
#ifndef CATALOG_COLUMNS_H
#define CATALOG_COLUMNS_H

#include "server/catalog/fields/pool.h"
#include "server/catalog/fields/field.h"

/* One key of the items' JSON. A cell is a text, a list of texts, or neither. */
struct column {
    const char *name;
    const char **text;        /* (n_items) */
    const char *const **list; /* (n_items), NULL while no cell is a list */
    int *n_list;              /* (n_items) */
    int n_texts, n_lists;     /* cells of the two kinds */
    int n_flags, n_numbers;   /* of the texts, those that JSON had as such */
};

struct columns {
    struct pool *pool;
    int n_items, n, last; /* last: place of the key that was found last */
    struct column column[FIELDS_MAX];
};

/* Reads one item's JSON object into the columns. What is no object has no fields; keys beyond
 * columns_max are left to the item's text. */
enum status columns_add(struct columns *c, int item, const char *extra, struct err *e) MUST_CHECK;
/* How many columns a catalogue of so many items may have: what fits into memory. */
int columns_max(int n_items);

#endif
