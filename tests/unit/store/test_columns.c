/* links: import store */
/* The table of columns: it has every column of the database, each column is broken in each way and
 * found, and what counts on is set where it cannot be true. */
#include "server/store/sql/columns.h"
#include "server/store/sql/private.h"
#include "tests/unit/store/column_rows.h"
#include "tests/unit/store/store_help.h"

#include <limits.h>

static struct err e;
static char folder[64], path[96];

static void open_db(struct db *d) {
    GOOD(db_open(d, path, &e));
    GOOD(db_exec(d, "PRAGMA foreign_keys=OFF; PRAGMA synchronous=OFF", &e));
}

/* The table and the database have the same columns. */
static void complete(void) {
    static const char sql[] =
        "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type ="
        " 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND t.name NOT LIKE 'fts\\_%' ESCAPE '\\'";
    struct db d;
    sqlite3_stmt *st;
    int row, n = 0;
    open_db(&d);
    GOOD(db_prep_once(&d, sql, &st, &e));
    for (;; n++) {
        GOOD(db_step(&d, st, &row, &e));
        if (!row) break;
        int found = 0;
        for (int i = 0; i < n_columns; i++)
            found += view_eq_str(db_view(st, 0), columns[i].table) &&
                     view_eq_str(db_view(st, 1), columns[i].name);
        if (found != 1)
            T_SAY("%s.%s is %d times in the table", db_view(st, 0).p, db_view(st, 1).p, found);
    }
    EQ(n, n_columns);
    sqlite3_finalize(st);
    db_close(&d);
}

static char *repeat(const char *piece, size_t n) {
    size_t len = strlen(piece);
    char *p = mem_alloc(n * len + 1);
    CHECK(p);
    for (size_t i = 0; i < n; i++) memcpy(p + i * len, piece, len);
    p[n * len] = 0;
    return p;
}

/* Puts the value that the SQL expression makes; answers 0 where SQLite itself refuses it. */
static int break_with(struct db *d, const struct column *c, const char *value, const char *text) {
    char sql[256];
    sqlite3_stmt *st;
    GOOD(db_exec(d, "BEGIN", &e));
    snprintf(sql, sizeof sql, "UPDATE %s SET %s = %s", c->table, c->name, value);
    GOOD(db_prep_once(d, sql, &st, &e));
    if (text) db_bind_text(st, 1, view_of(text));
    int ok = sqlite3_step(st) == SQLITE_DONE;
    sqlite3_finalize(st);
    return ok;
}

static void found(struct db *d, const struct column *c, const char *value, const char *text) {
    char name[80];
    snprintf(name, sizeof name, "%s.%s", c->table, c->name);
    if (break_with(d, c, value, text)) {
        enum status st = columns_check(d, &e);
        if (st != ST_INVALID) T_SAY("%s = %s is %s", name, value, status_name(st));
        EQ_STR(e.field, name);
        int number = c->form == FORM_INT || c->form == FORM_SIGN || c->form == FORM_REAL;
        if (number) EQ(columns_quick(d, &e), ST_CORRUPT);
    }
    GOOD(db_exec(d, "ROLLBACK", &e));
}

static void break_text(struct db *d, const struct column *c) {
    char *long_text = repeat("a", (size_t)c->hi + 1), *deep = repeat("[", 1000);
    char *many = repeat("{},", 150000), *all = mem_alloc(strlen(many) + 8);
    CHECK(all);
    snprintf(all, strlen(many) + 8, "[%s{}]", many);
    static const char *const wrong[] = {"x'ff00'", "CAST(x'ff41' AS TEXT)",
                                        "CAST(x'410042' AS TEXT)"};
    for (size_t i = 0; i < COUNT(wrong); i++) found(d, c, wrong[i], NULL);
    found(d, c, "?1", long_text);
    if (c->lo > 0) found(d, c, "''", NULL);
    if (c->form == FORM_ID) found(d, c, "'a' || char(27) || '[31m'", NULL);
    if (c->form == FORM_NAME) found(d, c, "'../x'", NULL), found(d, c, "'a b'", NULL);
    if (c->form == FORM_TAGS)
        found(d, c, "'a' || char(9)", NULL), found(d, c, "char(31) || 'a'", NULL);
    if (c->form == FORM_WORD) found(d, c, "'sleeping'", NULL), found(d, c, "''", NULL);
    if (c->form == FORM_JSON || c->form == FORM_OBJECT) {
        static const char *const bad[] = {"{",       "{\"a\":1e999}", "{} {}",
                                          "{'a':1}", "nan",           "{\"a\":\"\\u0000\"}"};
        for (size_t i = 0; i < COUNT(bad); i++) found(d, c, "?1", bad[i]);
        found(d, c, "?1", deep);
        found(d, c, "?1", all);
    }
    if (c->form == FORM_OBJECT) found(d, c, "'[1]'", NULL);
    mem_free(long_text);
    mem_free(deep);
    mem_free(many);
    mem_free(all);
}

static void break_number(struct db *d, const struct column *c) {
    static const char *const wrong[] = {"'x'", "x'00'", "9e999", "-9e999"};
    char value[64];
    for (size_t i = 0; i < COUNT(wrong); i++) found(d, c, wrong[i], NULL);
    if (c->form != FORM_REAL) found(d, c, "1.5", NULL);
    if (c->form == FORM_SIGN) found(d, c, "0", NULL);
    if (c->lo > LLONG_MIN) {
        found(d, c, "-9223372036854775807 - 1", NULL);
        snprintf(value, sizeof value, "%lld", c->lo - 1);
        found(d, c, value, NULL);
    }
    if (c->hi == LLONG_MAX) return;
    found(d, c, "9223372036854775807", NULL);
    snprintf(value, sizeof value, "%lld", c->hi + 1);
    found(d, c, value, NULL);
}

static void broken(void) {
    struct db d;
    open_db(&d);
    GOOD(db_exec(&d, "DELETE FROM given", &e));
    GOOD(db_exec(&d, column_rows, &e));
    GOOD(columns_check(&d, &e));
    GOOD(columns_quick(&d, &e));
    for (int i = 0; i < n_columns; i++) {
        const struct column *c = &columns[i];
        if (c->form == FORM_INT || c->form == FORM_SIGN || c->form == FORM_REAL)
            break_number(&d, c);
        else if (c->form == FORM_FLOATS)
            found(&d, c, "x'0000c07f'", NULL), found(&d, c, "x'0000807f'", NULL),
                found(&d, c, "x'000000'", NULL), found(&d, c, "x'0000803f00'", NULL),
                found(&d, c, "zeroblob(65540)", NULL);
        else
            break_text(&d, c);
    }
    GOOD(columns_check(&d, &e));
    db_close(&d);
}

static void put(struct store *s, const char *catalog) {
    struct import_config c = {.kind = IMPORT_ITEMS,
                              .format = IMPORT_JSONL,
                              .catalog = view_of(catalog),
                              .surface = VIEW("demo"),
                              .replace = 1};
    struct import_result r;
    GOOD(import_text(s, &c, VIEW("{\"id\":\"new\",\"title\":\"x\"}\n"), &r, &e));
    EQ(r.stored, 1);
}

/* Numbers that count on are set at opening; other impossible ones are named. */
static void opening(void) {
    static const char *const poison[] = {
        "UPDATE counter SET n = 9223372036854775807",
        "UPDATE counter SET n = -5",
        "UPDATE catalog SET version = 9223372036854775807",
        "UPDATE sqlite_sequence SET seq = 9223372036854775807",
    };
    struct store *s;
    struct db d;
    for (size_t i = 0; i < COUNT(poison); i++) {
        open_db(&d);
        GOOD(db_exec(&d, poison[i], &e));
        db_close(&d);
        for (int k = 0; k < 2; k++) {
            struct arena a;
            struct catalog one, two;
            arena_init(&a, 1 << 20);
            GOOD(store_open(&s, folder, &e));
            put(s, "c");
            put(s, "other");
            GOOD(store_catalog(s, VIEW("c"), &a, &one, &e));
            GOOD(store_catalog(s, VIEW("other"), &a, &two, &e));
            OK(one.version > 0 && two.version > 0 && one.version != two.version);
            store_close(s);
            arena_free(&a);
        }
    }
    open_db(&d);
    GOOD(db_exec(&d,
                 "INSERT INTO interaction SELECT 1, (SELECT min(row) FROM member),"
                 " (SELECT min(row) FROM item), 1000, NULL, 5",
                 &e));
    db_close(&d);
    EQ(store_open(&s, folder, &e), ST_CORRUPT);
    OK(strstr(e.text, "interaction.label") != NULL);
}

int main(void) {
    struct store *s;
    new_folder(folder);
    snprintf(path, sizeof path, "%s/taproom.db", folder);
    GOOD(store_open(&s, folder, &e));
    store_close(s);
    complete();
    broken();
    opening();
    drop_folder(folder);
    return t_end();
}
