/* What an engine can be asked. */
#include "model/job/job.h"

enum status job_check(const struct tree *t, const struct ask *ask, int n_asks, int vocab,
                      struct err *e) {
    if (t->n < 1) return fail(e, ST_INVALID, "the prompt tree is empty");
    for (int i = 0; i < t->n; i++) {
        if (t->parent[i] >= i || t->parent[i] < -1)
            return fail(e, ST_INVALID, "node %d has parent %d", i, t->parent[i]);
        if (t->off[i + 1] - t->off[i] < 1)
            return fail(e, ST_INVALID, "node %d of the prompt tree has no tokens", i);
        for (int k = t->off[i]; k < t->off[i + 1]; k++)
            if (t->tok[k] < 0 || t->tok[k] >= vocab)
                return fail(e, ST_INVALID, "token id %d in node %d is outside the vocabulary of %d",
                            t->tok[k], i, vocab);
    }
    for (int a = 0; a < n_asks; a++) {
        const struct ask *q = &ask[a];
        if (q->node < 0 || q->node >= t->n)
            return fail(e, ST_INVALID, "ask %d names node %d of %d", a, q->node, t->n);
        if (q->n_labels < 0) return fail(e, ST_INVALID, "ask %d has %d labels", a, q->n_labels);
        for (int k = 0; k < q->n_labels; k++)
            if (q->labels[k] < 0 || q->labels[k] >= vocab)
                return fail(e, ST_INVALID, "label id %d of ask %d is outside the vocabulary of %d",
                            q->labels[k], a, vocab);
    }
    return ST_OK;
}
