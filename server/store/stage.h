/* Rows of an import on their way into the store: gathered in a file of their own, without any lock,
 * then moved over in one transaction. Memory does not grow with the number of rows. */
#ifndef STORE_STAGE_H
#define STORE_STAGE_H

#include "server/store/private.h"
#include "server/store/row.h"

struct stage {
    struct store *store;
    struct db db; /* the store's database, the staging file attached to it */
    char path[STORE_PATH + 32];
    long long count[3]; /* rows by import_kind */
};

/* A failed open owes nothing. */
enum status stage_open(struct stage *g, struct store *s, struct err *e) MUST_CHECK;
void stage_close(struct stage *g);

/* Adds a checked row; a repeated id, or one row too many, is a fault. */
enum status stage_add(struct stage *g, enum import_kind kind, const struct row *r, struct fault *f,
                      struct err *e) MUST_CHECK;
/* No more rows come. */
enum status stage_done(struct stage *g, struct err *e) MUST_CHECK;

/* The transaction. Other writers wait from begin to end; end commits when st is ST_OK. */
enum status stage_begin(struct stage *g, struct err *e) MUST_CHECK;
enum status stage_end(struct stage *g, enum status st, struct err *e) MUST_CHECK;

/* Inside it. items: ST_CONFLICT when the catalogue exists and replace is 0. */
enum status stage_items(struct stage *g, struct view catalog, struct view surface, int replace,
                        struct err *e) MUST_CHECK;
enum status stage_members(struct stage *g, struct view catalog, struct err *e) MUST_CHECK;
enum status stage_interactions(struct stage *g, struct view catalog, struct err *e) MUST_CHECK;

/* Interactions with items that the catalogue does not have: how many, and the first of them, to be
 * called inside or outside of the transaction. */
struct stage_missing {
    long line;
    struct shown item;
};
enum status stage_unknown(struct stage *g, struct view catalog, long long *count,
                          struct stage_missing *first, int max, int *n, struct err *e) MUST_CHECK;

#endif
