/* AdamW (Loshchilov and Hutter, 1711.05101) in f32, with the norm of the gradient clipped. */
#ifndef MODEL_TRAIN_OPTIM_H
#define MODEL_TRAIN_OPTIM_H

#include "kernels/base/status.h"

struct optim_config {
    double beta1, beta2, eps, decay; /* decay is of weights, times the rate */
    double clip;                     /* largest norm of a gradient; 0: none */
};

/* Values value[0 .. n) move at `rate`; those from n_main on at their own, and are not clipped or
 * decayed. */
struct optim {
    struct optim_config c;
    float *value, *grad, *m, *v; /* (n), borrowed */
    size_t n, n_main;
    long long step;
};

/* One step with the mean of `count` summed gradients; grad is zeros after it. *norm: before
 * clipping. ST_CORRUPT when it is not a finite number: then nothing moved. */
enum status optim_step(struct optim *o, double rate, double other_rate, double count, double *norm,
                       struct err *e) MUST_CHECK;

/* Rate at step (from 0) of steps: up over warm steps, then a cosine down to rate x least. */
double optim_rate(double rate, double least, long long step, long long warm, long long steps);

#endif
