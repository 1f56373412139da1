/* Ranking metrics as expected values over all orders of equal scores. */
#include "server/metrics/metrics.h"

#include <math.h>

/* -1, 0, 1 as a ranks behind, level with, before b; NaN ranks last. */
static int order(double a, double b) {
    if (isnan(a) || isnan(b)) return isnan(b) - isnan(a);
    return (a > b) - (a < b);
}

/* Item i's tie: how many items rank before it, how many are level with it (itself among them), and
 * how many of those are wanted. */
struct tie {
    int before, level, wanted;
};

static struct tie tie_of(const double *score, const unsigned char *want, int n, int i) {
    struct tie t = {0, 0, 0};
    for (int j = 0; j < n; j++) {
        int o = order(score[j], score[i]);
        t.before += o > 0;
        t.level += o == 0;
        t.wanted += o == 0 && want[j];
    }
    return t;
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
        if (!want[i]) continue;
        struct tie t = tie_of(score, want, n, i);
        double room = k - t.before; /* places among the first k for this group of ties */
        hits += room <= 0 ? 0 : room >= t.level ? 1 : room / t.level;
    }
    return k > 0 ? hits / k : NAN;
}

static double discount(int position) {
    return 1 / log2(position + 1.0);
}

double metric_ndcg(const double *score, const unsigned char *want, int n, int k) {
    double gain = 0, best = 0;
    int wanted = 0;
    for (int i = 0; i < n; i++) {
        if (!want[i]) continue;
        struct tie t = tie_of(score, want, n, i);
        for (int p = t.before + 1; p <= t.before + t.level && p <= k; p++)
            gain += discount(p) / t.level;
        if (++wanted <= k) best += discount(wanted);
    }
    return best > 0 ? gain / best : NAN;
}

double metric_hit(const double *score, const unsigned char *want, int n, int k) {
    double miss = 1;
    int wanted = 0;
    for (int i = 0; i < n; i++) {
        if (!want[i]) continue;
        wanted++;
        struct tie t = tie_of(score, want, n, i);
        if (t.before >= k) continue;
        if (t.before + t.level <= k) return 1;
        /* The one tie that crosses place k: none of its wanted items among the first places. */
        miss = 1;
        for (int j = 0; j < k - t.before; j++)
            miss *= fmax(t.level - t.wanted - j, 0) / (t.level - j);
    }
    return wanted ? 1 - miss : NAN;
}

double metric_mrr(const double *score, const unsigned char *want, int n) {
    struct tie first = {0, 0, 0};
    for (int i = 0; i < n; i++) {
        if (!want[i]) continue;
        struct tie t = tie_of(score, want, n, i);
        if (first.level == 0 || t.before < first.before) first = t;
    }
    if (first.level == 0) return NAN;
    /* P: the first wanted item of the tie is its j-th (negative hypergeometric). */
    double p = (double)first.wanted / first.level, sum = 0;
    for (int j = 0; j <= first.level - first.wanted; j++) {
        sum += p / (first.before + j + 1);
        if (j + 1 < first.level)
            p *= (double)(first.level - first.wanted - j) / (first.level - 1 - j);
    }
    return sum;
}

double metric_tau(const double *a, const double *b, int n) {
    double agree = 0, in_a = 0, in_b = 0; /* pairs that the scoring tells apart */
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++) {
            int x = order(a[i], a[j]), y = order(b[i], b[j]);
            agree += x * y;
            in_a += x != 0;
            in_b += y != 0;
        }
    return in_a > 0 && in_b > 0 ? agree / sqrt(in_a) / sqrt(in_b) : NAN;
}

double metric_ece(const double *p, const unsigned char *hit, int n, int bins) {
    double sum = 0;
    for (int b = 0; b < bins; b++) {
        double gap = 0;
        for (int i = 0; i < n; i++) {
            int of = (int)(p[i] * bins);
            if ((of < bins ? of : bins - 1) == b) gap += p[i] - hit[i];
        }
        sum += fabs(gap);
    }
    return n ? sum / n : NAN;
}
