/* What fields are called and what wishes call them, as data: "rated above 4" is about a field named
 * "stars". Plain words, of all languages of the grammar. To add a synonym, add it to its row. */
#ifndef WISH_CONCEPTS_H
#define WISH_CONCEPTS_H

#include "server/value/value.h"

enum {
    CONCEPT_MONEY = 1,
    CONCEPT_DATE = 2,
    CONCEPT_HOLDS = 4, /* people that fit: a bare number is at least so many */
    CONCEPT_EVENT = 8, /* a date in the future */
    CONCEPT_COUNT = 16 /* things that are counted: "a seat under 50" does not count seats */
};
struct concept {
    int flags;
    enum dimension dim; /* what its numbers measure, DIM_NONE: they count */
    const char *fields; /* words in names of fields */
    const char *nouns;  /* words of wishes */
};
extern const struct concept concepts[];
extern const size_t concepts_n;

/* Words of people: a number beside them is no price. */
extern const char concept_people[];

#endif
