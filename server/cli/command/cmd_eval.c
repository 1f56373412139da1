/* taproom eval PROTOCOL: what rankings are worth, on cases whose answers are known. */
#include "server/assets/assets.h"
#include "server/cli/cli.h"
#include "server/cli/cli_session.h"
#include "server/eval/eval.h"

#include "kernels/base/buf.h"
#include "kernels/base/os/clock.h"
#include "kernels/base/os/file.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The names between commas as a set. */
static enum status read_methods(const char *list, unsigned long long *set, struct err *e) {
    struct view left = view_of(list);
    *set = 0;
    while (left.n) {
        const char *comma = memchr(left.p, ',', left.n);
        size_t n = comma ? (size_t)(comma - left.p) : left.n;
        struct view name = view_trim(view_sub(left, 0, n));
        int m = 0;
        while (m < METHODS && !view_eq_str(name, method_name(m))) m++;
        if (m == METHODS)
            return fail(e, ST_INVALID, "--methods does not know '%.*s'",
                        (int)(name.n < 40 ? name.n : 40), name.p);
        *set |= METHOD_BIT(m);
        left = view_sub(left, n + (comma != NULL), left.n);
    }
    return ST_OK;
}

static enum status no_protocol(const char *name, struct err *e) {
    struct buf b;
    buf_init(&b, 4096);
    for (int i = 0; i < eval_n_protocols; i++)
        buf_printf(&b, "%s%s", i ? ", " : "", eval_protocols[i].name);
    enum status st = name ? fail(e, ST_INVALID, "unknown protocol '%.40s'; there are: %.200s, all",
                                 name, buf_text(&b).p)
                          : fail(e, ST_INVALID, "write: taproom eval PROTOCOL, one of: %.200s, all",
                                 buf_text(&b).p);
    buf_free(&b);
    return st;
}

/* The command line again, as a person would type it. */
static const char *command_line(const struct options *o, struct arena *a) {
    struct buf b;
    buf_init(&b, 8192);
    buf_str(&b, "./taproom eval");
    for (int i = 0; i < o->n_args; i++) buf_printf(&b, " %s", o->arg[i]);
    const struct {
        const char *name, *value;
    } text[] = {{"catalog", o->catalog}, {"split", o->split},         {"methods", o->methods},
                {"model", o->model},     {"precision", o->precision}, {"backend", o->backend}};
    for (size_t i = 0; i < COUNT(text); i++)
        if (text[i].value)
            buf_printf(&b, strchr(text[i].value, ' ') ? " --%s '%s'" : " --%s %s", text[i].name,
                       text[i].value);
    if (o->cases) buf_printf(&b, " --members %lld", o->cases);
    if (o->threads) buf_printf(&b, " --threads %lld", o->threads);
    buf_printf(&b, " --seed %lld", o->seed);
    struct view v = buf_text(&b);
    const char *copy = b.failed ? NULL : arena_copy(a, v.p, v.n);
    buf_free(&b);
    return copy;
}

static enum status configure(const struct options *o, struct arena *a, struct eval_config *c,
                             struct err *e) {
    const char *split = o->split ? o->split : "test";
    if (o->n_args < 1) return no_protocol(NULL, e);
    if (!eval_find(view_of(o->arg[0])) && strcmp(o->arg[0], "all") != 0)
        return no_protocol(o->arg[0], e);
    int judged = strcmp(o->arg[0], "judged") == 0;
    if (o->n_args > 1 && !judged && strcmp(o->arg[0], "models") != 0 &&
        strcmp(o->arg[0], "all") != 0)
        return fail(e, ST_INVALID, "only the protocols models and judged take files");
    c->models = c->files = o->arg + 1;
    if (judged)
        c->n_files = o->n_args - 1;
    else
        c->n_models = o->n_args - 1;
    c->catalog = view_of(o->catalog ? o->catalog : "movies");
    c->test = strcmp(split, "test") == 0;
    if (!c->test && strcmp(split, "development") != 0)
        return fail(e, ST_INVALID, "--split must be test or development");
    c->seed = (unsigned long long)o->seed;
    c->cases = (int)o->cases;
    c->fresh = (int)o->fresh;
    c->policy = HISTORY_LIKES;
    c->asset = assets_find;
    c->command = command_line(o, a);
    if (!c->command) return fail(e, ST_NO_MEMORY, "no memory for a report");
    TRY(read_methods(o->methods ? o->methods : "", &c->methods, e));
    return cli_session_code(a, &c->code, e);
}

struct clock {
    int terminal;
    double from;
    const char *protocol;
};

static void on_progress(void *arg, const char *protocol, int done, int total) {
    struct clock *t = arg;
    if (t->protocol != protocol) {
        t->protocol = protocol;
        t->from = clock_s();
    }
    double took = clock_s() - t->from, left = done > 1 ? took / (done - 1) * (total - done) : 0;
    if (!t->terminal && done != total && done % 10 != 0) return;
    fprintf(stderr, "%s%s: %d of %d, %.0f s, about %.0f s left   %s", t->terminal ? "\r" : "",
            protocol, done, total, took, left, done == total || !t->terminal ? "\n" : "");
}

static enum status write_html(const char *path, const struct sheet *s, int n, struct arena *a,
                              struct err *e) {
    const struct sheet **list = ARENA_NEW(a, const struct sheet *, (size_t)n);
    struct view text;
    if (!list) return fail(e, ST_NO_MEMORY, "no memory for a report");
    for (int i = 0; i < n; i++) list[i] = &s[i];
    TRY(sheet_html(list, n, "Taproom evaluation", a, &text, e));
    TRY(file_write(path, text.p, text.n, e));
    fprintf(stderr, "Report written to %s\n", path);
    return ST_OK;
}

static enum status print(const struct options *o, const struct sheet *s, int n, struct arena *a,
                         struct err *e) {
    struct view text;
    int list = o->json && n > 1;
    if (list) printf("[");
    for (int i = 0; i < n; i++) {
        TRY(o->json ? sheet_json(&s[i], a, &text, e) : sheet_text(&s[i], a, &text, e));
        printf("%s%.*s%s", list && i ? "," : "", (int)text.n, text.p, list ? "" : "\n");
    }
    if (list) printf("]\n");
    return o->html ? write_html(o->html, s, n, a, e) : ST_OK;
}

/* `all` compares models only when there are several. */
static int wanted(const struct options *o, const struct eval_protocol *p) {
    if (strcmp(o->arg[0], "all") != 0) return strcmp(o->arg[0], p->name) == 0;
    return o->n_args > 1 || strcmp(p->name, "models") != 0;
}

static enum status eval(const struct options *o, struct eval_config *c, struct arena *a,
                        struct cli_session *d, struct err *e) {
    struct sheet *s = ARENA_NEW(a, struct sheet, (size_t)eval_n_protocols);
    int n = 0;
    if (!s) return fail(e, ST_NO_MEMORY, "no memory for a report");
    TRY(cli_session_open_store(d, o, e));
    TRY(cli_session_import_builtin(d, o, e));
    struct options more = *o; /* `precision` holds a model for each one at the same time */
    if (more.models < EVAL_LOADED) more.models = EVAL_LOADED;
    TRY(cli_session_load_model(d, &more, e));
    c->registry = d->registry;
    for (int i = 0; i < eval_n_protocols; i++) {
        const struct eval_protocol *p = &eval_protocols[i];
        if (!wanted(o, p)) continue;
        TRY(eval_run(p, d->ranker, c, a, &s[n++], e));
    }
    return print(o, s, n, a, e);
}

int cmd_eval_main(const struct options *o) {
    struct clock t = {.terminal = isatty(2)};
    struct eval_config c = {.arg = &t, .progress = on_progress};
    static struct cli_session d;
    struct err e = {.line = 0};
    struct arena a;
    arena_init(&a, (size_t)1 << 30);
    enum status st = configure(o, &a, &c, &e);
    int code = st != ST_OK ? cli_usage("eval", e.text) : EXIT_OK;
    if (st == ST_OK) code = eval(o, &c, &a, &d, &e) == ST_OK ? EXIT_OK : cli_failed(&e);
    cli_session_close(&d);
    arena_free(&a);
    return code;
}
