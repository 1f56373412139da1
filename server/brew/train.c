/* The training step of a recipe. Which sheets a step learns from follows from the seed and its
 * number alone, so that a run that goes on from a checkpoint is the same run. */
#include "server/brew/brew.h"

#include "kernels/base/os/clock.h"
#include "kernels/base/os/file.h"
#include "model/train/optim.h"
#include "model/train/random.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Sheets in an order drawn anew in every epoch. */
struct stream {
    uint64_t seed;
    int *order, n, at, epoch;
};

static void shuffle(struct stream *s) {
    struct random r = random_of(s->seed + 1000003u * (uint64_t)s->epoch);
    for (int i = 0; i < s->n; i++) s->order[i] = i;
    for (int i = s->n - 1; i > 0; i--) {
        int k = random_below(&r, i + 1), was = s->order[i];
        s->order[i] = s->order[k];
        s->order[k] = was;
    }
}

static int stream_next(struct stream *s) {
    if (s->at == s->n) {
        s->at = 0;
        s->epoch++;
        shuffle(s);
    }
    return s->order[s->at++];
}

static enum status stream_open(struct stream *s, int n, uint64_t seed, struct arena *a,
                               struct err *e) {
    *s = (struct stream){.seed = seed, .n = n, .order = ARENA_NEW(a, int, (size_t)n + 1)};
    if (!s->order) return fail(e, ST_NO_MEMORY, "no memory for %d sheets", n);
    shuffle(s);
    return ST_OK;
}

/* What training needs beside the brew. */
struct run {
    struct brew *b;
    const struct recipe_step *s;
    int *sheet, *lists, n; /* sheets to learn from; wishes that suit */
    int *text, n_texts;
    struct stream sheets, texts;
    char path[1024]; /* of checkpoints */
    double start, saved;
    long long steps, at;
    int *wish, *item;
};

/* What a checkpoint knows beside the trainer's state. */
struct mark {
    uint64_t recipe;
    long long steps, at, lists, tokens;
};

static int suits(const struct graded *x, enum brew_readout r) {
    int n = 0;
    for (int w = 0; w < x->n_wishes; w++) n += brew_suits(&x->wish[w], r);
    return n;
}

static enum status choose_data(struct run *r, struct err *e) {
    struct brew *b = r->b;
    struct arena *a = &b->arena;
    size_t sheets = (size_t)b->sheets.n, texts = (size_t)b->n_texts;
    r->sheet = ARENA_NEW(a, int, sheets + 1);
    r->lists = ARENA_NEW(a, int, sheets + 1);
    r->text = ARENA_NEW(a, int, texts + 1);
    r->wish = ARENA_NEW(a, int, GRADED_WISHES_MAX);
    r->item = ARENA_NEW(a, int, GRADED_ITEMS_MAX);
    if (!r->sheet || !r->lists || !r->text || !r->wish || !r->item)
        return fail(e, ST_NO_MEMORY, "no memory for %zu sheets", sheets);
    int listed = r->s->weights.list > 0 || r->s->weights.pair > 0 || r->s->weights.teacher > 0;
    for (int i = 0; listed && i < b->sheets.n; i++) {
        int n = suits(&b->sheets.at[i], r->s->readout);
        if (b->sheets.at[i].kept_out || !n) continue;
        r->sheet[r->n] = i;
        r->lists[r->n++] = n;
    }
    for (int i = 0; r->s->weights.text > 0 && i < b->n_texts; i++)
        if (!b->text_out[i]) r->text[r->n_texts++] = i;
    if (listed && !r->n)
        return fail(e, ST_INVALID, "no list of the recipe's data suits this readout");
    if (r->s->weights.text > 0 && !r->n_texts)
        return fail(e, ST_INVALID, "the loss `text` is asked for, but data.texts holds no text");
    TRY(stream_open(&r->sheets, r->n, b->recipe.seed, a, e));
    return stream_open(&r->texts, r->n_texts, b->recipe.seed + 7, a, e);
}

/* --- one step */

/* Up to `most` items of the sheet, among them for every wish a wanted and an unwanted one. */
static int choose_items(struct run *r, const struct graded *x, int n_wishes, struct random *rnd) {
    int n = x->n_items, most = r->s->items < n ? r->s->items : n;
    for (int i = 0; i < n; i++) r->item[i] = i;
    for (int tries = 0; tries < 50 && most < n; tries++) {
        int good = 1;
        for (int i = 0; i < most; i++) {
            int k = i + random_below(rnd, n - i), was = r->item[i];
            r->item[i] = r->item[k];
            r->item[k] = was;
        }
        for (int w = 0; w < n_wishes; w++) {
            int seen = 0;
            for (int i = 0; i < most; i++) {
                int g = x->wish[r->wish[w]].grade[r->item[i]];
                seen |= g == 2 ? 1 : g == 0 ? 2 : 0;
            }
            good &= seen == 3;
        }
        if (good) return most;
    }
    return n; /* no draw suits all wishes: take them all */
}

struct sums {
    double loss, lists;
    long long right, pairs;
};

/* The base's own scores, for preferences. */
static enum status base_scores(struct run *r, const struct brew_tree *t, const double **out,
                               struct err *e) {
    struct brew *b = r->b;
    *out = NULL;
    if (!(r->s->weights.pair > 0)) return ST_OK;
    size_t n = (size_t)(t->n_wishes * t->n_items);
    double *m = ARENA_NEW(&b->step, double, n);
    if (!m) return fail(e, ST_NO_MEMORY, "no memory for scores");
    TRY(trainer_adapter(b->t, 0, e));
    TRY(trainer_score(b->t, &t->tree, t->ask, t->n_asks, e));
    for (size_t i = 0; i < n; i++) m[i] = loss_answer(t, t->wish_ask[i]);
    *out = m;
    return trainer_adapter(b->t, 1, e);
}

static enum status learn_sheet(struct run *r, int at, int lists_left, struct random *rnd,
                               struct sums *sums, struct err *e) {
    struct brew *b = r->b;
    const struct graded *x = &b->sheets.at[r->sheet[at]];
    struct brew_tree tree;
    int n = 0, n_items;
    arena_reset(&b->step);
    for (int w = 0; w < x->n_wishes; w++)
        if (brew_suits(&x->wish[w], r->s->readout)) r->wish[n++] = w;
    for (int i = n - 1; i > 0; i--) { /* which wishes, when not all are wanted */
        int k = random_below(rnd, i + 1), was = r->wish[i];
        r->wish[i] = r->wish[k];
        r->wish[k] = was;
    }
    if (n > lists_left) n = lists_left;
    n_items = choose_items(r, x, n, rnd);
    TRY(brew_prompt(&tree, &b->words, x, r->s->readout, r->item, n_items, r->wish, n, &b->step, e));
    struct loss l = {.tree = &tree,
                     .sheet = x,
                     .item = r->item,
                     .wish = r->wish,
                     .w = &r->s->weights,
                     .scalar = trainer_scalars(b->t),
                     .scalar_grad = trainer_scalar_grads(b->t)};
    TRY(base_scores(r, &tree, &l.base, e));
    if (r->s->weights.teacher > 0) {
        const struct brew_part part = {x, r->item, n_items, r->wish, n};
        TRY(brew_teacher_scores(b, r->s, &part, &l.taught, e));
    }
    const struct trainer_loss loss = {&l, loss_lists, tree.dout};
    TRY(trainer_learn(b->t, &tree.tree, tree.ask, tree.n_asks, &loss, e));
    sums->loss += l.sum;
    sums->lists += n;
    sums->right += l.right;
    sums->pairs += l.pairs;
    b->report.tokens += tree.tokens;
    return ST_OK;
}

static enum status learn_text(struct run *r, struct sums *sums, struct err *e) {
    struct brew *b = r->b;
    struct brew_tree tree;
    arena_reset(&b->step);
    TRY(brew_text(&tree, b->t, b->text[r->text[stream_next(&r->texts)]], r->s->text_tokens,
                  &b->step, e));
    struct loss l = {.tree = &tree, .w = &r->s->weights};
    const struct trainer_loss loss = {&l, loss_text, tree.dout};
    TRY(trainer_learn(b->t, &tree.tree, tree.ask, tree.n_asks, &loss, e));
    sums->loss += l.sum;
    b->report.tokens += tree.tokens;
    return ST_OK;
}

/* Draws of step k go on from its number, whatever ran before. skip: only moves the streams. */
static enum status one_step(struct run *r, int skip, struct sums *sums, struct err *e) {
    const struct recipe_step *s = r->s;
    int listed = r->n > 0, lists = 0;
    struct random rnd = random_of(r->b->recipe.seed * 31 + (uint64_t)r->at);
    while (listed && lists < s->lists) {
        int at = stream_next(&r->sheets), left = s->lists - lists;
        lists += r->lists[at] < left ? r->lists[at] : left;
        if (!skip) TRY(learn_sheet(r, at, left, &rnd, sums, e));
        if (brew_cancelled(r->b)) return fail(e, ST_CANCELLED, "the brew was cancelled");
    }
    for (int i = 0; r->n_texts && i < (listed ? 2 : s->lists); i++) {
        if (skip)
            (void)stream_next(&r->texts);
        else
            TRY(learn_text(r, sums, e));
        if (!listed) sums->lists++;
    }
    return ST_OK;
}

/* --- checkpoints */

static enum status save(struct run *r, struct err *e) {
    struct brew *b = r->b;
    size_t curve = (size_t)r->at * sizeof *b->report.curve, n = sizeof(struct mark) + curve;
    const struct mark k = {b->recipe.hash, r->steps, r->at, b->report.lists, b->report.tokens};
    char *own = mem_alloc(n);
    if (!own) return fail(e, ST_NO_MEMORY, "no memory for a checkpoint");
    memcpy(own, &k, sizeof k);
    if (curve) memcpy(own + sizeof k, b->report.curve, curve);
    enum status st = trainer_save(b->t, r->path, own, n, e);
    mem_free(own);
    r->saved = clock_s();
    return st;
}

static enum status room_for_curve(struct run *r, struct err *e) {
    struct brew_point *p = ARENA_NEW(&r->b->arena, struct brew_point, (size_t)r->steps + 1);
    if (!p) return fail(e, ST_NO_MEMORY, "no memory for %lld steps", r->steps);
    if (r->b->report.curve) memcpy(p, r->b->report.curve, (size_t)r->at * sizeof *p);
    r->b->report.curve = p;
    return ST_OK;
}

static enum status go_on(struct run *r, struct err *e) {
    struct brew *b = r->b;
    struct mark k;
    struct sums none = {0};
    void *own;
    size_t n;
    enum status st = trainer_load(b->t, r->path, &b->arena, &own, &n, e);
    if (st != ST_OK) err_hint(e, "leave --resume out to start over");
    TRY(st);
    if (n < sizeof k) return fail(e, ST_CORRUPT, "%.200s is damaged", r->path);
    memcpy(&k, own, sizeof k);
    if (k.recipe != b->recipe.hash) {
        (void)fail(
            e, ST_CONFLICT,
            "the recipe '%.64s' was changed since its checkpoint was written, and a run goes "
            "on only with the very text that it began with",
            b->recipe.name);
        err_hint(e, "put the recipe back as it was, or leave --resume out to start over");
        return ST_CONFLICT;
    }
    if (k.at < 0 || n != sizeof k + (size_t)k.at * sizeof *b->report.curve)
        return fail(e, ST_CORRUPT, "%.200s is damaged", r->path);
    r->steps = k.steps;
    b->report.lists = k.lists;
    b->report.tokens = k.tokens;
    for (r->at = 0; r->at < k.at; r->at++) TRY(one_step(r, 1, &none, e));
    if (r->steps) TRY(room_for_curve(r, e));
    if (k.at)
        memcpy(b->report.curve, (char *)own + sizeof k, (size_t)k.at * sizeof(struct brew_point));
    return ST_OK;
}

/* --- the run */

/* How many steps; 0: the time of the first one decides. */
static long long steps_of(const struct run *r) {
    double lists = 0;
    if (r->s->steps) return r->s->steps;
    if (r->s->minutes > 0) return 0;
    for (int i = 0; i < r->n; i++) lists += r->lists[i];
    if (!r->n) lists = r->n_texts;
    double n = ceil(lists * r->s->epochs / r->s->lists);
    return n < 1 ? 1 : (long long)n;
}

static void tell(const struct run *r, const struct brew_point *now) {
    const struct brew *b = r->b;
    double loss = 0, right = 0, seconds = clock_s() - r->start;
    long long from = r->at > 20 ? r->at - 20 : 0;
    if (!b->c->progress) return;
    for (long long i = from; i < r->at; i++) {
        loss += (double)b->report.curve[i].loss / (double)(r->at - from);
        right += (double)b->report.curve[i].right / (double)(r->at - from);
    }
    b->c->progress(b->c->arg, &(struct brew_progress){
                                  "train", r->at, r->steps, loss, right, (double)now->rate, seconds,
                                  seconds / (double)r->at * (double)(r->steps - r->at), 0});
}

/* What went wrong with the numbers says in which step it did. */
static enum status named(enum status st, long long step, struct err *e) {
    const struct err why = *e;
    if (st != ST_CORRUPT) return st;
    return fail(e, ST_CORRUPT, "step %lld: %s; a smaller rate, or a `clip`, may help", step,
                why.text);
}

static enum status step_and_move(struct run *r, struct err *e) {
    struct brew *b = r->b;
    const struct recipe_step *s = r->s;
    struct sums sums = {0};
    double norm, began = clock_s();
    TRY(named(one_step(r, 0, &sums, e), r->at + 1, e));
    if (!r->steps) { /* the step's share of the time that was given */
        double n = s->minutes * 60 / (clock_s() - began);
        r->steps = n < 1 ? 1 : (long long)n;
    }
    if (r->at == 0 || !b->report.curve) TRY(room_for_curve(r, e));
    double rate = optim_rate(s->rate, s->least, r->at, s->warm, r->steps);
    TRY(trainer_step(b->t, rate, s->scalar_rate * rate / (s->rate > 0 ? s->rate : 1), sums.lists,
                     &norm, e));
    struct brew_point *p = &b->report.curve[r->at++];
    *p = (struct brew_point){(float)(sums.loss / sums.lists),
                             sums.pairs ? (float)sums.right / (float)sums.pairs : 0, (float)norm,
                             (float)rate};
    b->report.lists += (long long)sums.lists;
    tell(r, p);
    return ST_OK;
}

/* Where the step's number asks for it: the mean NDCG of what is kept out, for the curve. */
static enum status measure_now(struct run *r, struct err *e) {
    struct brew *b = r->b;
    struct brew_measures m;
    double sum = 0;
    if (!r->s->measure || r->at % r->s->measure || !b->c->progress) return ST_OK;
    TRY(brew_measure(b, r->s, "measure", (double)trainer_scalars(b->t)[LOSS_BETA], &m, e));
    for (int i = 0; i < m.n; i++) sum += m.ndcg[i];
    struct brew_progress p = {.what = "measure", .step = r->at, .steps = r->steps};
    const struct brew_point *last = &b->report.curve[r->at - 1];
    p.loss = (double)last->loss, p.right = (double)last->right;
    p.ndcg = sum / m.n;
    if (m.n) b->c->progress(b->c->arg, &p);
    return ST_OK;
}

static enum status run_steps(struct run *r, struct err *e) {
    double every = r->b->c->checkpoint_s > 0 ? r->b->c->checkpoint_s : 60;
    while (!r->steps || r->at < r->steps) {
        enum status st = step_and_move(r, e);
        if (st == ST_OK) st = measure_now(r, e);
        if (st == ST_CANCELLED) {
            struct err why = *e;
            TRY(save(r, e));
            *e = why;
        }
        TRY(st);
        if (clock_s() - r->saved >= every) TRY(save(r, e));
    }
    return ST_OK;
}

enum status brew_train(struct brew *b, const struct recipe_step *s, struct err *e) {
    struct run r = {.b = b, .s = s};
    TRY(choose_data(&r, e));
    const struct brew_chosen chosen = {r.sheet, r.n, r.text, r.n_texts};
    TRY(brew_vocabulary(b, s, &chosen, e));
    if (s->weights.teacher > 0) TRY(brew_teacher_open(b, s, e));
    if (snprintf(r.path, sizeof r.path, "%s/%s.brew", b->c->out, b->recipe.name) >=
        (int)sizeof r.path)
        return fail(e, ST_LIMIT, "the path is too long");
    r.steps = steps_of(&r);
    r.start = r.saved = clock_s();
    if (b->c->resume && access(r.path, F_OK) == 0)
        TRY(go_on(&r, e));
    else if (r.steps)
        TRY(room_for_curve(&r, e));
    long long done = r.at, tokens = b->report.tokens;
    r.start = clock_s();
    TRY(run_steps(&r, e));
    TRY(save(&r, e));
    b->report.steps = r.steps;
    b->report.seconds = clock_s() - r.start;
    b->report.tokens_per_s =
        r.at > done ? (double)(b->report.tokens - tokens) / b->report.seconds : 0;
    b->trained = s;
    return ST_OK;
}
