/* Listwise softmax against grades or a teacher's, preferences, texts. */
#include "server/brew/tree/loss.h"

#include <math.h>
#include <string.h>

/* The logarithm of the probabilities' sum. */
static double together(const float *logp, int n) {
    double max = -INFINITY, sum = 0;
    for (int k = 0; k < n; k++) max = fmax(max, (double)logp[k]);
    for (int k = 0; k < n; k++) sum += exp((double)logp[k] - max);
    return max + log(sum);
}

double loss_answer(const struct brew_tree *t, int a) {
    const float *out = t->ask[a].out;
    double s = 0;
    if (t->n_labels) return together(out, t->n_labels) - together(out + t->n_labels, t->n_labels);
    for (int k = 0; k < t->len[a]; k++) s += (double)out[k];
    return s / t->len[a];
}

double loss_prior(const struct brew_tree *t, int i) {
    double s = 0;
    for (int k = 0; k < t->n_empty; k++) s += loss_answer(t, t->empty_ask[i * t->n_empty + k]);
    return t->n_empty ? s / t->n_empty : 0;
}

/* Adds d, the derivative by the answer of ask a, to its tokens' or labels'. */
static void spread(const struct brew_tree *t, int a, double d) {
    const float *out = t->ask[a].out;
    int n = t->n_labels;
    for (int k = 0; !n && k < t->len[a]; k++) t->dout[a][k] += (float)(d / t->len[a]);
    for (int k = 0; k < 2 * n; k++) {
        double all = together(out + (k < n ? 0 : n), n);
        t->dout[a][k] += (float)((k < n ? d : -d) * exp((double)out[k] - all));
    }
}

/* The derivative ds of the loss by the score of item i under wish w goes to what it is made of. */
static void to_parts(struct loss *l, int w, int i, double ds, double m, double p) {
    const struct brew_tree *t = l->tree;
    double gain = exp((double)l->scalar[LOSS_GAIN]), beta = (double)l->scalar[LOSS_BETA];
    spread(t, t->wish_ask[w * t->n_items + i], ds * gain);
    for (int k = 0; k < t->n_empty; k++)
        spread(t, t->empty_ask[i * t->n_empty + k], -ds * gain * beta / t->n_empty);
    l->scalar_grad[LOSS_GAIN] += (float)(ds * gain * (m - beta * p));
    l->scalar_grad[LOSS_BETA] += (float)(-ds * gain * p);
}

static double wanted(int grade) {
    return grade == 2 ? 1 : grade == 1 ? .3 : 0;
}

struct row {
    double m[GRADED_ITEMS_MAX], p[GRADED_ITEMS_MAX], s[GRADED_ITEMS_MAX], share[GRADED_ITEMS_MAX];
    int grade[GRADED_ITEMS_MAX];
};

/* Softmax of scale s, or its logarithm. */
static void softmax(double *to, const double *s, int n, double scale, int as_log) {
    double max = -INFINITY, sum = 0;
    for (int i = 0; i < n; i++) max = fmax(max, scale * s[i]);
    for (int i = 0; i < n; i++) sum += exp(scale * s[i] - max);
    for (int i = 0; i < n; i++) {
        double lp = scale * s[i] - max - log(sum);
        to[i] = as_log ? lp : exp(lp);
    }
}

/* Cross entropy of r->share and softmax(s), less the entropy of the former where that is asked for:
 * then it is KL. */
static void shares_row(struct loss *l, struct row *r, int w, double weight, int entropy) {
    static _Thread_local double lp[GRADED_ITEMS_MAX];
    int n = l->tree->n_items;
    softmax(lp, r->s, n, 1, 1);
    for (int i = 0; i < n; i++) {
        double share = r->share[i], own = entropy && share > 0 ? log(share) : 0;
        if (share > 0) l->sum += weight * share * (own - lp[i]);
        to_parts(l, w, i, weight * (exp(lp[i]) - share), r->m[i], r->p[i]);
    }
}

/* Cross entropy of the grades' shares and softmax(s). */
static void list_row(struct loss *l, struct row *r, int w) {
    double all = 0;
    for (int i = 0; i < l->tree->n_items; i++) all += wanted(r->grade[i]);
    for (int i = 0; i < l->tree->n_items; i++) r->share[i] = wanted(r->grade[i]) / all;
    shares_row(l, r, w, l->w->list, 0);
}

/* KL of the teacher's list and softmax(s) (Hinton et al., 1503.02531, over items). */
static void teacher_row(struct loss *l, struct row *r, int w) {
    int n = l->tree->n_items;
    softmax(r->share, l->taught + (size_t)w * (size_t)n, n, l->w->teacher_gain, 0);
    shares_row(l, r, w, l->w->teacher, 1);
}

/* Every wanted item over every unwanted one, against the base: -log sigmoid(b (new - old)). */
static void pair_row(struct loss *l, struct row *r, int w) {
    int n = l->tree->n_items, pairs = 0;
    double gain = exp((double)l->scalar[LOSS_GAIN]), b = l->w->pair_gain;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) pairs += r->grade[i] == 2 && r->grade[j] == 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            if (r->grade[i] != 2 || r->grade[j] != 0) continue;
            double was = gain * (l->base[w * n + i] - l->base[w * n + j]);
            double x = b * (gain * (r->m[i] - r->m[j]) - was), f = l->w->pair / pairs;
            double d = -f * b / (1 + exp(x)) * gain;
            l->sum += f * (x > 0 ? log1p(exp(-x)) : log1p(exp(x)) - x);
            spread(l->tree, l->tree->wish_ask[w * n + i], d);
            spread(l->tree, l->tree->wish_ask[w * n + j], -d);
        }
}

static void count_order(struct loss *l, const struct row *r) {
    for (int i = 0; i < l->tree->n_items; i++)
        for (int j = 0; j < l->tree->n_items; j++) {
            if (r->grade[i] != 2 || r->grade[j] != 0) continue;
            l->pairs++;
            l->right += r->s[i] > r->s[j];
        }
}

static void clear(const struct brew_tree *t) {
    for (int a = 0; a < t->n_asks; a++)
        memset(t->dout[a], 0, (size_t)t->len[a] * sizeof *t->dout[a]);
}

enum status loss_lists(void *arg, struct err *e) {
    struct loss *l = arg;
    const struct brew_tree *t = l->tree;
    double gain = exp((double)l->scalar[LOSS_GAIN]), beta = (double)l->scalar[LOSS_BETA];
    static _Thread_local struct row r;
    clear(t);
    l->sum = 0;
    l->lists = l->right = l->pairs = 0;
    for (int i = 0; i < t->n_items; i++) r.p[i] = loss_prior(t, i);
    for (int w = 0; w < t->n_wishes; w++) {
        for (int i = 0; i < t->n_items; i++) {
            r.m[i] = loss_answer(t, t->wish_ask[w * t->n_items + i]);
            r.s[i] = gain * (r.m[i] - beta * r.p[i]);
            r.grade[i] = l->sheet->wish[l->wish[w]].grade[l->item[i]];
        }
        if (l->w->list > 0) list_row(l, &r, w);
        if (l->w->pair > 0) pair_row(l, &r, w);
        if (l->w->teacher > 0) teacher_row(l, &r, w);
        count_order(l, &r);
        l->lists++;
    }
    return isfinite(l->sum)
               ? ST_OK
               : fail(e, ST_CORRUPT, "the loss of sheet '%.80s' is not a finite number",
                      l->sheet->name);
}

enum status loss_text(void *arg, struct err *e) {
    struct loss *l = arg;
    clear(l->tree);
    l->sum = -l->w->text * loss_answer(l->tree, 0);
    spread(l->tree, 0, -l->w->text);
    l->lists = 1;
    return isfinite(l->sum) ? ST_OK
                            : fail(e, ST_CORRUPT, "the loss of a text is not a finite number");
}
