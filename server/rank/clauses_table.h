/* The rows of clauses_table.c, for clauses_words.c. */
#ifndef RANK_CLAUSES_TABLE_H
#define RANK_CLAUSES_TABLE_H

#include "server/rank/clauses_words.h"

struct clauses_mark_row {
    enum clauses_mark mark;
    const char *phrase;
};

/* Where a phrase is filler; several may be added. */
enum {
    FILLER_FRONT = 1,    /* at the front of a clause */
    FILLER_BACK = 2,     /* at its back */
    FILLER_ALONE = 4,    /* where it is all of the clause */
    FILLER_UNWANTED = 8, /* at the front of what is unwanted */
    FILLER_CUT = 16,     /* at the back, where a negation follows */
};

struct clauses_filler_row {
    int where;
    const char *phrase;
    double factor; /* for the weight */
};

extern const struct clauses_mark_row clauses_marks[];
extern const size_t clauses_marks_n;
extern const struct clauses_filler_row clauses_fillers[];
extern const size_t clauses_fillers_n;
extern const char *const clauses_wants[], *const clauses_personal[],
                                              *const clauses_tellers[]; /* each ends with NULL */

#endif
