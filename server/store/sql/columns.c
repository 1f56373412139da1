/* The table of columns, and judging by it. Columns of a table stand one behind the other. */
#include "server/store/sql/columns.h"

#include "server/store/sql/depth.h"
#include "server/store/sql/json_memory.h"
#include "server/store/sql/private.h"

#include "kernels/base/buf.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define ROW FORM_INT, 0, 1, COLUMN_ROW_MAX, NULL
/* The seconds that clock_parse answers. */
#define TIME(null) FORM_INT, null, -100000000000, 300000000000, NULL
#define COUNTED FORM_INT, 0, 0, COLUMN_ROW_MAX, NULL
#define ANY_INT FORM_INT, 0, LLONG_MIN, LLONG_MAX, NULL
#define NAME FORM_NAME, 0, 1, 64, NULL
#define OWNER FORM_ID, 0, 0, 64, NULL
#define TEXT(lo, hi) FORM_TEXT, 0, lo, hi, NULL

const struct column columns[] = {
    {"counter", "n", COUNTED},
    {"catalog", "row", ROW},
    {"catalog", "name", NAME},
    {"catalog", "surface", NAME},
    {"catalog", "created", TIME(0)},
    {"catalog", "version", COUNTED},
    {"catalog", "items", COUNTED},
    {"catalog", "members", COUNTED},
    {"catalog", "interactions", COUNTED},
    {"catalog", "has_popularity", FORM_INT, 0, 0, 1, NULL},
    {"catalog", "time_name", TEXT(0, STORE_COLUMN_MAX)},
    {"catalog", "popularity_name", TEXT(0, STORE_COLUMN_MAX)},
    {"item", "row", ROW},
    {"item", "catalog", ROW},
    {"item", "id", FORM_ID, 0, 1, STORE_ID_MAX, NULL},
    {"item", "title", TEXT(1, STORE_TITLE_MAX)},
    {"item", "text", TEXT(0, STORE_TEXT_MAX)},
    {"item", "tags", FORM_TAGS, 0, 0, STORE_TAGS_MAX *(STORE_TAG_MAX + 1), NULL},
    {"item", "popularity", FORM_REAL, 1, 0, LLONG_MAX, NULL},
    {"item", "time", TIME(1)},
    {"item", "extra", FORM_OBJECT, 0, 2, STORE_TEXT_MAX + 2, NULL},
    {"member", "row", ROW},
    {"member", "catalog", ROW},
    {"member", "id", FORM_ID, 0, 1, STORE_ID_MAX, NULL},
    {"member", "name", TEXT(0, STORE_TITLE_MAX)},
    {"member", "profile", TEXT(0, STORE_TEXT_MAX)},
    {"interaction", "row", ROW},
    {"interaction", "member", ROW},
    {"interaction", "item", ROW},
    {"interaction", "label", FORM_INT, 0, -1, 1, NULL},
    {"interaction", "rating", FORM_REAL, 1, 1, 5, NULL},
    {"interaction", "at", TIME(0)},
    {"run", "row", ROW},
    {"run", "id", FORM_NAME, 0, 1, 23, NULL},
    {"run", "catalog", TEXT(0, 64)},
    {"run", "title", TEXT(0, 300)},
    {"run", "created", TIME(0)},
    {"run", "json", FORM_OBJECT, 0, 2, 16 << 20, NULL},
    {"run", "owner", OWNER},
    {"run", "shared", FORM_INT, 0, 0, 1, NULL},
    {"run", "name", TEXT(0, STORE_RUN_NAME_MAX)},
    {"run", "comment", TEXT(0, STORE_RUN_COMMENT_MAX)},
    {"run", "pinned", FORM_INT, 0, 0, 1, NULL},
    {"surface", "name", NAME},
    {"surface", "json", FORM_OBJECT, 0, 2, 256 << 10, NULL},
    {"result", "key", TEXT(0, 4096)},
    {"result", "name", TEXT(0, 4096)},
    {"result", "created", TIME(0)},
    {"result", "json", FORM_JSON, 0, 1, 1 << 20, NULL},
    {"experiment", "id", FORM_NAME, 0, 1, 64, NULL},
    {"experiment", "name", TEXT(0, 2000)},
    {"experiment", "created", TIME(0)},
    {"experiment", "spec", FORM_OBJECT, 0, 2, 256 << 10, NULL},
    {"experiment", "owner", OWNER},
    {"cell", "experiment", FORM_NAME, 0, 1, 64, NULL},
    {"cell", "n", FORM_INT, 0, 0, 1000000, NULL},
    {"cell", "state", FORM_WORD, 0, 0, 0, "|waiting|done|failed|"},
    {"cell", "settings", FORM_OBJECT, 0, 2, 256 << 10, NULL},
    {"cell", "result", FORM_OBJECT, 0, 0, 16 << 20, NULL},
    {"cell", "error", TEXT(0, 4096)},
    {"cell", "code", TEXT(0, 200)},
    {"cell", "seconds", FORM_REAL, 0, 0, 1ll << 40, NULL},
    {"cell", "finished", TIME(0)},
    {"preference", "row", ROW},
    {"preference", "catalog", ROW},
    {"preference", "member", TEXT(0, 200)},
    {"preference", "text", TEXT(1, PREFERENCE_TEXT_MAX)},
    {"preference", "sign", FORM_SIGN, 0, -1, 1, NULL},
    {"preference", "weight", FORM_REAL, 0, 0, 10, NULL},
    {"preference", "active", FORM_INT, 0, 0, 1, NULL},
    {"preference", "position", FORM_INT, 0, 0, 1000000, NULL},
    {"preference", "created", TIME(0)},
    {"preference", "expires", FORM_INT, 1, 0, 1ll << 40, NULL},
    {"preference", "owner", OWNER},
    {"vector", "item", ROW},
    {"vector", "model", TEXT(0, 200)},
    {"vector", "text", ANY_INT},
    {"vector", "data", FORM_FLOATS, 0, 4, 1 << 16, NULL},
    {"calibration", "catalog", ROW},
    {"calibration", "key", TEXT(0, 4096)},
    {"calibration", "created", TIME(0)},
    {"calibration", "version", COUNTED},
    {"calibration", "json", FORM_OBJECT, 0, 2, 1 << 20, NULL},
    {"choice", "model", TEXT(0, 200)},
    {"choice", "precision", FORM_WORD, 0, 0, 0, "|auto|bf16|f32|int8|fp8|bf16_head|"},
    {"choice", "created", TIME(0)},
    {"given", "name", NAME},
    {"given", "created", TIME(0)},
};
const int n_columns = COUNT(columns);

/* --- one value --- */

static int has_control(struct view v) {
    for (size_t i = 0; i < v.n; i++)
        if ((unsigned char)v.p[i] < 0x20 || v.p[i] == 0x7f) return 1;
    return 0;
}

static int tags_ok(struct view v) {
    int n = 1;
    size_t from = 0;
    for (size_t i = 0; i <= v.n; i++) {
        if (i < v.n && v.p[i] != STORE_TAG_SPLIT) continue;
        struct view tag = view_sub(v, from, i - from);
        if ((tag.n == 0 && v.n > 0) || tag.n > STORE_TAG_MAX || has_control(tag)) return 0;
        n += i < v.n;
        from = i + 1;
    }
    return n <= STORE_TAGS_MAX;
}

static int word_ok(const char *words, struct view v) {
    char word[40];
    if (v.n == 0 || v.n > sizeof word - 3 || memchr(v.p, '|', v.n)) return 0;
    (void)snprintf(word, sizeof word, "|%.*s|", (int)v.n, v.p);
    return strstr(words, word) != NULL;
}

static int floats_ok(const void *p, size_t n) {
    float x;
    for (size_t i = 0; i + sizeof x <= n; i += sizeof x) {
        memcpy(&x, (const char *)p + i, sizeof x);
        if (!isfinite(x)) return 0;
    }
    return n % sizeof x == 0;
}

/* The value could not be looked at: that is no fault of its. */
static const char no_memory[] = "cannot be read: no memory is left";

/* The depth is counted before anything reads the text by recursion. */
static const char *json_wrong(const struct column *c, struct view v) {
    if (v.n == 0 && c->lo == 0) return NULL;
    if (depth_check(v, NULL) != ST_OK) return "is JSON nested too deep or of too many values";
    json_error_t je;
    json_t *top = json_read(v, JSON_DECODE_ANY, &je);
    if (!top && json_error_code(&je) == json_error_out_of_memory) return no_memory;
    const char *why = !top                                             ? "is no JSON"
                      : c->form == FORM_OBJECT && !json_is_object(top) ? "is no JSON object"
                                                                       : NULL;
    json_decref(top);
    return why;
}

static const char *text_wrong(const struct column *c, struct view v) {
    if (!utf8_valid(v)) return "is no UTF-8";
    if (c->form == FORM_WORD) return word_ok(c->words, v) ? NULL : "is none of the words it may be";
    if (v.n < (size_t)c->lo) return "is too short";
    if (v.n > (size_t)c->hi) return "is too long";
    switch (c->form) {
    case FORM_ID: return has_control(v) ? "holds a control character" : NULL;
    case FORM_NAME: return store_name_ok(v) ? NULL : "is no name of letters, digits, . _ -";
    case FORM_TAGS: return tags_ok(v) ? NULL : "is no list of tags";
    case FORM_JSON:
    case FORM_OBJECT: return json_wrong(c, v);
    default: return NULL;
    }
}

static double real_max(const struct column *c) {
    return c->hi == LLONG_MAX ? DBL_MAX : (double)c->hi;
}

static const char *wrong(const struct column *c, sqlite3_stmt *st, int i) {
    int type = sqlite3_column_type(st, i);
    if (type == SQLITE_NULL) return c->null ? NULL : "is missing";
    switch (c->form) {
    case FORM_INT:
    case FORM_SIGN: {
        long long x = sqlite3_column_int64(st, i);
        if (type != SQLITE_INTEGER) return "is no whole number";
        return x < c->lo || x > c->hi || (c->form == FORM_SIGN && x == 0) ? "is out of its range"
                                                                          : NULL;
    }
    case FORM_REAL: {
        double x = sqlite3_column_double(st, i);
        if (type != SQLITE_FLOAT) return "is no number";
        return x >= (double)c->lo && x <= real_max(c) ? NULL : "is out of its range";
    }
    case FORM_FLOATS: {
        long long n = sqlite3_column_bytes(st, i);
        if (type != SQLITE_BLOB || n < c->lo || n > c->hi)
            return "is not as many bytes as it may be";
        return floats_ok(sqlite3_column_blob(st, i), (size_t)n) ? NULL : "holds what is no number";
    }
    default: break;
    }
    return type == SQLITE_TEXT ? text_wrong(c, db_view(st, i)) : "is no text";
}

/* --- all of them --- */

static const struct column *find(const char *table, const char *name) {
    for (int i = 0; i < n_columns; i++)
        if (strcmp(columns[i].table, table) == 0 && strcmp(columns[i].name, name) == 0)
            return &columns[i];
    return NULL;
}

static enum status say(enum status st, const char *table, const char *name, long long row,
                       const char *why, struct err *e) {
    (void)fail(e, st, "%s.%s %s, in row %lld", table, name, why, row);
    err_field(e, "%s.%s", table, name);
    return st;
}

static enum status check_table(struct db *d, const char *table, struct err *e) {
    char sql[128];
    sqlite3_stmt *st;
    enum status s = ST_OK;
    (void)snprintf(sql, sizeof sql, "SELECT * FROM main.\"%.60s\"", table);
    TRY(db_prep_once(d, sql, &st, e));
    int n = sqlite3_column_count(st), row = 1;
    for (long long at = 1; s == ST_OK; at++) {
        if ((s = db_step(d, st, &row, e)) != ST_OK || !row) break;
        for (int i = 0; s == ST_OK && i < n; i++) {
            const char *name = sqlite3_column_name(st, i);
            const struct column *c = find(table, name);
            const char *why = c ? wrong(c, st, i) : "is a column without a rule";
            enum status bad = !c ? ST_INTERNAL : why == no_memory ? ST_NO_MEMORY : ST_INVALID;
            if (why) s = say(bad, table, name, at, why, e);
        }
    }
    sqlite3_finalize(st);
    return s;
}

static int first_of_table(int i) {
    return i == 0 || strcmp(columns[i].table, columns[i - 1].table) != 0;
}

enum status columns_check(struct db *d, struct err *e) {
    for (int i = 0; i < n_columns; i++)
        if (first_of_table(i)) TRY(check_table(d, columns[i].table, e));
    return ST_OK;
}

/* --- the quick check --- */

static int is_number(const struct column *c) {
    return c->form == FORM_INT || c->form == FORM_SIGN || c->form == FORM_REAL;
}

/* True where the column's value is not what it may be. */
static void add_test(struct buf *b, const struct column *c) {
    int real = c->form == FORM_REAL;
    buf_printf(b, "(%s%s(typeof(%s) <> '%s' OR ", c->null ? c->name : "",
               c->null ? " IS NOT NULL AND " : "", c->name, real ? "real" : "integer");
    if (real)
        buf_printf(b, "%s < %lld OR %s > %.17g", c->name, c->lo, c->name, real_max(c));
    else if (c->lo == LLONG_MIN)
        buf_str(b, "0");
    else
        buf_printf(b, "%s NOT BETWEEN %lld AND %lld", c->name, c->lo, c->hi);
    if (c->form == FORM_SIGN) buf_printf(b, " OR %s = 0", c->name);
    buf_str(b, "))");
}

/* One scan of the table from column `from` on; which column it is, is asked only when there is one.
 */
static enum status quick_table(struct db *d, int from, struct err *e) {
    const char *table = columns[from].table;
    struct buf b;
    long long bad = 0;
    int n = 0;
    buf_init(&b, 1 << 16);
    buf_printf(&b, "SELECT EXISTS (SELECT 1 FROM main.%s WHERE ", table);
    for (int i = from; i < n_columns && strcmp(columns[i].table, table) == 0; i++) {
        if (!is_number(&columns[i])) continue;
        if (n++) buf_str(&b, " OR ");
        add_test(&b, &columns[i]);
    }
    buf_str(&b, ")");
    enum status st = b.failed ? db_no_memory(e) : ST_OK;
    if (st == ST_OK && n) st = db_number_once(d, b.p, &bad, e);
    buf_free(&b);
    TRY(st);
    if (!bad) return ST_OK;
    st = check_table(d, table, e);
    if (st != ST_INVALID) return st;
    struct err why = *e;
    (void)fail(e, ST_CORRUPT, "taproom.db holds what it cannot: %.150s", why.text);
    err_hint(
        e,
        "run taproom repair, with --from-backup where there are backups, or mend the row with sqlite3");
    return ST_CORRUPT;
}

enum status columns_quick(struct db *d, struct err *e) {
    for (int i = 0; i < n_columns; i++)
        if (first_of_table(i)) TRY(quick_table(d, i, e));
    return ST_OK;
}
