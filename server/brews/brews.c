/* Brews in the background. */
#include "server/brews/brews_parts.h"

#include "server/brew/brew.h"
#include "server/store/sql/depth.h"
#include "server/store/sql/json_memory.h"
#include "server/task/worker_thread.h"

#include "kernels/base/os/clock.h"
#include "kernels/base/os/file.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_MS = 50, NICE = 5, REPORT_ARENA = 1 << 30 };
/* The id of a recipe that is only measured; no stored one's. */
static const char measured[] = "brew-0";

/* --- one at a time */

static enum status take(struct brews *b, struct err *e) {
    pthread_mutex_lock(&b->lock);
    int taken = b->taken, join = !taken && b->has_thread;
    if (!taken) b->taken = 1, b->has_thread = 0;
    pthread_mutex_unlock(&b->lock);
    if (join) pthread_join(b->thread, NULL); /* of the one before, which has ended */
    if (!taken) {
        atomic_store(&b->cancel, 0);
        return ST_OK;
    }
    enum status st = fail(e, ST_CONFLICT, "another brew goes on");
    err_hint(e, "wait for it, or cancel it: GET /api/tasks");
    return st;
}

static void leave(struct brews *b) {
    pthread_mutex_lock(&b->lock);
    b->taken = 0;
    b->state.id[0] = 0;
    pthread_mutex_unlock(&b->lock);
}

/* --- recipes */

static enum status no_files(const struct recipe *r, struct err *e) {
    const char *field = r->data.lists.n            ? "data.lists"
                        : r->data.keep_out_lists.n ? "data.keep_out_lists"
                        : r->data.texts.n          ? "data.texts"
                        : r->start_from            ? "start_from"
                                                   : NULL;
    if (!field) return ST_OK;
    (void)fail(e, ST_INVALID, "%s names files of the server", field);
    err_field(e, "%s", field);
    err_hint(e, "files are for the command line: taproom brew RECIPE.json");
    return ST_INVALID;
}

/* The recipe under another name, as text in a. */
static enum status rename_recipe(struct view recipe, const char *id, struct arena *a,
                                 const char **out, struct err *e) {
    json_t *o;
    TRY(depth_load(recipe, &o, e));
    json_object_set_new(o, "name", json_string(id));
    char *text = json_dumps(o, JSON_INDENT(1) | JSON_REAL_PRECISION(15));
    json_decref(o);
    *out = text ? arena_copy(a, text, strlen(text)) : NULL;
    json_text_free(text);
    return *out ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for a recipe");
}

static enum status model_file(struct brews *b, const char *name, struct arena *a, const char **out,
                              struct err *e) {
    struct registry_file f;
    TRY(registry_find(b->c.registry, view_of(name), a, &f, e));
    if (f.adapter) {
        (void)fail(e, ST_INVALID, "a brew begins with a model without an adapter");
        err_field(e, "model");
        return ST_INVALID;
    }
    *out = f.path;
    return ST_OK;
}

/* Fills recipe and model of what is to run, and name and model of its state. */
static enum status prepare(struct brews *b, struct view recipe, const char *id, struct err *e) {
    struct recipe r;
    arena_reset(&b->arena);
    TRY(brew_check(recipe, &b->arena, &r, e));
    TRY(no_files(&r, e));
    TRY(model_file(b, r.model, &b->arena, &b->model, e));
    TRY(rename_recipe(recipe, id, &b->arena, &b->recipe, e));
    (void)snprintf(b->state.name, sizeof b->state.name, "%s", r.name);
    (void)snprintf(b->state.model, sizeof b->state.model, "%s", r.model);
    return ST_OK;
}

/* --- running */

/* A person's ranking goes before the next step. */
static void make_room(struct brews *b) {
    while (b->c.busy && b->c.busy(b->c.arg) && !atomic_load(&b->cancel))
        nanosleep(&(struct timespec){.tv_nsec = WAIT_MS * 1000000L}, NULL);
}

static void on_progress(void *arg, const struct brew_progress *p) {
    struct brews *b = arg;
    int train = strcmp(p->what, "train") == 0, during = strcmp(p->what, "measure") == 0;
    const struct brew_point_seen x = {p->step, p->loss, p->right, during ? p->ndcg : -1};
    if (!during) task_progress(&b->task, p->what, p->step, p->steps);
    pthread_mutex_lock(&b->lock);
    struct brew_state *s = &b->state;
    if (!during) {
        s->phase = p->what;
        s->left = p->left;
    }
    if (train) {
        s->step = p->step;
        s->steps = p->steps;
    }
    if (train || during) state_point(s, &x);
    pthread_mutex_unlock(&b->lock);
    make_room(b);
}

static enum status run(struct brews *b, struct brew_config *c, struct err *e) {
    struct brew_report report;
    struct arena a;
    c->recipe = view_of(b->recipe);
    c->model = b->model;
    c->out = b->c.folder;
    c->store = b->c.store;
    c->force = 1; /* the adapter is a draft; adopting looks at what fell */
    c->cancel = &b->cancel;
    arena_init(&a, REPORT_ARENA);
    enum status st = brew_run(c, &a, &report, e);
    arena_free(&a);
    return st;
}

static void *brew_main(void *arg) {
    struct brews *b = arg;
    struct err e = {.line = 0}, why;
    struct brew_config c = {.resume = b->resume, .arg = b, .progress = on_progress};
    (void)setpriority(PRIO_PROCESS, 0, NICE); /* on Linux: this thread and those it starts */
    enum status st = run(b, &c, &e);
    pthread_mutex_lock(&b->lock);
    struct brew_state *s = &b->state;
    s->state = st == ST_OK ? "done" : st == ST_CANCELLED ? "paused" : "failed";
    s->phase = NULL;
    s->left = -1;
    (void)snprintf(s->error, sizeof s->error, "%s", s->state[0] == 'f' ? e.text : "");
    enum status kept = state_write(&b->c, s, &why);
    pthread_mutex_unlock(&b->lock);
    if (kept != ST_OK) fprintf(stderr, "event=brew level=error message=\"%s\"\n", why.text);
    task_close(&b->task);
    leave(b);
    return NULL;
}

/* Begins what is prepared; the place is taken. */
static enum status launch(struct brews *b, int resume, struct err *e) {
    struct brew_state *s = &b->state;
    s->state = "running";
    s->left = -1;
    s->error[0] = 0;
    TRY(state_write(&b->c, s, e));
    b->resume = resume;
    task_open(&b->task, b->c.tasks, "brew", view_of(s->owner), view_of(s->id));
    task_stop_flag(&b->task, &b->cancel);
    enum status st = worker_start(&b->thread, brew_main, b, e);
    pthread_mutex_lock(&b->lock);
    b->has_thread = st == ST_OK;
    pthread_mutex_unlock(&b->lock);
    if (st != ST_OK) task_close(&b->task);
    return st;
}

static enum status start(struct brews *b, struct view recipe, struct view owner, char id[BREWS_ID],
                         struct err *e) {
    struct brew_state *s = &b->state;
    (void)snprintf(id, BREWS_ID, "brew-%lld-%03d", clock_unix(), ++b->made % 1000);
    *s = (struct brew_state){.created = clock_unix(), .every = 1};
    (void)snprintf(s->owner, sizeof s->owner, "%.*s", (int)owner.n, owner.n ? owner.p : "");
    TRY(prepare(b, recipe, id, e));
    TRY(file_mkdirs(b->c.folder, e));
    TRY(folder_write(&b->c, id, ".recipe.json", b->recipe, e));
    pthread_mutex_lock(&b->lock);
    memcpy(s->id, id, BREWS_ID);
    pthread_mutex_unlock(&b->lock);
    enum status st = launch(b, 0, e);
    if (st != ST_OK) folder_remove(&b->c, id);
    return st;
}

enum status brews_start(struct brews *b, struct view recipe, struct view owner, char id[BREWS_ID],
                        struct err *e) {
    TRY(take(b, e));
    enum status st = start(b, recipe, owner, id, e);
    if (st != ST_OK) leave(b);
    return st;
}

static enum status resume(struct brews *b, const struct brew_state *s, struct err *e) {
    const char *recipe;
    struct arena a;
    arena_init(&a, BREWS_SETTING);
    enum status st = folder_read(&b->c, s->id, ".recipe.json", &a, &recipe, e);
    if (st == ST_OK && !recipe) st = fail(e, ST_NOT_FOUND, "the recipe of this brew is gone");
    if (st == ST_OK) st = prepare(b, view_of(recipe), s->id, e);
    arena_free(&a);
    TRY(st);
    pthread_mutex_lock(&b->lock);
    b->state = *s;
    pthread_mutex_unlock(&b->lock);
    return launch(b, 1, e);
}

enum status brews_resume(struct brews *b, struct view id, struct err *e) {
    struct brew_state s;
    TRY(state_read(&b->c, id, &s, e));
    TRY(take(b, e));
    enum status st = state_read(&b->c, id, &s, e); /* again: nobody else can change it now */
    if (st == ST_OK && (s.state[0] == 'd' || s.state[0] == 'a'))
        st = fail(e, ST_CONFLICT, "this brew is %s", s.state);
    if (st == ST_OK) st = resume(b, &s, e);
    if (st != ST_OK) leave(b);
    return st;
}

/* --- measuring a step */

struct measuring {
    struct brews *b;
    struct task *t;
    struct brews_estimate *out;
};

static void on_step(void *arg, const struct brew_progress *p) {
    struct measuring *m = arg;
    make_room(m->b);
    task_progress(m->t, "measure", p->step, 2);
    if (task_given_up(m->t)) atomic_store(&m->b->cancel, 1);
    if (strcmp(p->what, "train") != 0 || (p->step < 2 && p->step < p->steps)) return;
    *m->out = (struct brews_estimate){p->steps, p->seconds / (double)p->step,
                                      p->seconds / (double)p->step * (double)p->steps};
    atomic_store(&m->b->cancel, 1);
}

enum status brews_measure(struct brews *b, struct view recipe, struct task *t,
                          struct brews_estimate *out, struct err *e) {
    struct measuring m = {b, t, out};
    struct brew_config c = {.arg = &m, .progress = on_step};
    *out = (struct brews_estimate){.steps = 0};
    TRY(take(b, e));
    task_stop_flag(t, &b->cancel);
    enum status st = prepare(b, recipe, measured, e);
    if (st == ST_OK) st = run(b, &c, e);
    task_stop_flag(t, NULL);
    folder_remove(&b->c, measured);
    leave(b);
    return out->steps ? ST_OK : st;
}

/* --- what became of them */

enum status brews_open(struct brews **out, const struct brews_config *c, struct err *e) {
    struct brews *b = mem_alloc(sizeof *b);
    const char **id;
    int n = 0;
    struct err why;
    if (!b) return fail(e, ST_NO_MEMORY, "no memory for brews");
    memset(b, 0, sizeof *b);
    b->c = *c;
    pthread_mutex_init(&b->lock, NULL);
    arena_init(&b->arena, BREWS_SETTING);
    enum status st = folder_ids(c, &b->arena, &id, &n, e);
    for (int i = 0; st == ST_OK && i < n; i++) {
        if (state_read(c, view_of(id[i]), &b->state, &why) != ST_OK) continue;
        if (strcmp(b->state.state, "running") != 0) continue;
        b->state.state = "paused";
        st = state_write(c, &b->state, e);
    }
    b->state.id[0] = 0;
    *out = b;
    if (st != ST_OK) brews_close(b);
    return st;
}

void brews_close(struct brews *b) {
    if (!b) return;
    atomic_store(&b->cancel, 1);
    if (b->has_thread) pthread_join(b->thread, NULL);
    arena_free(&b->arena);
    pthread_mutex_destroy(&b->lock);
    mem_free(b);
}
