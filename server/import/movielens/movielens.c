/* MovieLens-100K in RecBole's files: .item, .user and .inter, TAB-separated with name:type
 * headers. */
#include "server/import/source/csv.h"
#include "server/import/columns/label.h"
#include "server/import/movielens/titles.h"
#include "server/store/data/stage.h"
#include "server/value/value.h"

#include "kernels/base/os/file.h"

#include <stdio.h>
#include <string.h>

enum { COLUMNS = 4, FILE_MAX = 1 << 30 };

struct table {
    char path[STORE_PATH], *text; /* read and not mapped: others may write the file meanwhile */
    struct csv csv;
    int column[COLUMNS]; /* where the wanted columns are */
};

static enum status find_columns(struct table *t, const char *const *names, struct err *e) {
    int got = csv_next(&t->csv);
    for (int k = 0; k < COLUMNS && names[k]; k++) {
        t->column[k] = -1;
        for (int i = 0; got && i < t->csv.n; i++)
            if (view_eq_str(t->csv.cell[i], names[k])) t->column[k] = i;
        if (t->column[k] < 0)
            return fail(e, ST_CORRUPT, "%.200s has no column %s", t->path, names[k]);
    }
    return ST_OK;
}

static void table_close(struct table *t) {
    csv_close(&t->csv);
    mem_free(t->text);
}

static enum status table_open(struct table *t, const char *folder, const char *name,
                              const char *const *names, struct err *e) {
    size_t n;
    memset(t, 0, sizeof *t);
    if (snprintf(t->path, sizeof t->path, "%s/%s", folder, name) >= (int)sizeof t->path)
        return fail(e, ST_INVALID, "the folder's path is too long");
    TRY(file_read(t->path, FILE_MAX, &t->text, &n, e));
    struct view text = {t->text, n};
    enum status st = csv_open(&t->csv, text, &(struct dialect){.separator = "\t"}, e);
    if (st == ST_OK) st = find_columns(t, names, e);
    if (st != ST_OK) table_close(t);
    return st;
}

static enum status table_next(struct table *t, int *got, struct err *e) {
    *got = csv_next(&t->csv);
    for (int k = 0; *got && k < COLUMNS; k++)
        if (t->csv.fault != CSV_GOOD || t->column[k] >= t->csv.n)
            return fail(e, ST_CORRUPT, "%.200s, line %ld: a row that is too short or too long",
                        t->path, t->csv.row_line);
    return ST_OK;
}

static struct view cell(const struct table *t, int k) {
    return t->csv.cell[t->column[k]];
}

/* --- rows */

/* Where the texts of one row are built. */
struct texts {
    struct buf title, profile, tags;
};

static long long year_start(long long year) {
    return days_of((int)year, 1, 1) * 86400;
}

static const char *item_row(const struct table *t, struct stage_row *r, struct texts *x) {
    static const char split = STORE_TAG_SPLIT;
    long long year = 0, given;
    struct view year_cell = cell(t, 2), genres = cell(t, 3);
    buf_clear(&x->title);
    buf_clear(&x->tags);
    titles_repair(cell(t, 1), &x->title, &year);
    if (view_int(year_cell, &given) && given >= 1850 && given <= 2100) year = given;
    r->id = cell(t, 0);
    r->title = buf_text(&x->title);
    r->has_time = year != 0;
    if (year) r->time = year_start(year);
    for (size_t i = 0, from = 0; i <= genres.n; i++) {
        if (i < genres.n && genres.p[i] != ' ') continue;
        struct view genre = view_sub(genres, from, i - from);
        from = i + 1;
        if (!genre.n || view_eq_str(genre, "unknown")) continue;
        if (x->tags.n) buf_add(&x->tags, &split, 1);
        buf_view(&x->tags, genre);
    }
    r->tags = buf_text(&x->tags);
    if (!r->id.n || r->id.n > STORE_ID_MAX) return "the id is missing or too long";
    if (!r->title.n || r->title.n > STORE_TITLE_MAX) return "the title is missing or too long";
    return utf8_valid(r->tags) ? NULL : "the row is not UTF-8";
}

static int said(struct view v) {
    return v.n && !view_eq_str(v, "other") && !view_eq_str(v, "none");
}

static const char *member_row(const struct table *t, struct stage_row *r, struct texts *x) {
    long long age;
    struct view work = cell(t, 2);
    buf_clear(&x->profile);
    if (view_int(cell(t, 1), &age) && age > 0 && age < 130)
        buf_printf(&x->profile, "%lld-year-old", age);
    if (said(work)) {
        if (x->profile.n) buf_str(&x->profile, " ");
        buf_view(&x->profile, work);
    }
    r->id = cell(t, 0);
    r->has_profile = 1;
    r->profile = buf_text(&x->profile);
    if (!r->id.n || r->id.n > STORE_ID_MAX) return "the id is missing or too long";
    return r->profile.n > STORE_TEXT_MAX || !utf8_valid(r->profile) ? "the row is not UTF-8" : NULL;
}

static const char *interaction_row(const struct table *t, struct stage_row *r) {
    static const struct label_scale five = {1, 5, 4, 2};
    struct when w;
    r->member = cell(t, 0);
    r->item = cell(t, 1);
    r->has_rating = 1;
    if (!r->member.n || !r->item.n || r->member.n > STORE_ID_MAX || r->item.n > STORE_ID_MAX)
        return "the member or the item is missing or too long";
    if (!view_double(cell(t, 2), &r->rating) || r->rating < 1 || r->rating > 5)
        return "the rating is no number from 1 to 5";
    r->label = label_of(&five, r->rating);
    if (date_parse(cell(t, 3), DATE_ANY, &w))
        r->at = w.from;
    else if (!view_int(cell(t, 3), &r->at))
        return "the time is none";
    return NULL;
}

static const struct {
    const char *file;
    enum stage_kind kind;
    const char *columns[COLUMNS];
} files[] = {
    {"ml-100k.item",
     STAGE_ITEMS,
     {"item_id:token", "movie_title:token_seq", "release_year:token", "class:token_seq"}},
    {"ml-100k.user", STAGE_MEMBERS, {"user_id:token", "age:token", "occupation:token", NULL}},
    {"ml-100k.inter",
     STAGE_INTERACTIONS,
     {"user_id:token", "item_id:token", "rating:float", "timestamp:float"}},
};

static enum status bad_row(const struct table *t, const char *why, struct err *e) {
    return fail(e, ST_CORRUPT, "%.120s, line %ld: %s", t->path, t->csv.row_line, why);
}

static enum status read_rows(struct stage *g, struct table *t, enum stage_kind kind,
                             struct texts *x, struct err *e) {
    for (int got;;) {
        long long repeats;
        TRY(table_next(t, &got, e));
        if (!got) return ST_OK;
        struct stage_row r = {.line = t->csv.row_line, .extra = VIEW("{}")};
        const char *why = kind == STAGE_ITEMS     ? item_row(t, &r, x)
                          : kind == STAGE_MEMBERS ? member_row(t, &r, x)
                                                  : interaction_row(t, &r);
        if (x->title.failed || x->profile.failed || x->tags.failed)
            return fail(e, ST_NO_MEMORY, "no memory for the row of line %ld", r.line);
        if (why) return bad_row(t, why, e);
        TRY(stage_add(g, kind, &r, &repeats, e));
        if (repeats) return bad_row(t, "the same as in an earlier line", e);
    }
}

static enum status read_files(struct stage *g, const char *folder, struct texts *x, struct err *e) {
    struct table *t = mem_alloc(sizeof *t);
    if (!t) return fail(e, ST_NO_MEMORY, "no memory for an import");
    enum status st = ST_OK;
    for (size_t i = 0; i < COUNT(files) && st == ST_OK; i++) {
        st = table_open(t, folder, files[i].file, files[i].columns, e);
        if (st != ST_OK) break;
        st = read_rows(g, t, files[i].kind, x, e);
        table_close(t);
    }
    mem_free(t);
    return st == ST_OK ? stage_done(g, e) : st;
}

static enum status store_all(struct stage *g, struct err *e) {
    long long unknown;
    long long dropped;
    struct stage_missing first;
    int n;
    const struct stage_catalog movies = {VIEW("movies"), VIEW("movies"), VIEW("release_year"),
                                         VIEW("")};
    enum status st = stage_items(g, &movies, 0, &dropped, e);
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
    struct arena a;
    struct catalog c;
    arena_init(&a, 1 << 20);
    enum status st = store_catalog(s, VIEW("movies"), &a, &c, e);
    arena_free(&a);
    *yes = st == ST_OK;
    return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status import_movielens(struct store *s, const char *folder, struct err *e) {
    int yes;
    struct stage *g;
    struct texts x;
    TRY(is_there(s, &yes, e));
    if (yes) return ST_OK;
    TRY(stage_open(&g, s, e));
    buf_init(&x.title, 4 * STORE_TITLE_MAX);
    buf_init(&x.profile, STORE_TITLE_MAX);
    buf_init(&x.tags, STORE_TEXT_MAX);
    enum status st = read_files(g, folder, &x, e);
    buf_free(&x.title);
    buf_free(&x.profile);
    buf_free(&x.tags);
    if (st == ST_OK) {
        st = stage_begin(g, e);
        if (st == ST_OK) st = stage_end(g, store_all(g, e), e);
    }
    stage_close(g);
    return st;
}
