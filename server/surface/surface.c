/* Surfaces from JSON. */
#include "server/surface/surface.h"

#include "server/store/sql/json_memory.h"
#include "server/surface/readout_id.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 4000 };

/* A field of the JSON's top level: text into *out, else the default. */
static enum status field(const json_t *top, const char *key, const char *def, struct arena *a,
                         const char **out, struct err *e) {
    json_t *v = json_object_get(top, key);
    if (!v) {
        *out = def;
        if (def) return ST_OK;
        fail(e, ST_INVALID, "a surface needs the text \"%s\"", key);
    } else if (!json_is_string(v) || json_string_length(v) > TEXT_MAX) {
        fail(e, ST_INVALID, "\"%s\" must be a text of at most %d bytes", key, TEXT_MAX);
    } else {
        *out = arena_copy(a, json_string_value(v), json_string_length(v));
        return *out ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for a surface");
    }
    err_field(e, "%s", key);
    return ST_INVALID;
}

/* A list of at most max texts; none given leaves *n as it is. */
static enum status texts(json_t *top, const char *key, int max, struct arena *a, const char **out,
                         int *n, struct err *e) {
    json_t *list = json_object_get(top, key), *v;
    size_t i;
    if (!list) return ST_OK;
    *n = 0;
    if (!json_is_array(list) || json_array_size(list) > (size_t)max) {
        fail(e, ST_INVALID, "\"%s\" must be a list of at most %d texts", key, max);
        err_field(e, "%s", key);
        return ST_INVALID;
    }
    json_array_foreach(list, i, v) {
        if (!json_is_string(v) || json_string_length(v) > TEXT_MAX) {
            fail(e, ST_INVALID, "\"%s\" must be a list of texts of at most %d bytes", key,
                 TEXT_MAX);
            err_field(e, "%s[%zu]", key, i);
            return ST_INVALID;
        }
        out[*n] = arena_copy(a, json_string_value(v), json_string_length(v));
        if (!out[(*n)++]) return fail(e, ST_NO_MEMORY, "no memory for a surface");
    }
    return ST_OK;
}

static enum status frames(json_t *top, struct surface *s, struct arena *a, struct err *e) {
    json_t *list = json_object_get(top, "frames"), *v;
    size_t i;
    if (!list) return ST_OK;
    s->n_frames = 0;
    if (!json_is_array(list) || json_array_size(list) < 1 ||
        json_array_size(list) > SURFACE_FRAMES) {
        fail(e, ST_INVALID, "\"frames\" must be a list of 1 to %d objects", SURFACE_FRAMES);
        err_field(e, "frames");
        return ST_INVALID;
    }
    json_array_foreach(list, i, v) {
        struct frame *f = &s->frame[s->n_frames++];
        enum status st = field(v, "root", NULL, a, &f->root, e);
        if (st == ST_OK) st = field(v, "item", NULL, a, &f->item, e);
        if (st == ST_OK) st = field(v, "tail", NULL, a, &f->tail, e);
        if (st == ST_OK) st = field(v, "clause", NULL, a, &f->clause, e);
        if (st == ST_OK && (!f->root[0] || !f->clause[0]))
            st = fail(e, ST_INVALID, "a frame's root and clause must not be empty");
        if (st != ST_OK) err_field(e, "frames[%zu]", i);
        TRY(st);
    }
    return ST_OK;
}

static int has(const char *text, const char *slot) {
    return strstr(text, slot) != NULL;
}

static enum status tag_frames(json_t *top, struct surface *s, struct arena *a, struct err *e) {
    json_t *list = json_object_get(top, "tag_frames"), *v;
    size_t i;
    if (!list) return ST_OK;
    s->n_tag_frames = 0;
    if (!json_is_array(list) || json_array_size(list) > SURFACE_TAG_FRAMES) {
        fail(e, ST_INVALID, "\"tag_frames\" must be a list of at most %d objects",
             SURFACE_TAG_FRAMES);
        err_field(e, "tag_frames");
        return ST_INVALID;
    }
    json_array_foreach(list, i, v) {
        struct tag_frame *f = &s->tag_frame[s->n_tag_frames++];
        enum status st = field(v, "root", NULL, a, &f->root, e);
        if (st == ST_OK) st = field(v, "first", NULL, a, &f->first, e);
        if (st == ST_OK) st = field(v, "second", NULL, a, &f->second, e);
        if (st == ST_OK &&
            (!f->root[0] || !((has(f->first, "{tag}") && has(f->second, "{clause}")) ||
                              (has(f->first, "{clause}") && has(f->second, "{tag}")))))
            st = fail(e, ST_INVALID,
                      "a tag frame needs a root, {tag} in one of first and second, and {clause} in "
                      "the other");
        if (st != ST_OK) err_field(e, "tag_frames[%zu]", i);
        TRY(st);
    }
    return ST_OK;
}

static enum status tag_weight(json_t *top, struct surface *s, struct err *e) {
    json_t *v = json_object_get(top, "tag_weight");
    if (!v) return ST_OK;
    s->tag_weight = json_number_value(v);
    if (json_is_number(v) && s->tag_weight >= 0 && s->tag_weight <= 1) return ST_OK;
    fail(e, ST_INVALID, "\"tag_weight\" must be a number from 0 to 1");
    err_field(e, "tag_weight");
    return ST_INVALID;
}

static enum status list_least(json_t *top, struct surface *s, struct err *e) {
    json_t *v = json_object_get(top, "list_least");
    json_int_t least = v ? json_integer_value(v) : 1;
    s->list_least = least >= 1 && least <= SURFACE_LEAST ? (int)least : 0;
    if (s->list_least && (!v || json_is_integer(v))) return ST_OK;
    fail(e, ST_INVALID, "\"list_least\" must be a whole number from 1 to %d", SURFACE_LEAST);
    err_field(e, "list_least");
    return ST_INVALID;
}

static enum status part_number(const json_t *v, const char *key, double *out, struct err *e) {
    json_t *x = json_object_get(v, key);
    *out = x ? json_number_value(x) : 1;
    if (!x || (json_is_number(x) && *out >= 0 && *out <= 10)) return ST_OK;
    return fail(e, ST_INVALID, "\"%s\" must be a number from 0 to 10", key);
}

/* Without a list of its own a surface has one part, the item's text. */
static enum status parts(json_t *top, struct surface *s, struct arena *a, struct err *e) {
    json_t *list = json_object_get(top, "parts"), *v;
    size_t i;
    s->part[0] = (struct item_part){s->item, 1, 1};
    s->n_parts = 1;
    if (!list) return ST_OK;
    s->n_parts = 0;
    if (!json_is_array(list) || json_array_size(list) < 1 ||
        json_array_size(list) > SURFACE_PARTS) {
        fail(e, ST_INVALID, "\"parts\" must be a list of 1 to %d objects", SURFACE_PARTS);
        err_field(e, "parts");
        return ST_INVALID;
    }
    json_array_foreach(list, i, v) {
        struct item_part *p = &s->part[s->n_parts++];
        enum status st = field(v, "text", NULL, a, &p->text, e);
        if (st == ST_OK) st = part_number(v, "weight", &p->weight, e);
        if (st == ST_OK) st = part_number(v, "prior", &p->prior, e);
        if (st != ST_OK) err_field(e, "parts[%zu]", i);
        TRY(st);
    }
    return ST_OK;
}

static enum status wrong(struct err *e, const char *field, const char *what) {
    fail(e, ST_INVALID, "\"%s\" %s", field, what);
    err_field(e, "%s", field);
    return ST_INVALID;
}

/* The pair of answers, or the pairs under "labels", of which the first is that pair. */
static enum status labels(json_t *top, struct surface *s, struct arena *a, struct err *e) {
    json_t *list = json_object_get(top, "labels"), *pair;
    size_t i;
    s->n_labels = 1;
    s->label[0][0] = s->answer_yes;
    s->label[0][1] = s->answer_no;
    if (!list) return ST_OK;
    if (json_array_size(list) < 1 || json_array_size(list) > SURFACE_LABELS)
        return wrong(e, "labels", "must be a list of 1 to 4 pairs of answers");
    json_array_foreach(list, i, pair) {
        for (size_t k = 0; k < 2; k++) {
            json_t *v = json_array_get(pair, k);
            if (json_array_size(pair) != 2 || !json_is_string(v) || json_string_length(v) == 0 ||
                json_string_length(v) > 40) {
                fail(e, ST_INVALID, "a pair of labels is two texts of 1 to 40 bytes");
                err_field(e, "labels[%zu]", i);
                return ST_INVALID;
            }
            s->label[i][k] = arena_copy(a, json_string_value(v), json_string_length(v));
            if (!s->label[i][k]) return fail(e, ST_NO_MEMORY, "no memory for a surface");
        }
    }
    s->n_labels = (int)json_array_size(list);
    s->answer_yes = s->label[0][0];
    s->answer_no = s->label[0][1];
    return ST_OK;
}

static enum status demonstrations(json_t *top, struct surface *s, struct arena *a, struct err *e) {
    json_t *list = json_object_get(top, "demonstrations"), *v;
    size_t i;
    if (!list) return ST_OK;
    if (!json_is_array(list) || json_array_size(list) > SURFACE_DEMOS)
        return wrong(e, "demonstrations", "must be a list of at most 4 objects with item and wish");
    json_array_foreach(list, i, v) {
        struct demonstration *d = &s->demo[s->n_demos++];
        enum status st = field(v, "item", NULL, a, &d->item, e);
        if (st == ST_OK) st = field(v, "wish", NULL, a, &d->wish, e);
        if (st == ST_OK && (!d->item[0] || !d->wish[0]))
            st = fail(e, ST_INVALID, "a demonstration's item and wish must not be empty");
        if (st != ST_OK) err_field(e, "demonstrations[%zu]", i);
        TRY(st);
    }
    return ST_OK;
}

/* {"item": w, "whole": w, "meaning": w}, each may be missing; that of the clauses is 1. */
static enum status weights(json_t *top, struct surface *s, struct err *e) {
    json_t *o = json_object_get(top, "weights"), *v;
    const char *key;
    if (!o) return ST_OK;
    if (!json_is_object(o) || !json_object_size(o))
        return wrong(e, "weights", "must be an object with item, whole or meaning");
    json_object_foreach(o, key, v) {
        double w = json_number_value(v);
        if (!json_is_number(v) || !(w >= 0 && w <= 10)) {
            fail(e, ST_INVALID, "\"weights.%.40s\" must be a number from 0 to 10", key);
            err_field(e, "weights.%.40s", key);
            return ST_INVALID;
        }
        if (strcmp(key, "item") == 0)
            s->blend_item = w;
        else if (strcmp(key, "whole") == 0)
            s->whole = w, s->has_shares = 1;
        else if (strcmp(key, "meaning") == 0)
            s->meaning = w, s->has_shares = 1;
        else
            return wrong(e, "weights", "may have item, whole and meaning");
    }
    return ST_OK;
}

static enum status readout(const struct surface *s, struct err *e) {
    char what[240] = "must be one of";
    for (enum readout_id r = READOUT_AUTO; r < READOUT_HYBRID; r++) {
        size_t n = strlen(what);
        if (strcmp(s->readout, readout_name(r)) == 0) return ST_OK;
        snprintf(what + n, sizeof what - n, "%s %s", r ? "," : "", readout_name(r));
    }
    return wrong(e, "readout", what);
}

static enum status fill(struct surface *s, const struct surface *d, json_t *top, struct arena *a,
                        struct err *e) {
    const struct {
        const char *key, *def, **to;
    } text[] = {
        {"title", d->title ? d->title : s->name, &s->title},
        {"item_word", d->item_word, &s->item_word},
        {"items_word", d->items_word, &s->items_word},
        {"member_word", d->member_word, &s->member_word},
        {"note", "", &s->note},
        {"item", d->item, &s->item},
        {"liked", d->liked, &s->liked},
        {"disliked", d->disliked, &s->disliked},
        {"list", d->list, &s->list},
        {"question", d->question, &s->question},
        {"readout", "auto", &s->readout},
        {"answer_yes", d->answer_yes, &s->answer_yes},
        {"answer_no", d->answer_no, &s->answer_no},
    };
    for (size_t i = 0; i < COUNT(text); i++)
        TRY(field(top, text[i].key, text[i].def, a, text[i].to, e));
    memcpy(s->frame, d->frame, sizeof s->frame);
    memcpy(s->empty, d->empty, sizeof s->empty);
    memcpy(s->tag_frame, d->tag_frame, sizeof s->tag_frame);
    s->n_frames = d->n_frames;
    s->n_tag_frames = d->n_tag_frames;
    s->tag_weight = d->tag_weight;
    s->n_empty = d->n_empty;
    s->blend_item = d->blend_item;
    s->whole = d->whole;
    s->meaning = d->meaning;
    s->has_shares = d->has_shares;
    TRY(labels(top, s, a, e));
    TRY(demonstrations(top, s, a, e));
    TRY(weights(top, s, e));
    TRY(readout(s, e));
    TRY(frames(top, s, a, e));
    TRY(tag_frames(top, s, a, e));
    TRY(tag_weight(top, s, e));
    TRY(list_least(top, s, e));
    TRY(parts(top, s, a, e));
    TRY(texts(top, "empty", SURFACE_EMPTY, a, s->empty, &s->n_empty, e));
    return texts(top, "example_wishes", SURFACE_WISHES, a, s->wishes, &s->n_wishes, e);
}

static enum status parse(struct surface *out, const struct surface *defaults, struct view name,
                         struct view json, struct arena *a, struct err *e) {
    json_error_t je;
    *out = (struct surface){.name = arena_copy(a, name.p, name.n),
                            .json = arena_copy(a, json.p, json.n)};
    if (!out->name || !out->json) return fail(e, ST_NO_MEMORY, "no memory for a surface");
    json_t *top = json_read(json, JSON_REJECT_DUPLICATES, &je);
    if (!top && json_error_code(&je) == json_error_out_of_memory)
        return fail(e, ST_NO_MEMORY, "no memory for a surface");
    if (!json_is_object(top)) {
        json_decref(top);
        fail(e, ST_BAD_INPUT, "a surface is a JSON object: %s", top ? "this is none" : je.text);
        err_line(e, je.line);
        return ST_BAD_INPUT;
    }
    enum status st = fill(out, defaults, top, a, e);
    json_decref(top);
    return st;
}

enum status surface_parse(struct surface *out, struct view name, struct view json, struct arena *a,
                          struct err *e) {
    struct surface generic, none = {0};
    TRY(parse(&generic, &none, VIEW("generic"), view_of(surface_builtin(VIEW("generic"))), a, e));
    return parse(out, &generic, name, json, a, e);
}

enum status surface_check_fields(struct view json, struct err *e) {
    /* name, built_in and changed are what an answer says; sending them back changes nothing. facts
     * is of older surfaces: what wishes can be checked against is now found by the catalogue. */
    static const char *const known[] = {
        "title",  "item_word",  "items_word",     "member_word", "note",     "item",
        "liked",  "disliked",   "answer_yes",     "answer_no",   "question", "readout",
        "labels", "weights",    "demonstrations", "frames",      "empty",    "tag_frames",
        "facts",  "tag_weight", "list",           "list_least",  "parts",    "example_wishes",
        "name",   "built_in",   "changed"};
    json_t *top = json_loadb(json.p, json.n, 0, NULL), *v;
    enum status st = ST_OK;
    const char *key;
    json_object_foreach(top, key, v) {
        size_t i = 0;
        while (i < COUNT(known) && strcmp(key, known[i]) != 0) i++;
        if (i < COUNT(known) || st != ST_OK) continue;
        st = fail(e, ST_INVALID, "\"%.64s\" is not a field of a surface", key);
        err_field(e, "%.64s", key);
    }
    json_decref(top);
    return st;
}

enum status surface_load(struct surface *out, struct store *s, struct view name, struct arena *a,
                         struct err *e) {
    struct view json = {0};
    enum status st = s ? store_surface(s, name, a, &json, e) : ST_NOT_FOUND;
    if (st == ST_NOT_FOUND) {
        json = view_of(surface_builtin(name));
        if (json.p) st = ST_OK;
    }
    if (st == ST_NOT_FOUND) {
        fail(e, ST_NOT_FOUND, "there is no surface '%.*s'", (int)(name.n < 64 ? name.n : 64),
             name.p);
        err_field(e, "surface");
        err_hint(e, "built in are generic, movies, jobs, listings and feed");
    }
    TRY(st);
    return surface_parse(out, name, json, a, e);
}
