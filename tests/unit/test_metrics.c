/* links: rank */
/* Ranking metrics by cases worked out by hand, ties and missing scores among them. */
#include "server/eval/metrics.h"
#include "tests/t.h"

#define N(a) ((int)COUNT(a))

static void auc(void) {
    const unsigned char want[] = {1, 0, 1, 0};
    NEAR(metric_auc((const double[]){4, 3, 2, 1}, want, 4), 0.75, 1e-12);
    NEAR(metric_auc((const double[]){4, 1, 3, 2}, want, 4), 1, 1e-12);
    NEAR(metric_auc((const double[]){1, 4, 2, 3}, want, 4), 0, 1e-12);
    NEAR(metric_auc((const double[]){5, 5, 5, 5}, want, 4), 0.5,
         1e-12); /* a constant scorer is chance */
    NEAR(metric_auc((const double[]){NAN, 1, NAN, 2}, want, 4), 0, 1e-12); /* missing ranks last */
    OK(isnan(metric_auc((const double[]){1, 2}, (const unsigned char[]){1, 1}, 2)));
    OK(isnan(metric_auc((const double[]){1, 2}, (const unsigned char[]){0, 0}, 2)));
}

static void precision(void) {
    const unsigned char want[] = {1, 0, 1, 0, 0};
    NEAR(metric_precision((const double[]){5, 4, 3, 2, 1}, want, 5, 2), 0.5, 1e-12);
    NEAR(metric_precision((const double[]){5, 4, 3, 2, 1}, want, 5, 3), 2.0 / 3, 1e-12);
    NEAR(metric_precision((const double[]){1, 1, 1, 1, 1}, want, 5, 2), 0.4,
         1e-12); /* expected gain of ties */
    NEAR(metric_precision((const double[]){9, 1, 1, 1, 1}, want, 5, 3), (1 + 0.5) / 3, 1e-12);
    NEAR(metric_precision((const double[]){1, 2, 3, 4, 5}, want, 5, 50), 0.4, 1e-12);
}

static void bootstrap(void) {
    const double same[] = {0.7, 0.7, 0.7, 0.7}, spread[] = {0, 1, 0, 1, 0, 1, 0, 1, 0, 1};
    struct interval i = metric_bootstrap(same, N(same), 1);
    NEAR(i.mean, 0.7, 1e-12);
    NEAR(i.lo, 0.7, 1e-12);
    NEAR(i.hi, 0.7, 1e-12);
    i = metric_bootstrap(spread, N(spread), 7);
    NEAR(i.mean, 0.5, 1e-12);
    OK(i.lo >= 0.1 && i.lo <= 0.3 && i.hi >= 0.7 && i.hi <= 0.9);
    struct interval again = metric_bootstrap(spread, N(spread), 7);
    /* Field by field: the bytes of padding after n are no part of the value. */
    EQ_MEM(&again.mean, &i.mean, sizeof i.mean);
    EQ_MEM(&again.lo, &i.lo, sizeof i.lo);
    EQ_MEM(&again.hi, &i.hi, sizeof i.hi);
    EQ(again.n, i.n);
    EQ(metric_bootstrap(same, 0, 1).n, 0);
}

int main(void) {
    auc();
    precision();
    bootstrap();
    return t_end();
}
