/* What a tree's answers cost, and the derivatives. A score is exp(gain) (m - beta p): m the mean
 * log-probability of a wish's (or item's) tokens, or log P(yes) - log P(no); p what says nothing
 * gets; gain and beta are trained. */
#ifndef BREW_LOSS_H
#define BREW_LOSS_H

#include "server/brew/tree/prompt.h"

/* The trainer's scalars. */
enum { LOSS_GAIN, LOSS_BETA, LOSS_SCALARS };

struct loss_weights {
    double list, pair, text, teacher; /* 0: that loss is not asked for */
    double pair_gain;                 /* beta of DPO (2305.18290), on scores */
    double teacher_gain; /* the teacher's scores times this are the logits of its list */
};

/* One tree of one sheet. */
struct loss {
    const struct brew_tree *tree;
    const struct graded *sheet;
    const int *item, *wish; /* as in brew_prompt */
    const double *base;     /* (wishes, items): m of the base alone, for pair; else NULL */
    const double *taught;   /* (wishes, items): the teacher's scores, for teacher; else NULL */
    const struct loss_weights *w;
    const float *scalar; /* the trainer's */
    float *scalar_grad;
    double sum;       /* loss over the tree's lists, filled */
    int lists;        /* filled */
    int right, pairs; /* pairs of a wanted and an unwanted item, those in order; filled */
};

/* For struct trainer_loss: arg is a struct loss. ST_CORRUPT when it is no finite number. */
enum status loss_lists(void *arg, struct err *e);
/* The same for a text: minus its mean log-probability. */
enum status loss_text(void *arg, struct err *e);

/* m of ask a of a tree that was answered, and the prior p of item i. */
double loss_answer(const struct brew_tree *t, int a);
double loss_prior(const struct brew_tree *t, int i);

#endif
