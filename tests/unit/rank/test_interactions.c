/* links: rank import */
/* Item-kNN and EASE: against numpy and scipy on MovieLens-100K, and on small catalogues by what
 * must hold: a left out member is as if never seen, nothing is invented. test_interactions_cache.c:
 * several threads, and giving up. */
#include "tests/unit/rank/interactions_toy.h"

enum { PLACES = 64 };

/* Place of an item in the interactions, -1 when it has no interactions. */
static int place(const struct interactions *t, const char *catalog, const char *id) {
    struct err e;
    struct arena a;
    struct item *it;
    struct view v = view_of(id);
    arena_init(&a, 1 << 20);
    GOOD(store_items_by_id(store, view_of(catalog), &v, 1, "id", &a, &it, &e));
    int at = interactions_find(t->item, t->n_items, it->row);
    arena_free(&a);
    return at;
}

static struct cf_query leaving_out(const struct interactions *t, const char *catalog,
                                   const char *id) {
    struct err e;
    struct arena a;
    struct member m = {0};
    arena_init(&a, 1 << 20);
    if (id) GOOD(store_member(store, view_of(catalog), view_of(id), &a, &m, &e));
    struct cf_query q = {.out = interactions_find(t->member, t->n_members, m.row)};
    if (q.out >= 0) {
        q.has = t->member_item + t->member_off[q.out];
        q.n_out = t->member_off[q.out + 1] - t->member_off[q.out];
    }
    arena_free(&a);
    return q;
}

static void both(const struct interactions *t, const struct cf_query *q, const int *at, int n,
                 double *knn, double *ease) {
    struct err e;
    struct arena a;
    arena_init(&a, 1 << 24);
    GOOD(interactions_item_knn(t, q, at, n, &a, knn, &e));
    GOOD(interactions_ease(t, q, at, n, &a, ease, &e));
    arena_free(&a);
}

/* --- MovieLens */

static int number(FILE *f) {
    int x = 0;
    CHECK(fscanf(f, "%d", &x) == 1);
    return x;
}

static void near(const double *got, int n, FILE *f) {
    for (int i = 0; i < n; i++) {
        char text[32];
        CHECK(fscanf(f, "%31s", text) == 1);
        double want = strtod(text, NULL);
        if (isnan(want))
            OK(isnan(got[i]));
        else
            NEAR(got[i], want, 1e-4 * fabs(want) + 1e-7);
    }
}

/* One line of fixtures/baselines/movielens.txt; 0 at the end. */
static int golden_case(const struct interactions *t, FILE *f) {
    int who, n, candidates, liked[PLACES], at[PLACES];
    double knn[PLACES], ease[PLACES];
    char id[16];
    if (fscanf(f, "%d", &who) != 1) return 0;
    n = number(f);
    candidates = number(f);
    CHECK(n <= PLACES && candidates <= PLACES);
    (void)snprintf(id, sizeof id, "%d", who);
    struct cf_query q = leaving_out(t, "movies", id);
    q.at = liked;
    for (int i = 0; i < n; i++) {
        (void)snprintf(id, sizeof id, "%d", number(f));
        int p = place(t, "movies", id);
        if (p >= 0 && interactions_others(t, &q, p) > 0) liked[q.n++] = p;
    }
    for (int i = 0; i < candidates; i++) {
        (void)snprintf(id, sizeof id, "%d", number(f));
        at[i] = place(t, "movies", id);
    }
    both(t, &q, at, candidates, knn, ease);
    near(knn, candidates, f);
    near(ease, candidates, f);
    return 1;
}

static void movielens(void) {
    char folder[512];
    struct err e;
    const char *cache = getenv("TAPROOM_CACHE"), *home = getenv("HOME");
    if (cache)
        (void)snprintf(folder, sizeof folder, "%s/data/ml-100k", cache);
    else
        (void)snprintf(folder, sizeof folder, "%s/.cache/taproom/data/ml-100k", home ? home : "");
    if (access(folder, R_OK) != 0) {
        printf("MovieLens-100K is not there: that part is left out\n");
        return;
    }
    struct interactions_cache l;
    FILE *f = fopen("fixtures/baselines/movielens.txt", "r");
    CHECK(f);
    GOOD(import_movielens(store, folder, &e));
    interactions_cache_init(&l);
    double start = clock_s();
    const struct interactions *t = take(&l, "movies");
    printf("training on %d interactions took %.2f s\n", t->n_ones, clock_s() - start);
    EQ(t->n_ones, 100000);
    EQ(t->n_members, 943);
    EQ(t->n_items, 1682);
    int cases = 0;
    while (golden_case(t, f)) cases++;
    EQ(cases, 8);
    interactions_cache_give(&l, t);
    interactions_cache_close(&l);
    (void)fclose(f);
}

/* --- small catalogues */

static const char *const others = LIKES("1", "a") LIKES("1", "b") LIKES("2", "a") LIKES("2", "b")
    LIKES("2", "c") LIKES("3", "c") HATES("3", "a") LIKES("4", "c");
static const char *const mine = LIKES("9", "a") HATES("9", "d") LIKES("9", "c") HATES("9", "a");

/* A member who is left out and one who never was there give the same scores; the item that only the
 * left out member had is unknown, as is the one that nobody had. */
static void left_out(void) {
    struct interactions_cache l;
    int at[5], at2[5], q_at[2];
    double knn[5], ease[5], knn2[5], ease2[5];
    const char *const ids[] = {"a", "b", "c", "d", "e"};
    load(store, IMPORT_ITEMS, "with", items);
    load(store, IMPORT_INTERACTIONS, "with", others);
    load(store, IMPORT_INTERACTIONS, "with", mine);
    load(store, IMPORT_ITEMS, "without", items);
    load(store, IMPORT_INTERACTIONS, "without", others);
    interactions_cache_init(&l);
    const struct interactions *t = take(&l, "with"), *t2 = take(&l, "without");
    EQ(t->n_ones, 11); /* member 9 spoke twice of a */
    EQ(t2->n_ones, 8);
    for (int i = 0; i < 5; i++) {
        at[i] = place(t, "with", ids[i]);
        at2[i] = place(t2, "without", ids[i]);
    }
    EQ(at[4], -1);
    EQ(at2[3], -1);
    struct cf_query q = leaving_out(t, "with", "9"), q2 = leaving_out(t2, "without", NULL);
    EQ(q.n_out, 3);
    q.at = q_at;
    q.n = q2.n = 1;
    q_at[0] = at[1];
    q2.at = &at2[1];
    both(t, &q, at, 5, knn, ease);
    both(t2, &q2, at2, 5, knn2, ease2);
    for (int i = 0; i < 3; i++) {
        NEAR(knn[i], knn2[i], 1e-12);
        NEAR(ease[i], ease2[i], 1e-6 * fabs(ease2[i]));
    }
    OK(isnan(knn[3]) && isnan(ease[3]) && isnan(knn[4]) && isnan(ease[4]));
    /* By hand: b goes with a twice (of 2 and 3), with c once (of 2 and 3); no item with itself. */
    NEAR(knn[0], 2 / (sqrt(6) + INTERACTIONS_SHRINK), 1e-12);
    NEAR(knn[2], 1 / (sqrt(6) + INTERACTIONS_SHRINK), 1e-12);
    NEAR(knn[1], 0, 0);
    OK(ease[0] > ease[2] && ease[2] > ease[1]);
    NEAR(ease[1], 0, 0);
    /* Without leaving out, the member's own pair of a and c counts. */
    struct cf_query all = leaving_out(t, "with", NULL);
    all.at = &at[0];
    all.n = 1;
    double more[5], less[5];
    both(t, &all, at, 5, more, ease);
    q_at[0] = at[0];
    both(t, &q, at, 5, less, ease);
    OK(more[2] > less[2] && !isnan(more[3]));
    interactions_cache_give(&l, t);
    interactions_cache_give(&l, t2);
    interactions_cache_close(&l);
}

/* Nothing, one interaction, and after the next import more. */
static void growing(void) {
    struct interactions_cache l;
    double knn[1], ease[1];
    load(store, IMPORT_ITEMS, "grow", items);
    interactions_cache_init(&l);
    const struct interactions *t = take(&l, "grow");
    EQ(t->n_items, 0);
    OK(t->nothing && !t->inverse && t->n_ease == 0);
    interactions_cache_give(&l, t);
    load(store, IMPORT_INTERACTIONS, "grow", LIKES("1", "a"));
    t = take(&l, "grow");
    EQ(t->n_ones, 1);
    OK(!t->nothing && t->inverse && t->n_ease == 1);
    struct cf_query q = leaving_out(t, "grow", NULL);
    int at = place(t, "grow", "a");
    q.at = &at;
    q.n = 1;
    both(t, &q, &at, 1, knn, ease);
    NEAR(knn[0], 0, 0);
    NEAR(ease[0], 0, 0);
    q = leaving_out(t, "grow", "1"); /* the only one who had it */
    q.at = &at;
    both(t, &q, &at, 1, knn, ease);
    OK(isnan(knn[0]) && isnan(ease[0]));
    const struct interactions *again = take(&l, "grow");
    OK(again == t); /* nothing new: not trained again */
    interactions_cache_give(&l, again);
    load(store, IMPORT_INTERACTIONS, "grow", LIKES("2", "a") LIKES("2", "b"));
    again = take(&l, "grow"); /* while the older one is in use */
    EQ(t->n_ones, 1);
    EQ(again->n_ones, 3);
    interactions_cache_give(&l, again);
    interactions_cache_give(&l, t);
    interactions_cache_close(&l);
}

static struct interactions *make(const char *catalog, int events, int ease_items) {
    struct err e;
    struct interactions *t = NULL;
    const struct interactions_limits limits = {events, ease_items, NULL};
    GOOD(interactions_make(&t, store, view_of(catalog), 1, &limits, &e));
    CHECK(t);
    return t;
}

/* Beyond the limits the items with most interactions are learnt, whole; what is beyond is unknown,
 * and those within score as if the others were not there. "with": a 5 (one of them twice), c 4, b
 * 2, d 1. */
static void beyond(void) {
    struct interactions *t = make("with", 10, 0);
    EQ(t->of_events, 12);
    EQ(t->n_items, 2); /* a and c have 9 together, b would make it 11 */
    EQ(t->events, 9);
    OK(place(t, "with", "a") >= 0 && place(t, "with", "c") >= 0 && place(t, "with", "b") < 0);
    interactions_free(t);
    t = make("with", 12, 0);
    EQ(t->n_items, 4);
    EQ(t->n_ease, 4);
    interactions_free(t);
    t = make("with", 2, 0);
    EQ(t->n_items, 0);
    OK(t->nothing && strstr(t->nothing, "more interactions"));
    interactions_free(t);

    t = make("with", 0, 2);
    EQ(t->n_items, 4);
    EQ(t->n_ease, 2);
    struct interactions *two = make("with", 10, 0);
    int at[] = {place(t, "with", "a"), place(t, "with", "b"), place(t, "with", "c")};
    int at2[] = {place(two, "with", "a"), -1, place(two, "with", "c")}, liked[2];
    double knn[3], ease[3], knn2[3], ease2[3];
    struct cf_query q = {.n = 2, .at = liked, .out = -1}, q2 = {.n = 1, .at = at2, .out = -1};
    liked[0] = at[0];
    liked[1] = at[1]; /* which EASE does not know */
    both(t, &q, at, 3, knn, ease);
    both(two, &q2, at2, 3, knn2, ease2);
    OK(!isnan(knn[1]) && isnan(ease[1]));
    NEAR(ease[0], ease2[0], 1e-6);
    NEAR(ease[2], ease2[2], 1e-6 * fabs(ease2[2]));
    OK(ease[2] > 0);
    interactions_free(t);
    interactions_free(two);
}

int main(void) {
    char folder[64];
    struct err e;
    new_folder(folder);
    GOOD(store_open(&store, folder, &e));
    left_out();
    growing();
    beyond();
    movielens();
    store_close(store);
    drop_folder(folder);
    return t_end();
}
