/* How much an item is interacted with, whoever asks. */
#include "server/baselines/baselines.h"

/* Counts without the member for whom is ranked; popularity that came with an item stays. */
static void leave_out(const struct candidates *c, double *score) {
    for (int i = 0; i < c->n; i++)
        for (int k = 0; k < c->n_unseen && !c->catalog->item[c->place[i]].has_popularity; k++)
            score[i] -= c->unseen[k] == c->place[i];
}

enum status baseline_popularity(const struct candidates *c, double *score, struct baseline_info *b,
                                struct err *e) {
    (void)e;
    for (int i = 0; i < c->n; i++) score[i] = c->catalog->popularity[c->place[i]];
    leave_out(c, score);
    b->available = c->catalog->has_popularity;
    b->trained_on = "popularity given with the items, else their number of interactions";
    if (!b->available) b->why = "the catalogue has neither popularity nor interactions";
    return ST_OK;
}
