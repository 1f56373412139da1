/* links: rank import */
/* The vectors' thread on a small model of random weights: what it makes, that it takes up what was
 * kept, gives up in time, follows changes and deletions, lets rankings go first, and goes on when
 * nothing can be written. */
#include "server/rank/tags/vector_texts.h"

#include "kernels/base/os/clock.h"
#include "model/embed/embed.h"
#include "server/vectors/vectors.h"
#include "tests/unit/store/store_help.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/resource.h>

enum { MANY = 1200, DIM = 36 };

static struct err e;
static struct arena arena;
static struct store *store;
static struct embedder *embedder;
static char folder[64];
static atomic_int busy, said;

static int is_busy(void *arg) {
    (void)arg;
    return atomic_load(&busy);
}

static void say(void *arg, const char *line) {
    (void)arg;
    (void)line;
    atomic_fetch_add(&said, 1);
}

static struct vector_source source;

static struct vectors *start(size_t bytes_max) {
    const struct vectors_config c = {.store = store,
                                     .embedder = embedder,
                                     .texts = vector_texts(&source),
                                     .busy = is_busy,
                                     .say = say,
                                     .bytes_max = bytes_max};
    struct vectors *v = NULL;
    GOOD(vectors_open(&v, &c, &e));
    CHECK(v);
    return v;
}

static long long version_of(const char *name) {
    struct catalog c = {.version = -1};
    GOOD(store_catalog(store, view_of(name), &arena, &c, &e));
    return c.version;
}

static long long kept(void) {
    long long n = -1;
    GOOD(store_vectors_count(store, &n, &e));
    return n;
}

static struct vectors_progress progress(struct vectors *v, const char *name) {
    struct vectors_progress p;
    vectors_progress(v, view_of(name), &p);
    return p;
}

/* Items in place of a catalogue's own. */
static void put(const char *name, const char *rows) {
    struct import_config c = {.kind = IMPORT_ITEMS,
                              .format = IMPORT_JSONL,
                              .catalog = view_of(name),
                              .surface = VIEW("demo"),
                              .replace = 1};
    struct import_result r;
    GOOD(import_text(store, &c, view_of(rows), &r, &e));
    EQ(r.stored, 1);
}

/* n items whose texts begin with this word; one of them is another. */
static void load_many(const char *name, const char *word, int n, int other) {
    size_t room = (size_t)n * 120, at = 0;
    char *rows = mem_alloc(room);
    CHECK(rows);
    for (int i = 0; i < n; i++)
        at += (size_t)snprintf(rows + at, room - at,
                               "{\"id\":\"%d\",\"title\":\"%s film %d\",\"text\":\"the quiet sea "
                               "%d and grief\"}\n",
                               i, i == other ? "zebra" : word, i % 97, i);
    put(name, rows);
    mem_free(rows);
}

static const struct vectors_of *settled(struct vectors *v, const char *name) {
    OK(vectors_settle(v, 60));
    const struct vectors_of *x = vectors_take(v, view_of(name), version_of(name));
    if (!x) T_SAY("%s has no vectors: %s", name, progress(v, name).error);
    return x;
}

/* The nearest to an item's own text is the item, and all scores are those of the embedder. */
static void test_made(void) {
    load_many("one", "slow", 300, -1);
    struct vectors *v = start(0);
    const struct vectors_of *x = settled(v, "one");
    if (x) {
        struct view text = VIEW("the winter sea");
        struct vector_hit *hit;
        struct item *all;
        float q[DIM], vec[DIM];
        long long total;
        int n, n_all;
        EQ(x->index->n, 300);
        EQ(progress(v, "one").done, 300);
        EQ(progress(v, "one").total, 300);
        GOOD(embedder_run(embedder, &text, 1, q, NULL, NULL, &e));
        GOOD(vectors_top(x, q, NULL, 20, &arena, &hit, &n, &e));
        EQ(n, 20);
        GOOD(store_items(store, VIEW("one"), VIEW(""), 0, 300, &arena, &all, &n_all, &total, &e));
        for (int i = 0; i < n; i++) {
            unsigned char has = 0;
            double sum = 0;
            EQ(x->row[hit[i].place], all[hit[i].place].row);
            GOOD(x->floats.read(x->floats.arg, &hit[i].place, 1, vec, &has, &e));
            EQ(has, 1);
            for (int d = 0; d < DIM; d++) sum += (double)q[d] * (double)vec[d];
            OK(sum == hit[i].score);
            OK(i == 0 || hit[i].score <= hit[i - 1].score);
        }
        EQ(vectors_take(v, VIEW("one"), version_of("one") + 1) == NULL, 1);
        EQ(vectors_take(v, VIEW("nobody"), 1) == NULL, 1);
    }
    vectors_give(x);
    vectors_close(v);
    EQ(kept(), 300);
}

/* What is kept is not made again; a changed text is. */
static void test_resume(void) {
    long long made = embedder_texts(embedder);
    struct vectors *v = start(0);
    vectors_give(settled(v, "one"));
    EQ(embedder_texts(embedder) - made, 0);
    load_many("one", "slow", 300, 7); /* all rowids are new */
    vectors_changed(v);
    vectors_give(settled(v, "one"));
    EQ(embedder_texts(embedder) - made, 1);
    vectors_texts_changed(v); /* all are compared, none is another */
    vectors_give(settled(v, "one"));
    EQ(embedder_texts(embedder) - made, 1);
    vectors_close(v);
    EQ(kept(), 300);
}

static void await_some(struct vectors *v, const char *name, long long some) {
    double until = clock_s() + 30;
    while (progress(v, name).done < some && clock_s() < until) usleep(500);
    OK(progress(v, name).done >= some);
}

/* Closing waits for a batch, not for the catalogue; the next one goes on from there. */
static void test_cancel(void) {
    load_many("many", "winter", MANY, -1);
    long long before = kept(), made = embedder_texts(embedder);
    struct vectors *v = start(0);
    await_some(v, "many", 40);
    double from = clock_s();
    vectors_close(v);
    OK(clock_s() - from < 2);
    long long some = embedder_texts(embedder) - made;
    OK(some > 0 && some < MANY);
    EQ(kept() - before, some);
    v = start(0);
    vectors_give(settled(v, "many"));
    EQ(embedder_texts(embedder) - made, MANY);
    vectors_close(v);
}

/* A catalogue that goes or changes while it is worked on, and one that is used meanwhile. */
static void test_changes(void) {
    load_many("gone", "zebra", MANY, -1);
    struct vectors *v = start(0);
    const struct vectors_of *held = NULL;
    double until = clock_s() + 30;
    while (!held && clock_s() < until) held = vectors_take(v, VIEW("one"), version_of("one"));
    OK(held != NULL);
    vectors_want(v, VIEW("gone"));
    await_some(v, "gone", 40);
    GOOD(store_catalog_delete(store, VIEW("gone"), &e));
    vectors_changed(v);
    OK(vectors_settle(v, 60));
    EQ(progress(v, "gone").total, 0);
    OK(vectors_take(v, VIEW("gone"), 1) == NULL);
    load_many("one", "slow", 301, -1);
    vectors_changed(v);
    const struct vectors_of *x = settled(v, "one");
    if (x && held) {
        EQ(x->index->n, 301);
        EQ(held->index->n, 300); /* who holds the old ones ends on them */
    }
    vectors_give(held);
    vectors_give(x);
    vectors_close(v);
}

/* While somebody waits for a ranking hardly anything is made. */
static void test_busy(void) {
    load_many("later", "sea", 400, -1);
    atomic_store(&busy, 1);
    struct vectors *v = start(0);
    vectors_want(v, VIEW("later"));
    usleep(500000);
    OK(progress(v, "later").done < 100);
    double from = clock_s();
    vectors_close(v);
    OK(clock_s() - from < 2);
    atomic_store(&busy, 0);
    v = start(0);
    vectors_give(settled(v, "later"));
    vectors_close(v);
}

/* Asked for, read from the store again, and there. */
static const struct vectors_of *asked_twice(struct vectors *v, const char *name) {
    OK(vectors_settle(v, 60));
    const struct vectors_of *x = vectors_take(v, view_of(name), version_of(name));
    return x ? x : settled(v, name);
}

/* With room for little, catalogues take turns in memory; a set that is used stays. */
static void test_memory(void) {
    struct vectors *v = start(1);
    long long made = embedder_texts(embedder);
    const struct vectors_of *x = asked_twice(v, "one"), *y = asked_twice(v, "many");
    if (x) EQ(x->index->n, 301);
    vectors_give(y);
    vectors_give(asked_twice(v, "later"));
    vectors_give(asked_twice(v, "many"));
    if (x) EQ(x->index->n, 301);
    vectors_give(x);
    EQ(embedder_texts(embedder), made);
    vectors_close(v);
}

/* Another process writes for a long time: vectors are made all the same, and searched. */
static void test_unkept(void) {
    char path[100];
    sqlite3 *other;
    (void)snprintf(path, sizeof path, "%s/taproom.db", folder);
    load_many("unkept", "grief", 100, -1);
    long long before = kept();
    EQ(sqlite3_open(path, &other), SQLITE_OK);
    EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    int lines = atomic_load(&said);
    struct vectors *v = start(0);
    vectors_want(v, VIEW("unkept"));
    const struct vectors_of *x = settled(v, "unkept");
    EQ(atomic_load(&said) - lines, 1);
    EQ(progress(v, "unkept").done, 100);
    EQ(progress(v, "unkept").unkept, 100);
    if (x) {
        struct vector_hit *hit;
        int n;
        float q[DIM] = {1};
        GOOD(vectors_top(x, q, NULL, 5, &arena, &hit, &n, &e));
        EQ(n, 5);
    }
    vectors_give(x);
    vectors_close(v);
    EQ(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
    EQ(kept(), before);
}

/* The same with a disk that is full. */
static void test_full(void) {
    struct rlimit old, tiny;
    load_many("full", "quiet", 150, -1);
    GOOD(store_vectors_count(store, &(long long){0}, &e));
    getrlimit(RLIMIT_FSIZE, &old);
    signal(SIGXFSZ, SIG_IGN);
    tiny = old;
    tiny.rlim_cur = 4096;
    setrlimit(RLIMIT_FSIZE, &tiny);
    struct vectors *v = start(0);
    vectors_want(v, VIEW("full"));
    vectors_give(settled(v, "full"));
    EQ(progress(v, "full").unkept, 150);
    vectors_close(v);
    setrlimit(RLIMIT_FSIZE, &old);
    v = start(0);
    vectors_give(settled(v, "full"));
    EQ(progress(v, "full").unkept, 0);
    vectors_close(v);
}

int main(int argc, char **argv) {
    (void)argc;
    if (!getenv("OMP_WAIT_POLICY")) { /* read at the start only; spinning takes the others' time */
        setenv("OMP_WAIT_POLICY", "passive", 1);
        execv("/proc/self/exe", argv);
    }
    new_folder(folder);
    arena_init(&arena, 256 << 20);
    GOOD(store_open(&store, folder, &e));
    GOOD(embedder_open(&embedder, "fixtures/embedding/tiny", 1, &e));
    source.store = store;
    GOOD(snapshots_open(&source.snapshots, store, &e));
    if (t_failed) return t_end();
    test_made();
    test_resume();
    test_cancel();
    test_changes();
    test_busy();
    test_memory();
    test_unkept();
    test_full();
    embedder_close(embedder);
    snapshots_close(source.snapshots);
    store_close(store);
    arena_free(&arena);
    drop_folder(folder);
    return t_end();
}
