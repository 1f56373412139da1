/* The room of a chunk, and what plans put into it. */
#include "model/engine/batch.h"

#include <string.h>

enum status batch_open(struct batch *b, int rows_max, struct err *e) {
    size_t rows = (size_t)rows_max;
    *b = (struct batch){.rows_max = rows_max};
    arena_init(&b->arena, (size_t)1 << 30);
    struct arena *a = &b->arena;
    b->tok = ARENA_NEW(a, int32_t, rows);
    b->pos = ARENA_NEW(a, int32_t, rows);
    b->from = ARENA_NEW(a, int32_t, rows);
    b->read_pos = ARENA_NEW(a, int32_t, rows);
    b->run = ARENA_NEW(a, struct batch_run, rows);
    b->save.from = ARENA_NEW(a, const float *, rows);
    b->save.to = ARENA_NEW(a, float *, rows);
    b->head.max = (int)(2 * rows);
    b->head.from = ARENA_NEW(a, const float *, 2 * rows);
    b->head.to = ARENA_NEW(a, float *, 2 * rows);
    if (b->tok && b->pos && b->from && b->read_pos && b->run && b->save.from && b->save.to &&
        b->head.from && b->head.to)
        return ST_OK;
    batch_close(b);
    return fail(e, ST_NO_MEMORY, "no memory for chunks of %d rows", rows_max);
}

void batch_close(struct batch *b) {
    if (b->rows_max) arena_free(&b->arena);
    mem_free(b->views.view);
    mem_free(b->read_views.view);
    mem_free(b->pick);
    *b = (struct batch){0};
}

enum status batch_views_room(struct batch_views *v, int more, struct err *e) {
    if (v->n + more <= v->max) return ST_OK;
    int max = 2 * v->max + more + 64;
    void *p = mem_grow(v->view, (size_t)v->n * sizeof *v->view, (size_t)max * sizeof *v->view);
    if (!p) return fail(e, ST_NO_MEMORY, "no memory for a chunk of %d spans", max);
    v->view = p;
    v->max = max;
    return ST_OK;
}

enum status batch_pick(struct batch *b, struct batch_pick k, struct err *e) {
    if (b->n_picks == b->picks_max) {
        int max = b->picks_max ? 2 * b->picks_max : 1024;
        void *p =
            mem_grow(b->pick, (size_t)b->n_picks * sizeof *b->pick, (size_t)max * sizeof *b->pick);
        if (!p) return fail(e, ST_NO_MEMORY, "no memory for %d answers", max);
        b->pick = p;
        b->picks_max = max;
    }
    b->pick[b->n_picks++] = k;
    return ST_OK;
}

enum status batch_head_row(struct batch *b, const float *from, int *row, struct err *e) {
    if (b->head.n == b->head.max) return fail(e, ST_INTERNAL, "too many rows for the head");
    b->head.from[b->head.n] = from;
    *row = b->head.n++;
    return ST_OK;
}

void batch_save(struct batch *b, float *to, const float *from) {
    CHECK(b->save.n < b->rows_max);
    b->save.to[b->save.n] = to;
    b->save.from[b->save.n++] = from;
}
