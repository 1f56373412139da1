/* The different values of a field, in groups by their first letters: which of them a wish names is
 * found without looking at every item. */
#ifndef CATALOG_VALUES_H
#define CATALOG_VALUES_H

#include "kernels/base/arena.h"
#include "server/catalog/fields/field.h"

/* Fills f->distinct, f->n_distinct and f->group of a TEXT or LIST field of n items, whose equal
 * texts share memory; into arena memory. */
enum status values_make(struct field *f, int n, struct arena *a, struct err *e) MUST_CHECK;

#endif
