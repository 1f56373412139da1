/* How much an item is interacted with, whoever asks. */
#include "server/baselines/baselines.h"
#include "server/rank/scene.h"

enum status baseline_popularity(struct scene *s, const struct item *items, double *score,
                                struct baseline_info *b, struct err *e) {
    TRY(store_popularity(s->k->store, s->r->catalog, items, s->n, score, &b->available, e));
    b->trained_on = "popularity given with the items, else their number of interactions";
    if (!b->available) b->why = "the catalogue has neither popularity nor interactions";
    return ST_OK;
}
