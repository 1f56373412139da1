/* Reading split GGUF files: keys split.no, split.count and split.tensors.count. */
#include "model/format/shards.h"

#include <stdio.h>
#include <string.h>

static enum status split_key(const struct gguf *g, const char *key, int64_t hi, int64_t def,
                             int *out, struct err *e) {
    int64_t x;
    TRY(gguf_int(g, key, 0, hi, &def, &x, e));
    *out = (int)x;
    return ST_OK;
}

/* How many parts the path's name says there are; 1 where it says nothing. */
static int parts_named(const char *path) {
    size_t n = strlen(path);
    int count = 1;
    char end[8];
    if (n < 14 || sscanf(path + n - 14, "-of-%5d%7s", &count, end) != 2 || count < 1) return 1;
    return count;
}

/* The reading of one part: hashed and told piece by piece. */
struct reading {
    struct hash_sum *sum;
    const struct model_watch *w;
    int no, parts;
};

static int on_piece(void *arg, const char *p, size_t n, size_t done, size_t size) {
    struct reading *r = arg;
    hash_add(r->sum, p, n);
    if (!r->w || !r->w->loading) return 0;
    return r->w->loading(r->w->arg, (r->no + (double)done / (double)size) / r->parts);
}

static enum status read_bytes(struct shards *s, const char *path, int no, size_t *n,
                              struct hash *sha, struct err *e) {
    struct reading r = {hash_begin(), s->watch, no, parts_named(path)};
    const struct file_watch w = {&r, on_piece};
    if (!r.sum) return fail(e, ST_NO_MEMORY, "no memory for a hash");
    enum status st = file_read_watched(path, (size_t)1 << 38, &w, &s->bytes[no], n, e);
    *sha = hash_end(r.sum);
    if (st == ST_CANCELLED) return fail(e, st, "the loading was given up");
    if (st == ST_OK) s->n = no + 1;
    return st;
}

/* One file's bytes and tables; it must call itself part `no` (from 0) of `count`. */
static enum status read_part(struct shards *s, struct gguf *g, const char *path, int no, int count,
                             struct arena *tables, struct hash *sha, struct err *e) {
    size_t n;
    int own, all;
    TRY(read_bytes(s, path, no, &n, sha, e));
    TRY(gguf_parse(g, path, (const uint8_t *)s->bytes[no], n, tables, e));
    TRY(split_key(g, "split.no", SHARDS_MAX, 0, &own, e));
    TRY(split_key(g, "split.count", SHARDS_MAX, 1, &all, e));
    if (no == 0 && own != 0) {
        fail(e, ST_INVALID, "this file is part %d of %d of a split model", own + 1, all);
        err_hint(e, "give the first part, whose name ends in -00001-of-%05d.gguf", all);
        return ST_INVALID;
    }
    if (own == no && (no == 0 || all == count)) return ST_OK;
    return fail(e, ST_CORRUPT, "%.200s is part %d of %d, expected part %d of %d", path, own + 1,
                all, no + 1, count);
}

/* "x-00001-of-00003.gguf" up to the number; ST_INVALID when the path does not end so. */
static enum status stem_of(const char *path, int count, size_t *stem, struct err *e) {
    char tail[32];
    int n = snprintf(tail, sizeof tail, "-00001-of-%05d.gguf", count);
    size_t len = strlen(path);
    if (len >= (size_t)n && strcmp(path + len - (size_t)n, tail) == 0) {
        *stem = len - (size_t)n;
        return ST_OK;
    }
    return fail(e, ST_INVALID,
                "%.200s is the first of %d parts, so its name must end in %s for the others to be "
                "found",
                path, count, tail);
}

static enum status read_others(struct shards *s, const char *path, int count, struct arena *tables,
                               struct hash *sha, struct err *e) {
    char next[4096];
    size_t stem = 0;
    int tensors, all;
    TRY(stem_of(path, count, &stem, e));
    for (int i = 1; i < count; i++) {
        struct gguf g;
        int n =
            snprintf(next, sizeof next, "%.*s-%05d-of-%05d.gguf", (int)stem, path, i + 1, count);
        if (n < 0 || (size_t)n >= sizeof next) return fail(e, ST_LIMIT, "the path is too long");
        TRY(read_part(s, &g, next, i, count, tables, &sha[i], e));
        TRY(gguf_join(&s->g, &g, tables, e));
    }
    all = (int)s->g.n_tensors;
    TRY(split_key(&s->g, "split.tensors.count", GGUF_MAX_ENTRIES, all, &tensors, e));
    if (tensors != all)
        return fail(e, ST_CORRUPT, "the %d parts have %d tensors, split.tensors.count is %d", count,
                    all, tensors);
    s->sha = hash_of(sha, (size_t)count * sizeof *sha, NULL, 0);
    return ST_OK;
}

static enum status open_all(struct shards *s, const char *path, struct arena *tables,
                            struct err *e) {
    int count;
    s->bytes = mem_alloc(SHARDS_MAX * sizeof *s->bytes);
    if (!s->bytes) return fail(e, ST_NO_MEMORY, "no memory for the model's files");
    memset(s->bytes, 0, SHARDS_MAX * sizeof *s->bytes);
    TRY(read_part(s, &s->g, path, 0, 0, tables, &s->sha, e));
    TRY(split_key(&s->g, "split.count", SHARDS_MAX, 1, &count, e));
    if (count <= 1) return ST_OK;
    struct hash *sha = mem_alloc((size_t)count * sizeof *sha);
    if (!sha) return fail(e, ST_NO_MEMORY, "no memory for the model's files");
    sha[0] = s->sha;
    enum status st = read_others(s, path, count, tables, sha, e);
    mem_free(sha);
    return st;
}

enum status shards_open(struct shards *s, const char *path, struct arena *tables,
                        const struct model_watch *w, struct err *e) {
    *s = (struct shards){.watch = w};
    enum status st = open_all(s, path, tables, e);
    s->watch = NULL;
    if (st != ST_OK) shards_close(s);
    return st;
}

void shards_close(struct shards *s) {
    for (int i = 0; i < s->n; i++) mem_free(s->bytes[i]);
    mem_free(s->bytes);
    *s = (struct shards){.n = 0};
}
