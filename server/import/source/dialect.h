/* How a separated text is written: its separator, whether it has quotes, what stands before its
 * header, whether it has one. */
#ifndef IMPORT_DIALECT_H
#define IMPORT_DIALECT_H

#include "server/import/source/csv.h"

struct dialect_found {
    struct dialect dialect;
    size_t at; /* of the first row: the header, if there is one */
    long line;
    int header;
    int skipped; /* lines before it that are no rows: comments, a heading */
    int columns; /* of the first row */
};
/* Judges by the beginning of the text. separator and header as in import_config; ST_INVALID names
 * what is wrong with them. csv: scratch. */
enum status dialect_find(struct view text, struct csv *csv, const struct import_config *c,
                         struct dialect_found *out, struct err *e) MUST_CHECK;

/* "comma", "semicolon", "tab", "pipe", "colons", or the separator itself. */
const char *dialect_name(const struct dialect *d);

#endif
