/* RSS, Atom and other lists in XML (products, offers, jobs), as rows of JSON. */
#ifndef IMPORT_FEED_H
#define IMPORT_FEED_H

#include "server/import/file/spool.h"

/* Puts one JSON object a line in the place of the XML: an item's elements by their names, those
 * that come twice as lists. *line (n): where each item begins in the XML; mem_alloc, the caller
 * frees it. ST_BAD_INPUT for what is no XML (a page of HTML, named), or holds no items. */
enum status feed_read(struct spool *s, long **line, size_t *n, struct err *e) MUST_CHECK;

#endif
