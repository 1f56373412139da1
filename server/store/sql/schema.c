/* The database's tables, as numbered steps from an empty file to the newest form. */
#include "server/store/sql/columns.h"
#include "server/store/sql/private.h"

#include <stdio.h>

/* Step i takes a database from version i to i + 1. Steps that were ever released are not edited:
 * a change is a new step. */
static const char *const steps[] = {
    /* An item's rowid is never used again (AUTOINCREMENT), so that whatever is cached by it cannot
     * come to mean another item. Interactions are unique per member, time and item: importing the
     * same log twice changes nothing. Runs name their catalogue and outlive it. */
    "CREATE TABLE counter(n INTEGER NOT NULL);"
    "INSERT INTO counter VALUES(0);"
    "CREATE TABLE catalog(row INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,"
    " surface TEXT NOT NULL, created INTEGER NOT NULL, version INTEGER NOT NULL DEFAULT 0,"
    " items INTEGER NOT NULL DEFAULT 0, members INTEGER NOT NULL DEFAULT 0,"
    " interactions INTEGER NOT NULL DEFAULT 0, has_popularity INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE item(row INTEGER PRIMARY KEY AUTOINCREMENT,"
    " catalog INTEGER NOT NULL REFERENCES catalog(row) ON DELETE CASCADE,"
    " id TEXT NOT NULL, title TEXT NOT NULL, text TEXT NOT NULL, tags TEXT NOT NULL,"
    " popularity REAL, time INTEGER, extra TEXT NOT NULL, UNIQUE(catalog, id));"
    "CREATE INDEX item_catalog ON item(catalog);"
    "CREATE TABLE member(row INTEGER PRIMARY KEY AUTOINCREMENT,"
    " catalog INTEGER NOT NULL REFERENCES catalog(row) ON DELETE CASCADE,"
    " id TEXT NOT NULL, name TEXT NOT NULL, profile TEXT NOT NULL, UNIQUE(catalog, id));"
    "CREATE INDEX member_catalog ON member(catalog);"
    "CREATE TABLE interaction(row INTEGER PRIMARY KEY,"
    " member INTEGER NOT NULL REFERENCES member(row) ON DELETE CASCADE,"
    " item INTEGER NOT NULL REFERENCES item(row) ON DELETE CASCADE,"
    " label INTEGER NOT NULL, rating REAL, at INTEGER NOT NULL, UNIQUE(member, at, item));"
    "CREATE INDEX interaction_item ON interaction(item);"
    "CREATE TABLE run(row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, catalog TEXT NOT NULL,"
    " title TEXT NOT NULL, created INTEGER NOT NULL, json TEXT NOT NULL);"
    "CREATE TABLE surface(name TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;",
    /* Finished cases of evaluations. */
    "CREATE TABLE result(key TEXT NOT NULL, name TEXT NOT NULL, created INTEGER NOT NULL,"
    " json TEXT NOT NULL, PRIMARY KEY(key, name)) WITHOUT ROWID;",
    /* Experiments and their cells. */
    "CREATE TABLE experiment(id TEXT PRIMARY KEY, name TEXT NOT NULL, created INTEGER NOT NULL,"
    " spec TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE cell(experiment TEXT NOT NULL REFERENCES experiment(id) ON DELETE CASCADE,"
    " n INTEGER NOT NULL, state TEXT NOT NULL, settings TEXT NOT NULL,"
    " result TEXT NOT NULL DEFAULT '', error TEXT NOT NULL DEFAULT '',"
    " code TEXT NOT NULL DEFAULT '', seconds REAL NOT NULL DEFAULT 0,"
    " finished INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(experiment, n)) WITHOUT ROWID;",
    /* Wishes that stay. */
    "CREATE TABLE preference(row INTEGER PRIMARY KEY AUTOINCREMENT,"
    " catalog INTEGER NOT NULL REFERENCES catalog(row) ON DELETE CASCADE,"
    " member TEXT NOT NULL, text TEXT NOT NULL, sign INTEGER NOT NULL, weight REAL NOT NULL,"
    " active INTEGER NOT NULL, position INTEGER NOT NULL, created INTEGER NOT NULL,"
    " expires INTEGER);"
    "CREATE INDEX preference_catalog ON preference(catalog);",
    /* Vectors of items: the model that made them, by its hash, and the hash of the text. */
    "CREATE TABLE vector(item INTEGER NOT NULL REFERENCES item(row) ON DELETE CASCADE,"
    " model TEXT NOT NULL, text INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY(item, model))"
    " WITHOUT ROWID;",
    /* Fits of scores to interactions, by what they were made with. */
    "CREATE TABLE calibration(catalog INTEGER NOT NULL REFERENCES catalog(row) ON DELETE CASCADE,"
    " key TEXT NOT NULL, created INTEGER NOT NULL, version INTEGER NOT NULL, json TEXT NOT NULL,"
    " PRIMARY KEY(catalog, key)) WITHOUT ROWID;",
    /* Precisions that a measurement chose for a model, by its hash. */
    "CREATE TABLE choice(model TEXT PRIMARY KEY, precision TEXT NOT NULL,"
    " created INTEGER NOT NULL) WITHOUT ROWID;",
    /* Built-in catalogues that the store was given. */
    "CREATE TABLE given(name TEXT PRIMARY KEY, created INTEGER NOT NULL) WITHOUT ROWID;",
    /* Whose runs, preferences and experiments are; '' where nobody signs in. */
    "ALTER TABLE run ADD COLUMN owner TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE run ADD COLUMN shared INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX run_owner ON run(owner);"
    "ALTER TABLE preference ADD COLUMN owner TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE experiment ADD COLUMN owner TEXT NOT NULL DEFAULT '';",
    /* What the file called the columns that became the items' time and popularity; '' unknown. */
    "ALTER TABLE catalog ADD COLUMN time_name TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE catalog ADD COLUMN popularity_name TEXT NOT NULL DEFAULT '';",
    /* What a person says of a run: a name, a comment, that it stands before the others. */
    "ALTER TABLE run ADD COLUMN name TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE run ADD COLUMN comment TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE run ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;",
};

static enum status check_owner(struct db *d, long long *version, struct err *e) {
    long long app, tables;
    TRY(db_number_once(d, "PRAGMA application_id", &app, e));
    TRY(db_number_once(d, "PRAGMA user_version", version, e));
    TRY(db_number_once(d, "SELECT count(*) FROM sqlite_schema", &tables, e));
    if (app != SCHEMA_APPLICATION && (app != 0 || *version != 0 || tables != 0)) {
        enum status st = fail(e, ST_CORRUPT, "taproom.db is another program's database");
        err_hint(e, "choose another data folder with --data");
        return st;
    }
    if (*version > (long long)COUNT(steps)) {
        enum status st = fail(e, ST_UNSUPPORTED,
                              "taproom.db has version %lld and this taproom knows versions up to "
                              "%zu",
                              *version, COUNT(steps));
        err_hint(e, "use the newer taproom that wrote it, or another data folder with --data");
        return st;
    }
    return *version < 0 ? fail(e, ST_CORRUPT, "taproom.db has a negative version") : ST_OK;
}

enum status schema_migrate(struct db *d, struct err *e) {
    long long version;
    TRY(check_owner(d, &version, e));
    for (size_t i = (size_t)version; i < COUNT(steps); i++) {
        char mark[96];
        snprintf(mark, sizeof mark, "PRAGMA application_id=%d; PRAGMA user_version=%zu",
                 SCHEMA_APPLICATION, i + 1);
        TRY(db_exec(d, "BEGIN IMMEDIATE", e));
        enum status st = db_exec(d, steps[i], e);
        if (st == ST_OK) st = db_exec(d, mark, e);
        TRY(db_end(d, st, e));
    }
    return ST_OK;
}

enum status schema_set_sequences(struct db *d, struct err *e) {
    static const char *const tables[] = {"catalog", "item", "member", "preference"};
    for (size_t i = 0; i < COUNT(tables); i++) {
        char sql[320];
        (void)snprintf(sql, sizeof sql,
                       "UPDATE main.sqlite_sequence SET seq = max((SELECT ifnull(max(row), 0) FROM"
                       " main.%s), CASE WHEN typeof(seq) = 'integer' AND seq BETWEEN 0 AND %lld"
                       " THEN seq ELSE 0 END) WHERE name = '%s'",
                       tables[i], COLUMN_ROW_MAX, tables[i]);
        TRY(db_exec(d, sql, e));
    }
    return ST_OK;
}

static enum status mend_counter(struct db *d, struct err *e) {
    char sql[640];
    (void)snprintf(sql, sizeof sql,
                   "UPDATE counter SET n = (SELECT ifnull(max(version), 0) FROM catalog WHERE"
                   " typeof(version) = 'integer' AND version BETWEEN 0 AND %lld)"
                   " WHERE typeof(n) <> 'integer' OR n NOT BETWEEN 0 AND %lld;"
                   "UPDATE catalog SET version = (SELECT n FROM counter) + row WHERE"
                   " typeof(version) <> 'integer' OR version NOT BETWEEN 0 AND %lld;"
                   "UPDATE counter SET n = max(n, (SELECT ifnull(max(version), 0) FROM catalog))",
                   COLUMN_ROW_MAX, COLUMN_ROW_MAX, COLUMN_ROW_MAX);
    return db_exec(d, sql, e);
}

enum status schema_mend(struct db *d, struct err *e) {
    long long bad;
    char sql[400];
    (void)snprintf(sql, sizeof sql,
                   "SELECT (SELECT count(*) FROM counter WHERE typeof(n) <> 'integer'"
                   " OR n NOT BETWEEN 0 AND %lld) + (SELECT count(*) FROM catalog WHERE"
                   " typeof(version) <> 'integer' OR version NOT BETWEEN 0 AND %lld) + (SELECT"
                   " count(*) FROM sqlite_sequence WHERE typeof(seq) <> 'integer'"
                   " OR seq NOT BETWEEN 0 AND %lld)",
                   COLUMN_ROW_MAX, COLUMN_ROW_MAX, COLUMN_ROW_MAX);
    TRY(db_number_once(d, sql, &bad, e));
    if (!bad) return ST_OK;
    TRY(db_exec(d, "BEGIN IMMEDIATE", e));
    enum status st = mend_counter(d, e);
    if (st == ST_OK) st = schema_set_sequences(d, e);
    return db_end(d, st, e);
}

long long schema_newest(void) {
    return (long long)COUNT(steps);
}

enum status schema_attach_plain(struct db *d, long long version, struct err *e) {
    struct db plain = {0};
    sqlite3_int64 n = 0;
    int rc = sqlite3_open(":memory:", &plain.h);
    enum status st = rc == SQLITE_OK ? ST_OK : db_fail(&plain, rc, e);
    for (long long i = 0; st == ST_OK && i < version && i < schema_newest(); i++)
        st = db_exec(&plain, steps[i], e);
    unsigned char *image = st == ST_OK ? sqlite3_serialize(plain.h, "main", &n, 0) : NULL;
    if (st == ST_OK && !image) st = db_no_memory(e);
    db_close(&plain);
    if (st == ST_OK) st = db_exec(d, "ATTACH ':memory:' AS plain", e);
    if (st != ST_OK) {
        sqlite3_free(image);
        return st;
    }
    rc = sqlite3_deserialize(d->h, "plain", image, n, n, SQLITE_DESERIALIZE_FREEONCLOSE);
    return rc == SQLITE_OK ? ST_OK : db_fail(d, rc, e);
}
