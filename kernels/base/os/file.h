/* Files: reading with clear errors, and writes that are either complete or absent. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "kernels/base/status.h"

#include <stdint.h>

/* The bytes of a regular file, mapped read-only and private. A file that shrinks while mapped would
 * fault on access, so its size and time are kept for file_changed. close(NULL-filled) is fine. */
struct file_map {
    const uint8_t *p;
    size_t n;
    char path[512];
    long long mtime_ns;
};

/* ST_NOT_FOUND, ST_IO (directory, FIFO, unreadable), ST_LIMIT (path too long). An empty file maps
 * as n = 0. */
enum status file_map_open(struct file_map *m, const char *path, struct err *e) MUST_CHECK;
int file_changed(
    const struct file_map *m); /* 1 if the file on disk is no longer the one that was mapped */
void file_map_close(struct file_map *m);

/* Whole file into *out (mem_alloc, caller mem_frees; NUL-terminated beyond n), at most max bytes.
 */
enum status file_read(const char *path, size_t max, char **out, size_t *n,
                      struct err *e) MUST_CHECK;

/* The same; each piece of at most FILE_PIECE bytes is shown as it comes, with the bytes done so far
 * (the piece's included) and the file's size. A piece answered with 1 gives up: ST_CANCELLED. */
enum { FILE_PIECE = 4 << 20 };
struct file_watch {
    void *arg;
    int (*piece)(void *arg, const char *p, size_t n, size_t done, size_t size);
};
enum status file_read_watched(const char *path, size_t max, const struct file_watch *w, char **out,
                              size_t *n, struct err *e) MUST_CHECK;

/* The first n bytes, or all of a shorter file, into *out (as file_read); *size is the file's. What
 * others do to the file meanwhile can make *got smaller than both, and does no harm. */
enum status file_head(const char *path, size_t n, char **out, size_t *got, size_t *size,
                      struct err *e) MUST_CHECK;

/* Replaces path by n bytes: temporary file in the same folder, fsync, rename, fsync of the folder.
 * On failure the old content stays and no temporary file is left. ST_DISK_FULL or ST_IO. */
enum status file_write(const char *path, const void *p, size_t n, struct err *e) MUST_CHECK;

/* Makes a folder and its parents, mode 0700 for what is new. */
enum status file_mkdirs(const char *path, struct err *e) MUST_CHECK;

#endif
