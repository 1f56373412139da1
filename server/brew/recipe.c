/* Reading recipes: tables of fields. */
#include "server/brew/recipe.h"

#include <jansson.h>
#include <string.h>

enum kind { TEXT, INT, REAL, FILES, OTHER };

struct recipe_field {
    const char *name;
    enum kind kind;
    size_t at;
    double lo, hi;
};

#define AT(type, member) offsetof(struct type, member)
static const struct recipe_field top[] = {{"name", TEXT, AT(recipe, name), 0, 0},
                                          {"model", TEXT, AT(recipe, model), 0, 0},
                                          {"precision", TEXT, AT(recipe, precision), 0, 0},
                                          {"backend", TEXT, AT(recipe, backend), 0, 0},
                                          {"start_from", TEXT, AT(recipe, start_from), 0, 0},
                                          {"threads", INT, AT(recipe, threads), 0, 256},
                                          {"half", INT, AT(recipe, half), 0, 1},
                                          {"text_rise", REAL, AT(recipe, text_rise), 0, 10},
                                          {"seed", OTHER, 0, 0, 0},
                                          {"data", OTHER, 0, 0, 0},
                                          {"steps", OTHER, 0, 0, 0},
                                          {NULL, OTHER, 0, 0, 0}};
static const struct recipe_field data[] = {
    {"lists", FILES, AT(recipe_data, lists), 0, 0},
    {"catalogs", FILES, AT(recipe_data, catalogs), 0, 0},
    {"texts", FILES, AT(recipe_data, texts), 0, 0},
    {"keep_out_lists", FILES, AT(recipe_data, keep_out_lists), 0, 0},
    {"keep_out", REAL, AT(recipe_data, keep_out), 0, .9},
    {"members", INT, AT(recipe_data, members), 1, 100000},
    {"histories", INT, AT(recipe_data, histories), 1, 1000},
    {"parts", INT, AT(recipe_data, parts), 0, 1},
    {NULL, OTHER, 0, 0, 0}};
static const struct recipe_field step[] = {
    {"do", OTHER, 0, 0, 0},
    {"readout", OTHER, 0, 0, 0},
    {"losses", OTHER, 0, 0, 0},
    {"linears", OTHER, 0, 0, 0},
    {"steps", OTHER, 0, 0, 0},
    {"teacher", TEXT, AT(recipe_step, teacher), 0, 0},
    {"teacher_beta", REAL, AT(recipe_step, teacher_beta), -10, 10},
    {"rank", INT, AT(recipe_step, rank), 1, 1024},
    {"alpha", REAL, AT(recipe_step, alpha), 1e-6, 1e6},
    {"first_layer", INT, AT(recipe_step, first_layer), 0, 10000},
    {"items", INT, AT(recipe_step, items), 2, GRADED_ITEMS_MAX},
    {"lists", INT, AT(recipe_step, lists), 1, 10000},
    {"measure", INT, AT(recipe_step, measure), 0, 1000000},
    {"vocabulary", INT, AT(recipe_step, vocabulary), 0, 10000000},
    {"keep_layers", INT, AT(recipe_step, keep_layers), 0, 1},
    {"warm", INT, AT(recipe_step, warm), 0, 100000},
    {"text_tokens", INT, AT(recipe_step, text_tokens), 2, 4096},
    {"rate", REAL, AT(recipe_step, rate), 0, 10},
    {"scalar_rate", REAL, AT(recipe_step, scalar_rate), 0, 10},
    {"least", REAL, AT(recipe_step, least), 0, 1},
    {"clip", REAL, AT(recipe_step, clip), 0, 1e6},
    {"decay", REAL, AT(recipe_step, decay), 0, 1},
    {"beta1", REAL, AT(recipe_step, beta1), 0, .999999},
    {"beta2", REAL, AT(recipe_step, beta2), 0, .999999},
    {"gain", REAL, AT(recipe_step, gain), -10, 10},
    {"beta", REAL, AT(recipe_step, beta), -10, 10},
    {"epochs", REAL, AT(recipe_step, epochs), 1e-6, 1e6},
    {"minutes", REAL, AT(recipe_step, minutes), 1e-3, 1e6},
    {NULL, OTHER, 0, 0, 0}};
static const struct recipe_field losses[] = {
    {"list", REAL, AT(loss_weights, list), 0, 1000},
    {"pair", REAL, AT(loss_weights, pair), 0, 1000},
    {"text", REAL, AT(loss_weights, text), 0, 1000},
    {"teacher", REAL, AT(loss_weights, teacher), 0, 1000},
    {"teacher_gain", REAL, AT(loss_weights, teacher_gain), 1e-6, 1000},
    {"pair_gain", REAL, AT(loss_weights, pair_gain), 1e-6, 1000},
    {NULL, OTHER, 0, 0, 0}};

static enum status bad(struct err *e, const char *where, const char *name, const char *what) {
    (void)fail(e, ST_INVALID, "%s%.60s %s", where, name, what);
    err_field(e, "%s%.60s", where, name);
    return ST_INVALID;
}

static enum status text_of(json_t *v, const char **out, struct arena *a, struct err *e) {
    const char *s = json_string_value(v);
    *out = arena_copy(a, s, strlen(s));
    return *out ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for a recipe");
}

static enum status files_of(json_t *v, struct recipe_files *out, const char *where,
                            const char *name, struct arena *a, struct err *e) {
    if (!json_is_array(v) || json_array_size(v) > RECIPE_FILES)
        return bad(e, where, name, "is no list of at most 64 texts");
    for (size_t i = 0; i < json_array_size(v); i++) {
        if (!json_is_string(json_array_get(v, i)))
            return bad(e, where, name, "holds something that is no text");
        TRY(text_of(json_array_get(v, i), &out->at[out->n++], a, e));
    }
    return ST_OK;
}

static enum status value_of(json_t *v, const struct recipe_field *f, char *to, const char *where,
                            struct arena *a, struct err *e) {
    double x = json_number_value(v);
    int n = (int)json_integer_value(v);
    if (f->kind == OTHER) return ST_OK;
    if (f->kind == FILES)
        return files_of(v, (struct recipe_files *)(void *)(to + f->at), where, f->name, a, e);
    if (f->kind == TEXT) {
        if (!json_is_string(v)) return bad(e, where, f->name, "is no text");
        return text_of(v, (const char **)(void *)(to + f->at), a, e);
    }
    if (f->kind == INT ? !json_is_integer(v) : !json_is_number(v))
        return bad(e, where, f->name, f->kind == INT ? "is no whole number" : "is no number");
    if (!(x >= f->lo && x <= f->hi)) {
        (void)fail(e, ST_INVALID, "%s%s is %g, not in %g .. %g", where, f->name, x, f->lo, f->hi);
        err_field(e, "%s%s", where, f->name);
        return ST_INVALID;
    }
    memcpy(to + f->at, f->kind == INT ? (void *)&n : (void *)&x,
           f->kind == INT ? sizeof n : sizeof x);
    return ST_OK;
}

static enum status object_of(json_t *o, const struct recipe_field *table, void *to,
                             const char *where, struct arena *a, struct err *e) {
    const char *key;
    json_t *v;
    if (!json_is_object(o)) return bad(e, where, "", "is no object");
    json_object_foreach(o, key, v) {
        const struct recipe_field *f = table;
        while (f->name && strcmp(f->name, key) != 0) f++;
        if (!f->name) return bad(e, where, key, "is not a field of a recipe");
        TRY(value_of(v, f, to, where, a, e));
    }
    return ST_OK;
}

/* "linears": those that are trained. */
static enum status read_linears(struct recipe_step *s, json_t *v, const char *where,
                                struct err *e) {
    unsigned want = 0, all = 0;
    for (int i = 0; i < TRAINER_LINEARS; i++) all |= trainer_linears[i].bit;
    if (!v) return ST_OK;
    if (!json_is_array(v) || !json_array_size(v))
        return bad(e, where, "linears", "is no list of names");
    for (size_t k = 0; k < json_array_size(v); k++) {
        const char *name = json_string_value(json_array_get(v, k));
        int i = 0;
        while (name && i < TRAINER_LINEARS && strcmp(name, trainer_linears[i].name) != 0) i++;
        if (!name || i == TRAINER_LINEARS)
            return bad(e, where, "linears",
                       "holds what is not q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj or "
                       "down_proj");
        want |= trainer_linears[i].bit;
    }
    s->skip = all & ~want;
    return ST_OK;
}

static enum status read_step(struct recipe_step *s, json_t *o, int n,
                             const struct recipe_kind *kinds, struct arena *a, struct err *e) {
    char where[32];
    (void)snprintf(where, sizeof where, "steps[%d].", n);
    *s = (struct recipe_step){.kind = kinds,
                              .weights = {.pair_gain = 1, .teacher_gain = 1},
                              .rank = 8,
                              .items = 7,
                              .lists = 12,
                              .warm = 10,
                              .text_tokens = 128,
                              .rate = 1e-3,
                              .scalar_rate = 1e-2,
                              .least = .1,
                              .clip = 1,
                              .beta1 = .9,
                              .beta2 = .98,
                              .gain = 1,
                              .beta = .5};
    TRY(object_of(o, step, s, where, a, e));
    if (s->alpha == 0) s->alpha = 2. * s->rank;
    const char *what = json_string_value(json_object_get(o, "do"));
    const char *readout = json_string_value(json_object_get(o, "readout"));
    while (s->kind->name && (!what || strcmp(what, s->kind->name) != 0)) s->kind++;
    if (!s->kind->name) return bad(e, where, "do", "is not train or evaluate");
    if (json_object_get(o, "readout") && !readout) return bad(e, where, "readout", "is no text");
    for (int i = BREW_READOUTS; readout && strcmp(brew_readout_names[s->readout], readout) != 0;) {
        if (--i < 0) return bad(e, where, "readout", "is not query, item or relevance");
        s->readout = (enum brew_readout)i;
    }
    if (s->readout == BREW_RELEVANCE) { /* as its rankings read it */
        if (!json_object_get(o, "gain")) s->gain = 0;
        if (!json_object_get(o, "beta")) s->beta = 1;
    }
    json_t *w = json_object_get(o, "losses"), *steps = json_object_get(o, "steps");
    (void)snprintf(where, sizeof where, "steps[%d].losses.", n);
    if (w) TRY(object_of(w, losses, &s->weights, where, a, e));
    (void)snprintf(where, sizeof where, "steps[%d].", n);
    if (!w) s->weights.list = 1;
    if (!(s->weights.list + s->weights.pair + s->weights.text + s->weights.teacher > 0))
        return bad(e, where, "losses", "are all 0");
    if (steps && (!json_is_integer(steps) || json_integer_value(steps) < 1))
        return bad(e, where, "steps", "is no whole number from 1 on");
    s->steps = json_integer_value(steps);
    if ((s->weights.teacher > 0) != (s->teacher != NULL))
        return bad(e, where, "teacher",
                   "and losses.teacher go together: name the model, and its weight");
    if (s->vocabulary && s->weights.pair > 0)
        return bad(e, where, "vocabulary", "goes with the losses list and text, not with pair");
    if ((s->steps > 0) + (s->minutes > 0) + (s->epochs > 0) > 1)
        return bad(e, where, "steps", "stands beside minutes or epochs: give one of them");
    if (!s->steps && !(s->minutes > 0) && !(s->epochs > 0)) s->epochs = 1;
    return read_linears(s, json_object_get(o, "linears"), where, e);
}

static enum status read_all(struct recipe *r, json_t *o, const struct recipe_kind *kinds,
                            struct arena *a, struct err *e) {
    json_t *d = json_object_get(o, "data"), *steps = json_object_get(o, "steps"),
           *seed = json_object_get(o, "seed");
    TRY(object_of(o, top, r, "", a, e));
    if (!r->name || !r->name[0]) return bad(e, "", "name", "is missing");
    if (strspn(r->name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") !=
            strlen(r->name) ||
        r->name[0] == '.' || strlen(r->name) > 64)
        return bad(e, "", "name", "may have letters, digits, '.', '_' and '-' only, at most 64");
    if (!r->model || !r->model[0]) return bad(e, "", "model", "is missing");
    if (seed && (!json_is_integer(seed) || json_integer_value(seed) < 0))
        return bad(e, "", "seed", "is no whole number from 0 on");
    r->seed = seed ? (uint64_t)json_integer_value(seed) : 1;
    if (!d) return bad(e, "", "data", "is missing");
    TRY(object_of(d, data, &r->data, "data.", a, e));
    if (!r->data.lists.n && !r->data.catalogs.n && !r->data.texts.n)
        return bad(e, "data", "", "names no lists, catalogs or texts");
    if (!json_is_array(steps) || !json_array_size(steps) || json_array_size(steps) > RECIPE_STEPS)
        return bad(e, "", "steps", "is no list of one to eight steps");
    for (size_t i = 0; i < json_array_size(steps); i++)
        TRY(read_step(&r->step[r->n_steps++], json_array_get(steps, i), (int)i, kinds, a, e));
    return ST_OK;
}

enum status recipe_parse(struct recipe *out, struct view json, const struct recipe_kind *kinds,
                         struct arena *a, struct err *e) {
    json_error_t why;
    char *copy = arena_copy(a, json.p, json.n);
    *out = (struct recipe){.data = {.keep_out = .1, .members = 2000, .histories = 2},
                           .text_rise = .05};
    if (!copy) return fail(e, ST_NO_MEMORY, "no memory for a recipe");
    json_t *o = json_loadb(json.p, json.n, JSON_REJECT_DUPLICATES, &why);
    if (!o) {
        (void)fail(e, ST_BAD_INPUT, "the recipe is no JSON: line %d, column %d: %.150s", why.line,
                   why.column, why.text);
        err_line(e, why.line);
        return ST_BAD_INPUT;
    }
    out->hash = graded_hash(0, copy);
    enum status st = read_all(out, o, kinds, a, e);
    json_decref(o);
    return st;
}
