/* Items' JSON to columns of texts. */
#include "server/catalog/fields/columns.h"

#include "server/value/json.h"

#include <string.h>

enum { CELLS_MAX = 40000000, LIST_MAX = 500 };

static enum status no_memory(struct err *e) {
    return fail(e, ST_NO_MEMORY, "no memory for a catalogue's fields");
}

int columns_max(int n_items) {
    int fit = CELLS_MAX / (n_items > 0 ? n_items : 1);
    return fit < FIELDS_MAX ? fit : FIELDS_MAX;
}

/* --- one value as text */

/* A scalar's text, or the name of an object in a list; NULL when there is none. */
static const char *plain_text(const json_t *v, char room[40]) {
    if (json_is_string(v)) return json_string_value(v);
    if (json_is_boolean(v)) return json_is_true(v) ? "true" : "false";
    if (json_is_number(v)) {
        json_number_text(v, room);
        return room;
    }
    const json_t *name = json_is_object(v) ? json_member(v, "name|title|label|value") : NULL;
    return json_is_string(name) ? json_string_value(name) : NULL;
}

/* --- cells */

static enum status add_text(struct columns *c, struct column *col, int item, struct view v,
                            struct err *e) {
    v = view_trim(v);
    if (is_nothing(v) || memchr(v.p, 0, v.n)) return ST_OK;
    if (!(col->text[item] = pool_keep(c->pool, v))) return no_memory(e);
    col->n_texts++;
    return ST_OK;
}

static enum status add_json(struct columns *c, struct column *col, int item, const json_t *v,
                            struct err *e) {
    const size_t flags = JSON_COMPACT | JSON_ENCODE_ANY;
    size_t n = json_dumpb(v, NULL, 0, flags);
    char *text = mem_alloc(n);
    if (!text) return no_memory(e);
    (void)json_dumpb(v, text, n, flags);
    enum status st = add_text(c, col, item, (struct view){text, n}, e);
    mem_free(text);
    return st;
}

static enum status list_room(struct columns *c, struct column *col, struct err *e) {
    if (col->list) return ST_OK;
    col->list = ARENA_NEW(c->pool->a, const char *const *, (size_t)c->n_items);
    col->n_list = ARENA_NEW(c->pool->a, int, (size_t)c->n_items);
    return col->list && col->n_list ? ST_OK : no_memory(e);
}

static enum status add_list(struct columns *c, struct column *col, int item, const json_t *v,
                            struct err *e) {
    size_t n = json_array_size(v), k = 0;
    char room[40];
    if (n == 0) return ST_OK;
    for (size_t i = 0; i < n; i++)
        if (!plain_text(json_array_get(v, i), room) && !json_is_null(json_array_get(v, i)))
            return add_json(c, col, item, v, e);
    if (n > LIST_MAX) n = LIST_MAX;
    TRY(list_room(c, col, e));
    const char **list = pool_alloc(c->pool, n * sizeof *list, sizeof *list);
    if (!list) return no_memory(e);
    for (size_t i = 0; i < n; i++) {
        const char *text = plain_text(json_array_get(v, i), room);
        struct view t = view_trim(view_of(text));
        if (t.n == 0) continue;
        if (!(list[k++] = pool_keep(c->pool, t))) return no_memory(e);
    }
    if (k == 0) return ST_OK;
    col->list[item] = list;
    col->n_list[item] = (int)k;
    col->n_lists++;
    return ST_OK;
}

static enum status add_value(struct columns *c, struct column *col, int item, const json_t *v,
                             struct err *e) {
    char room[120];
    if (json_is_array(v)) return add_list(c, col, item, v, e);
    if (json_is_object(v)) {
        if (json_object_size(v) == 0) return ST_OK;
        if (!json_measure_text(v, room)) return add_json(c, col, item, v, e);
        return add_text(c, col, item, view_of(room), e);
    }
    if (json_is_string(v))
        return add_text(c, col, item, (struct view){json_string_value(v), json_string_length(v)},
                        e);
    const char *text = plain_text(v, room);
    if (!text) return ST_OK;
    if (json_is_boolean(v)) col->n_flags++;
    if (json_is_number(v)) col->n_numbers++;
    return add_text(c, col, item, view_of(text), e);
}

/* --- keys */

/* The column of a key; items of one file have their keys in one order. NULL in *out: no room. */
static enum status column_of(struct columns *c, const char *key, struct column **out,
                             struct err *e) {
    *out = NULL;
    for (int i = 0; i < c->n; i++) {
        int at = (c->last + 1 + i) % c->n;
        if (strcmp(c->column[at].name, key) != 0) continue;
        c->last = at;
        *out = &c->column[at];
        return ST_OK;
    }
    if (c->n >= columns_max(c->n_items)) return ST_OK;
    struct column *col = &c->column[c->n];
    *col = (struct column){.name = pool_copy(c->pool, view_of(key)),
                           .text = ARENA_NEW(c->pool->a, const char *, (size_t)c->n_items)};
    if (!col->name || !col->text) return no_memory(e);
    c->last = c->n++;
    *out = col;
    return ST_OK;
}

static int is_empty(const json_t *v) {
    return json_is_null(v) || (json_is_string(v) && json_string_length(v) == 0);
}

enum status columns_add(struct columns *c, int item, const char *extra, struct err *e) {
    enum status st = ST_OK;
    const char *key;
    json_t *v;
    if (!extra || strcmp(extra, "{}") == 0) return ST_OK;
    json_t *object = json_loads(extra, JSON_ALLOW_NUL, NULL);
    json_object_foreach(object, key, v) {
        struct column *col;
        if (is_empty(v)) continue;
        st = column_of(c, key, &col, e);
        if (st == ST_OK && col) st = add_value(c, col, item, v, e);
        if (st != ST_OK) break;
    }
    json_decref(object);
    return st;
}
