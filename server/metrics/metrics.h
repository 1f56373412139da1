/* Ranking metrics over scores and relevance, agreement of orders, calibration, and bootstrap
 * intervals. Items with equal scores count as in every order at once: a metric is its expected
 * value over all ways to break the ties, so a scorer that cannot tell gets exactly chance. A score
 * that is missing (NaN) ranks last. Everywhere: score (n), want (n) with 1 for wanted, 0 for other
 * items; positions count from 1. */
#ifndef METRICS_METRICS_H
#define METRICS_METRICS_H

/* Probability that a random wanted item scores above a random other one, ties half (Mann and
 * Whitney). NaN when there are no wanted or no other items. */
double metric_auc(const double *score, const unsigned char *want, int n);

/* Share of wanted items among the first k; k > n counts as n. */
double metric_precision(const double *score, const unsigned char *want, int n, int k);

/* Sum of 1 / log2(position + 1) of wanted items among the first k, over the largest possible sum
 * (Järvelin and Kekäläinen 2002; ties as McSherry and Najork 2008). NaN when nothing is wanted. */
double metric_ndcg(const double *score, const unsigned char *want, int n, int k);

/* Whether any wanted item is among the first k. NaN when nothing is wanted. */
double metric_hit(const double *score, const unsigned char *want, int n, int k);

/* 1 / position of the first wanted item. NaN when nothing is wanted. */
double metric_mrr(const double *score, const unsigned char *want, int n);

/* Kendall's tau-b of two scorings a, b (n) of the same items: 1 same order, -1 reversed. NaN when
 * one of them is constant. */
double metric_tau(const double *a, const double *b, int n);

/* Expected calibration error (Naeini et al. 2015): |mean of p - share of hits| of each of `bins`
 * bins of equal width, weighted by their cases. p (n) in [0, 1], hit (n). NaN when n is 0. */
double metric_ece(const double *p, const unsigned char *hit, int n, int bins);

/* Mean and its 95 % percentile-bootstrap interval over cases (Efron), 2,000 resamples from the
 * given seed. */
struct interval {
    double mean, lo, hi;
    int n;
};
struct interval metric_bootstrap(const double *value, int n, unsigned long long seed);

/* The mean of a - b over the cases that have both (neither NaN), by the same bootstrap; p: twice
 * the smaller share of resamples on one side of 0, at least 1 / 2,000. a, b (n); tmp (n). */
struct paired {
    struct interval diff;
    double p;
};
struct paired metric_paired(const double *a, const double *b, int n, unsigned long long seed,
                            double *tmp);

#endif
