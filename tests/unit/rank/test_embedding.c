/* links: rank import */
/* The embedding baseline on small models of random weights: what its score is made of, that vectors
 * are kept and made anew for a new text, retrieval, and what it says when it has nothing. */
#include "model/embed/embed.h"
#include "model/engine/engine.h"
#include "server/baselines/each/vectors.h"
#include "server/rank/rank.h"
#include "tests/unit/store/store_help.h"

#include <unistd.h>

static struct ranker *ranker;
static struct arena arena; /* of all results */
static struct err e;

#define ROWS                                                                             \
    "{\"id\":\"a\",\"title\":\"slow film\",\"text\":\"about grief\",\"popularity\":5}\n" \
    "{\"id\":\"b\",\"title\":\"winter sea\",\"popularity\":9}\n"                         \
    "{\"id\":\"c\",\"title\":\"the quiet film\",\"popularity\":1}\n"                     \
    "{\"id\":\"d\",\"title\":\"zebra\",\"popularity\":2}\n"
enum { ITEMS = 4 };
static const char *const ids[ITEMS] = {"a", "b", "c", "d"};

static struct rank_request request(const char *wish) {
    struct rank_request r;
    request_init(&r);
    r.catalog = VIEW("tiny");
    r.surface = VIEW("generic");
    r.instruction = view_of(wish);
    r.baseline[0] = VIEW("embedding");
    r.n_baselines = 1;
    r.all_baselines = 0;
    r.readout = READOUT_ITEM;
    return r;
}

static const struct baseline_info *rank(struct rank_request *r, double score[ITEMS]) {
    struct rank_result *x = ARENA_NEW(&arena, struct rank_result, 1);
    if (r->n_candidates == 0) {
        r->candidate = ARENA_NEW(&arena, struct view, ITEMS);
        for (int i = 0; i < ITEMS; i++) r->candidate[r->n_candidates++] = view_of(ids[i]);
    }
    GOOD(rank_run(ranker, r, NULL, &arena, x, &e));
    for (int i = 0; i < x->n; i++)
        for (int k = 0; k < ITEMS; k++)
            if (strcmp(x->item[i].item->id, ids[k]) == 0)
                score[k] = x->item[i].baseline[BASELINE_EMBEDDING].score;
    return &x->baseline[BASELINE_EMBEDDING];
}

static void clauses(struct rank_request *r, double plus, double minus) {
    r->has_clauses = 1;
    r->n_clauses = 0;
    if (plus > 0)
        r->clause[r->n_clauses++] =
            (struct clause){.text = VIEW("quiet sea"), .sign = 1, .weight = plus};
    if (minus > 0)
        r->clause[r->n_clauses++] =
            (struct clause){.text = VIEW("grief"), .sign = -1, .weight = minus};
}

/* Wanted clauses are added and unwanted ones subtracted, by their weights. */
static void test_clauses(void) {
    struct rank_request r = request("");
    double plus[ITEMS], minus[ITEMS], half[ITEMS], both[ITEMS];
    clauses(&r, 1, 0);
    OK(rank(&r, plus)->available);
    clauses(&r, 0, 1);
    OK(rank(&r, minus)->available);
    clauses(&r, 0, 0.5);
    OK(rank(&r, half)->available);
    clauses(&r, 1, 0.5);
    OK(rank(&r, both)->available);
    for (int i = 0; i < ITEMS; i++) {
        OK(fabs(plus[i]) <= 1.0001 && plus[i] != 0);
        NEAR(half[i], minus[i] / 2, 1e-6);
        NEAR(both[i], plus[i] + half[i], 1e-6);
    }
    OK(plus[0] != plus[1] && minus[0] != minus[1]);
}

/* What is liked is nearest to itself; what is disliked is farthest. */
static void test_examples(void) {
    struct rank_request r = request("");
    double liked[ITEMS], disliked[ITEMS], text[ITEMS];
    r.example[r.n_examples++] = (struct example){VIEW("b"), VIEW(""), 1};
    OK(rank(&r, liked)->available);
    r.example[0].label = -1;
    OK(rank(&r, disliked)->available);
    for (int i = 0; i < ITEMS; i++)
        if (i != 1) OK(liked[i] < liked[1] && disliked[i] > disliked[1]);
    NEAR(liked[1], 1, 1e-5);
    r.example[0] = (struct example){VIEW(""), VIEW("winter sea"), 1};
    OK(rank(&r, text)->available);
    OK(text[1] > text[0] && text[1] > text[3]);
}

static long long kept(void) {
    long long n = -1;
    GOOD(store_vectors_count(ranker->store, &n, &e));
    return n;
}

/* The second ranking makes no vector of an item; an item whose text changed gets a
 * new one. */
static void test_kept(void) {
    struct rank_request r = request("slow film");
    double first[ITEMS], again[ITEMS];
    (void)rank(&r, first);
    EQ(kept(), ITEMS);
    long long texts = embedder_texts(ranker->embedder);
    (void)rank(&r, again);
    EQ(embedder_texts(ranker->embedder) - texts, 1); /* the wish */
    EQ_MEM(first, again, sizeof first);
    r.surface = VIEW("movies"); /* writes item a's text in another way */
    texts = embedder_texts(ranker->embedder);
    (void)rank(&r, again);
    long long made = embedder_texts(ranker->embedder) - texts;
    OK(made > 1 && made <= 1 + ITEMS);
    OK(again[0] != first[0]);
    EQ(kept(), ITEMS);
}

static void test_nothing(void) {
    struct rank_request r = request("");
    double score[ITEMS] = {0};
    const struct baseline_info *b = rank(&r, score);
    EQ(b->available, 0);
    OK(b->why && strstr(b->why, "no wish and no example"));
    struct embedder *had = ranker->embedder;
    ranker->embedder = NULL;
    r = request("slow film");
    b = rank(&r, score);
    EQ(b->available, 0);
    OK(b->why && strstr(b->why, "./taproom setup"));
    ranker->embedder = had;
}

/* The history that matters for a wish is what its embedding is nearest to, though no word is
 * shared; without the model the newest stay. */
static void test_history(void) {
    load(ranker->store, IMPORT_MEMBERS, "tiny", "{\"id\":\"m\",\"name\":\"M\"}\n");
    load(ranker->store, IMPORT_INTERACTIONS, "tiny",
         "{\"member\":\"m\",\"item\":\"a\",\"label\":\"like\",\"at\":1}\n"
         "{\"member\":\"m\",\"item\":\"b\",\"label\":\"like\",\"at\":2}\n"
         "{\"member\":\"m\",\"item\":\"c\",\"label\":\"like\",\"at\":3}\n"
         "{\"member\":\"m\",\"item\":\"d\",\"label\":\"like\",\"at\":4}\n");
    struct rank_request r = request("cold water");
    double score[ITEMS];
    int best = 0;
    (void)rank(&r, score);
    for (int i = 1; i < ITEMS; i++)
        if (score[i] > score[best]) best = i;
    OK(best != 3);
    r.member = VIEW("m");
    r.policy = HISTORY_RELEVANT;
    r.history = 1;
    struct rank_result *x = ARENA_NEW(&arena, struct rank_result, 1);
    GOOD(rank_run(ranker, &r, NULL, &arena, x, &e));
    EQ(x->n_history, 1);
    EQ_STR(x->history[0].item, ids[best]);
    EQ(x->chosen.by_wish, 1);
    struct embedder *had = ranker->embedder;
    ranker->embedder = NULL;
    GOOD(rank_run(ranker, &r, NULL, &arena, x, &e));
    EQ_STR(x->history[0].item, "d");
    EQ(x->chosen.by_wish, 0);
    ranker->embedder = had;
}

/* The candidates are the nearest of the catalogue, as scored one by one. */
static void test_retrieve(void) {
    struct rank_request r = request("quiet film");
    double score[ITEMS];
    (void)rank(&r, score);
    int best = 0;
    for (int i = 1; i < ITEMS; i++)
        if (score[i] > score[best]) best = i;
    r = request("quiet film");
    r.retrieve = RETRIEVE_EMBEDDING;
    r.count = 1;
    struct rank_result *x = ARENA_NEW(&arena, struct rank_result, 1);
    GOOD(rank_run(ranker, &r, NULL, &arena, x, &e));
    EQ(x->n, 1);
    EQ_STR(x->item[0].item->id, ids[best]);
    r.instruction = VIEW("");
    EQ(rank_run(ranker, &r, NULL, &arena, x, &e), ST_INVALID);
    EQ_STR(e.field, "candidates.retrieve");
}

/* A vector of another model or of another length does not count. */
static void test_store(void) {
    struct item *all;
    int n;
    long long total, hash = -7, row;
    float vec[3] = {1, 2, 3}, got[3] = {0};
    unsigned char has = 9;
    GOOD(store_items(ranker->store, VIEW("tiny"), VIEW(""), 0, 9, &arena, &all, &n, &total, &e));
    row = all[0].row;
    GOOD(store_vectors_keep(ranker->store, VIEW("m"), &row, &hash, 1, 3, vec, &e));
    GOOD(store_vectors_find(ranker->store, VIEW("m"), &row, &hash, 1, 3, got, &has, &e));
    EQ(has, 1);
    EQ_MEM(got, vec, sizeof vec);
    GOOD(store_vectors_find(ranker->store, VIEW("m"), &row, &hash, 1, 2, got, &has, &e));
    EQ(has, 0);
    GOOD(store_vectors_find(ranker->store, VIEW("other"), &row, &hash, 1, 3, got, &has, &e));
    EQ(has, 0);
    hash++;
    GOOD(store_vectors_find(ranker->store, VIEW("m"), &row, &hash, 1, 3, got, &has, &e));
    EQ(has, 0);
    long long before = kept(), gone = 999999;
    GOOD(store_vectors_keep(ranker->store, VIEW("m"), &gone, &hash, 1, 3, vec, &e));
    EQ(kept(), before);
    GOOD(store_catalog_delete(ranker->store, VIEW("tiny"), &e));
    EQ(kept(), 0);
}

int main(int argc, char **argv) {
    (void)argc;
    if (!getenv("OMP_WAIT_POLICY")) { /* read at the start only; spinning takes the others' time */
        setenv("OMP_WAIT_POLICY", "passive", 1);
        execv("/proc/self/exe", argv);
    }
    char folder[64];
    struct store *store;
    struct engine *engine;
    struct engine_config c = {.model = "fixtures/tiny/wide.gguf", .threads = 1};
    new_folder(folder);
    arena_init(&arena, 256 << 20);
    ranker = mem_alloc(sizeof *ranker);
    CHECK(ranker);
    GOOD(store_open(&store, folder, &e));
    GOOD(engine_open(&engine, &c, &e));
    if (t_failed) return t_end();
    ranker_init(ranker, store, engine);
    GOOD(embedder_open(&ranker->embedder, "fixtures/embedding/tiny", 1, &e));
    load(store, IMPORT_ITEMS, "tiny", ROWS);
    if (!t_failed) {
        test_clauses();
        test_examples();
        test_kept();
        test_nothing();
        test_retrieve();
        test_history();
        test_store();
    }
    struct embedder *em = ranker->embedder;
    ranker_close(ranker);
    embedder_close(em);
    engine_close(engine);
    store_close(store);
    arena_free(&arena);
    mem_free(ranker);
    drop_folder(folder);
    return t_end();
}
