/* Fitting probabilities. */
#include "server/metrics/calibration.h"

#include <math.h>
#include <stdlib.h>

static int by_x(const void *p, const void *q) {
    const struct calibration_point *a = p, *b = q;
    return (a->x > b->x) - (a->x < b->x);
}

/* Sorted points, those of one score merged into their mean; answers how many. */
static int merge(const double *score, const unsigned char *hit, int n,
                 struct calibration_point *t) {
    int m = 0;
    for (int i = 0; i < n; i++) t[i] = (struct calibration_point){score[i], hit[i], 1};
    qsort(t, (size_t)n, sizeof *t, by_x);
    for (int i = 0; i < n; i++) {
        if (m > 0 && t[m - 1].x == t[i].x) {
            t[m - 1].y += t[i].y;
            t[m - 1].weight++;
        } else
            t[m++] = t[i];
    }
    for (int i = 0; i < m; i++) t[i].y /= t[i].weight;
    return m;
}

int calibration_isotonic(const double *score, const unsigned char *hit, int n,
                         struct calibration_point *t, double *x, double *y) {
    int m = merge(score, hit, n, t), blocks = 0, corners = 0, at = 0;
    for (int i = 0; i < m; i++) x[i] = t[i].x;
    /* A block that is below the one before it joins it; t's front holds the blocks, their x the
     * number of points in them. */
    for (int i = 0; i < m; i++) {
        struct calibration_point b = {1, t[i].y, t[i].weight};
        while (blocks > 0 && t[blocks - 1].y >= b.y) {
            const struct calibration_point *a = &t[--blocks];
            b.y = (a->y * a->weight + b.y * b.weight) / (a->weight + b.weight);
            b.weight += a->weight;
            b.x += a->x;
        }
        t[blocks++] = b;
    }
    for (int k = 0; k < blocks; k++) { /* the first and the last point of each */
        int last = at + (int)t[k].x - 1;
        x[corners] = x[at];
        y[corners++] = t[k].y;
        if (last > at) {
            x[corners] = x[last];
            y[corners++] = t[k].y;
        }
        at = last + 1;
    }
    return corners;
}

double calibration_at(const double *x, const double *y, int n, double score) {
    if (n == 0) return (double)NAN;
    if (score <= x[0]) return y[0];
    for (int i = 1; i < n; i++)
        if (score <= x[i])
            return y[i - 1] + (y[i] - y[i - 1]) * (score - x[i - 1]) / (x[i] - x[i - 1]);
    return y[n - 1];
}

/* log(1 + exp(z)) without overflow. */
static double soft(double z) {
    return z > 0 ? z + log1p(exp(-z)) : log1p(exp(z));
}

struct platt {
    const double *score;
    const unsigned char *hit;
    int n;
    double yes, no; /* targets */
};

static double platt_loss(const struct platt *f, double a, double b) {
    double sum = 0;
    for (int i = 0; i < f->n; i++) {
        double z = a * f->score[i] + b, t = f->hit[i] ? f->yes : f->no;
        sum += soft(z) - t * z;
    }
    return sum;
}

/* One step of Newton's method, halved until the loss falls; 0 when it does not any more. */
static int platt_step(const struct platt *f, double *a, double *b) {
    double h11 = 1e-12, h22 = 1e-12, h21 = 0, g1 = 0, g2 = 0, loss = platt_loss(f, *a, *b);
    for (int i = 0; i < f->n; i++) {
        double s = f->score[i], p = calibration_sigmoid(*a, *b, s),
               d = p - (f->hit[i] ? f->yes : f->no);
        h11 += s * s * p * (1 - p);
        h22 += p * (1 - p);
        h21 += s * p * (1 - p);
        g1 += s * d;
        g2 += d;
    }
    if (fabs(g1) < 1e-10 && fabs(g2) < 1e-10) return 0;
    double det = h11 * h22 - h21 * h21;
    if (!(det > 0)) return 0;
    double da = -(h22 * g1 - h21 * g2) / det, db = -(h11 * g2 - h21 * g1) / det;
    for (double step = 1; step > 1e-10; step /= 2)
        if (platt_loss(f, *a + step * da, *b + step * db) < loss) {
            *a += step * da;
            *b += step * db;
            return 1;
        }
    return 0;
}

void calibration_platt(const double *score, const unsigned char *hit, int n, double *a, double *b) {
    double hits = 0;
    for (int i = 0; i < n; i++) hits += hit[i];
    const struct platt f = {score, hit, n, (hits + 1) / (hits + 2), 1 / (n - hits + 2)};
    *a = 0;
    *b = log((hits + 1) / (n - hits + 1));
    for (int i = 0; i < 100 && platt_step(&f, a, b); i++) continue;
}

double calibration_sigmoid(double a, double b, double score) {
    double z = a * score + b;
    return z >= 0 ? 1 / (1 + exp(-z)) : exp(z) / (1 + exp(z));
}

double calibration_log_loss(const double *p, const unsigned char *hit, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) sum -= hit[i] ? log(p[i]) : log1p(-p[i]);
    return n ? sum / n : (double)NAN;
}

void calibration_bins(const double *p, const unsigned char *hit, int n, struct calibration_bin *out,
                      int bins) {
    for (int b = 0; b < bins; b++) out[b] = (struct calibration_bin){.n = 0};
    for (int i = 0; i < n; i++) {
        int of = (int)(p[i] * bins);
        struct calibration_bin *b = &out[of < bins ? of : bins - 1];
        b->n++;
        b->p += p[i];
        b->share += hit[i];
    }
    for (int b = 0; b < bins; b++) {
        out[b].p = out[b].n ? out[b].p / out[b].n : (double)NAN;
        out[b].share = out[b].n ? out[b].share / out[b].n : (double)NAN;
    }
}
