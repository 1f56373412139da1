/* What a column is to us, and what its name says about that. */
#ifndef IMPORT_ROLE_H
#define IMPORT_ROLE_H

#include "server/import/import.h"

enum role {
    ROLE_ID,
    ROLE_TITLE,
    ROLE_TEXT,
    ROLE_TAGS,
    ROLE_POPULARITY,
    ROLE_TIME,
    ROLE_NAME,
    ROLE_PROFILE,
    ROLE_MEMBER,
    ROLE_ITEM,
    ROLE_LABEL,
    ROLE_RATING,
    ROLE_AT,
    ROLE_COUNT,
    ROLE_FIELD, /* none of ours: items keep it */
    ROLE_NONE   /* left out */
};
const char *role_name(enum role r); /* "id", ..., "field", "" */
/* A role of that kind of rows by its own name, any case; ROLE_COUNT when there is none. */
enum role role_named(struct view name, enum import_kind kind);
/* Whether rows of that kind can have the role. */
int role_of_kind(enum role r, enum import_kind kind);
/* Roles that several columns may share: their texts are joined. */
int role_joins(enum role r);

/* How well a column's name fits a role: 0 not at all, else the smaller the better. Own names come
 * first (ROLE_OWN), then the usual ones in their order (below ROLE_NEAR: tags by another word),
 * those that are less sure (from ROLE_WEAK), and names that end in one ("movie_title", from
 * ROLE_ENDS). Any case, with any marks between
 * words; camelCase is cut. */
enum { ROLE_OWN = 1, ROLE_NEAR = 10, ROLE_WEAK = 1000, ROLE_ENDS = 2000 };
int role_fit(struct view name, enum role r, enum import_kind kind);
/* Whether the name is one that columns usually have, ours or not ("price"). */
int role_known(struct view name, enum import_kind kind);

/* RecBole writes item_id:token. Cuts that off; *sequence: token_seq. 1 when it was there. */
int role_cut_type(struct view *name, int *sequence);

/* The synonyms (role_table.c), in the order of preference, ended by a NULL name. */
struct role_synonym {
    enum role role;
    int kinds; /* bits 1 << import_kind */
    int weak;
    const char *names; /* separated by blanks, without marks between their words */
};
extern const struct role_synonym role_table[];

#endif
