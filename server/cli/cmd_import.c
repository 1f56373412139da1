/* taproom import: rows of a file, or of standard input, into the store. */
#include "server/api/imports.h"
#include "server/cli/cli.h"
#include "server/cli/desk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum status read_fd(void *arg, char *p, size_t cap, size_t *n, struct err *e) {
    ssize_t got;
    do got = read(*(int *)arg, p, cap);
    while (got < 0 && errno == EINTR);
    *n = got > 0 ? (size_t)got : 0;
    return got < 0 ? fail(e, ST_IO, "the file cannot be read: %s", strerror(errno)) : ST_OK;
}

static int ends_with(const char *s, const char *end) {
    size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

static enum status configure(const struct options *o, struct import_config *c, struct arena *a,
                             struct err *e) {
    static const char *const kinds[] = {"items", "members", "interactions"};
    const char *kind = o->kind ? o->kind : "items", *file = o->n_args ? o->arg[0] : "";
    size_t k = 0;
    if (o->n_args != 1)
        return fail(e, ST_INVALID, "import needs one FILE, or - for standard input");
    if (!o->catalog) return fail(e, ST_INVALID, "--catalog NAME is needed");
    while (k < COUNT(kinds) && strcmp(kind, kinds[k]) != 0) k++;
    if (k == COUNT(kinds))
        return fail(e, ST_INVALID, "--kind must be items, members or interactions");
    c->kind = (enum import_kind)k;
    int csv = o->format ? strcmp(o->format, "csv") == 0
                        : ends_with(file, ".csv") || ends_with(file, ".tsv");
    if (o->format && !csv && strcmp(o->format, "jsonl") != 0)
        return fail(e, ST_INVALID, "--format must be jsonl or csv");
    c->format = csv ? IMPORT_CSV : IMPORT_JSONL;
    c->catalog = view_of(o->catalog);
    c->surface = view_of(o->surface ? o->surface : "");
    c->skip_bad = (int)o->skip_bad;
    c->dry_run = (int)o->dry_run;
    c->replace = (int)o->replace;
    return imports_map(view_of(o->map ? o->map : ""), a, &c->map, &c->n_map, e);
}

static void print_result(const struct options *o, const struct import_config *c,
                         const struct import_result *x) {
    if (o->json) {
        struct buf b;
        buf_init(&b, 1 << 20);
        imports_json(&b, c->catalog, x);
        printf("%.*s\n", (int)b.n, b.p ? b.p : "");
        buf_free(&b);
        return;
    }
    printf("%s: %lld read, %lld kept, %lld rejected; %s\n", o->catalog, x->read, x->kept,
           x->rejected, x->stored ? "stored" : "nothing was stored");
    for (int i = 0; i < x->n_errors; i++) {
        if (x->errors[i].line > 0) printf("line %ld: ", x->errors[i].line);
        cli_print_text(x->errors[i].message, (int)strlen(x->errors[i].message));
        printf("\n");
    }
    if (!x->stored && x->rejected && !o->skip_bad)
        printf("Correct these lines, or leave them out with --skip-bad.\n");
}

static enum status import(const struct options *o, const struct import_config *c, int *good,
                          struct err *e) {
    static struct desk d;
    struct import_result x;
    int fd = strcmp(o->arg[0], "-") == 0 ? 0 : open(o->arg[0], O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail(e, ST_IO, "cannot open %.200s: %s", o->arg[0], strerror(errno));
    enum status st = desk_open_store(&d, o, e);
    if (st == ST_OK) st = import_run(d.store, c, read_fd, &fd, &x, e);
    if (fd > 0) close(fd);
    desk_close(&d);
    if (st != ST_OK) return st;
    print_result(o, c, &x);
    *good = x.stored || (c->dry_run && x.kept > 0);
    return ST_OK;
}

int cmd_import_main(const struct options *o) {
    struct import_config c = {.kind = IMPORT_ITEMS};
    struct err e = {.line = 0};
    struct arena a;
    int code, good = 0;
    arena_init(&a, 1 << 20);
    if (configure(o, &c, &a, &e) != ST_OK)
        code = cli_usage("import", e.text);
    else if (import(o, &c, &good, &e) != ST_OK)
        code = cli_failed(&e);
    else
        code = good ? EXIT_OK : EXIT_FAILED;
    arena_free(&a);
    return code;
}
