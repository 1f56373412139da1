/* Comparing arrays of numbers with those of a judge. */
#ifndef TESTS_NEAR_H
#define TESTS_NEAR_H

#include "tests/t.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The largest error relative to 1 + |want|; NaN counts as infinite. */
static inline double worst(const float *got, const float *want, size_t n) {
    double w = 0;
    for (size_t i = 0; i < n; i++) {
        double d = fabs((double)got[i] - (double)want[i]) / (1 + fabs((double)want[i]));
        if (!(d <= w)) w = isnan(d) ? (double)INFINITY : d;
    }
    return w;
}

#define CLOSE(got, want, n, tol, ...)                                          \
    do {                                                                       \
        double w_ = worst(got, want, n);                                       \
        t_checks++;                                                            \
        if (!(w_ <= (tol))) T_SAY(__VA_ARGS__), printf("  off by %.3g\n", w_); \
    } while (0)
#define SAME(got, want, n, ...)                                  \
    do {                                                         \
        t_checks++;                                              \
        if (memcmp((got), (want), (n)) != 0) T_SAY(__VA_ARGS__); \
    } while (0)

#endif
