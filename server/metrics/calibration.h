/* Probabilities from scores: two ways to fit them to answers that are known, and how far they are
 * off. Everywhere: score (n), hit (n) with 1 for a yes; p (n) in (0, 1). */
#ifndef METRICS_CALIBRATION_H
#define METRICS_CALIBRATION_H

/* Isotonic regression (least squares, not falling) by pooling adjacent violators (Ayer et al.
 * 1955); equal scores are one point. Writes the corners of the fit, x rising, to x and y (room for
 * n each) and answers how many there are. order (n) is scratch. */
struct calibration_point {
    double x, y, weight;
};
int calibration_isotonic(const double *score, const unsigned char *hit, int n,
                         struct calibration_point *order, double *x, double *y);
/* The fit at a score: between corners on the line, beyond them as at the last one. */
double calibration_at(const double *x, const double *y, int n, double score);

/* P = 1 / (1 + exp(-(a score + b))) of largest likelihood, with Platt's targets (1999), which keep
 * it finite where the scores tell all apart; Newton's method (Lin, Lin and Weng 2007). */
void calibration_platt(const double *score, const unsigned char *hit, int n, double *a, double *b);
double calibration_sigmoid(double a, double b, double score);

/* Mean of -log of the probability that each case's answer got. NaN when n is 0. */
double calibration_log_loss(const double *p, const unsigned char *hit, int n);

/* The reliability diagram: bins of equal width, each with its cases, the mean of their p and the
 * share of hits (NaN where there are none). */
struct calibration_bin {
    int n;
    double p, share;
};
void calibration_bins(const double *p, const unsigned char *hit, int n, struct calibration_bin *out,
                      int bins);

#endif
