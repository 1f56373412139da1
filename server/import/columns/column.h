/* A column: what a look at its cells says, and what was decided about it. */
#ifndef IMPORT_COLUMN_H
#define IMPORT_COLUMN_H

#include "server/import/cell/list.h"
#include "server/import/role/role.h"
#include "server/import/source/source.h"
#include "server/value/value.h"

/* Different values, by their hashes, up to a number. Zero-initialised; mem_alloc. */
struct distinct {
    uint64_t *slot;
    size_t cap, n;
    int full; /* there are more than are counted */
};

struct look {
    long long filled, nested, objects; /* objects: of the nested ones, no lists */
    long long numbers, whole, dates, flags, money, durations, urls, words, labels;
    long long bytes, blanks; /* sums over the filled cells */
    long long changes;       /* cells that differ from the one above */
    long long tags, entities, tested,
        hits; /* hits: of those tested, ids of the catalogue's items */
    uint64_t last;
    double lo, hi;
    double above;    /* the lowest but for -1, by which some say that there is no rating */
    long long minus; /* how many are -1 */
    struct marks_count marks;
    struct order_count order;
    struct list_look list;
    struct distinct distinct;
    struct view sample[IMPORT_SAMPLES]; /* in the arena */
    int n_samples;
};

enum column_type {
    TYPE_NOTHING,
    TYPE_TEXT,
    TYPE_NUMBER,
    TYPE_MONEY,
    TYPE_DATE,
    TYPE_DURATION,
    TYPE_LIST,
    TYPE_FLAG
};
const char *column_type_name(enum column_type t);

struct column {
    struct view name;
    struct view words; /* the name in lower case, for profiles: "age" */
    enum role role;
    struct view field; /* of ROLE_FIELD: the name it is kept under */
    int mapped;        /* somebody said so */
    enum column_type type;
    enum list_rule list;
    enum number_marks marks;
    enum date_order order;
    int tags, entities; /* HTML is read as text */
    struct look look;
    long long lost;
    long line[IMPORT_LINES];
    char lost_example[120];
};

/* Looks at one more cell. events: labels of interactions count, too. a: where samples go. */
enum status column_look(struct column *c, const struct cell *cell, int events, struct arena *a,
                        struct err *e) MUST_CHECK;
/* One more number of the column, for its range. */
void look_range(struct look *l, double x);
/* Decides type, list, marks, order and markup from what was seen. */
void column_decide(struct column *c, enum date_order wanted);
void column_close(struct column *c);

/* Counts a value that could not be read. */
void column_lost(struct column *c, long line, const char *why, struct view value);

#endif
