/* MovieLens-100K in RecBole's files: .item, .user and .inter, TAB-separated with name:type
 * headers. */
#include "server/store/csv.h"
#include "server/store/stage.h"
#include "server/store/titles.h"

#include "model/base/clock.h"
#include "model/base/file.h"

#include <stdio.h>
#include <string.h>

enum { COLUMNS = 4 };

struct table {
    struct file_map map;
    size_t at;
    struct input in;
    struct csv csv;
    int column[COLUMNS]; /* where the wanted columns are */
};

static enum status read_map(void *arg, char *p, size_t cap, size_t *n, struct err *e) {
    struct table *t = arg;
    size_t left = t->map.n - t->at;
    (void)e;
    *n = left < cap ? left : cap;
    if (*n) memcpy(p, t->map.p + t->at, *n);
    t->at += *n;
    return ST_OK;
}

static enum status find_columns(struct table *t, const char *const *names, struct err *e) {
    int got;
    TRY(csv_next(&t->csv, &got, e));
    for (int k = 0; k < COLUMNS && names[k]; k++) {
        t->column[k] = -1;
        for (int i = 0; got && i < t->csv.n; i++)
            if (view_eq_str(csv_cell(&t->csv, i), names[k])) t->column[k] = i;
        if (t->column[k] < 0)
            return fail(e, ST_CORRUPT, "%.200s has no column %s", t->map.path, names[k]);
    }
    return ST_OK;
}

static void table_close(struct table *t) {
    csv_close(&t->csv);
    input_close(&t->in);
    file_map_close(&t->map);
}

static enum status table_open(struct table *t, const char *folder, const char *name,
                              const char *const *names, struct err *e) {
    char path[STORE_PATH];
    *t = (struct table){0};
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return fail(e, ST_INVALID, "the folder's path is too long");
    TRY(file_map_open(&t->map, path, e));
    enum status st = input_open(&t->in, read_map, t, e);
    if (st == ST_OK) {
        csv_open(&t->csv, &t->in);
        t->csv.delim = '\t';
        t->csv.quotes = 0;
        st = find_columns(t, names, e);
    }
    if (st != ST_OK) table_close(t);
    return st;
}

static enum status table_next(struct table *t, int *got, struct err *e) {
    TRY(csv_next(&t->csv, got, e));
    if (!*got) return ST_OK;
    for (int k = 0; k < COLUMNS; k++)
        if (t->csv.fault != CSV_GOOD || t->column[k] >= t->csv.n)
            return fail(e, ST_CORRUPT, "%.200s, line %ld: a row that is too short or too long",
                        t->map.path, t->csv.row_line);
    return ST_OK;
}

static struct view cell(const struct table *t, int k) {
    return csv_cell(&t->csv, t->column[k]);
}

/* --- rows */

/* Where the texts of one row are built. */
struct texts {
    struct buf title, profile;
    char year[24];
};

static void item_row(const struct table *t, struct row *r, struct texts *x, struct fault *f) {
    long long year = 0, given;
    struct view year_cell = cell(t, 2), genres = cell(t, 3);
    buf_clear(&x->title);
    titles_repair(cell(t, 1), &x->title, &year);
    if (view_int(year_cell, &given) && given >= 1850 && given <= 2100) year = given;
    row_set(r, FIELD_ID, cell(t, 0), f);
    row_set(r, FIELD_TITLE, buf_text(&x->title), f);
    snprintf(x->year, sizeof x->year, "%lld", year);
    if (year) row_set(r, FIELD_TIME, view_of(x->year), f);
    for (size_t i = 0, from = 0; i <= genres.n; i++) {
        if (i < genres.n && genres.p[i] != ' ') continue;
        struct view genre = view_sub(genres, from, i - from);
        if (!view_eq_str(genre, "unknown")) row_add_tag(r, genre, f);
        from = i + 1;
    }
}

static int said(struct view v) {
    return v.n && !view_eq_str(v, "other") && !view_eq_str(v, "none");
}

static void member_row(const struct table *t, struct row *r, struct texts *x, struct fault *f) {
    long long age;
    struct view work = cell(t, 2);
    buf_clear(&x->profile);
    if (view_int(cell(t, 1), &age) && age > 0 && age < 130)
        buf_printf(&x->profile, "%lld-year-old", age);
    if (said(work)) {
        if (x->profile.n) buf_str(&x->profile, " ");
        buf_view(&x->profile, work);
    }
    row_set(r, FIELD_ID, cell(t, 0), f);
    row_set(r, FIELD_PROFILE, buf_text(&x->profile), f);
}

static void interaction_row(const struct table *t, struct row *r, struct fault *f) {
    static const enum field fields[] = {FIELD_MEMBER, FIELD_ITEM, FIELD_RATING, FIELD_AT};
    for (int k = 0; k < COLUMNS; k++) row_set(r, fields[k], cell(t, k), f);
}

static const struct {
    const char *file;
    enum import_kind kind;
    const char *columns[COLUMNS];
} files[] = {
    {"ml-100k.item",
     IMPORT_ITEMS,
     {"item_id:token", "movie_title:token_seq", "release_year:token", "class:token_seq"}},
    {"ml-100k.user", IMPORT_MEMBERS, {"user_id:token", "age:token", "occupation:token", NULL}},
    {"ml-100k.inter",
     IMPORT_INTERACTIONS,
     {"user_id:token", "item_id:token", "rating:float", "timestamp:float"}},
};

static enum status read_rows(struct stage *g, struct table *t, enum import_kind kind, struct row *r,
                             struct texts *x, struct err *e) {
    for (int got;;) {
        struct fault f = {""};
        TRY(table_next(t, &got, e));
        if (!got) return ST_OK;
        row_clear(r, t->csv.row_line);
        if (kind == IMPORT_ITEMS)
            item_row(t, r, x, &f);
        else if (kind == IMPORT_MEMBERS)
            member_row(t, r, x, &f);
        else
            interaction_row(t, r, &f);
        if (x->title.failed || x->profile.failed)
            return fail(e, ST_NO_MEMORY, "no memory for the row of line %ld", r->line);
        for (int i = 0; i < FIELD_COUNT; i++)
            if (!utf8_valid(r->cell[i])) row_fault(&f, "the row is not UTF-8");
        TRY(row_check(r, kind, &f, e));
        if (!f.text[0]) TRY(stage_add(g, kind, r, &f, e));
        if (f.text[0])
            return fail(e, ST_CORRUPT, "%.120s, line %ld: %s", t->map.path, r->line, f.text);
    }
}

static enum status read_files(struct stage *g, const char *folder, struct row *r, struct texts *x,
                              struct err *e) {
    for (size_t i = 0; i < COUNT(files); i++) {
        struct table *t = mem_alloc(sizeof *t);
        if (!t) return fail(e, ST_NO_MEMORY, "no memory to read %s", files[i].file);
        enum status st = table_open(t, folder, files[i].file, files[i].columns, e);
        if (st == ST_OK) {
            st = read_rows(g, t, files[i].kind, r, x, e);
            table_close(t);
        }
        mem_free(t);
        TRY(st);
    }
    return stage_done(g, e);
}

static enum status store_all(struct stage *g, struct err *e) {
    long long unknown;
    struct stage_missing first;
    int n;
    enum status st = stage_items(g, VIEW("movies"), VIEW("movies"), 0, e);
    if (st == ST_CONFLICT) return ST_OK; /* somebody made it meanwhile */
    TRY(st);
    TRY(stage_members(g, VIEW("movies"), e));
    TRY(stage_unknown(g, VIEW("movies"), &unknown, &first, 1, &n, e));
    if (unknown)
        return fail(e, ST_CORRUPT, "ml-100k.inter, line %ld: there is no item '%s'", first.line,
                    first.item.text);
    return stage_interactions(g, VIEW("movies"), e);
}

static enum status is_there(struct store *s, int *yes, struct err *e) {
    struct db *d;
    struct catalog_row c;
    TRY(store_read_begin(s, &d, e));
    enum status st = catalog_find(d, VIEW("movies"), &c, e);
    *yes = st == ST_OK;
    return store_read_end(s, d, st == ST_NOT_FOUND ? ST_OK : st, e);
}

enum status import_movielens(struct store *s, const char *folder, struct err *e) {
    int yes;
    struct stage g;
    struct row row;
    struct texts x;
    TRY(is_there(s, &yes, e));
    if (yes) return ST_OK;
    TRY(stage_open(&g, s, e));
    row_open(&row);
    buf_init(&x.title, 4 * STORE_TITLE_MAX);
    buf_init(&x.profile, STORE_TITLE_MAX);
    enum status st = read_files(&g, folder, &row, &x, e);
    row_close(&row);
    buf_free(&x.title);
    buf_free(&x.profile);
    if (st == ST_OK) {
        st = stage_begin(&g, e);
        if (st == ST_OK) st = stage_end(&g, store_all(&g, e), e);
    }
    stage_close(&g);
    return st;
}
