/* The query is one vector: wanted clauses are added and unwanted ones subtracted by their weights,
 * likes and dislikes by their means. An item's score is the product of its vector with the query,
 * that is, a weighted sum of cosines. */
#include "server/baselines/embedding.h"

#include "model/embed.h"
#include "server/baselines/baselines.h"
#include "server/baselines/vectors.h"

#include <math.h>
#include <string.h>

/* How much the wanted clauses count together, as one text, beside each by itself (on the
 * development wishes over films, jobs and listings: AUC .821 .824 .833 with 0 and .840 .821 .847
 * with 1); unwanted clauses, likes and dislikes beside a wish of weight 1, which are not fitted. */
static const double TOGETHER = 1.0, UNWANTED = 1.0, LIKED = 1.0, DISLIKED = 0.5;

/* Texts of the query with their weights. */
enum { TEXTS_MAX = CLAUSES_MAX + 1 + EXAMPLES_MAX };
struct query {
    struct view text[TEXTS_MAX];
    double weight[TEXTS_MAX];
    int n;
    double *vec; /* (dim) */
    int dim;
};

static void add_text(struct query *q, struct view text, double weight) {
    q->text[q->n] = text;
    q->weight[q->n++] = weight;
}

static enum status add_wish(struct scene *s, struct query *q, struct err *e) {
    double sum = 0;
    struct view wanted;
    int n;
    for (int c = 0; c < s->n_wish; c++)
        if (s->clause[c].sign > 0) sum += s->clause[c].weight;
    TRY(scene_wanted(s, 1, &wanted, &n, e));
    double alone = n > 1 ? 1 - TOGETHER / 2 : 1;
    for (int c = 0; c < s->n_wish; c++) {
        const struct clause *x = &s->clause[c];
        if (x->weight > 0)
            add_text(q, x->text, x->sign > 0 ? alone * x->weight / sum : -UNWANTED * x->weight);
    }
    if (n > 1) add_text(q, wanted, 1 - alone);
    return ST_OK;
}

static int count_label(const struct scene *s, int label) {
    int n = 0;
    for (int i = 0; i < s->n_examples; i++) n += s->example[i].label == label;
    for (int i = 0; i < s->n_history; i++) n += s->history[i].label == label;
    return n;
}

static void add_vector(struct query *q, const float *vec, double weight) {
    for (int d = 0; d < q->dim; d++) q->vec[d] += weight * (double)vec[d];
}

/* Items of the examples and the history, by their own vectors. */
static enum status add_items(struct scene *s, struct query *q, const double weight[3],
                             struct err *e) {
    size_t room = (size_t)(s->n_examples + s->n_history);
    const struct item **item = ARENA_NEW(s->a, const struct item *, room);
    struct view *text = ARENA_NEW(s->a, struct view, room);
    int *label = ARENA_NEW(s->a, int, room), n = 0;
    if (!item || !text || !label) return fail(e, ST_NO_MEMORY, "no memory for a query");
    for (int i = 0; i < s->n_history; i++)
        if (s->history[i].label) {
            label[n] = s->history[i].label;
            item[n++] = &s->history_item[i];
        }
    for (int i = 0; i < s->n_examples; i++)
        if (s->example[i].item) {
            label[n] = s->example[i].label;
            item[n++] = s->example[i].item;
        }
    float *vec = ARENA_NEW(s->a, float, (size_t)n *(size_t)q->dim);
    if (!vec) return fail(e, ST_NO_MEMORY, "no memory for a query");
    for (int i = 0; i < n; i++) TRY(surface_render(s->surface.item, item[i], s->a, &text[i], e));
    TRY(vectors_items(s, item, text, n, vec, e));
    for (int i = 0; i < n; i++)
        add_vector(q, vec + (size_t)i * (size_t)q->dim, weight[label[i] + 1]);
    return ST_OK;
}

static enum status make_query(struct scene *s, struct query *q, struct err *e) {
    int likes = count_label(s, 1), dislikes = count_label(s, -1);
    const double weight[3] = {dislikes ? -DISLIKED / dislikes : 0, 0, likes ? LIKED / likes : 0};
    TRY(add_wish(s, q, e));
    for (int i = 0; i < s->n_examples; i++)
        if (!s->example[i].item)
            add_text(q, view_of(s->example[i].title), weight[s->example[i].label + 1]);
    float *vec = ARENA_NEW(s->a, float, (size_t)q->n *(size_t)q->dim);
    q->vec = ARENA_NEW(s->a, double, (size_t)q->dim);
    if (!vec || !q->vec) return fail(e, ST_NO_MEMORY, "no memory for a query");
    TRY(embedder_run(s->k->embedder, q->text, q->n, vec, NULL, NULL, e));
    for (int i = 0; i < q->n; i++) add_vector(q, vec + (size_t)i * (size_t)q->dim, q->weight[i]);
    return add_items(s, q, weight, e);
}

static const char *nothing(const struct scene *s) {
    if (!s->k->embedder) return "the embedding model is not there: run ./taproom setup";
    if (s->n_wish == 0 && count_label(s, 1) + count_label(s, -1) == 0)
        return "there is no wish and no example to go by";
    return NULL;
}

enum status embedding_score(struct scene *s, const struct item *const *item,
                            const struct view *text, int n, double *score, const char **why,
                            struct err *e) {
    struct embedder_info info;
    if ((*why = nothing(s)) != NULL) return ST_OK;
    embedder_info(s->k->embedder, &info);
    struct query *q = ARENA_NEW(s->a, struct query, 1);
    float *vec = ARENA_NEW(s->a, float, (size_t)n *(size_t)info.dim);
    if (!q || !vec) return fail(e, ST_NO_MEMORY, "no memory for vectors");
    q->dim = info.dim;
    TRY(make_query(s, q, e));
    TRY(vectors_items(s, item, text, n, vec, e));
    for (int i = 0; i < n; i++) {
        score[i] = 0;
        for (int d = 0; d < q->dim; d++)
            score[i] += q->vec[d] * (double)vec[(size_t)i * (size_t)q->dim + (size_t)d];
    }
    return ST_OK;
}

enum status embedding_query(struct scene *s, float *out, const char **why, struct err *e) {
    struct embedder_info info;
    if ((*why = nothing(s)) != NULL) return ST_OK;
    embedder_info(s->k->embedder, &info);
    struct query *q = ARENA_NEW(s->a, struct query, 1);
    if (!q) return fail(e, ST_NO_MEMORY, "no memory for a query");
    q->dim = info.dim;
    TRY(make_query(s, q, e));
    for (int d = 0; d < q->dim; d++) out[d] = (float)q->vec[d];
    return ST_OK;
}

enum status baseline_embedding(struct scene *s, const struct item *items, double *score,
                               struct baseline_info *b, struct err *e) {
    (void)items; /* the same as the pool's first s->n, whose texts are there */
    b->trained_on = "sentences of the web, none of this catalogue: all-MiniLM-L6-v2";
    TRY(embedding_score(s, s->item, s->text, s->n, score, &b->why, e));
    b->available = b->why == NULL;
    return ST_OK;
}
