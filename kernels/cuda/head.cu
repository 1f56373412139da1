/* The head: log-sum-exp over the vocabulary and the logits that were asked for. */
#include "kernels/cuda/cuda.cuh"

/* Device memory of one call: logits of one slice of the vocabulary, running sums and results. */
struct head_work {
    float *logits;
    struct exp_sum *sum;
    float *lse, *picked;
};

/* The vocabulary in slices, so that logits stay in the cache between the product and the sum, and
 * memory does not grow with the vocabulary. */
static enum status head_slices(struct cuda *c, const struct head_work *w, const float *x,
                               const struct mat *m, int rows, const int32_t *off,
                               const int32_t *pick, struct err *e) {
    const float *weights = static_cast<float *>(m->w);
    for (int v = 0; v < m->n; v += HEAD_SLICE) {
        int n = m->n - v < HEAD_SLICE ? m->n - v : HEAD_SLICE;
        TRY(matmul_run(&c->mm, w->logits, x, weights + (size_t)v * (size_t)m->k, MATMUL_F32, rows,
                       n, m->k, 0, e));
        rows_exp_sum(&c->d, w->sum, w->lse, w->picked, w->logits, rows, v, n, m->n, off, pick);
    }
    return device_check(&c->d, e);
}

static size_t pad256(size_t bytes) {
    return (bytes + 255) / 256 * 256;
}

enum status cuda_head(struct ops *o, float *lse, float *picked, const float *x, const struct mat *m,
                      int rows, const int32_t *off, const int32_t *pick, struct err *e) {
    struct cuda *c = of(o);
    size_t picks = (size_t)off[rows], all = (size_t)rows;
    int slice = m->n < HEAD_SLICE ? m->n : HEAD_SLICE;
    size_t logits = pad256((size_t)matmul_room(rows) * (size_t)slice * sizeof(float));
    size_t sums = pad256(all * sizeof(struct exp_sum));
    void *lists = nullptr;
    TRY(device_check(&c->d, e));
    TRY(stage_put_two(&c->off, &c->d, off, (all + 1) * sizeof *off, pick, picks * sizeof *pick,
                      &lists, e));
    TRY(device_room(&c->d, &c->head, logits + sums + (all + picks) * sizeof(float), e));
    char *at = static_cast<char *>(c->head.p);
    struct head_work w;
    w.logits = reinterpret_cast<float *>(at);
    w.sum = reinterpret_cast<struct exp_sum *>(at + logits);
    w.lse = reinterpret_cast<float *>(at + logits + sums), w.picked = w.lse + rows;
    const int32_t *on = static_cast<int32_t *>(lists);
    TRY(head_slices(c, &w, x, m, rows, on, on + rows + 1, e));
    TRY(device_read(&c->d, lse, w.lse, all * sizeof *lse, e));
    return picks ? device_read(&c->d, picked, w.picked, picks * sizeof *picked, e) : ST_OK;
}
