/* What a model file says of itself. */
#include "model/format/peek.h"

#include "kernels/base/os/file.h"

enum { TEXT_MAX = 201, HEAD_FIRST = 1 << 20, HEAD_MAX = 256 << 20 };

enum status peek_text(const struct gguf *g, const char *key, const char *def, struct arena *a,
                      const char **out, struct err *e) {
    struct view v;
    char text[TEXT_MAX];
    TRY(gguf_text(g, key, def, &v, e));
    *out = arena_copy(a, text, view_plain(v, text, sizeof text));
    return *out ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for a model's names");
}

/* The file's first n bytes; *more is set when the header is longer. */
static enum status look(const char *file, size_t n, int *more,
                        enum status (*read)(void *arg, const struct gguf *g, struct view head,
                                            struct err *e),
                        void *arg, struct err *e) {
    struct arena tables;
    struct gguf g;
    char *p;
    size_t got, size;
    *more = 0;
    TRY(file_head(file, n, &p, &got, &size, e));
    if (got < n) size = got; /* all there is, whatever its size was a moment ago */
    arena_init(&tables, (size_t)1 << 30);
    enum status st = gguf_parse_head(&g, file, (const uint8_t *)p, got, size, more, &tables, e);
    if (st == ST_OK) st = read(arg, &g, (struct view){p, got}, e);
    arena_free(&tables);
    mem_free(p);
    return st;
}

enum status peek_head(const char *file,
                      enum status (*read)(void *arg, const struct gguf *g, struct view head,
                                          struct err *e),
                      void *arg, struct err *e) {
    int more = 1;
    enum status st = ST_OK;
    for (size_t n = HEAD_FIRST; more && n <= HEAD_MAX; n *= 4)
        st = look(file, n, &more, read, arg, e);
    if (more)
        return fail(e, ST_LIMIT, "%.200s: the header has more than %d MiB", file, HEAD_MAX >> 20);
    return st;
}
