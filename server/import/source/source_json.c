/* Objects to cells. */
#include "server/import/source/source_parts.h"

#include "server/import/role/role.h"
#include "server/value/json.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { SPREAD_DEPTH = 3, SPREAD_MEMBERS = 24, SPREAD_COLUMNS = 200 };

static struct cell json_cell(json_t *value, struct view raw) {
    if (json_is_string(value))
        return (struct cell){CELL_TEXT, {json_string_value(value), json_string_length(value)}, raw};
    if (json_is_number(value)) return (struct cell){CELL_NUMBER, raw, raw};
    if (json_is_boolean(value)) return (struct cell){CELL_FLAG, raw, raw};
    if (json_is_null(value)) return (struct cell){CELL_NONE, {"", 0}, raw};
    return (struct cell){CELL_NESTED, raw, raw};
}

static enum status put_cell(struct source *s, struct view key, struct cell cell, int *hint,
                            struct fault *f, struct err *e) {
    int i = source_find(s, key, *hint);
    if (i < 0) {
        if (s->n == IMPORT_COLUMNS) {
            fault_set(f, "the rows have more than %d different keys", IMPORT_COLUMNS);
            return ST_OK;
        }
        i = s->n;
        TRY(source_column(s, key, e));
    }
    *hint = i + 1;
    s->cell[i] = cell;
    return ST_OK;
}

/* {"Indie":22,"Casual":12} under a name for tags: its keys are the tags. */
static int is_counted_tags(const struct source *s, struct view key, json_t *value) {
    const char *tag;
    json_t *count;
    int fit = role_fit(key, ROLE_TAGS, s->config->kind);
    json_object_foreach(value, tag, count) {
        if (!json_is_number(count)) return 0;
    }
    return fit && fit < ROLE_WEAK;
}

/* An object that is spread out: no single value as {"amount":5,"currency":"EUR"}, few members, so
 * no map of somebody's keys, and room for their columns. */
static int is_spread(const struct source *s, struct view key, json_t *value, int depth) {
    char measure[120];
    size_t n = json_is_object(value) ? json_object_size(value) : 0;
    if (n && (json_measure_text(value, measure) || is_counted_tags(s, key, value))) return 0;
    return depth < SPREAD_DEPTH && n > 0 && n <= SPREAD_MEMBERS &&
           s->n + (int)n <= SPREAD_COLUMNS && !s->config->exact;
}

/* Members of an object inside a row stand under names with a dot: "priceRange.min". */
static enum status put_members(struct source *s, struct view key, json_t *value, struct view raw,
                               int depth, int *hint, struct fault *f, struct err *e) {
    size_t at = 0;
    for (void *it = json_object_iter(value); it; it = json_object_iter_next(value, it)) {
        struct view inner = json_next_value(raw, &at);
        json_t *x = json_object_iter_value(it);
        const char *own = json_object_iter_key(it);
        char name[200];
        if (own[0] == '@') continue;
        snprintf(name, sizeof name, "%.*s.%.90s", (int)(key.n < 90 ? key.n : 90), key.p, own);
        text_clean(name);
        if (is_spread(s, view_of(own), x, depth + 1))
            TRY(put_members(s, view_of(name), x, inner, depth + 1, hint, f, e));
        else
            TRY(put_cell(s, view_of(name), json_cell(x, inner), hint, f, e));
    }
    return ST_OK;
}

static int is_among(const char *key, const char *const *names, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (strcasecmp(key, names[i]) == 0) return 1;
    return 0;
}

static int has_name(json_t *tree) {
    static const char *const names[] = {"title", "name", "headline"};
    const char *key;
    json_t *value;
    json_object_foreach(tree, key, value) {
        if (!json_is_object(value) && is_among(key, names, COUNT(names))) return 1;
    }
    return 0;
}

/* What counts of an object that is only the cover of a row: search engines, GraphQL, GeoJSON and
 * others put it into one member, by a usual name or with a name in it that is nobody else's. NULL
 * where the object itself says what it is. */
static json_t *inside_cover(json_t *tree) {
    static const char *const covers[] = {"node",       "_source", "fields", "attributes",
                                         "properties", "record",  "doc",    "document"};
    static const char *const others[] = {
        "author", "user",  "customer", "member",    "brand",    "seller",  "vendor", "owner",
        "shop",   "store", "company",  "employer",  "creator",  "by",      "from",   "actor",
        "host",   "venue", "location", "publisher", "category", "country", "address"};
    const char *key;
    json_t *value, *in = NULL;
    if (has_name(tree)) return NULL;
    json_object_foreach(tree, key, value) {
        if (!json_is_object(value) || !json_object_size(value)) continue;
        if (is_among(key, covers, COUNT(covers))) return value;
        if (!in && has_name(value) && !is_among(key, others, COUNT(others))) in = value;
    }
    return in;
}

/* The parser keeps members in the order of the text and refuses repeated keys, so the raw values
 * and its members go in step. outer: what the object is the cover's inside of; its own members
 * stand. */
static enum status put_object(struct source *s, json_t *tree, struct view text, json_t *outer,
                              int *hint, struct fault *f, struct err *e) {
    size_t at = 0;
    int linked = json_object_get(tree, "@type") != NULL;
    json_t *cover = outer || linked || s->config->exact ? NULL : inside_cover(tree);
    for (void *it = json_object_iter(tree); it && !f->text[0];
         it = json_object_iter_next(tree, it)) {
        struct view raw = json_next_value(text, &at), key = view_of(json_object_iter_key(it));
        json_t *value = json_object_iter_value(it);
        int members = json_is_object(value) && (linked || is_spread(s, key, value, 0));
        if (outer && json_object_get(outer, json_object_iter_key(it))) continue;
        /* {"@type":"ListItem","item":{...}} is a place of a list: the row is what stands there. */
        if (linked && members && view_eq_str(key, "item"))
            return put_object(s, value, raw, NULL, hint, f, e);
        if (value == cover)
            TRY(put_object(s, value, raw, tree, hint, f, e));
        else if (members)
            TRY(put_members(s, key, value, raw, 0, hint, f, e));
        else
            TRY(put_cell(s, key, json_cell(value, raw), hint, f, e));
    }
    return ST_OK;
}

enum status source_next_json(struct source *s, struct fault *f, int *got, struct err *e) {
    struct json_reader *j = &s->json;
    char why[200];
    enum json_got g = json_next(j, why);
    *got = g != JSON_END;
    s->line = j->row_line;
    s->byte = j->row_at;
    s->too_long = g == JSON_TOO_LONG;
    s->n_read++;
    if (s->feed_line && *got)
        s->line = s->n_read <= s->n_feed ? s->feed_line[s->n_read - 1] : s->line;
    if (g == JSON_NO_MEMORY)
        return fail(e, ST_NO_MEMORY, "no memory for the row of line %ld", s->line);
    s->cut = g == JSON_END && j->cut;
    if (g == JSON_TOO_LONG) fault_set(f, "the row is over 1 MiB");
    if (g == JSON_FAULT && j->damage) fault_damage(f, "%s", why);
    if (g == JSON_FAULT) fault_set(f, "%s", why);
    spool_pass(s->spool, j->at);
    if (g != JSON_ROW) return ST_OK;
    for (int i = 0; i < s->n; i++) s->cell[i] = (struct cell){.kind = CELL_NONE};
    int hint = 0;
    TRY(put_object(s, j->tree, j->row, NULL, &hint, f, e));
    /* The name it stands under is its id, unless it has one. */
    if (j->form != JSON_NAMED || f->text[0] || json_object_get(j->tree, "id")) return ST_OK;
    struct view key = {json_string_value(j->key), json_string_length(j->key)};
    struct cell name = {CELL_TEXT, key, j->name};
    return put_cell(s, VIEW("id"), name, &hint, f, e);
}
