/* Opening a data folder: its lock, its connections, and who may use which. */
#include "server/store/sql/columns.h"
#include "server/store/search/search_score.h"
#include "server/store/search/search_words.h"
#include "server/store/sql/private.h"

#include "kernels/base/os/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

int store_name_ok(struct view v) {
    if (v.n < 1 || v.n > 64) return 0;
    for (size_t i = 0; i < v.n; i++) {
        char c = v.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '.' || c == '_' || c == '-'))
            return 0;
    }
    return 1;
}

static enum status held_by_another(int fd, const char *folder, struct err *e) {
    char text[32] = "";
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    long long pid = 0;
    if (n > 0) (void)view_int(view_trim((struct view){text, (size_t)n}), &pid);
    enum status st =
        fail(e, ST_BUSY, "the data folder %.180s is in use by process %lld", folder, pid);
    err_hint(e, "stop that taproom, or choose another folder with --data");
    return st;
}

/* The kernel drops a flock with its process, so a pid left behind by a crash never blocks. The pid
 * is only there to be told to a person. */
static enum status take_lock(struct store *s, struct err *e) {
    char path[STORE_PATH + 8], pid[32];
    snprintf(path, sizeof path, "%s/lock", s->folder);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return fail(e, ST_IO, "cannot open %.200s: %s", path, strerror(errno));
    enum status st = ST_OK;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        st = errno == EWOULDBLOCK ? held_by_another(fd, s->folder, e)
                                  : fail(e, ST_IO, "cannot lock %.200s: %s", path, strerror(errno));
    int n = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
    if (st == ST_OK && (ftruncate(fd, 0) != 0 || pwrite(fd, pid, (size_t)n, 0) != n))
        st = fail(e, errno == ENOSPC || errno == EDQUOT ? ST_DISK_FULL : ST_IO,
                  "cannot write %.200s: %s", path, strerror(errno));
    if (st != ST_OK) {
        close(fd);
        return st;
    }
    s->lock = fd;
    return ST_OK;
}

/* "import-7.tmp", the same of a dump or a restore, and what SQLite puts beside each ("-journal").
 */
static int is_leftover(const char *name) {
    static const char *const kinds[] = {"import-", "dump-", "restore-"};
    static const char *const beside[] = {"", "-journal", "-wal", "-shm"};
    for (size_t i = 0; i < COUNT(kinds); i++) {
        size_t at = strlen(kinds[i]), digits;
        if (strncmp(name, kinds[i], at) != 0) continue;
        digits = strspn(name + at, "0123456789");
        if (digits == 0 || strncmp(name + at + digits, ".tmp", 4) != 0) continue;
        for (size_t k = 0; k < COUNT(beside); k++)
            if (strcmp(name + at + digits + 4, beside[k]) == 0) return 1;
    }
    return 0;
}

/* Staging files of work that was killed; under our lock nobody else can be using them. */
static void remove_leftovers(const char *folder) {
    DIR *dir = opendir(folder);
    if (!dir) return;
    for (struct dirent *f; (f = readdir(dir));) {
        if (is_leftover(f->d_name)) (void)unlinkat(dirfd(dir), f->d_name, 0);
    }
    closedir(dir);
}

void store_remove_files(const char *path) {
    static const char *const beside[] = {"", "-journal", "-wal", "-shm"};
    char file[STORE_PATH + 64];
    for (size_t i = 0; i < COUNT(beside); i++) {
        (void)snprintf(file, sizeof file, "%s%s", path, beside[i]);
        (void)unlink(file);
    }
}

enum status store_private_file(const char *path, struct err *e) {
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail(e, errno == ENOSPC || errno == EDQUOT ? ST_DISK_FULL : ST_IO,
                    "cannot open %.200s: %s", path, strerror(errno));
    close(fd);
    return ST_OK;
}

enum status store_connect(struct db *d, const char *path, struct err *e) {
    TRY(db_open(d, path, e));
    enum status st = search_words_register(d, e);
    if (st == ST_OK) st = search_score_register(d, e);
    if (st != ST_OK) db_close(d);
    return st;
}

static enum status open_all(struct store *s, struct err *e) {
    TRY(store_private_file(s->path, e));
    TRY(store_connect(&s->writer, s->path, e));
    TRY(schema_migrate(&s->writer, e));
    TRY(schema_mend(&s->writer, e));
    TRY(columns_quick(&s->writer, e));
    TRY(search_upgrade(&s->writer, e));
    for (int i = 0; i < STORE_READERS; i++) {
        TRY(store_connect(&s->reader[i], s->path, e));
        TRY(db_exec(&s->reader[i], "PRAGMA query_only=ON", e));
    }
    return ST_OK;
}

enum status store_open(struct store **out, const char *folder, struct err *e) {
    *out = NULL;
    size_t n = strlen(folder);
    if (n == 0 || n + 32 > STORE_PATH)
        return fail(e, ST_INVALID, "the data folder's path has %zu bytes; 1 to %d are possible", n,
                    STORE_PATH - 32);
    TRY(file_mkdirs(folder, e));
    struct store *s = mem_alloc(sizeof *s);
    if (!s) return fail(e, ST_NO_MEMORY, "no memory for the store");
    memset(s, 0, sizeof *s);
    s->lock = -1;
    memcpy(s->folder, folder, n);
    memcpy(s->path, folder, n);
    memcpy(s->path + n, "/taproom.db", sizeof "/taproom.db");
    pthread_mutex_init(&s->write, NULL);
    pthread_mutex_init(&s->pool, NULL);
    pthread_cond_init(&s->freed, NULL);
    enum status st = take_lock(s, e);
    if (st == ST_OK) {
        remove_leftovers(folder);
        st = open_all(s, e);
    }
    if (st != ST_OK) {
        store_close(s);
        return st;
    }
    *out = s;
    return ST_OK;
}

void store_close(struct store *s) {
    if (!s) return;
    for (int i = 0; i < STORE_READERS; i++) db_close(&s->reader[i]);
    db_close(&s->writer);
    if (s->lock >= 0) close(s->lock);
    pthread_mutex_destroy(&s->write);
    pthread_mutex_destroy(&s->pool);
    pthread_cond_destroy(&s->freed);
    mem_free(s);
}

void store_give_up(void) {
    db_give_up();
}

/* Where memory ends even taking a transaction back may fail: then that is done before the next one.
 */
static enum status begin(struct db *d, const char *sql, struct err *e) {
    if (!sqlite3_get_autocommit(d->h)) TRY(db_exec(d, "ROLLBACK", e));
    return db_exec(d, sql, e);
}

enum status store_read_begin(struct store *s, struct db **d, struct err *e) {
    int i = 0;
    pthread_mutex_lock(&s->pool);
    for (;; pthread_cond_wait(&s->freed, &s->pool)) {
        for (i = 0; i < STORE_READERS && s->taken[i];) i++;
        if (i < STORE_READERS) break;
    }
    s->taken[i] = 1;
    pthread_mutex_unlock(&s->pool);
    *d = &s->reader[i];
    enum status st = begin(*d, "BEGIN", e);
    return st == ST_OK ? ST_OK : store_read_end(s, *d, st, e);
}

enum status store_read_end(struct store *s, struct db *d, enum status st, struct err *e) {
    st = db_end(d, st, e);
    pthread_mutex_lock(&s->pool);
    s->taken[d - s->reader] = 0;
    pthread_cond_signal(&s->freed);
    pthread_mutex_unlock(&s->pool);
    return st;
}

enum status store_write_begin(struct store *s, struct db **d, struct err *e) {
    pthread_mutex_lock(&s->write);
    *d = &s->writer;
    enum status st = begin(*d, "BEGIN IMMEDIATE", e);
    if (st != ST_OK) pthread_mutex_unlock(&s->write);
    return st;
}

enum status store_write_soon(struct store *s, struct db **d, struct err *e) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += STORE_SOON_MS * 1000000l;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    if (pthread_mutex_timedlock(&s->write, &until) != 0)
        return fail(e, ST_BUSY, "the store is being written by an import");
    *d = &s->writer;
    (void)sqlite3_busy_timeout(s->writer.h, STORE_SOON_MS);
    enum status st = begin(*d, "BEGIN IMMEDIATE", e);
    (void)sqlite3_busy_timeout(s->writer.h, DB_BUSY_MS);
    if (st != ST_OK) pthread_mutex_unlock(&s->write);
    return st;
}

enum status store_write_end(struct store *s, struct db *d, enum status st, struct err *e) {
    st = db_end(d, st, e);
    pthread_mutex_unlock(&s->write);
    return st;
}

enum status store_delete(struct store *s, const char *sql, struct view name, int *gone,
                         struct err *e) {
    struct db *d;
    sqlite3_stmt *st;
    TRY(store_write_begin(s, &d, e));
    enum status r = db_prep(d, sql, &st, e);
    if (r == ST_OK) {
        db_bind_text(st, 1, name);
        r = db_run(d, st, e);
    }
    *gone = r == ST_OK && sqlite3_changes(d->h) > 0;
    return store_write_end(s, d, r, e);
}
