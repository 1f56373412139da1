/* links: model */
/* A machine without AVX-512: this program starts itself anew with oneDNN's instruction set and ours
 * held to AVX2, and a small model is scored in each precision there and by the reference. */
#include "tests/unit/kernels/near.h"
#include "tests/unit/model/tiny_model.h"

#include <string.h>

enum { ITEMS = 9, TRUNK = 37, TOKENS = 5, LABELS = 4 };

/* log P of four labels behind each of nine items of 5 tokens, and of each item's tokens. */
struct answers {
    float label[ITEMS][LABELS], item[ITEMS][TOKENS];
};

static int score(const char *backend, const char *precision, const char *code,
                 struct answers *out) {
    static const int32_t labels[LABELS] = {3, 77, 150, 201};
    static struct forest f;
    struct ask ask[2 * ITEMS];
    struct err e;
    int32_t tok[TRUNK];
    uint32_t seed = 5;
    struct engine *en = tiny_open(TINY("wide"), backend, precision, 2, 64);
    struct engine_info info;
    if (!en) return 0;
    engine_info(en, &info);
    printf("%s: %s\n", info.precision, info.code);
    EQ_STR(info.code, code);
    forest_open(&f);
    for (int i = 0; i < TRUNK; i++) tok[i] = (int32_t)(tiny_random(&seed) % TINY_VOCAB);
    forest_add(&f, -1, tok, TRUNK, 0);
    for (int i = 0; i < ITEMS; i++) {
        for (int k = 0; k < TOKENS; k++) tok[k] = (int32_t)(tiny_random(&seed) % TINY_VOCAB);
        int node = forest_add(&f, 0, tok, TOKENS, 0);
        ask[2 * i] = (struct ask){node, LABELS, labels, out->label[i]};
        ask[2 * i + 1] = (struct ask){.node = node, .out = out->item[i]};
    }
    struct job j = {.tree = &f.t, .ask = ask, .n_asks = 2 * ITEMS};
    GOOD(engine_score(en, &j, &e));
    forest_close(&f);
    engine_close(en);
    return 1;
}

static void test_avx2(void) {
    static const struct {
        const char *precision, *code;
        double tol;
    } way[] = {{"f32", "avx2", 1e-4}, {"auto", "avx2", 1e-4}, {"int8", "avx2_int8", 0.5}};
    struct answers want, got;
    enum { N = sizeof want / sizeof(float) };
    if (!score("ref", "f32", "reference", &want)) return;
    for (size_t i = 0; i < COUNT(way); i++) {
        if (!score("cpu", way[i].precision, way[i].code, &got)) continue;
        CLOSE((const float *)&got, (const float *)&want, N, way[i].tol, "%s on AVX2",
              way[i].precision);
    }
    struct err e;
    struct engine *en = NULL;
    EQ(engine_open(
           &en,
           &(struct engine_config){.model = TINY("wide"), .precision = "bf16", .backend = "cpu"},
           &e),
       ST_UNSUPPORTED);
    OK(strstr(e.text, "AVX512_BF16") != NULL);
}

int main(int argc, char **argv) {
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) {
        printf("skipped: this machine has no AVX2\n");
        return 77;
    }
    (void)argc;
    if (!getenv("TAPROOM_ISA")) { /* both are read when the program starts */
        setenv("TAPROOM_ISA", "avx2", 1);
        setenv("ONEDNN_MAX_CPU_ISA", "AVX2", 1);
        setenv("DNNL_MAX_CPU_ISA", "AVX2", 1);
        setenv("OMP_WAIT_POLICY", "passive", 1);
        execv("/proc/self/exe", argv);
        return 1;
    }
    test_avx2();
    return t_end();
}
