/* Files of brews. */
#include "server/brews/folder.h"

#include "server/registry/adapters.h"
#include "server/store/sql/json_memory.h"

#include "kernels/base/os/file.h"

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_MAX = 16 << 20 };
static const char *const states[] = {"running", "paused", "failed", "done", "adopted"};
static const char *const ends[] = {".state.json", ".recipe.json",
                                   ".brew"}; /* beside an adapter's */

int folder_id_ok(struct view id) {
    if (id.n < 6 || id.n >= BREWS_ID || memcmp(id.p, "brew-", 5) != 0) return 0;
    for (size_t i = 5; i < id.n; i++)
        if (!((id.p[i] >= '0' && id.p[i] <= '9') || id.p[i] == '-')) return 0;
    return 1;
}

enum status folder_path(const struct brews_config *c, const char *id, const char *end,
                        char out[BREWS_PATH], struct err *e) {
    if (snprintf(out, BREWS_PATH, "%s/%s%s", c->folder, id, end) < BREWS_PATH) return ST_OK;
    return fail(e, ST_LIMIT, "the path of a brew is too long");
}

enum status folder_read(const struct brews_config *c, const char *id, const char *end,
                        struct arena *a, const char **out, struct err *e) {
    char path[BREWS_PATH], *text;
    size_t n;
    *out = NULL;
    TRY(folder_path(c, id, end, path, e));
    if (access(path, F_OK) != 0) return ST_OK;
    TRY(file_read(path, TEXT_MAX, &text, &n, e));
    *out = arena_copy(a, text, n);
    mem_free(text);
    return *out ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for a brew's file");
}

enum status folder_write(const struct brews_config *c, const char *id, const char *end,
                         const char *text, struct err *e) {
    char path[BREWS_PATH];
    TRY(folder_path(c, id, end, path, e));
    return file_write(path, text, strlen(text), e);
}

void folder_remove(const struct brews_config *c, const char *id) {
    char path[BREWS_PATH];
    struct err none;
    for (int i = 0; i < REGISTRY_ADAPTER_FILES; i++)
        if (folder_path(c, id, registry_adapter_files[i], path, &none) == ST_OK) (void)remove(path);
    for (size_t i = COUNT(ends); i-- > 0;)
        if (folder_path(c, id, ends[i], path, &none) == ST_OK) (void)remove(path);
}

/* --- the state */

static json_t *points_json(const struct brew_state *s) {
    json_t *list = json_array();
    for (int i = 0; i < s->n_points; i++) {
        const struct brew_point_seen *p = &s->point[i];
        json_array_append_new(list, json_pack("{s:I,s:f,s:f,s:o}", "step", (json_int_t)p->step,
                                              "loss", p->loss, "right", p->right, "ndcg",
                                              p->ndcg < 0 ? json_null() : json_real(p->ndcg)));
    }
    return list;
}

enum status state_json(const struct brew_state *s, struct arena *a, const char **out,
                       struct err *e) {
    json_t *o = json_pack(
        "{s:s,s:s,s:s,s:s,s:s,s:I,s:s?,s:I,s:I,s:o,s:o,s:o}", "id", s->id, "name", s->name, "model",
        s->model, "owner", s->owner, "state", s->state, "created", (json_int_t)s->created, "phase",
        s->phase, "step", (json_int_t)s->step, "steps", (json_int_t)s->steps, "seconds_left",
        s->left < 0 ? json_null() : json_real(s->left), "error",
        s->error[0] ? json_string(s->error) : json_null(), "curve", points_json(s));
    char *text = o ? json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
    json_decref(o);
    *out = text ? arena_copy(a, text, strlen(text)) : NULL;
    json_text_free(text);
    return *out ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for a brew's state");
}

static void copy_text(char *to, size_t size, const json_t *o, const char *name) {
    const char *text = json_string_value(json_object_get(o, name));
    (void)snprintf(to, size, "%s", text ? text : "");
}

static void read_points(struct brew_state *s, const json_t *list) {
    const json_t *p;
    size_t i;
    json_array_foreach(list, i, p) {
        const json_t *ndcg = json_object_get(p, "ndcg");
        const struct brew_point_seen x = {json_integer_value(json_object_get(p, "step")),
                                          json_number_value(json_object_get(p, "loss")),
                                          json_number_value(json_object_get(p, "right")),
                                          json_is_number(ndcg) ? json_number_value(ndcg) : -1};
        state_point(s, &x);
    }
}

static enum status missing(struct view id, struct err *e) {
    return fail(e, ST_NOT_FOUND, "there is no brew '%.*s'", (int)(id.n < 64 ? id.n : 64),
                id.n ? id.p : "");
}

enum status state_read(const struct brews_config *c, struct view id, struct brew_state *out,
                       struct err *e) {
    const char *text = NULL;
    char name[BREWS_ID];
    struct arena a;
    if (!folder_id_ok(id)) return missing(id, e);
    (void)snprintf(name, sizeof name, "%.*s", (int)id.n, id.p);
    arena_init(&a, TEXT_MAX);
    enum status st = folder_read(c, name, ".state.json", &a, &text, e);
    json_t *o = text ? json_loads(text, 0, NULL) : NULL;
    arena_free(&a);
    TRY(st);
    if (!text) return missing(id, e);
    *out = (struct brew_state){.state = "failed", .left = -1, .every = 1};
    memcpy(out->id, name, sizeof name);
    copy_text(out->name, sizeof out->name, o, "name");
    copy_text(out->model, sizeof out->model, o, "model");
    copy_text(out->owner, sizeof out->owner, o, "owner");
    copy_text(out->error, sizeof out->error, o, "error");
    for (size_t i = 0; i < COUNT(states); i++) {
        const char *state = json_string_value(json_object_get(o, "state"));
        if (state && strcmp(state, states[i]) == 0) out->state = states[i];
    }
    out->created = json_integer_value(json_object_get(o, "created"));
    out->step = json_integer_value(json_object_get(o, "step"));
    out->steps = json_integer_value(json_object_get(o, "steps"));
    read_points(out, json_object_get(o, "curve"));
    json_decref(o);
    return ST_OK;
}

enum status state_write(const struct brews_config *c, const struct brew_state *s, struct err *e) {
    const char *text;
    struct arena a;
    arena_init(&a, TEXT_MAX);
    enum status st = state_json(s, &a, &text, e);
    if (st == ST_OK) st = folder_write(c, s->id, ".state.json", text, e);
    arena_free(&a);
    return st;
}

void state_point(struct brew_state *s, const struct brew_point_seen *p) {
    if (p->ndcg < 0 && p->step % s->every != 0) return;
    if (s->n_points == BREWS_POINTS) {
        s->every *= 2;
        s->n_points = 0;
        for (int i = 0; i < BREWS_POINTS; i++)
            if (s->point[i].ndcg >= 0 || s->point[i].step % s->every == 0)
                s->point[s->n_points++] = s->point[i];
        if (s->n_points == BREWS_POINTS) return;
    }
    s->point[s->n_points++] = *p;
}

/* --- all of them */

static int newest_first(const void *a, const void *b) {
    return strcmp(*(const char *const *)b, *(const char *const *)a);
}

enum status folder_ids(const struct brews_config *c, struct arena *a, const char ***out, int *n,
                       struct err *e) {
    enum { MOST = 1000 };
    DIR *d = opendir(c->folder);
    const char **id = ARENA_NEW(a, const char *, MOST);
    enum status st = id ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for a list of brews");
    *n = 0;
    for (struct dirent *x; st == ST_OK && d && *n < MOST && (x = readdir(d)) != NULL;) {
        size_t len = strlen(x->d_name), end = strlen(ends[0]);
        if (len <= end || strcmp(x->d_name + len - end, ends[0]) != 0) continue;
        id[*n] = arena_copy(a, x->d_name, len - end);
        if (!id[*n]) st = fail(e, ST_NO_MEMORY, "no memory for a list of brews");
        if (st == ST_OK && folder_id_ok(view_of(id[*n]))) ++*n;
    }
    if (d) closedir(d);
    if (st == ST_OK) qsort(id, (size_t)*n, sizeof *id, newest_first);
    *out = id;
    return st;
}
