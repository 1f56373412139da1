/* A few tastes with their users counted; the least recently used one without users makes room. */
#include "server/baselines/interactions/learner.h"

#include <string.h>

void learner_init(struct learner *l) {
    memset(l, 0, sizeof *l);
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->changed, NULL);
}

void learner_close(struct learner *l) {
    for (int i = 0; i < LEARNER_TASTES; i++) {
        CHECK(l->slot[i].users == 0);
        taste_free(l->slot[i].taste);
    }
    pthread_cond_destroy(&l->changed);
    pthread_mutex_destroy(&l->lock);
}

void learner_stop(struct learner *l) {
    pthread_mutex_lock(&l->lock);
    atomic_store(&l->stop, 1);
    pthread_cond_broadcast(&l->changed);
    pthread_mutex_unlock(&l->lock);
}

static const struct taste *use_locked(struct learner *l, int i) {
    l->slot[i].users++;
    l->slot[i].used = ++l->clock;
    return l->slot[i].taste;
}

/* The slot with that version, or -1. */
static int find_locked(const struct learner *l, long long version) {
    for (int i = 0; i < LEARNER_TASTES; i++)
        if (l->slot[i].taste && l->slot[i].taste->version == version) return i;
    return -1;
}

/* The slot to be used next, or -1 when all have users. */
static int room_locked(const struct learner *l) {
    int best = -1;
    for (int i = 0; i < LEARNER_TASTES; i++)
        if (l->slot[i].users == 0 && (best < 0 || l->slot[i].used < l->slot[best].used)) best = i;
    return best;
}

/* Trains without the lock, which is held before and after. The old taste goes first, so that memory
 * holds one at a time. */
static enum status train_locked(struct learner *l, int slot, struct store *s, struct view catalog,
                                long long version, struct err *e) {
    struct taste *old = l->slot[slot].taste, *made;
    l->slot[slot].taste = NULL;
    l->training = 1;
    pthread_mutex_unlock(&l->lock);
    taste_free(old);
    const struct taste_limits limits = {.stop = &l->stop};
    enum status st = taste_make(&made, s, catalog, version, &limits, e);
    pthread_mutex_lock(&l->lock);
    l->slot[slot].taste = made;
    l->training = 0;
    pthread_cond_broadcast(&l->changed);
    return st;
}

enum status learner_take(struct learner *l, struct store *s, struct view catalog, long long version,
                         void (*training)(void *arg, int on), void *arg, const struct taste **out,
                         struct err *e) {
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

void learner_give(struct learner *l, const struct taste *t) {
    if (!t) return;
    pthread_mutex_lock(&l->lock);
    int at = find_locked(l, t->version);
    CHECK(at >= 0 && l->slot[at].users > 0);
    l->slot[at].users--;
    pthread_cond_broadcast(&l->changed);
    pthread_mutex_unlock(&l->lock);
}
