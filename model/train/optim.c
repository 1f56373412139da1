/* AdamW, one loop over all values. */
#include "model/train/optim.h"

#include <math.h>
#include <string.h>

static double norm_of(const float *g, size_t n) {
    double s = 0;
    for (size_t i = 0; i < n; i++) s += (double)g[i] * g[i];
    return sqrt(s);
}

static void move(struct optim *o, size_t from, size_t to, double rate, double scale, double decay) {
    double b1 = o->c.beta1, b2 = o->c.beta2;
    double c1 = 1 - pow(b1, (double)o->step), c2 = 1 - pow(b2, (double)o->step);
    for (size_t i = from; i < to; i++) {
        double g = o->grad[i] * scale;
        o->m[i] = (float)(b1 * o->m[i] + (1 - b1) * g);
        o->v[i] = (float)(b2 * o->v[i] + (1 - b2) * g * g);
        double d = o->m[i] / c1 / (sqrt(o->v[i] / c2) + o->c.eps);
        o->value[i] = (float)(o->value[i] - rate * (d + decay * o->value[i]));
    }
}

enum status optim_step(struct optim *o, double rate, double other_rate, double count, double *norm,
                       struct err *e) {
    *norm = norm_of(o->grad, o->n_main) / count;
    double rest = norm_of(o->grad + o->n_main, o->n - o->n_main);
    if (!isfinite(*norm) || !isfinite(rest))
        return fail(e, ST_CORRUPT, "the gradient of step %lld is not a finite number", o->step + 1);
    double clip = o->c.clip > 0 && *norm > o->c.clip ? o->c.clip / *norm : 1;
    o->step++;
    move(o, 0, o->n_main, rate, clip / count, o->c.decay);
    move(o, o->n_main, o->n, other_rate, 1 / count, 0);
    memset(o->grad, 0, o->n * sizeof *o->grad);
    return ST_OK;
}

double optim_rate(double rate, double least, long long step, long long warm, long long steps) {
    if (step < warm) return rate * (double)(step + 1) / (double)warm;
    double done = steps > warm ? (double)(step - warm) / (double)(steps - warm) : 0;
    if (done > 1) done = 1;
    return rate * (least + (1 - least) * (1 + cos(done * acos(-1.0))) / 2);
}
