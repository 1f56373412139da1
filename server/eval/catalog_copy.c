/* Copying a catalogue by the way every import takes. */
#include "server/eval/catalog_copy.h"

#include "server/import/import.h"
#include "server/rank/rank.h"
#include "server/store/sql/json_memory.h"

#include "kernels/base/buf.h"
#include "kernels/base/os/clock.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROWS_MAX = 1 << 30 };

static enum status read_view(void *arg, char *p, size_t cap, size_t *n, struct err *e) {
    struct view *left = arg;
    (void)e;
    *n = left->n < cap ? left->n : cap;
    if (*n) memcpy(p, left->p, *n);
    *left = view_sub(*left, *n, left->n);
    return ST_OK;
}

/* Takes the reference to row. */
static void add_row(struct buf *b, json_t *row) {
    char *text = row ? json_dumps(row, JSON_COMPACT) : NULL;
    if (text) {
        buf_str(b, text);
        buf_add(b, "\n", 1);
    } else
        b->failed = 1;
    json_text_free(text);
    json_decref(row);
}

/* exact: rows are a copy of what was understood before. */
static enum status import(struct store *s, enum import_kind kind, const struct catalog *cat,
                          int exact, struct buf *b, struct err *e) {
    struct import_result *x = mem_alloc(sizeof *x);
    struct view left = buf_text(b);
    const struct import_config c = {.kind = kind,
                                    .format = IMPORT_JSONL,
                                    .catalog = view_of(cat->name),
                                    .surface = view_of(cat->surface),
                                    .exact = exact};
    enum status st =
        !x || b->failed ? fail(e, ST_NO_MEMORY, "no memory to copy a catalogue") : ST_OK;
    int any = left.n > 0;
    if (st == ST_OK && any) st = import_run(s, &c, read_view, &left, x, e);
    if (st == ST_OK && any && !x->stored)
        st = fail(e, ST_INTERNAL, "copied rows were refused: %s", x->refused.text);
    mem_free(x);
    buf_clear(b);
    return st;
}

static void add_item(struct buf *b, const struct item *it) {
    json_t *row = json_loads(it->extra ? it->extra : "{}", 0, NULL), *tags = json_array();
    if (!row) row = json_object();
    json_object_set_new(row, "id", json_string(it->id));
    json_object_set_new(row, "title", json_string(it->title));
    json_object_set_new(row, "text", json_string(it->text));
    for (int i = 0; i < it->n_tags; i++) json_array_append_new(tags, json_string(it->tags[i]));
    json_object_set_new(row, "tags", tags);
    if (it->has_popularity) json_object_set_new(row, "popularity", json_real(it->popularity));
    if (it->has_time) {
        char time[CLOCK_TEXT];
        clock_format(it->time, time);
        json_object_set_new(row, "time", json_string(time));
    }
    add_row(b, row);
}

static enum status copy_items(struct catalog_copy *s, struct store *from,
                              const struct catalog_copy_config *c, const struct catalog *cat,
                              struct arena *a, struct buf *b, struct err *e) {
    struct item *items;
    int n;
    long long total;
    TRY(store_items(from, c->catalog, VIEW(""), 0, STORE_PAGE_MAX, a, &items, &n, &total, e));
    for (int i = 0; i < n; i++) add_item(b, &items[i]);
    for (int i = 0; i < c->n_extra; i++) add_item(b, &c->extra[i]);
    return import(s->store, IMPORT_ITEMS, cat, 1, b, e);
}

static enum status add_history(struct store *from, const struct catalog_copy_config *c,
                               const struct member *m, struct arena *a, struct buf *b,
                               struct err *e) {
    struct interaction *h;
    int n;
    TRY(store_history(from, c->catalog, view_of(m->id), a, &h, &n, e));
    for (int i = 0; i < n; i++) {
        if (c->leave_out && c->leave_out(c->arg, h[i].item)) continue;
        json_t *row = json_pack("{s:s,s:s,s:I}", "member", m->id, "item", h[i].item, "at",
                                (json_int_t)h[i].at);
        if (h[i].has_rating) json_object_set_new(row, "rating", json_real(h[i].rating));
        /* The label as it was made, on whatever scale the ratings were. */
        json_object_set_new(row, "label",
                            json_string(h[i].label > 0   ? "like"
                                        : h[i].label < 0 ? "dislike"
                                                         : "neutral"));
        add_row(b, row);
    }
    return ST_OK;
}

static enum status copy_members(struct catalog_copy *s, struct store *from,
                                const struct catalog_copy_config *c, const struct catalog *cat,
                                struct arena *a, struct buf *b, struct err *e) {
    struct member *m;
    int n;
    TRY(store_members(from, c->catalog, VIEW(""), STORE_PAGE_MAX, a, &m, &n, e));
    for (int i = 0; i < n; i++)
        add_row(b, json_pack("{s:s,s:s,s:s}", "id", m[i].id, "name", m[i].name, "profile",
                             m[i].profile));
    TRY(import(s->store, IMPORT_MEMBERS, cat, 1, b, e));
    for (int i = 0; c->interactions && i < n; i++) TRY(add_history(from, c, &m[i], a, b, e));
    return import(s->store, IMPORT_INTERACTIONS, cat, 1, b, e);
}

static enum status copy(struct catalog_copy *s, struct store *from,
                        const struct catalog_copy_config *c, struct arena *a, struct buf *b,
                        struct err *e) {
    struct catalog cat;
    struct view json;
    TRY(store_catalog(from, c->catalog, a, &cat, e));
    TRY(copy_items(s, from, c, &cat, a, b, e));
    if (store_surface(from, view_of(cat.surface), a, &json, NULL) == ST_OK)
        TRY(store_surface_put(s->store, view_of(cat.surface), json, e));
    return copy_members(s, from, c, &cat, a, b, e);
}

static void remove_folder(const char *folder) {
    DIR *dir = opendir(folder);
    if (!dir) return;
    for (struct dirent *f; (f = readdir(dir));)
        if (f->d_name[0] != '.') (void)unlinkat(dirfd(dir), f->d_name, 0);
    closedir(dir);
    (void)rmdir(folder);
}

void catalog_copy_close(struct catalog_copy *s) {
    if (s->ranker) ranker_close(s->ranker);
    mem_free(s->ranker);
    store_close(s->store);
    if (s->folder[0]) remove_folder(s->folder);
    memset(s, 0, sizeof *s);
}

static enum status open_empty(struct catalog_copy *out, struct ranker *from, struct err *e) {
    const char *tmp = getenv("TMPDIR");
    if (snprintf(out->folder, sizeof out->folder, "%.40s/taproom-XXXXXX",
                 tmp && strlen(tmp) <= 40 ? tmp : "/tmp") < 0 ||
        !mkdtemp(out->folder)) {
        enum status st =
            fail(e, ST_IO, "cannot make a folder for a copy of the catalogue: %s", strerror(errno));
        out->folder[0] = 0;
        return st;
    }
    TRY(store_open(&out->store, out->folder, e));
    out->ranker = mem_alloc(sizeof *out->ranker);
    if (!out->ranker) return fail(e, ST_NO_MEMORY, "no memory for a copy of the catalogue");
    ranker_init(out->ranker, out->store, from->engine);
    out->ranker->embedder = from->embedder;
    return ST_OK;
}

enum status catalog_copy_empty(struct catalog_copy *out, struct ranker *from, struct err *e) {
    memset(out, 0, sizeof *out);
    enum status st = open_empty(out, from, e);
    if (st != ST_OK) catalog_copy_close(out);
    return st;
}

enum status catalog_copy_open(struct catalog_copy *out, struct ranker *from,
                              const struct catalog_copy_config *c, struct err *e) {
    struct arena a;
    struct buf b;
    TRY(catalog_copy_empty(out, from, e));
    arena_init(&a, (size_t)1 << 30);
    buf_init(&b, ROWS_MAX);
    enum status st = copy(out, from->store, c, &a, &b, e);
    buf_free(&b);
    arena_free(&a);
    if (st != ST_OK) catalog_copy_close(out);
    return st;
}

enum status catalog_copy_import(struct catalog_copy *s, const char *catalog,
                                const struct item *item, int n, struct err *e) {
    const struct catalog cat = {.name = catalog, .surface = ""};
    struct buf b;
    buf_init(&b, ROWS_MAX);
    for (int i = 0; i < n; i++) add_item(&b, &item[i]);
    enum status st = import(s->store, IMPORT_ITEMS, &cat, 0, &b, e);
    buf_free(&b);
    return st;
}
