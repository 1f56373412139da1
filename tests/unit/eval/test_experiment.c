/* links: rank eval import */
/* Experiments through tiny models: what a specification may say, cells that land one by one, and
 * going on after a stop. */
#include "server/eval/experiment/experiment.h"
#include "tests/unit/store/store_help.h"

#include <stdlib.h>

static struct registry *registry;
static struct store *store;
static struct arena arena;
static int cases, stop_after;

static void import(enum import_kind kind, const char *rows) {
    struct err e;
    struct import_result r;
    const struct import_config c = {
        .kind = kind, .format = IMPORT_JSONL, .catalog = VIEW("tiny"), .surface = VIEW("generic")};
    GOOD(import_text(store, &c, view_of(rows), &r, &e));
    EQ(r.stored, 1);
}

static void fill(void) {
    static char rows[1 << 17];
    size_t n = 0;
    for (int i = 0; i < 60; i++)
        n += (size_t)snprintf(rows + n, sizeof rows - n,
                              "{\"id\":\"i%d\",\"title\":\"thing %d\"}\n", i, i);
    import(IMPORT_ITEMS, rows);
    n = 0;
    for (int m = 0; m < 12; m++)
        for (int k = 0; k < 12; k++)
            n += (size_t)snprintf(
                rows + n, sizeof rows - n,
                "{\"member\":\"m%d\",\"item\":\"i%d\",\"label\":\"%s\",\"at\":%d}\n", m,
                (4 * k + m) % 60, k % 4 == 1 ? "dislike" : "like", 100000 + 10 * k);
    import(IMPORT_INTERACTIONS, rows);
}

static void refused(void) {
    static const struct {
        const char *json;
        enum status st;
        const char *field;
    } bad[] = {
        {"{\"name\":\"x\",", ST_BAD_INPUT, ""},
        {"[]", ST_BAD_INPUT, ""},
        {"{\"protocol\":\"coldstart\"}", ST_INVALID, "name"},
        {"{\"name\":\"x\",\"protocol\":\"luck\"}", ST_INVALID, "protocol"},
        {"{\"name\":\"x\",\"protocol\":\"coldstart\",\"grids\":{}}", ST_INVALID, "grids"},
        {"{\"name\":\"x\",\"protocol\":\"coldstart\",\"grid\":{\"q\":[1]}}", ST_INVALID, "q"},
        {"{\"name\":\"x\",\"protocol\":\"coldstart\",\"grid\":{\"k\":[51]}}", ST_INVALID, "grid.k"},
        {"{\"name\":\"x\",\"protocol\":\"coldstart\",\"grid\":{\"k\":3}}", ST_INVALID, "k"},
        {"{\"name\":\"x\",\"protocol\":\"coldstart\",\"grid\":{\"readout\":[\"bm25\"]}}",
         ST_INVALID, "grid.readout"},
        {"{\"name\":\"x\",\"protocol\":\"coldstart\",\"grid\":{\"model\":[\"/etc/passwd\"]}}",
         ST_INVALID, "grid.model"},
        {"{\"name\":\"x\",\"protocol\":\"coldstart\",\"grid\":{\"model\":[\"..\"]}}", ST_INVALID,
         "grid.model"},
        {"{\"name\":\"x\",\"protocol\":\"coldstart\",\"members\":0}", ST_INVALID, "members"},
    };
    char id[EXPERIMENT_ID];
    struct experiment_row *x;
    struct err e;
    int n;
    for (size_t i = 0; i < COUNT(bad); i++) {
        EQ(experiment_add(store, VIEW(""), view_of(bad[i].json), 0, id, &e), bad[i].st);
        EQ_STR(e.field, bad[i].field);
        EQ_STR(id, "");
    }
    GOOD(store_experiments(store, VIEW(""), &arena, &x, &n, &e));
    EQ(n, 0);
    EQ(store_experiments(store, VIEW("x-1"), &arena, &x, &n, &e), ST_NOT_FOUND);
}

static int on_stop(void *arg) {
    (void)arg;
    return stop_after && cases >= stop_after;
}

static void on_progress(void *arg, const char *protocol, int done, int total) {
    (void)arg;
    (void)protocol;
    (void)done;
    (void)total;
    cases++;
}

static struct experiment_host host(void) {
    return (struct experiment_host){
        .store = store,
        .registry = registry,
        .base = {.code = "code", .command = "", .stop = on_stop, .progress = on_progress}};
}

static const char spec[] =
    "{\"name\":\"K and model\",\"protocol\":\"coldstart\",\"catalog\":\"tiny\",\"members\":3,"
    "\"split\":\"development\",\"grid\":{\"model\":[\"\",\"wide.gguf\",\"none.gguf\"],\"k\":[0,3],"
    "\"readout\":[\"item\"],\"history\":[\"likes\",\"balanced\"]}}";

static const char *find(const char *json, const char *what) {
    const char *p = strstr(json, what);
    return p ? p : "";
}

static void grid(void) {
    char id[EXPERIMENT_ID], again[EXPERIMENT_ID];
    struct experiment_host h = host();
    struct experiment_row *x;
    struct experiment_cell *c;
    struct err e;
    int n;
    GOOD(experiment_add(store, VIEW(""), VIEW(spec), 0, id, &e));
    GOOD(experiment_add(store, VIEW(""), VIEW(spec), 0, again, &e));
    EQ_STR(again, id);
    /* Stopped within its third cell: two have landed, and it goes on from there. */
    stop_after = 7;
    EQ(experiment_run(&h, view_of(id), &e), ST_CANCELLED);
    GOOD(store_experiments(store, view_of(id), &arena, &x, &n, &e));
    EQ(x[0].cells, 12);
    EQ(x[0].done, 2);
    stop_after = 0;
    cases = 0;
    GOOD(experiment_run(&h, view_of(id), &e));
    GOOD(store_experiments(store, view_of(id), &arena, &x, &n, &e));
    EQ(x[0].done, 8);
    EQ(x[0].failed, 4);
    EQ_STR(x[0].name, "K and model");
    GOOD(store_experiment_cells(store, view_of(id), &arena, &c, &n, &e));
    EQ(n, 12);
    for (int i = 0; i < n; i++) {
        EQ_STR(c[i].state, i < 8 ? "done" : "failed");
        EQ_STR(c[i].code, "code");
        OK(c[i].finished > 0);
        if (i < 8) OK(strstr(c[i].result, "\"ndcg10\"") && strstr(c[i].result, "\"sha256\""));
        if (i >= 8) OK(strstr(c[i].error, "none.gguf") != NULL);
    }
    /* Balanced examples differ from liked ones; with K = 0 nothing is known by either. */
    OK(strcmp(find(c[1].result, "\"figures\""), find(c[3].result, "\"figures\"")) != 0);
    OK(strcmp(find(c[0].result, "\"model\""), find(c[4].result, "\"model\"")) != 0);
    GOOD(store_experiment_delete(store, view_of(id), &e));
    EQ(store_experiment_delete(store, view_of(id), &e), ST_NOT_FOUND);
    GOOD(store_experiment_cells(store, view_of(id), &arena, &c, &n, &e));
    EQ(n, 0);
}

int main(void) {
    struct err e;
    char folder[] = "/tmp/taproom-experiment-XXXXXX";
    const struct registry_wait w = {NULL, NULL};
    CHECK(mkdtemp(folder));
    arena_init(&arena, (size_t)1 << 30);
    GOOD(store_open(&store, folder, &e));
    fill();
    GOOD(registry_open(&registry,
                       &(struct registry_config){
                           .store = store, .engine = {.threads = 1}, .folder = "fixtures/tiny"},
                       &e));
    GOOD(registry_switch(registry, VIEW("tied"), &w, &e));
    refused();
    grid();
    registry_close(registry);
    store_close(store);
    arena_free(&arena);
    return t_end();
}
