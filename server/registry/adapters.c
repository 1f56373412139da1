/* Which adapters there are; taking one in, removing one. */
#include "server/registry/adapters.h"

#include "kernels/base/os/file.h"
#include "model/adapter.h"

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REPORT_MAX = 16 << 20 };
static const char tail[] = ".gguf";
const char *const registry_adapter_files[REGISTRY_ADAPTER_FILES] = {
    ".peft/adapter_config.json",
    ".peft/adapter_model.safetensors",
    ".peft/taproom.json",
    ".peft",
    ".json",
    tail};

/* The member `model` of the report that was written beside an adapter. */
static const char *reported_model(const char *folder, const char *name, struct arena *a) {
    const char *path = arena_printf(a, "%s/%s.json", folder, name);
    char *text;
    size_t n;
    struct err none;
    if (!path || file_read(path, REPORT_MAX, &text, &n, &none) != ST_OK) return "";
    json_t *o = json_loadb(text, n, 0, NULL);
    const char *model = json_string_value(json_object_get(o, "model"));
    const char *copy = model ? arena_copy(a, model, strlen(model)) : "";
    json_decref(o);
    mem_free(text);
    return copy ? copy : "";
}

static enum status read_one(struct registry_adapter *x, const char *folder, struct arena *a,
                            struct err *e) {
    struct adapter ad;
    struct stat s;
    struct err why;
    x->model = x->base = x->readout = "";
    if (stat(x->path, &s) == 0) x->bytes = (long long)s.st_size;
    if (adapter_peek(&ad, x->path, &why) != ST_OK) {
        x->error = arena_copy(a, why.text, strlen(why.text));
        return x->error ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for a list of adapters");
    }
    x->base = arena_copy(a, ad.base, strlen(ad.base));
    x->readout = arena_copy(a, ad.readout, strlen(ad.readout));
    x->forced = ad.forced;
    x->model = reported_model(folder, x->name, a);
    return x->base && x->readout ? ST_OK
                                 : fail(e, ST_NO_MEMORY, "no memory for a list of adapters");
}

static int known(const struct registry_adapter *x, int n, struct view name) {
    for (int i = 0; i < n; i++)
        if (view_eq_str(name, x[i].name)) return 1;
    return 0;
}

static enum status read_folder(const char *folder, int which, struct registry_adapter *x, int *n,
                               struct arena *a, struct err *e) {
    DIR *d = opendir(folder);
    enum status st = ST_OK;
    for (struct dirent *f; st == ST_OK && d && (f = readdir(d)) != NULL;) {
        struct view name = view_of(f->d_name);
        if (name.n <= sizeof tail - 1 || name.p[0] == '.') continue;
        name.n -= sizeof tail - 1;
        if (strcmp(f->d_name + name.n, tail) != 0 || known(x, *n, name)) continue;
        if (*n == REGISTRY_ADAPTERS_MAX) break;
        x[*n] = (struct registry_adapter){.name = arena_copy(a, name.p, name.n),
                                          .path = arena_printf(a, "%s/%s", folder, f->d_name),
                                          .own = which == REGISTRY_ADAPTERS_OWN,
                                          .draft = which == REGISTRY_ADAPTERS_DRAFT};
        st = x[*n].name && x[*n].path ? read_one(&x[*n], folder, a, e)
                                      : fail(e, ST_NO_MEMORY, "no memory for a list of adapters");
        ++*n;
    }
    if (d) closedir(d);
    return st;
}

static int by_name(const void *a, const void *b) {
    const struct registry_adapter *x = a, *y = b;
    return strcmp(x->name, y->name);
}

enum status registry_adapters(const char *const *folders, struct arena *a,
                              struct registry_adapter **out, int *n, struct err *e) {
    struct registry_adapter *x = *out =
        ARENA_NEW(a, struct registry_adapter, REGISTRY_ADAPTERS_MAX);
    *n = 0;
    if (!x) return fail(e, ST_NO_MEMORY, "no memory for a list of adapters");
    for (int k = 0; k < REGISTRY_ADAPTER_FOLDERS; k++)
        if (folders[k]) TRY(read_folder(folders[k], k, x, n, a, e));
    qsort(x, (size_t)*n, sizeof *x, by_name);
    return ST_OK;
}

/* --- changes */

static enum status check_name(struct view v, struct err *e) {
    static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    int ok = v.n > 0 && v.n <= 64 && v.p[0] != '.';
    for (size_t i = 0; ok && i < v.n; i++) ok = memchr(good, v.p[i], sizeof good - 1) != NULL;
    if (ok) return ST_OK;
    (void)fail(e, ST_INVALID,
               "the adapter's name must be 1 to 64 letters, digits, '.', '_' or '-'");
    err_field(e, "name");
    return ST_INVALID;
}

/* Of a folder, with an ending; ST_NOT_FOUND without a data folder. */
static enum status path_of(const char *const *folders, struct view name, const char *end,
                           char out[REGISTRY_PATH], struct err *e) {
    const char *folder = folders[REGISTRY_ADAPTERS_OWN];
    if (!folder) return fail(e, ST_NOT_FOUND, "there is no folder for adapters");
    if (snprintf(out, REGISTRY_PATH, "%s/%.*s%s", folder, (int)name.n, name.p, end) < REGISTRY_PATH)
        return ST_OK;
    return fail(e, ST_LIMIT, "the path of an adapter is too long");
}

static enum status find(const char *const *folders, struct view name, int *there, int *own,
                        struct err *e) {
    struct registry_adapter *x;
    struct arena a;
    int n;
    arena_init(&a, 64 << 20);
    enum status st = registry_adapters(folders, &a, &x, &n, e);
    *there = *own = 0;
    for (int i = 0; st == ST_OK && i < n; i++) {
        if (!view_eq_str(name, x[i].name) || x[i].draft) continue;
        *there = 1;
        *own = x[i].own;
    }
    arena_free(&a);
    return st;
}

enum status registry_adapter_add(const char *const *folders, struct view name, struct view bytes,
                                 struct err *e) {
    char path[REGISTRY_PATH], draft[REGISTRY_PATH];
    struct adapter ad;
    int there, own;
    TRY(check_name(name, e));
    TRY(find(folders, name, &there, &own, e));
    if (there) {
        (void)fail(e, ST_CONFLICT, "there is an adapter of this name");
        err_hint(e, "give it another name, or remove that one first");
        return ST_CONFLICT;
    }
    TRY(path_of(folders, name, tail, path, e));
    TRY(path_of(folders, name, ".uploaded", draft, e));
    TRY(file_mkdirs(folders[REGISTRY_ADAPTERS_OWN], e));
    TRY(file_write(draft, bytes.p, bytes.n, e));
    enum status st = adapter_read(&ad, draft, NULL, e);
    if (st == ST_OK) adapter_close(&ad);
    if (st == ST_OK && rename(draft, path) != 0)
        st = fail(e, ST_IO, "the adapter cannot be written to %.200s", path);
    if (st != ST_OK) (void)unlink(draft);
    /* A damaged upload is its sender's fault, unlike a file of the server that lies. */
    return st == ST_CORRUPT ? ST_BAD_INPUT : st;
}

enum status registry_adapter_remove(const char *const *folders, struct view name, struct err *e) {
    char path[REGISTRY_PATH];
    int there, own;
    TRY(check_name(name, e));
    TRY(find(folders, name, &there, &own, e));
    if (!there) return fail(e, ST_NOT_FOUND, "there is no adapter '%.*s'", (int)name.n, name.p);
    if (!own) return fail(e, ST_CONFLICT, "this adapter is not of the data folder");
    for (int i = 0; i < REGISTRY_ADAPTER_FILES; i++) {
        TRY(path_of(folders, name, registry_adapter_files[i], path, e));
        (void)remove(path);
    }
    return ST_OK;
}
