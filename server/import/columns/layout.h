/* What all columns of a file are: looked at in a first pass, decided, corrected. */
#ifndef IMPORT_LAYOUT_H
#define IMPORT_LAYOUT_H

#include "server/import/columns/column.h"
#include "server/import/columns/label.h"

struct layout {
    const struct import_config *config;
    struct arena *arena;
    struct column *column; /* (n); grows with the source's columns */
    int n, cap;
    long long looked;
    int by[ROLE_COUNT]; /* the column of a role, the first where there are several; -1 none */
    int implicit;       /* interactions: every row is a like */
    int year_in_title;  /* items: "(1995)" at the end of titles is the time */
    int has_range;
    int minus_is_none; /* a rating of -1 says that there is none */
    struct label_scale scale;
    /* Items: rows without id (nobody said which column is it) or title (in many of them) get one
     * from what else they say; how many did. */
    int id_may_lack, title_may_lack;
    long long made_ids, made_titles;
    const char *warning[IMPORT_WARNINGS]; /* in the arena */
    int n_warnings;
};

/* Tells whether the catalogue has an item of that id. */
typedef enum status (*layout_has_item)(void *arg, struct view id, int *yes, struct err *e);

/* Reads the source (all of it where ratings need their range), decides, and rewinds it. ST_INVALID
 * (fields map, lists, dates) for corrections that make no sense, ST_BAD_INPUT when interactions
 * have no member or item. A failed make owes nothing. */
enum status layout_make(struct layout *p, struct source *s, struct arena *a, layout_has_item has,
                        void *arg, struct err *e) MUST_CHECK;
void layout_close(struct layout *p);
/* Columns that the source found after the look: further fields. */
enum status layout_grow(struct layout *p, const struct source *s, struct err *e) MUST_CHECK;

void layout_warn(struct layout *p, const char *fmt, ...) PRINTF(2, 3);

/* Gives columns their roles (roles.c). */
enum status layout_roles(struct layout *p, const struct source *s, struct err *e) MUST_CHECK;

#endif
