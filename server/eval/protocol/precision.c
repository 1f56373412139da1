/* Protocol `precision`: the same rankings computed in each precision: what each costs, and how far
 * its probabilities and orders are from those in f32. It ends with the rule by which `auto`
 * chooses. */
#include "kernels/base/seeded.h"
#include "server/eval/eval.h"
#include "server/eval/wishes.h"
#include "server/rank/rank.h"
#include "server/store/kept/choice.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CANDIDATES = 100, WANTED = 10, BINS = 10, TOKENS_A_SECOND = 5 };

/* The first is what the others are compared with; the last is no choice, but shows why the head
 * stays in f32. */
static const char *const precisions[] = {"f32", "bf16", "int8", "bf16_head"};
enum { PRECISIONS = COUNT(precisions), CHOICES = PRECISIONS - 1 };

/* `auto` may take a precision whose orders agree with f32's at least so well, and takes one only
 * when so many wishes said so. */
static const double TAU_LEAST = 0.9;
enum { WISHES_LEAST = 10 };

struct list {
    int n;
    struct view id[CANDIDATES];
    unsigned char want[CANDIDATES];
};

/* What one precision made of a list, in its order. */
struct scored {
    double score[CANDIDATES], yes[CANDIDATES], no[CANDIDATES]; /* scores; label probabilities */
    struct sheet_cost cost;
};

static long long resident_bytes(void) {
    long long size = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f) return 0;
    if (fscanf(f, "%lld %lld", &size, &resident) != 2) resident = 0;
    (void)fclose(f);
    return resident * sysconf(_SC_PAGESIZE);
}

/* Ten wanted items and ninety others, in random order. */
static enum status draw(struct list *l, const struct instruction *w, const struct item *items,
                        int n, unsigned long long seed, struct arena *a, struct err *e) {
    int wanted = 0, others = 0;
    struct drawn *d = ARENA_NEW(a, struct drawn, (size_t)n);
    if (!d) return fail(e, ST_NO_MEMORY, "no memory for a case");
    for (int i = 0; i < n; i++)
        d[i] = (struct drawn){seeded_hash(items[i].id, seed ^ seeded_hash(w->id, 7)), i};
    eval_shuffle(d, n);
    l->n = 0;
    for (int i = 0; i < n; i++) {
        int k = d[i].at, *count = w->want[k] ? &wanted : &others;
        if (*count == (w->want[k] ? WANTED : CANDIDATES - WANTED)) continue;
        (*count)++;
        l->want[l->n] = w->want[k];
        l->id[l->n++] = view_of(items[k].id);
    }
    return ST_OK;
}

static int place(const struct list *l, const char *id) {
    int i = 0;
    while (!view_eq_str(l->id[i], id)) i++;
    return i;
}

static enum status run(struct eval *ev, struct ranker *k, const struct instruction *w,
                       struct list *l, enum readout_id readout, struct arena *a, struct scored *out,
                       struct err *e) {
    struct rank_request *r = ARENA_NEW(a, struct rank_request, 1);
    struct rank_result *x = ARENA_NEW(a, struct rank_result, 1);
    if (!r || !x) return fail(e, ST_NO_MEMORY, "no memory for a case");
    eval_request(ev, ev->catalog, l->id, l->n, r);
    r->instruction = view_of(w->text);
    r->readout = readout;
    TRY(rank_run(k, r, ev->c->hooks, a, x, e));
    out->cost.seconds += x->score_s;
    out->cost.items += l->n;
    out->cost.tokens += x->tokens_computed;
    for (int i = 0; i < x->n; i++) {
        const struct ranked *y = &x->item[i];
        int at = place(l, y->item->id);
        if (readout == READOUT_AUTO) {
            out->score[at] = y->score;
            continue;
        }
        double odds = exp(y->logprob); /* log P(yes) - log P(no) */
        out->yes[at] = y->label_mass * odds / (1 + odds);
        out->no[at] = y->label_mass / (1 + odds);
    }
    return ST_OK;
}

static double term(double p, double q) {
    return p > 0 ? p * log(p / fmax(q, 1e-300)) : 0;
}

/* Mean over the list of KL(f32 || other) over yes, no and everything else. */
static double divergence(const struct scored *f32, const struct scored *x, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += term(f32->yes[i], x->yes[i]) + term(f32->no[i], x->no[i]) +
               term(1 - f32->yes[i] - f32->no[i], 1 - x->yes[i] - x->no[i]);
    return sum / n;
}

/* Of P(yes) among the two labels, as the probability that an item is wanted. */
static double calibration_error(const struct scored *x, const struct list *l) {
    double p[CANDIDATES];
    for (int i = 0; i < l->n; i++) p[i] = x->yes[i] / (x->yes[i] + x->no[i]);
    return metric_ece(p, l->want, l->n, BINS);
}

static int distinct(const struct scored *x, int n) {
    int count = 0;
    for (int i = 0; i < n; i++) {
        int known = 0;
        for (int j = 0; j < i && !known; j++) known = x->yes[j] == x->yes[i];
        count += !known;
    }
    return count;
}

static void put(struct eval *ev, struct sheet_case *c, int m, const struct scored *f32,
                const struct scored *x, const struct list *l) {
    sheet_put(ev->s, c, m, "auc", metric_auc(x->score, l->want, l->n));
    sheet_put(ev->s, c, m, "tau", metric_tau(f32->score, x->score, l->n));
    sheet_put(ev->s, c, m, "kl", divergence(f32, x, l->n));
    sheet_put(ev->s, c, m, "ece", calibration_error(x, l));
    sheet_put(ev->s, c, m, "distinct", distinct(x, l->n));
    sheet_put(ev->s, c, m, "speed", (double)x->cost.tokens / x->cost.seconds);
    c->cost[m] = x->cost;
}

static enum status one(struct eval *ev, struct ranker *const k[PRECISIONS],
                       const struct instruction *w, const struct item *items, int n_items,
                       struct sheet_case *c, struct arena *a, struct err *e) {
    struct list *l = ARENA_NEW(a, struct list, 1);
    struct scored *x = ARENA_NEW(a, struct scored, PRECISIONS);
    if (!l || !x) return fail(e, ST_NO_MEMORY, "no memory for a case");
    TRY(draw(l, w, items, n_items, ev->c->seed, a, e));
    for (int m = 0; m < PRECISIONS; m++) {
        if (!k[m]) continue;
        TRY(run(ev, k[m], w, l, READOUT_AUTO, a, &x[m], e));
        TRY(run(ev, k[m], w, l, READOUT_RELEVANCE, a, &x[m], e));
        put(ev, c, m, &x[0], &x[m], l);
    }
    return eval_keep(ev, c, e);
}

static enum status cases(struct eval *ev, struct ranker *const k[PRECISIONS], struct err *e) {
    struct item *items;
    struct instruction *w;
    int n_items, n, known;
    TRY(eval_wishes(ev, ev->catalog, &items, &n_items, &w, &n, e));
    TRY(eval_begin(ev, "", ev->c->cases < n ? ev->c->cases : n, e));
    for (int i = 0, done = 0; i < n && done < ev->c->cases; i++) {
        struct sheet_case *c;
        struct arena a;
        if (w[i].test != ev->c->test) continue;
        done++;
        TRY(eval_case(ev, w[i].id, 0, &c, &known, e));
        arena_init(&a, (size_t)1 << 30);
        enum status st = known ? ST_OK : one(ev, k, &w[i], items, n_items, c, &a, e);
        arena_free(&a);
        TRY(st);
        eval_step(ev);
    }
    return ST_OK;
}

/* `auto` is a choice like others: it is made on development wishes. */
static enum status decide(struct eval *ev, struct ranker *f32, const char *best, struct err *e) {
    struct engine_info i;
    engine_info(f32->engine, &i);
    if (ev->c->test || strcmp(i.backend, "cpu") != 0 ||
        sheet_count(ev->s, 0, 0, 1) < WISHES_LEAST) {
        sheet_note(ev->s,
                   "auto stays as it is: it follows at least %d development wishes on the CPU",
                   WISHES_LEAST);
        return ST_OK;
    }
    sheet_note(ev->s, "auto is %s for this model from now on", best);
    return store_choice_put(f32->store, i.sha256, best, e);
}

/* The rule: of those that lose nothing against f32 the fastest. */
static enum status choose(struct eval *ev, struct ranker *f32, struct err *e) {
    double *tmp = ARENA_NEW(ev->a, double, 3 * (size_t)ev->s->n + 1), fastest = 0;
    int best = 0;
    if (!tmp) return fail(e, ST_NO_MEMORY, "no memory for a report");
    for (int m = 0; m < CHOICES; m++) {
        if (!sheet_count(ev->s, 0, m, 1)) continue;
        double tau = sheet_cell(ev->s, 0, m, 1, tmp).mean,
               speed = sheet_cell(ev->s, 0, m, TOKENS_A_SECOND, tmp).mean;
        struct interval lost = {0};
        if (m) lost = sheet_gap(ev->s, 0, m, 0, tmp).diff;
        if (tau < TAU_LEAST || lost.lo > 0 || speed <= fastest) continue;
        fastest = speed;
        best = m;
    }
    sheet_note(ev->s,
               "rule: the fastest precision whose mean tau is at least %.2f and whose AUC the "
               "interval does not put below f32's: %s",
               TAU_LEAST, precisions[best]);
    return decide(ev, f32, precisions[best], e);
}

enum status eval_precision(struct eval *ev, struct err *e) {
    struct ranker *k[PRECISIONS] = {NULL};
    ev->s->about = "100 items ranked for each wish (auto), and asked about with yes and no "
                   "(relevance), in each precision. tau, KL over (yes, no, others) compare with "
                   "f32. bf16_head also computes the vocabulary's logits in bf16.";
    (void)sheet_metric(ev->s, "auc", "AUC", 3, 1);
    (void)sheet_metric(ev->s, "tau", "tau with f32", 3, 1);
    (void)sheet_metric(ev->s, "kl", "KL from f32", 6, -1);
    (void)sheet_metric(ev->s, "ece", "ECE", 3, -1);
    (void)sheet_metric(ev->s, "distinct", "distinct P(yes)", 0, 1);
    (void)sheet_metric(ev->s, "speed", "tokens/s", 0, 1);
    for (int m = 0; m < PRECISIONS; m++) (void)sheet_method(ev->s, precisions[m], 1);
    ev->s->reference = 0;
    (void)sheet_group(ev->s, "wishes", "wishes", NAN);
    enum status st = ST_OK;
    for (int m = 0; m < PRECISIONS && st == ST_OK; m++) {
        long long before = resident_bytes();
        struct err why = {.line = 0};
        if (registry_take(ev->c->registry, VIEW(""), precisions[m], NULL, &k[m], &why) != ST_OK) {
            k[m] = NULL;
            sheet_note(ev->s, "%s: %s", precisions[m], why.text);
            if (m == 0) st = fail(e, ST_INVALID, "f32 is what is compared with: %s", why.text);
            continue;
        }
        struct engine_info i;
        engine_info(k[m]->engine, &i);
        sheet_note(ev->s, "%s runs on %s and took %lld MiB when it was loaded", precisions[m],
                   i.code, (resident_bytes() - before) >> 20);
    }
    if (st == ST_OK) st = cases(ev, k, e);
    if (st == ST_OK) st = choose(ev, k[0], e);
    for (int m = 0; m < PRECISIONS; m++) registry_give(ev->c->registry, k[m]);
    return st;
}
