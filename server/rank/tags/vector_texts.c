/* Items of the snapshot that rankings use, rendered one by one. */
#include "server/rank/tags/vector_texts.h"

#include "server/surface/surface.h"

#include <string.h>

enum { SURFACE_BYTES = 4 << 20 };

struct held {
    const struct snapshot *catalog;
    struct arena arena;
    struct surface surface;
    long long *row; /* (items of the catalogue) */
};

static void close_held(void *arg, void *p) {
    struct held *h = p;
    if (h->catalog) snapshots_give(((struct vector_source *)arg)->snapshots, h->catalog);
    arena_free(&h->arena);
    mem_free(h);
}

static enum status load(struct held *h, struct vector_source *s, struct view catalog,
                        struct err *e) {
    TRY(snapshots_take(s->snapshots, catalog, &h->catalog, e));
    int n = h->catalog->n;
    arena_init(&h->arena, SURFACE_BYTES + (size_t)n * sizeof *h->row);
    struct view name = view_of(h->catalog->catalog.surface);
    enum status st = surface_load(&h->surface, s->store, name, &h->arena, e);
    if (st == ST_NOT_FOUND) /* the catalogue may be ranked on another one all the same */
        st = surface_load(&h->surface, s->store, VIEW("generic"), &h->arena, e);
    TRY(st);
    h->row = ARENA_NEW(&h->arena, long long, (size_t)n);
    if (!h->row) return fail(e, ST_NO_MEMORY, "no memory for items");
    for (int i = 0; i < n; i++) h->row[i] = h->catalog->item[i].row;
    return ST_OK;
}

static enum status open_held(void *arg, struct view catalog, void **held, long long *version,
                             const long long **row, int *n, struct err *e) {
    struct held *h = mem_alloc(sizeof *h);
    if (!h) return fail(e, ST_NO_MEMORY, "no memory for items");
    memset(h, 0, sizeof *h);
    arena_init(&h->arena, 0);
    enum status st = load(h, arg, catalog, e);
    if (st != ST_OK) {
        close_held(arg, h);
        return st;
    }
    *held = h;
    *version = h->catalog->catalog.version;
    *row = h->row;
    *n = h->catalog->n;
    return ST_OK;
}

static enum status read_text(void *p, int place, struct arena *a, struct view *out, struct err *e) {
    struct held *h = p;
    return surface_render(h->surface.item, h->catalog, place, a, out, e);
}

struct vectors_texts vector_texts(struct vector_source *s) {
    return (struct vectors_texts){s, open_held, read_text, close_held};
}
