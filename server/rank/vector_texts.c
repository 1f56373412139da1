/* Items page by page from the store, rendered one by one. */
#include "server/rank/vector_texts.h"

#include "server/rank/surface.h"

#include <string.h>

enum { PAGE = 500, ROWS_BYTES = 64 << 20, PAGE_BYTES = 256 << 20, NAME = 65 };

struct held {
    struct store *store;
    char catalog[NAME];
    struct arena rows, pages; /* what stays, the page that is being read */
    struct surface surface;
    long long *row; /* (n) */
    int n;
    struct item *page; /* places first .. first + n_page */
    int first, n_page;
};

static void close_held(void *arg, void *p) {
    struct held *h = p;
    (void)arg;
    arena_free(&h->rows);
    arena_free(&h->pages);
    mem_free(h);
}

static enum status load(struct held *h, long long *version, struct err *e) {
    struct catalog c;
    struct view name = view_of(h->catalog);
    TRY(store_catalog(h->store, name, &h->rows, &c, e));
    enum status st = surface_load(&h->surface, h->store, view_of(c.surface), &h->rows, e);
    if (st == ST_NOT_FOUND) /* the catalogue may be ranked on another one all the same */
        st = surface_load(&h->surface, h->store, VIEW("generic"), &h->rows, e);
    TRY(st);
    return store_item_rows(h->store, name, &h->rows, &h->row, &h->n, version, e);
}

static enum status open_held(void *arg, struct view catalog, void **held, long long *version,
                             const long long **row, int *n, struct err *e) {
    struct held *h = mem_alloc(sizeof *h);
    if (!h) return fail(e, ST_NO_MEMORY, "no memory for items");
    memset(h, 0, sizeof *h);
    h->store = arg;
    arena_init(&h->rows, ROWS_BYTES);
    arena_init(&h->pages, PAGE_BYTES);
    enum status st = catalog.n < NAME ? ST_OK : fail(e, ST_NOT_FOUND, "there is no such catalogue");
    if (st == ST_OK) {
        memcpy(h->catalog, catalog.p, catalog.n);
        st = load(h, version, e);
    }
    if (st != ST_OK) {
        close_held(arg, h);
        return st;
    }
    *held = h;
    *row = h->row;
    *n = h->n;
    return ST_OK;
}

static enum status read_text(void *p, int place, struct arena *a, struct view *out, struct err *e) {
    struct held *h = p;
    if (place < h->first || place >= h->first + h->n_page) {
        arena_reset(&h->pages);
        h->first = place;
        TRY(store_items_after(h->store, view_of(h->catalog), h->row[place] - 1, PAGE, &h->pages,
                              &h->page, &h->n_page, e));
    }
    const struct item *it = place - h->first < h->n_page ? &h->page[place - h->first] : NULL;
    if (!it || it->row != h->row[place])
        return fail(e, ST_CANCELLED, "the catalogue changed meanwhile");
    return surface_render(h->surface.item, it, a, out, e);
}

struct vectors_texts vector_texts(struct store *s) {
    return (struct vectors_texts){s, open_held, read_text, close_held};
}
