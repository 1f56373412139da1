/* taproom model show FILE: what a model file is. taproom model merge: one with its adapter. */
#include "server/api/kit/out.h"
#include "server/cli/cli.h"
#include "server/cli/cli_session.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void print_json(const struct engine_info *m) {
    struct buf b;
    buf_init(&b, 1 << 20);
    out_open(&b, NULL, '{');
    out_text(&b, "name", m->name);
    out_text(&b, "sha256", m->sha256);
    out_text(&b, "architecture", m->architecture);
    out_int(&b, "parameters", m->parameters);
    out_int(&b, "layers", m->layers);
    out_int(&b, "context", m->context);
    out_int(&b, "vocab", m->vocab);
    out_text(&b, "license", m->license);
    out_text(&b, "chat_template", m->chat_template);
    out_text(&b, "backend", m->backend);
    out_text(&b, "precision", m->precision);
    out_text(&b, "note", m->note);
    out_close(&b, '}');
    printf("%.*s\n", (int)b.n, b.p ? b.p : "");
    buf_free(&b);
}

static void print_text(const char *label, const char *text) {
    printf("%-14s", label);
    cli_print_text(text ? text : "", text ? (int)strlen(text) : 0);
    printf("\n");
}

static void print_lines(const struct engine_info *m) {
    print_text("name", m->name);
    print_text("sha256", m->sha256);
    print_text("architecture", m->architecture);
    printf("parameters    %lld\nlayers        %d\ncontext       %d\nvocabulary    %d\n",
           m->parameters, m->layers, m->context, m->vocab);
    print_text("license", m->license);
    print_text("template", m->chat_template);
    printf("runs as       %s, %s\n", m->backend, m->precision);
    if (m->note) print_text("note", m->note);
    if (m->no_gpu) print_text("no GPU", m->no_gpu);
}

/* BASE+ADAPTER, each a name or a path. */
static enum status merge(const struct options *o, struct arena *a, struct err *e) {
    char models[OPTIONS_PATH], adapters[OPTIONS_PATH];
    const char *plus = strrchr(o->arg[1], '+');
    const char *const folders[REGISTRY_ADAPTER_FOLDERS] = {adapters};
    struct registry_file f, *all;
    const struct registry_file *found;
    int n;
    if (!plus) return fail(e, ST_INVALID, "'%.200s' is not BASE+ADAPTER", o->arg[1]);
    const char *base = arena_copy(a, o->arg[1], (size_t)(plus - o->arg[1]));
    if (!base) return fail(e, ST_NO_MEMORY, "no memory for a path");
    TRY(options_cache(o, "/models", models, e));
    TRY(options_cache(o, "/adapters", adapters, e));
    if (access(base, F_OK) == 0) {
        TRY(registry_file_of(base, a, &f, e));
    } else {
        TRY(registry_files(models, NULL, a, &all, &n, e));
        TRY(registry_file_find(all, n, view_of(base), &found, e));
        f = *found;
    }
    TRY(registry_file_adapt(&f, view_of(plus + 1), folders, 1, a, e));
    return engine_merge(f.path, f.adapter, o->arg[2], o->type ? o->type : "f16", e);
}

static int merge_main(const struct options *o) {
    struct err e = {.line = 0};
    struct arena a;
    if (o->n_args != 3) return cli_usage("model", "write: taproom model merge BASE+ADAPTER OUT");
    arena_init(&a, 8 << 20);
    enum status st = merge(o, &a, &e);
    if (st == ST_OK) fprintf(stderr, "%s was written\n", o->arg[2]);
    arena_free(&a);
    return st == ST_OK ? EXIT_OK : cli_failed(&e);
}

int cmd_model_main(const struct options *o) {
    static struct cli_session d;
    struct err e = {.line = 0};
    struct engine_info m;
    if (o->n_args > 0 && strcmp(o->arg[0], "get") == 0)
        return cli_usage("model", "the launcher fetches models: ./taproom model get NAME");
    if (o->n_args > 0 && strcmp(o->arg[0], "merge") == 0) return merge_main(o);
    if (o->n_args != 2 || strcmp(o->arg[0], "show") != 0)
        return cli_usage("model", "write: taproom model show FILE");
    struct options own = *o;
    own.model = o->arg[1];
    enum status st = cli_session_load_model(&d, &own, &e);
    if (st == ST_OK) {
        engine_info(d.ranker->engine, &m);
        if (o->json)
            print_json(&m);
        else
            print_lines(&m);
    }
    cli_session_close(&d);
    return st == ST_OK ? EXIT_OK : cli_failed(&e);
}
