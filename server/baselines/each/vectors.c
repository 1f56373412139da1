/* Making and keeping items' vectors, some hundreds at a time, so that what was made stays when the
 * rest fails. */
#include "server/baselines/each/vectors.h"

#include "model/embed/embed.h"
#include "server/baselines/each/embedding.h"
#include "server/vectors/vectors.h"

#include <stdio.h>
#include <string.h>

enum { PIECE = 256 };

/* What one call works on. */
struct making {
    const struct candidates *c;
    int done; /* items of earlier pieces */
    struct embedder_info info;
    long long *row, *hash; /* of those without a vector, with their texts' hashes */
    struct view *text;
    int *at;    /* their places in out */
    float *vec; /* (PIECE, dim) */
    int n;
    int unkept; /* the store cannot be written now */
};

/* After each batch. */
static int on_batch(void *arg, int done, int total) {
    const struct making *m = arg;
    const struct candidates *c = m->c;
    (void)total;
    return c->embedding && c->embedding(c->arg, m->done + done, m->n);
}

/* A ranking only reads: vectors that cannot be written are made again next time. */
static void keep(struct making *m, int from, int n) {
    struct err why;
    if (m->unkept) return;
    m->unkept = store_vectors_keep(m->c->store, view_of(m->info.sha256), m->row + from,
                                   m->hash + from, n, m->info.dim, m->vec, &why) != ST_OK;
    if (m->unkept) fprintf(stderr, "Vectors are not kept: %s\n", why.text);
}

static enum status make(struct making *m, float *out, struct err *e) {
    size_t dim = (size_t)m->info.dim;
    for (int from = 0; from < m->n; from += PIECE) {
        int n = m->n - from < PIECE ? m->n - from : PIECE;
        m->done = from;
        TRY(embedding_run(m->c, m->text + from, n, m->vec, m, on_batch, e));
        keep(m, from, n);
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
    m.row = ARENA_NEW(a, long long, room);
    m.text = ARENA_NEW(a, struct view, room);
    m.hash = ARENA_NEW(a, long long, room);
    m.at = ARENA_NEW(a, int, room);
    m.vec = ARENA_NEW(a, float, (size_t)PIECE *(size_t)m.info.dim);
    if (!has || !m.row || !m.text || !m.hash || !m.at || !m.vec)
        return fail(e, ST_NO_MEMORY, "no memory for vectors");
    for (int i = 0; i < n; i++) {
        m.row[i] = c->catalog->item[place[i]].row;
        TRY(c->text(c->arg, place[i], &m.text[i], e));
        m.hash[i] = vectors_text_hash(m.text[i]);
    }
    TRY(store_vectors_find(c->store, view_of(m.info.sha256), m.row, m.hash, n, m.info.dim, out, has,
                           e));
    for (int i = 0; i < n; i++) { /* those that are missing move to the front */
        if (has[i]) continue;
        m.row[m.n] = m.row[i];
        m.text[m.n] = m.text[i];
        m.hash[m.n] = m.hash[i];
        m.at[m.n++] = i;
    }
    return make(&m, out, e);
}
