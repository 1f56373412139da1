/* Chunks of equal shape as CUDA graphs: the bits of a job are the same with and without, when what
 * was recorded fits no longer, and when recording fails. */
#include "kernels/cuda/host/faults.h"
#include "tests/unit/model/tiny_model.h"

enum { ITEMS = 4, LABELS = 2, TRUNK = 13, LEN = 9 };
static const int32_t labels[LABELS] = {5, 200};
static struct forest forest;

struct answers {
    float label[ITEMS][LABELS], token[ITEMS][LEN];
};

/* Items of `len` tokens after a trunk of TRUNK; `salt` makes other tokens. */
static void rank(struct engine *en, int items, int len, int salt, struct answers *out) {
    struct ask ask[2 * ITEMS];
    int32_t tok[TRUNK];
    struct err e;
    memset(out, 0, sizeof *out);
    forest_clear(&forest);
    for (int i = 0; i <= items; i++) {
        for (int k = 0; k < TRUNK; k++) tok[k] = (i * 31 + k * 7 + salt * 13 + 3) % TINY_VOCAB;
        forest_add(&forest, i ? 0 : -1, tok, i ? len : TRUNK, 0);
    }
    for (int i = 0; i < items; i++) {
        ask[2 * i] = (struct ask){i + 1, LABELS, labels, out->label[i]};
        ask[2 * i + 1] = (struct ask){i + 1, 0, NULL, out->token[i]};
    }
    struct job j = {.tree = &forest.t, .ask = ask, .n_asks = 2 * items};
    GOOD(engine_score(en, &j, &e));
}

static struct engine *open_as(const char *file, const char *precision, const char *graphs) {
    setenv("TAPROOM_CUDA_GRAPHS", graphs, 1);
    return tiny_open(file, "cuda", precision, 1, 128);
}

static void same(struct engine *on, struct engine *off, int items, int len, int salt) {
    struct answers got, want;
    rank(off, items, len, salt, &want);
    rank(on, items, len, salt, &got);
    EQ_MEM(&got, &want, sizeof got);
}

static void test_replays(const char *file, const char *precision) {
    struct engine *on = open_as(file, precision, "1"), *off = open_as(file, precision, "0");
    if (!on || !off) return;
    long before = shim_count(SHIM_REPLAY), recorded = shim_count(SHIM_CAPTURE);
    for (int i = 0; i < 4; i++) same(on, off, ITEMS, 5, i); /* one shape, other tokens */
    EQ(shim_count(SHIM_REPLAY) - before, 3);
    EQ(shim_count(SHIM_CAPTURE) - recorded, 3); /* begin, end, make: once */
    same(on, off, 2, 3, 0);                     /* other shapes; buffers grow with the last */
    same(on, off, ITEMS, LEN, 1);
    same(on, off, ITEMS, LEN, 2);
    for (int i = 0; i < 4; i++) same(on, off, ITEMS, 5, i);
    before = shim_count(SHIM_REPLAY);
    same(on, off, ITEMS, 5, 7);
    EQ(shim_count(SHIM_REPLAY) - before, 1);
    engine_close(on);
    engine_close(off);
    EQ(shim_live(), 0);
}

/* The nth call of recording fails: answers are right, and after three times nobody tries again. */
static void test_recording_fails(void) {
    struct engine *off = open_as(TINY("tied"), "bf16", "0");
    for (int n = 1; n <= 3; n++) {
        struct engine *on = open_as(TINY("tied"), "bf16", "1");
        for (int i = 0; i < 4; i++) {
            shim_fail_at(SHIM_CAPTURE, n, 0);
            same(on, off, ITEMS, 5, i);
        }
        shim_fail_at(SHIM_CAPTURE, 0, 0);
        long calls = shim_count(SHIM_CAPTURE), replays = shim_count(SHIM_REPLAY);
        for (int i = 0; i < 3; i++) same(on, off, ITEMS, 7, i);
        EQ(shim_count(SHIM_CAPTURE), calls);
        EQ(shim_count(SHIM_REPLAY), replays);
        engine_close(on);
    }
    engine_close(off);
    EQ(shim_live(), 0);
}

/* An operation fails while it is recorded. */
static void test_operation_fails(void) {
    struct engine *on = open_as(TINY("tied"), "bf16", "1"),
                  *off = open_as(TINY("tied"), "bf16", "0");
    struct answers want, got;
    rank(off, ITEMS, 5, 1, &want);
    rank(on, ITEMS, 5, 0, &got);
    shim_fail_at(SHIM_LAUNCH, 4, 0);
    rank(on, ITEMS, 5, 1, &got);
    EQ_MEM(&got, &want, sizeof got);
    shim_fail_at(SHIM_PRODUCT, 2, 0);
    rank(on, ITEMS, 5, 1, &got);
    EQ_MEM(&got, &want, sizeof got);
    shim_fail_at(SHIM_PRODUCT, 0, 0);
    engine_close(on);
    engine_close(off);
}

int main(int argc, char **argv) {
    (void)argc;
    tiny_start(argv);
    forest_open(&forest);
    test_replays(TINY("qwen3"), "fp8");
    test_replays(TINY("gemma3"), "bf16");
    test_recording_fails();
    test_operation_fails();
    forest_close(&forest);
    return t_end();
}
