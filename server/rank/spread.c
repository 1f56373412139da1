/* Mean and spread of a readout over the catalogue's fixed sample. They make values of different
 * clauses and readouts comparable, without an item's score depending on which others were asked
 * for. */
#include "server/rank/scene.h"

#include <math.h>

static unsigned long long mix(unsigned long long h, struct view v) {
    for (size_t i = 0; i < v.n; i++) h = (h ^ (unsigned char)v.p[i]) * 1099511628211ull;
    return (h ^ 0xFF) *
           1099511628211ull; /* ends each text, so that "ab","c" differs from "a","bc" */
}

/* Two 64-bit FNV-1a hashes of everything the values depend on. */
static void key_of(const struct scene *s, struct view what, unsigned long long key[2]) {
    struct engine_info info;
    engine_info(s->k->engine, &info);
    for (int k = 0; k < 2; k++) {
        unsigned long long h = k ? 0x84222325CBF29CE4ull : 14695981039346656037ull;
        h = mix(h, view_of(info.sha256));
        h = mix(h, view_of(info.precision));
        h = mix(h, s->r->catalog);
        h = mix(h, view_of(s->surface.json));
        h = mix(h, what);
        for (int i = 0; i < s->n_sample; i++) h = mix(h, s->text[s->sample[i]]);
        key[k] = h;
    }
}

int spread_find(struct scene *s, struct view what, struct spread *out) {
    unsigned long long key[2];
    key_of(s, what, key);
    pthread_mutex_lock(&s->k->lock);
    *out = s->k->spread[key[0] % STATS_SLOTS];
    pthread_mutex_unlock(&s->k->lock);
    return out->key[0] == key[0] && out->key[1] == key[1] && out->sd > 0;
}

struct spread spread_make(struct scene *s, struct view what, const double *values) {
    struct spread x = {{0}, 0, 0};
    int n = s->n_sample;
    for (int i = 0; i < n; i++) x.mean += values[i] / n;
    for (int i = 0; i < n; i++) x.sd += (values[i] - x.mean) * (values[i] - x.mean) / n;
    x.sd = sqrt(x.sd);
    if (!(x.sd > 1e-3)) x.sd = 1; /* one item, or all alike: nothing to standardise */
    key_of(s, what, x.key);
    pthread_mutex_lock(&s->k->lock);
    s->k->spread[x.key[0] % STATS_SLOTS] = x;
    pthread_mutex_unlock(&s->k->lock);
    return x;
}
