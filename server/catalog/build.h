/* A snapshot in the making: items one by one, then everything else. Private to server/catalog. */
#ifndef CATALOG_BUILD_H
#define CATALOG_BUILD_H

#include "server/catalog/snapshot.h"

struct build;

/* For a catalogue of n items. ST_LIMIT beyond SNAPSHOT_ITEMS_MAX. */
enum status build_open(struct build **out, const struct catalog *c, long long n,
                       struct err *e) MUST_CHECK;
/* The next item, copied; at most n. */
enum status build_add(struct build *b, const struct item *item, double popularity,
                      struct err *e) MUST_CHECK;
enum status build_finish(struct build *b, struct snapshot **out, struct err *e) MUST_CHECK;
void build_drop(struct build *b); /* also after build_finish; NULL is fine */

#endif
