/* taproom experiment FILE: runs a grid of evaluations at low priority; started again, it goes on.
 */
#include "server/assets/assets.h"
#include "server/report/experiment_csv.h"
#include "server/cli/cli.h"
#include "server/cli/cli_session.h"
#include "server/eval/experiment/experiment.h"

#include "kernels/base/os/file.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SPEC_MAX = 256 << 10, NICE = 10 };

static void on_progress(void *arg, const char *protocol, int done, int total) {
    (void)arg;
    if (isatty(2))
        fprintf(stderr, "\r  %s: %d of %d   %s", protocol, done, total, done == total ? "\r" : "");
}

static void on_cell(void *arg, const struct experiment_cell *c, int finished) {
    char text[CLI_PLAIN];
    (void)arg;
    if (!finished)
        fprintf(stderr, "cell %d: %s\n", c->n, cli_plain(c->settings, text));
    else
        fprintf(stderr, "cell %d: %s, %.1f s%s%s\n", c->n, c->state, c->seconds,
                c->error[0] ? ": " : "", cli_plain(c->error, text));
}

static void print_metric(const char *name, json_t *v) {
    printf("  %s %.3f [%.3f, %.3f]", name, json_number_value(json_object_get(v, "mean")),
           json_number_value(json_object_get(v, "lo")),
           json_number_value(json_object_get(v, "hi")));
}

static void print_cell(const struct experiment_cell *c) {
    json_t *s = json_loads(c->settings, 0, NULL), *r = json_loads(c->result, 0, NULL), *v;
    const char *key;
    char text[CLI_PLAIN];
    printf("%4d  %-7s", c->n, c->state);
    json_object_foreach(s, key, v) {
        if (json_is_string(v) && json_string_length(v))
            printf("  %s %s", key, cli_plain(json_string_value(v), text));
        if (json_is_integer(v)) printf("  %s %lld", key, (long long)json_integer_value(v));
    }
    json_object_foreach(json_object_get(r, "figures"), key, v) print_metric(key, v);
    printf("%s%s\n", c->error[0] ? "  " : "", cli_plain(c->error, text));
    json_decref(s);
    json_decref(r);
}

static void print_json(const struct experiment_cell *c, int n) {
    printf("{\"results\":[");
    for (int i = 0; i < n; i++)
        printf("%s{\"cell\":%d,\"state\":\"%s\",\"settings\":%s,\"result\":%s,\"code\":\"%s\","
               "\"seconds\":%.3f}",
               i ? "," : "", c[i].n, c[i].state, c[i].settings,
               c[i].result[0] ? c[i].result : "null", c[i].code, c[i].seconds);
    printf("]}\n");
}

static enum status write_csv(const char *path, const struct experiment_cell *c, int n,
                             struct err *e) {
    struct buf b;
    buf_init(&b, 64 << 20);
    experiment_csv(&b, c, n);
    struct view v = buf_text(&b);
    enum status st =
        b.failed ? fail(e, ST_NO_MEMORY, "no memory for the table") : file_write(path, v.p, v.n, e);
    buf_free(&b);
    return st;
}

static enum status print(const struct options *o, struct store *s, const char *id, struct arena *a,
                         struct err *e) {
    struct experiment_cell *c;
    int n;
    TRY(store_experiment_cells(s, view_of(id), a, &c, &n, e));
    if (o->csv) TRY(write_csv(o->csv, c, n, e));
    if (o->json)
        print_json(c, n);
    else
        for (int i = 0; i < n; i++) print_cell(&c[i]);
    return ST_OK;
}

static enum status experiment(const struct options *o, struct cli_session *d, struct arena *a,
                              struct err *e) {
    char *text = NULL, id[EXPERIMENT_ID];
    size_t n;
    struct experiment_host h = {
        .cell = on_cell,
        .base = {.command = "./taproom experiment", .asset = assets_find, .progress = on_progress}};
    TRY(file_read(o->arg[0], SPEC_MAX, &text, &n, e));
    enum status st = cli_session_open_store(d, o, e);
    if (st == ST_OK) st = experiment_add(d->store, VIEW(""), (struct view){text, n}, 1, id, e);
    mem_free(text);
    TRY(st);
    TRY(cli_session_code(a, &h.base.code, e));
    TRY(cli_session_import_builtin(d, o, e));
    TRY(cli_session_load_model(d, o, e));
    h.store = d->store;
    h.registry = d->registry;
    TRY(experiment_run(&h, view_of(id), e));
    return print(o, d->store, id, a, e);
}

int cmd_experiment_main(const struct options *o) {
    static struct cli_session d;
    struct err e = {.line = 0};
    struct arena a;
    if (o->n_args != 1) return cli_usage("experiment", "write: taproom experiment FILE.json");
    if (nice(NICE) == -1) fprintf(stderr, "The priority could not be lowered\n");
    arena_init(&a, (size_t)1 << 30);
    enum status st = experiment(o, &d, &a, &e);
    cli_session_close(&d);
    arena_free(&a);
    return st == ST_OK ? EXIT_OK : cli_failed(&e);
}
