/* Backups by SQLite's online copy, and repair. */
#include "server/store/dump/backup.h"

#include "server/store/sql/columns.h"
#include "server/store/dump/dump_check.h"
#include "server/store/sql/private.h"

#include "kernels/base/os/clock.h"
#include "kernels/base/os/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAGES = 256, WAIT_MS = 50, PIECE = 1 << 16, NAME = 64, FOLDER_MAX = 400 };

static const char marker[] = "taproom-"; /* taproom-20261130T215501Z-0.db */

static enum status file_failed(const char *path, const char *what, struct err *e) {
    return fail(e, errno == ENOSPC || errno == EDQUOT ? ST_DISK_FULL : ST_IO,
                "cannot %s %.200s: %s", what, path, strerror(errno));
}

static int exists(const char *path) {
    return access(path, F_OK) == 0;
}

/* Bytes and the name of a file are on the disk afterwards. */
static enum status sync_path(const char *path, struct err *e) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int ok = fd >= 0 && fsync(fd) == 0;
    enum status st = ok ? ST_OK : file_failed(path, "write", e);
    if (fd >= 0) close(fd);
    return st;
}

static enum status move(const char *from, const char *to, const char *folder, struct err *e) {
    if (rename(from, to) != 0) return file_failed(from, "move", e);
    return sync_path(folder, e);
}

/* --- the copy --- */

static enum status copy_pages(sqlite3 *from, sqlite3 *to, struct err *e) {
    struct db d = {.h = to};
    sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
    if (!b) return db_fail(&d, sqlite3_errcode(to), e);
    int rc;
    do {
        rc = sqlite3_backup_step(b, PAGES);
        if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED) sqlite3_sleep(WAIT_MS);
    } while (rc == SQLITE_OK || rc == SQLITE_BUSY || rc == SQLITE_LOCKED);
    int end = sqlite3_backup_finish(b);
    return end == SQLITE_OK ? ST_OK : db_fail(&d, end, e);
}

/* One read transaction holds the state still, whatever is written meanwhile. */
static enum status copy_database(const char *path, const char *to, struct err *e) {
    struct db from = {0}, out = {0};
    int rc = sqlite3_open_v2(path, &from.h, SQLITE_OPEN_READWRITE, NULL);
    enum status st = rc == SQLITE_OK ? ST_OK : db_fail(&from, rc, e);
    if (st == ST_OK) st = db_exec(&from, "PRAGMA busy_timeout=10000; BEGIN", e);
    if (st == ST_OK) st = db_exec(&from, "SELECT count(*) FROM sqlite_schema", e);
    if (st == ST_OK) st = store_private_file(to, e);
    if (st == ST_OK) {
        rc = sqlite3_open_v2(to, &out.h, SQLITE_OPEN_READWRITE, NULL);
        st = rc == SQLITE_OK ? copy_pages(from.h, out.h, e) : db_fail(&out, rc, e);
    }
    /* One file, with nothing beside it. */
    if (st == ST_OK) st = db_exec(&out, "PRAGMA journal_mode=DELETE", e);
    db_close(&out);
    db_close(&from);
    return st;
}

/* --- the folder of backups --- */

static int is_backup(const char *name) {
    size_t n = strlen(name);
    return strncmp(name, marker, sizeof marker - 1) == 0 && n > 12 && n < NAME &&
           strcmp(name + n - 3, ".db") == 0;
}

static int newest_first(const void *a, const void *b) {
    return strcmp(b, a);
}

/* The names, the newest first; their times are of one length, so that they sort as text. */
static enum status list(const char *folder, char (**out)[NAME], int *n, struct err *e) {
    *n = 0;
    if (!(*out = mem_alloc(sizeof **out * BACKUPS_MAX))) return db_no_memory(e);
    DIR *d = opendir(folder);
    for (struct dirent *f; d && *n < BACKUPS_MAX && (f = readdir(d));)
        if (is_backup(f->d_name)) (void)snprintf((*out)[(*n)++], NAME, "%.63s", f->d_name);
    if (d) closedir(d);
    qsort(*out, (size_t)*n, sizeof **out, newest_first);
    return ST_OK;
}

static enum status prune(const char *folder, int keep, int *removed, struct err *e) {
    char(*name)[NAME], path[BACKUP_PATH];
    int n;
    *removed = 0;
    enum status st = list(folder, &name, &n, e);
    for (int i = keep; st == ST_OK && i < n; i++) {
        (void)snprintf(path, sizeof path, "%.500s/%s", folder, name[i]);
        if (unlink(path) == 0)
            ++*removed;
        else
            st = file_failed(path, "remove", e);
    }
    mem_free(name);
    return st;
}

/* A name that is not taken, also for two in one second. */
static void new_name(const char *folder, char path[BACKUP_PATH]) {
    char when[CLOCK_TEXT], plain[CLOCK_TEXT] = "";
    clock_format(clock_unix(), when);
    for (size_t i = 0, k = 0; when[i]; i++)
        if (when[i] != '-' && when[i] != ':') plain[k++] = when[i];
    for (int i = 0; i < 10; i++) {
        (void)snprintf(path, BACKUP_PATH, "%.500s/%s%s-%d.db", folder, marker, plain, i);
        if (!exists(path)) return;
    }
}

/* Looks through it; afterwards it is one file again. */
static enum status check(const char *path, const struct dump_judge *judge, struct err *e) {
    long long version;
    struct db d = {0};
    TRY(dump_check(path, judge, &version, e));
    int rc = sqlite3_open_v2(path, &d.h, SQLITE_OPEN_READWRITE, NULL);
    enum status st =
        rc == SQLITE_OK ? db_exec(&d, "PRAGMA journal_mode=DELETE", e) : db_fail(&d, rc, e);
    db_close(&d);
    if (st == ST_OK) st = sync_path(path, e);
    return st;
}

static enum status paths_of(const char *folder, char db[BACKUP_PATH], char backups[BACKUP_PATH],
                            struct err *e) {
    if (strlen(folder) > FOLDER_MAX)
        return fail(e, ST_INVALID, "the data folder's path is over %d bytes", FOLDER_MAX);
    (void)snprintf(db, BACKUP_PATH, "%s/taproom.db", folder);
    (void)snprintf(backups, BACKUP_PATH, "%s/backups", folder);
    return ST_OK;
}

static enum status not_whole(enum status st, struct err *e) {
    if (st != ST_INVALID && st != ST_CORRUPT) return st;
    struct err why = *e;
    (void)fail(e, ST_CORRUPT, "the copy is not whole, so it is not kept: %.200s", why.text);
    err_hint(e, "stop the server and run taproom repair");
    return ST_CORRUPT;
}

enum status backup_make(const char *folder, int keep, const struct dump_judge *judge,
                        char path[BACKUP_PATH], int *removed, struct err *e) {
    char db[BACKUP_PATH], backups[BACKUP_PATH], part[BACKUP_PATH];
    *removed = 0;
    TRY(paths_of(folder, db, backups, e));
    if (!exists(db)) return fail(e, ST_NOT_FOUND, "there is no database in %.200s", folder);
    TRY(file_mkdirs(backups, e));
    (void)snprintf(part, sizeof part, "%.500s/part-%ld.tmp", backups, (long)getpid());
    store_remove_files(part);
    enum status st = copy_database(db, part, e);
    if (st == ST_OK) st = check(part, judge, e);
    if (st == ST_OK) {
        new_name(backups, path);
        st = move(part, path, backups, e);
    }
    store_remove_files(part);
    TRY(not_whole(st, e));
    return prune(backups, keep, removed, e);
}

/* --- repair --- */

static enum status whole(struct store *s, struct err *e) {
    struct db *d = &s->writer;
    sqlite3_stmt *st;
    int row;
    TRY(db_prep_once(d, "PRAGMA integrity_check(1)", &st, e));
    enum status r = db_step(d, st, &row, e);
    if (r == ST_OK && !(row && view_eq_str(db_view(st, 0), "ok")))
        r = fail(e, ST_CORRUPT, "%.200s", row ? text_show(db_view(st, 0)).text : "no answer");
    sqlite3_finalize(st);
    TRY(r);
    return columns_check(d, e);
}

/* Whether it is the database that is at fault, and not the machine or a running server. */
static int is_damage(enum status st) {
    return st == ST_CORRUPT || st == ST_INVALID || st == ST_INTERNAL || st == ST_CONFLICT;
}

static enum status copy_file(const char *from, const char *to, struct err *e) {
    char *piece = mem_alloc(PIECE);
    if (!piece) return db_no_memory(e);
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = in < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    enum status st = in < 0 ? file_failed(from, "read", e) : ST_OK;
    if (st == ST_OK && out < 0) st = file_failed(to, "write", e);
    for (ssize_t n = 1; st == ST_OK && n > 0;) {
        n = read(in, piece, PIECE);
        if (n < 0) st = file_failed(from, "read", e);
        if (n > 0 && write(out, piece, (size_t)n) != n) st = file_failed(to, "write", e);
    }
    if (in >= 0) close(in);
    if (out >= 0) close(out);
    mem_free(piece);
    return st;
}

/* The newest one that is whole, as a copy in part. */
static enum status take_backup(const char *backups, const char *part,
                               const struct dump_judge *judge, struct repair *out, struct err *e) {
    char(*name)[NAME];
    int n;
    enum status st = list(backups, &name, &n, e);
    for (int i = 0; st == ST_OK && i < n && !out->from[0]; i++) {
        char path[BACKUP_PATH];
        (void)snprintf(path, sizeof path, "%.500s/%s", backups, name[i]);
        store_remove_files(part);
        st = copy_file(path, part, e);
        if (st == ST_OK) st = check(part, judge, e);
        if (st == ST_OK) (void)snprintf(out->from, sizeof out->from, "%s", path);
        if (is_damage(st)) out->passed_over++, st = ST_OK;
    }
    mem_free(name);
    TRY(st);
    if (out->from[0]) return ST_OK;
    (void)fail(e, ST_NOT_FOUND, "no backup in %.200s is whole, so nothing was changed", backups);
    err_hint(e, "without --from-backup the damaged database is moved aside");
    return ST_NOT_FOUND;
}

/* The log first: a database without its log is older, a log without its database is nothing. */
static enum status move_aside(const char *db, const char *folder, struct repair *out,
                              struct err *e) {
    static const char *const beside[] = {"-journal", "-wal", "-shm", ""};
    char when[CLOCK_TEXT], from[BACKUP_PATH + 16], to[BACKUP_PATH + 16];
    clock_format(clock_unix(), when);
    (void)snprintf(out->aside, sizeof out->aside, "%.560s.damaged-%s", db, when);
    for (size_t i = 0; i < COUNT(beside); i++) {
        (void)snprintf(from, sizeof from, "%s%s", db, beside[i]);
        (void)snprintf(to, sizeof to, "%s%s", out->aside, beside[i]);
        if (exists(from)) TRY(move(from, to, folder, e));
    }
    return ST_OK;
}

static enum status replace(const char *folder, const char *db, const char *backups, int from_backup,
                           const struct dump_judge *judge, struct repair *out, struct err *e) {
    char part[BACKUP_PATH];
    (void)snprintf(part, sizeof part, "%.500s/restore-0.tmp", folder);
    enum status st = from_backup ? take_backup(backups, part, judge, out, e) : ST_OK;
    if (st == ST_OK) st = move_aside(db, folder, out, e);
    if (st == ST_OK && from_backup) st = move(part, db, folder, e);
    store_remove_files(part);
    return st;
}

enum status backup_repair(const char *folder, int from_backup, const struct dump_judge *judge,
                          struct repair *out, struct err *e) {
    char db[BACKUP_PATH], backups[BACKUP_PATH];
    struct store *s = NULL;
    *out = (struct repair){0};
    TRY(paths_of(folder, db, backups, e));
    if (!exists(db)) return fail(e, ST_NOT_FOUND, "there is no database in %.200s", folder);
    enum status st = store_open(&s, folder, e);
    if (st == ST_OK) st = whole(s, e);
    store_close(s);
    if (st == ST_OK) return ST_OK;
    if (!is_damage(st)) return st;
    out->damaged = 1;
    (void)snprintf(out->why, sizeof out->why, "%s", e->text);
    return replace(folder, db, backups, from_backup, judge, out, e);
}
