/* What rankings by one model share, and how fast that model is. */
#include "server/rank/rank.h"

#include <string.h>

/* A ranking of fewer tokens tells little; those after the first ones change nothing, so that the
 * same request ranks the same items. */
enum { SPEED_TOKENS = 1000, SPEED_RANKINGS = 3 };
static const double WHOLE_S = 3;

void ranker_init(struct ranker *r, struct store *s, struct engine *en) {
    memset(r, 0, sizeof *r);
    r->store = s;
    r->engine = en;
    r->id = "";
    interactions_cache_init(&r->own);
    r->interactions_cache = &r->own;
    tag_indexes_init(&r->tags);
    answer_cache_init(&r->cache);
}

void ranker_close(struct ranker *r) {
    if (r->own_snapshots) snapshots_close(r->snapshots);
    interactions_cache_close(&r->own);
    tag_indexes_close(&r->tags);
    answer_cache_close(&r->cache);
}

enum status ranker_snapshots(struct ranker *r, struct snapshots **out, struct err *e) {
    enum status st = ST_OK;
    pthread_mutex_lock(&r->cache.lock);
    if (!r->snapshots) {
        st = snapshots_open(&r->snapshots, r->store, e);
        r->own_snapshots = st == ST_OK;
    }
    *out = r->snapshots;
    pthread_mutex_unlock(&r->cache.lock);
    return st;
}

void ranker_timed(struct ranker *r, const struct rank_result *x) {
    if (x->tokens_computed < SPEED_TOKENS || !(x->score_s > 0) || x->n == 0) return;
    double speed = (double)x->tokens_computed / x->score_s,
           tokens = (double)x->prompt.tokens / x->n;
    pthread_mutex_lock(&r->cache.lock);
    struct speed *s = &r->speed;
    if (s->rankings < SPEED_RANKINGS) {
        if (speed > s->tokens_per_s) s->tokens_per_s = speed; /* other work slows it down */
        if (tokens > s->item_tokens) s->item_tokens = tokens;
        s->rankings++;
    }
    pthread_mutex_unlock(&r->cache.lock);
}

int ranker_whole(struct ranker *r) {
    int n = r->rank_all;
    pthread_mutex_lock(&r->cache.lock);
    const struct speed *s = &r->speed;
    if (!n)
        n = s->rankings < SPEED_RANKINGS ? RANK_ALL_DEFAULT
                                         : (int)(WHOLE_S * s->tokens_per_s / s->item_tokens);
    pthread_mutex_unlock(&r->cache.lock);
    if (!r->rank_all && n < RANK_ALL_MIN) n = RANK_ALL_MIN;
    return n < RANK_ITEMS_MAX ? n : RANK_ITEMS_MAX;
}
