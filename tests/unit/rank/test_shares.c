/* links: rank import */
/* What adds up to `auto`: clauses, the wish as one text, its meaning by the embedding model; shares
 * of the request, of the surface, of an adapter. */
#include "model/adapter.h"
#include "model/embed/embed.h"
#include "model/format/hash.h"
#include "model/format/shards.h"
#include "server/rank/rank.h"
#include "tests/unit/store/store_help.h"

#include <math.h>

#define TINY "fixtures/tiny/tied.gguf"

static struct err e;
static struct arena arena;
static struct store *store;
static struct embedder *embedder;
static struct ranker ranker;

static const char items[] = "{\"id\":\"a\",\"title\":\"red chair\",\"text\":\"wood\"}\n"
                            "{\"id\":\"b\",\"title\":\"blue lamp\",\"text\":\"glass\"}\n"
                            "{\"id\":\"c\",\"title\":\"old red boat\",\"text\":\"it leaks\"}\n"
                            "{\"id\":\"d\",\"title\":\"green kite\",\"text\":\"for wind\"}\n";

static struct rank_result *rank(struct rank_request *r) {
    struct rank_result *x = ARENA_NEW(&arena, struct rank_result, 1);
    GOOD(rank_run(&ranker, r, NULL, &arena, x, &e));
    return x;
}

static struct rank_request request(enum readout_id readout) {
    static struct view all[] = {VIEW("a"), VIEW("b"), VIEW("c"), VIEW("d")};
    struct rank_request r;
    request_init(&r);
    r.catalog = VIEW("shop");
    r.instruction = VIEW("something red to sit on, no lamps");
    r.readout = readout;
    r.candidate = all;
    r.n_candidates = 4;
    return r;
}

/* The parts are all there is. */
static void adds_up(const struct rank_result *x) {
    for (int i = 0; i < x->n; i++) {
        const struct ranked *k = &x->item[i];
        double sum = k->whole + k->meaning;
        for (int c = 0; k->clause && c < x->n_clauses; c++) sum += k->clause[c];
        NEAR(sum, k->score, 1e-9);
    }
}

static int any(const struct rank_result *x, int meaning) {
    int n = 0;
    for (int i = 0; i < x->n; i++) n += (meaning ? x->item[i].meaning : x->item[i].whole) != 0;
    return n;
}

static const struct ranked *of(const struct rank_result *x, const char *id) {
    for (int i = 0; i < x->n; i++)
        if (strcmp(x->item[i].item->id, id) == 0) return &x->item[i];
    CHECK(0);
    return NULL;
}

static void alone(const struct rank_result *many, struct rank_request r) {
    r.n_candidates = 1;
    for (int i = 0; i < 4; i++, r.candidate++) {
        const struct rank_result *one = rank(&r);
        EQ_MEM(&one->item[0].score, &of(many, one->item[0].item->id)->score, sizeof(double));
    }
}

/* A model as it is: the meaning counts in auto only, and as much as is asked for. */
static void plain(void) {
    struct rank_request r = request(READOUT_AUTO);
    const struct rank_result *x = rank(&r);
    adds_up(x);
    EQ(any(x, 1), 4);
    EQ(any(x, 0), 0);
    OK(strstr(x->why, "embedding") != NULL);
    alone(x, r);
    double was = of(x, "c")->meaning;
    r.has_meaning = 1;
    r.meaning = x->share_meaning / 2;
    NEAR(of(rank(&r), "c")->meaning, was / 2, 1e-12);
    r.meaning = 0;
    x = rank(&r);
    EQ(any(x, 1), 0);
    r = request(READOUT_QUERY);
    const struct rank_result *query = rank(&r);
    EQ(any(query, 1), 0);
    EQ_MEM(&of(x, "c")->score, &of(query, "c")->score, sizeof(double));
    ranker.embedder = NULL;
    r = request(READOUT_AUTO);
    EQ(any(rank(&r), 1), 0);
    ranker.embedder = embedder;
}

/* A surface's own shares, of whatever model. */
static void of_a_surface(void) {
    struct surface s;
    struct rank_request r = request(READOUT_AUTO);
    GOOD(store_surface_put(store, VIEW("mine"),
                           VIEW("{\"title\":\"Mine\",\"weights\":{\"whole\":2,\"meaning\":0}}"),
                           &e));
    r.surface = VIEW("mine");
    const struct rank_result *x = rank(&r);
    adds_up(x);
    EQ(any(x, 0), 4);
    EQ(any(x, 1), 0);
    alone(x, r);
    /* Clauses of the person's own are what is read as one text. */
    r.has_clauses = 1;
    r.clause[r.n_clauses++] =
        (struct clause){.text = VIEW("something green"), .sign = 1, .weight = 1};
    OK(of(rank(&r), "d")->whole != of(x, "d")->whole);
    static const char *const wrong[] = {"{\"weights\":{\"whole\":-1}}",
                                        "{\"weights\":{\"half\":1}}",
                                        "{\"weights\":{\"meaning\":\"1\"}}", "{\"weights\":[]}"};
    for (size_t i = 0; i < COUNT(wrong); i++)
        EQ(surface_parse(&s, VIEW("x"), view_of(wrong[i]), &arena, &e), ST_INVALID);
}

/* An adapter says what it was trained for, and is asked for that. */
static void of_an_adapter(const char *folder) {
    char path[128];
    struct adapter ad;
    struct adapter_part part = {.name = "blk.0.attn_q.weight", .rank = 1};
    struct shards files;
    struct arena tables;
    arena_init(&tables, 1 << 24);
    GOOD(shards_open(&files, TINY, &tables, NULL, &e));
    const struct gguf_tensor *t = gguf_tensor(&files.g, part.name);
    part.k = (int)t->dim[0];
    part.n = (int)t->dim[1];
    part.a = ARENA_NEW(&arena, float, (size_t)part.k);
    part.b = ARENA_NEW(&arena, float, (size_t)part.n);
    for (int i = 0; i < part.k; i++) part.a[i] = .1f;
    for (int i = 0; i < part.n; i++) part.b[i] = i % 3 == 0 ? .1f : 0;
    ad = (struct adapter){.alpha = 1, .arch = "llama", .readout = "query", .beta = .25f, .n = 1};
    ad.part = &part;
    hash_hex(&files.sha, ad.base);
    snprintf(path, sizeof path, "%s/mine.gguf", folder);
    GOOD(adapter_write(&ad, path, &e));
    shards_close(&files);
    arena_free(&tables);
    struct engine *en;
    GOOD(engine_open(&en, &(struct engine_config){.model = TINY, .adapter = path, .threads = 1},
                     &e));
    struct engine_info m;
    engine_info(en, &m);
    EQ_STR(m.trained_for, "query");
    OK(m.trained_beta == .25f);
    struct ranker was = ranker;
    ranker_init(&ranker, store, en);
    ranker.embedder = embedder;
    struct rank_request r = request(READOUT_AUTO);
    const struct rank_result *x = rank(&r);
    adds_up(x);
    EQ(any(x, 0), 4);
    EQ(any(x, 1), 4);
    alone(x, r);
    r.surface = VIEW("movies"); /* has shares of its own */
    EQ(any(rank(&r), 0), 0);
    ranker_close(&ranker);
    engine_close(en);
    ranker = was;
}

int main(void) {
    char folder[64];
    struct engine *en;
    new_folder(folder);
    arena_init(&arena, (size_t)1 << 28);
    GOOD(store_open(&store, folder, &e));
    const struct import_config c = {
        .kind = IMPORT_ITEMS, .format = IMPORT_JSONL, .catalog = VIEW("shop")};
    struct import_result in;
    GOOD(import_text(store, &c, view_of(items), &in, &e));
    GOOD(engine_open(&en, &(struct engine_config){.model = TINY, .threads = 1}, &e));
    GOOD(embedder_open(&embedder, "fixtures/embedding/tiny", 1, &e));
    ranker_init(&ranker, store, en);
    ranker.embedder = embedder;
    plain();
    of_a_surface();
    of_an_adapter(folder);
    ranker_close(&ranker);
    engine_close(en);
    embedder_close(embedder);
    store_close(store);
    arena_free(&arena);
    drop_folder(folder);
    return t_end();
}
