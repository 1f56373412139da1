/* Ranking requests from and to JSON. */
#include "server/rank/request/request.h"

#include "server/rank/request/request_names.h"
#include "server/store/sql/depth.h"
#include "server/store/sql/json_memory.h"

#include "kernels/base/os/clock.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { INSTRUCTION_MAX = 400 * 1024, COUNT_DEFAULT = 100, HISTORY_DEFAULT = 20 };
#define CLOCK_MAX (1ll << 40) /* Unix seconds, either side of 1970 */

static const char *const retrieves[RETRIEVES] = {
    "auto", "bm25", "popularity", "item_knn", "ease", "embedding", "recency", "random", "all"};
static const char *const modes[CONSTRAINTS_MODES] = {"after", "hide", "score"};

static const char *const policies[HISTORY_POLICIES] = {"recent", "balanced", "relevant", "likes"};

const char *history_name(enum history_policy p) {
    return (unsigned)p < HISTORY_POLICIES ? policies[p] : "?";
}

const char *constraints_name(enum constraints_mode m) {
    return (unsigned)m < CONSTRAINTS_MODES ? modes[m] : "?";
}

const char *retrieve_name(enum retrieve r) {
    return (unsigned)r < RETRIEVES ? retrieves[r] : "?";
}

void request_init(struct rank_request *r) {
    *r = (struct rank_request){
        .count = COUNT_DEFAULT, .history = HISTORY_DEFAULT, .seed = 1, .all_baselines = 1};
    r->catalog = r->surface = r->instruction = r->member = r->leave_out = r->client = r->model =
        r->owner = VIEW("");
}

/* What the readers below share. */
struct reader {
    struct rank_request *r;
    struct arena *a;
    struct err *e;
};

static enum status wrong(struct reader *x, const char *field, const char *what) {
    fail(x->e, ST_INVALID, "%s %s", field, what);
    err_field(x->e, "%s", field);
    return ST_INVALID;
}

static enum status get_text(struct reader *x, json_t *v, const char *field, size_t max,
                            struct view *out) {
    char what[64];
    if (json_is_null(v)) return ST_OK;
    snprintf(what, sizeof what, "must be a text of at most %zu bytes", max);
    if (!json_is_string(v) || json_string_length(v) > max) return wrong(x, field, what);
    char *s = arena_copy(x->a, json_string_value(v), json_string_length(v));
    if (!s) return fail(x->e, ST_NO_MEMORY, "no memory for the request");
    *out = (struct view){s, json_string_length(v)};
    return ST_OK;
}

static enum status get_int(struct reader *x, json_t *v, const char *field, long long lo,
                           long long hi, long long *out) {
    char what[80];
    if (json_is_null(v)) return ST_OK;
    snprintf(what, sizeof what, "must be a whole number from %lld to %lld", lo, hi);
    if (!json_is_integer(v) || json_integer_value(v) < lo || json_integer_value(v) > hi)
        return wrong(x, field, what);
    *out = json_integer_value(v);
    return ST_OK;
}

static enum status get_small(struct reader *x, json_t *v, const char *field, int lo, int hi,
                             int *out) {
    long long n = *out;
    TRY(get_int(x, v, field, lo, hi, &n));
    *out = (int)n;
    return ST_OK;
}

static enum status get_name(struct reader *x, json_t *v, const char *field,
                            const char *const *names, int n, int *out) {
    char what[240];
    size_t at = (size_t)snprintf(what, sizeof what, "must be one of");
    for (int i = 0; i < n; i++) {
        if (json_is_string(v) && strcmp(json_string_value(v), names[i]) == 0) {
            *out = i;
            return ST_OK;
        }
        at += (size_t)snprintf(what + at, sizeof what - at, "%s %s", i ? "," : "", names[i]);
    }
    return json_is_null(v) ? ST_OK : wrong(x, field, what);
}

/* --- fields */

static enum status get_example(struct reader *x, json_t *v, size_t i) {
    char f[48];
    struct example *to = &x->r->example[x->r->n_examples];
    snprintf(f, sizeof f, "examples[%zu]", i);
    if (i >= EXAMPLES_MAX) return wrong(x, "examples", "has more than 50 entries");
    if (!json_is_object(v)) return wrong(x, f, "must be an object with item or text, and label");
    *to = (struct example){VIEW(""), VIEW(""), 0};
    if (json_object_get(v, "item")) TRY(get_text(x, json_object_get(v, "item"), f, 200, &to->item));
    if (json_object_get(v, "text"))
        TRY(get_text(x, json_object_get(v, "text"), f, 4000, &to->text));
    if ((to->item.n > 0) == (to->text.n > 0)) return wrong(x, f, "needs either item or text");
    const char *label = json_string_value(json_object_get(v, "label"));
    to->label = label && strcmp(label, "like") == 0      ? 1
                : label && strcmp(label, "dislike") == 0 ? -1
                                                         : 0;
    if (!to->label) return wrong(x, f, "needs a label, like or dislike");
    x->r->n_examples++;
    return ST_OK;
}

static enum status get_clause(struct reader *x, json_t *v, size_t i) {
    char f[48];
    struct clause c = {.sign = 1, .weight = 1, .rest = VIEW("")};
    snprintf(f, sizeof f, "clauses[%zu]", i);
    if (i >= CLAUSES_MAX) return wrong(x, "clauses", "has more than 16 entries");
    if (!json_is_object(v) || !json_is_string(json_object_get(v, "text")))
        return wrong(x, f, "needs a text");
    TRY(get_text(x, json_object_get(v, "text"), f, 20000, &c.text));
    c.text = view_trim(c.text);
    if (c.text.n == 0) return wrong(x, f, "has an empty text");
    json_t *sign = json_object_get(v, "sign"), *weight = json_object_get(v, "weight");
    if (sign && json_integer_value(sign) != 1 && json_integer_value(sign) != -1)
        return wrong(x, f, "has a sign that is not 1 or -1");
    if (sign) c.sign = (int)json_integer_value(sign);
    if (weight && !(json_is_number(weight) && json_number_value(weight) >= 0 &&
                    json_number_value(weight) <= 10))
        return wrong(x, f, "has a weight that is not a number from 0 to 10");
    if (weight) c.weight = json_number_value(weight);
    x->r->clause[x->r->n_clauses++] = c;
    return ST_OK;
}

static enum status get_candidates(struct reader *x, json_t *v) {
    struct rank_request *r = x->r;
    char f[48];
    json_t *id;
    size_t i;
    if (json_is_object(v)) {
        int how = (int)r->retrieve;
        if (json_object_get(v, "retrieve"))
            TRY(get_name(x, json_object_get(v, "retrieve"), "candidates.retrieve", retrieves,
                         RETRIEVES, &how));
        r->retrieve = (enum retrieve)how;
        if (json_object_get(v, "offset")) {
            if (r->retrieve != RETRIEVE_ALL)
                return wrong(x, "candidates.offset", "is for retrieve \"all\" only");
            TRY(get_int(x, json_object_get(v, "offset"), "candidates.offset", 0, 1ll << 40,
                        &r->offset));
        }
        if (!json_object_get(v, "count")) return ST_OK;
        r->has_count = 1;
        return get_small(x, json_object_get(v, "count"), "candidates.count", 1, RANK_ITEMS_MAX,
                         &r->count);
    }
    if (!json_is_array(v))
        return wrong(x, "candidates", "must be a list of ids or an object with retrieve and count");
    size_t n = json_array_size(v);
    if (n == 0 || n > RANK_ITEMS_MAX)
        return wrong(x, "candidates", "must name from 1 to 500 items");
    r->candidate = ARENA_NEW(x->a, struct view, n);
    if (!r->candidate) return fail(x->e, ST_NO_MEMORY, "no memory for the request");
    json_array_foreach(v, i, id) {
        snprintf(f, sizeof f, "candidates[%zu]", i);
        if (!json_is_string(id)) return wrong(x, f, "must be an item's id as a text");
        TRY(get_text(x, id, f, 200, &r->candidate[i]));
        for (size_t k = 0; k < i; k++)
            if (view_eq(r->candidate[k], r->candidate[i]))
                return wrong(x, f, "is an id that was named before");
    }
    r->n_candidates = (int)n;
    return ST_OK;
}

static enum status get_baselines(struct reader *x, json_t *v) {
    json_t *name;
    size_t i;
    if (!json_is_array(v) || json_array_size(v) > BASELINE_NAMES_MAX)
        return wrong(x, "baselines", "must be a list of at most 16 names");
    x->r->all_baselines = 0;
    json_array_foreach(v, i, name) {
        if (!json_is_string(name)) return wrong(x, "baselines", "must be a list of names");
        TRY(get_text(x, name, "baselines", 64, &x->r->baseline[x->r->n_baselines++]));
    }
    return ST_OK;
}

static enum status get_history(struct reader *x, json_t *v) {
    struct rank_request *r = x->r;
    int policy = (int)r->policy;
    if (!json_is_object(v))
        return wrong(x, "history", "must be an object with policy, limit and tokens");
    if (json_object_get(v, "policy"))
        TRY(get_name(x, json_object_get(v, "policy"), "history.policy", policies, HISTORY_POLICIES,
                     &policy));
    r->policy = (enum history_policy)policy;
    if (json_object_get(v, "limit"))
        TRY(get_small(x, json_object_get(v, "limit"), "history.limit", 0, 1000, &r->history));
    if (json_object_get(v, "tokens"))
        TRY(get_small(x, json_object_get(v, "tokens"), "history.tokens", 1, 1 << 20,
                      &r->history_tokens));
    return ST_OK;
}

static enum status get_flag(struct reader *x, json_t *v, const char *field, int *out) {
    if (json_is_null(v)) return ST_OK;
    *out = json_is_true(v);
    return json_is_boolean(v) ? ST_OK : wrong(x, field, "must be true or false");
}

static enum status get_share(struct reader *x, json_t *v, const char *field, int *given,
                             double *out) {
    *given = 1;
    *out = json_number_value(v);
    return json_is_number(v) && *out >= 0 && *out <= 10
               ? ST_OK
               : wrong(x, field, "must be a number from 0 to 10");
}

/* ISO 8601, or Unix seconds. */
static enum status get_clock(struct reader *x, json_t *v) {
    struct rank_request *r = x->r;
    const struct view text = {json_string_value(v), json_string_length(v)};
    r->has_now = 1;
    r->now = json_integer_value(v);
    if (json_is_integer(v) && r->now >= -CLOCK_MAX && r->now <= CLOCK_MAX) return ST_OK;
    if (json_is_string(v) && clock_parse(text, &r->now)) return ST_OK;
    return wrong(x, "now", "must be a time, such as 2026-11-30T12:00:00Z, or Unix seconds");
}

static enum status get_list(struct reader *x, json_t *v, const char *field,
                            enum status (*one)(struct reader *, json_t *, size_t)) {
    json_t *item;
    size_t i;
    if (!json_is_array(v)) return wrong(x, field, "must be a list");
    json_array_foreach(v, i, item) TRY(one(x, item, i));
    return ST_OK;
}

/* Fields that are not given when they are null; texts and numbers see to that themselves. */
static int may_be_null(const char *key) {
    static const char *const keys[] = {"examples", "clauses", "candidates",  "history", "baselines",
                                       "readout",  "now",     "constraints", "meaning"};
    for (size_t i = 0; i < COUNT(keys); i++)
        if (strcmp(key, keys[i]) == 0) return 1;
    return 0;
}

/* Other members are told by request_unknown. */
static enum status get_field(struct reader *x, const char *key, json_t *v) {
    struct rank_request *r = x->r;
    if (json_is_null(v) && may_be_null(key)) return ST_OK;
    if (strcmp(key, "catalog") == 0) return get_text(x, v, key, 64, &r->catalog);
    if (strcmp(key, "surface") == 0) return get_text(x, v, key, 64, &r->surface);
    if (strcmp(key, "instruction") == 0)
        return get_text(x, v, key, INSTRUCTION_MAX, &r->instruction);
    if (strcmp(key, "member") == 0) return get_text(x, v, key, 200, &r->member);
    if (strcmp(key, "leave_out") == 0) return get_text(x, v, key, 200, &r->leave_out);
    if (strcmp(key, "examples") == 0) return get_list(x, v, key, get_example);
    if (strcmp(key, "candidates") == 0) return get_candidates(x, v);
    if (strcmp(key, "baselines") == 0) return get_baselines(x, v);
    if (strcmp(key, "history") == 0) return get_history(x, v);
    if (strcmp(key, "model") == 0) return get_text(x, v, key, 200, &r->model);
    if (strcmp(key, "client") == 0) return get_text(x, v, key, 64, &r->client);
    if (strcmp(key, "preferences") == 0) return get_flag(x, v, key, &r->preferences);
    if (strcmp(key, "meaning") == 0) return get_share(x, v, key, &r->has_meaning, &r->meaning);
    if (strcmp(key, "save") == 0) {
        int save = 1;
        TRY(get_flag(x, v, key, &save));
        r->unsaved = !save;
        return ST_OK;
    }
    if (strcmp(key, "top") == 0) return get_small(x, v, key, 1, RANK_ITEMS_MAX, &r->top);
    if (strcmp(key, "seed") == 0) return get_int(x, v, key, 0, 1ll << 53, &r->seed);
    if (strcmp(key, "clauses") == 0) {
        r->has_clauses = 1;
        return get_list(x, v, key, get_clause);
    }
    if (strcmp(key, "now") == 0) return get_clock(x, v);
    if (strcmp(key, "constraints") == 0) {
        int mode = (int)r->constraints;
        TRY(get_name(x, v, key, modes, CONSTRAINTS_MODES, &mode));
        r->constraints = (enum constraints_mode)mode;
        return ST_OK;
    }
    if (strcmp(key, "readout") == 0) {
        int how = (int)r->readout;
        TRY(get_name(x, v, key, readout_names, READOUTS, &how));
        r->readout = (enum readout_id)how;
        return ST_OK;
    }
    return ST_OK;
}

enum status request_parse(struct rank_request *r, struct view json, struct arena *a,
                          const char **unknown, struct err *e) {
    struct reader x = {r, a, e};
    const char *key;
    json_t *top, *v;
    *unknown = NULL;
    TRY(depth_load(json, &top, e));
    enum status st =
        json_is_object(top) ? ST_OK : fail(e, ST_BAD_INPUT, "the body must be a JSON object");
    json_object_foreach(top, key, v) if (st == ST_OK) st = get_field(&x, key, v);
    if (st == ST_OK) st = request_unknown(top, NULL, a, unknown, e);
    json_decref(top);
    if (st == ST_OK && r->catalog.n == 0) {
        st = wrong(&x, "catalog", "is missing");
        err_hint(e, "GET /api/catalogs lists the names");
    }
    return st;
}

static json_t *text_of(struct view v) {
    return json_stringn(v.p ? v.p : "", v.n);
}

static json_t *clauses_of(const struct rank_request *r) {
    json_t *list = json_array();
    for (int i = 0; i < r->n_clauses; i++)
        json_array_append_new(list,
                              json_pack("{s:o,s:i,s:f}", "text", text_of(r->clause[i].text), "sign",
                                        r->clause[i].sign, "weight", r->clause[i].weight));
    return list;
}

static json_t *candidates_of(const struct rank_request *r) {
    if (r->n_candidates == 0) {
        json_t *how = json_pack("{s:s}", "retrieve", retrieve_name(r->retrieve));
        if (r->has_count || (r->retrieve != RETRIEVE_ALL && r->retrieve != RETRIEVE_AUTO))
            json_object_set_new(how, "count", json_integer(r->count));
        if (r->offset) json_object_set_new(how, "offset", json_integer(r->offset));
        return how;
    }
    json_t *list = json_array();
    for (int i = 0; i < r->n_candidates; i++) json_array_append_new(list, text_of(r->candidate[i]));
    return list;
}

enum status request_json(const struct rank_request *r, struct arena *a, struct view *out,
                         struct err *e) {
    json_t *examples = json_array(), *top;
    for (int i = 0; i < r->n_examples; i++) {
        const struct example *x = &r->example[i];
        json_array_append_new(examples, json_pack("{s:o,s:s}", x->item.n ? "item" : "text",
                                                  text_of(x->item.n ? x->item : x->text), "label",
                                                  x->label > 0 ? "like" : "dislike"));
    }
    top = json_pack("{s:o,s:o,s:o,s:o,s:o,s:s,s:{s:s,s:i},s:I}", "catalog", text_of(r->catalog),
                    "instruction", text_of(r->instruction), "member", text_of(r->member),
                    "examples", examples, "candidates", candidates_of(r), "readout",
                    readout_name(r->readout), "history", "policy", history_name(r->policy), "limit",
                    r->history, "seed", (json_int_t)r->seed);
    if (top && r->surface.n) json_object_set_new(top, "surface", text_of(r->surface));
    if (top && r->model.n) json_object_set_new(top, "model", text_of(r->model));
    if (top && r->leave_out.n) json_object_set_new(top, "leave_out", text_of(r->leave_out));
    if (top && r->has_clauses) json_object_set_new(top, "clauses", clauses_of(r));
    if (top && r->history_tokens)
        json_object_set_new(json_object_get(top, "history"), "tokens",
                            json_integer(r->history_tokens));
    if (top && r->preferences) json_object_set_new(top, "preferences", json_true());
    if (top && r->has_meaning) json_object_set_new(top, "meaning", json_real(r->meaning));
    if (top && r->top) json_object_set_new(top, "top", json_integer(r->top));
    if (top && r->constraints != CONSTRAINTS_AFTER)
        json_object_set_new(top, "constraints", json_string(constraints_name(r->constraints)));
    if (top && r->has_now) json_object_set_new(top, "now", json_integer(r->now));
    if (top && !r->all_baselines) {
        json_t *names = json_array();
        for (int i = 0; i < r->n_baselines; i++)
            json_array_append_new(names, text_of(r->baseline[i]));
        json_object_set_new(top, "baselines", names);
    }
    char *s = top ? json_dumps(top, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
    json_decref(top);
    *out = s ? (struct view){arena_copy(a, s, strlen(s)), strlen(s)} : (struct view){0};
    json_text_free(s);
    return out->p ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for the request's text");
}
