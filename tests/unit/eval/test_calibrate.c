/* links: rank eval import */
/* Fits on invented scores, whether what was held out is held out, and cases from a store through a
 * tiny model. */
#include "kernels/base/seeded.h"
#include "server/eval/calibrate.h"
#include "server/rank/rank.h"
#include "server/store/kept/calibration.h"
#include "tests/unit/store/store_help.h"

#include <stdlib.h>

enum { N = 400 };
static struct arena arena;
static struct store *store;
static struct ranker *ranker;

/* A fixed stream of numbers from 0 to 1. */
static double draw(unsigned long long *seed) {
    *seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
    return (double)(*seed >> 11) / 9007199254740992.0;
}

/* Answers whose log-odds are slope x score. */
static void fits(double slope, int n, int want_fit) {
    static double score[N], p[N];
    static unsigned char hit[N];
    static int member[N];
    struct calibration c;
    struct err e;
    unsigned long long seed = 7;
    for (int i = 0; i < n; i++) {
        score[i] = 6 * draw(&seed) - 3;
        hit[i] = draw(&seed) < 1 / (1 + exp(-slope * score[i]));
        member[i] = i / 4;
    }
    GOOD(calibrate_fit(score, hit, member, n, &arena, &c, p, &e));
    EQ(c.method != CALIBRATION_NONE, want_fit);
    EQ(c.cases, n);
    for (int i = 0; i < n; i++) OK(p[i] > 0 && p[i] < 1);
    if (!want_fit) {
        NEAR(c.log_loss, c.base_loss, 1e-12);
        OK(isnan(calibration_probability(&c, 0)));
        return;
    }
    OK(c.log_loss < c.base_loss);
    if (n == N) OK(c.ece < 0.1);
    double last = 0;
    for (double s = c.lo; s <= c.hi; s += 0.01) {
        double at = calibration_probability(&c, s);
        OK(at >= last && at < 1);
        last = at;
    }
    NEAR(calibration_probability(&c, 1), 1 / (1 + exp(-slope)), 0.15);
    OK(isnan(calibration_probability(&c, c.hi + 0.1)) && isnan(calibration_probability(&c, NAN)));
    OK(isnan(calibration_probability(&c, c.lo - 0.1)));
}

/* One member's answers are held out together: a score that only names the member teaches nothing
 * about others. */
static void members_stay_together(void) {
    static double score[N], p[N];
    static unsigned char hit[N];
    static int member[N];
    struct calibration c;
    struct err e;
    unsigned long long seed = 11;
    for (int m = 0; m < N / 4; m++) {
        int likes = draw(&seed) < 0.5;
        for (int k = 0; k < 4; k++) {
            int i = 4 * m + k;
            member[i] = m;
            score[i] = (double)seeded_hash("m", (unsigned long long)m) / 1e19;
            hit[i] = (unsigned char)likes;
        }
    }
    GOOD(calibrate_fit(score, hit, member, N, &arena, &c, p, &e));
    EQ(c.method, CALIBRATION_NONE);
}

static void import(enum import_kind kind, const char *rows) {
    struct err e;
    struct import_result r;
    const struct import_config c = {
        .kind = kind, .format = IMPORT_JSONL, .catalog = VIEW("tiny"), .surface = VIEW("generic")};
    GOOD(import_text(store, &c, view_of(rows), &r, &e));
    EQ(r.stored, 1);
}

static void acts(int members, int first) {
    static char rows[1 << 17];
    size_t n = 0;
    for (int m = first; m < first + members; m++)
        for (int k = 0; k < 9; k++)
            n += (size_t)snprintf(
                rows + n, sizeof rows - n,
                "{\"member\":\"m%d\",\"item\":\"i%d\",\"label\":\"%s\",\"at\":%d}\n", m,
                (5 * k + m) % 40, k % 3 == 1 ? "dislike" : "like", 100000 + 10 * k);
    import(IMPORT_INTERACTIONS, rows);
}

/* A history up to a time holds nothing from then on. */
static void before(void) {
    struct rank_request *r = ARENA_NEW(&arena, struct rank_request, 1);
    struct rank_result *x = ARENA_NEW(&arena, struct rank_result, 1);
    struct view id = VIEW("i39");
    struct err e;
    request_init(r);
    r->catalog = VIEW("tiny");
    r->member = VIEW("m1");
    r->candidate = &id;
    r->n_candidates = 1;
    r->has_before = 1;
    r->before = 100040;
    GOOD(rank_run(ranker, r, NULL, &arena, x, &e));
    EQ(x->n_history, 4);
    for (int i = 0; i < x->n_history; i++) OK(x->history[i].at < 100040);
    OK(x->uncalibrated != NULL);
    OK(isnan(x->item[0].probability));
}

static int steps;
static void on_progress(void *arg, int done, int total) {
    (void)arg;
    steps++;
    OK(done >= 1 && done <= total);
}

static int on_stop(void *arg) {
    (void)arg;
    return steps >= 2;
}

static void from_store(void) {
    struct calibrate_config c = {.catalog = VIEW("tiny"), .progress = on_progress};
    struct calibration_row *row;
    struct view json;
    struct err e;
    int n;
    EQ(calibrate_run(ranker, &c, &arena, &json, &e), ST_INVALID); /* 5 members x 5 */
    OK(strstr(e.text, "25 labelled interactions of 5 members"));
    EQ(steps, 5);
    acts(8, 5);
    steps = 0;
    c.stop = on_stop;
    EQ(calibrate_run(ranker, &c, &arena, &json, &e), ST_CANCELLED);
    c.stop = NULL;
    GOOD(store_calibrations(store, VIEW("tiny"), VIEW(""), &arena, &row, &n, &e));
    EQ(n, 0);
    GOOD(calibrate_run(ranker, &c, &arena, &json, &e));
    OK(strstr(json.p, "\"cases\":65") && strstr(json.p, "\"members\":13"));
    GOOD(calibrate_run(ranker, &c, &arena, &json, &e)); /* in its own place */
    GOOD(store_calibrations(store, VIEW("tiny"), VIEW(""), &arena, &row, &n, &e));
    EQ(n, 1);
    EQ_STR(row[0].json, json.p);
    c.catalog = VIEW("none");
    EQ(calibrate_run(ranker, &c, &arena, &json, &e), ST_NOT_FOUND);
    GOOD(store_catalog_delete(store, VIEW("tiny"), &e));
    EQ(store_calibrations(store, VIEW("tiny"), VIEW(""), &arena, &row, &n, &e), ST_NOT_FOUND);
}

int main(void) {
    static char rows[1 << 14];
    struct engine *en;
    struct err e;
    char folder[] = "/tmp/taproom-calibrate-XXXXXX";
    size_t n = 0;
    arena_init(&arena, (size_t)1 << 30);
    fits(1.5, N, 1);
    fits(1.5, 60, 1);
    fits(0, N, 0);
    fits(-1.5, N, 0); /* the wrong way round is no calibration */
    members_stay_together();
    ranker = calloc(1, sizeof *ranker);
    CHECK(ranker && mkdtemp(folder));
    GOOD(store_open(&store, folder, &e));
    for (int i = 0; i < 40; i++)
        n += (size_t)snprintf(rows + n, sizeof rows - n,
                              "{\"id\":\"i%d\",\"title\":\"thing %d\"}\n", i, i);
    import(IMPORT_ITEMS, rows);
    acts(5, 0);
    GOOD(engine_open(&en, &(struct engine_config){.model = "fixtures/tiny/tied.gguf", .threads = 1},
                     &e));
    ranker_init(ranker, store, en);
    before();
    from_store();
    ranker_close(ranker);
    engine_close(en);
    store_close(store);
    free(ranker);
    arena_free(&arena);
    return t_end();
}
