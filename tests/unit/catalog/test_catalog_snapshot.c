/* links: catalog import */
/* Snapshots: finding, order, sample, lifetimes, versions, threads, memory that runs out. */
#include "kernels/base/seeded.h"
#include "server/catalog/snapshot.h"
#include "tests/unit/store/store_help.h"

#include <math.h>

static struct snapshot *small(void) {
    static const char *const tags[] = {"war", "drama"};
    static const struct item item[] = {
        {.row = 3, .id = "a", .title = "A", .text = "x", .tags = tags, .n_tags = 2, .extra = "{}"},
        {.row = 7,
         .id = "b",
         .title = "B",
         .tags = tags,
         .n_tags = 1,
         .has_popularity = 1,
         .popularity = 2,
         .has_time = 1,
         .time = 0},
        {.row = 8, .id = "", .title = NULL, .has_popularity = 1, .popularity = NAN},
        {.row = 90, .id = "b", .title = "a second b", .extra = "{\"k\":1}"},
    };
    static const double counts[] = {5, 1, 0, NAN};
    const struct catalog c = {.name = "films", .surface = "movies", .version = 4};
    struct snapshot *s = NULL;
    struct err e = {.text = ""};
    GOOD(snapshot_make(&s, &c, item, 4, counts, &e));
    return s;
}

static void finding(void) {
    struct snapshot *s = small();
    EQ(s->n, 4);
    EQ(snapshot_find(s, VIEW("a")), 0);
    EQ(snapshot_find(s, VIEW("b")), 1); /* the first of two */
    EQ(snapshot_find(s, VIEW("")), 2);
    EQ(snapshot_find(s, VIEW("c")), -1);
    EQ(snapshot_find(s, VIEW("B")), -1);
    EQ(snapshot_find_row(s, 3), 0);
    EQ(snapshot_find_row(s, 90), 3);
    EQ(snapshot_find_row(s, 4), -1);
    EQ(snapshot_find_row(s, 91), -1);
    EQ(snapshot_find_row(s, -1), -1);
    EQ_STR(s->catalog.name, "films");
    EQ_STR(s->item[2].title, "");
    EQ_STR(s->item[2].extra, "{}");
    OK(s->popularity[0] == 5 && s->popularity[1] == 2 && s->popularity[2] == 0 &&
       s->popularity[3] == 0);
    OK(s->by_popularity[0] == 0 && s->by_popularity[1] == 1 && s->by_popularity[2] == 2);
    EQ(s->has_popularity, 1);
    EQ(s->item[2].has_popularity, 0);
    EQ(s->n_sample, 4);
    EQ(s->n_tags, 2);
    EQ_STR(s->tag[0], "war");
    EQ(snapshot_field(s, VIEW("tags")), 0);
    EQ(snapshot_field(s, VIEW("time")), 1);
    EQ(snapshot_field(s, VIEW("popularity")), 2);
    EQ(snapshot_field(s, VIEW("k")), 3);
    const struct field *time = &s->field[1];
    OK(time->number[1] == 0 && time->until[1] == 365 * 86400.0 && isnan(time->number[0]));
    OK(time->text[1] == NULL);
    EQ(s->field[2].filled, 1);
    EQ(s->field[0].list[0] == s->item[0].tags, 1);
    OK(s->bytes > 1000);
    snapshot_free(s);
    snapshot_free(NULL);
}

static void empty(void) {
    const struct catalog c = {.name = "none", .surface = "generic"};
    struct snapshot *s = NULL;
    struct err e = {.text = ""};
    GOOD(snapshot_make(&s, &c, NULL, 0, NULL, &e));
    OK(s->n == 0 && s->n_fields == 0 && s->n_sample == 0 && s->n_tags == 0 && !s->has_popularity);
    EQ(snapshot_find(s, VIEW("a")), -1);
    EQ(snapshot_find_row(s, 1), -1);
    EQ(snapshot_field(s, VIEW("tags")), -1);
    snapshot_free(s);
    EQ(snapshot_make(&s, &c, NULL, SNAPSHOT_ITEMS_MAX + 1, NULL, &e), ST_LIMIT);
    OK(s == NULL && strstr(e.text, "1000001") != NULL);
}

/* All ids of a large catalogue are found, whatever slots they share; the sample is the items of the
 * largest hashes. */
static void many(void) {
    enum { MANY = 20000 };
    struct item *item = calloc(MANY, sizeof *item);
    char(*id)[12] = calloc(MANY, sizeof *id);
    const struct catalog c = {.name = "many", .surface = "s"};
    struct snapshot *s = NULL;
    struct err e = {.text = ""};
    for (int i = 0; i < MANY; i++) {
        snprintf(id[i], sizeof id[i], "%d", i * 3);
        item[i] = (struct item){.row = i * 2 + 1, .id = id[i], .title = "t"};
    }
    GOOD(snapshot_make(&s, &c, item, MANY, NULL, &e));
    int found = 0, rows = 0, others = 0;
    for (int i = 0; i < MANY; i++) {
        char other[12];
        snprintf(other, sizeof other, "%d", i * 3 + 1);
        found += snapshot_find(s, view_of(id[i])) == i;
        rows += snapshot_find_row(s, item[i].row) == i;
        others += snapshot_find(s, view_of(other)) >= 0;
    }
    EQ(found, MANY);
    EQ(rows, MANY);
    EQ(others, 0);
    EQ(s->n_sample, SNAPSHOT_SAMPLE);
    unsigned long long least = ~0ull;
    for (int i = 0; i < s->n_sample; i++) {
        unsigned long long h = seeded_hash(s->item[s->sample[i]].id, 0x7A9) >> 11;
        OK(h <= least);
        least = h;
    }
    int above = 0;
    for (int i = 0; i < MANY; i++) above += seeded_hash(id[i], 0x7A9) >> 11 >= least;
    EQ(above, SNAPSHOT_SAMPLE);
    snapshot_free(s);
    free(id);
    free(item);
}

/* --- the cache */

static const char *const three = "{\"id\":\"a\",\"title\":\"A\",\"price\":5}\n"
                                 "{\"id\":\"b\",\"title\":\"B\",\"price\":7,\"popularity\":9}\n"
                                 "{\"id\":\"c\",\"title\":\"C\",\"tags\":[\"x\"]}\n";

/* Puts other items in the place of a catalogue's. */
static void replace(struct store *s, const char *catalog, const char *jsonl) {
    struct import_config c = {.kind = IMPORT_ITEMS,
                              .format = IMPORT_JSONL,
                              .catalog = view_of(catalog),
                              .surface = VIEW("demo"),
                              .replace = 1};
    struct import_result r;
    struct err e = {.text = ""};
    GOOD(import_text(s, &c, view_of(jsonl), &r, &e));
}

static void versions(struct store *s) {
    struct snapshots *c;
    const struct snapshot *one, *same, *two, *none;
    struct err e = {.text = ""};
    load(s, IMPORT_ITEMS, "films", three);
    load(s, IMPORT_MEMBERS, "films",
         "{\"id\":\"m\",\"name\":\"M\"}\n{\"id\":\"n\",\"name\":\"N\"}");
    load(s, IMPORT_INTERACTIONS, "films",
         "{\"member\":\"m\",\"item\":\"a\",\"label\":\"like\",\"at\":900000000}\n"
         "{\"member\":\"n\",\"item\":\"a\",\"label\":\"like\",\"at\":900000001}");
    GOOD(snapshots_open(&c, s, &e));
    GOOD(snapshots_take(c, VIEW("films"), &one, &e));
    GOOD(snapshots_take(c, VIEW("films"), &same, &e));
    OK(one == same);
    EQ(snapshots_loads(c), 1);
    OK(one->n == 3 && one->popularity[0] == 2 && one->popularity[1] == 9 &&
       one->popularity[2] == 0);
    EQ(one->by_popularity[0], 1);
    EQ(one->catalog.interactions, 2);
    replace(s, "films", "{\"id\":\"d\",\"title\":\"D\"}");
    GOOD(snapshots_take(c, VIEW("films"), &two, &e));
    OK(two != one && two->n == 1 && one->n == 3); /* the older one is still whole */
    EQ_STR(one->item[2].title, "C");
    EQ(snapshots_loads(c), 2);
    snapshots_give(c, one);
    snapshots_give(c, same);
    snapshots_give(c, two);
    GOOD(store_catalog_surface(s, VIEW("films"), VIEW("movies"), &e));
    GOOD(snapshots_take(c, VIEW("films"), &one, &e));
    EQ_STR(one->catalog.surface, "movies");
    GOOD(store_catalog_delete(s, VIEW("films"), &e));
    EQ(snapshots_take(c, VIEW("films"), &none, &e), ST_NOT_FOUND);
    OK(none == NULL && one->n == 1);
    snapshots_give(c, one);
    snapshots_give(c, NULL);
    EQ(snapshots_take(c, VIEW("nowhere"), &none, &e), ST_NOT_FOUND);
    snapshots_close(c);
    snapshots_close(NULL);
}

/* More catalogues than are held: all can be taken, what is held by somebody stays. */
static void crowd(struct store *s) {
    struct snapshots *c;
    const struct snapshot *held, *other;
    struct err e = {.text = ""};
    char name[20];
    for (int i = 0; i < 12; i++) {
        snprintf(name, sizeof name, "c%d", i);
        load(s, IMPORT_ITEMS, name, three);
    }
    GOOD(snapshots_open(&c, s, &e));
    GOOD(snapshots_take(c, VIEW("c0"), &held, &e));
    for (int i = 1; i < 12; i++) {
        snprintf(name, sizeof name, "c%d", i);
        GOOD(snapshots_take(c, view_of(name), &other, &e));
        EQ_STR(other->catalog.name, name);
        snapshots_give(c, other);
    }
    EQ(snapshots_loads(c), 12);
    GOOD(snapshots_take(c, VIEW("c0"), &other, &e));
    OK(other == held);
    snapshots_give(c, other);
    snapshots_give(c, held);
    GOOD(snapshots_take(c, VIEW("c11"), &other, &e));
    EQ(snapshots_loads(c), 12); /* among the last ones */
    snapshots_give(c, other);
    GOOD(snapshots_take(c, VIEW("c1"), &other, &e));
    EQ(snapshots_loads(c), 13); /* had to go */
    snapshots_give(c, other);
    snapshots_close(c);
}

struct racer {
    struct snapshots *c;
    struct store *s;
    pthread_barrier_t *start;
    int writes, wrong;
};

static void *race(void *arg) {
    struct racer *r = arg;
    struct err e;
    pthread_barrier_wait(r->start);
    for (int k = 0; k < 40; k++) {
        const struct snapshot *s;
        if (snapshots_take(r->c, VIEW("race"), &s, &e) != ST_OK) {
            r->wrong++;
            continue;
        }
        int at = snapshot_find(s, VIEW("a"));
        r->wrong += at != 0 || strcmp(s->item[at].title, "A") != 0 || s->n < 3;
        if (r->writes && k % 10 == 0) replace(r->s, "race", three);
        snapshots_give(r->c, s);
    }
    return NULL;
}

/* Threads that take the same version at once load it once; a writer between them disturbs nobody.
 */
static void threads(struct store *s) {
    enum { THREADS = 6 };
    struct snapshots *c;
    pthread_barrier_t start;
    pthread_t id[THREADS];
    struct racer r[THREADS];
    struct err e = {.text = ""};
    for (int writes = 0; writes < 2; writes++) {
        replace(s, "race", three);
        GOOD(snapshots_open(&c, s, &e));
        pthread_barrier_init(&start, NULL, THREADS);
        for (int i = 0; i < THREADS; i++) {
            r[i] = (struct racer){c, s, &start, writes && i == 0, 0};
            pthread_create(&id[i], NULL, race, &r[i]);
        }
        for (int i = 0; i < THREADS; i++) {
            pthread_join(id[i], NULL);
            EQ(r[i].wrong, 0);
        }
        if (!writes) EQ(snapshots_loads(c), 1);
        pthread_barrier_destroy(&start);
        snapshots_close(c);
    }
}

/* At every allocation that can fail: an error, no leak, and the next try works. */
static void no_memory(struct store *s) {
    struct snapshots *c;
    const struct snapshot *x;
    struct err e = {.text = ""};
    load(s, IMPORT_ITEMS, "full", three);
    GOOD(snapshots_open(&c, s, &e));
    int failed = 0;
    for (long k = 1;; k++) {
        mem_fail_at(k, 0);
        enum status st = snapshots_take(c, VIEW("full"), &x, &e);
        mem_fail_at(0, 0);
        if (st == ST_OK) break;
        EQ(st, ST_NO_MEMORY);
        failed++;
    }
    OK(failed > 4);
    EQ(x->n, 3);
    snapshots_give(c, x);
    snapshots_close(c);
}

int main(void) {
    char folder[64];
    struct store *s;
    struct err e = {.text = ""};
    finding();
    empty();
    many();
    new_folder(folder);
    GOOD(store_open(&s, folder, &e));
    versions(s);
    crowd(s);
    threads(s);
    no_memory(s);
    store_close(s);
    drop_folder(folder);
    return t_end();
}
