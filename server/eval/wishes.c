/* Reading instruction sets. */
#include "server/eval/wishes.h"

#include "kernels/base/os/clock.h"

#include <jansson.h>
#include <string.h>

const char *const kind_names[KINDS] = {"plain",       "combined", "negated",
                                       "constrained", "terse",    "rambling"};

static int has_tag(const struct item *it, json_t *tag) {
    for (int i = 0; i < it->n_tags; i++)
        if (json_is_string(tag) && strcmp(it->tags[i], json_string_value(tag)) == 0) return 1;
    return 0;
}

/* How many of the listed tags the item has. */
static size_t count_tags(const struct item *it, json_t *list) {
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(list); i++)
        n += (size_t)has_tag(it, json_array_get(list, i));
    return n;
}

static int year_fits(const struct item *it, json_t *range) {
    if (!range) return 1;
    if (!it->has_time) return 0;
    json_t *lo = json_array_get(range, 0), *hi = json_array_get(range, 1);
    int year = clock_year(it->time);
    return (!json_is_integer(lo) || year >= json_integer_value(lo)) &&
           (!json_is_integer(hi) || year <= json_integer_value(hi));
}

/* Whether the item satisfies the positive part of a rule. */
static int rule_fits(const struct item *it, json_t *rule) {
    json_t *all = json_object_get(rule, "all"), *any = json_object_get(rule, "any");
    return count_tags(it, all) == json_array_size(all) && (!any || count_tags(it, any) > 0) &&
           year_fits(it, json_object_get(rule, "year"));
}

static int listed(json_t *ids, const char *id) {
    for (size_t i = 0; i < json_array_size(ids); i++)
        if (json_is_string(json_array_get(ids, i)) &&
            strcmp(json_string_value(json_array_get(ids, i)), id) == 0)
            return 1;
    return 0;
}

static void mark(struct instruction *w, json_t *top, const struct item *items, int n) {
    json_t *rule = json_object_get(top, "rule");
    for (int i = 0; i < n; i++) {
        int fits = rule && rule_fits(&items[i], rule);
        w->want[i] = rule ? fits && count_tags(&items[i], json_object_get(rule, "none")) == 0
                          : listed(json_object_get(top, "wanted"), items[i].id);
        w->violate[i] = rule ? fits && count_tags(&items[i], json_object_get(top, "avoid")) > 0
                             : listed(json_object_get(top, "violating"), items[i].id);
        w->n_want += w->want[i];
        w->n_violate += w->violate[i];
    }
}

static enum status read_wish(struct instruction *w, json_t *top, const struct item *items, int n,
                             struct arena *a, struct err *e) {
    const char *id = json_string_value(json_object_get(top, "id")),
               *text = json_string_value(json_object_get(top, "text"));
    const char *split = json_string_value(json_object_get(top, "split")),
               *kind = json_string_value(json_object_get(top, "kind"));
    int k = 0;
    if (!id || !text || !split || !kind)
        return fail(e, ST_CORRUPT, "a wish needs id, text, split and kind");
    while (k < KINDS && strcmp(kind, kind_names[k]) != 0) k++;
    if (k == KINDS) return fail(e, ST_CORRUPT, "wish %s has the unknown kind '%.20s'", id, kind);
    *w = (struct instruction){.id = arena_copy(a, id, strlen(id)),
                              .text = arena_copy(a, text, strlen(text)),
                              .test = strcmp(split, "test") == 0,
                              .kind = (enum kind)k};
    w->want = arena_alloc(a, (size_t)n);
    w->violate = arena_alloc(a, (size_t)n);
    if (!w->id || !w->text || !w->want || !w->violate)
        return fail(e, ST_NO_MEMORY, "no memory for wishes");
    mark(w, top, items, n);
    return ST_OK;
}

enum status wishes_load(struct view jsonl, const struct item *items, int n, struct arena *a,
                        struct instruction **out, int *n_out, struct err *e) {
    size_t lines = 1;
    long line = 0;
    for (size_t i = 0; i < jsonl.n; i++) lines += jsonl.p[i] == '\n';
    struct instruction *w = ARENA_NEW(a, struct instruction, lines);
    if (!w) return fail(e, ST_NO_MEMORY, "no memory for wishes");
    *n_out = 0;
    while (jsonl.n) {
        const char *end = memchr(jsonl.p, '\n', jsonl.n);
        struct view row = view_sub(jsonl, 0, end ? (size_t)(end - jsonl.p) : jsonl.n);
        jsonl = view_sub(jsonl, row.n + (end != NULL), jsonl.n);
        line++;
        if (view_trim(row).n == 0) continue;
        json_t *top = json_loadb(row.p, row.n, JSON_REJECT_DUPLICATES, NULL);
        enum status st = top ? read_wish(&w[*n_out], top, items, n, a, e)
                             : fail(e, ST_CORRUPT, "a wish is no JSON");
        json_decref(top);
        if (st != ST_OK) err_line(e, line);
        TRY(st);
        (*n_out)++;
    }
    *out = w;
    return ST_OK;
}
