/* The Nth allocation, copy, launch, product or wait fails, once or for good: a named error, nothing
 * leaked, and the next request answers with the right bits. */
#include "kernels/cuda/host/faults.h"
#include "tests/unit/model/tiny_model.h"

enum { ITEMS = 3, LEN = 5, LABELS = 2, TOKENS = 9 };
static const int32_t labels[LABELS] = {5, 200};
static struct forest forest;

struct answers {
    float label[ITEMS][LABELS], token[ITEMS][LEN];
};

static enum status rank(struct engine *en, struct answers *out, struct err *e) {
    struct ask ask[2 * ITEMS];
    int32_t tok[TOKENS];
    memset(out, 0, sizeof *out);
    forest_clear(&forest);
    for (int i = 0; i <= ITEMS; i++) {
        for (int k = 0; k < TOKENS; k++) tok[k] = (i * 31 + k * 7 + 3) % TINY_VOCAB;
        forest_add(&forest, i ? 0 : -1, tok, i ? LEN : TOKENS, 0);
    }
    for (int i = 0; i < ITEMS; i++) {
        ask[2 * i] = (struct ask){i + 1, LABELS, labels, out->label[i]};
        ask[2 * i + 1] = (struct ask){i + 1, 0, NULL, out->token[i]};
    }
    struct job j = {.tree = &forest.t, .ask = ask, .n_asks = 2 * ITEMS};
    return engine_score(en, &j, e);
}

static enum status open_(struct engine **en, struct err *e) {
    const struct engine_config c = {.model = TINY("tied"), .backend = "cuda", .chunk_rows = 16};
    *en = NULL;
    return engine_open(en, &c, e);
}

static const char *const call_name[] = {"allocation", "copy",      "launch", "product",
                                        "wait",       "recording", "replay"};

/* What may be said: memory that ran out, a device that is lost, or CUDA's own words. */
static void named(enum status st, const struct err *e, int what, int lost, long n) {
    int memory =
        st == ST_NO_MEMORY && !lost && (what == SHIM_ALLOC || strstr(e->text, "no memory"));
    int cuda = st == ST_INTERNAL && !lost && strncmp(e->text, "CUDA: ", 6) == 0;
    int device = st == ST_DEVICE_LOST && strstr(e->text, "CUDA: the device was lost (");
    t_checks++;
    if (!(memory || cuda || device))
        T_SAY("%s %ld: %s: '%s'", call_name[what], n, status_name(st), e->text);
}

/* While the model is loaded; buffers that a lost device does not give are said to lack memory. */
static void test_open(int what, int lost) {
    struct err e = {.line = 0};
    long n = 1, failures = 0;
    for (;; n++, failures++) {
        struct engine *en;
        shim_fail_at(what, n, lost);
        enum status st = open_(&en, &e);
        shim_fail_at(what, 0, 0);
        engine_close(en);
        EQ(shim_live(), 0);
        if (st == ST_OK) break;
        named(st, &e, what, lost && st != ST_NO_MEMORY, n);
    }
    OK(failures > 0 || what == SHIM_PRODUCT); /* loading needs no product */
    printf("loading: %ld failures of a %s%s\n", failures, call_name[what], lost ? ", lost" : "");
}

/* While a request is computed. */
static void test_score(struct engine *en, const struct answers *want, int what, int lost) {
    struct answers got;
    struct err e = {.line = 0};
    size_t live = shim_live();
    long n = 1, failures = 0;
    for (;; n++, failures++) {
        shim_fail_at(what, n, lost);
        enum status st = rank(en, &got, &e);
        if (lost && st != ST_OK) EQ(rank(en, &got, &e), ST_DEVICE_LOST); /* and stays so */
        shim_fail_at(what, 0, 0);
        if (st == ST_OK) break;
        named(st, &e, what, lost, n);
        EQ(shim_live(), live);
        GOOD(rank(en, &got, &e));
        EQ_MEM(&got, want, sizeof got);
    }
    OK(failures > 0);
    printf("scoring: %ld failures of a %s%s\n", failures, call_name[what], lost ? ", lost" : "");
}

int main(int argc, char **argv) {
    (void)argc;
    struct engine *en;
    struct answers want;
    struct err e;
    tiny_start(argv);
    forest_open(&forest);
    setenv("TAPROOM_CUDA_GRAPHS", "0", 1);
    for (int what = 0; what < SHIM_CAPTURE; what++)
        for (int lost = 0; lost < 2; lost++) test_open(what, lost);
    GOOD(open_(&en, &e));
    GOOD(rank(en, &want, &e));
    GOOD(rank(en, &want, &e)); /* buffers have their size by now */
    for (int what = 0; what < SHIM_CAPTURE; what++)
        for (int lost = 0; lost < 2; lost++) test_score(en, &want, what, lost);
    engine_close(en);
    static const int with_graphs[] = {SHIM_COPY, SHIM_SYNC, SHIM_REPLAY};
    setenv("TAPROOM_CUDA_GRAPHS", "1", 1); /* a failed recording is in test_cuda_graphs.c */
    GOOD(open_(&en, &e));
    for (int i = 0; i < 3; i++) GOOD(rank(en, &want, &e));
    for (size_t i = 0; i < COUNT(with_graphs); i++)
        for (int lost = 0; lost < 2; lost++) test_score(en, &want, with_graphs[i], lost);
    engine_close(en);
    EQ(shim_live(), 0);
    forest_close(&forest);
    return t_end();
}
