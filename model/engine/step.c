/* Making a chunk, running it, reading it. */
#include "model/engine/step.h"

/* A plan's rows, or, when it fails, none of them. */
static void fill_from(struct batch *b, struct plan *p, int most) {
    struct err e;
    int rows = b->rows, runs = b->n_runs, views = b->views.n;
    enum status st = plan_fill(p, b, most, &e);
    if (st == ST_OK) return;
    plan_fail(p, st, &e);
    while (b->n_runs > runs) plan_undo(p, &b->run[--b->n_runs]);
    b->rows = rows;
    b->views.n = views;
    for (int i = 0; i < views; i++)
        if (b->views.view[i].row1 > rows) b->views.view[i].row1 = rows;
}

/* Of what is left for the plans from the k-th on, in the order of this chunk, that one's part. */
static double part_of(const struct batch *b, int first, int k, int n) {
    double left = 0;
    if (!b->weight) return 1. / (n - k);
    for (int i = k; i < n; i++) left += b->weight[(first + i) % n];
    return left > 0 ? b->weight[(first + k) % n] / left : 1;
}

static void fill_all(struct batch *b, struct plan *const *plan, int n) {
    b->rows = b->n_runs = b->n_read = b->views.n = b->read_views.n = 0;
    b->n_picks = b->head.n = b->save.n = 0;
    int first = (int)(b->turn++ % (unsigned)n);
    for (int k = 0; k < n && b->rows < b->rows_max && b->n_runs < b->rows_max; k++) {
        int rows = b->rows_max - b->rows, runs = b->rows_max - b->n_runs;
        int room = rows < runs ? rows : runs;
        int share = (int)(room * part_of(b, first, k, n) + 1e-9);
        fill_from(b, plan[(first + k) % n], share > 0 ? share : 1);
    }
    for (int k = 0; k < n && b->rows < b->rows_max && b->n_runs < b->rows_max; k++) {
        int rows = b->rows_max - b->rows, runs = b->rows_max - b->n_runs;
        fill_from(b, plan[(first + k) % n], rows < runs ? rows : runs);
    }
}

/* The head on rows r0.. of its input, of which there is room for; picks from *k on. */
static enum status read_stretch(struct batch *b, struct work *w, int r0, int n, int *k,
                                struct err *e) {
    struct ops *o = w->m->ops;
    int k0 = *k;
    while (*k < b->n_picks && b->pick[*k].row < r0 + n) ++*k;
    size_t picks = (size_t)(*k - k0), rows = (size_t)n;
    int32_t *off = mem_alloc((rows + 1 + picks) * sizeof *off), *id = off ? off + rows + 1 : NULL;
    float *lse = mem_alloc((rows + picks) * sizeof *lse), *got = lse ? lse + rows : NULL;
    enum status st = off && lse ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for %zu answers", picks);
    if (st == ST_OK) {
        int q = 0; /* picks are made row by row, so they are in order */
        for (int r = 0; r <= n; r++) {
            while (q < (int)picks && b->pick[k0 + q].row < r0 + r) q++;
            off[r] = q;
        }
        for (size_t i = 0; i < picks; i++) id[i] = b->pick[(size_t)k0 + i].token;
        for (int r = 0; r < n; r++) b->head.to[r] = w->head_x + (size_t)r * (size_t)w->m->dim;
        o->copy_rows(o, b->head.to, b->head.from + r0, w->m->dim, n);
        st = o->head(o, lse, got, w->head_x, w->m->head, n, off, id, e);
    }
    for (size_t i = 0; st == ST_OK && i < picks; i++) {
        const struct batch_pick *p = &b->pick[(size_t)k0 + i];
        plan_answer(p->plan, p, got[i] - lse[p->row - r0]);
    }
    mem_free(off);
    mem_free(lse);
    return st;
}

static enum status read_all(struct batch *b, struct work *w, struct err *e) {
    struct ops *o = w->m->ops;
    int at = 0, k = 0, n;
    for (int i = 0; i < b->n_runs; i++)
        TRY(plan_picks(b->run[i].plan, b, &b->run[i], w->x_out, (size_t)w->m->dim, &at, e));
    if (b->save.n) o->copy_rows(o, b->save.to, b->save.from, w->m->dim, b->save.n);
    for (int r = 0; r < b->head.n; r += n) {
        n = b->head.n - r < w->head_rows ? b->head.n - r : w->head_rows;
        TRY(read_stretch(b, w, r, n, &k, e));
    }
    float any; /* what went wrong on a device shows before anything is kept */
    return b->head.n || b->n_read == 0 ? ST_OK : o->read(o, &any, w->x_out, sizeof any, e);
}

static enum status run(struct batch *b, struct work *w, struct err *e) {
    for (int i = 0; i < b->n_runs; i++) TRY(plan_reads(b->run[i].plan, b, &b->run[i], e));
    struct chunk c = {b->rows, b->tok, b->pos, b->views.n, b->views.view},
                 read = {b->n_read, NULL, b->read_pos, b->read_views.n, b->read_views.view};
    if (b->rows > 0) TRY(model_forward(w, &c, &read, b->from, e));
    return read_all(b, w, e);
}

void batch_step(struct batch *b, struct plan *const *plan, int n, struct work *w) {
    struct err e;
    fill_all(b, plan, n);
    enum status st = run(b, w, &e);
    for (int i = 0; i < b->n_runs; i++) {
        const struct batch_run *r = &b->run[i];
        if (st == ST_OK) continue;
        plan_fail(r->plan, st, &e);
        plan_undo(r->plan, r);
    }
    for (int i = 0; st == ST_OK && i < b->n_runs; i++) plan_settle(b->run[i].plan, &b->run[i]);
}
