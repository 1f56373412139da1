/* How long it takes to retrieve from a large catalogue: bench_retrieve [ITEMS] [DIM]. Items of
 * invented words (Zipf) and vectors around 1,000 centres are written to a store in a temporary
 * folder; then the best 100 are sought by vectors (int8 scan, the best read again from the store),
 * by BM25, and both at once by a filter that lets a tenth of the items come. Prints JSON with
 * medians in milliseconds, and whether the vectors' best are those of an exact search. */
#include "kernels/base/os/clock.h"
#include "server/import/import.h"
#include "server/vectors/index.h"
#include "tests/unit/store/store_help.h"

#include <math.h>

enum { ROUNDS = 15, CENTRES = 1000, WORDS = 20000, PIECE = 1000, BEST = 100 };

static struct err e;
static uint64_t seed = 1;

static double uniform(void) {
    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    return (double)(seed >> 11) / 9007199254740992.0;
}

static double normal(void) {
    return sqrt(-2 * log(uniform() + 1e-300)) * cos(6.283185307179586 * uniform());
}

static void unit(float *v, int dim) {
    double sum = 0;
    for (int d = 0; d < dim; d++) sum += (double)v[d] * (double)v[d];
    for (int d = 0; d < dim; d++) v[d] = (float)((double)v[d] / sqrt(sum));
}

struct bench {
    struct store *store;
    struct vector_index *x;
    struct arena arena;
    long long *row, *text;
    float *vec;
    int n, dim;
};

static struct view make_rows(struct bench *b) {
    size_t room = (size_t)b->n * 400, at = 0;
    char *p = ARENA_NEW(&b->arena, char, room);
    CHECK(p);
    for (int i = 0; i < b->n; i++) {
        at += (size_t)snprintf(p + at, room - at,
                               "{\"id\":\"%d\",\"title\":\"item %d\",\"text\":\"", i, i);
        for (int w = 0; w < 40; w++)
            at += (size_t)snprintf(p + at, room - at, "w%d ", (int)(pow(WORDS, uniform()) - 1));
        at += (size_t)snprintf(p + at, room - at, "\"}\n");
    }
    return (struct view){p, at};
}

static enum status begin_rows(void *arg, const struct catalog *c, struct err *err) {
    struct bench *b = arg;
    b->row = ARENA_NEW(&b->arena, long long, (size_t)c->items);
    b->n = 0;
    return b->row ? ST_OK : fail(err, ST_NO_MEMORY, "no memory for rows");
}

static enum status take_row(void *arg, const struct item *item, double popularity,
                            struct err *err) {
    struct bench *b = arg;
    (void)popularity;
    (void)err;
    b->row[b->n++] = item->row;
    return ST_OK;
}

static void fill(struct bench *b) {
    size_t dim = (size_t)b->dim;
    struct import_config c = {.kind = IMPORT_ITEMS,
                              .format = IMPORT_JSONL,
                              .catalog = VIEW("big"),
                              .surface = VIEW("generic")};
    struct import_result r;
    float *centre = ARENA_NEW(&b->arena, float, CENTRES *dim);
    b->vec = ARENA_NEW(&b->arena, float, (size_t)b->n *dim);
    b->text = ARENA_NEW(&b->arena, long long, (size_t)b->n);
    CHECK(centre && b->vec && b->text);
    CHECK(import_text(b->store, &c, make_rows(b), &r, &e) == ST_OK && r.stored);
    CHECK(store_items_all(b->store, VIEW("big"), &(struct items_to){b, begin_rows, take_row}, &e) ==
          ST_OK);
    CHECK(vector_index_open(&b->x, b->n, b->dim, &e) == ST_OK);
    for (size_t i = 0; i < CENTRES * dim; i++) centre[i] = (float)normal();
    for (int i = 0; i < b->n; i++) {
        float *v = b->vec + (size_t)i * dim, *at = centre + (size_t)(i % CENTRES) * dim;
        for (size_t d = 0; d < dim; d++) v[d] = at[d] + (float)normal();
        unit(v, b->dim);
        vector_index_put(b->x, i, v);
    }
    for (int i = 0; i < b->n; i += PIECE)
        CHECK(store_vectors_keep(b->store, VIEW("m"), b->row + i, b->text + i,
                                 b->n - i < PIECE ? b->n - i : PIECE, b->dim,
                                 b->vec + (size_t)i * dim, &e) == ST_OK);
}

static long long reads;

static enum status read_floats(void *arg, const int *place, int n, float *out, unsigned char *has,
                               struct err *err) {
    struct bench *b = arg;
    struct arena a;
    arena_init(&a, 1 << 20);
    long long *row = ARENA_NEW(&a, long long, (size_t)n),
              *text = ARENA_NEW(&a, long long, (size_t)n);
    CHECK(row && text);
    for (int i = 0; i < n; i++) row[i] = b->row[place[i]];
    reads += n;
    enum status st = store_vectors_find(b->store, VIEW("m"), row, text, n, b->dim, out, has, err);
    arena_free(&a);
    return st;
}

static int by_score(const void *x, const void *y) {
    const struct vector_hit *a = x, *b = y;
    if (a->score != b->score) return a->score < b->score ? 1 : -1;
    return a->place - b->place;
}

/* Whether the hits are those of a search over the vectors as they are. */
static int is_exact(struct bench *b, const float *q, const struct vector_hit *hit, int n,
                    struct arena *a) {
    struct vector_hit *all = ARENA_NEW(a, struct vector_hit, (size_t)b->n);
    CHECK(all);
    for (int i = 0; i < b->n; i++) {
        all[i].place = i;
        for (int d = 0; d < b->dim; d++)
            all[i].score += (double)q[d] * (double)b->vec[(size_t)i * (size_t)b->dim + (size_t)d];
    }
    qsort(all, (size_t)b->n, sizeof *all, by_score);
    for (int i = 0; i < n; i++)
        if (all[i].place != hit[i].place) return 0;
    return 1;
}

static int by_value(const void *x, const void *y) {
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

static double median(double *v) {
    qsort(v, ROUNDS, sizeof *v, by_value);
    return v[ROUNDS / 2] * 1e3;
}

static int tenth(void *arg, long long row) {
    (void)arg;
    return row % 10 == 0;
}

static void measure(struct bench *b) {
    double vectors[ROUNDS], filtered[ROUNDS], scan[ROUNDS], words[ROUNDS], words_filtered[ROUNDS];
    const struct vector_floats f = {b, read_floats};
    const struct search_filter sf = {NULL, tenth};
    uint64_t *allow = ARENA_NEW(&b->arena, uint64_t, vector_words(b->n));
    float *q = ARENA_NEW(&b->arena, float, (size_t)b->dim);
    int exact = 0;
    CHECK(allow && q);
    for (int i = 0; i < b->n; i++)
        if (tenth(NULL, b->row[i])) allow[i / 64] |= (uint64_t)1 << (i % 64);
    for (int r = 0; r < ROUNDS; r++) {
        struct arena a;
        struct vector_hit *hit;
        struct search_row *row;
        int n, place = (int)(uniform() * b->n);
        char text[100];
        arena_init(&a, (size_t)1 << 30);
        for (int d = 0; d < b->dim; d++)
            q[d] = b->vec[(size_t)place * (size_t)b->dim + (size_t)d] + (float)(0.03 * normal());
        double t0 = clock_s();
        CHECK(vector_index_top(b->x, q, NULL, BEST, NULL, &a, &hit, &n, &e) == ST_OK);
        double t1 = clock_s();
        CHECK(vector_index_top(b->x, q, allow, BEST, &f, &a, &hit, &n, &e) == ST_OK);
        double t2 = clock_s();
        reads = 0;
        CHECK(vector_index_top(b->x, q, NULL, BEST, &f, &a, &hit, &n, &e) == ST_OK);
        double t3 = clock_s();
        exact += is_exact(b, q, hit, n, &a);
        (void)snprintf(text, sizeof text, "w%d w%d w%d", (int)(uniform() * 100),
                       (int)(uniform() * 1000), (int)(uniform() * WORDS));
        double t4 = clock_s();
        CHECK(store_bm25_rows(b->store, VIEW("big"), view_of(text), BEST, NULL, &a, &row, &n, &e) ==
              ST_OK);
        double t5 = clock_s();
        CHECK(store_bm25_rows(b->store, VIEW("big"), view_of(text), BEST, &sf, &a, &row, &n, &e) ==
              ST_OK);
        double t6 = clock_s();
        scan[r] = t1 - t0, filtered[r] = t2 - t1, vectors[r] = t3 - t2;
        words[r] = t5 - t4, words_filtered[r] = t6 - t5;
        arena_free(&a);
    }
    printf("{\"items\":%d,\"dim\":%d,\"vectors_ms\":%.1f,\"scan_ms\":%.1f,\"vectors_filtered_ms\":"
           "%.1f,\"read_again\":%lld,\"exact\":\"%d of %d\",\"bm25_ms\":%.1f,\"bm25_filtered_ms\":"
           "%.1f,\"index_mb\":%zu}\n",
           b->n, b->dim, median(vectors), median(scan), median(filtered), reads, exact, ROUNDS,
           median(words), median(words_filtered), vector_index_bytes(b->x) >> 20);
}

int main(int argc, char **argv) {
    struct bench b = {.n = argc > 1 ? atoi(argv[1]) : 100000,
                      .dim = argc > 2 ? atoi(argv[2]) : 384};
    char folder[64];
    arena_init(&b.arena, (size_t)8 << 30);
    new_folder(folder);
    CHECK(store_open(&b.store, folder, &e) == ST_OK);
    fill(&b);
    measure(&b);
    vector_index_close(b.x);
    store_close(b.store);
    arena_free(&b.arena);
    drop_folder(folder);
    return 0;
}
