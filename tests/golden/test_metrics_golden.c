/* links: rank metrics */
/* Metrics against scikit-learn, SciPy and a bootstrap written anew (fixtures/metrics/make.py). */
#include "server/metrics/metrics.h"
#include "tests/golden/numbers.h"

enum { N_MAX = 2000, KS = 3 };
static const int ks[KS] = {1, 5, 10};
static double a[N_MAX], b[N_MAX], tmp[N_MAX];
static unsigned char want[N_MAX];

static void rank_case(int n) {
    numbers(a, n);
    flags(want, n);
    NEAR(metric_auc(a, want, n), number(), 1e-9);
    for (int k = 0; k < KS; k++) NEAR(metric_ndcg(a, want, n, ks[k]), number(), 1e-9);
    for (int k = 0; k < KS; k++) {
        double share = metric_precision(a, want, n, ks[k]);
        NEAR(share, number(), 1e-9);
    }
    for (int k = 0; k < KS; k++) NEAR(metric_hit(a, want, n, ks[k]), number(), 1e-9);
    NEAR(metric_mrr(a, want, n), number(), 1e-9);
}

static void tau_case(int n) {
    numbers(a, n);
    numbers(b, n);
    NEAR(metric_tau(a, b, n), number(), 1e-9);
}

static void ece_case(int n) {
    int bins = (int)number();
    numbers(a, n);
    flags(want, n);
    NEAR(metric_ece(a, want, n, bins), number(), 1e-9);
}

static void pair_case(int n) {
    unsigned long long seed = (unsigned long long)number();
    numbers(a, n);
    numbers(b, n);
    struct paired p = metric_paired(a, b, n, seed, tmp);
    NEAR(p.diff.mean, number(), 1e-9);
    NEAR(p.diff.lo, number(), 1e-9);
    NEAR(p.diff.hi, number(), 1e-9);
    NEAR(p.p, number(), 1e-9);
    EQ(p.diff.n, n);
}

int main(void) {
    static const struct {
        const char *name;
        void (*run)(int n);
    } kinds[] = {{"rank", rank_case}, {"tau", tau_case}, {"ece", ece_case}, {"pair", pair_case}};
    char name[16];
    int n, seen[COUNT(kinds)] = {0};
    file = fopen("fixtures/metrics/golden.txt", "r");
    CHECK(file);
    while (fscanf(file, "%15s %d", name, &n) == 2) {
        CHECK(n > 0 && n <= N_MAX);
        size_t k = 0;
        while (k < COUNT(kinds) && strcmp(kinds[k].name, name) != 0) k++;
        CHECK(k < COUNT(kinds));
        kinds[k].run(n);
        seen[k]++;
    }
    OK(feof(file));
    for (size_t k = 0; k < COUNT(kinds); k++) OK(seen[k] >= 4);
    fclose(file);
    return t_end();
}
