/* What became of brews: listed, adopted, discarded. */
#include "server/brews/brews_parts.h"

#include "kernels/base/os/file.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Whether it goes on; then its state, as it is now. */
static int goes_on(struct brews *b, struct view id, struct arena *a, const char **json) {
    struct err none;
    pthread_mutex_lock(&b->lock);
    int yes = b->taken && b->state.id[0] && view_eq_str(id, b->state.id);
    if (yes && json && state_json(&b->state, a, json, &none) != ST_OK) *json = NULL;
    pthread_mutex_unlock(&b->lock);
    return yes;
}

static enum status row_of(struct brews *b, struct view id, struct arena *a, struct brews_row *x,
                          struct err *e) {
    struct brew_state s;
    *x = (struct brews_row){.id = arena_copy(a, id.p, id.n)};
    if (goes_on(b, id, a, &x->state) && x->state) return ST_OK;
    TRY(state_read(&b->c, id, &s, e));
    return state_json(&s, a, &x->state, e);
}

enum status brews_list(struct brews *b, struct arena *a, struct brews_row **out, int *n,
                       struct err *e) {
    const char **id;
    int found;
    *n = 0;
    TRY(folder_ids(&b->c, a, &id, &found, e));
    *out = ARENA_NEW(a, struct brews_row, (size_t)found + 1);
    if (!*out) return fail(e, ST_NO_MEMORY, "no memory for a list of brews");
    for (int i = 0; i < found; i++) {
        enum status st = row_of(b, view_of(id[i]), a, &(*out)[*n], e);
        *n += st == ST_OK;
        if (st != ST_OK && st != ST_NOT_FOUND) return st; /* not found: discarded meanwhile */
    }
    return ST_OK;
}

enum status brews_get(struct brews *b, struct view id, struct arena *a, struct brews_row *out,
                      struct err *e) {
    TRY(row_of(b, id, a, out, e));
    TRY(folder_read(&b->c, out->id, ".recipe.json", a, &out->recipe, e));
    return folder_read(&b->c, out->id, ".json", a, &out->report, e);
}

/* What fell, by the report; "" where nothing did. */
static enum status look_at_report(struct brews *b, const char *id, int force, struct err *e) {
    const char *text;
    struct arena a;
    arena_init(&a, BREWS_SETTING);
    enum status st = folder_read(&b->c, id, ".json", &a, &text, e);
    json_t *o = st == ST_OK && text ? json_loads(text, 0, NULL) : NULL;
    const char *fell = json_string_value(json_object_get(o, "fell"));
    if (st == ST_OK && !fell) st = fail(e, ST_CORRUPT, "the report of this brew cannot be read");
    if (st == ST_OK && fell[0] && !force) {
        st = fail(e, ST_CONFLICT, "fell beyond its interval: %.200s", fell);
        err_hint(e, "\"force\": true adopts it nevertheless");
    }
    json_decref(o);
    arena_free(&a);
    return st;
}

static enum status move(struct brews *b, const char *id, const char *name, const char *end,
                        struct err *e) {
    char from[BREWS_PATH], to[BREWS_PATH];
    TRY(folder_path(&b->c, id, end, from, e));
    if (snprintf(to, sizeof to, "%s/%s%s", b->c.adapters, name, end) >= (int)sizeof to)
        return fail(e, ST_LIMIT, "the path of an adapter is too long");
    if (access(to, F_OK) == 0) {
        (void)fail(e, ST_CONFLICT, "there is an adapter '%s' already", name);
        err_hint(e, "remove it first: DELETE /api/adapters/%.64s", name);
        return ST_CONFLICT;
    }
    return rename(from, to) == 0 ? ST_OK : fail(e, ST_IO, "the adapter cannot be moved to %s", to);
}

enum status brews_adopt(struct brews *b, struct view id, int force, struct err *e) {
    struct brew_state s;
    struct err none;
    if (goes_on(b, id, NULL, NULL)) return fail(e, ST_CONFLICT, "this brew still goes on");
    TRY(state_read(&b->c, id, &s, e));
    if (strcmp(s.state, "done") != 0) return fail(e, ST_CONFLICT, "this brew is %s", s.state);
    TRY(look_at_report(b, s.id, force, e));
    TRY(file_mkdirs(b->c.adapters, e));
    TRY(move(b, s.id, s.name, ".gguf", e));
    (void)move(b, s.id, s.name, ".peft", &none); /* the other form of the same */
    s.state = "adopted";
    return state_write(&b->c, &s, e);
}

enum status brews_discard(struct brews *b, struct view id, struct err *e) {
    struct brew_state s;
    if (goes_on(b, id, NULL, NULL)) {
        (void)fail(e, ST_CONFLICT, "this brew still goes on");
        err_hint(e, "cancel it first: DELETE /api/tasks/ID");
        return ST_CONFLICT;
    }
    TRY(state_read(&b->c, id, &s, e));
    folder_remove(&b->c, s.id);
    return ST_OK;
}
