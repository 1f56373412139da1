/* links: import */
/* The store: runs with their marks, and surfaces. */
#include "server/store/limits.h"
#include "tests/unit/store/store_help.h"

/* A name, a note and a pin: what is not said stays, pinned ones come first, words are found. */
static void marked_runs(struct store *s, const char *first, const char *second) {
    struct arena a;
    struct run_row *list;
    struct err e;
    struct view name = VIEW("For Thursday"), note = VIEW("too many \xc3\xa9toiles"), json;
    struct run_marks m = {&name, &note, 1, -1};
    struct run_row row;
    int n;
    long long total;
    arena_init(&a, 1 << 20);
    GOOD(store_run_mark(s, view_of(first), &m, &e));
    GOOD(store_run_mark(s, view_of(first), &(struct run_marks){NULL, NULL, -1, 1}, &e));
    GOOD(store_run(s, view_of(first), &a, &row, &json, &e));
    EQ_STR(row.name, "For Thursday");
    EQ_STR(row.comment, "too many \xc3\xa9toiles");
    EQ(row.pinned == 1 && row.shared == 1, 1);
    GOOD(store_runs(s, &(struct run_filter){0}, 0, 10, &a, &list, &n, &total, &e));
    EQ_STR(list[0].id, first);
    EQ_STR(list[1].id, second);
    GOOD(store_runs(s, &(struct run_filter){.q = VIEW("thursday")}, 0, 10, &a, &list, &n, &total,
                    &e));
    EQ(n == 1 && total == 1, 1);
    GOOD(store_runs(s, &(struct run_filter){.catalog = VIEW("other")}, 0, 10, &a, &list, &n, &total,
                    &e));
    EQ(total, 0);
    GOOD(store_runs(s, &(struct run_filter){.pinned = 1}, 0, 10, &a, &list, &n, &total, &e));
    EQ(total, 1);
    static char long_name[STORE_RUN_NAME_MAX + 1];
    memset(long_name, 'x', sizeof long_name);
    name = (struct view){long_name, sizeof long_name};
    EQ(store_run_mark(s, view_of(first), &m, &e), ST_INVALID);
    EQ_STR(e.field, "name");
    EQ(store_run_mark(s, VIEW("r-0"), &(struct run_marks){NULL, NULL, 0, -1}, &e), ST_NOT_FOUND);
    GOOD(store_run_mark(s, view_of(first), &(struct run_marks){NULL, NULL, 0, 0}, &e));
    arena_free(&a);
}

static void runs(struct store *s) {
    struct arena a;
    const struct run_filter all = {0};
    struct run_row row, *list;
    struct view json;
    struct err e;
    char id[24], second[24];
    int n;
    long long total;
    arena_init(&a, 64 << 20);
    GOOD(store_run_save(s, VIEW(""), VIEW("m"), VIEW("slow films"),
                        VIEW("{\"x\":\"\xf0\x9f\x8d\xba\"}"), id, &e));
    GOOD(store_run_save(s, VIEW(""), VIEW("m"), VIEW("o'clock\"; DROP TABLE run;--"), VIEW("{}"),
                        second, &e));
    EQ(strlen(id), 18);
    EQ_MEM(id, "r-", 2);
    OK(strcmp(id, second) != 0);
    GOOD(store_run(s, view_of(id), &a, &row, &json, &e));
    EQ_STR(json.p, "{\"x\":\"\xf0\x9f\x8d\xba\"}");
    EQ(json.n, strlen(json.p));
    EQ_STR(row.catalog, "m");
    EQ_STR(row.title, "slow films");
    EQ(store_run(s, VIEW("r-0"), &a, &row, &json, &e), ST_NOT_FOUND);
    GOOD(store_runs(s, &all, 0, 10, &a, &list, &n, &total, &e));
    EQ(n, 2);
    EQ(total, 2);
    EQ_STR(list[0].id, second);
    EQ_STR(list[0].title, "o'clock\"; DROP TABLE run;--");
    GOOD(store_runs(s, &all, 1, 10, &a, &list, &n, &total, &e));
    EQ(n, 1);
    EQ(store_runs(s, &all, 0, -1, &a, &list, &n, &total, &e), ST_INVALID);
    marked_runs(s, id, second);
    size_t max = 16 << 20;
    char *big = arena_alloc(&a, max + 1);
    memset(big, 'x', max + 1);
    GOOD(store_run_save(s, VIEW(""), VIEW("m"), VIEW(""), (struct view){big, max}, id, &e));
    EQ(store_run_save(s, VIEW(""), VIEW("m"), VIEW(""), (struct view){big, max + 1}, id, &e),
       ST_LIMIT);
    EQ_STR(id, "");
    /* A long title is cut between characters. */
    for (size_t i = 0; i + 3 <= 999; i += 3) memcpy(big + i, "\xe2\x82\xac", 3);
    GOOD(store_run_save(s, VIEW(""), VIEW("m"), (struct view){big, 999}, VIEW("{}"), id, &e));
    GOOD(store_run(s, view_of(id), &a, &row, &json, &e));
    EQ(strlen(row.title), 300);
    OK(utf8_valid(view_of(row.title)));

    EQ(store_surface(s, VIEW("s"), &a, &json, &e), ST_NOT_FOUND);
    GOOD(store_surface_put(s, VIEW("s"), VIEW("{\"a\":1}"), &e));
    GOOD(store_surface_put(s, VIEW("s"), VIEW("{\"a\":2}"), &e));
    GOOD(store_surface(s, VIEW("s"), &a, &json, &e));
    EQ_STR(json.p, "{\"a\":2}");
    EQ(store_surface_put(s, VIEW("no/slash"), VIEW("{}"), &e), ST_INVALID);
    GOOD(store_surface_delete(s, VIEW("s"), &e));
    EQ(store_surface_delete(s, VIEW("s"), &e), ST_NOT_FOUND);
    arena_free(&a);
}

int main(void) {
    char folder[64];
    struct store *s;
    struct err e;
    new_folder(folder);
    GOOD(store_open(&s, folder, &e));
    runs(s);
    store_close(s);
    drop_folder(folder);
    return t_end();
}
