/* Opening the data folder and the model. */
#include "server/cli/cli_session.h"

#include "server/assets/assets.h"
#include "server/cli/cli.h"
#include "server/cli/engines.h"
#include "server/import/import.h"
#include "server/store/kept/given.h"

#include "kernels/base/os/clock.h"
#include "kernels/base/os/file.h"
#include "model/embed/embed.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char default_encoder[] = "/models/all-minilm-l6-v2";
#define BASE "smollm2-135m-instruct-q4_1"
static const char default_model[] = BASE, house_model[] = BASE "+" CLI_SESSION_HOUSE;

enum status cli_session_open_store(struct cli_session *d, const struct options *o, struct err *e) {
    char folder[OPTIONS_PATH];
    TRY(options_data(o, folder, e));
    TRY(file_mkdirs(folder, e));
    enum status st = store_open(&d->store, folder, e);
    if (st == ST_BUSY && strcmp(o->command, "serve") != 0)
        err_hint(e, "ask that server over HTTP instead, stop it, or choose another folder with "
                    "--data");
    return st;
}

/* --- built-in catalogues */

static enum status read_view(void *arg, char *p, size_t cap, size_t *n, struct err *e) {
    struct view *left = arg;
    (void)e;
    *n = left->n < cap ? left->n : cap;
    if (*n) memcpy(p, left->p, *n);
    *left = view_sub(*left, *n, left->n);
    return ST_OK;
}

static enum status import_rows(struct store *s, const char *name, const char *kind_name,
                               enum import_kind kind, struct import_result *x, struct err *e) {
    char path[80];
    const char *etag;
    struct view rows;
    struct import_config c = {.kind = kind,
                              .catalog = view_of(name),
                              .surface = view_of(name),
                              .format = IMPORT_JSONL,
                              .exact = 1};
    (void)snprintf(path, sizeof path, "fixtures/%s/%s.jsonl", name, kind_name);
    if (!assets_find(path, &rows, &etag)) return fail(e, ST_INTERNAL, "%s is not built in", path);
    TRY(import_run(s, &c, read_view, &rows, x, e));
    if (x->stored) return ST_OK;
    return fail(e, ST_INTERNAL, "%s: %s", path, x->refused.text);
}

static int has_catalog(struct store *s, const char *name) {
    struct arena a;
    struct catalog c;
    arena_init(&a, 1 << 20);
    int yes = store_catalog(s, view_of(name), &a, &c, NULL) == ST_OK;
    arena_free(&a);
    return yes;
}

static enum status import_fixture(struct store *s, const char *name, struct import_result *x,
                                  struct err *e) {
    double from = clock_s();
    TRY(import_rows(s, name, "items", IMPORT_ITEMS, x, e));
    long long items = x->kept;
    TRY(import_rows(s, name, "members", IMPORT_MEMBERS, x, e));
    TRY(import_rows(s, name, "interactions", IMPORT_INTERACTIONS, x, e));
    fprintf(stderr, "Catalogue %s imported: %lld items, %.1f s\n", name, items, clock_s() - from);
    return ST_OK;
}

static enum status import_movies(struct cli_session *d, const struct options *o, int *there,
                                 struct err *e) {
    char folder[OPTIONS_PATH];
    *there = 0;
    TRY(options_cache(o, "/data/ml-100k", folder, e));
    if (access(folder, R_OK) != 0) {
        fprintf(stderr, "Catalogue movies is missing: no data set in %s (run ./taproom setup)\n",
                folder);
        return ST_OK;
    }
    double from = clock_s();
    fprintf(stderr, "Importing catalogue movies from %s\n", folder);
    TRY(import_movielens(d->store, folder, e));
    fprintf(stderr, "Catalogue movies imported, %.1f s\n", clock_s() - from);
    *there = 1;
    return ST_OK;
}

/* Each is imported once: one that was deleted since stays deleted. */
static enum status import_builtin(struct cli_session *d, const struct options *o, const char *name,
                                  struct err *e) {
    struct import_result x;
    int given, there = 1;
    TRY(store_given(d->store, view_of(name), &given, e));
    if (given) return ST_OK;
    if (!has_catalog(d->store, name)) {
        if (strcmp(name, "movies") == 0)
            TRY(import_movies(d, o, &there, e));
        else
            TRY(import_fixture(d->store, name, &x, e));
    }
    return there ? store_given_put(d->store, view_of(name), e) : ST_OK;
}

enum status cli_session_import_builtin(struct cli_session *d, const struct options *o,
                                       struct err *e) {
    static const char *const names[] = {"movies", "jobs", "listings"};
    for (size_t i = 0; i < COUNT(names); i++) TRY(import_builtin(d, o, names[i], e));
    return ST_OK;
}

/* --- the model */

enum status cli_session_open_registry(struct cli_session *d, const struct options *o, int paths,
                                      struct err *e) {
    char data[OPTIONS_PATH];
    struct remote_spec *remote;
    int n_remote;
    TRY(options_cache(o, "/models", d->models, e));
    arena_init(&d->engines, 1 << 20);
    TRY(engines_read(o, default_model, &d->engines, &remote, &n_remote, e));
    for (int i = 0; o->model && i < n_remote; i++)
        if (remote[i].vocab == default_model && !engines_named(remote, n_remote, o->model))
            remote[i].vocab = o->model;
    TRY(options_cache(o, "/adapters", d->adapters[0], e));
    if (options_data(o, data, e) != ST_OK ||
        snprintf(d->adapters[1], OPTIONS_PATH, "%.490s/adapters", data) >= OPTIONS_PATH)
        d->adapters[1][0] = 0;
    if (!d->adapters[1][0] ||
        snprintf(d->adapters[2], OPTIONS_PATH, "%.490s/brews", data) >= OPTIONS_PATH)
        d->adapters[2][0] = 0;
    d->model = o->model                            ? o->model
               : cli_session_house(d->adapters[0]) ? house_model
                                                   : default_model;
    const struct registry_config c = {.store = d->store,
                                      .rank_all = (int)o->rank_all,
                                      .engine = {.precision = o->precision,
                                                 .backend = o->backend,
                                                 .threads = (int)o->threads,
                                                 .cache_bytes = (size_t)o->cache_mb << 20},
                                      .folder = d->models,
                                      .adapters = {d->adapters[0],
                                                   d->adapters[1][0] ? d->adapters[1] : NULL,
                                                   d->adapters[2][0] ? d->adapters[2] : NULL},
                                      .remote = remote,
                                      .n_remote = n_remote,
                                      .model = d->model,
                                      .loaded_max = (int)o->models,
                                      .paths = paths,
                                      .tasks = d->tasks};
    return registry_open(&d->registry, &c, e);
}

enum status cli_session_code(struct arena *a, const char **out, struct err *e) {
    struct file_map m = {0};
    char hash[65];
    TRY(file_map_open(&m, "/proc/self/exe", e));
    engine_sha256(m.p, m.n, hash);
    file_map_close(&m);
    *out = arena_printf(a, "%s-%.16s", TAPROOM_VERSION, hash);
    return *out ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for a text");
}

/* --- the embedding model --- */

static void on_embedding(void *arg, int done, int total) {
    (void)arg;
    fprintf(stderr, "Embedding items: %d of %d\n", done, total);
}

enum status cli_session_load_encoder(struct cli_session *d, const struct options *o,
                                     struct err *e) {
    char folder[OPTIONS_PATH];
    double from = clock_s();
    if (d->embedder) return ST_OK;
    TRY(options_cache(o, default_encoder, folder, e));
    if (access(folder, R_OK) != 0) {
        fprintf(stderr, "There is no embedding model in %s (run ./taproom setup)\n", folder);
        return ST_OK;
    }
    enum status st = embedder_open(&d->embedder, folder, (int)o->threads, e);
    if (st != ST_OK) {
        struct err why = *e;
        (void)fail(e, st, "the embedding model cannot be loaded: %s", why.text);
        err_hint(e, "remove %.120s and run ./taproom setup", folder);
        return st;
    }
    registry_embedder(d->registry, d->embedder, on_embedding);
    fprintf(stderr, "Embedding model all-minilm-l6-v2 loaded, %.1f s\n", clock_s() - from);
    return ST_OK;
}

static int is_stopped(void *arg, double share) {
    const struct cli_session *d = arg;
    (void)share;
    return d->stop && atomic_load(d->stop);
}

static enum status load_default(struct cli_session *d, const struct options *o, struct err *e) {
    const struct registry_wait w = {d, is_stopped};
    double from = clock_s();
    struct engine_info m;
    char name[CLI_PLAIN], note[CLI_PLAIN];
    fprintf(stderr, "Loading model %s\n", d->model);
    enum status st = registry_switch(d->registry, VIEW(""), &w, e);
    if (!o->model && (st == ST_CONFLICT || st == ST_INVALID)) { /* the file is another model */
        fprintf(stderr, "Without the adapter %s: %s\n", CLI_SESSION_HOUSE, e->text);
        st = registry_switch(d->registry, view_of(default_model), &w, e);
    }
    if (st == ST_NOT_FOUND && !o->model) {
        (void)fail(e, st, "there is no model %s in %.200s", default_model, d->models);
        err_hint(e, "run ./taproom setup to fetch it, or give --model FILE");
    }
    e->field[0] = 0; /* which is for requests */
    TRY(st);
    TRY(registry_take(d->registry, VIEW(""), NULL, NULL, &d->ranker, e));
    engine_info(d->ranker->engine, &m);
    fprintf(stderr, "Model %s loaded: %s, %s, %.1f s\n", cli_plain(m.name, name), m.code,
            m.precision, clock_s() - from);
    if (m.reads)
        fprintf(stderr, "It reads %s; an item's mean log-probability drifts by at most %.2g\n",
                m.reads, (double)m.drift);
    if (m.note)
        fprintf(stderr, "%s: %s\n", m.reads ? "Note" : "Of the model's file",
                cli_plain(m.note, note));
    if (m.no_gpu) fprintf(stderr, "On the CPU, because: %s\n", m.no_gpu);
    return ST_OK;
}

enum status cli_session_load_model(struct cli_session *d, const struct options *o, struct err *e) {
    if (!d->registry) TRY(cli_session_open_registry(d, o, 1, e));
    if (d->store) TRY(cli_session_load_encoder(d, o, e));
    return load_default(d, o, e);
}

void cli_session_close(struct cli_session *d) {
    if (d->registry) registry_give(d->registry, d->ranker);
    registry_close(d->registry);
    embedder_close(d->embedder);
    store_close(d->store);
    arena_free(&d->engines);
}
