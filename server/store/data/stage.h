/* Rows of an import on their way into the store: gathered in a file of their own, without any lock,
 * then moved over in one transaction. Memory does not grow with the number of rows. */
#ifndef STORE_STAGE_H
#define STORE_STAGE_H

#include "server/store/limits.h"
#include "server/store/store.h"
#include "server/store/sql/text.h"

enum stage_kind { STAGE_ITEMS, STAGE_MEMBERS, STAGE_INTERACTIONS, STAGE_KINDS };

/* One finished row; texts are borrowed. What belongs to another kind is ignored. */
struct stage_row {
    long line;
    struct view id; /* items, members */
    /* Items. tags: joined by STORE_TAG_SPLIT; extra: one JSON object's text. */
    struct view title, text, tags, extra;
    int has_popularity, has_time;
    double popularity;
    long long time;
    /* Members: what is not given stays as it was. */
    int has_name, has_profile;
    struct view name, profile;
    /* Interactions. at: 0 where it is not known. */
    struct view member, item;
    int label, has_rating;
    double rating;
    long long at;
};

struct stage;
/* A failed open owes nothing; close(NULL) is fine. */
enum status stage_open(struct stage **out, struct store *s, struct err *e) MUST_CHECK;
void stage_close(struct stage *g);

/* Makes an empty file of that name beside the database, for its owner only, and writes its path.
 * What a kill leaves of it goes with the next store_open; else the caller unlinks it. */
enum status stage_file(struct store *s, char path[STORE_PATH + 32], struct err *e) MUST_CHECK;

/* Adds a row. *repeats: the line of an earlier row with the same id (interactions: the same member,
 * item and time), in whose place nothing was added; 0 when the row was. ST_LIMIT: one row too many.
 */
enum status stage_add(struct stage *g, enum stage_kind kind, const struct stage_row *r,
                      long long *repeats, struct err *e) MUST_CHECK;
long long stage_count(const struct stage *g, enum stage_kind kind);
long long stage_max(enum stage_kind kind);
/* No more rows come. */
enum status stage_done(struct stage *g, struct err *e) MUST_CHECK;

/* The transaction. Other writers wait from begin to end; end commits when st is ST_OK. */
enum status stage_begin(struct stage *g, struct err *e) MUST_CHECK;
enum status stage_end(struct stage *g, enum status st, struct err *e) MUST_CHECK;

/* A catalogue in the making. surface "": that of the one it replaces, else "generic"; the names as
 * in struct catalog, cut to STORE_COLUMN_MAX bytes. */
struct stage_catalog {
    struct view name, surface, time_name, popularity_name;
};

/* Inside it. items: ST_CONFLICT when the catalogue exists and replace is 0. *dropped: interactions
 * whose item did not come again.
 */
enum status stage_items(struct stage *g, const struct stage_catalog *c, int replace,
                        long long *dropped, struct err *e) MUST_CHECK;
/* How many interactions stage_items would drop, for a look without storing. */
enum status stage_would_drop(struct stage *g, struct view catalog, long long *dropped,
                             struct err *e) MUST_CHECK;
enum status stage_members(struct stage *g, struct view catalog, struct err *e) MUST_CHECK;
enum status stage_interactions(struct stage *g, struct view catalog, struct err *e) MUST_CHECK;

/* Whether the stored catalogue has an item of that id. */
enum status stage_has_item(struct stage *g, struct view catalog, struct view id, int *yes,
                           struct err *e) MUST_CHECK;

/* Interactions with items that the catalogue does not have: how many, and the first of them, to be
 * called inside or outside of the transaction. */
struct stage_missing {
    long line;
    struct shown item;
};
enum status stage_unknown(struct stage *g, struct view catalog, long long *count,
                          struct stage_missing *first, int max, int *n, struct err *e) MUST_CHECK;

#endif
