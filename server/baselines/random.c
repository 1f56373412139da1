/* A shuffle: what an order that knows nothing looks like. */
#include "server/baselines/baselines.h"
#include "server/rank/scene.h"

enum status baseline_random(struct scene *s, const struct item *items, double *score,
                            struct baseline_info *b, struct err *e) {
    (void)e;
    for (int i = 0; i < s->n; i++)
        score[i] = (double)(scene_hash(items[i].id, (unsigned long long)s->r->seed + 17) >> 11) /
                   9007199254740992.0;
    b->available = 1;
    b->trained_on = "nothing: a fixed shuffle by the seed";
    return ST_OK;
}
