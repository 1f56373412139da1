/* Mean and spread of a readout over the catalogue's fixed sample, and items' priors, kept between
 * rankings. Spreads make values of different clauses and readouts comparable, without an item's
 * score depending on which others were asked for. */
#include "server/readout/context/answer_cache.h"

#include "server/readout/context/rank_context.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static unsigned long long mix(unsigned long long h, struct view v) {
    for (size_t i = 0; i < v.n; i++) h = (h ^ (unsigned char)v.p[i]) * 1099511628211ull;
    return (h ^ 0xFF) *
           1099511628211ull; /* ends each text, so that "ab","c" differs from "a","bc" */
}

void answer_cache_init(struct answer_cache *c) {
    pthread_mutex_init(&c->lock, NULL);
}

void answer_cache_close(struct answer_cache *c) {
    pthread_mutex_destroy(&c->lock);
}

/* Two 64-bit FNV-1a hashes of what all values depend on; made once for a ranking. */
static void set_base(struct rank_context *s) {
    struct engine_info info;
    engine_info(s->engine, &info);
    for (int k = 0; k < 2; k++) {
        unsigned long long h = k ? 0x84222325CBF29CE4ull : 14695981039346656037ull;
        h = mix(h, view_of(info.sha256));
        h = mix(h, view_of(info.precision));
        s->base[k] = mix(h, view_of(s->surface.json));
    }
}

void answer_key(struct rank_context *s, struct view what, unsigned long long key[2]) {
    if (!s->base[0]) set_base(s);
    for (int k = 0; k < 2; k++) key[k] = mix(s->base[k], what);
}

/* A spread depends on the catalogue's sample too. */
static void key_of(struct rank_context *s, struct view what, unsigned long long key[2]) {
    answer_key(s, what, key);
    for (int i = 0; i < s->n_sample; i++) {
        key[0] = mix(key[0], s->text[s->sample[i]]);
        key[1] = mix(key[1], s->text[s->sample[i]]);
    }
}

static void prior_key(struct rank_context *s, int space, struct view text,
                      unsigned long long key[2]) {
    char name[24];
    int n = snprintf(name, sizeof name, "prior %d", space);
    answer_key(s, (struct view){name, (size_t)n}, key);
    key[0] = mix(key[0], text);
    key[1] = mix(key[1], text);
}

enum status answer_pair(struct rank_context *s, struct view a, struct view b, struct view *out,
                        struct err *e) {
    char *key = arena_alloc(s->a, a.n + 1 + b.n);
    if (!key) return fail(e, ST_NO_MEMORY, "no memory for an item's text");
    memcpy(key, a.p, a.n);
    key[a.n] = 0;
    memcpy(key + a.n + 1, b.p, b.n);
    *out = (struct view){key, a.n + 1 + b.n};
    return ST_OK;
}

int prior_find(struct rank_context *s, int space, struct view text, double *out) {
    unsigned long long key[2];
    prior_key(s, space, text, key);
    pthread_mutex_lock(&s->cache->lock);
    struct prior p = s->cache->prior[key[0] % PRIORS];
    pthread_mutex_unlock(&s->cache->lock);
    if (p.key[0] != key[0] || p.key[1] != key[1]) return 0;
    *out = p.value;
    return 1;
}

void prior_keep(struct rank_context *s, int space, struct view text, double value) {
    struct prior p = {{0}, value};
    prior_key(s, space, text, p.key);
    pthread_mutex_lock(&s->cache->lock);
    s->cache->prior[p.key[0] % PRIORS] = p;
    pthread_mutex_unlock(&s->cache->lock);
}

int zscore_find(struct rank_context *s, struct view what, struct zscore *out) {
    unsigned long long key[2];
    key_of(s, what, key);
    pthread_mutex_lock(&s->cache->lock);
    struct zscore x = s->cache->zscore[key[0] % ZSCORES];
    pthread_mutex_unlock(&s->cache->lock);
    if (x.key[0] != key[0] || x.key[1] != key[1] || !(x.sd > 0)) return 0;
    *out = x;
    return 1;
}

struct zscore zscore_make(struct rank_context *s, struct view what, const double *values) {
    struct zscore x = {{0}, 0, 0};
    int n = s->n_sample;
    for (int i = 0; i < n; i++) x.mean += values[i] / n;
    for (int i = 0; i < n; i++) x.sd += (values[i] - x.mean) * (values[i] - x.mean) / n;
    x.sd = sqrt(x.sd);
    if (!(x.sd > 1e-3)) x.sd = 1; /* one item, or all alike: nothing to standardise */
    key_of(s, what, x.key);
    pthread_mutex_lock(&s->cache->lock);
    s->cache->zscore[x.key[0] % ZSCORES] = x;
    pthread_mutex_unlock(&s->cache->lock);
    return x;
}
