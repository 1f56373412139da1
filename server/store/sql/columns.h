/* What every column of the database may hold: the one table that a dump is judged by before it is
 * taken over, a database when it is opened, and a test that breaks each column in each way. */
#ifndef STORE_COLUMNS_H
#define STORE_COLUMNS_H

#include "server/store/sql/db.h"

enum form {
    FORM_INT,  /* lo..hi */
    FORM_SIGN, /* -1 or 1 */
    FORM_REAL, /* a finite number, lo..hi */
    FORM_TEXT, /* UTF-8 of lo..hi bytes, as the forms below */
    FORM_ID,   /* without control characters */
    FORM_NAME, /* of what people name: letters, digits, . _ - */
    FORM_TAGS, /* an item's, one behind the other */
    FORM_WORD, /* one of `words` */
    FORM_JSON, /* JSON, not nested too deep and not of too many values, or nothing where lo is 0 */
    FORM_OBJECT, /* the same, an object */
    FORM_FLOATS  /* lo..hi bytes of finite floats */
};

struct column {
    const char *table, *name;
    enum form form;
    int null; /* 1: may be NULL */
    long long lo, hi;
    const char *words; /* "|waiting|done|" */
};

extern const struct column columns[];
extern const int n_columns;
/* Largest row number and counter, far from where counting on would overflow. */
#define COLUMN_ROW_MAX (1ll << 40)

/* Every value of the main database, row by row. ST_INVALID names table, column and row;
 * ST_NO_MEMORY. */
enum status columns_check(struct db *d, struct err *e) MUST_CHECK;
/* The numbers only, by one query a table: the quick check of opening. ST_CORRUPT names table,
 * column and row. */
enum status columns_quick(struct db *d, struct err *e) MUST_CHECK;

#endif
