/* The staging file and the step from it into the store. */
#include "server/store/data/stage.h"

#include "kernels/base/os/clock.h"
#include "server/store/sql/private.h"

#include <stdio.h>
#include <string.h>

/* The staging file lies beside the database, so that a full disk shows here first and /tmp, which
 * may be memory, is not filled. It needs no journal: it is deleted on every way out, and what a
 * kill leaves is deleted by the next store_open. */
static const char tables[] =
    "PRAGMA stage.journal_mode=OFF; PRAGMA stage.synchronous=OFF;"
    "CREATE TABLE stage.item(n INTEGER PRIMARY KEY, line INTEGER, id TEXT UNIQUE, title TEXT,"
    " text TEXT, tags TEXT, popularity REAL, time INTEGER, extra TEXT);"
    "CREATE TABLE stage.member(n INTEGER PRIMARY KEY, line INTEGER, id TEXT UNIQUE, name TEXT,"
    " profile TEXT);"
    "CREATE TABLE stage.interaction(n INTEGER PRIMARY KEY, line INTEGER, member TEXT, item TEXT,"
    " label INTEGER, rating REAL, at INTEGER, UNIQUE(member, at, item));"
    "BEGIN;";

struct stage {
    struct store *store;
    struct db db; /* the store's database, the staging file attached to it */
    char path[STORE_PATH + 32];
    long long count[STAGE_KINDS];
};

static enum status attach(struct stage *g, struct err *e) {
    sqlite3_stmt *st;
    TRY(db_prep_once(&g->db, "ATTACH ?1 AS stage", &st, e));
    db_bind_text(st, 1, view_of(g->path));
    enum status s = db_run(&g->db, st, e);
    sqlite3_finalize(st);
    return s;
}

enum status stage_file(struct store *s, char path[STORE_PATH + 32], struct err *e) {
    pthread_mutex_lock(&s->pool);
    unsigned number = ++s->imports;
    pthread_mutex_unlock(&s->pool);
    snprintf(path, STORE_PATH + 32, "%s/import-%u.tmp", s->folder, number);
    return store_private_file(path, e);
}

enum status stage_open(struct stage **out, struct store *s, struct err *e) {
    struct stage *g = mem_alloc(sizeof *g);
    *out = NULL;
    if (!g) return fail(e, ST_NO_MEMORY, "no memory for an import");
    *g = (struct stage){.store = s};
    enum status st = store_connect(&g->db, s->path, e);
    if (st != ST_OK) {
        mem_free(g);
        return st;
    }
    st = stage_file(s, g->path, e);
    if (st == ST_OK) st = attach(g, e);
    if (st == ST_OK) st = db_exec(&g->db, tables, e);
    if (st != ST_OK)
        stage_close(g);
    else
        *out = g;
    return st;
}

void stage_close(struct stage *g) {
    if (!g) return;
    db_close(&g->db);
    store_remove_files(g->path);
    mem_free(g);
}

long long stage_count(const struct stage *g, enum stage_kind kind) {
    return g->count[kind];
}

long long stage_max(enum stage_kind kind) {
    static const long long max[] = {STORE_ITEMS_MAX, STORE_MEMBERS_MAX, STORE_INTERACTIONS_MAX};
    return max[kind];
}

/* --- rows */

static enum status bind_item(struct stage *g, const struct stage_row *r, sqlite3_stmt **st,
                             struct err *e) {
    static const char sql[] =
        "INSERT OR IGNORE INTO stage.item(line, id, title, text, tags, popularity, time, extra)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    TRY(db_prep(&g->db, sql, st, e));
    db_bind_text(*st, 2, r->id);
    db_bind_text(*st, 3, r->title);
    db_bind_text(*st, 4, r->text);
    db_bind_text(*st, 5, r->tags);
    db_bind_null(*st, 6);
    db_bind_null(*st, 7);
    if (r->has_popularity) db_bind_real(*st, 6, r->popularity);
    if (r->has_time) db_bind_int(*st, 7, r->time);
    db_bind_text(*st, 8, r->extra);
    return ST_OK;
}

static enum status bind_member(struct stage *g, const struct stage_row *r, sqlite3_stmt **st,
                               struct err *e) {
    static const char sql[] = "INSERT OR IGNORE INTO stage.member(line, id, name, profile)"
                              " VALUES(?1, ?2, ?3, ?4)";
    TRY(db_prep(&g->db, sql, st, e));
    db_bind_text(*st, 2, r->id);
    db_bind_null(*st, 3);
    db_bind_null(*st, 4);
    if (r->has_name) db_bind_text(*st, 3, r->name);
    if (r->has_profile) db_bind_text(*st, 4, r->profile);
    return ST_OK;
}

static enum status bind_interaction(struct stage *g, const struct stage_row *r, sqlite3_stmt **st,
                                    struct err *e) {
    static const char sql[] =
        "INSERT OR IGNORE INTO stage.interaction(line, member, item, label, rating, at)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6)";
    TRY(db_prep(&g->db, sql, st, e));
    db_bind_text(*st, 2, r->member);
    db_bind_text(*st, 3, r->item);
    db_bind_int(*st, 4, r->label);
    db_bind_null(*st, 5);
    if (r->has_rating) db_bind_real(*st, 5, r->rating);
    db_bind_int(*st, 6, r->at);
    return ST_OK;
}

static enum status find_repeated(struct stage *g, enum stage_kind kind, const struct stage_row *r,
                                 long long *line, struct err *e) {
    static const char item[] = "SELECT line FROM stage.item WHERE id = ?1";
    static const char member[] = "SELECT line FROM stage.member WHERE id = ?1";
    static const char interaction[] =
        "SELECT line FROM stage.interaction WHERE member = ?1 AND at = ?3 AND item = ?2";
    int two = kind == STAGE_INTERACTIONS;
    sqlite3_stmt *st;
    if (two)
        TRY(db_prep(&g->db, interaction, &st, e));
    else
        TRY(db_prep(&g->db, kind == STAGE_ITEMS ? item : member, &st, e));
    db_bind_text(st, 1, two ? r->member : r->id);
    if (two) db_bind_text(st, 2, r->item);
    if (two) db_bind_int(st, 3, r->at);
    return db_number(&g->db, st, line, e);
}

enum status stage_add(struct stage *g, enum stage_kind kind, const struct stage_row *r,
                      long long *repeats, struct err *e) {
    sqlite3_stmt *st;
    *repeats = 0;
    if (g->count[kind] >= stage_max(kind))
        return fail(e, ST_LIMIT, "more than %lld rows", stage_max(kind));
    if (kind == STAGE_ITEMS)
        TRY(bind_item(g, r, &st, e));
    else if (kind == STAGE_MEMBERS)
        TRY(bind_member(g, r, &st, e));
    else
        TRY(bind_interaction(g, r, &st, e));
    db_bind_int(st, 1, r->line);
    TRY(db_run(&g->db, st, e));
    if (sqlite3_changes(g->db.h) == 0) return find_repeated(g, kind, r, repeats, e);
    g->count[kind]++;
    return ST_OK;
}

enum status stage_done(struct stage *g, struct err *e) {
    return db_end(&g->db, ST_OK, e);
}

/* --- into the store */

enum status stage_begin(struct stage *g, struct err *e) {
    pthread_mutex_lock(&g->store->write);
    enum status st = db_exec(&g->db, "BEGIN IMMEDIATE", e);
    if (st != ST_OK) pthread_mutex_unlock(&g->store->write);
    return st;
}

enum status stage_end(struct stage *g, enum status st, struct err *e) {
    st = db_end(&g->db, st, e);
    pthread_mutex_unlock(&g->store->write);
    return st;
}

/* Runs sql with the catalogues' numbers as ?1 and ?2. */
static enum status run_on(struct db *d, const char *sql, long long catalog, long long old,
                          struct err *e) {
    sqlite3_stmt *st;
    TRY(db_prep(d, sql, &st, e));
    db_bind_int(st, 1, catalog);
    if (sqlite3_bind_parameter_count(st) > 1) db_bind_int(st, 2, old);
    return db_run(d, st, e);
}

/* Members and preferences go over to the new catalogue, and with them the interactions and vectors
 * whose item came again (a vector counts for as long as its text is the same); the rest goes with
 * the old items, and is counted. */
static enum status take_over(struct db *d, long long catalog, long long old, long long *dropped,
                             struct err *e) {
    static const char members[] = "UPDATE main.member SET catalog = ?1 WHERE catalog = ?2";
    static const char preferences[] = "UPDATE main.preference SET catalog = ?1 WHERE catalog = ?2";
    static const char moved[] =
        "UPDATE main.interaction SET item = n.row FROM main.item o, main.item n"
        " WHERE o.row = interaction.item AND o.catalog = ?2 AND n.catalog = ?1 AND n.id = o.id";
    static const char vectors[] =
        "UPDATE main.vector SET item = n.row FROM main.item o, main.item n"
        " WHERE o.row = vector.item AND o.catalog = ?2 AND n.catalog = ?1 AND n.id = o.id";
    static const char left[] = "SELECT count(*) FROM main.item o JOIN main.interaction x"
                               " ON x.item = o.row WHERE o.catalog = ?1";
    sqlite3_stmt *st;
    TRY(run_on(d, members, catalog, old, e));
    TRY(run_on(d, preferences, catalog, old, e));
    TRY(run_on(d, moved, catalog, old, e));
    TRY(run_on(d, vectors, catalog, old, e));
    TRY(db_prep(d, left, &st, e));
    db_bind_int(st, 1, old);
    TRY(db_number(d, st, dropped, e));
    return catalog_drop(d, old, e);
}

enum status stage_would_drop(struct stage *g, struct view catalog, long long *dropped,
                             struct err *e) {
    static const char sql[] =
        "SELECT count(*) FROM main.catalog c JOIN main.item o ON o.catalog = c.row"
        " JOIN main.interaction x ON x.item = o.row WHERE c.name = ?1"
        " AND NOT EXISTS (SELECT 1 FROM stage.item s WHERE s.id = o.id)";
    sqlite3_stmt *st;
    TRY(db_prep(&g->db, sql, &st, e));
    db_bind_text(st, 1, catalog);
    return db_number(&g->db, st, dropped, e);
}

static enum status old_surface(struct db *d, struct view catalog, struct arena *a, const char **out,
                               struct err *e) {
    static const char sql[] = "SELECT surface FROM main.catalog WHERE name = ?1";
    sqlite3_stmt *st;
    int row;
    *out = "generic";
    TRY(db_prep(d, sql, &st, e));
    db_bind_text(st, 1, catalog);
    TRY(db_step(d, st, &row, e));
    if (!row) return ST_OK;
    enum status got = db_copy(st, 0, a, out, e);
    sqlite3_reset(st);
    return got;
}

static struct view column_name(struct view v) {
    if (v.n > STORE_COLUMN_MAX) v.n = STORE_COLUMN_MAX;
    while (v.n && !utf8_valid(v)) v.n--; /* not amid a character */
    return v;
}

static enum status new_catalog(struct db *d, const struct stage_catalog *c, long long *row,
                               struct err *e) {
    static const char sql[] = "INSERT INTO main.catalog(name, surface, created, time_name,"
                              " popularity_name) VALUES(?1, ?2, ?3, ?4, ?5)";
    sqlite3_stmt *st;
    TRY(db_prep(d, sql, &st, e));
    db_bind_text(st, 1, c->name);
    db_bind_text(st, 2, c->surface);
    db_bind_int(st, 3, clock_unix());
    db_bind_text(st, 4, column_name(c->time_name));
    db_bind_text(st, 5, column_name(c->popularity_name));
    TRY(db_run(d, st, e));
    *row = sqlite3_last_insert_rowid(d->h);
    return ST_OK;
}

static enum status put_items(struct stage *g, const struct stage_catalog *c, int replace,
                             long long *dropped, struct err *e) {
    static const char rename[] = "UPDATE main.catalog SET name = name || ' (old)' WHERE row = ?1";
    static const char copy[] =
        "INSERT INTO main.item(catalog, id, title, text, tags, popularity, time, extra)"
        " SELECT ?1, id, title, text, tags, popularity, time, extra FROM stage.item ORDER BY n";
    struct db *d = &g->db;
    struct catalog_row old = {0};
    long long row;
    enum status found = catalog_find(d, c->name, &old, e);
    if (found != ST_OK && found != ST_NOT_FOUND) return found;
    if (found == ST_OK && !replace)
        return fail(e, ST_CONFLICT, "there is a catalogue '%s' already", text_show(c->name).text);
    if (found == ST_OK) TRY(run_on(d, rename, old.row, 0, e));
    TRY(new_catalog(d, c, &row, e));
    TRY(run_on(d, copy, row, 0, e));
    if (found == ST_OK) TRY(take_over(d, row, old.row, dropped, e));
    TRY(search_build(d, row, e));
    return catalog_touch(d, row, e);
}

enum status stage_items(struct stage *g, const struct stage_catalog *c, int replace,
                        long long *dropped, struct err *e) {
    struct arena a;
    const char *old = NULL;
    struct stage_catalog made = *c;
    *dropped = 0;
    arena_init(&a, 1 << 16);
    enum status st = c->surface.n ? ST_OK : old_surface(&g->db, c->name, &a, &old, e);
    if (old) made.surface = view_of(old);
    if (st == ST_OK) st = put_items(g, &made, replace, dropped, e);
    arena_free(&a);
    return st;
}

enum status stage_members(struct stage *g, struct view catalog, struct err *e) {
    static const char update[] = "UPDATE main.member SET name = ifnull(s.name, member.name),"
                                 " profile = ifnull(s.profile, member.profile) FROM stage.member s"
                                 " WHERE member.catalog = ?1 AND member.id = s.id";
    static const char insert[] =
        "INSERT OR IGNORE INTO main.member(catalog, id, name, profile)"
        " SELECT ?1, id, ifnull(name, ''), ifnull(profile, '') FROM stage.member ORDER BY n";
    struct catalog_row c;
    TRY(catalog_find(&g->db, catalog, &c, e));
    TRY(run_on(&g->db, update, c.row, 0, e));
    TRY(run_on(&g->db, insert, c.row, 0, e));
    return catalog_touch(&g->db, c.row, e);
}

enum status stage_interactions(struct stage *g, struct view catalog, struct err *e) {
    static const char members[] =
        "INSERT OR IGNORE INTO main.member(catalog, id, name, profile)"
        " SELECT ?1, s.member, '', '' FROM stage.interaction s"
        " CROSS JOIN main.item i ON i.catalog = ?1 AND i.id = s.item ORDER BY s.n";
    static const char copy[] =
        "INSERT INTO main.interaction(member, item, label, rating, at)"
        " SELECT m.row, i.row, s.label, s.rating, s.at FROM stage.interaction s"
        " CROSS JOIN main.item i ON i.catalog = ?1 AND i.id = s.item"
        " CROSS JOIN main.member m ON m.catalog = ?1 AND m.id = s.member WHERE true ORDER BY s.n"
        " ON CONFLICT(member, at, item) DO UPDATE SET label = excluded.label,"
        " rating = excluded.rating";
    struct catalog_row c;
    TRY(catalog_find(&g->db, catalog, &c, e));
    TRY(run_on(&g->db, members, c.row, 0, e));
    TRY(run_on(&g->db, copy, c.row, 0, e));
    return catalog_touch(&g->db, c.row, e);
}

#define UNKNOWN                                  \
    " FROM stage.interaction s WHERE NOT EXISTS" \
    " (SELECT 1 FROM main.item i WHERE i.catalog = ?1 AND i.id = s.item)"

enum status stage_unknown(struct stage *g, struct view catalog, long long *count,
                          struct stage_missing *first, int max, int *n, struct err *e) {
    static const char how_many[] = "SELECT count(*)" UNKNOWN;
    static const char list[] = "SELECT s.line, s.item" UNKNOWN " ORDER BY s.n LIMIT ?2";
    struct catalog_row c;
    sqlite3_stmt *st;
    *n = 0;
    TRY(catalog_find(&g->db, catalog, &c, e));
    TRY(db_prep(&g->db, how_many, &st, e));
    db_bind_int(st, 1, c.row);
    TRY(db_number(&g->db, st, count, e));
    TRY(db_prep(&g->db, list, &st, e));
    db_bind_int(st, 1, c.row);
    db_bind_int(st, 2, max);
    for (int row; *n < max; (*n)++) {
        TRY(db_step(&g->db, st, &row, e));
        if (!row) break;
        struct view item = db_view(st, 1);
        first[*n].line = (long)sqlite3_column_int64(st, 0);
        first[*n].item = text_show(item);
    }
    sqlite3_reset(st);
    return ST_OK;
}

enum status stage_has_item(struct stage *g, struct view catalog, struct view id, int *yes,
                           struct err *e) {
    static const char sql[] = "SELECT count(*) FROM main.catalog c JOIN main.item i"
                              " ON i.catalog = c.row WHERE c.name = ?1 AND i.id = ?2";
    sqlite3_stmt *st;
    long long n;
    TRY(db_prep(&g->db, sql, &st, e));
    db_bind_text(st, 1, catalog);
    db_bind_text(st, 2, id);
    TRY(db_number(&g->db, st, &n, e));
    *yes = n > 0;
    return ST_OK;
}
