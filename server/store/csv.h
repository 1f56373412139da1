/* CSV by RFC 4180, row by row: quotes, newlines in cells, CRLF, LF and CR. Knows nothing of what
 * the cells mean. */
#ifndef STORE_CSV_H
#define STORE_CSV_H

#include "model/base/buf.h"
#include "server/store/input.h"

enum { CSV_CELLS = 1000 };

enum csv_fault {
    CSV_GOOD,
    CSV_TOO_LONG, /* over INPUT_ROW_MAX bytes */
    CSV_TOO_MANY, /* over CSV_CELLS cells */
    CSV_AFTER,    /* text after a closing quote */
    CSV_UNCLOSED, /* the input ends inside quotes */
};

struct csv {
    struct input *in;
    char delim;
    int quotes; /* 0: a quote is a character like any other */
    long line;  /* of the next byte */
    /* The current row. */
    long row_line;
    enum csv_fault fault;
    struct buf text;
    int n, quoted; /* cells; whether any was quoted */
    size_t end[CSV_CELLS];
};

/* Guesses the delimiter from the first line in the buffer. */
void csv_open(struct csv *c, struct input *in);
void csv_close(struct csv *c);

/* Reads the next row that is not an empty line; *got = 0 at the end. A row with a fault is read to
 * its end, its cells are not to be used. Failures of the reader and of memory are returned. */
enum status csv_next(struct csv *c, int *got, struct err *e) MUST_CHECK;
/* Cell i of the row, borrowed until the next. */
struct view csv_cell(const struct csv *c, int i);

const char *csv_fault_text(enum csv_fault f);

#endif
