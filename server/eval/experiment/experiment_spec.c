/* Reading a specification into cells. */
#include "server/eval/experiment/experiment.h"
#include "server/store/sql/json_memory.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUES_MAX = 50, NAME_MAX_BYTES = 200, K_MAX = 50, CASES_MAX = 5000 };

static enum status wrong(struct err *e, const char *field, const char *what) {
    (void)fail(e, ST_INVALID, "%s %s", field, what);
    err_field(e, "%s", field);
    return ST_INVALID;
}

/* The axes of a grid, in the order of the table's columns. */
enum axis { AXIS_MODEL, AXIS_PRECISION, AXIS_READOUT, AXIS_SURFACE, AXIS_HISTORY, AXIS_K, AXES };
static const char *const axis_names[AXES] = {"model",   "precision", "readout",
                                             "surface", "history",   "k"};

static int among(const char *text, const char *const *list, int n) {
    for (int i = 0; i < n; i++)
        if (strcmp(text, list[i]) == 0) return 1;
    return 0;
}

static int is_readout(const char *text) {
    for (int m = 0; m < METHOD_BASELINE; m++)
        if (strcmp(text, method_name(m)) == 0) return 1;
    return 0;
}

static enum status check_value(enum axis x, json_t *v, int paths, struct err *e) {
    static const char *const policies[] = {"likes", "recent", "balanced"}; /* without a wish */
    static const char *const precisions[] = {"auto", "f32", "bf16", "fp8", "int8"};
    char field[32];
    (void)snprintf(field, sizeof field, "grid.%s", axis_names[x]);
    if (x == AXIS_K)
        return json_is_integer(v) && json_integer_value(v) >= 0 && json_integer_value(v) <= K_MAX
                   ? ST_OK
                   : wrong(e, field, "holds whole numbers from 0 to 50");
    const char *t = json_string_value(v);
    if (!t || json_string_length(v) > 500 || strlen(t) != json_string_length(v))
        return wrong(e, field, "holds texts");
    if (x == AXIS_PRECISION && !among(t, precisions, COUNT(precisions)))
        return wrong(e, field, "holds auto, f32, bf16 or int8");
    if (x == AXIS_READOUT && !is_readout(t))
        return wrong(e, field, "holds a name that is no readout");
    if (x == AXIS_HISTORY && !among(t, policies, COUNT(policies)))
        return wrong(e, field, "holds likes, recent or balanced");
    if (x == AXIS_SURFACE && t[0] && !store_name_ok(view_of(t)))
        return wrong(e, field, "holds a name that is no surface's");
    if (x == AXIS_MODEL && !paths && (strchr(t, '/') || t[0] == '.'))
        return wrong(e, field, "holds names of files in the folder of models, without a path");
    return ST_OK;
}

/* The axis's values: those given, or the one that stands for "as usual". */
static enum status axis_values(json_t *grid, enum axis x, int paths, json_t **out, struct err *e) {
    static const char *const usual[AXES] = {"", "auto", "auto", "", "likes", NULL};
    json_t *given = json_object_get(grid, axis_names[x]), *v;
    size_t i;
    *out = NULL;
    if (given && !json_is_array(given)) return wrong(e, axis_names[x], "must be a list");
    if (json_array_size(given) > VALUES_MAX) return wrong(e, axis_names[x], "has over 50 values");
    json_array_foreach(given, i, v) TRY(check_value(x, v, paths, e));
    *out = json_array_size(given) ? json_incref(given)
           : x == AXIS_K          ? json_pack("[i]", 3)
                                  : json_pack("[s]", usual[x]);
    return *out ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for an experiment");
}

static enum status check_top(json_t *top, struct err *e) {
    static const char *const known[] = {"name",    "protocol", "catalog", "split",
                                        "members", "seed",     "grid"};
    static const char *const protocols[] = {"coldstart", "instruction"};
    static const char *const splits[] = {"development", "test"};
    const char *key;
    json_t *v, *grid = json_object_get(top, "grid");
    json_object_foreach(top, key, v) if (!among(key, known, COUNT(known))) return wrong(
        e, key, "is not known");
    json_object_foreach(grid, key, v) if (!among(key, axis_names, AXES)) return wrong(
        e, key, "is no axis of a grid");
    const char *name = json_string_value(json_object_get(top, "name")),
               *protocol = json_string_value(json_object_get(top, "protocol"));
    if (!name || !name[0] || strlen(name) > NAME_MAX_BYTES)
        return wrong(e, "name", "must be a text of 1 to 200 bytes");
    if (!protocol || !among(protocol, protocols, COUNT(protocols)))
        return wrong(e, "protocol", "must be coldstart or instruction");
    v = json_object_get(top, "catalog");
    if (v && (!json_is_string(v) || !store_name_ok(view_of(json_string_value(v)))))
        return wrong(e, "catalog", "must be a catalogue's name");
    v = json_object_get(top, "split");
    if (v && (!json_is_string(v) || !among(json_string_value(v), splits, COUNT(splits))))
        return wrong(e, "split", "must be development or test");
    v = json_object_get(top, "members");
    if (v &&
        (!json_is_integer(v) || json_integer_value(v) < 1 || json_integer_value(v) > CASES_MAX))
        return wrong(e, "members", "must be a whole number from 1 to 5000");
    v = json_object_get(top, "seed");
    if (v && (!json_is_integer(v) || json_integer_value(v) < 0))
        return wrong(e, "seed", "must be a whole number");
    if (grid && !json_is_object(grid)) return wrong(e, "grid", "must be an object of lists");
    return ST_OK;
}

/* What a cell is run with: the grid's values beside the experiment's. */
static json_t *settings(json_t *top, json_t *const *axis, size_t at) {
    static const char *const copied[] = {"protocol", "catalog", "split", "members", "seed"};
    json_t *out = json_object();
    for (size_t i = 0; i < COUNT(copied); i++)
        if (json_object_get(top, copied[i]))
            json_object_set(out, copied[i], json_object_get(top, copied[i]));
    for (int x = AXES - 1; x >= 0; x--) { /* the last axis runs fastest */
        size_t n = json_array_size(axis[x]);
        json_object_set(out, axis_names[x], json_array_get(axis[x], at % n));
        at /= n;
    }
    return out;
}

static enum status keep(struct store *s, struct view owner, json_t *top, json_t *const *axis,
                        size_t n, struct view spec, const char *id, struct err *e) {
    struct arena a;
    enum status st = ST_OK;
    arena_init(&a, 64 << 20);
    struct view *cells = ARENA_NEW(&a, struct view, n);
    for (size_t i = 0; cells && st == ST_OK && i < n; i++) {
        json_t *own = settings(top, axis, i);
        char *text = json_dumps(own, JSON_COMPACT | JSON_PRESERVE_ORDER),
             *copy = text ? arena_copy(&a, text, strlen(text)) : NULL;
        cells[i] = view_of(copy);
        if (!copy) st = fail(e, ST_NO_MEMORY, "no memory for an experiment");
        json_text_free(text);
        json_decref(own);
    }
    if (!cells) st = fail(e, ST_NO_MEMORY, "no memory for an experiment");
    const char *name = json_string_value(json_object_get(top, "name"));
    if (st == ST_OK)
        st = store_experiment_add(s, view_of(id), owner, view_of(name), spec, cells, (int)n, e);
    arena_free(&a);
    return st;
}

/* An id of the text, and of who owns it: nobody meets another's by the same text. */
static enum status name_it(struct view owner, const char *text, char id[EXPERIMENT_ID],
                           struct err *e) {
    char hash[65], *both = mem_alloc(owner.n + 1 + strlen(text) + 1);
    if (!both) return fail(e, ST_NO_MEMORY, "no memory for an experiment");
    size_t at = owner.n;
    memcpy(both, owner.p, at);
    if (at) both[at++] = '\n';
    memcpy(both + at, text, strlen(text));
    engine_sha256(both, at + strlen(text), hash);
    (void)snprintf(id, EXPERIMENT_ID, "x-%.16s", hash);
    mem_free(both);
    return ST_OK;
}

static enum status add(struct store *s, struct view owner, json_t *top, int paths,
                       char id[EXPERIMENT_ID], struct err *e) {
    json_t *axis[AXES] = {NULL};
    size_t n = 1;
    TRY(check_top(top, e));
    enum status st = ST_OK;
    for (int x = 0; st == ST_OK && x < AXES; x++) {
        st = axis_values(json_object_get(top, "grid"), (enum axis)x, paths, &axis[x], e);
        n *= json_array_size(axis[x]);
        if (st == ST_OK && n > EXPERIMENT_CELLS_MAX) {
            st = fail(e, ST_LIMIT, "the grid has over %d cells", EXPERIMENT_CELLS_MAX);
            err_field(e, "grid");
        }
    }
    char *text = json_dumps(top, JSON_COMPACT | JSON_SORT_KEYS);
    if (st == ST_OK && !text) st = fail(e, ST_NO_MEMORY, "no memory for an experiment");
    if (st == ST_OK) st = name_it(owner, text, id, e);
    if (st == ST_OK) st = keep(s, owner, top, axis, n, view_of(text), id, e);
    json_text_free(text);
    for (int x = 0; x < AXES; x++) json_decref(axis[x]);
    return st;
}

enum status experiment_add(struct store *s, struct view owner, struct view json, int paths,
                           char id[EXPERIMENT_ID], struct err *e) {
    json_error_t why;
    json_t *top = json_loadb(json.p, json.n, JSON_REJECT_DUPLICATES, &why);
    id[0] = 0;
    if (!json_is_object(top)) {
        (void)fail(e, ST_BAD_INPUT, "an experiment is a JSON object: %s",
                   top ? "this is none" : why.text);
        err_line(e, top ? 0 : why.line);
        json_decref(top);
        return ST_BAD_INPUT;
    }
    enum status st = add(s, owner, top, paths, id, e);
    json_decref(top);
    return st;
}
