/* Making and keeping items' vectors, some hundreds at a time, so that what was made stays when the
 * rest fails. */
#include "server/baselines/vectors.h"

#include "model/embed.h"
#include "model/engine.h"

#include <stdlib.h>
#include <string.h>

enum { PIECE = 256 };

static long long text_hash(struct view text) {
    char hex[65];
    engine_sha256(text.p, text.n, hex);
    hex[16] = 0;
    return (long long)strtoull(hex, NULL, 16);
}

/* What one call works on. */
struct making {
    const struct candidates *c;
    int done; /* items of earlier pieces */
    struct embedder_info info;
    const struct item **item; /* those without a vector */
    struct view *text;
    long long *hash;
    int *at;    /* their places in out */
    float *vec; /* (PIECE, dim) */
    int n;
};

/* After each batch. */
static int on_batch(void *arg, int done, int total) {
    const struct making *m = arg;
    const struct candidates *c = m->c;
    (void)total;
    return c->embedding && c->embedding(c->arg, m->done + done, m->n);
}

static enum status make(struct making *m, float *out, struct err *e) {
    size_t dim = (size_t)m->info.dim;
    for (int from = 0; from < m->n; from += PIECE) {
        int n = m->n - from < PIECE ? m->n - from : PIECE;
        m->done = from;
        TRY(embedder_run(m->c->embedder, m->text + from, n, m->vec, m, on_batch, e));
        TRY(store_vectors_keep(m->c->store, view_of(m->info.sha256), m->item + from, m->hash + from,
                               n, m->info.dim, m->vec, e));
        for (int i = 0; i < n; i++)
            memcpy(out + (size_t)m->at[from + i] * dim, m->vec + (size_t)i * dim,
                   dim * sizeof *out);
    }
    return ST_OK;
}

enum status vectors_items(const struct candidates *c, const int *place, int n, float *out,
                          struct err *e) {
    size_t room = (size_t)n;
    struct arena *a = c->a;
    struct making m = {.c = c};
    embedder_info(c->embedder, &m.info);
    unsigned char *has = ARENA_NEW(a, unsigned char, room);
    m.item = ARENA_NEW(a, const struct item *, room);
    m.text = ARENA_NEW(a, struct view, room);
    m.hash = ARENA_NEW(a, long long, room);
    m.at = ARENA_NEW(a, int, room);
    m.vec = ARENA_NEW(a, float, (size_t)PIECE *(size_t)m.info.dim);
    if (!has || !m.item || !m.text || !m.hash || !m.at || !m.vec)
        return fail(e, ST_NO_MEMORY, "no memory for vectors");
    for (int i = 0; i < n; i++) {
        m.item[i] = &c->catalog->item[place[i]];
        TRY(c->text(c->arg, place[i], &m.text[i], e));
        m.hash[i] = text_hash(m.text[i]);
    }
    TRY(store_vectors_find(c->store, view_of(m.info.sha256), m.item, m.hash, n, m.info.dim, out,
                           has, e));
    for (int i = 0; i < n; i++) { /* those that are missing move to the front */
        if (has[i]) continue;
        m.item[m.n] = m.item[i];
        m.text[m.n] = m.text[i];
        m.hash[m.n] = m.hash[i];
        m.at[m.n++] = i;
    }
    return make(&m, out, e);
}
