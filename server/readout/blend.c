/* `blend`: a wish and a history together: the parts of `query` and a share of `item`, both in
 * standard deviations over the catalogue's sample. Both stand in one prompt forest, so they are one
 * job of the engine. */
#include "server/readout/item.h"
#include "server/readout/query.h"
#include "server/readout/readout.h"

struct blend {
    struct query_readout query;
    struct item_readout item;
};

static enum status build(void *state, struct rank_context *s, struct prompt *p, struct err *e) {
    struct blend *b = state;
    TRY(query_build(&b->query, s, p, e));
    p->recording = 1;
    return item_build(&b->item, s, p, 1, e);
}

/* The log-probability and the prior are the item's own. */
static void finish(void *state, struct rank_context *s, struct readout_values *v) {
    struct blend *b = state;
    query_finish(&b->query, s, v->score, v->logprob, v->prior, v->part, v->whole);
    item_finish(&b->item, s, 1, v->other, v->logprob, v->prior);
    v->has_prior = 1;
    for (int i = 0; i < s->n; i++) {
        v->other[i] *= s->surface.blend_item;
        v->score[i] += v->other[i];
    }
}

static int applies(const struct rank_context *s) {
    return readout_has_wish(s) && readout_has_taste(s);
}

const struct readout readout_blend = {
    .title = "wish and history",
    .about =
        "a sum of what the wish and what the history say, on one scale, with weights fitted on "
        "development data",
    .why = "a wish together with a history, profile or examples: both are weighed",
    .has_parts = 1,
    .weights = "item, whole, meaning",
    .reads_history = 1,
    .state = sizeof(struct blend),
    .applies = applies,
    .build = build,
    .finish = finish};
