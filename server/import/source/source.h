/* Rows of a file, whatever its format: each is cells under numbered columns. */
#ifndef IMPORT_SOURCE_H
#define IMPORT_SOURCE_H

#include "kernels/base/buf.h"
#include "server/import/source/dialect.h"
#include "server/import/source/json.h"
#include "server/import/file/spool.h"

enum cell_kind {
    CELL_NONE, /* not there, or null */
    CELL_TEXT,
    CELL_NUMBER, /* JSON's numbers and flags: text is as written */
    CELL_FLAG,
    CELL_NESTED /* a JSON list or object: text is as written */
};
struct cell {
    enum cell_kind kind;
    struct view text; /* borrowed until the next row */
    struct view raw;  /* JSON: as written */
};

/* What is wrong with a row, for a person; empty text = nothing. Only the first fault is kept. */
struct fault {
    char text[200];
    int damage; /* of the file rather than of this row: lines that a quote took, an end that lacks
                 */
};
void fault_set(struct fault *f, const char *fmt, ...) PRINTF(2, 3);
/* The same of damage. */
void fault_damage(struct fault *f, const char *fmt, ...) PRINTF(2, 3);

enum source_format { SOURCE_CSV, SOURCE_JSONL, SOURCE_JSON, SOURCE_XML };

struct source {
    const struct import_config *config;
    struct spool *spool;
    struct arena *arena; /* of the names */
    enum source_format format;
    struct dialect_found dialect;
    struct csv csv;
    struct json_reader json;
    long *feed_line; /* of XML: the line of each row; mem_alloc */
    size_t n_feed, n_read;
    /* Columns: all of them before the first row of separated text, as they appear in JSON. */
    struct view name[IMPORT_COLUMNS];
    int typed[IMPORT_COLUMNS]; /* RecBole's :token_seq, parts by spaces */
    int n, recbole;
    struct view header; /* the header's bytes */
    /* The current row. */
    long line;
    size_t byte;
    int too_long;
    int cut; /* at the end: a list or object is not closed, a part of the file is missing */
    struct cell cell[IMPORT_COLUMNS]; /* (n), CELL_NONE where it has nothing */
};

/* Looks at the beginning and reads the header. ST_BAD_INPUT for what holds no rows. A failed open
 * owes nothing. */
enum status source_open(struct source *s, struct spool *spool, const struct import_config *c,
                        struct arena *a, struct err *e) MUST_CHECK;
void source_close(struct source *s);
/* Back to before the first row. */
void source_rewind(struct source *s);
/* The next row; *got = 0 at the end. A row with a fault has no cells. */
enum status source_next(struct source *s, struct fault *f, int *got, struct err *e) MUST_CHECK;

const char *source_format_name(enum source_format f);

#endif
