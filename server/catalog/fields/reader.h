/* How a column's cells are read: decided by looking at the column, then used for every cell.
 * Private to server/catalog. */
#ifndef CATALOG_READER_H
#define CATALOG_READER_H

#include "server/catalog/fields/columns.h"
#include "server/catalog/fields/name.h"

enum { READER_TAIL = 40 };

/* Some texts of a column, evenly spread over it, and room to work on them: too much for a stack. */
enum { READER_SAMPLE = 2000, READER_SEEN = 4096 };
struct scratch {
    struct view cell[READER_SAMPLE];
    int n;
    double value[READER_SAMPLE];
    uint64_t seen[READER_SEEN]; /* hashes */
    struct known {
        const char *text;
        double lo, hi;
        int good;
    } known[READER_SEEN]; /* what text_read answered last, by the texts' addresses */
};
void cells_sample(const struct column *c, int n, struct scratch *out);

struct reader {
    enum field_type type;
    const struct name *name;
    struct scratch *scratch;
    enum number_marks others; /* of the other columns: columns_marks */
    enum number_marks marks;  /* numbers */
    const struct unit *unit;  /* canonical, NULL: none */
    char tail[READER_TAIL];   /* what stands behind every number: "bedrooms", "per year" */
    int time_unit;            /* plain numbers are in `unit` */
    enum date_order order;    /* dates */
    int plain_dates;          /* dates that are written as a number alone count */
    char split;               /* lists: the mark between texts; '[' for lists in brackets */
};

/* What the catalogue's columns say of their numbers' marks: MARKS_COMMA where some begin their
 * decimals with a comma and none with a point, else MARKS_ANY. */
enum number_marks columns_marks(const struct columns *c, struct scratch *s);

/* Each looks at all texts of a column and answers whether it could be of that type. */
int flag_prepare(const struct column *c, int n, struct reader *r);
int date_prepare(const struct column *c, int n, struct reader *r);
int quantity_prepare(const struct column *c, int n, struct reader *r); /* number, money, duration */
int list_prepare(const struct column *c, int n, struct reader *r);

/* One cell as the reader's type: 1 and [*lo, *hi] (a date: [first second, end)), 0 when it cannot
 * be read so. */
int cell_read(const struct reader *r, struct view cell, double *lo, double *hi);

/* The same for a text of the column, equal ones of which are one (pool_keep); remembers answers in
 * the scratch, which must be cleared for another reader by known_clear. */
int text_read(const struct reader *r, const char *text, double *lo, double *hi);
void known_clear(struct scratch *s);

/* The next text of a list in a cell, trimmed; *at moves on. 0 at the end. */
int list_next(const struct reader *r, struct view cell, size_t *at, struct view *out);

#endif
