/* Bootstrap intervals of means, and of means of paired differences. */
#include "server/metrics/metrics.h"

#include <math.h>
#include <stdlib.h>

enum { RESAMPLES = 2000 };

/* splitmix64 (Steele, Lea and Flood). */
static unsigned long long next(unsigned long long *s) {
    unsigned long long z = (*s += 0x9E3779B97F4A7C15ull);
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ z >> 27) * 0x94D049BB133111EBull;
    return z ^ z >> 31;
}

static int by_value(const void *x, const void *y) {
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

/* The resamples' means, sorted. */
static struct interval resample(const double *value, int n, unsigned long long seed, double *mean) {
    struct interval out = {NAN, NAN, NAN, n};
    if (n == 0) return out;
    out.mean = 0;
    for (int i = 0; i < n; i++) out.mean += value[i] / n;
    for (int r = 0; r < RESAMPLES; r++) {
        double sum = 0;
        for (int i = 0; i < n; i++) sum += value[next(&seed) % (unsigned long long)n];
        mean[r] = sum / n;
    }
    qsort(mean, RESAMPLES, sizeof *mean, by_value);
    out.lo = mean[(int)(0.025 * RESAMPLES)];
    out.hi = mean[(int)(0.975 * RESAMPLES)];
    return out;
}

static _Thread_local double means[RESAMPLES];

struct interval metric_bootstrap(const double *value, int n, unsigned long long seed) {
    return resample(value, n, seed, means);
}

struct paired metric_paired(const double *a, const double *b, int n, unsigned long long seed,
                            double *tmp) {
    struct paired out = {.p = NAN};
    int m = 0, below = 0, above = 0;
    for (int i = 0; i < n; i++)
        if (!isnan(a[i]) && !isnan(b[i])) tmp[m++] = a[i] - b[i];
    out.diff = resample(tmp, m, seed, means);
    if (m == 0) return out;
    for (int r = 0; r < RESAMPLES; r++) {
        below += means[r] <= 0;
        above += means[r] >= 0;
    }
    int few = below < above ? below : above;
    out.p = fmin(1, 2.0 * (few > 0 ? few : 0.5) / RESAMPLES);
    return out;
}
