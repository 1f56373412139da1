/* Objects of a JSON text, one by one: lines, a list, or a list inside an object. */
#ifndef IMPORT_JSON_H
#define IMPORT_JSON_H

#include "kernels/base/buf.h"
#include "server/import/file/spool.h"

#include <jansson.h>

enum { JSON_ROW_MAX = 1 << 20 };

enum json_form {
    JSON_LINES,  /* one object a line */
    JSON_STREAM, /* objects one after the other, over any lines */
    JSON_LIST,   /* members of a list */
    JSON_NAMED,  /* members of an object, each under a name of its own */
};
struct json_reader {
    struct view text;
    struct spool *spool; /* that text is of, or NULL */
    enum json_form form;
    size_t first; /* of the rows: behind the list's bracket */
    long first_line;
    size_t at;
    long line;
    int ended; /* the list's bracket was closed */
    int cut;   /* the text ended before it */
    /* The current row. */
    struct view row;
    size_t row_at;
    long row_line;
    int damage;        /* a fault: of the text as a whole, not of the row */
    struct view name;  /* JSON_NAMED: the row's, as written, in its quotes */
    json_t *key;       /* and as a string */
    json_t *tree;      /* an object, or NULL */
    struct buf python; /* the row as JSON, where it was written as Python prints it */
    char path[120];    /* where the list is: "data.products", "" when it is the text itself */
};

/* Finds the rows. 0 when the text is no JSON (its first character is neither [ nor {). */
int json_find(struct json_reader *j, struct view text, struct spool *spool);
void json_rewind(struct json_reader *j);
void json_close(struct json_reader *j);

enum json_got { JSON_END, JSON_ROW, JSON_FAULT, JSON_TOO_LONG, JSON_NO_MEMORY };
/* The next row. JSON_FAULT: it is no object or no JSON, why[] says so; what follows it is read. */
enum json_got json_next(struct json_reader *j, char why[200]);

/* The value of the next member of the object whose text is v, in the order of the text; *at starts
 * at 0. Only for text that jansson has accepted; bounded by v in any case. */
struct view json_next_value(struct view v, size_t *at);

#endif
