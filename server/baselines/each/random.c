/* A shuffle: what an order that knows nothing looks like. */
#include "kernels/base/seeded.h"
#include "server/baselines/baselines.h"

enum status baseline_random(const struct candidates *c, double *score, struct baseline_info *b,
                            struct err *e) {
    (void)e;
    for (int i = 0; i < c->n; i++)
        score[i] = (double)(seeded_hash(c->catalog->item[c->place[i]].id, c->seed + 17) >> 11) /
                   9007199254740992.0;
    b->available = 1;
    b->trained_on = "nothing: a fixed shuffle by the seed";
    return ST_OK;
}
