/* GET /api/dump and POST /api/restore: everything, as one file. */
#include "server/store/dump/dump.h"

#include "server/api/kit/app.h"
#include "server/api/kit/judge.h"
#include "server/api/kit/out.h"
#include "server/api/kit/query.h"

#include "kernels/base/os/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 64 << 10 };

static enum status send_file(struct req *r, int fd, struct err *e) {
    char extra[120], when[CLOCK_TEXT];
    char *piece = arena_alloc(req_arena(r), PIECE);
    if (!piece) return fail(e, ST_NO_MEMORY, "no memory for a dump");
    clock_format(clock_unix(), when);
    (void)snprintf(extra, sizeof extra,
                   "Content-Disposition: attachment; filename=\"taproom-%.10s.db\"\r\n", when);
    req_begin(r, 200, "application/vnd.sqlite3", extra);
    for (;;) {
        ssize_t n = read(fd, piece, PIECE);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail(e, ST_IO, "the dump cannot be read: %s", strerror(errno));
        if (n == 0) break;
        if (!req_write(r, piece, (size_t)n)) return ST_OK; /* the client has gone */
    }
    req_end(r);
    return ST_OK;
}

enum status api_dump_get(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    char path[DUMP_PATH];
    TRY(dump_temporary(app->store, path, e));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    (void)unlink(path);
    if (fd < 0) return fail(e, ST_IO, "the dump cannot be read: %s", strerror(errno));
    enum status st = send_file(r, fd, e);
    close(fd);
    return st;
}

static enum status next_piece(void *arg, char *p, size_t cap, size_t *n, struct err *e) {
    return req_read(arg, p, cap, n, e);
}

enum status api_dump_restore(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    struct dump_counts c;
    struct buf b;
    int replace;
    TRY(query_flag(r, "replace", &replace, e));
    TRY(dump_restore(app->store, replace, &judge_dump, next_piece, r, &c, e));
    vectors_texts_changed(atomic_load(&app->vectors));
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    out_open(&b, "restored", '{');
    out_int(&b, "catalogs", c.catalogs);
    out_int(&b, "items", c.items);
    out_int(&b, "members", c.members);
    out_int(&b, "interactions", c.interactions);
    out_int(&b, "runs", c.runs);
    out_int(&b, "surfaces", c.surfaces);
    out_int(&b, "preferences", c.preferences);
    out_close(&b, '}');
    out_int(&b, "version", c.version);
    out_close(&b, '}');
    return out_reply(r, &b, e);
}
