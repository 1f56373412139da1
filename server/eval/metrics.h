/* Ranking metrics over scores and relevance, with ties sharing their expected gain, and bootstrap
 * intervals. A score that is missing (NaN) ranks last. */
#ifndef EVAL_METRICS_H
#define EVAL_METRICS_H

/* Probability that a random wanted item scores above a random other one, ties half (Mann and
 * Whitney). want (n): 1 or 0. NaN when there are no wanted or no other items. */
double metric_auc(const double *score, const unsigned char *want, int n);

/* Expected share of wanted items among the first k when ties are broken at random; k > n counts as
 * n. */
double metric_precision(const double *score, const unsigned char *want, int n, int k);

/* Mean and its 95 % percentile-bootstrap interval over cases (Efron), 2,000 resamples from the
 * given seed. */
struct interval {
    double mean, lo, hi;
    int n;
};
struct interval metric_bootstrap(const double *value, int n, unsigned long long seed);

#endif
