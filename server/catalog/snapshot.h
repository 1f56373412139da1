/* One version of a catalogue in memory: immutable, shared by counted references. Whoever ranks
 * takes one and gives it back; a newer version does not disturb it. Nothing here reads SQLite or
 * parses JSON again. */
#ifndef CATALOG_SNAPSHOT_H
#define CATALOG_SNAPSHOT_H

#include "server/catalog/fields/field.h"

#include <pthread.h>

enum { SNAPSHOT_ITEMS_MAX = 1000000, SNAPSHOT_SAMPLE = 32 };

struct snapshot {
    struct catalog catalog;  /* name, surface, counts, version */
    const struct item *item; /* (n): catalogue order, rising rowids */
    int n;
    const struct field *field; /* (n_fields): "tags", "time", "popularity" where any item has one,
                                * then the further fields in the order of their first appearance */
    int n_fields;
    const double *popularity; /* (n): the items' own, else counts of interactions */
    int has_popularity;
    const double *time; /* (n): Unix seconds, NAN where an item has none; NULL: none has any */
    const int *by_popularity; /* (n): places, most popular first, ties by place */
    const int *sample; /* (n_sample): places of the fixed sample, the same for every request */
    int n_sample;
    const char *const *tag; /* (n_tags): different tags of the catalogue, most used first */
    int n_tags;
    size_t bytes; /* that it holds */
};

/* Place of an item by its id or rowid, -1 when it is not there. Constant or logarithmic time. */
int snapshot_find(const struct snapshot *s, struct view id);
int snapshot_find_row(const struct snapshot *s, long long row);
/* Place of a field by its name (any case), -1 when there is none. */
int snapshot_field(const struct snapshot *s, struct view name);

/* Makes a snapshot of n items (deep copies; their `extra` is parsed once). popularity (n): counts
 * of interactions, for items without their own; NULL: none. For tests, and what the cache does with
 * the store's rows. Free with snapshot_free. ST_LIMIT, ST_NO_MEMORY. */
enum status snapshot_make(struct snapshot **out, const struct catalog *c, const struct item *item,
                          int n, const double *popularity, struct err *e) MUST_CHECK;
void snapshot_free(struct snapshot *s);

/* The snapshots that are held: the newest version of the catalogues used last. Any thread. */
struct snapshots;
enum status snapshots_open(struct snapshots **out, struct store *s, struct err *e) MUST_CHECK;
void snapshots_close(struct snapshots *c); /* nobody holds one any more */
/* The catalogue as it is now. ST_NOT_FOUND, ST_LIMIT (more than SNAPSHOT_ITEMS_MAX items). Give it
 * back with snapshots_give (NULL is fine). Loading happens once per version, outside all locks that
 * others need. */
enum status snapshots_take(struct snapshots *c, struct view catalog, const struct snapshot **out,
                           struct err *e) MUST_CHECK;
void snapshots_give(struct snapshots *c, const struct snapshot *s);
/* How often a catalogue was loaded. */
long long snapshots_loads(struct snapshots *c);

/* A typed field of one item in words for a prompt, "Price: 38 euros", "Starts: Friday 12 December
 * 2026, 20:00", "Bedrooms: 3", "Vegan: yes", written to out[size] with a NUL and cut at a whole
 * character where it does not fit; the bytes written, 0 when the item has no value. What cannot be
 * read as the type stands as it was written. */
size_t field_words(const struct snapshot *s, int field, int item, char *out, size_t size);

#endif
