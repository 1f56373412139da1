/* Tests are small programs: EQ and NEAR print both sides, count and go on; main ends with `return
 * t_end();`. */
#ifndef TESTS_T_H
#define TESTS_T_H

#include "kernels/base/status.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static int t_failed, t_checks;

#define T_SAY(...) \
    (t_failed++, printf("%s:%d: ", __FILE__, __LINE__), printf(__VA_ARGS__), printf("\n"))
#define OK(cond) (t_checks++, (cond) ? (void)0 : (void)T_SAY("not true: %s", #cond))
#define EQ(got, want)                                               \
    do {                                                            \
        long long g_ = (long long)(got), w_ = (long long)(want);    \
        t_checks++;                                                 \
        if (g_ != w_) T_SAY("%s is %lld, want %lld", #got, g_, w_); \
    } while (0)
#define EQ_STR(got, want)                                                 \
    do {                                                                  \
        const char *g_ = (got), *w_ = (want);                             \
        t_checks++;                                                       \
        if (!g_ || strcmp(g_, w_) != 0)                                   \
            T_SAY("%s is '%s', want '%s'", #got, g_ ? g_ : "(null)", w_); \
    } while (0)
#define EQ_MEM(got, want, n) \
    (t_checks++,             \
     memcmp((got), (want), (n)) == 0 ? (void)0 : (void)T_SAY("%s differs from %s", #got, #want))
/* |got - want| <= tol * (1 + |want|); the negated form also catches NaN. */
#define NEAR(got, want, tol)                              \
    do {                                                  \
        double g_ = (got), w_ = (want);                   \
        t_checks++;                                       \
        if (!(fabs(g_ - w_) <= (tol) * (1 + fabs(w_))))   \
            T_SAY("%s is %.9g, want %.9g", #got, g_, w_); \
    } while (0)
/* The call must succeed; prints its error text otherwise. Needs a `struct err e` in scope. */
#define GOOD(call)                                                            \
    do {                                                                      \
        enum status s_ = (call);                                              \
        t_checks++;                                                           \
        if (s_ != ST_OK) T_SAY("%s: %s: %s", #call, status_name(s_), e.text); \
    } while (0)

static inline int t_end(void) {
    printf("%d checks, %d failed\n", t_checks, t_failed);
    return t_failed != 0 || t_checks == 0;
}

#endif
