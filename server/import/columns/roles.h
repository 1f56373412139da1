/* What the files of roles share. Private to server/import/columns. */
#ifndef IMPORT_ROLES_H
#define IMPORT_ROLES_H

#include "server/import/columns/layout.h"

/* Whether part is at least percent of all; sum / n, 0 of nothing. */
int role_share(long long part, long long all, int percent);
double role_mean(long long sum, long long n);

/* A column without a role, that nobody said anything about. */
int role_is_free(const struct column *c);
int role_taken(const struct layout *p, enum role r);
/* Whether the file gave the column no name. */
int role_nameless(const struct column *c, const struct source *s);

/* Whether a column's values can be ids; sure: 2 for our own name, 1 for a usual one where no other
 * column is without repeats, 0 by the values alone. */
int role_fits_id(const struct layout *p, const struct column *c, int sure);
/* Gives a role by name. Roles that join take all columns with a usual name; where one has our own
 * name and says something, only genres and categories join its tags. */
void role_by_name(struct layout *p, enum role r);
/* An id by its usual name although a few rows repeat it, or lack it. */
void role_id_by_name(struct layout *p);
/* ST_BAD_INPUT: no column is `name`; the message lists the columns. */
enum status role_lacks(const struct layout *p, const char *name, struct err *e);

/* All roles of a kind of rows, what was said about a column apart. */
enum status roles_of_items(struct layout *p, const struct source *s, struct err *e) MUST_CHECK;
void roles_of_members(struct layout *p, const struct source *s);
enum status roles_of_events(struct layout *p, const struct source *s, struct err *e) MUST_CHECK;

#endif
