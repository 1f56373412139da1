/* taproom eval instruction: how well rankings follow wishes whose answers are known. */
#include "server/api/assets.h"
#include "server/cli/cli.h"
#include "server/cli/desk.h"
#include "server/eval/eval.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The names between commas as a set. */
static enum status read_methods(const char *list, unsigned *set, struct err *e) {
    struct view left = view_of(list);
    *set = 0;
    while (left.n) {
        const char *comma = memchr(left.p, ',', left.n);
        size_t n = comma ? (size_t)(comma - left.p) : left.n;
        struct view name = view_trim(view_sub(left, 0, n));
        int m = 0;
        while (m < METHODS && !view_eq_str(name, method_names[m])) m++;
        if (m == METHODS)
            return fail(e, ST_INVALID, "--methods does not know '%.*s'",
                        (int)(name.n < 40 ? name.n : 40), name.p);
        *set |= 1u << m;
        left = view_sub(left, n + (comma != NULL), left.n);
    }
    return ST_OK;
}

static enum status configure(const struct options *o, struct eval_config *c, struct err *e) {
    char path[128];
    const char *etag, *split = o->split ? o->split : "test";
    if (o->n_args != 1)
        return fail(e, ST_INVALID, "write: taproom eval instruction --catalog NAME");
    if (strcmp(o->arg[0], "instruction") != 0)
        return fail(e, ST_INVALID, "unknown protocol '%.40s'; there is: instruction", o->arg[0]);
    c->catalog = view_of(o->catalog ? o->catalog : "movies");
    (void)snprintf(path, sizeof path, "fixtures/%.64s/instructions.jsonl", c->catalog.p);
    if (!assets_find(path, &c->wishes, &etag))
        return fail(e, ST_INVALID, "there are wishes for the catalogues movies, jobs and listings");
    c->test = strcmp(split, "test") == 0;
    if (!c->test && strcmp(split, "development") != 0)
        return fail(e, ST_INVALID, "--split must be test or development");
    c->seed = (unsigned long long)o->seed;
    return read_methods(o->methods ? o->methods : "", &c->methods, e);
}

static void on_progress(void *arg, int done, int total) {
    if (*(int *)arg || done == total)
        fprintf(stderr, "%s%d of %d wishes%s", *(int *)arg ? "\r" : "", done, total,
                done == total ? "\n" : "");
}

static enum status eval(const struct options *o, const struct eval_config *c, struct arena *a,
                        struct desk *d, struct err *e) {
    struct eval_report *report = ARENA_NEW(a, struct eval_report, 1);
    struct view text;
    char command[300];
    if (!report) return fail(e, ST_NO_MEMORY, "no memory for a report");
    (void)snprintf(command, sizeof command,
                   "./taproom eval instruction --catalog %.64s --split %s --seed %lld%s%.120s",
                   c->catalog.p, c->test ? "test" : "development", o->seed,
                   o->methods ? " --methods " : "", o->methods ? o->methods : "");
    TRY(desk_open_store(d, o, e));
    TRY(desk_import_builtin(d, o, e));
    TRY(desk_load_model(d, o, NULL, e));
    TRY(eval_instruction(&d->ranker, c, a, report, e));
    if (o->json)
        TRY(eval_json(report, c, command, a, &text, e));
    else
        TRY(eval_text(report, c, command, a, &text, e));
    printf("%.*s%s", (int)text.n, text.p, o->json ? "\n" : "");
    return ST_OK;
}

int cmd_eval_main(const struct options *o) {
    int terminal = isatty(2);
    struct eval_config c = {.arg = &terminal, .progress = on_progress};
    static struct desk d;
    struct err e = {.line = 0};
    struct arena a;
    int code;
    if (configure(o, &c, &e) != ST_OK) return cli_usage("eval", e.text);
    arena_init(&a, (size_t)1 << 30);
    code = eval(o, &c, &a, &d, &e) == ST_OK ? EXIT_OK : cli_failed(&e);
    desk_close(&d);
    arena_free(&a);
    return code;
}
