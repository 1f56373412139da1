/* links: brew */
/* The losses on trees that were answered by made-up numbers: derivatives by every answer and by
 * both scalars against finite differences, for every loss and form of answer. */
#include "model/train/random.h"
#include "server/brew/tree/loss.h"
#include "tests/t.h"

enum { ITEMS = 4, WISHES = 2, EMPTY = 2, ASKS = ITEMS * (WISHES + EMPTY), VALUES = 6 };

static struct err e;

struct fixture {
    struct brew_tree tree;
    struct ask ask[ASKS];
    float out[ASKS][VALUES], dout[ASKS][VALUES], *d[ASKS];
    int len[ASKS], wish_ask[WISHES * ITEMS], empty_ask[ITEMS * EMPTY];
    struct graded sheet;
    struct graded_wish wish[WISHES];
    double base[WISHES * ITEMS], taught[WISHES * ITEMS];
    float scalar[LOSS_SCALARS], scalar_grad[LOSS_SCALARS];
    struct loss_weights w;
    struct loss loss;
};

static const int item[ITEMS] = {0, 1, 2, 3}, wish[WISHES] = {0, 1};
static const uint8_t grades[WISHES][ITEMS] = {{2, 0, 1, 0}, {0, 2, 2, 0}};

static void make(struct fixture *f, int n_labels, const struct loss_weights *w) {
    struct random r = random_of(7);
    memset(f, 0, sizeof *f);
    for (int a = 0; a < ASKS; a++) {
        f->len[a] = n_labels ? 2 * n_labels : 2 + a % 3;
        f->ask[a].out = f->out[a];
        f->d[a] = f->dout[a];
        for (int k = 0; k < VALUES; k++) f->out[a][k] = (float)(-3 * random_unit(&r));
    }
    for (int i = 0; i < WISHES * ITEMS; i++) {
        f->wish_ask[i] = i;
        f->base[i] = -2 * random_unit(&r);
        f->taught[i] = -2 * random_unit(&r);
    }
    for (int i = 0; i < ITEMS * EMPTY; i++) f->empty_ask[i] = WISHES * ITEMS + i;
    for (int k = 0; k < WISHES; k++) f->wish[k].grade = grades[k];
    f->sheet = (struct graded){.name = "made up", .wish = f->wish, .n_items = ITEMS};
    f->tree = (struct brew_tree){.ask = f->ask,
                                 .dout = f->d,
                                 .n_asks = ASKS,
                                 .n_items = ITEMS,
                                 .n_wishes = WISHES,
                                 .n_empty = EMPTY,
                                 .wish_ask = f->wish_ask,
                                 .empty_ask = f->empty_ask,
                                 .len = f->len,
                                 .n_labels = n_labels};
    f->scalar[LOSS_GAIN] = .4f;
    f->scalar[LOSS_BETA] = .3f;
    f->w = *w;
    f->loss = (struct loss){.tree = &f->tree,
                            .sheet = &f->sheet,
                            .item = item,
                            .wish = wish,
                            .base = f->base,
                            .taught = f->taught,
                            .w = &f->w,
                            .scalar = f->scalar,
                            .scalar_grad = f->scalar_grad};
}

static double value(struct fixture *f) {
    GOOD(loss_lists(&f->loss, &e));
    return f->loss.sum;
}

/* Moves *x both ways. */
static void check_slope(struct fixture *f, float *x, double want) {
    float was = *x, h = 1e-2f;
    *x = was + h;
    double up = value(f);
    *x = was - h;
    double down = value(f), step = (double)(was + h) - (double)(was - h);
    *x = was;
    NEAR((up - down) / step, want, 2e-4);
}

static void test_slopes(int n_labels, struct loss_weights w) {
    static struct fixture f;
    float d[ASKS][VALUES], ds[LOSS_SCALARS];
    double all = 0;
    make(&f, n_labels, &w);
    OK(value(&f) > 0);
    memcpy(d, f.dout, sizeof d);
    memcpy(ds, f.scalar_grad, sizeof ds);
    EQ(f.loss.lists, WISHES);
    for (int a = 0; a < ASKS; a++)
        for (int k = 0; k < f.len[a]; k++) {
            check_slope(&f, &f.out[a][k], (double)d[a][k]);
            all += fabs((double)d[a][k]);
        }
    for (int k = 0; k < LOSS_SCALARS; k++) check_slope(&f, &f.scalar[k], (double)ds[k]);
    OK(all > .1);
}

/* A teacher's scores that are the model's own, at the same temperature, cost nothing and teach
 * nothing; swapping two of them does. */
static void test_teacher(void) {
    static struct fixture f;
    make(&f, 1, &(struct loss_weights){.teacher = 1, .teacher_gain = 2});
    double gain = exp((double)f.scalar[LOSS_GAIN]), beta = (double)f.scalar[LOSS_BETA];
    for (int w = 0; w < WISHES; w++)
        for (int i = 0; i < ITEMS; i++) {
            double m = loss_answer(&f.tree, f.wish_ask[w * ITEMS + i]);
            f.taught[w * ITEMS + i] = gain * (m - beta * loss_prior(&f.tree, i)) / 2;
        }
    NEAR(value(&f), 0, 1e-9);
    for (int a = 0; a < ASKS; a++) NEAR(f.dout[a][0], 0, 1e-7);
    double was = f.taught[0];
    f.taught[0] = f.taught[1];
    f.taught[1] = was;
    OK(value(&f) > 1e-4);
}

/* What labels say is log P(yes) - log P(no), with the probabilities of several answers added. */
static void test_labels(void) {
    static struct fixture f;
    make(&f, 2, &(struct loss_weights){.list = 1});
    const float p[4] = {.2f, .3f, .1f, .05f};
    for (int k = 0; k < 4; k++) f.out[0][k] = logf(p[k]);
    NEAR(loss_answer(&f.tree, 0), log(.5 / .15), 1e-6);
}

static void test_broken(void) {
    static struct fixture f;
    make(&f, 0, &(struct loss_weights){.list = 1});
    f.out[1][0] = NAN;
    EQ(loss_lists(&f.loss, &e), ST_CORRUPT);
    OK(strstr(e.text, "made up") != NULL);
    f.out[1][0] = -INFINITY;
    f.out[0][0] = -INFINITY;
    EQ(loss_lists(&f.loss, &e), ST_CORRUPT);
}

int main(void) {
    for (int n_labels = 0; n_labels <= 2; n_labels++) {
        test_slopes(n_labels, (struct loss_weights){.list = 1.5});
        test_slopes(n_labels, (struct loss_weights){.teacher = 2, .teacher_gain = 3});
        test_slopes(n_labels, (struct loss_weights){.list = 1, .teacher = .5, .teacher_gain = 1});
    }
    test_teacher();
    test_labels();
    test_broken();
    return t_end();
}
