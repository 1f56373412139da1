/* How much an item is interacted with, whoever asks. */
#include "server/baselines/baselines.h"
#include "server/rank/scene.h"

#include <string.h>

/* Counts without the member for whom is ranked; popularity that came with an item stays. */
static void leave_out(const struct scene *s, const struct item *items, double *score) {
    for (int i = 0; i < s->n; i++)
        for (int k = 0; k < s->n_unseen && !items[i].has_popularity; k++)
            score[i] -= strcmp(s->unseen[k].item, items[i].id) == 0;
}

enum status baseline_popularity(struct scene *s, const struct item *items, double *score,
                                struct baseline_info *b, struct err *e) {
    TRY(store_popularity(s->k->store, s->r->catalog, items, s->n, score, &b->available, e));
    leave_out(s, items, score);
    b->trained_on = "popularity given with the items, else their number of interactions";
    if (!b->available) b->why = "the catalogue has neither popularity nor interactions";
    return ST_OK;
}
