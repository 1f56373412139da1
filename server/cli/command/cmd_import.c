/* taproom import: rows of a file, or of standard input, into the store. */
#include "server/api/data/imports.h"
#include "server/cli/cli.h"
#include "server/cli/cli_session.h"

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
                        : !ends_with(file, ".jsonl") && !ends_with(file, ".ndjson");
    if (o->format && !csv && strcmp(o->format, "jsonl") != 0)
        return fail(e, ST_INVALID, "--format must be jsonl or csv");
    c->format = csv ? IMPORT_CSV : IMPORT_JSONL;
    c->catalog = view_of(o->catalog);
    c->surface = view_of(o->surface ? o->surface : "");
    c->strict = (int)o->strict;
    c->skip_bad = (int)o->skip_bad;
    c->dry_run = (int)(o->dry_run || o->preview);
    c->replace = (int)o->replace;
    const struct imports_text text = {
        .map = view_of(o->map),
        .lists = view_of(o->lists),
        .encoding = view_of(o->encoding),
        .separator = view_of(o->separator),
        .header = view_of(o->header),
        .dates = view_of(o->dates),
        .like_from = view_of(o->like_from),
        .dislike_to = view_of(o->dislike_to),
    };
    return imports_options(&text, a, c, e);
}

static void print_line(const char *before, struct view v) {
    printf("%s", before);
    cli_print_text(v.p, (int)v.n);
}

static void print_column(const struct import_column *c) {
    printf("  ");
    cli_print_text(c->name.p, (int)c->name.n);
    printf(": %s", c->role[0] ? c->role : "left out");
    if (strcmp(c->role, "field") == 0 && !view_eq(c->field, c->name)) print_line(" ", c->field);
    printf(", %s", c->type);
    if (c->list[0]) printf(" (%s)", c->list);
    if (c->marks[0]) printf(" as %s", c->marks);
    if (c->markup) printf(", HTML read as text");
    for (int i = 0; i < c->n_samples; i++) {
        struct view v = view_sub(c->sample[i], 0, 60);
        while (v.n && !utf8_valid(v)) v.n--;
        print_line(i ? " | " : ": ", v);
    }
    printf("\n");
}

static void print_file(const struct import_result *x) {
    printf("%s, %s%s", x->format, x->encoding, x->packed ? ", gzip" : "");
    if (x->separator[0]) printf(", separator %s", x->separator);
    printf(", looked at %lld rows\n", x->looked);
    for (int i = 0; i < x->n_columns; i++) print_column(&x->column[i]);
    if (x->has_range)
        printf("ratings from %g to %g: a like from %g on, a dislike to %g\n", x->lowest, x->highest,
               x->like_from, x->dislike_to);
}

static void print_json(const struct import_config *c, const struct import_result *x,
                       const char *prompt) {
    struct buf b;
    buf_init(&b, 8 << 20);
    imports_json(&b, c->catalog, x, prompt);
    printf("%.*s\n", (int)b.n, b.p ? b.p : "");
    buf_free(&b);
}

static void print_refused(const struct err *e) {
    if (!e->text[0]) return;
    print_line("Refused: ", view_of(e->text));
    print_line("\n", view_of(e->hint));
    printf("\n");
}

static void print_result(const struct options *o, const struct import_config *c,
                         const struct import_result *x, const char *prompt) {
    if (o->json) {
        print_json(c, x, prompt);
        return;
    }
    if (o->preview) print_file(x);
    if (o->preview && prompt) print_line("In prompts the first item is:\n", view_of(prompt));
    if (o->preview && prompt) printf("\n");
    printf("%s: %lld read, %lld kept, %lld rejected; %s\n", o->catalog, x->read, x->kept,
           x->rejected, x->stored ? "stored" : "nothing was stored");
    for (int i = 0; i < x->n_warnings; i++) {
        print_line("note: ", view_of(x->warning[i]));
        printf("\n");
    }
    for (int i = 0; i < x->n_errors; i++) {
        printf("line %ld: ", x->errors[i].line);
        cli_print_text(x->errors[i].message, (int)strlen(x->errors[i].message));
        printf("\n");
    }
    if (x->rejected > x->n_errors) printf("and %lld more\n", x->rejected - x->n_errors);
    print_refused(&x->refused);
}

static enum status import(const struct options *o, const struct import_config *c, int *code,
                          struct err *e) {
    static struct cli_session d;
    static struct import_result x;
    const char *prompt = NULL;
    int fd = strcmp(o->arg[0], "-") == 0 ? 0 : open(o->arg[0], O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail(e, ST_IO, "cannot open %.200s: %s", o->arg[0], strerror(errno));
    enum status st = cli_session_open_store(&d, o, e);
    if (st == ST_OK) st = import_run(d.store, c, read_fd, &fd, &x, e);
    if (st == ST_OK) st = imports_prompt(d.store, c, &x, &prompt, e);
    if (fd > 0) close(fd);
    cli_session_close(&d);
    if (st != ST_OK) return st;
    print_result(o, c, &x, prompt);
    *code = !x.kept ? EXIT_FAILED : x.rejected && !o->skip_bad ? EXIT_PARTLY : EXIT_OK;
    return ST_OK;
}

int cmd_import_main(const struct options *o) {
    struct import_config c = {.kind = IMPORT_ITEMS};
    struct err e = {.line = 0};
    struct arena a;
    int code = EXIT_FAILED;
    arena_init(&a, 64 << 20);
    if (configure(o, &c, &a, &e) != ST_OK)
        code = cli_usage("import", e.text);
    else if (import(o, &c, &code, &e) != ST_OK)
        code = cli_failed(&e);
    arena_free(&a);
    return code;
}
