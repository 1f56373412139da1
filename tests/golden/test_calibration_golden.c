/* links: rank metrics */
/* Fitting probabilities against scikit-learn (fixtures/metrics/make_calibration.py), and what no
 * data can break. */
#include "server/metrics/calibration.h"
#include "tests/golden/numbers.h"

enum { N_MAX = 1000, BINS = 10 };
static double score[N_MAX], x[N_MAX], y[N_MAX], ask[N_MAX];
static unsigned char hit[N_MAX];
static struct calibration_point tmp[N_MAX];

static void cases(int n) {
    numbers(score, n);
    flags(hit, n);
}

static void isotonic_case(int n) {
    cases(n);
    int m = calibration_isotonic(score, hit, n, tmp, x, y), asked = (int)number();
    OK(m >= 1 && m <= n);
    for (int i = 1; i < m; i++) OK(x[i] > x[i - 1] && y[i] >= y[i - 1]);
    numbers(ask, asked);
    for (int i = 0; i < asked; i++) NEAR(calibration_at(x, y, m, ask[i]), number(), 1e-9);
}

/* scikit-learn stops its search earlier, hence the tolerance. */
static void platt_case(int n) {
    double a, b;
    cases(n);
    calibration_platt(score, hit, n, &a, &b);
    NEAR(a, number(), 1e-4);
    NEAR(b, number(), 1e-4);
}

static void bins_case(int n) {
    struct calibration_bin bin[BINS];
    cases(n);
    NEAR(calibration_log_loss(score, hit, n), number(), 1e-9);
    calibration_bins(score, hit, n, bin, BINS);
    int full = (int)number(), seen = 0, total = 0;
    numbers(x, full);
    numbers(y, full);
    for (int b = 0; b < BINS; b++) {
        total += bin[b].n;
        if (!bin[b].n) continue;
        CHECK(seen < full);
        NEAR(bin[b].p, x[seen], 1e-9);
        NEAR(bin[b].share, y[seen++], 1e-9);
    }
    EQ(seen, full);
    EQ(total, n);
}

static void edges(void) {
    double a, b;
    EQ(calibration_isotonic(score, hit, 0, tmp, x, y), 0);
    OK(isnan(calibration_at(x, y, 0, 1)));
    OK(isnan(calibration_log_loss(score, hit, 0)));
    for (int i = 0; i < 40; i++) score[i] = i < 20 ? -1e6 : 1e6, hit[i] = i >= 20;
    calibration_platt(score, hit, 40, &a, &b); /* told apart without any doubt */
    OK(isfinite(a) && isfinite(b) && a > 0);
    OK(calibration_sigmoid(a, b, 1e9) <= 1 && calibration_sigmoid(a, b, -1e9) >= 0);
    for (int i = 0; i < 40; i++) score[i] = 3;
    calibration_platt(score, hit, 40, &a, &b); /* not told apart at all */
    NEAR(calibration_sigmoid(a, b, 3), 0.5, 1e-6);
    EQ(calibration_isotonic(score, hit, 40, tmp, x, y), 1);
    NEAR(y[0], 0.5, 1e-12);
}

int main(void) {
    static const struct {
        const char *name;
        void (*run)(int n);
    } kinds[] = {{"isotonic", isotonic_case}, {"platt", platt_case}, {"bins", bins_case}};
    char name[16];
    int n, seen[COUNT(kinds)] = {0};
    file = fopen("fixtures/metrics/calibration.txt", "r");
    CHECK(file);
    while (fscanf(file, "%15s %d", name, &n) == 2) {
        CHECK(n > 0 && n <= N_MAX);
        size_t k = 0;
        while (k < COUNT(kinds) && strcmp(kinds[k].name, name) != 0) k++;
        CHECK(k < COUNT(kinds));
        kinds[k].run(n);
        seen[k]++;
    }
    for (size_t k = 0; k < COUNT(kinds); k++) OK(seen[k] > 0);
    edges();
    fclose(file);
    return t_end();
}
