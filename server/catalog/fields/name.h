/* What a column's name says about its values. Private to server/catalog. */
#ifndef CATALOG_NAME_H
#define CATALOG_NAME_H

#include "server/value/value.h"

enum { NAME_BYTES = 100 };

enum name_hint {
    NAME_ID = 1,       /* identifies: id, zip, isbn, phone */
    NAME_MONEY = 2,    /* price, Preis, loyer */
    NAME_DATE = 4,     /* starts, created_at, Datum */
    NAME_YEAR = 8,     /* a year alone may stand there: year, released, año */
    NAME_RUNTIME = 16, /* in minutes where only a number is written */
    NAME_COUNT = 32,   /* counts or rates something: 0 and 1 are no flags */
    NAME_LIST = 64     /* several values: genres, ingredients */
};

struct name {
    char words[NAME_BYTES];  /* "start date", without the unit */
    const struct unit *unit; /* "weight_kg", "distance (km)"; NULL: none */
    unsigned hints;
};

/* The words of a column's name: startDate, start_date, "Start date (UTC)". To add a hint, add a
 * word to a list in name.c. */
void name_read(struct view name, struct name *out);

#endif
