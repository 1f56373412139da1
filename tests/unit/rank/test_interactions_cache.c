/* links: rank import */
/* What was learnt of catalogues, kept: several threads ask at once for more of them than are kept,
 * a training is given up, or fails. */
#include "tests/unit/rank/interactions_toy.h"

#include <pthread.h>

/* --- giving up */

static void *stop_later(void *arg) {
    usleep(150000);
    interactions_cache_stop(arg);
    return NULL;
}

/* How much slower code is under the thread sanitizer, at most. */
#ifdef __SANITIZE_THREAD__
enum { SLOWER = 20 };
#else
enum { SLOWER = 1 };
#endif

/* A matrix that takes seconds is given up within a part of one, also by those who wait. */
static void giving_up(void) {
    enum { ITEMS = 4000, EACH = 4 };
    struct interactions_cache l;
    struct err e;
    const struct interactions *t;
    pthread_t thread;
    size_t room = ITEMS * 120, n = 0;
    char *rows = mem_alloc(room);
    CHECK(rows);
    for (int i = 0; i < ITEMS; i++)
        n += (size_t)snprintf(rows + n, room - n, "{\"id\":\"%d\",\"title\":\"x\"}\n", i);
    load(store, IMPORT_ITEMS, "wide", rows);
    n = 0;
    for (int i = 0; i < ITEMS; i++)
        n += (size_t)snprintf(rows + n, room - n,
                              "{\"member\":\"%d\",\"item\":\"%d\",\"label\":\"like\",\"at\":1}\n",
                              i / EACH, i);
    load(store, IMPORT_INTERACTIONS, "wide", rows);
    mem_free(rows);
    load(store, IMPORT_ITEMS, "grow", items);
    interactions_cache_init(&l);
    CHECK(pthread_create(&thread, NULL, stop_later, &l) == 0);
    double from = clock_s();
    EQ(interactions_cache_take(&l, store, VIEW("wide"), 77, NULL, NULL, &t, &e), ST_CANCELLED);
    OK(clock_s() - from < 2 * SLOWER);
    pthread_join(thread, NULL);
    EQ(interactions_cache_take(&l, store, VIEW("grow"), 78, NULL, NULL, &t, &e), ST_CANCELLED);
    interactions_cache_close(&l);
}

/* --- several threads, more catalogues than are kept */

enum { THREADS = 4, ROUNDS = 30, CATALOGS = INTERACTIONS_CACHED + 2 };
static struct interactions_cache shared;
static long long versions[CATALOGS];
static int wrong[THREADS], trainings[THREADS];

static void on_training(void *arg, int on) {
    *(int *)arg += on;
}

static void *worker(void *arg) {
    int me = (int)(size_t)arg;
    for (int k = 0; k < ROUNDS; k++) {
        struct err e;
        struct arena a;
        const struct interactions *t;
        char name[16];
        int c = (k / 5 + me * (k % 2)) % CATALOGS;
        (void)snprintf(name, sizeof name, "many%d", c);
        if (interactions_cache_take(&shared, store, view_of(name), versions[c], on_training,
                                    &trainings[me], &t, &e) != ST_OK) {
            wrong[me]++;
            continue;
        }
        int at[] = {0, 1}, q_at[] = {0};
        double knn[2], ease[2];
        struct cf_query q = {.n = 1, .at = q_at, .out = -1};
        arena_init(&a, 1 << 20);
        wrong[me] += t->version != versions[c] || t->n_ones != 2 + c;
        wrong[me] += interactions_item_knn(t, &q, at, 2, &a, knn, &e) != ST_OK || !(knn[1] > 0);
        wrong[me] += interactions_ease(t, &q, at, 2, &a, ease, &e) != ST_OK || !(ease[1] > 0);
        arena_free(&a);
        interactions_cache_give(&shared, t);
    }
    return NULL;
}

static void threads(void) {
    pthread_t t[THREADS];
    struct err e;
    struct arena a;
    struct catalog c;
    char name[16], rows[2000];
    arena_init(&a, 1 << 20);
    for (int i = 0; i < CATALOGS; i++) {
        (void)snprintf(name, sizeof name, "many%d", i);
        load(store, IMPORT_ITEMS, name, items);
        size_t n = (size_t)snprintf(rows, sizeof rows, "%s", LIKES("1", "a") LIKES("1", "b"));
        for (int k = 0; k < i; k++)
            n += (size_t)snprintf(
                rows + n, sizeof rows - n,
                "{\"member\":\"m%d\",\"item\":\"c\",\"label\":\"like\",\"at\":1}\n", k);
        load(store, IMPORT_INTERACTIONS, name, rows);
        GOOD(store_catalog(store, view_of(name), &a, &c, &e));
        versions[i] = c.version;
    }
    interactions_cache_init(&shared);
    for (size_t i = 0; i < THREADS; i++) CHECK(pthread_create(&t[i], NULL, worker, (void *)i) == 0);
    int trained = 0;
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_join(t[i], NULL) == 0);
        EQ(wrong[i], 0);
        trained += trainings[i];
    }
    OK(trained >= CATALOGS);
    interactions_cache_close(&shared);
    arena_free(&a);
}

/* A training that fails owns nothing, and the next one works. */
static void faults(void) {
    struct interactions_cache l;
    struct err e;
    const struct interactions *t = NULL;
    enum status st = ST_NO_MEMORY;
    long k;
    interactions_cache_init(&l);
    for (k = 0; k < 200 && st != ST_OK; k++) {
        mem_fail_at(k + 1, 0);
        st = interactions_cache_take(&l, store, VIEW("many0"), versions[0], NULL, NULL, &t, &e);
        mem_fail_at(0, 0);
        OK(st == ST_OK || (st == ST_NO_MEMORY && !t));
    }
    EQ(st, ST_OK);
    OK(k > 3);
    interactions_cache_give(&l, t);
    EQ(interactions_cache_take(&l, store, VIEW("nowhere"), -5, NULL, NULL, &t, &e), ST_NOT_FOUND);
    OK(!t);
    interactions_cache_give(&l, t);
    interactions_cache_close(&l);
}

int main(void) {
    char folder[64];
    struct err e;
    new_folder(folder);
    GOOD(store_open(&store, folder, &e));
    giving_up();
    threads();
    faults();
    store_close(store);
    drop_folder(folder);
    return t_end();
}
