/* What the store's files share: the store itself, its connections, items read from rows. */
#ifndef STORE_PRIVATE_H
#define STORE_PRIVATE_H

#include "server/store/sql/db.h"
#include "server/store/limits.h"
#include "server/store/store.h"
#include "server/store/sql/text.h"

#include <pthread.h>

enum { STORE_READERS = 4, STORE_WORDS_COUNTED = 1024 };

/* How many rows of a version of a catalogue have a word (search_score.c). */
struct word_count {
    long long catalog, version;
    unsigned long long key; /* the word's hash */
    long long rows;
};

/* One writing connection; every writer, an import's final step included, holds `write`. Readers
 * borrow one of a few connections, each call in a transaction of its own, so that it sees one
 * state and, by WAL, waits for no writer. */
struct store {
    char folder[STORE_PATH], path[STORE_PATH];
    int lock;
    pthread_mutex_t write, pool;
    pthread_cond_t freed;
    struct db writer, reader[STORE_READERS];
    int taken[STORE_READERS];
    unsigned imports;                               /* names of staging files; guarded by pool */
    struct word_count counted[STORE_WORDS_COUNTED]; /* by the hash; guarded by pool */
};

/* Makes a file that only its owner may read, before SQLite would make it by the umask; the files
 * that SQLite puts beside it follow its mode. An existing file stays as it is. */
enum status store_private_file(const char *path, struct err *e) MUST_CHECK;

/* db_open, with the SQL functions that search indexes are made and read with. */
enum status store_connect(struct db *d, const char *path, struct err *e) MUST_CHECK;

/* Removes a database's file and what SQLite puts beside it, which stays after a full disk. */
void store_remove_files(const char *path);

enum status store_read_begin(struct store *s, struct db **d, struct err *e) MUST_CHECK;
enum status store_read_end(struct store *s, struct db *d, enum status st, struct err *e) MUST_CHECK;
enum status store_write_begin(struct store *s, struct db **d, struct err *e) MUST_CHECK;
/* Waits STORE_SOON_MS at most: ST_BUSY. */
enum status store_write_soon(struct store *s, struct db **d, struct err *e) MUST_CHECK;
enum status store_write_end(struct store *s, struct db *d, enum status st,
                            struct err *e) MUST_CHECK;
/* One DELETE with the name as its ?1, in a transaction of its own; *gone tells whether a row went.
 */
enum status store_delete(struct store *s, const char *sql, struct view name, int *gone,
                         struct err *e) MUST_CHECK;

/* Brings an opened database to the newest schema, or refuses it. */
enum status schema_migrate(struct db *d, struct err *e) MUST_CHECK;
/* Numbers that nothing may be taken from anybody's word for: the next rows of tables and the
 * counter of versions, set where they are out of their range. */
enum status schema_mend(struct db *d, struct err *e) MUST_CHECK;
/* The next row of each table that counts on, behind all of its rows and all that were before. */
enum status schema_set_sequences(struct db *d, struct err *e) MUST_CHECK;
enum { SCHEMA_APPLICATION = 0x54415052 }; /* "TAPR", the databases' application_id */
long long schema_newest(void);
/* Attaches an empty database of that version, in memory, as `plain`. */
enum status schema_attach_plain(struct db *d, long long version, struct err *e) MUST_CHECK;

/* A catalogue's own number and counts. ST_NOT_FOUND names it. */
struct catalog_row {
    long long row, items, interactions;
    int has_popularity;
    long long version;
};
enum status catalog_find(struct db *d, struct view name, struct catalog_row *out,
                         struct err *e) MUST_CHECK;
/* Marks a catalogue as changed and brings its counts up to date. */
enum status catalog_touch(struct db *d, long long row, struct err *e) MUST_CHECK;
/* Removes a catalogue with everything in it. */
enum status catalog_drop(struct db *d, long long row, struct err *e) MUST_CHECK;

/* The columns of catalog_item, to follow SELECT. */
#define ITEM_COLUMNS "i.row, i.id, i.title, i.text, i.tags, i.popularity, i.time, i.extra"
enum status catalog_item(sqlite3_stmt *st, struct arena *a, struct item *out,
                         struct err *e) MUST_CHECK;

/* Makes a catalogue's full-text index from its stored items; drops it. */
enum status search_build(struct db *d, long long catalog, struct err *e) MUST_CHECK;
enum status search_upgrade(struct db *d, struct err *e) MUST_CHECK; /* makes those of old form */
enum status search_drop(struct db *d, long long catalog, struct err *e) MUST_CHECK;

#endif
