/* links: model */
/* Chunks out of several jobs: every job gets its share, answers have the bits of the job alone, and
 * a job that fails does not touch the others. `test_batch cuda` asks that backend. */
#include "model/engine/step.h"
#include "kernels/base/os/limit.h"
#include "tests/t.h"

#define FILE_NAME "fixtures/tiny/tied.gguf"
enum { FILE_MAX = 1 << 20, VOCAB = 288, ROWS = 32, JOBS = 3, NODES = 40, LEN = 8, LABELS = 2 };

static struct err e;
static struct model *model;
static struct work work;
static const struct hash sha = {{1}};

/* A trunk of `trunk` tokens and `items` items of LEN tokens, labels asked after each. */
struct job_of {
    struct job job;
    struct tree tree;
    int32_t tok[512], parent[NODES], off[NODES + 1];
    struct ask ask[NODES];
    float out[NODES][LABELS];
};
static const struct { int trunk, items; } size[JOBS] = {{200, 30}, {6, 1}, {100, 12}};
static const int32_t labels[LABELS] = {5, 200};

static int rows_of(int k) {
    return size[k].trunk + size[k].items * LEN;
}

static void job_make(struct job_of *j, int k) {
    memset(j, 0, sizeof *j);
    int n = 0;
    for (int i = 0; i <= size[k].items; i++) {
        j->parent[i] = i ? 0 : -1;
        j->off[i] = n;
        for (int t = 0; t < (i ? LEN : size[k].trunk); t++)
            j->tok[n++] = (k * 101 + i * 31 + t * 7 + 3) % VOCAB;
        if (i) j->ask[i - 1] = (struct ask){i, LABELS, labels, j->out[i]};
    }
    j->off[size[k].items + 1] = n;
    j->tree = (struct tree){size[k].items + 1, j->parent, j->off, j->tok, NULL};
    j->job = (struct job){.tree = &j->tree, .ask = j->ask, .n_asks = size[k].items};
}

/* Each job in a batch of its own. */
static void run_alone(struct job_of *j) {
    for (int k = 0; k < JOBS; k++) {
        struct cache c;
        struct batch b;
        struct plan *p = NULL;
        int more = 1;
        job_make(&j[k], k);
        GOOD(cache_open(&c, model, 1 << 20, &e));
        GOOD(batch_open(&b, ROWS, &e));
        GOOD(plan_open(&p, &j[k].job, &c, &sha, &e));
        while (p && more) {
            batch_step(&b, &p, 1, &work);
            GOOD(plan_next(p, &more, &e));
        }
        EQ(j[k].job.tokens_computed, rows_of(k));
        plan_close(p);
        batch_close(&b);
        cache_close(&c);
    }
}

/* turn: how many chunks there were before. */
static void test_shares(const struct job_of *alone, unsigned turn) {
    static struct job_of j[JOBS];
    struct cache c;
    struct batch b;
    struct plan *plan[JOBS], *all[JOBS];
    int left = JOBS, chunks = 0, of[JOBS] = {0, 1, 2}, total = 0;
    GOOD(cache_open(&c, model, 1 << 20, &e));
    GOOD(batch_open(&b, ROWS, &e));
    b.turn = turn;
    for (int k = 0; k < JOBS; k++) {
        job_make(&j[k], k);
        GOOD(plan_open(&plan[k], &j[k].job, &c, &sha, &e));
        all[k] = plan[k];
        total += rows_of(k);
    }
    for (; left > 0; chunks++) {
        int rows = 0, now = left, still = 0, wanted = 0;
        for (int i = 0; i < left; i++) wanted += rows_of(of[i]) - (int)j[of[i]].job.tokens_computed;
        batch_step(&b, plan, left, &work);
        for (int i = 0; i < now; i++) {
            struct job *job = &j[of[i]].job;
            int more, before = (int)job->tokens_computed;
            GOOD(plan_next(plan[i], &more, &e));
            int got = (int)job->tokens_computed - before;
            OK(got >= ROWS / now || !more); /* nobody waits for another */
            rows += got;
            if (!more) continue;
            plan[still] = plan[i];
            of[still++] = of[i];
        }
        EQ(rows, wanted < ROWS ? wanted : ROWS); /* and no row stays empty */
        left = still;
    }
    EQ(chunks, (total + ROWS - 1) / ROWS);
    for (int k = 0; k < JOBS; k++) {
        EQ_MEM(j[k].out, alone[k].out, sizeof j[k].out);
        plan_close(all[k]);
    }
    batch_close(&b);
    cache_close(&c);
}

/* The nth allocation of a chunk fails. Answers how many jobs that ended. */
static int fail_at(const struct job_of *alone, long n) {
    static struct job_of j[JOBS];
    struct cache c;
    struct batch b;
    struct plan *plan[JOBS];
    int failed = 0, left = 1, more;
    GOOD(cache_open(&c, model, 1 << 20, &e));
    GOOD(batch_open(&b, ROWS, &e));
    for (int k = 0; k < JOBS; k++) {
        job_make(&j[k], k);
        GOOD(plan_open(&plan[k], &j[k].job, &c, &sha, &e));
    }
    mem_fail_at(n, 0);
    batch_step(&b, plan, JOBS, &work);
    mem_fail_at(0, 0);
    while (left > 0) {
        struct plan *on[JOBS];
        left = 0;
        for (int k = 0; k < JOBS; k++) {
            if (!plan[k]) continue;
            enum status st = plan_next(plan[k], &more, &e);
            if (st == ST_OK && more) {
                on[left++] = plan[k];
                continue;
            }
            if (st == ST_OK) EQ_MEM(j[k].out, alone[k].out, sizeof j[k].out);
            if (st != ST_OK) EQ(st, ST_NO_MEMORY);
            failed += st != ST_OK;
            plan_close(plan[k]);
            plan[k] = NULL;
        }
        if (left > 0) batch_step(&b, on, left, &work);
    }
    batch_close(&b);
    cache_close(&c);
    return failed;
}

static void test_failures(const struct job_of *alone) {
    int one = 0, all = 0, failed = 1;
    for (long n = 1; failed; n++) {
        failed = fail_at(alone, n);
        one += failed == 1;
        all += failed == JOBS;
    }
    OK(one >= JOBS && all > 0); /* some ended one job only, some the chunk */
}

/* Spans are kept, but not while the process holds more memory than it should. */
static void kept_by_memory(void) {
    struct cache c;
    struct node *n;
    GOOD(cache_open(&c, model, 1 << 20, &e));
    for (uint8_t k = 1; k <= 4; k++) {
        const struct hash key = {{k}};
        if (k == 4) mem_limit(1);
        GOOD(cache_make(&c, &n, &key, LEN, 0, &e));
        EQ(c.nodes, k == 4 ? 1 : k);
        n->done = LEN;
        cache_keep(&c, n);
        cache_drop(&c, n);
    }
    EQ(c.evicted, 3);
    mem_limit(0);
    cache_close(&c);
}

int main(int argc, char **argv) {
    int cuda = argc > 1 && strcmp(argv[1], "cuda") == 0;
    static struct job_of alone[JOBS];
    struct arena tables;
    struct gguf g;
    struct ops *o = NULL;
    char *bytes = NULL;
    size_t n;
    arena_init(&tables, 1 << 24);
    GOOD(file_read(FILE_NAME, FILE_MAX, &bytes, &n, &e));
    GOOD(gguf_parse(&g, FILE_NAME, (const uint8_t *)bytes, n, &tables, &e));
    GOOD(cuda ? ops_cuda_open(&o, PREC_BF16, &e) : ops_cpu_open(&o, PREC_F32, 1, &e));
    GOOD(model_open(&model, &g, o, NULL, &e));
    GOOD(work_open(&work, model, ROWS, &e));
    run_alone(alone);
    test_shares(alone, 0);
    test_shares(alone, 0x7FFFFFFE); /* weeks of chunks: the counter goes round */
    test_shares(alone, 0xFFFFFFFE);
    if (!cuda) kept_by_memory();
    if (!cuda) test_failures(alone); /* tests/cuda/test_cuda_faults.c has those of a device */
    work_close(&work);
    model_close(model);
    o->close(o);
    arena_free(&tables);
    mem_free(bytes);
    return t_end();
}
