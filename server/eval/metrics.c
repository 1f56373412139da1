/* AUC, precision at k, and bootstrap intervals. */
#include "server/eval/metrics.h"

#include <math.h>
#include <stdlib.h>

enum { RESAMPLES = 2000 };

/* -1, 0, 1 as a ranks behind, level with, before b; NaN ranks last. */
static int order(double a, double b) {
    if (isnan(a) || isnan(b)) return isnan(b) - isnan(a);
    return (a > b) - (a < b);
}

double metric_auc(const double *score, const unsigned char *want, int n) {
    double wins = 0;
    long pairs = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; want[i] && j < n; j++) {
            if (want[j]) continue;
            wins += 0.5 * (order(score[i], score[j]) + 1);
            pairs++;
        }
    return pairs ? wins / (double)pairs : NAN;
}

double metric_precision(const double *score, const unsigned char *want, int n, int k) {
    double hits = 0;
    if (k > n) k = n;
    for (int i = 0; i < n; i++) {
        int before = 0, level = 0;
        for (int j = 0; want[i] && j < n; j++) {
            int o = order(score[j], score[i]);
            before += o > 0;
            level += o == 0;
        }
        if (!want[i]) continue;
        double room = k - before; /* places among the first k for this group of ties */
        hits += room <= 0 ? 0 : room >= level ? 1 : room / level;
    }
    return k > 0 ? hits / k : NAN;
}

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

struct interval metric_bootstrap(const double *value, int n, unsigned long long seed) {
    static _Thread_local double mean[RESAMPLES];
    struct interval out = {NAN, NAN, NAN, n};
    if (n == 0) return out;
    out.mean = 0;
    for (int i = 0; i < n; i++) out.mean += value[i] / n;
    for (int r = 0; r < RESAMPLES; r++) {
        mean[r] = 0;
        for (int i = 0; i < n; i++) mean[r] += value[next(&seed) % (unsigned long long)n] / n;
    }
    qsort(mean, RESAMPLES, sizeof *mean, by_value);
    out.lo = mean[(int)(0.025 * RESAMPLES)];
    out.hi = mean[(int)(0.975 * RESAMPLES)];
    return out;
}
