/* Listwise softmax against grades, preferences, texts. */
#include "server/brew/loss.h"

#include <math.h>
#include <string.h>

double loss_mean(const struct brew_tree *t, int a) {
    double s = 0;
    for (int k = 0; k < t->len[a]; k++) s += (double)t->ask[a].out[k];
    return s / t->len[a];
}

double loss_prior(const struct brew_tree *t, int i) {
    double s = 0;
    for (int k = 0; k < t->n_empty; k++) s += loss_mean(t, t->empty_ask[i * t->n_empty + k]);
    return t->n_empty ? s / t->n_empty : 0;
}

/* Adds d, the derivative by the mean of ask a, to its tokens'. */
static void spread(const struct brew_tree *t, int a, double d) {
    for (int k = 0; k < t->len[a]; k++) t->dout[a][k] += (float)(d / t->len[a]);
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
    double m[GRADED_ITEMS_MAX], p[GRADED_ITEMS_MAX], s[GRADED_ITEMS_MAX];
    int grade[GRADED_ITEMS_MAX];
};

/* Cross entropy of the grades' shares and softmax(s). */
static void list_row(struct loss *l, struct row *r, int w) {
    int n = l->tree->n_items;
    double max = -INFINITY, sum = 0, all = 0;
    for (int i = 0; i < n; i++) {
        max = fmax(max, r->s[i]);
        all += wanted(r->grade[i]);
    }
    for (int i = 0; i < n; i++) sum += exp(r->s[i] - max);
    for (int i = 0; i < n; i++) {
        double share = wanted(r->grade[i]) / all, lp = r->s[i] - max - log(sum);
        l->sum -= l->w->list * share * lp;
        to_parts(l, w, i, l->w->list * (exp(lp) - share), r->m[i], r->p[i]);
    }
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
            r.m[i] = loss_mean(t, t->wish_ask[w * t->n_items + i]);
            r.s[i] = gain * (r.m[i] - beta * r.p[i]);
            r.grade[i] = l->sheet->wish[l->wish[w]].grade[l->item[i]];
        }
        if (l->w->list > 0) list_row(l, &r, w);
        if (l->w->pair > 0) pair_row(l, &r, w);
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
    l->sum = -l->w->text * loss_mean(l->tree, 0);
    spread(l->tree, 0, -l->w->text);
    l->lists = 1;
    return isfinite(l->sum) ? ST_OK
                            : fail(e, ST_CORRUPT, "the loss of a text is not a finite number");
}
