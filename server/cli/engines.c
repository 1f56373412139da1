/* Reading --engine. */
#include "server/cli/engines.h"

#include "kernels/base/os/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS_MAX = 64 << 10, NAME_MAX_BYTES = 60 };

static enum status wrong(const char *text, const char *what, struct err *e) {
    (void)fail(e, ST_INVALID, "--engine %.80s: %s", text, what);
    err_hint(e, "write it as vllm=http://HOST:8000,name=big,vocab=big.gguf");
    return ST_INVALID;
}

static enum status no_memory(struct err *e) {
    return fail(e, ST_NO_MEMORY, "no memory for --engine");
}

int engines_named(const struct remote_spec *x, int n, const char *name) {
    for (int i = 0; i < n; i++)
        if (strcmp(x[i].name, name) == 0) return 1;
    return 0;
}

/* A name is part of addresses and of BASE+ADAPTER. */
static int is_name(const char *s) {
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
    return n > 0 && !s[n] && s[0] != '.' && n <= NAME_MAX_BYTES;
}

/* KIND=URL, then fields of which each may come once. */
static enum status read_one(char *left, const char *whole, const char *vocab, struct remote_spec *x,
                            struct err *e) {
    struct {
        const char *name, **to;
    } field[] = {{"name=", &x->name}, {"model=", &x->model}, {"vocab=", &x->vocab}};
    char *next = strchr(left, ','), *equals = strchr(left, '=');
    if (next) *next++ = 0;
    if (!equals) return wrong(whole, "there is no KIND=URL", e);
    *equals = 0;
    *x = (struct remote_spec){.kind = left, .url = equals + 1};
    while ((left = next)) {
        size_t i = 0;
        if ((next = strchr(left, ','))) *next++ = 0;
        while (i < COUNT(field) && strncmp(left, field[i].name, strlen(field[i].name)) != 0) i++;
        if (i == COUNT(field)) return wrong(whole, "only name, model and vocab may follow", e);
        *field[i].to = left + strlen(field[i].name);
        if (!**field[i].to) return wrong(whole, "a field is empty", e);
    }
    if (!x->name) x->name = x->kind;
    if (!x->vocab) x->vocab = vocab;
    return is_name(x->name) ? remote_check(x, e)
                            : wrong(whole, "a name has letters, digits, '.', '_' and '-' only", e);
}

/* NAME KEY gives an engine its own, KEY alone all that have none. */
static enum status read_line(char *line, int number, struct remote_spec *x, int n, struct err *e) {
    char *key = line + strcspn(line, " \t");
    int one = !*key;
    if (!*line || *line == '#') return ST_OK;
    if (!one) {
        *key++ = 0;
        key += strspn(key, " \t");
        key[strcspn(key, " \t")] = 0;
    }
    if (!one && !engines_named(x, n, line))
        return fail(e, ST_INVALID, "--engine-key-file: line %d is for no engine of --engine",
                    number);
    for (int i = 0; i < n; i++)
        if (one ? !x[i].key : strcmp(x[i].name, line) == 0) x[i].key = one ? line : key;
    return ST_OK;
}

static enum status read_keys(const char *file, struct arena *a, struct remote_spec *x, int n,
                             struct err *e) {
    char *text;
    size_t bytes;
    int number = 0;
    TRY(file_read(file, KEYS_MAX, &text, &bytes, e));
    char *left = arena_copy(a, text, bytes), *line;
    memset(text, 0, bytes);
    mem_free(text);
    if (!left) return no_memory(e);
    while (left) {
        line = left;
        if ((left = strchr(left, '\n'))) *left++ = 0;
        line[strcspn(line, "\r")] = 0;
        TRY(read_line(line, ++number, x, n, e));
    }
    return ST_OK;
}

enum status engines_read(const struct options *o, const char *vocab, struct arena *a,
                         struct remote_spec **out, int *n, struct err *e) {
    struct remote_spec *x = ARENA_NEW(a, struct remote_spec, OPTIONS_LIST);
    const char *key = getenv("TAPROOM_ENGINE_KEY");
    *n = 0;
    *out = x;
    if (!x) return no_memory(e);
    for (int i = 0; i < o->engine.n; i++) {
        const char *whole = o->engine.at[i];
        char *text = arena_copy(a, whole, strlen(whole));
        if (!text) return no_memory(e);
        TRY(read_one(text, whole, vocab, &x[i], e));
        if (engines_named(x, i, x[i].name)) return wrong(whole, "this name is another engine's", e);
        x[i].timeout_s = (double)o->engine_timeout;
        *n = i + 1;
    }
    if (*n && o->engine_key_file) TRY(read_keys(o->engine_key_file, a, x, *n, e));
    for (int i = 0; i < *n; i++) {
        if (!x[i].key && key && key[0]) x[i].key = arena_copy(a, key, strlen(key));
        TRY(remote_check(&x[i], e)); /* the key, too */
    }
    return ST_OK;
}
