/* Speed of training: lists a second, on made-up tokens.
 *
 *   bench_brew MODEL [FORM [STEPS [THREADS [FIRST [PRECISION]]]]]
 *
 * STEPS after one that warms up; 0: one without it.
 *
 * FORM `query`: 12 items of 60 tokens, 6 wishes of 20 tokens and 3 empty ones below each item (6
 * lists); `item`: one wish and history of 120 tokens, 12 items of 60 tokens below it (1 list).
 * tests/bench/peers/brew_peer.py runs the same lists in PyTorch. */
#include "kernels/base/os/clock.h"
#include "model/train/random.h"
#include "model/train/trainer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ITEMS = 12, ITEM = 60, WISHES = 9, WISH = 20, TRUNK = 120, TOKENS = 1 << 14, NODES = 256 };

struct lists {
    struct tree tree;
    struct ask ask[NODES];
    int n_asks, n_lists;
    int32_t parent[NODES], off[NODES + 1], tok[TOKENS];
    float out[NODES][ITEM], dout[NODES][ITEM], *d[NODES];
};

static void node(struct lists *l, int parent, int len, int asked, struct random *r, int vocab) {
    int i = l->tree.n++;
    l->parent[i] = parent;
    l->off[i + 1] = l->off[i] + len;
    for (int k = l->off[i]; k < l->off[i + 1]; k++) l->tok[k] = random_below(r, vocab);
    if (!asked) return;
    l->d[l->n_asks] = l->dout[l->n_asks];
    l->ask[l->n_asks] = (struct ask){i, 0, NULL, l->out[l->n_asks]};
    l->n_asks++;
}

static void make(struct lists *l, int query, struct random *r, int vocab) {
    memset(l, 0, sizeof *l);
    l->n_lists = query ? 6 : 1;
    if (!query) node(l, -1, TRUNK, 0, r, vocab);
    for (int i = 0; i < ITEMS; i++) {
        int item = l->tree.n;
        node(l, query ? -1 : 0, ITEM, !query, r, vocab);
        for (int w = 0; query && w < WISHES; w++) node(l, item, WISH, 1, r, vocab);
    }
    l->tree.parent = l->parent;
    l->tree.off = l->off;
    l->tree.tok = l->tok;
}

static enum status loss(void *arg, struct err *e) {
    struct lists *l = arg;
    (void)e;
    for (int q = 0; q < l->n_asks; q++)
        for (int k = 0; k < ITEM; k++) l->dout[q][k] = (q % ITEMS ? -1.0f : 11.0f) / 200;
    return ST_OK;
}

/* Processor seconds of all threads. */
static double cpu_s(void) {
    return (double)clock() / CLOCKS_PER_SEC;
}

int main(int n_args, char **arg) {
    static struct lists l;
    struct err e;
    struct trainer *t;
    struct trainer_info info;
    struct random r = random_of(1);
    int query = n_args < 3 || strcmp(arg[2], "item") != 0;
    int steps = n_args > 3 ? atoi(arg[3]) : 2;
    const struct trainer_config c = {.model = n_args > 1 ? arg[1] : "",
                                     .precision = n_args > 6 ? arg[6] : "auto",
                                     .threads = n_args > 4 ? atoi(arg[4]) : 0,
                                     .first = n_args > 5 ? atoi(arg[5]) : 0,
                                     .rank = 8,
                                     .clip = 1};
    double start = clock_s(), norm, learn = 0, step = 0, cpu = 0, began;
    if (trainer_open(&t, &c, &e) != ST_OK) return fprintf(stderr, "%s\n", e.text), 1;
    trainer_info(t, &info);
    printf("%s, %d threads, %s, open %.2f s\n", info.code, info.threads, query ? "query" : "item",
           clock_s() - start);
    int cold = steps == 0; /* one step, and it counts */
    steps += cold;
    for (int i = cold; i <= steps; i++) { /* else the first is warming up */
        make(&l, query, &r, info.vocab);
        start = clock_s();
        began = cpu_s();
        const struct trainer_loss x = {&l, loss, l.d};
        if (trainer_learn(t, &l.tree, l.ask, l.n_asks, &x, &e) != ST_OK)
            return fprintf(stderr, "%s\n", e.text), 1;
        double mid = clock_s();
        if (trainer_step(t, 1e-3, 1e-2, l.n_lists, &norm, &e) != ST_OK)
            return fprintf(stderr, "%s\n", e.text), 1;
        if (i == 0) continue;
        learn += mid - start;
        step += clock_s() - mid;
        cpu += cpu_s() - began;
    }
    int rows = l.off[l.tree.n];
    printf("%d rows, %d lists: learn %.3f s, step %.3f s; %.3f lists/s, %.0f tokens/s\n", rows,
           l.n_lists, learn / steps, step / steps, l.n_lists * steps / learn, rows * steps / learn);
    printf("both together: %.4f lists/CPU-s, %.1f CPU-s a step\n", l.n_lists * steps / cpu,
           cpu / steps);
    char line[256];
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "VmHWM", 5) == 0) printf("%s", line);
    if (f) fclose(f);
    trainer_close(t);
    return 0;
}
