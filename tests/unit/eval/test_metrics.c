/* links: rank metrics */
/* Ranking metrics by cases worked out by hand, ties and missing scores among them. */
#include "server/metrics/metrics.h"
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

/* A constant scorer gets exactly what a random order gets on average. */
static void ties(void) {
    const unsigned char one[] = {0, 0, 1, 0}, two[] = {1, 0, 0, 1};
    const double flat[] = {3, 3, 3, 3}, none[] = {NAN, NAN, NAN, NAN};
    double mean = (1 + 1 / log2(3) + 0.5 + 1 / log2(5)) / 4;
    NEAR(metric_ndcg(flat, one, 4, 10), mean, 1e-12);
    NEAR(metric_ndcg(none, one, 4, 10), mean, 1e-12);
    NEAR(metric_hit(flat, one, 4, 1), 0.25, 1e-12);
    NEAR(metric_hit(flat, two, 4, 1), 0.5, 1e-12);
    NEAR(metric_hit(flat, two, 4, 3), 1, 1e-12);
    NEAR(metric_mrr(flat, one, 4), (1 + 0.5 + 1.0 / 3 + 0.25) / 4, 1e-12);
    NEAR(metric_mrr(flat, two, 4), 0.5 + 1.0 / 3 * 0.5 + 1.0 / 6 / 3, 1e-12);
    OK(isnan(metric_ndcg(flat, (const unsigned char[]){0, 0, 0, 0}, 4, 3)));
    OK(isnan(metric_hit(flat, (const unsigned char[]){0, 0, 0, 0}, 4, 3)));
    OK(isnan(metric_mrr(flat, (const unsigned char[]){0, 0, 0, 0}, 4)));
}

static void agreement(void) {
    const double up[] = {1, 2, 3, 4}, down[] = {9, 7, 5, 3}, flat[] = {1, 1, 1, 1};
    NEAR(metric_tau(up, up, 4), 1, 1e-12);
    NEAR(metric_tau(up, down, 4), -1, 1e-12);
    OK(isnan(metric_tau(up, flat, 4)));
    const double p[] = {0.1, 0.9, 1.0, 0.0};
    const unsigned char hit[] = {0, 1, 1, 0};
    NEAR(metric_ece(p, hit, 4, 10), (0.1 + 0.1) / 4, 1e-12);
    OK(isnan(metric_ece(p, hit, 0, 10)));
}

/* Cases that one side lacks do not count; a clear difference has the smallest p. */
static void pairs(void) {
    const double a[] = {1, 2, NAN, 4}, b[] = {0, 1, 5, NAN};
    double tmp[4];
    struct paired p = metric_paired(a, b, 4, 1, tmp);
    EQ(p.diff.n, 2);
    NEAR(p.diff.mean, 1, 1e-12);
    NEAR(p.p, 1.0 / 2000, 1e-12);
    NEAR(metric_paired(a, a, 2, 1, tmp).p, 1, 1e-12);
    OK(isnan(metric_paired(a, b, 0, 1, tmp).p));
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
    ties();
    agreement();
    pairs();
    bootstrap();
    return t_end();
}
