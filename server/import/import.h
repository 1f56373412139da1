/* Imports: a file of items, members or interactions, whoever wrote it, read in two passes (a look
 * at its columns, then its rows) and stored in one transaction. */
#ifndef IMPORT_IMPORT_H
#define IMPORT_IMPORT_H

#include "server/store/read.h"
#include "server/store/store.h"

enum import_kind { IMPORT_ITEMS, IMPORT_MEMBERS, IMPORT_INTERACTIONS };
/* What the sender says the bytes are. Only a hint: the bytes decide where they are clear. */
enum import_format { IMPORT_JSONL, IMPORT_CSV };
enum {
    IMPORT_ERRORS = 20,
    IMPORT_WARNINGS = 20,
    IMPORT_SAMPLES = 3,
    IMPORT_LINES = 5,
    IMPORT_COLUMNS = 1000
};

struct import_config {
    enum import_kind kind;
    enum import_format format;
    struct view catalog;
    struct view surface; /* items: the surface, "" = that of the catalogue replaced, or generic */
    int strict;          /* 1: one bad row and nothing is stored */
    int skip_bad; /* 1: the good rows are stored, however few they are and whatever the rest is */
    int dry_run;  /* 1: check only, store nothing */
    int replace;  /* items: 1 = an existing catalogue of that name is replaced, 0 = ST_CONFLICT */
    int exact; /* 1: columns are named as ours and values are plain; nothing is guessed; strict */
    /* Corrections of what would be guessed: pairs "theirs" -> "ours", n_map of them. "ours" is a
     * role (id, title, text, tags, popularity, time; name, profile; member, item, label, rating,
     * at), "field" (kept as a further field), "" (left out) or the name that a further field gets.
     * text, tags and profile may be given to several columns; they are joined. */
    const struct view (*map)[2];
    int n_map;
    /* Separators of columns that are lists: "theirs" -> pipe, comma, semicolon, slash, space, ...,
     * or none. */
    const struct view (*lists)[2];
    int n_lists;
    struct view encoding;  /* of the file as iconv names it; "" = found from its bytes */
    struct view separator; /* of columns: comma, semicolon, tab, pipe, colons or the text itself */
    int header;            /* 1: the first line names the columns, 2: it does not, 0: found out */
    struct view dates;     /* dmy or mdy: how dates such as 04/05/2021 are meant; "" = found out */
    int has_like, has_dislike;
    double like_from, dislike_to; /* ratings that are a like from here on, a dislike to here */
    struct arena *arena; /* where the report's columns and texts go; NULL: they are not reported */
};

/* A column of the file, as it was understood. */
struct import_column {
    struct view name;  /* as the file has it, or column_3 */
    const char *role;  /* "title", ..., "field", "" when it is left out */
    struct view field; /* a further field's name in the store */
    const char *type;  /* text, number, money, date, duration, list, flag, nothing */
    const char *list;  /* the separator's name: pipe, comma, ..., literal; "" when it is no list */
    const char *marks; /* numbers: "1,250.00" or "1.250,00" where the column shows it, else "" */
    int markup;        /* HTML, which is read as text */
    long long filled;  /* of the rows looked at, those with a value */
    long long lost;    /* values that could not be read; their rows are kept without them */
    long lines[IMPORT_LINES]; /* the first lines of those, 0 beyond the last */
    const char *lost_example; /* what stood there, and why, for a person */
    struct view sample[IMPORT_SAMPLES];
    int n_samples;
};

/* kept: rows that were stored, or with dry_run would be; 0 when the input was refused.
 * read = good rows + rejected ones. */
struct import_result {
    long long read, kept, rejected;
    struct err refused; /* why nothing may be stored; no text: it may. line 0: the whole input */
    int n_errors;       /* <= IMPORT_ERRORS, the first ones */
    struct {
        long line;
        char message[200];
    } errors[IMPORT_ERRORS]; /* of the rejected rows, by line */
    int stored;              /* 0 when nothing was committed */

    const char *format, *encoding, *separator; /* "csv", "Shift_JIS", "comma"; "" where none */
    int packed, header;                        /* gzip; the first line names the columns */
    long long values_lost;                     /* over all columns; each also counts at its own */
    long long continued; /* lines that go on with the item above them (variants of a product) */
    long long dropped;   /* replace: interactions whose item is not there any more */
    long long looked;    /* rows that the columns were judged by */
    int has_range;       /* ratings: what was seen, and what they count as */
    double lowest, highest, like_from, dislike_to;
    struct import_column *column; /* NULL without an arena */
    int n_columns;
    const char *warning[IMPORT_WARNINGS + 1];
    int n_warnings;
    /* The first good row as it is stored; item.id NULL: there was none, or it is no item. */
    struct item item;
};

/* Formats: JSON lines, a JSON list, an object that holds one; comma-, tab- or otherwise separated
 * text; RSS, Atom and other lists in XML; packed by gzip or not; UTF-8, UTF-16 and what
 * encoding.h finds. Items need a title (or text, whose beginning is then the title); members need
 * an id; interactions a member and an item. Rows without an id get one from their title and text,
 * the same at each import. A value that cannot be read costs the value and is counted; what costs a
 * row is a fault of its line. Replacing a catalogue keeps its surface, members, and their
 * interactions with items whose id is there again. The same member, item and time replace what was
 * stored. Line numbers are physical lines, where the row begins. The input goes to a file beside
 * the database first, rows to a second one: rankings and other writers wait only for the last step,
 * and memory does not grow with the file.
 *
 * Reads to the end. Rows with faults are left out, counted and described, and the others are
 * stored, unless (result->refused says which): no row is good; strict; or, without skip_bad, the
 * file itself is damaged (a quote that swallows lines, bytes that are not of its encoding, JSON
 * that ends too early), or more than one row and more than a tenth of all would be lost. The status
 * is ST_OK whenever the whole input was read, also when it was refused. ST_BAD_INPUT for what
 * cannot be read at all. A failing reader, a full disk or a row over 1 MiB without skip_bad rolls
 * everything back and is returned, ST_LIMIT with the row's byte. */
enum status import_run(struct store *s, const struct import_config *c, import_read read, void *arg,
                       struct import_result *result, struct err *e) MUST_CHECK;

/* MovieLens-100K as RecBole ships it (.item .inter .user in folder): catalogue "movies" on surface
 * "movies". "Usual Suspects, The" becomes "The Usual Suspects"; genres become tags; the year
 * becomes the time; the user's age, occupation become the member's profile. Does nothing when the
 * catalogue exists. */
enum status import_movielens(struct store *s, const char *folder, struct err *e) MUST_CHECK;

#endif
