/* Which model files there are. */
#include "server/registry/files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PART = 15 }; /* "-00001-of-00003" */

static int ends_in(struct view v, const char *tail) {
    size_t n = strlen(tail);
    return v.n > n && memcmp(v.p + v.n - n, tail, n) == 0;
}

/* The number of a part in "x-00002-of-00003", 0 for what is no part. */
static int part_of(struct view stem) {
    const char *p = stem.p + stem.n - PART;
    if (stem.n <= PART || p[0] != '-' || memcmp(p + 6, "-of-", 4) != 0) return 0;
    int part = 0;
    for (int i = 1; i < PART; i++) {
        if (i >= 6 && i <= 9) continue;
        if (p[i] < '0' || p[i] > '9') return 0;
        if (i < 6) part = 10 * part + p[i] - '0';
    }
    return part;
}

static struct view stem_of(const char *path) {
    const char *slash = strrchr(path, '/');
    struct view v = view_of(slash ? slash + 1 : path);
    if (ends_in(v, ".gguf")) v.n -= 5;
    return v;
}

enum status registry_file_of(const char *path, struct arena *a, struct registry_file *out,
                             struct err *e) {
    struct stat s;
    struct view id = stem_of(path);
    if (part_of(id)) id.n -= PART;
    if (id.n >= REGISTRY_ID) id.n = REGISTRY_ID - 1;
    if (stat(path, &s) != 0 || !S_ISREG(s.st_mode)) {
        (void)fail(e, ST_NOT_FOUND, "there is no model file %.200s", path);
        err_field(e, "model");
        return ST_NOT_FOUND;
    }
    *out = (struct registry_file){.id = arena_copy(a, id.p, id.n),
                                  .path = arena_copy(a, path, strlen(path)),
                                  .bytes = (long long)s.st_size,
                                  .stamp = (long long)s.st_mtim.tv_sec * 1000000000ll +
                                           s.st_mtim.tv_nsec + (long long)s.st_ino * 7919};
    return out->id && out->path ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for a model's name");
}

/* Adds a file, or a part's size to the first part of its model. */
static enum status add(struct registry_file *f, int *n, const char *path, struct arena *a,
                       struct err *e) {
    struct registry_file x;
    struct err why;
    int part = part_of(stem_of(path));
    enum status st = registry_file_of(path, a, &x, &why);
    if (st == ST_NOT_FOUND) return ST_OK; /* it went away, or is a folder */
    if (st != ST_OK) {
        *e = why;
        return st;
    }
    int at = 0;
    while (at < *n && strcmp(f[at].id, x.id) != 0) at++;
    if (at < *n && part > 1) f[at].bytes += x.bytes;
    if (at == *n && part <= 1 && *n < REGISTRY_FILES_MAX) f[(*n)++] = x;
    return ST_OK;
}

static int by_name(const void *x, const void *y) {
    const char *const *a = x, *const *b = y;
    return strcmp(*a, *b);
}

/* The paths of the folder's model files, sorted: a first part comes before the others. */
static enum status scan(const char *folder, struct arena *a, const char **path, int *n,
                        struct err *e) {
    DIR *dir = opendir(folder);
    if (!dir) return ST_OK;
    enum status st = ST_OK;
    for (struct dirent *d; st == ST_OK && *n < 4 * REGISTRY_FILES_MAX && (d = readdir(dir));) {
        if (d->d_name[0] == '.' || !ends_in(view_of(d->d_name), ".gguf")) continue;
        if (strlen(folder) + strlen(d->d_name) + 2 > REGISTRY_PATH) continue;
        path[*n] = arena_printf(a, "%s/%s", folder, d->d_name);
        if (!path[(*n)++]) st = fail(e, ST_NO_MEMORY, "no memory for a folder's names");
    }
    closedir(dir);
    qsort(path, (size_t)*n, sizeof *path, by_name);
    return st;
}

enum status registry_files(const char *folder, const char *extra, struct arena *a,
                           struct registry_file **out, int *n, struct err *e) {
    const char **path = ARENA_NEW(a, const char *, 4 * REGISTRY_FILES_MAX);
    struct registry_file *f = ARENA_NEW(a, struct registry_file, REGISTRY_FILES_MAX);
    int n_paths = 0;
    *n = 0;
    if (!path || !f) return fail(e, ST_NO_MEMORY, "no memory for a folder's names");
    if (extra) TRY(add(f, n, extra, a, e));
    if (folder) TRY(scan(folder, a, path, &n_paths, e));
    for (int i = 0; i < n_paths; i++)
        if (!extra || strcmp(extra, path[i]) != 0) TRY(add(f, n, path[i], a, e));
    *out = f;
    return ST_OK;
}

static enum status unknown(const struct registry_file *f, int n, struct view name, int several,
                           struct err *e) {
    char all[160] = "";
    size_t at = 0;
    for (int i = 0; i < n && at < sizeof all; i++)
        at += (size_t)snprintf(all + at, sizeof all - at, "%s%s", i ? ", " : "", f[i].id);
    (void)fail(e, ST_NOT_FOUND,
               several ? "more than one model's name begins with '%.*s'"
                       : "there is no model '%.*s'",
               (int)(name.n < 100 ? name.n : 100), name.p);
    err_field(e, "model");
    err_hint(e, n ? "there are: %s" : "there is none%s; ./taproom model get NAME fetches one", all);
    return ST_NOT_FOUND;
}

enum status registry_file_find(const struct registry_file *f, int n, struct view name,
                               const struct registry_file **out, struct err *e) {
    int found = 0;
    struct view given = name;
    if (ends_in(name, ".gguf")) name.n -= 5;
    for (int i = 0; i < n; i++)
        if (view_eq_str(name, f[i].id)) {
            *out = &f[i];
            return ST_OK;
        }
    for (int i = 0; i < n; i++) {
        if (!name.n || strlen(f[i].id) < name.n || memcmp(f[i].id, name.p, name.n) != 0) continue;
        *out = &f[i];
        found++;
    }
    return found == 1 ? ST_OK : unknown(f, n, given, found > 1, e);
}

/* path, as the adapter over f, if something is there. */
static int take_adapter(struct registry_file *f, const char *path, struct view name,
                        struct arena *a) {
    struct stat s;
    if (!path || stat(path, &s) != 0) return 0;
    f->adapter = path;
    f->id = arena_printf(a, "%s+%.*s", f->id, (int)name.n, name.p);
    uint64_t at = (uint64_t)s.st_mtim.tv_sec * 1000000000u + (uint64_t)s.st_mtim.tv_nsec;
    f->stamp ^= (long long)((at * 31 + (uint64_t)s.st_ino) >> 1);
    return 1;
}

enum status registry_file_adapt(struct registry_file *f, struct view name,
                                const char *const *folders, int paths, struct arena *a,
                                struct err *e) {
    static const char *const ends[] = {".gguf", ".peft", ""};
    int plain =
        name.n > 0 && name.n < REGISTRY_ID && name.p[0] != '.' && !memchr(name.p, '/', name.n);
    int found = 0;
    for (int k = 0; plain && !found && k < REGISTRY_ADAPTER_FOLDERS; k++)
        for (size_t i = 0; folders[k] && !found && i < COUNT(ends); i++)
            found = take_adapter(
                f, arena_printf(a, "%s/%.*s%s", folders[k], (int)name.n, name.p, ends[i]), name, a);
    if (!found && paths && name.n) found = take_adapter(f, arena_copy(a, name.p, name.n), name, a);
    if (found && strlen(f->id) < REGISTRY_ID) return ST_OK;
    (void)fail(e, ST_NOT_FOUND,
               found ? "the name of adapter '%.*s' is too long" : "there is no adapter '%.*s'",
               (int)(name.n < 100 ? name.n : 100), name.p);
    err_field(e, "model");
    if (!found && folders[0]) err_hint(e, "adapters lie in %.120s", folders[0]);
    return ST_NOT_FOUND;
}
