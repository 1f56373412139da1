/* The engine on the CUDA backend, over the host shim: answers against the reference, equality of
 * bits between ways of asking, and which backend is taken. */
#include "kernels/cuda/host/faults.h"
#include "tests/unit/model/tiny_model.h"

enum { POOL = 14, ITEM_MAX = 23, TRUNK = 70, LABELS = 3, CLAUSE = 5 };
static const int32_t labels[LABELS] = {5, 200, 17};
static int32_t trunk[TRUNK], item[POOL][ITEM_MAX], clause[2][CLAUSE];
static int item_len[POOL];
static struct forest forest;

static void make_items(void) {
    uint32_t seed = 11;
    for (int i = 0; i < TRUNK; i++) trunk[i] = (int32_t)(tiny_random(&seed) % TINY_VOCAB);
    for (int i = 0; i < 2 * CLAUSE; i++)
        clause[i / CLAUSE][i % CLAUSE] = (int32_t)(tiny_random(&seed) % TINY_VOCAB);
    for (int i = 0; i < POOL; i++) {
        item_len[i] = i == 12 ? item_len[4] : 1 + i * 7 % ITEM_MAX;
        for (int k = 0; k < item_len[i]; k++)
            item[i][k] = i == 12 ? item[4][k] : (int32_t)(tiny_random(&seed) % TINY_VOCAB);
    }
}

/* Everything that readouts read of one item: labels after it, its own tokens, two clauses after
 * it. */
struct score {
    float label[LABELS], token[ITEM_MAX], clause[2][CLAUSE];
};

static void rank(struct engine *en, const int *list, int n, int keep, struct score *out) {
    static struct ask ask[4 * POOL];
    struct err e;
    int asks = 0;
    forest_clear(&forest);
    int root = forest_add(&forest, -1, trunk, TRUNK, keep);
    for (int i = 0; i < n; i++) {
        int node = forest_add(&forest, root, item[list[i]], item_len[list[i]], keep);
        memset(&out[i], 0, sizeof out[i]);
        ask[asks++] = (struct ask){node, LABELS, labels, out[i].label};
        if (!keep) ask[asks++] = (struct ask){node, 0, NULL, out[i].token};
        for (int k = 0; k < 2; k++) {
            int leaf = forest_add(&forest, node, clause[k], CLAUSE, 0);
            ask[asks++] = (struct ask){leaf, 0, NULL, out[i].clause[k]};
        }
    }
    struct job j = {.tree = &forest.t, .ask = ask, .n_asks = asks};
    GOOD(engine_score(en, &j, &e));
}

/* Against the reference, whose weights and activations are not rounded; within `most_ok`, and
 * `mean_ok` in the mean. */
static void test_against_ref(const char *file, const char *precision, double most_ok,
                             double mean_ok) {
    static struct score got[POOL], want[POOL];
    int all[POOL], values = 0;
    double most = 0, total = 0;
    struct engine *gpu = tiny_open(file, "cuda", precision, 1, 64),
                  *ref = tiny_open(file, "ref", "f32", 1, 64);
    if (!gpu || !ref) return;
    for (int i = 0; i < POOL; i++) all[i] = i;
    rank(gpu, all, POOL, 0, got);
    rank(ref, all, POOL, 0, want);
    const float *a = (const float *)got, *b = (const float *)want;
    for (size_t i = 0; i < sizeof got / (sizeof *a); i++) {
        if (b[i] == 0) continue;
        double d = fabs((double)a[i] - (double)b[i]);
        most = d > most || isnan(d) ? d : most;
        total += d;
        values++;
    }
    printf(
        "%s in %s: log-probabilities differ from the reference by at most %.3g, mean %.3g of %d\n",
        file, precision, most, total / values, values);
    OK(most <= most_ok && total / values <= mean_ok);
    engine_close(gpu);
    engine_close(ref);
}

/* Bits: alone, in another order, duplicates, other chunks, from the cache. */
static void test_bits(const char *file, const char *precision) {
    static struct score all[POOL], got[POOL], kept[POOL];
    int order[POOL];
    struct engine *en = tiny_open(file, "cuda", precision, 1, 64),
                  *small = tiny_open(file, "cuda", precision, 1, 7);
    if (!en || !small) return;
    for (int i = 0; i < POOL; i++) order[i] = i;
    rank(en, order, POOL, 0, all);
    EQ_MEM(&all[4], &all[12], sizeof all[4]);
    OK(memcmp(&all[1], &all[2], sizeof all[1]) != 0);
    rank(small, order, POOL, 0, got);
    EQ_MEM(got, all, sizeof all);
    for (int i = 0; i < POOL; i += 5) {
        rank(i % 2 ? en : small, &i, 1, 0, got);
        EQ_MEM(&got[0], &all[i], sizeof all[i]);
    }
    for (int i = 0; i < POOL; i++) order[i] = POOL - 1 - i;
    rank(en, order, POOL, 0, got);
    for (int i = 0; i < POOL; i++) EQ_MEM(&got[i], &all[order[i]], sizeof all[0]);
    rank(en, order, POOL, 1, kept);
    rank(en, order, POOL, 1, got); /* trunk and items come from the cache */
    EQ_MEM(got, kept, sizeof kept);
    for (int i = 0; i < POOL; i++) {
        EQ_MEM(got[i].label, all[order[i]].label, sizeof got[i].label);
        EQ_MEM(got[i].clause, all[order[i]].clause, sizeof got[i].clause);
    }
    struct engine_cache stats;
    engine_cache_stats(en, &stats);
    OK(stats.hits > 0);
    engine_close(en);
    engine_close(small);
    EQ(shim_live(), 0);
}

/* The trunk's attention by products side by side. */
static void test_batched(const char *file) {
    setenv("TAPROOM_CUDA_ATTENTION", "batched", 1);
    long before = shim_count(SHIM_PRODUCT);
    test_against_ref(file, "bf16", 0.6, 0.06);
    long batched = shim_count(SHIM_PRODUCT) - before;
    unsetenv("TAPROOM_CUDA_ATTENTION");
    before = shim_count(SHIM_PRODUCT);
    struct engine *en = tiny_open(file, "cuda", "bf16", 1, 64);
    static struct score got[POOL];
    int all[POOL];
    for (int i = 0; i < POOL; i++) all[i] = i;
    rank(en, all, POOL, 0, got);
    OK(batched > shim_count(SHIM_PRODUCT) - before);
    engine_close(en);
}

static void says(const char *backend, const char *precision, const char *want) {
    struct engine *en = NULL;
    struct err e = {.line = 0};
    struct engine_config c = {.model = TINY("tied"), .backend = backend, .precision = precision};
    OK(engine_open(&en, &c, &e) != ST_OK);
    if (!strstr(e.text, want)) T_SAY("'%s', want '%s'", e.text, want);
    engine_close(en);
    EQ(shim_live(), 0);
}

/* auto takes the CPU and says why. */
static void falls_back(const char *precision, const char *why) {
    struct engine *en = tiny_open(TINY("tied"), "auto", precision, 1, 0);
    struct engine_info i;
    if (!en) return;
    engine_info(en, &i);
    EQ_STR(i.backend, "cpu");
    if (why && (!i.no_gpu || !strstr(i.no_gpu, why)))
        T_SAY("'%s', want '%s'", i.no_gpu ? i.no_gpu : "(null)", why);
    OK(why || !i.no_gpu);
    engine_close(en);
}

static void test_choice(void) {
    enum { NO_DEVICE = 100, OLD_DRIVER = 35, UNAVAILABLE = 46 };
    struct engine *en = tiny_open(TINY("tied"), "auto", "auto", 1, 0);
    struct engine_info i;
    if (!en) return;
    engine_info(en, &i);
    EQ_STR(i.backend, "cuda");
    EQ_STR(i.precision, "bf16");
    OK(strstr(i.code, "sm_90") && !i.no_gpu);
    engine_close(en);
    falls_back("f32", NULL);
    says("cuda", "f32", "bf16 or fp8, not in f32");
    says("cuda", "int8", "int8 needs the cpu backend, not cuda");
    says("cuda", "fp8", "multiples of 16, not 140 x 64");
    says("cpu", "fp8", "fp8 needs the cuda backend, not cpu");
    static const struct {
        int error, major, driver;
        const char *text;
    } found[] = {{NO_DEVICE, 9, 13000, "no device was found"},
                 {OLD_DRIVER, 9, 0, "no NVIDIA driver"},
                 {OLD_DRIVER, 9, 12040, "too old: it knows CUDA 12.4, this needs 13.0"},
                 {UNAVAILABLE, 9, 13000, "cudaErrorDevicesUnavailable"},
                 {0, 7, 13000, "compute capability 7.0, at least 8.0"}};
    for (size_t k = 0; k < COUNT(found); k++) {
        shim_driver(found[k].driver);
        shim_device(found[k].error, found[k].major, 0);
        says("cuda", "auto", found[k].text);
        falls_back("auto", found[k].text);
        says("auto", "fp8", found[k].text); /* the CPU has none, so nothing takes its place */
    }
    shim_device(0, 9, 0);
    shim_driver(13000);
    shim_memory_limit(100000);
    says("cuda", "auto", "memory");
    shim_memory_limit(0);
}

int main(int argc, char **argv) {
    (void)argc;
    tiny_start(argv);
    make_items();
    forest_open(&forest);
    static const char *const files[] = {TINY("blocks"), TINY("wide"),  TINY("llama3"),
                                        TINY("qwen2"),  TINY("qwen3"), TINY("gemma3"),
                                        TINY("tied")};
    for (size_t i = 0; i < COUNT(files); i++) {
        /* bf16 as on the CPU: 0.36 from PyTorch's f32 at most, 0.05 in the mean. */
        test_against_ref(files[i], "bf16", 0.6, 0.06);
        /* fp8 has 4 fraction bits less, so rounds 16 times as coarsely. */
        if (i + 1 < COUNT(files)) test_against_ref(files[i], "fp8", 3.5, 0.65);
    }
    test_bits(TINY("tied"), "bf16");
    test_bits(TINY("wide"), "bf16");
    test_bits(TINY("gemma3"), "bf16");
    test_bits(TINY("qwen3"), "fp8");
    test_batched(TINY("wide"));
    test_choice();
    forest_close(&forest);
    return t_end();
}
