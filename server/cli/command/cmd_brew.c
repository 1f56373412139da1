/* taproom brew RECIPE.json: trains an adapter as a recipe says. taproom brew export RECIPE.json
 * FOLDER: its data for other trainers. */
#include "server/brew/export/export.h"
#include "server/cli/cli.h"
#include "server/cli/cli_session.h"
#include "server/registry/files.h"

#include "kernels/base/os/file.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { RECIPE_MAX = 256 << 10 };

static atomic_int cancel;

static void on_signal(int sig) {
    (void)sig;
    atomic_store(&cancel, 1);
}

static void on_progress(void *arg, const struct brew_progress *p) {
    long long *shown = arg;
    const char *end = isatty(2) ? "   \r" : "\n";
    int last = p->step == p->steps, train = strcmp(p->what, "train") == 0;
    if (!isatty(2) && !last && !train) return;
    if (train)
        fprintf(stderr,
                "  step %lld of %lld, loss %.4f, pairs in order %.3f, rate %.2g, %.0f s left%s",
                p->step, p->steps, p->loss, p->right, p->rate, p->left, last ? "\n" : end);
    else
        fprintf(stderr, "  %s: %lld of %lld wishes%s", p->what, p->step, p->steps,
                last ? "\n" : end);
    *shown = p->step;
}

/* The file that a recipe's model stands for: a path, or a name in the folder of models. */
static enum status model_file(const struct options *o, const char *name, struct arena *a,
                              const char **out, struct err *e) {
    char folder[OPTIONS_PATH];
    struct registry_file *all;
    const struct registry_file *found;
    int n;
    *out = name;
    if (strchr(name, '/') || access(name, F_OK) == 0) return ST_OK;
    TRY(options_cache(o, "/models", folder, e));
    TRY(registry_files(folder, NULL, a, &all, &n, e));
    TRY(registry_file_find(all, n, view_of(name), &found, e));
    *out = found->path;
    return ST_OK;
}

/* What runs a recipe needs: its files, and the store where it reads catalogues. The recipe's text
 * is the caller's to free. */
static enum status prepare(const struct options *o, const char *path, struct cli_session *d,
                           struct arena *a, struct brew_config *c, char **text,
                           char folder[OPTIONS_PATH], struct err *e) {
    size_t n;
    struct recipe r;
    TRY(file_read(path, RECIPE_MAX, text, &n, e));
    c->recipe = (struct view){*text, n};
    c->out = folder;
    TRY(brew_check(c->recipe, a, &r, e));
    TRY(options_cache(o, "/adapters", folder, e));
    TRY(model_file(o, r.model, a, &c->model, e));
    for (int i = 0; i < r.n_steps; i++)
        if (r.step[i].teacher) TRY(model_file(o, r.step[i].teacher, a, &c->teacher, e));
    if (!r.data.catalogs.n) return ST_OK;
    TRY(cli_session_open_store(d, o, e));
    TRY(cli_session_import_builtin(d, o, e));
    c->store = d->store;
    return ST_OK;
}

static enum status brew(const struct options *o, struct cli_session *d, struct arena *a,
                        struct brew_report *report, struct err *e) {
    char *text = NULL, folder[OPTIONS_PATH];
    long long shown = 0;
    struct brew_config c = {.resume = (int)o->resume,
                            .force = (int)o->force,
                            .arg = &shown,
                            .progress = on_progress,
                            .cancel = &cancel};
    if (o->checkpoint_s &&
        !(view_double(view_of(o->checkpoint_s), &c.checkpoint_s) && c.checkpoint_s > 0))
        return fail(e, ST_INVALID, "--checkpoint-s is '%.20s', not a number of seconds",
                    o->checkpoint_s);
    enum status st = prepare(o, o->arg[0], d, a, &c, &text, folder, e);
    if (st == ST_OK) st = brew_run(&c, a, report, e);
    mem_free(text);
    if (st == ST_CANCELLED) err_hint(e, "run it again with --resume to go on");
    return st;
}

static enum status write_export(const struct options *o, struct cli_session *d, struct arena *a,
                                struct err *e) {
    char *text = NULL, folder[OPTIONS_PATH];
    struct brew_config c = {.cancel = &cancel};
    struct brew_exported n = {0};
    const char *form = o->form ? o->form : "trl";
    enum status st = prepare(o, o->arg[1], d, a, &c, &text, folder, e);
    if (st == ST_OK) st = brew_export(&c, form, o->arg[2], &n, e);
    mem_free(text);
    TRY(st);
    if (o->json)
        printf("{\"lists\":%lld,\"kept_out\":%lld,\"rows\":%lld}\n", n.lists, n.kept, n.rows);
    fprintf(stderr, "%s holds %lld lists", o->arg[2], n.lists);
    if (n.kept) fprintf(stderr, " and %lld that are kept out", n.kept);
    if (n.rows) fprintf(stderr, " as %lld rows", n.rows);
    fprintf(stderr, "\n");
    return ST_OK;
}

static int export_main(const struct options *o) {
    static struct cli_session d;
    struct err e = {.line = 0};
    struct arena a;
    if (o->n_args != 3)
        return cli_usage("brew", "write: taproom brew export RECIPE.json FOLDER --form trl");
    arena_init(&a, (size_t)1 << 30);
    enum status st = write_export(o, &d, &a, &e);
    cli_session_close(&d);
    arena_free(&a);
    return st == ST_OK ? EXIT_OK : cli_failed(&e);
}

int cmd_brew_main(const struct options *o) {
    static struct cli_session d;
    struct err e = {.line = 0};
    struct brew_report report = {.steps = 0};
    struct arena a;
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    if (o->n_args > 0 && strcmp(o->arg[0], "export") == 0) return export_main(o);
    if (o->n_args != 1) return cli_usage("brew", "write: taproom brew RECIPE.json");
    arena_init(&a, (size_t)1 << 30);
    enum status st = brew(o, &d, &a, &report, &e);
    if (st == ST_OK && o->json) printf("%s\n", report.json);
    if (st == ST_OK) {
        fprintf(stderr, "%lld steps, %lld lists, %lld tokens, %.1f s (%.0f tokens a second)\n",
                report.steps, report.lists, report.tokens, report.seconds, report.tokens_per_s);
        if (report.why[0]) fprintf(stderr, "fell beyond its interval: %s\n", report.why);
        fprintf(stderr, report.adopted ? "the adapter was written\n"
                                       : "no adapter was written (--force writes it anyway)\n");
    }
    int code = st == ST_OK ? EXIT_OK : cli_failed(&e);
    if (st == ST_OK && !report.adopted) code = EXIT_FAILED;
    cli_session_close(&d);
    arena_free(&a);
    return code;
}
