/* Reading graded lists. */
#include "server/eval/graded.h"
#include "server/store/sql/json_memory.h"

#include "kernels/base/os/file.h"

#include <jansson.h>
#include <string.h>

uint64_t graded_hash(uint64_t from, const char *text) {
    uint64_t h = from ? from : 0xCBF29CE484222325ull;
    for (; *text; text++) h = (h ^ (uint8_t)*text) * 0x100000001B3ull;
    return h;
}

enum graded_part graded_part(const struct graded *g) {
    /* The name's hash, mixed: FNV's high bits say little about short names. */
    uint64_t h = graded_hash(0, g->name);
    h = (h ^ h >> 33) * 0xFF51AFD7ED558CCDull;
    double x = (double)((h ^ h >> 33) >> 11) * 0x1p-53;
    return x < .12 ? GRADED_TEST : x < .24 ? GRADED_CHOOSE : GRADED_TRAIN;
}

enum status graded_add(struct graded_set *s, struct graded **out, struct arena *a, struct err *e) {
    if (s->n == s->max) {
        int max = s->max ? 2 * s->max : 256;
        struct graded *more = ARENA_NEW(a, struct graded, (size_t)max);
        if (!more) return fail(e, ST_NO_MEMORY, "no memory for %d sheets", max);
        if (s->n) memcpy(more, s->at, (size_t)s->n * sizeof *more);
        s->at = more;
        s->max = max;
    }
    *out = &s->at[s->n++];
    memset(*out, 0, sizeof **out);
    return ST_OK;
}

/* Where a wrong value stands. */
static enum status bad(struct err *e, const char *field, const char *what) {
    (void)fail(e, ST_INVALID, "%s %s", field, what);
    err_field(e, "%s", field);
    return ST_INVALID;
}

/* A text field; missing is "". */
static enum status text_of(json_t *o, const char *key, const char **out, struct arena *a,
                           struct err *e) {
    json_t *v = json_object_get(o, key);
    if (v && !json_is_string(v)) return bad(e, key, "is no text");
    const char *s = v ? json_string_value(v) : "";
    *out = arena_copy(a, s, strlen(s));
    return *out ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for a sheet");
}

static enum status read_tags(struct item *it, json_t *tags, struct arena *a, struct err *e) {
    if (!tags) return ST_OK;
    if (!json_is_array(tags)) return bad(e, "tags", "is no list");
    size_t n = json_array_size(tags);
    const char **to = ARENA_NEW(a, const char *, n + 1);
    if (!to) return fail(e, ST_NO_MEMORY, "no memory for a sheet");
    for (size_t i = 0; i < n; i++) {
        const char *s = json_string_value(json_array_get(tags, i));
        if (!s) return bad(e, "tags", "holds something that is no text");
        if (!(to[i] = arena_copy(a, s, strlen(s))))
            return fail(e, ST_NO_MEMORY, "no memory for a sheet");
    }
    it->tags = to;
    it->n_tags = (int)n;
    return ST_OK;
}

/* An item, or a text that describes one. */
static enum status read_item(struct item *it, json_t *o, struct arena *a, struct err *e) {
    if (json_is_string(o)) {
        *it = (struct item){.text = "", .extra = "{}", .id = ""};
        it->title = arena_copy(a, json_string_value(o), json_string_length(o));
        return it->title ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for a sheet");
    }
    if (!json_is_object(o)) return bad(e, "items", "holds something that is no object");
    TRY(text_of(o, "title", &it->title, a, e));
    TRY(text_of(o, "text", &it->text, a, e));
    TRY(text_of(o, "id", &it->id, a, e));
    if (!it->title[0] && !it->text[0]) return bad(e, "items", "holds one without title and text");
    TRY(read_tags(it, json_object_get(o, "tags"), a, e));
    json_t *fields = json_object_get(o, "fields");
    if (fields && !json_is_object(fields)) return bad(e, "fields", "is no object");
    char *extra = fields ? json_dumps(fields, JSON_COMPACT) : NULL;
    it->extra = arena_copy(a, extra ? extra : "{}", extra ? strlen(extra) : 2);
    json_text_free(extra);
    return it->extra ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for a sheet");
}

static enum status read_items(json_t *list, const char *field, size_t most, struct item **out,
                              int *n, struct arena *a, struct err *e) {
    if (list && !json_is_array(list)) return bad(e, field, "is no list");
    size_t count = json_array_size(list);
    if (count > most) return bad(e, field, "is longer than is read");
    *out = ARENA_NEW(a, struct item, count + 1);
    if (!*out) return fail(e, ST_NO_MEMORY, "no memory for a sheet");
    for (size_t i = 0; i < count; i++) {
        struct item *it = *out + i;
        TRY(read_item(it, json_array_get(list, i), a, e));
        if (!it->id[0] && !(it->id = arena_printf(a, "%zu", i + 1)))
            return fail(e, ST_NO_MEMORY, "no memory for a sheet");
    }
    *n = (int)count;
    return ST_OK;
}

/* *useful: some item is wanted and some is not. */
static enum status read_grades(struct graded_wish *w, json_t *list, int n, int *useful,
                               struct arena *a, struct err *e) {
    int seen = 0;
    if (!json_is_array(list) || json_array_size(list) != (size_t)n)
        return bad(e, "grades", "are not one for each item");
    uint8_t *g = ARENA_NEW(a, uint8_t, (size_t)n);
    if (!g) return fail(e, ST_NO_MEMORY, "no memory for a sheet");
    for (int i = 0; i < n; i++) {
        json_t *v = json_array_get(list, (size_t)i);
        json_int_t x = json_integer_value(v);
        if (!json_is_integer(v) || x < 0 || x > 2) return bad(e, "grades", "must be 0, 1 or 2");
        g[i] = (uint8_t)x;
        seen |= x == 2 ? 1 : x == 0 ? 2 : 0;
    }
    w->grade = g;
    *useful = seen == 3;
    return ST_OK;
}

static enum status read_wish(struct graded *s, json_t *o, int *skipped, struct arena *a,
                             struct err *e) {
    struct graded_wish *w = &s->wish[s->n_wishes];
    struct item *liked, *disliked;
    int useful = 0;
    if (!json_is_object(o)) return bad(e, "wishes", "holds something that is no object");
    TRY(text_of(o, "kind", &w->kind, a, e));
    TRY(text_of(o, "wish", &w->text, a, e));
    TRY(read_items(json_object_get(o, "liked"), "liked", GRADED_LIKED_MAX, &liked, &w->n_liked, a,
                   e));
    TRY(read_items(json_object_get(o, "disliked"), "disliked", GRADED_LIKED_MAX, &disliked,
                   &w->n_disliked, a, e));
    w->liked = liked;
    w->disliked = disliked;
    TRY(read_grades(w, json_object_get(o, "grades"), s->n_items, &useful, a, e));
    if (!w->text[0] && !w->n_liked) return bad(e, "wishes", "holds one without wish and liked");
    if (useful)
        s->n_wishes++;
    else
        ++*skipped;
    return ST_OK;
}

static enum status read_sheet(struct graded_set *all, json_t *o, int line, int *skipped,
                              struct arena *a, struct err *e) {
    struct graded *s;
    if (!json_is_object(o)) return bad(e, "line", "is no JSON object");
    TRY(graded_add(all, &s, a, e));
    s->line = line;
    TRY(text_of(o, "surface", &s->name, a, e));
    TRY(text_of(o, "item_kind", &s->item_word, a, e));
    if (!s->item_word[0]) s->item_word = "item";
    TRY(read_items(json_object_get(o, "items"), "items", GRADED_ITEMS_MAX, &s->item, &s->n_items, a,
                   e));
    if (s->n_items < 2) return bad(e, "items", "are fewer than two");
    json_t *wishes = json_object_get(o, "wishes");
    size_t n = json_array_size(wishes);
    if (!json_is_array(wishes) || n < 1 || n > GRADED_WISHES_MAX)
        return bad(e, "wishes", "are none, or more than are read");
    s->wish = ARENA_NEW(a, struct graded_wish, n);
    if (!s->wish) return fail(e, ST_NO_MEMORY, "no memory for a sheet");
    for (size_t i = 0; i < n; i++) TRY(read_wish(s, json_array_get(wishes, i), skipped, a, e));
    s->key = graded_hash(graded_hash(0, s->name), s->item[0].title);
    if (!s->n_wishes) all->n--;
    return ST_OK;
}

static enum status read_line(struct graded_set *all, struct view text, int line, int *skipped,
                             struct arena *a, struct err *e) {
    json_error_t why;
    json_t *o = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &why);
    if (!o) return fail(e, ST_BAD_INPUT, "no JSON at column %d: %.100s", why.column, why.text);
    enum status st = read_sheet(all, o, line, skipped, a, e);
    json_decref(o);
    return st;
}

/* Adds the file's name and the line to an error. */
static enum status at_line(enum status st, const char *path, int line, struct err *e) {
    struct err why = *e;
    (void)fail(e, st, "%.120s line %d: %s", path, line, why.text);
    if (why.field[0]) err_field(e, "%s", why.field);
    err_line(e, line);
    return st;
}

/* Calls take for every line that is not blank. */
static enum status each_line(struct view rest, const char *name, void *arg,
                             enum status (*take)(void *arg, struct view line, int n, struct err *e),
                             struct err *e) {
    for (int line = 1; rest.n; line++) {
        const char *end = memchr(rest.p, '\n', rest.n);
        size_t len = end ? (size_t)(end - rest.p) : rest.n;
        struct view one = view_trim((struct view){rest.p, len});
        enum status st = one.n ? take(arg, one, line, e) : ST_OK;
        if (st != ST_OK) return at_line(st, name, line, e);
        rest = view_sub(rest, end ? len + 1 : len, rest.n);
    }
    return ST_OK;
}

struct reading {
    struct graded_set *set;
    struct arena *a;
    int *skipped;
    struct graded *one; /* of a judged surface */
};

static enum status take_sheet(void *arg, struct view text, int line, struct err *e) {
    struct reading *r = arg;
    return read_line(r->set, text, line, r->skipped, r->a, e);
}

enum status graded_text(struct graded_set *s, struct view text, const char *name, struct arena *a,
                        int *skipped, struct err *e) {
    struct reading r = {s, a, skipped, NULL};
    return each_line(text, name, &r, take_sheet, e);
}

enum status graded_read(struct graded_set *s, const char *path, struct arena *a, int *skipped,
                        struct err *e) {
    char *text;
    size_t n;
    TRY(file_read(path, (size_t)1 << 30, &text, &n, e));
    enum status st = graded_text(s, (struct view){text, n}, path, a, skipped, e);
    mem_free(text);
    return st;
}

/* --- judged surfaces */

/* Everything that is not an item's own is a further field of it. */
static enum status read_row(struct item *it, json_t *o, struct arena *a, struct err *e) {
    static const char *const own[] = {"id", "title", "text", "tags"};
    json_t *fields = json_deep_copy(o), *row = json_object();
    for (size_t i = 0; i < COUNT(own); i++) {
        json_object_set(row, own[i], json_object_get(o, own[i]));
        json_object_del(fields, own[i]);
    }
    json_object_set_new(row, "fields", fields);
    enum status st =
        json_is_object(o) ? read_item(it, row, a, e) : bad(e, "line", "is no JSON object");
    json_decref(row);
    if (st == ST_OK && !it->id[0]) st = bad(e, "id", "is missing");
    return st;
}

static enum status json_of(struct view text, json_t **out, struct err *e) {
    json_error_t why;
    *out = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &why);
    return *out ? ST_OK
                : fail(e, ST_BAD_INPUT, "no JSON at column %d: %.100s", why.column, why.text);
}

static enum status take_row(void *arg, struct view text, int line, struct err *e) {
    struct reading *r = arg;
    struct graded *s = r->one;
    json_t *o;
    (void)line;
    if (s->n_items == GRADED_ITEMS_MAX)
        return fail(e, ST_LIMIT, "a surface has at most %d items", GRADED_ITEMS_MAX);
    TRY(json_of(text, &o, e));
    enum status st = read_row(&s->item[s->n_items++], o, r->a, e);
    json_decref(o);
    return st;
}

static enum status grade_ids(const struct graded *s, json_t *o, const char *field, uint8_t value,
                             uint8_t *grade, struct err *e) {
    json_t *list = json_object_get(o, field);
    if (list && !json_is_array(list)) return bad(e, field, "is no list of ids");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *id = json_string_value(json_array_get(list, i));
        int k = 0;
        while (id && k < s->n_items && strcmp(s->item[k].id, id) != 0) k++;
        if (!id || k == s->n_items) return bad(e, field, "names an item that is not there");
        grade[k] = value;
    }
    return ST_OK;
}

static enum status read_judged(struct reading *r, json_t *o, struct err *e) {
    struct graded *s = r->one;
    struct graded_wish *w = &s->wish[s->n_wishes];
    uint8_t *grade = ARENA_NEW(r->a, uint8_t, (size_t)s->n_items);
    int seen = 0;
    if (!grade) return fail(e, ST_NO_MEMORY, "no memory for a sheet");
    if (!json_is_object(o)) return bad(e, "line", "is no JSON object");
    if (s->n_wishes == GRADED_WISHES_MAX)
        return fail(e, ST_LIMIT, "a surface has at most %d wishes", GRADED_WISHES_MAX);
    TRY(text_of(o, "kind", &w->kind, r->a, e));
    TRY(text_of(o, "instruction", &w->text, r->a, e));
    if (!w->text[0]) return bad(e, "instruction", "is missing");
    TRY(grade_ids(s, o, "borderline", 1, grade, e));
    TRY(grade_ids(s, o, "positives", 2, grade, e));
    for (int i = 0; i < s->n_items; i++) seen |= grade[i] == 2 ? 1 : grade[i] == 0 ? 2 : 0;
    w->grade = grade;
    if (seen == 3)
        s->n_wishes++;
    else
        ++*r->skipped;
    return ST_OK;
}

static enum status take_judged(void *arg, struct view text, int line, struct err *e) {
    json_t *o;
    (void)line;
    TRY(json_of(text, &o, e));
    enum status st = read_judged(arg, o, e);
    json_decref(o);
    return st;
}

enum status graded_judged(struct graded_set *s, struct view items, struct view wishes,
                          const char *name, struct arena *a, int *skipped, struct err *e) {
    struct reading r = {s, a, skipped, NULL};
    TRY(graded_add(s, &r.one, a, e));
    r.one->name = arena_copy(a, name, strlen(name));
    r.one->item = ARENA_NEW(a, struct item, GRADED_ITEMS_MAX);
    r.one->wish = ARENA_NEW(a, struct graded_wish, GRADED_WISHES_MAX + 1);
    if (!r.one->name || !r.one->item || !r.one->wish)
        return fail(e, ST_NO_MEMORY, "no memory for a sheet");
    TRY(each_line(items, name, &r, take_row, e));
    if (r.one->n_items < 2) return fail(e, ST_INVALID, "%.100s has fewer than two items", name);
    TRY(each_line(wishes, name, &r, take_judged, e));
    r.one->key = graded_hash(graded_hash(0, name), r.one->item[0].title);
    if (!r.one->n_wishes) s->n--;
    return ST_OK;
}
