/* links: import */
/* The store: catalogues, their items, members and histories. Opening: test_store_open.c. Runs and
 * surfaces: test_store_runs.c. */
#include "tests/unit/store/store_help.h"

static const char three[] =
    "{\"id\":\"a\",\"title\":\"Alpha\",\"tags\":[\"x\",\"y z\"],\"popularity\":5,\"time\":\"1995\"}\n"
    "{\"id\":\"b\",\"title\":\"Beta\",\"text\":\"second letter\",\"color\":{\"hex\":[1, 2.50]}}\n"
    "{\"id\":\"c\",\"title\":\"Gamma\"}\n";
static const char events[] =
    "{\"member\":\"m1\",\"item\":\"a\",\"rating\":5,\"at\":30}\n"
    "{\"member\":\"m1\",\"item\":\"b\",\"label\":\"dislike\",\"at\":10}\n"
    "{\"member\":\"m1\",\"item\":\"c\",\"rating\":3,\"at\":10}\n"
    "{\"member\":\"m2\",\"item\":\"b\",\"label\":\"like\",\"at\":\"2020-01-01\"}\n";

static void one_item(struct store *s) {
    struct arena a;
    struct item *items;
    struct err e;
    int n, has;
    long long total;
    arena_init(&a, 1 << 20);
    GOOD(store_items(s, VIEW("m"), VIEW(""), 0, 10, &a, &items, &n, &total, &e));
    EQ(n, 3);
    EQ(total, 3);
    EQ_STR(items[0].title, "Alpha");
    EQ(items[0].n_tags, 2);
    EQ_STR(items[0].tags[1], "y z");
    EQ(items[0].has_popularity, 1);
    EQ(items[0].has_time, 1);
    EQ(items[0].time, 788918400);
    EQ_STR(items[0].extra, "{}");
    EQ_STR(items[1].extra, "{\"color.hex\":[1, 2.50]}");
    EQ_STR(items[1].text, "second letter");
    EQ(items[1].n_tags + items[1].has_popularity + items[1].has_time, 0);
    double pop[3];
    GOOD(store_popularity(s, VIEW("m"), items, 3, pop, &has, &e));
    EQ(has, 1);
    NEAR(pop[0], 5, 0);
    NEAR(pop[2], 0, 0);
    arena_free(&a);
}

static void paging(struct store *s) {
    struct arena a;
    struct item *items;
    struct err e;
    int n;
    long long total;
    arena_init(&a, 1 << 20);
    GOOD(store_items(s, VIEW("m"), VIEW(""), 1, 1, &a, &items, &n, &total, &e));
    EQ(n, 1);
    EQ(total, 3);
    EQ_STR(items[0].id, "b");
    GOOD(store_items(s, VIEW("m"), VIEW(""), 5, 10, &a, &items, &n, &total, &e));
    EQ(n, 0);
    EQ(store_items(s, VIEW("m"), VIEW(""), -1, 10, &a, &items, &n, &total, &e), ST_INVALID);
    EQ_STR(e.field, "offset");
    EQ(store_items(s, VIEW("m"), VIEW(""), 0, 5001, &a, &items, &n, &total, &e), ST_INVALID);
    EQ(store_items(s, VIEW("x"), VIEW(""), 0, 1, &a, &items, &n, &total, &e), ST_NOT_FOUND);
    static const struct {
        const char *query;
        int n;
    } hits[] = {{"ALPHA", 1}, {"Y Z", 1}, {"b", 1}, {"mm", 1},  {"a", 3},
                {"%", 0},     {"_", 0},   {"'", 0}, {"zzz", 0}, {"' OR 1=1 --", 0}};
    for (size_t i = 0; i < COUNT(hits); i++) {
        GOOD(store_items(s, VIEW("m"), view_of(hits[i].query), 0, 10, &a, &items, &n, &total, &e));
        EQ(n, hits[i].n);
        EQ(total, hits[i].n);
    }
    arena_free(&a);
}

static void by_id(struct store *s) {
    struct arena a;
    struct item *items;
    struct err e;
    arena_init(&a, 1 << 20);
    struct view ids[] = {VIEW("c"), VIEW("a"), VIEW("c"), VIEW("q\xff")};
    GOOD(store_items_by_id(s, VIEW("m"), ids, 3, "candidates", &a, &items, &e));
    EQ_STR(items[0].id, "c");
    EQ_STR(items[1].id, "a");
    EQ_STR(items[2].id, "c");
    EQ(store_items_by_id(s, VIEW("m"), ids, 4, "candidates", &a, &items, &e), ST_NOT_FOUND);
    EQ_STR(e.field, "candidates[3]");
    OK(utf8_valid(view_of(e.text)));
    struct arena tiny;
    arena_init(&tiny, 64);
    EQ(store_items_by_id(s, VIEW("m"), ids, 3, "x", &tiny, &items, &e), ST_NO_MEMORY);
    arena_free(&tiny);
    arena_free(&a);
}

static void catalogs(struct store *s) {
    struct arena a;
    struct catalog *list, one;
    struct err e;
    int n;
    arena_init(&a, 1 << 20);
    GOOD(store_catalogs(s, &a, &list, &n, &e));
    EQ(n, 0);
    EQ(store_catalog(s, VIEW("m"), &a, &one, &e), ST_NOT_FOUND);
    load(s, IMPORT_ITEMS, "m", three);
    load(s, IMPORT_ITEMS, "a", three);
    GOOD(store_catalogs(s, &a, &list, &n, &e));
    EQ(n, 2);
    EQ_STR(list[0].name, "a");
    EQ_STR(list[1].name, "m");
    EQ_STR(list[1].surface, "demo");
    EQ(list[1].items, 3);
    OK(list[1].created > 1600000000);
    OK(list[0].version != list[1].version);
    GOOD(store_catalog_surface(s, VIEW("m"), VIEW("other"), &e));
    EQ(store_catalog_surface(s, VIEW("nope"), VIEW("other"), &e), ST_NOT_FOUND);
    EQ(store_catalog_surface(s, VIEW("m"), VIEW("a b"), &e), ST_INVALID);
    GOOD(store_catalog(s, VIEW("m"), &a, &one, &e));
    EQ_STR(one.surface, "other");

    one_item(s);
    paging(s);
    by_id(s);
    GOOD(store_catalog_delete(s, VIEW("a"), &e));
    EQ(store_catalog_delete(s, VIEW("a"), &e), ST_NOT_FOUND);
    EQ_STR(counts(s, "a"), "not_found");
    EQ_STR(counts(s, "m"), "3 0 0");
    arena_free(&a);
}

static void histories(struct store *s) {
    struct arena a;
    struct interaction *h;
    struct event *ev;
    struct item *items;
    struct err e;
    int n, has;
    long long total;
    arena_init(&a, 1 << 20);
    GOOD(store_history(s, VIEW("m"), VIEW("m1"), &a, &h, &n, &e));
    EQ(n, 3);
    EQ_STR(h[0].item, "b");
    EQ(h[0].label, -1);
    EQ(h[0].has_rating, 0);
    EQ_STR(h[1].item, "c");
    EQ(h[1].label, 0);
    EQ_STR(h[2].title, "Alpha");
    EQ(h[2].label, 1);
    NEAR(h[2].rating, 5, 0);
    EQ(h[2].at, 30);
    GOOD(store_history(s, VIEW("m"), VIEW("m3"), &a, &h, &n, &e));
    EQ(n, 0);
    EQ(store_history(s, VIEW("m"), VIEW("zz"), &a, &h, &n, &e), ST_NOT_FOUND);
    GOOD(store_events(s, VIEW("m"), 1000, &a, &ev, &n, &e));
    EQ(n, 4);
    OK(ev[0].member == ev[2].member && ev[3].member != ev[0].member);
    EQ(ev[3].label, 1);
    GOOD(store_items(s, VIEW("m"), VIEW(""), 0, 10, &a, &items, &n, &total, &e));
    EQ(ev[0].item, items[1].row);
    double pop[3];
    GOOD(store_popularity(s, VIEW("m"), items, 3, pop, &has, &e));
    NEAR(pop[0], 5, 0); /* its own */
    NEAR(pop[1], 2, 0); /* counted */
    NEAR(pop[2], 1, 0);
    arena_free(&a);
}

static void members(struct store *s) {
    struct arena a;
    struct member *list, one;
    struct interaction *h;
    struct err e;
    int n;
    arena_init(&a, 1 << 20);
    load(s, IMPORT_MEMBERS, "m",
         "{\"id\":\"m1\",\"name\":\"Ada\",\"profile\":\"likes tea\"}\n{\"id\":\"m3\"}\n");
    load(s, IMPORT_INTERACTIONS, "m", events);
    EQ_STR(counts(s, "m"), "3 3 4");
    load(s, IMPORT_INTERACTIONS, "m", events); /* the same log again changes nothing */
    EQ_STR(counts(s, "m"), "3 3 4");
    load(s, IMPORT_MEMBERS, "m", "{\"id\":\"m1\",\"profile\":\"likes mate\"}\n");
    GOOD(store_member(s, VIEW("m"), VIEW("m1"), &a, &one, &e));
    EQ_STR(one.name, "Ada");
    EQ_STR(one.profile, "likes mate");
    EQ(one.interactions, 3);
    EQ(store_member(s, VIEW("m"), VIEW("zz"), &a, &one, &e), ST_NOT_FOUND);
    EQ_STR(e.field, "member");
    GOOD(store_members(s, VIEW("m"), VIEW(""), 10, &a, &list, &n, &e));
    EQ(n, 3);
    EQ_STR(list[2].id, "m2");
    EQ_STR(list[2].profile, "");
    GOOD(store_members(s, VIEW("m"), VIEW("MATE"), 10, &a, &list, &n, &e));
    EQ(n, 1);
    GOOD(store_members(s, VIEW("m"), VIEW(""), 2, &a, &list, &n, &e));
    EQ(n, 2);
    EQ(store_members(s, VIEW("m"), VIEW(""), -2, &a, &list, &n, &e), ST_INVALID);

    histories(s);
    /* Replacing keeps members and the interactions of items that are there again. */
    struct import_config c = {.kind = IMPORT_ITEMS, .catalog = VIEW("m"), .replace = 1};
    struct import_result r;
    GOOD(import_text(s, &c, VIEW("{\"id\":\"b\",\"title\":\"New\"}"), &r, &e));
    EQ_STR(counts(s, "m"), "1 3 2");
    GOOD(store_history(s, VIEW("m"), VIEW("m1"), &a, &h, &n, &e));
    EQ(n, 1);
    EQ_STR(h[0].title, "New");
    GOOD(store_catalog_delete(s, VIEW("m"), &e));
    EQ(store_member(s, VIEW("m"), VIEW("m1"), &a, &one, &e), ST_NOT_FOUND);
    arena_free(&a);
}

static void renamed(struct store *s) {
    struct arena a;
    struct catalog c;
    struct err e;
    struct import_result r;
    arena_init(&a, 1 << 20);
    struct import_config to = {.kind = IMPORT_ITEMS, .catalog = VIEW("r")};
    GOOD(import_text(s, &to, VIEW("{\"id\":\"b\",\"title\":\"One\"}"), &r, &e));
    to.catalog = VIEW("taken");
    GOOD(import_text(s, &to, VIEW("{\"id\":\"b\",\"title\":\"One\"}"), &r, &e));
    GOOD(store_catalog_rename(s, VIEW("r"), VIEW("r"), &e));
    GOOD(store_catalog_rename(s, VIEW("r"), VIEW("r2"), &e));
    EQ(store_catalog(s, VIEW("r"), &a, &c, &e), ST_NOT_FOUND);
    GOOD(store_catalog(s, VIEW("r2"), &a, &c, &e));
    EQ(c.items, 1);
    EQ(store_catalog_rename(s, VIEW("r2"), VIEW("taken"), &e), ST_CONFLICT);
    EQ(store_catalog_rename(s, VIEW("r2"), VIEW("no/slash"), &e), ST_INVALID);
    EQ_STR(e.field, "name");
    EQ(store_catalog_rename(s, VIEW("r"), VIEW("r3"), &e), ST_NOT_FOUND);
    GOOD(store_catalog_delete(s, VIEW("r2"), &e));
    GOOD(store_catalog_delete(s, VIEW("taken"), &e));
    arena_free(&a);
}

int main(void) {
    char folder[64];
    struct store *s;
    struct err e;
    new_folder(folder);
    GOOD(store_open(&s, folder, &e));
    catalogs(s);
    members(s);
    renamed(s);
    store_close(s);
    drop_folder(folder);
    return t_end();
}
