/* Mapping, reading and replacing files. */
#include "kernels/base/os/file.h"

#include "kernels/base/arena.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static long long mtime_ns(const struct stat *s) {
    return (long long)s->st_mtim.tv_sec * 1000000000 + s->st_mtim.tv_nsec;
}

static enum status io_error(struct err *e, const char *what, const char *path) {
    int n = errno;
    enum status st = n == ENOSPC || n == EDQUOT ? ST_DISK_FULL : n == ENOENT ? ST_NOT_FOUND : ST_IO;
    return fail(e, st, "cannot %s %.200s: %s", what, path, strerror(n));
}

/* Opens a regular file for reading and stats it; a FIFO or a directory is refused without blocking.
 */
static enum status open_regular(const char *path, int *fd, struct stat *s, struct err *e) {
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*fd < 0) return io_error(e, "open", path);
    if (fstat(*fd, s) == 0 && S_ISREG(s->st_mode)) return ST_OK;
    close(*fd);
    return fail(e, ST_IO, "%.200s is not a regular file", path);
}

enum status file_map_open(struct file_map *m, const char *path, struct err *e) {
    *m = (struct file_map){0};
    if (strlen(path) >= sizeof m->path)
        return fail(e, ST_LIMIT, "path is longer than %zu bytes", sizeof m->path - 1);
    int fd;
    struct stat s;
    TRY(open_regular(path, &fd, &s, e));
    void *p = NULL;
    if (s.st_size > 0) p = mmap(NULL, (size_t)s.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    int bad = p == MAP_FAILED;
    close(fd);
    if (bad) return io_error(e, "map", path);
    m->p = p;
    m->n = (size_t)s.st_size;
    m->mtime_ns = mtime_ns(&s);
    snprintf(m->path, sizeof m->path, "%s", path);
    return ST_OK;
}

int file_changed(const struct file_map *m) {
    struct stat s;
    return stat(m->path, &s) != 0 || (size_t)s.st_size != m->n || mtime_ns(&s) != m->mtime_ns;
}

void file_map_close(struct file_map *m) {
    if (m->p) munmap((void *)(uintptr_t)m->p, m->n);
    *m = (struct file_map){0};
}

/* n bytes of the file, or fewer when it ends before; *got of them. */
static enum status read_into(int fd, const char *path, char *p, size_t n,
                             const struct file_watch *w, size_t *got, struct err *e) {
    *got = 0;
    while (*got < n) {
        size_t want = n - *got < FILE_PIECE ? n - *got : FILE_PIECE;
        ssize_t k = read(fd, p + *got, want);
        if (k < 0 && errno == EINTR) continue;
        if (k < 0) return io_error(e, "read", path);
        if (k == 0) break;
        *got += (size_t)k;
        if (w && w->piece(w->arg, p + *got - k, (size_t)k, *got, n))
            return fail(e, ST_CANCELLED, "the reading of %.200s was given up", path);
    }
    return ST_OK;
}

/* The first bytes of an open file, at most n, into *out. */
static enum status read_new(int fd, const char *path, size_t n, const struct file_watch *w,
                            char **out, size_t *got, struct err *e) {
    char *p = mem_alloc(n + 1);
    if (!p) return fail(e, ST_NO_MEMORY, "no memory for %zu bytes of %.200s", n, path);
    enum status st = read_into(fd, path, p, n, w, got, e);
    if (st != ST_OK) {
        mem_free(p);
        *got = 0;
        return st;
    }
    p[*got] = 0;
    *out = p;
    return ST_OK;
}

enum status file_read_watched(const char *path, size_t max, const struct file_watch *w, char **out,
                              size_t *n, struct err *e) {
    int fd;
    struct stat s;
    *out = NULL;
    *n = 0;
    TRY(open_regular(path, &fd, &s, e));
    size_t size = (size_t)s.st_size;
    enum status st = size > max
                         ? fail(e, ST_LIMIT, "%.200s has %zu bytes, more than %zu", path, size, max)
                         : read_new(fd, path, size, w, out, n, e);
    close(fd);
    return st;
}

enum status file_read(const char *path, size_t max, char **out, size_t *n, struct err *e) {
    return file_read_watched(path, max, NULL, out, n, e);
}

enum status file_head(const char *path, size_t n, char **out, size_t *got, size_t *size,
                      struct err *e) {
    int fd;
    struct stat s;
    *out = NULL;
    *got = *size = 0;
    TRY(open_regular(path, &fd, &s, e));
    *size = (size_t)s.st_size;
    enum status st = read_new(fd, path, n < *size ? n : *size, NULL, out, got, e);
    close(fd);
    return st;
}

static enum status write_all(int fd, const char *p, size_t n, const char *path, struct err *e) {
    while (n) {
        ssize_t k = write(fd, p, n);
        if (k < 0 && errno == EINTR) continue;
        if (k < 0) return io_error(e, "write", path);
        p += k;
        n -= (size_t)k;
    }
    return fsync(fd) == 0 ? ST_OK : io_error(e, "sync", path);
}

static enum status sync_folder(const char *path, struct err *e) {
    char dir[512];
    snprintf(dir, sizeof dir, "%s", path);
    char *slash = strrchr(dir, '/');
    if (slash == dir)
        dir[1] = 0;
    else if (slash)
        *slash = 0;
    else
        snprintf(dir, sizeof dir, ".");
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return io_error(e, "open", dir);
    int bad = fsync(fd) != 0;
    close(fd);
    return bad ? io_error(e, "sync", dir) : ST_OK;
}

enum status file_write(const char *path, const void *p, size_t n, struct err *e) {
    char tmp[512];
    if (snprintf(tmp, sizeof tmp, "%s.tmp.%ld", path, (long)getpid()) >= (int)sizeof tmp)
        return fail(e, ST_LIMIT, "path is longer than %zu bytes", sizeof tmp - 20);
    int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return io_error(e, "create", tmp);
    enum status st = write_all(fd, p, n, tmp, e);
    if (close(fd) != 0 && st == ST_OK) st = io_error(e, "close", tmp);
    if (st == ST_OK && rename(tmp, path) != 0) st = io_error(e, "rename", tmp);
    if (st != ST_OK) {
        unlink(tmp);
        return st;
    }
    return sync_folder(path, e);
}

enum status file_mkdirs(const char *path, struct err *e) {
    char t[512];
    size_t n = strlen(path);
    if (n == 0 || n >= sizeof t) return fail(e, ST_LIMIT, "folder name has %zu bytes", n);
    memcpy(t, path, n + 1);
    for (size_t i = 1; i <= n; i++) {
        if (t[i] != '/' && t[i] != 0) continue;
        char c = t[i];
        t[i] = 0;
        if (mkdir(t, 0700) != 0 && errno != EEXIST) return io_error(e, "make folder", t);
        t[i] = c;
    }
    struct stat s;
    if (stat(path, &s) != 0) return io_error(e, "open", path);
    return S_ISDIR(s.st_mode) ? ST_OK : fail(e, ST_IO, "%.200s is not a folder", path);
}
