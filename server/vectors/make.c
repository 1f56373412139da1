/* One catalogue's vectors: first those that are kept, in one query, then, item by item, those whose
 * text is new. */
#include "server/vectors/private.h"

#include "model/engine/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A batch is what a ranking may have to wait for: about 500 tokens. Vectors are written in pieces;
 * those that cannot be written now wait for the next piece. */
enum { BATCH = 32, BATCH_BYTES = 2000, PIECE = 256, PENDING = 4 * PIECE };
enum { LOOK_EVERY = 256, WAIT_MS = 20, WAITS = 500, SCRATCH = 64 << 20 };

struct making {
    struct vectors *v;
    struct task task;
    const char *name;
    struct vector_set *set;
    int n, dim;
    const long long *row; /* (n) */
    void *held;
    struct arena scratch; /* texts of the batch */
    /* The batch: places and texts. */
    int place[BATCH], n_batch;
    struct view text[BATCH];
    size_t bytes;
    float *vec; /* (BATCH, dim) */
    /* What is to be written. */
    int n_pending;
    long long pending_row[PENDING], pending_text[PENDING];
    float *pending; /* (PENDING, dim) */
    int told;       /* that something cannot be written */
    long long unkept;
};

long long vectors_text_hash(struct view text) {
    char hex[65];
    engine_sha256(text.p, text.n, hex);
    hex[16] = 0;
    return (long long)strtoull(hex, NULL, 16);
}

/* --- going on or not --- */

static enum status cancelled(struct err *e) {
    return fail(e, ST_CANCELLED, "vectors are not wanted any more");
}

/* The catalogue's version is asked for only after something has changed. */
static enum status still_wanted(struct making *m, struct err *e) {
    struct vectors *v = m->v;
    struct arena a;
    struct catalog c;
    pthread_mutex_lock(&v->lock);
    int stop = v->stop, changed = v->changed;
    pthread_mutex_unlock(&v->lock);
    if (task_given_up(&m->task)) return fail(e, ST_BUSY, "their making was cancelled");
    if (stop) return cancelled(e);
    if (!changed) return ST_OK;
    arena_init(&a, 1 << 20);
    enum status st = store_catalog(v->c.store, view_of(m->name), &a, &c, e);
    arena_free(&a);
    if (st == ST_OK && c.version != m->set->version) st = cancelled(e);
    return st;
}

static void tell_progress(struct making *m, int done) {
    struct vectors *v = m->v;
    task_progress(&m->task, "embed", done, m->n);
    pthread_mutex_lock(&v->lock);
    struct entry *x = vectors_find_locked(v, view_of(m->name));
    if (x) {
        x->progress.done = done;
        x->progress.total = m->n;
        x->progress.unkept = m->unkept;
    }
    pthread_mutex_unlock(&v->lock);
}

/* People's rankings go first, but for a batch every ten seconds. */
static void make_room(const struct making *m) {
    const struct vectors_config *c = &m->v->c;
    for (int i = 0; i < WAITS && c->busy && c->busy(c->arg); i++) {
        pthread_mutex_lock(&m->v->lock);
        int stop = m->v->stop;
        pthread_mutex_unlock(&m->v->lock);
        if (stop) return;
        nanosleep(&(struct timespec){.tv_nsec = WAIT_MS * 1000000l}, NULL);
    }
}

/* --- what is kept --- */

struct loading {
    struct making *m;
    int at, steps;
    float *vec;
    struct err err;
    enum status st;
};

static int on_kept(void *arg, long long item, long long text, const float *vec) {
    struct loading *l = arg;
    struct making *m = l->m;
    while (l->at < m->n && m->row[l->at] < item) l->at++;
    if (l->at < m->n && m->row[l->at] == item) {
        memcpy(l->vec, vec, (size_t)m->dim * sizeof *vec);
        vector_index_put(m->set->index, l->at, l->vec);
        m->set->text[l->at] = text;
    }
    if (++l->steps % LOOK_EVERY == 0) l->st = still_wanted(m, &l->err);
    return l->st != ST_OK;
}

static enum status load_kept(struct making *m, struct err *e) {
    struct loading l = {.m = m, .vec = m->vec};
    if (m->n == 0) return ST_OK;
    TRY(store_vectors_each(m->v->c.store, view_of(m->v->info.sha256), m->row[0], m->row[m->n - 1],
                           m->dim, &l, on_kept, e));
    if (l.st != ST_OK) *e = l.err;
    return l.st;
}

/* --- writing --- */

static void say_unkept(struct making *m, const struct err *why) {
    char line[300];
    if (m->told || !m->v->c.say) return;
    m->told = 1;
    (void)snprintf(line, sizeof line,
                   "Vectors of catalogue %s cannot be written and stay in memory: %.200s", m->name,
                   why->text);
    m->v->c.say(m->v->c.arg, line);
}

/* A failure is noted, and what was made serves all the same; those that wait are tried again with
 * the next piece, as long as there is room. */
static void write_pending(struct making *m, int last) {
    struct err why = {.line = 0};
    if (m->n_pending == 0) return;
    if (store_vectors_keep(m->v->c.store, view_of(m->v->info.sha256), m->pending_row,
                           m->pending_text, m->n_pending, m->dim, m->pending, &why) == ST_OK) {
        m->n_pending = 0;
        return;
    }
    say_unkept(m, &why);
    if (!last && m->n_pending < PENDING) return;
    m->unkept += m->n_pending;
    m->n_pending = 0;
}

static void keep_later(struct making *m, int place, const float *vec) {
    int i = m->n_pending++;
    m->pending_row[i] = m->row[place];
    m->pending_text[i] = m->set->text[place];
    memcpy(m->pending + (size_t)i * (size_t)m->dim, vec, (size_t)m->dim * sizeof *vec);
    if (m->n_pending % PIECE == 0) write_pending(m, 0);
}

/* --- embedding --- */

static enum status embed_batch(struct making *m, struct err *e) {
    if (m->n_batch == 0) return ST_OK;
    make_room(m);
    TRY(still_wanted(m, e));
    TRY(embedder_run_sharing(m->v->c.embedder, m->text, m->n_batch, m->vec, m->v->c.turns, e));
    for (int i = 0; i < m->n_batch; i++) {
        const float *vec = m->vec + (size_t)i * (size_t)m->dim;
        vector_index_put(m->set->index, m->place[i], vec);
        keep_later(m, m->place[i], vec);
    }
    m->n_batch = 0;
    m->bytes = 0;
    arena_reset(&m->scratch);
    return ST_OK;
}

/* One item: its vector is there, or it joins the batch. */
static enum status take_item(struct making *m, int place, struct err *e) {
    struct view text;
    TRY(m->v->c.texts.text(m->held, place, &m->scratch, &text, e));
    long long hash = vectors_text_hash(text);
    if (vector_index_has(m->set->index, place) && m->set->text[place] == hash) {
        if (m->n_batch == 0) arena_reset(&m->scratch);
        return ST_OK;
    }
    m->set->text[place] = hash;
    m->place[m->n_batch] = place;
    m->text[m->n_batch++] = text;
    m->bytes += text.n;
    if (m->n_batch < BATCH && m->bytes < BATCH_BYTES) return ST_OK;
    TRY(embed_batch(m, e));
    tell_progress(m, place + 1);
    return ST_OK;
}

static enum status take_items(struct making *m, struct err *e) {
    for (int place = 0; place < m->n; place++) {
        if (place % LOOK_EVERY == 0) {
            TRY(still_wanted(m, e));
            tell_progress(m, place - m->n_batch);
        }
        TRY(take_item(m, place, e));
    }
    return embed_batch(m, e);
}

/* --- all of it --- */

static enum status open_set(struct making *m, long long version, struct err *e) {
    struct vector_set *s = m->set = mem_alloc(sizeof *s);
    if (!s) return fail(e, ST_NO_MEMORY, "no memory for vectors");
    *s = (struct vector_set){.version = version};
    TRY(vector_index_open(&s->index, m->n, m->dim, e));
    size_t bytes = (size_t)m->n * sizeof *s->row + 1;
    s->row = mem_alloc(bytes);
    s->text = mem_alloc(bytes);
    m->vec = mem_alloc(sizeof *m->vec * BATCH * (size_t)m->dim);
    m->pending = mem_alloc(sizeof *m->pending * PENDING * (size_t)m->dim);
    if (!s->row || !s->text || !m->vec || !m->pending)
        return fail(e, ST_NO_MEMORY, "no memory for the vectors of %d items", m->n);
    if (m->n) memcpy(s->row, m->row, (size_t)m->n * sizeof *s->row);
    return ST_OK;
}

static enum status make(struct making *m, long long version, struct err *e) {
    TRY(open_set(m, version, e));
    tell_progress(m, 0);
    TRY(load_kept(m, e));
    enum status st = take_items(m, e);
    write_pending(m, 1); /* also what was made until it was cancelled */
    if (st == ST_OK) tell_progress(m, m->n);
    return st;
}

enum status vectors_make(struct vectors *v, const char *name, struct vector_set **out,
                         struct err *e) {
    const struct vectors_texts *t = &v->c.texts;
    long long version;
    struct making *m = mem_alloc(sizeof *m);
    *out = NULL;
    if (!m) return fail(e, ST_NO_MEMORY, "no memory for vectors");
    memset(m, 0, sizeof *m);
    m->v = v, m->name = name, m->dim = v->info.dim;
    enum status st = t->open(t->arg, view_of(name), &m->held, &version, &m->row, &m->n, e);
    if (st == ST_OK) {
        arena_init(&m->scratch, SCRATCH);
        task_open(&m->task, v->c.tasks, "embed", VIEW(""), view_of(name));
        st = make(m, version, e);
        task_close(&m->task);
        arena_free(&m->scratch);
        t->close(t->arg, m->held);
    }
    if (st == ST_OK)
        *out = m->set;
    else
        vector_set_free(m->set);
    mem_free(m->vec);
    mem_free(m->pending);
    mem_free(m);
    return st;
}
