/* A few tastes with their users counted; the least recently used one without users makes room. */
#include "server/baselines/interactions/interactions_cache.h"

#include <string.h>

void interactions_cache_init(struct interactions_cache *l) {
    memset(l, 0, sizeof *l);
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->changed, NULL);
}

void interactions_cache_close(struct interactions_cache *l) {
    for (int i = 0; i < INTERACTIONS_CACHED; i++) {
        CHECK(l->slot[i].users == 0);
        interactions_free(l->slot[i].interactions);
    }
    pthread_cond_destroy(&l->changed);
    pthread_mutex_destroy(&l->lock);
}

void interactions_cache_stop(struct interactions_cache *l) {
    pthread_mutex_lock(&l->lock);
    atomic_store(&l->stop, 1);
    pthread_cond_broadcast(&l->changed);
    pthread_mutex_unlock(&l->lock);
}

static const struct interactions *use_locked(struct interactions_cache *l, int i) {
    l->slot[i].users++;
    l->slot[i].used = ++l->clock;
    return l->slot[i].interactions;
}

/* The slot with that version, or -1. */
static int find_locked(const struct interactions_cache *l, long long version) {
    for (int i = 0; i < INTERACTIONS_CACHED; i++)
        if (l->slot[i].interactions && l->slot[i].interactions->version == version) return i;
    return -1;
}

/* The slot to be used next, or -1 when all have users. */
static int room_locked(const struct interactions_cache *l) {
    int best = -1;
    for (int i = 0; i < INTERACTIONS_CACHED; i++)
        if (l->slot[i].users == 0 && (best < 0 || l->slot[i].used < l->slot[best].used)) best = i;
    return best;
}

/* Trains without the lock, which is held before and after. The old interactions goes first, so that
 * memory holds one at a time. */
static enum status train_locked(struct interactions_cache *l, int slot, struct store *s,
                                struct view catalog, long long version, struct err *e) {
    struct interactions *old = l->slot[slot].interactions, *made;
    l->slot[slot].interactions = NULL;
    l->training = 1;
    pthread_mutex_unlock(&l->lock);
    interactions_free(old);
    const struct interactions_limits limits = {.stop = &l->stop};
    enum status st = interactions_make(&made, s, catalog, version, &limits, e);
    pthread_mutex_lock(&l->lock);
    l->slot[slot].interactions = made;
    l->training = 0;
    pthread_cond_broadcast(&l->changed);
    return st;
}

enum status interactions_cache_take(struct interactions_cache *l, struct store *s,
                                    struct view catalog, long long version,
                                    void (*training)(void *arg, int on), void *arg,
                                    const struct interactions **out, struct err *e) {
    enum status st = ST_OK;
    int at, room, told = 0;
    *out = NULL;
    pthread_mutex_lock(&l->lock);
    while (st == ST_OK && (at = find_locked(l, version)) < 0) {
        if (atomic_load(&l->stop)) {
            st = fail(e, ST_CANCELLED, "learning from interactions was cancelled");
            break;
        }
        if (training && !told++) training(arg, 1);
        room = l->training ? -1 : room_locked(l);
        if (room < 0)
            pthread_cond_wait(&l->changed, &l->lock);
        else
            st = train_locked(l, room, s, catalog, version, e);
    }
    if (st == ST_OK) *out = use_locked(l, at);
    pthread_mutex_unlock(&l->lock);
    if (told) training(arg, 0);
    return st;
}

void interactions_cache_give(struct interactions_cache *l, const struct interactions *t) {
    if (!t) return;
    pthread_mutex_lock(&l->lock);
    int at = find_locked(l, t->version);
    CHECK(at >= 0 && l->slot[at].users > 0);
    l->slot[at].users--;
    pthread_cond_broadcast(&l->changed);
    pthread_mutex_unlock(&l->lock);
}
