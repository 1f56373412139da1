/* Readers of import rows: the header and cells of CSV, the objects of JSONL. */
#ifndef STORE_READER_H
#define STORE_READER_H

#include "server/store/csv.h"
#include "server/store/row.h"

struct csv_rows {
    const struct import_config *config;
    struct csv csv;
    int n;                       /* columns */
    enum field field[CSV_CELLS]; /* of each column */
    struct view
        name[CSV_CELLS]; /* of each column, after the mapping; points into header or the mapping */
    char tag_split;      /* '|', or ' ' for RecBole's token_seq */
    struct buf header;
};
/* Reads the header. ST_BAD_INPUT with line 1 when there is none, a required column is missing, or a
 * column is there twice. */
enum status csv_rows_open(struct csv_rows *c, const struct import_config *config, struct input *in,
                          struct err *e) MUST_CHECK;
void csv_rows_close(struct csv_rows *c);
/* The next row; *got = 0 at the end. *too_long: the row was over 1 MiB. */
enum status csv_rows_next(struct csv_rows *c, struct row *r, struct fault *f, int *too_long,
                          int *got, struct err *e) MUST_CHECK;

struct jsonl {
    const struct import_config *config;
    struct input *in;
    long line;
    struct buf text;
    struct json_t *tree; /* of the current row */
};
void jsonl_open(struct jsonl *j, const struct import_config *config, struct input *in);
void jsonl_close(struct jsonl *j);
enum status jsonl_next(struct jsonl *j, struct row *r, struct fault *f, int *too_long, int *got,
                       struct err *e) MUST_CHECK;

/* A fault when the bytes are not UTF-8 text. */
void reader_check_text(struct view v, struct fault *f);

#endif
