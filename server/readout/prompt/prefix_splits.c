#include "server/readout/prompt/prefix_splits.h"

#include <string.h>

enum { APART = 3 }; /* tokens: a beginning that is so much longer is worth a span of its own */

static int same_key(const unsigned long long a[2], const unsigned long long b[2]) {
    return a[0] == b[0] && a[1] == b[1];
}

/* Tokens that both begin with. */
static int in_common(const struct prefix_split *a, const int32_t *id, int n) {
    int k = 0;
    while (k < n && k < a->n && a->id[k] == id[k]) k++;
    return k;
}

/* Its last cut that lies in the first n tokens, or 0. */
static int last_cut(const struct prefix_split *x, int n) {
    int at = 0;
    for (int i = 0; i < x->n_cuts && x->cut[i] <= n; i++) at = x->cut[i];
    return at;
}

/* The split that saves most, or NULL; *common: tokens in common. */
static const struct prefix_split *find(const struct prefix_splits *t,
                                       const unsigned long long key[2], const int32_t *id, int n,
                                       int *common) {
    const struct prefix_split *best = NULL;
    int saved = 0;
    *common = 0;
    for (int i = 0; i < PREFIX_SPLITS; i++) {
        const struct prefix_split *x = &t->at[i];
        int k = same_key(x->key, key) ? in_common(x, id, n) : 0, cut = last_cut(x, k);
        if (k == 0 || cut < saved || (cut == saved && k <= *common)) continue;
        best = x;
        saved = cut;
        *common = k;
    }
    return best;
}

/* Appends a place at least `apart` behind the last one and before the end of n tokens; the last
 * room is kept for n - 1. */
static void add(int cut[PREFIX_SPLIT_CUTS], int *m, int at, int n, int apart) {
    int room = at == n - 1 ? PREFIX_SPLIT_CUTS : PREFIX_SPLIT_CUTS - 1;
    if (at > 0 && at < n && *m < room && at >= (*m ? cut[*m - 1] : 0) + apart) cut[(*m)++] = at;
}

int prefix_splits_cut(struct prefix_splits *t, const unsigned long long key[2], const int32_t *id,
                      int n, int cut[PREFIX_SPLIT_CUTS]) {
    int common, m = 0;
    if (n > PREFIX_SPLIT_TOKENS) return 0;
    const struct prefix_split *best = find(t, key, id, n, &common);
    for (int i = 0; best && i < best->n_cuts && best->cut[i] <= common; i++)
        add(cut, &m, best->cut[i], n, 1);
    add(cut, &m, common, n, APART);
    add(cut, &m, n - 1, n, 1);
    if (best && best->n == n && common == n) return m;
    struct prefix_split *x = &t->at[t->next];
    t->next = (t->next + 1) % PREFIX_SPLITS;
    *x = (struct prefix_split){.key = {key[0], key[1]}, .n = n, .n_cuts = m};
    memcpy(x->id, id, (size_t)n * sizeof *id);
    memcpy(x->cut, cut, (size_t)m * sizeof *cut);
    return m;
}
