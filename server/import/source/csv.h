/* Separated text, row by row, over bytes in memory: quotes as RFC 4180 has them where the dialect
 * has quotes, newlines in cells, CRLF, LF and CR. Knows nothing of what the cells mean. */
#ifndef IMPORT_CSV_H
#define IMPORT_CSV_H

#include "kernels/base/buf.h"
#include "server/import/import.h"
#include "server/import/file/spool.h"

enum {
    CSV_CELLS = IMPORT_COLUMNS,
    CSV_ROW_MAX = 1 << 20, /* bytes of a row */
    CSV_SPAN = 20          /* lines that a quoted cell may go over */
};

struct dialect {
    char separator[3]; /* one or two bytes */
    int quotes;        /* 0: a quote is a character like any other */
    int escapes;       /* 1: a quote inside a quoted cell is written \" */
};

enum csv_fault {
    CSV_GOOD,
    CSV_TOO_LONG, /* over CSV_ROW_MAX bytes */
    CSV_TOO_MANY, /* over CSV_CELLS cells */
    CSV_AFTER,    /* text after a closing quote */
    CSV_UNCLOSED, /* the input ends inside quotes */
    CSV_SPANS,    /* a quoted cell goes over more than CSV_SPAN lines */
    CSV_SWALLOWS, /* a quoted cell holds what look like rows */
};

struct csv {
    struct view text;
    struct spool *spool; /* that text is of, or NULL */
    struct dialect dialect;
    size_t at;
    long line; /* of text.p[at] */
    /* The current row. */
    size_t row_at;
    long row_line;
    enum csv_fault fault;
    long lines;                  /* line ends inside its quotes, also where a fault cut it */
    int n, quoted;               /* cells; whether any was quoted */
    struct view cell[CSV_CELLS]; /* point into text or plain */
    char *plain; /* cells whose doubled quotes were made one; mem_alloc, CSV_ROW_MAX */
    size_t n_plain;
};

enum status csv_open(struct csv *c, struct view text, const struct dialect *d,
                     struct err *e) MUST_CHECK;
void csv_close(struct csv *c);
/* Goes to a byte that begins a line. */
void csv_seek(struct csv *c, size_t at, long line);

/* Reads the next row that is not an empty line; 0 at the end. A row with a fault is read to its
 * end, its cells are not to be used; where quotes are at fault, its end is that of its first line,
 * so that nothing behind it is lost. */
int csv_next(struct csv *c);
/* Ends the current row at its first line after all. */
void csv_end_at_line(struct csv *c);

/* What is wrong, for a person. */
const char *csv_fault_text(enum csv_fault f);

#endif
