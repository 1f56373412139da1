/* Models that compute elsewhere: each is a name over the file of its vocabulary. */
#include "server/registry/load.h"

#include <string.h>
#include <unistd.h>

/* The file of a vocabulary, by its path or its name among the n files. */
static enum status vocabulary(const struct remote_spec *x, const struct registry_file *f, int n,
                              struct arena *a, struct registry_file *out, struct err *e) {
    const struct registry_file *found;
    if (strchr(x->vocab, '/') || access(x->vocab, F_OK) == 0)
        return registry_file_of(x->vocab, a, out, e);
    TRY(registry_file_find(f, n, view_of(x->vocab), &found, e));
    *out = *found;
    return ST_OK;
}

/* One whose vocabulary is not there is listed, and says so when it is loaded. */
enum status registry_all(struct registry *s, struct arena *a, struct registry_file **out, int *n,
                         struct err *e) {
    struct registry_file *f, *all;
    int files;
    TRY(registry_files(s->c.folder, s->extra, a, &f, &files, e));
    *out = f;
    *n = files;
    if (!s->c.n_remote) return ST_OK;
    all = ARENA_NEW(a, struct registry_file, (size_t)(files + s->c.n_remote));
    if (!all) return fail(e, ST_NO_MEMORY, "no memory for a list of models");
    if (files) memcpy(all, f, (size_t)files * sizeof *all);
    for (int i = 0; i < s->c.n_remote; i++) {
        const struct remote_spec *x = &s->c.remote[i];
        struct registry_file file;
        struct err why;
        if (vocabulary(x, f, files, a, &file, &why) != ST_OK)
            file = (struct registry_file){.path = x->vocab};
        file.id = x->name;
        file.remote = x;
        file.bytes = 0;
        all[(*n)++] = file;
    }
    *out = all;
    return ST_OK;
}
