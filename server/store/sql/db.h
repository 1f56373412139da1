/* One SQLite connection and its prepared statements. Private to server/store; not thread-safe. */
#ifndef STORE_DB_H
#define STORE_DB_H

#include "kernels/base/arena.h"
#include "kernels/base/view.h"

#include <sqlite3.h>

enum { DB_STATEMENTS = 64, DB_BUSY_MS = 10000 }; /* how long SQLite waits for another process */

struct db {
    sqlite3 *h;
    struct db_statement {
        const char *sql; /* the literal's address is the key */
        sqlite3_stmt *st;
    } cache[DB_STATEMENTS]; /* what was used last stands last; the first makes room */
    int n;
};

/* Opens path (created when missing) with the project's settings. A failed open owes nothing. */
enum status db_open(struct db *d, const char *path, struct err *e) MUST_CHECK;
void db_close(struct db *d);
/* Statements of all connections, those that run now too, end with ST_CANCELLED from here on. */
void db_give_up(void);

/* What SQLite says, as a status and a text for a person. */
enum status db_fail(struct db *d, int rc, struct err *e);

/* Runs statements that return nothing; sql never holds a person's text. */
enum status db_exec(struct db *d, const char *sql, struct err *e) MUST_CHECK;

/* A statement ready to be bound, kept for later calls until DB_STATEMENTS others were asked for.
 * sql must be a literal. */
enum status db_prep(struct db *d, const char *sql, sqlite3_stmt **st, struct err *e) MUST_CHECK;
/* A statement that names a table made at run time; the caller finalizes it. */
enum status db_prep_once(struct db *d, const char *sql, sqlite3_stmt **st,
                         struct err *e) MUST_CHECK;

/* Text is not copied: it must live until the statement is reset. */
void db_bind_text(sqlite3_stmt *st, int i, struct view v);
void db_bind_int(sqlite3_stmt *st, int i, long long x);
void db_bind_real(sqlite3_stmt *st, int i, double x);
void db_bind_null(sqlite3_stmt *st, int i);

/* One step: *row tells whether a row is there. At the end and on failure the statement is reset. */
enum status db_step(struct db *d, sqlite3_stmt *st, int *row, struct err *e) MUST_CHECK;
/* For statements without rows. */
enum status db_run(struct db *d, sqlite3_stmt *st, struct err *e) MUST_CHECK;
/* The first column of the only row as a number; 0 when there is none. */
enum status db_number(struct db *d, sqlite3_stmt *st, long long *out, struct err *e) MUST_CHECK;
/* The same of a statement that is not kept. */
enum status db_number_once(struct db *d, const char *sql, long long *out, struct err *e) MUST_CHECK;

/* A column's text: borrowed until the next step, or copied into an arena. */
/* A column's number, 0 where it is no finite one. */
double db_real(sqlite3_stmt *st, int col);
struct view db_view(sqlite3_stmt *st, int col);
enum status db_copy(sqlite3_stmt *st, int col, struct arena *a, const char **out,
                    struct err *e) MUST_CHECK;

/* Ends a transaction: commit when st is ST_OK, else roll back. Returns the first failure. */
enum status db_end(struct db *d, enum status st, struct err *e) MUST_CHECK;

enum status db_no_memory(struct err *e);

#endif
