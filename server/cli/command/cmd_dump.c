/* taproom dump and taproom restore: everything that is stored, as one file. */
#include "server/api/kit/judge.h"
#include "server/cli/cli.h"
#include "server/cli/cli_session.h"
#include "server/store/dump/dump.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum status dump(const struct options *o, struct cli_session *d, struct err *e) {
    TRY(cli_session_open_store(d, o, e));
    TRY(dump_write(d->store, o->arg[0], e));
    printf(o->json ? "{\"dump\":true}\n" : "Everything is in the file.\n");
    return ST_OK;
}

int cmd_dump_main(const struct options *o) {
    static struct cli_session d;
    struct err e = {.line = 0};
    if (o->n_args != 1) return cli_usage("dump", "dump needs one FILE, which must not exist");
    int code = dump(o, &d, &e) == ST_OK ? EXIT_OK : cli_failed(&e);
    cli_session_close(&d);
    return code;
}

static enum status read_fd(void *arg, char *p, size_t cap, size_t *n, struct err *e) {
    ssize_t got;
    do got = read(*(int *)arg, p, cap);
    while (got < 0 && errno == EINTR);
    *n = got > 0 ? (size_t)got : 0;
    return got < 0 ? fail(e, ST_IO, "the file cannot be read: %s", strerror(errno)) : ST_OK;
}

static enum status restore(const struct options *o, struct cli_session *d, struct err *e) {
    struct dump_counts c;
    int fd = strcmp(o->arg[0], "-") == 0 ? 0 : open(o->arg[0], O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail(e, ST_IO, "cannot open %.200s: %s", o->arg[0], strerror(errno));
    enum status st = cli_session_open_store(d, o, e);
    if (st == ST_OK) st = dump_restore(d->store, (int)o->replace, &judge_dump, read_fd, &fd, &c, e);
    if (fd > 0) close(fd);
    TRY(st);
    if (o->json)
        printf(
            "{\"restored\":{\"catalogs\":%lld,\"items\":%lld,\"members\":%lld,"
            "\"interactions\":%lld,\"runs\":%lld,\"surfaces\":%lld,\"preferences\":%lld},\"version\":%lld}\n",
            c.catalogs, c.items, c.members, c.interactions, c.runs, c.surfaces, c.preferences,
            c.version);
    else
        printf("Restored: %lld catalogues, %lld items, %lld members, %lld interactions, %lld runs, "
               "%lld surfaces\n",
               c.catalogs, c.items, c.members, c.interactions, c.runs, c.surfaces);
    return ST_OK;
}

int cmd_restore_main(const struct options *o) {
    static struct cli_session d;
    struct err e = {.line = 0};
    if (o->n_args != 1)
        return cli_usage("restore", "restore needs one FILE, or - for standard input");
    int code = restore(o, &d, &e) == ST_OK ? EXIT_OK : cli_failed(&e);
    cli_session_close(&d);
    return code;
}
