/* A catalogue's typed fields as JSON. */
#ifndef API_FIELDS_H
#define API_FIELDS_H

#include "server/api/kit/out.h"
#include "server/catalog/snapshot.h"

/* "fields": a list of {"name","type","unit","filled","unreadable","values","range","examples"};
 * range is [lo, hi] in the unit, dates as ISO text, or null. */
void fields_write(struct buf *b, const struct snapshot *s);

/* The members of an item as it is stored, into an object that is open. */
void item_write(struct buf *b, const struct item *it);

#endif
