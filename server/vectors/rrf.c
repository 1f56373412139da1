/* All entries of all lists by place, summed, then by score. */
#include "server/vectors/rrf.h"

#include <stdlib.h>

static int by_place(const void *x, const void *y) {
    const struct rrf_hit *a = x, *b = y;
    if (a->place != b->place) return a->place < b->place ? -1 : 1;
    return (a->score < b->score) - (a->score > b->score); /* so that sums have one order */
}

static int by_score(const void *x, const void *y) {
    const struct rrf_hit *a = x, *b = y;
    if (a->score != b->score) return a->score < b->score ? 1 : -1;
    return (a->place > b->place) - (a->place < b->place);
}

enum status rrf_fuse(const struct rrf_list *list, int n_lists, struct arena *a,
                     struct rrf_hit **out, int *n, struct err *e) {
    size_t room = 0, all = 0;
    *out = NULL;
    *n = 0;
    for (int i = 0; i < n_lists; i++) room += (size_t)list[i].n;
    struct rrf_hit *hit = ARENA_NEW(a, struct rrf_hit, room);
    if (!hit) return fail(e, ST_NO_MEMORY, "no memory for candidates");
    for (int i = 0; i < n_lists; i++)
        for (int r = 0; r < list[i].n; r++)
            hit[all++] = (struct rrf_hit){list[i].place[r], list[i].weight / (RRF_K + r + 1)};
    qsort(hit, all, sizeof *hit, by_place);
    int kept = 0;
    for (size_t i = 0; i < all; i++)
        if (kept && hit[kept - 1].place == hit[i].place)
            hit[kept - 1].score += hit[i].score;
        else
            hit[kept++] = hit[i];
    qsort(hit, (size_t)kept, sizeof *hit, by_score);
    *out = hit;
    *n = kept;
    return ST_OK;
}
