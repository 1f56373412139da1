/* Imports: JSONL or CSV rows of items, members or interactions, read piece by piece and stored
 * all-or-nothing. */
#ifndef STORE_IMPORT_H
#define STORE_IMPORT_H

#include "server/store/store.h"

enum import_kind { IMPORT_ITEMS, IMPORT_MEMBERS, IMPORT_INTERACTIONS };
enum import_format { IMPORT_JSONL, IMPORT_CSV };
enum { IMPORT_ERRORS = 20 };

struct import_config {
    enum import_kind kind;
    enum import_format format;
    struct view catalog;
    struct view surface; /* items: the surface for a new catalogue, "" = generic */
    int skip_bad; /* 1: bad rows are left out and counted; 0: one bad row and nothing is stored */
    int dry_run;  /* 1: check only, store nothing */
    int replace;  /* items: 1 = an existing catalogue of that name is replaced, 0 = ST_CONFLICT */
    /* Optional column mapping for CSV headers and JSON keys: pairs "theirs" -> "ours", n_map of
     * them. "ours" = "" leaves the column out. */
    const struct view (*map)[2];
    int n_map;
};
/* kept: rows that were stored, or with dry_run would be; 0 when the input was refused. An error
 * without a line (0) is about the whole input. */
struct import_result {
    long long read, kept, rejected;
    int n_errors; /* <= IMPORT_ERRORS, the first ones */
    struct {
        long line;
        char message[200];
    } errors[IMPORT_ERRORS];
    int stored; /* 0 when nothing was committed */
};

/* Next piece of input into p (up to cap bytes), *n = 0 at the end. */
typedef enum status (*import_read)(void *arg, char *p, size_t cap, size_t *n, struct err *e);

/* Rows. Items: id and title are required; text, tags, popularity, time optional; every other field
 * is kept. Replacing a catalogue keeps its members, and their interactions with items whose id is
 * there again. Members: id required; name, profile optional (left as they were when absent); other
 * fields are ignored; a known id is updated. Interactions: member, item and label or rating are
 * required, `at` optional (0 = unknown); a member that is not known is made with an empty profile,
 * an item that is not known is a fault; the same member, item and time replace what was stored.
 * CSV by RFC 4180 with a header; `,`, `;` or TAB, whichever the header has most of; RecBole's
 * `name:type` headers are cut at the colon, and such TAB-separated files know no quotes. Line
 * numbers are physical lines, where the row begins. Rows go to a file of their own beside the
 * database first: rankings and other writers wait only for the last step, not for the reader. */
/* Reads to the end. Rows with faults are counted and described; the status is ST_OK whenever the
 * whole input was read, also when it was refused (result->stored says so). A failing reader, a full
 * disk or a line over 1 MiB without skip_bad rolls everything back and is returned. Items with an
 * id seen before in the same input are faults of their line. */
enum status import_run(struct store *s, const struct import_config *c, import_read read, void *arg,
                       struct import_result *result, struct err *e) MUST_CHECK;

/* MovieLens-100K as RecBole ships it (.item .inter .user in folder): catalogue "movies" on surface
 * "movies". "Usual Suspects, The" becomes "The Usual Suspects"; genres become tags; the year
 * becomes the time; the user's age, occupation become the member's profile. Does nothing when the
 * catalogue exists. */
enum status import_movielens(struct store *s, const char *folder, struct err *e) MUST_CHECK;

#endif
