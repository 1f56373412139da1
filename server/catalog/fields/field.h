/* Typed fields of a catalogue: what its columns mean, found by looking at all of a column. */
#ifndef CATALOG_FIELD_H
#define CATALOG_FIELD_H

#include "server/store/store.h"
#include "server/value/value.h"

enum field_type {
    FIELD_TYPE_TEXT,     /* free text, or names: few values that repeat */
    FIELD_TYPE_NUMBER,   /* may have a unit: of the values, or of the name ("weight_kg") */
    FIELD_TYPE_MONEY,    /* unit: ISO code, "" when none is written anywhere */
    FIELD_TYPE_DATE,     /* Unix seconds [number, until) */
    FIELD_TYPE_DURATION, /* seconds */
    FIELD_TYPE_LIST,     /* several texts an item; the tags are such a field, named "tags" */
    FIELD_TYPE_FLAG,     /* 0 or 1 */
    FIELD_TYPES
};
const char *field_type_name(enum field_type t); /* "number", "money", ... */

enum { FIELD_EXAMPLES = 3, FIELDS_MAX = 200, FIELD_VALUE_BYTES = 160, FIELD_GROUPS = 27 * 27 };

/* One typed column. The stored times of items do not tell how long they are: where all of them fall
 * on a new year they are years, where all fall on a midnight days, else seconds.
 * A value that cannot be read as the column's type is unreadable: NAN (or NULL),
 * counted, and its words stay in the item's text. */
struct field {
    const char *name;  /* as the file has it; the item's own time is "time", its tags "tags",
                        * its popularity "popularity" */
    const char *words; /* the name as words: "weight_kg" is "weight", "startDate" "start date" */
    enum field_type type;
    const char *unit; /* of the values: "EUR", "km", or what they count ("bedrooms"), "" when none;
                       * of durations how they are written ("min"): their numbers are seconds */
    int filled;       /* items that have a value */
    int unreadable;   /* of them, that cannot be read as the type */
    int values;       /* different values, counted up to 1000 */
    double lo, hi;    /* range of the readable numbers (dates: of first seconds); NAN: none */
    const char *example[FIELD_EXAMPLES]; /* as written; NULL beyond the last */
    /* (items), one value each; NAN: not there or unreadable. NULL for TEXT and LIST. Numbers are in
     * `unit`, money in its currency, durations in seconds, dates the first second. */
    const double *number;
    /* (items): ends of ranges ("5-10"; a date's stretch, exclusive); NULL: each equals number. */
    const double *until;
    /* (items): as written, NULL where there is none: everywhere for the items' own fields, and for
     * lists that came as such. Never NULL itself. */
    const char *const *text;
    const char *const *const *list; /* (items): n_list[i] texts; NULL unless LIST */
    const int *n_list;              /* (items) */
    /* TEXT and LIST: the different values of at most FIELD_VALUE_BYTES bytes, in groups: those of
     * field_group g are distinct[group[g]] to distinct[group[g + 1] - 1]. Up to a million. */
    const char *const *distinct;
    const int *group; /* (FIELD_GROUPS + 1) */
    int n_distinct;
};

/* A letter a to z of either case as 1 to 26, all else as 0. */
static inline int field_letter(char c) {
    return c >= 'a' && c <= 'z' ? c - 'a' + 1 : c >= 'A' && c <= 'Z' ? c - 'A' + 1 : 0;
}
/* The group of a text by its first two bytes. */
static inline int field_group(const char *text) {
    return field_letter(text[0]) * 27 + (text[0] ? field_letter(text[1]) : 0);
}

#endif
