/* The n-th call of the operating system fails, once or from then on: SQLite's reads, writes, syncs,
 * opens and the rest go through a file system of SQLite's that counts them, and the program's own
 * through the linker's --wrap (a test's second line, `wraps:`). One counter for both. */
#ifndef TESTS_UNIT_FAULT_CALLS_H
#define TESTS_UNIT_FAULT_CALLS_H

#include "tests/t.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/types.h>

static struct {
    atomic_long left;   /* until the next failure; 0: none */
    atomic_long seen;   /* calls so far */
    atomic_int forever; /* all that follow fail, too */
    atomic_int fired;   /* failures so far */
    int code;           /* errno of the program's own calls */
    sqlite3_vfs *real;
} fault = {.code = EIO};

static inline void fault_at(long n, int forever, int code) {
    fault.code = code;
    atomic_store(&fault.forever, forever);
    atomic_store(&fault.fired, 0);
    atomic_store(&fault.left, n);
}

static inline int fault_now(void) {
    atomic_fetch_add(&fault.seen, 1);
    if (atomic_load(&fault.left) == 0) return 0;
    if (atomic_load(&fault.left) > 1) {
        atomic_fetch_sub(&fault.left, 1);
        return 0;
    }
    if (!atomic_load(&fault.forever)) atomic_store(&fault.left, 0);
    atomic_fetch_add(&fault.fired, 1);
    return 1;
}

/* --- the program's own calls */

#define FAULT_WRAP(type, name, bad, params, args)    \
    type __real_##name params;                       \
    type __wrap_##name params;                       \
    type __wrap_##name params {                      \
        if (!fault_now()) return __real_##name args; \
        errno = fault.code;                          \
        return bad;                                  \
    }
FAULT_WRAP(ssize_t, read, -1, (int fd, void *p, size_t n), (fd, p, n))
FAULT_WRAP(ssize_t, write, -1, (int fd, const void *p, size_t n), (fd, p, n))
FAULT_WRAP(ssize_t, pread64, -1, (int fd, void *p, size_t n, off_t at), (fd, p, n, at))
FAULT_WRAP(ssize_t, pwrite64, -1, (int fd, const void *p, size_t n, off_t at), (fd, p, n, at))
FAULT_WRAP(int, fsync, -1, (int fd), (fd))
FAULT_WRAP(int, ftruncate64, -1, (int fd, off_t n), (fd, n))
FAULT_WRAP(int, rename, -1, (const char *from, const char *to), (from, to))

int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...) {
    va_list ap;
    va_start(ap, flags);
    int mode = flags & O_CREAT ? va_arg(ap, int) : 0;
    va_end(ap);
    if (!fault_now()) return __real_open64(path, flags, mode);
    errno = fault.code;
    return -1;
}

/* --- SQLite's */

struct fault_file {
    sqlite3_file base;
    sqlite3_file *real;
};
static sqlite3_file *fault_real(sqlite3_file *f) {
    return ((struct fault_file *)(void *)f)->real;
}
static int fault_close(sqlite3_file *f) {
    sqlite3_file *r = fault_real(f);
    int rc = r->pMethods ? r->pMethods->xClose(r) : SQLITE_OK;
    sqlite3_free(r);
    return rc;
}
#define FAULT_METHOD(name, method, bad, params, args) \
    static int fault_##name params {                  \
        if (fault_now()) return bad;                  \
        return fault_real(f)->pMethods->method args;  \
    }
/* A full disk is told as such where something grows. */
#define FAULT_GROW(otherwise) (fault.code == ENOSPC ? SQLITE_FULL : (otherwise))
FAULT_METHOD(get, xRead, SQLITE_IOERR_READ, (sqlite3_file * f, void *p, int n, sqlite3_int64 at),
             (fault_real(f), p, n, at))
FAULT_METHOD(put, xWrite, FAULT_GROW(SQLITE_IOERR_WRITE),
             (sqlite3_file * f, const void *p, int n, sqlite3_int64 at), (fault_real(f), p, n, at))
FAULT_METHOD(cut, xTruncate, SQLITE_IOERR_TRUNCATE, (sqlite3_file * f, sqlite3_int64 n),
             (fault_real(f), n))
FAULT_METHOD(flush, xSync, SQLITE_IOERR_FSYNC, (sqlite3_file * f, int flags),
             (fault_real(f), flags))
FAULT_METHOD(size, xFileSize, SQLITE_IOERR_FSTAT, (sqlite3_file * f, sqlite3_int64 *n),
             (fault_real(f), n))
FAULT_METHOD(lock, xLock, SQLITE_IOERR_LOCK, (sqlite3_file * f, int how), (fault_real(f), how))
FAULT_METHOD(locked, xCheckReservedLock, SQLITE_IOERR_CHECKRESERVEDLOCK,
             (sqlite3_file * f, int *out), (fault_real(f), out))
FAULT_METHOD(map, xShmMap, FAULT_GROW(SQLITE_IOERR_SHMMAP),
             (sqlite3_file * f, int page, int size, int grow, void volatile **out),
             (fault_real(f), page, size, grow, out))
static int fault_unlock(sqlite3_file *f, int how) { /* giving back does not fail */
    return fault_real(f)->pMethods->xUnlock(fault_real(f), how);
}
static int fault_control(sqlite3_file *f, int op, void *arg) {
    return fault_real(f)->pMethods->xFileControl(fault_real(f), op, arg);
}
static int fault_sector(sqlite3_file *f) {
    return fault_real(f)->pMethods->xSectorSize(fault_real(f));
}
static int fault_traits(sqlite3_file *f) {
    return fault_real(f)->pMethods->xDeviceCharacteristics(fault_real(f));
}
static int fault_shm_lock(sqlite3_file *f, int at, int n, int flags) {
    return fault_real(f)->pMethods->xShmLock(fault_real(f), at, n, flags);
}
static void fault_barrier(sqlite3_file *f) {
    fault_real(f)->pMethods->xShmBarrier(fault_real(f));
}
static int fault_unmap(sqlite3_file *f, int drop) {
    return fault_real(f)->pMethods->xShmUnmap(fault_real(f), drop);
}

static int fault_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *out) {
    static const sqlite3_io_methods methods = {
        .iVersion = 2,
        .xClose = fault_close,
        .xRead = fault_get,
        .xWrite = fault_put,
        .xTruncate = fault_cut,
        .xSync = fault_flush,
        .xFileSize = fault_size,
        .xLock = fault_lock,
        .xUnlock = fault_unlock,
        .xCheckReservedLock = fault_locked,
        .xFileControl = fault_control,
        .xSectorSize = fault_sector,
        .xDeviceCharacteristics = fault_traits,
        .xShmMap = fault_map,
        .xShmLock = fault_shm_lock,
        .xShmBarrier = fault_barrier,
        .xShmUnmap = fault_unmap,
    };
    struct fault_file *p = (struct fault_file *)(void *)f;
    (void)v;
    *p = (struct fault_file){.real = NULL};
    if (fault_now()) return SQLITE_CANTOPEN;
    p->real = sqlite3_malloc(fault.real->szOsFile);
    if (!p->real) return SQLITE_NOMEM;
    memset(p->real, 0, (size_t)fault.real->szOsFile);
    int rc = fault.real->xOpen(fault.real, name, p->real, flags, out);
    if (rc == SQLITE_OK)
        p->base.pMethods = &methods;
    else
        sqlite3_free(p->real);
    return rc;
}
static int fault_delete(sqlite3_vfs *v, const char *name, int sync) {
    (void)v;
    return fault_now() ? SQLITE_IOERR_DELETE : fault.real->xDelete(fault.real, name, sync);
}

/* From now on every database of the process lies on it. */
static inline void fault_begin(void) {
    static sqlite3_vfs own;
    fault.real = sqlite3_vfs_find(NULL);
    CHECK(fault.real);
    own = *fault.real;
    own.zName = "fault";
    own.szOsFile = sizeof(struct fault_file);
    own.xOpen = fault_open;
    own.xDelete = fault_delete;
    CHECK(sqlite3_vfs_register(&own, 1) == SQLITE_OK);
}

#endif
