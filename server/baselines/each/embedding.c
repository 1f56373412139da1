/* The query is one vector: wanted clauses are added and unwanted ones subtracted by their weights,
 * likes and dislikes by their means. An item's score is the product of its vector with the query,
 * that is, a weighted sum of cosines. */
#include "server/baselines/each/embedding.h"

#include "kernels/base/os/clock.h"
#include "model/embed/embed.h"
#include "server/baselines/baselines.h"
#include "server/baselines/each/vectors.h"

#include <math.h>
#include <string.h>

/* How much the wanted clauses count together, as one text, beside each by itself (on the
 * development wishes over films, jobs and listings: AUC .821 .824 .833 with 0 and .840 .821 .847
 * with 1); unwanted clauses, likes and dislikes beside a wish of weight 1, which are not fitted. */
static const double TOGETHER = 1.0, UNWANTED = 1.0, LIKED = 1.0, DISLIKED = 0.5;

/* Texts of the query with their weights. */
enum { TEXTS_MAX = CLAUSES_MAX + 1 + TEXT_MARKS_MAX };
struct query {
    struct view text[TEXTS_MAX];
    double weight[TEXTS_MAX];
    int n;
    double *vec; /* (dim) */
    int dim;
};

enum status embedding_run(const struct candidates *c, const struct view *text, int n, float *out,
                          void *arg, int (*progress)(void *arg, int done, int total),
                          struct err *e) {
    double from = clock_s();
    enum status st = embedder_run(c->embedder, text, n, out, arg, progress, e);
    if (c->embed_s) *c->embed_s += clock_s() - from;
    return st;
}

static void add_text(struct query *q, struct view text, double weight) {
    q->text[q->n] = text;
    q->weight[q->n++] = weight;
}

static void add_wish(const struct candidates *c, struct query *q) {
    double sum = 0;
    int n = 0;
    for (int i = 0; i < c->n_clauses; i++) {
        int wanted = c->clause[i].sign > 0 && c->clause[i].weight > 0;
        if (wanted) sum += c->clause[i].weight;
        n += wanted && c->clause[i].text.n > 0;
    }
    double alone = n > 1 ? 1 - TOGETHER / 2 : 1;
    for (int i = 0; i < c->n_clauses; i++) {
        const struct clause *x = &c->clause[i];
        if (x->weight > 0)
            add_text(q, x->text, x->sign > 0 ? alone * x->weight / sum : -UNWANTED * x->weight);
    }
    if (n > 1) add_text(q, c->wanted, 1 - alone);
}

static void add_vector(struct query *q, const float *vec, double weight) {
    for (int d = 0; d < q->dim; d++) q->vec[d] += weight * (double)vec[d];
}

/* Items that are liked or not, by their own vectors. */
static enum status add_items(const struct candidates *c, struct query *q, const double weight[3],
                             struct err *e) {
    int *place = ARENA_NEW(c->a, int, (size_t)c->n_marks);
    int *label = ARENA_NEW(c->a, int, (size_t)c->n_marks), n = 0;
    if (!place || !label) return fail(e, ST_NO_MEMORY, "no memory for a query");
    for (int i = 0; i < c->n_marks; i++)
        if (c->mark[i].label && c->mark[i].place >= 0) {
            label[n] = c->mark[i].label;
            place[n++] = c->mark[i].place;
        }
    float *vec = ARENA_NEW(c->a, float, (size_t)n *(size_t)q->dim);
    if (!vec) return fail(e, ST_NO_MEMORY, "no memory for a query");
    TRY(vectors_items(c, place, n, vec, e));
    for (int i = 0; i < n; i++)
        add_vector(q, vec + (size_t)i * (size_t)q->dim, weight[label[i] + 1]);
    return ST_OK;
}

static enum status make_query(const struct candidates *c, struct query *q, struct err *e) {
    int likes = candidates_marks(c, 1), dislikes = candidates_marks(c, -1);
    const double weight[3] = {dislikes ? -DISLIKED / dislikes : 0, 0, likes ? LIKED / likes : 0};
    add_wish(c, q);
    for (int i = 0; i < c->n_marks; i++)
        if (c->mark[i].place < 0)
            add_text(q, view_of(c->mark[i].title), weight[c->mark[i].label + 1]);
    float *vec = ARENA_NEW(c->a, float, (size_t)q->n *(size_t)q->dim);
    q->vec = ARENA_NEW(c->a, double, (size_t)q->dim);
    if (!vec || !q->vec) return fail(e, ST_NO_MEMORY, "no memory for a query");
    TRY(embedding_run(c, q->text, q->n, vec, NULL, NULL, e));
    for (int i = 0; i < q->n; i++) add_vector(q, vec + (size_t)i * (size_t)q->dim, q->weight[i]);
    return add_items(c, q, weight, e);
}

static const char *nothing(const struct candidates *c) {
    if (!c->embedder) return "the embedding model is not there: run ./taproom setup";
    if (c->n_clauses == 0 && candidates_marks(c, 1) + candidates_marks(c, -1) == 0)
        return "there is no wish and no example to go by";
    return NULL;
}

enum status embedding_score(const struct candidates *c, const int *place, int n, double *score,
                            const char **why, struct err *e) {
    struct embedder_info info;
    if ((*why = nothing(c)) != NULL) return ST_OK;
    embedder_info(c->embedder, &info);
    struct query *q = ARENA_NEW(c->a, struct query, 1);
    float *vec = ARENA_NEW(c->a, float, (size_t)n *(size_t)info.dim);
    if (!q || !vec) return fail(e, ST_NO_MEMORY, "no memory for vectors");
    q->dim = info.dim;
    TRY(make_query(c, q, e));
    TRY(vectors_items(c, place, n, vec, e));
    for (int i = 0; i < n; i++) {
        score[i] = 0;
        for (int d = 0; d < q->dim; d++)
            score[i] += q->vec[d] * (double)vec[(size_t)i * (size_t)q->dim + (size_t)d];
    }
    return ST_OK;
}

enum status embedding_query(const struct candidates *c, float *out, const char **why,
                            struct err *e) {
    struct embedder_info info;
    if ((*why = nothing(c)) != NULL) return ST_OK;
    embedder_info(c->embedder, &info);
    struct query *q = ARENA_NEW(c->a, struct query, 1);
    if (!q) return fail(e, ST_NO_MEMORY, "no memory for a query");
    q->dim = info.dim;
    TRY(make_query(c, q, e));
    for (int d = 0; d < q->dim; d++) out[d] = (float)q->vec[d];
    return ST_OK;
}

enum status baseline_embedding(const struct candidates *c, double *score, struct baseline_info *b,
                               struct err *e) {
    b->trained_on = "sentences of the web, none of this catalogue: all-MiniLM-L6-v2";
    TRY(embedding_score(c, c->place, c->n, score, &b->why, e));
    b->available = b->why == NULL;
    return ST_OK;
}
