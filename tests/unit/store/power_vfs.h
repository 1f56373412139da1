/* A file system of SQLite's that loses power: every write since a file's last sync can be taken
 * back, as can the making of a file whose folder was not synced since. From power_off_in(n) on the
 * n-th change and all later ones fail; power_cut takes back what had not reached the disk, each
 * piece by chance, the way a disk's cache may have written some of it. */
#ifndef TESTS_UNIT_POWER_VFS_H
#define TESTS_UNIT_POWER_VFS_H

#include "tests/t.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a file held before a change. */
struct undo {
    struct undo *older;
    char path[160];
    int made; /* the file was made: taken back by removing it */
    sqlite3_int64 at, size;
    int n;
    char bytes[];
};
struct power_file {
    sqlite3_file base;
    sqlite3_file *real;
    char path[160];
};
static struct {
    pthread_mutex_t lock;
    sqlite3_vfs *real;
    struct undo *undo;
    long left, changes; /* until the power goes, 0: it does not; changes so far */
    int off;
    uint32_t seed;
} power = {.lock = PTHREAD_MUTEX_INITIALIZER, .seed = 2463534242u};

static uint32_t power_next(uint32_t below) {
    power.seed ^= power.seed << 13;
    power.seed ^= power.seed >> 17;
    power.seed ^= power.seed << 5;
    return power.seed % below;
}

/* Counts a change; 1 where there is no power for it. */
static int power_gone(void) {
    power.changes++;
    if (power.left > 0 && --power.left == 0) power.off = 1;
    return power.off;
}

static void power_note(struct power_file *f, int made, sqlite3_int64 at, int n) {
    struct undo *u = calloc(1, sizeof *u + (size_t)(n > 0 ? n : 0));
    struct stat st = {0};
    CHECK(u);
    int fd = open(f->path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        CHECK(fstat(fd, &st) == 0);
        ssize_t got = n > 0 ? pread(fd, u->bytes, (size_t)n, at) : 0;
        u->n = got > 0 ? (int)got : 0;
        close(fd);
    }
    snprintf(u->path, sizeof u->path, "%s", f->path);
    u->made = made, u->at = at, u->size = st.st_size;
    u->older = power.undo;
    power.undo = u;
}

/* What was done to that file is on the disk. */
static void power_synced(const char *path) {
    for (struct undo **at = &power.undo; *at;) {
        struct undo *u = *at;
        if (strcmp(u->path, path) != 0) {
            at = &u->older;
            continue;
        }
        *at = u->older;
        free(u);
    }
}

static struct power_file *power_of(sqlite3_file *f) {
    return (struct power_file *)(void *)f;
}
static int power_close(sqlite3_file *f) {
    struct power_file *p = power_of(f);
    int rc = p->real->pMethods ? p->real->pMethods->xClose(p->real) : SQLITE_OK;
    sqlite3_free(p->real);
    return rc;
}
static int power_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at) {
    return power_of(f)->real->pMethods->xRead(power_of(f)->real, to, n, at);
}
static int power_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at) {
    struct power_file *p = power_of(f);
    pthread_mutex_lock(&power.lock);
    int rc = power_gone() ? SQLITE_IOERR_WRITE : SQLITE_OK;
    if (rc == SQLITE_OK) {
        power_note(p, 0, at, n);
        rc = p->real->pMethods->xWrite(p->real, from, n, at);
    }
    pthread_mutex_unlock(&power.lock);
    return rc;
}
static int power_truncate(sqlite3_file *f, sqlite3_int64 size) {
    struct power_file *p = power_of(f);
    pthread_mutex_lock(&power.lock);
    int rc = power_gone() ? SQLITE_IOERR_TRUNCATE : SQLITE_OK;
    if (rc == SQLITE_OK) {
        struct stat st;
        if (stat(p->path, &st) == 0 && st.st_size > size)
            power_note(p, 0, size, (int)(st.st_size - size));
        rc = p->real->pMethods->xTruncate(p->real, size);
    }
    pthread_mutex_unlock(&power.lock);
    return rc;
}
static int power_sync(sqlite3_file *f, int flags) {
    struct power_file *p = power_of(f);
    (void)flags; /* the disk of the test is this table */
    pthread_mutex_lock(&power.lock);
    int gone = power_gone();
    if (!gone) power_synced(p->path);
    pthread_mutex_unlock(&power.lock);
    return gone ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}
static int power_size(sqlite3_file *f, sqlite3_int64 *size) {
    return power_of(f)->real->pMethods->xFileSize(power_of(f)->real, size);
}
static int power_lock_file(sqlite3_file *f, int how) {
    return power_of(f)->real->pMethods->xLock(power_of(f)->real, how);
}
static int power_unlock(sqlite3_file *f, int how) {
    return power_of(f)->real->pMethods->xUnlock(power_of(f)->real, how);
}
static int power_locked(sqlite3_file *f, int *out) {
    return power_of(f)->real->pMethods->xCheckReservedLock(power_of(f)->real, out);
}
static int power_control(sqlite3_file *f, int op, void *arg) {
    return power_of(f)->real->pMethods->xFileControl(power_of(f)->real, op, arg);
}
static int power_sector(sqlite3_file *f) {
    return power_of(f)->real->pMethods->xSectorSize(power_of(f)->real);
}
static int power_traits(sqlite3_file *f) {
    (void)f; /* promises nothing: neither order nor whole sectors */
    return 0;
}
static int power_shm_map(sqlite3_file *f, int page, int size, int grow, void volatile **out) {
    return power_of(f)->real->pMethods->xShmMap(power_of(f)->real, page, size, grow, out);
}
static int power_shm_lock(sqlite3_file *f, int at, int n, int flags) {
    return power_of(f)->real->pMethods->xShmLock(power_of(f)->real, at, n, flags);
}
static void power_shm_barrier(sqlite3_file *f) {
    power_of(f)->real->pMethods->xShmBarrier(power_of(f)->real);
}
static int power_shm_unmap(sqlite3_file *f, int drop) {
    return power_of(f)->real->pMethods->xShmUnmap(power_of(f)->real, drop);
}

static const sqlite3_io_methods power_methods = {2,
                                                 power_close,
                                                 power_read,
                                                 power_write,
                                                 power_truncate,
                                                 power_sync,
                                                 power_size,
                                                 power_lock_file,
                                                 power_unlock,
                                                 power_locked,
                                                 power_control,
                                                 power_sector,
                                                 power_traits,
                                                 power_shm_map,
                                                 power_shm_lock,
                                                 power_shm_barrier,
                                                 power_shm_unmap,
                                                 NULL,
                                                 NULL};

static int power_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *out) {
    struct power_file *p = power_of(f);
    (void)v;
    *p = (struct power_file){.real = sqlite3_malloc(power.real->szOsFile)};
    if (!p->real) return SQLITE_NOMEM;
    memset(p->real, 0, (size_t)power.real->szOsFile);
    snprintf(p->path, sizeof p->path, "%s", name ? name : "");
    pthread_mutex_lock(&power.lock);
    int makes = name && (flags & SQLITE_OPEN_CREATE) && access(name, F_OK) != 0;
    int rc = makes && power_gone() ? SQLITE_CANTOPEN
                                   : power.real->xOpen(power.real, name, p->real, flags, out);
    if (rc == SQLITE_OK && makes) power_note(p, 1, 0, 0);
    pthread_mutex_unlock(&power.lock);
    if (rc == SQLITE_OK)
        p->base.pMethods = &power_methods;
    else
        sqlite3_free(p->real);
    return rc;
}
static int power_delete(sqlite3_vfs *v, const char *name, int sync) {
    (void)v;
    pthread_mutex_lock(&power.lock);
    int gone = power_gone();
    if (!gone) power_synced(name);
    pthread_mutex_unlock(&power.lock);
    return gone ? SQLITE_IOERR_DELETE : power.real->xDelete(power.real, name, sync);
}

/* From now on every database of the process lies on it. */
static inline void power_begin(void) {
    static sqlite3_vfs own;
    power.real = sqlite3_vfs_find(NULL);
    CHECK(power.real);
    own = *power.real;
    own.zName = "power";
    own.szOsFile = sizeof(struct power_file);
    own.xOpen = power_open;
    own.xDelete = power_delete;
    CHECK(sqlite3_vfs_register(&own, 1) == SQLITE_OK);
}
static inline void power_off_in(long changes) {
    power.left = changes;
    power.off = 0;
}

/* After everything was closed: what was not synced is taken back, the newest first. keep: of a
 * hundred pieces so many had reached the disk by themselves. */
static inline void power_cut(uint32_t keep) {
    power.left = 0, power.off = 0;
    while (power.undo) {
        struct undo *u = power.undo;
        power.undo = u->older;
        if (u->made ? keep == 0 : power_next(100) >= keep) {
            int fd = u->made ? -1 : open(u->path, O_WRONLY | O_CLOEXEC);
            if (u->made) (void)unlink(u->path);
            if (fd >= 0) {
                CHECK(pwrite(fd, u->bytes, (size_t)u->n, u->at) == u->n);
                struct stat st;
                CHECK(fstat(fd, &st) == 0);
                if (st.st_size > u->size && keep == 0) CHECK(ftruncate(fd, u->size) == 0);
                close(fd);
            }
        }
        free(u);
    }
}

#endif
