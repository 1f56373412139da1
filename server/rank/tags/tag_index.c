/* Embeddings of tags, and items' tags as numbers. */
#include "server/rank/tags/tag_index.h"

#include "model/embed/embed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* As sharp as in the `query` readout (readout_tags.c). */
static const double SHARPNESS = 1.5;

void tag_indexes_init(struct tag_indexes *x) {
    memset(x, 0, sizeof *x);
    pthread_mutex_init(&x->lock, NULL);
}

static void drop(struct tag_index *t) {
    if (!t) return;
    mem_free(t->vec);
    mem_free(t->off);
    mem_free(t->at);
    mem_free(t);
}

void tag_indexes_close(struct tag_indexes *x) {
    for (int i = 0; i < TAG_INDEX_KEPT; i++) drop(x->kept[i]);
    pthread_mutex_destroy(&x->lock);
}

/* --- making one */

struct named {
    const char *tag;
    int at;
};

static int by_tag(const void *x, const void *y) {
    return strcmp(((const struct named *)x)->tag, ((const struct named *)y)->tag);
}

/* The places of all items' tags among the n sorted ones. */
static void set_items(struct tag_index *t, const struct snapshot *s, const struct named *name) {
    int n = 0;
    for (int i = 0; i < s->n; i++) {
        t->off[i] = n;
        for (int k = 0; k < s->item[i].n_tags; k++) {
            const struct named key = {s->item[i].tags[k], 0};
            const struct named *found = bsearch(&key, name, (size_t)t->n_tags, sizeof key, by_tag);
            if (found) t->at[n++] = (signed char)found->at;
        }
    }
    t->off[s->n] = n;
}

static enum status make(struct embedder *em, const struct snapshot *s, struct arena *a,
                        struct tag_index *t, struct err *e) {
    struct view text[TAG_INDEX_TAGS];
    struct named name[TAG_INDEX_TAGS];
    struct embedder_info info;
    size_t tags = 0;
    embedder_info(em, &info);
    t->version = s->catalog.version;
    t->n = s->n;
    t->dim = info.dim;
    t->n_tags = s->n_tags < TAG_INDEX_TAGS ? s->n_tags : TAG_INDEX_TAGS;
    for (int i = 0; i < s->n; i++) tags += (size_t)s->item[i].n_tags;
    t->vec = mem_alloc((size_t)t->n_tags * (size_t)t->dim * sizeof *t->vec);
    t->off = mem_alloc(((size_t)s->n + 1) * sizeof *t->off);
    t->at = mem_alloc(tags + 1);
    if (!t->vec || !t->off || !t->at) return fail(e, ST_NO_MEMORY, "no memory for tags");
    for (int i = 0; i < t->n_tags; i++) {
        name[i] = (struct named){s->tag[i], i};
        text[i] = view_of(arena_copy(a, s->tag[i], strlen(s->tag[i])));
        if (!text[i].p) return fail(e, ST_NO_MEMORY, "no memory for tags");
    }
    qsort(name, (size_t)t->n_tags, sizeof *name, by_tag);
    set_items(t, s, name);
    return embedder_run(em, text, t->n_tags, t->vec, NULL, NULL, e);
}

/* --- keeping them */

static struct tag_index *find_locked(struct tag_indexes *x, long long version) {
    for (int i = 0; i < TAG_INDEX_KEPT; i++) {
        struct tag_index *t = x->kept[i];
        if (!t || t->version != version) continue;
        t->users++;
        t->used = ++x->clock;
        return t;
    }
    return NULL;
}

/* The longest unused one makes room; where all are in use the new one is not kept. */
static void keep_locked(struct tag_indexes *x, struct tag_index *t) {
    int room = -1;
    for (int i = 0; i < TAG_INDEX_KEPT; i++) {
        if (x->kept[i] && x->kept[i]->users) continue;
        if (room < 0 || !x->kept[i] || (x->kept[room] && x->kept[i]->used < x->kept[room]->used))
            room = i;
    }
    t->users = 1;
    t->used = ++x->clock;
    if (room < 0) return;
    drop(x->kept[room]);
    x->kept[room] = t;
}

enum status tag_index_take(struct tag_indexes *x, struct embedder *em, const struct snapshot *s,
                           struct arena *a, struct tag_index **out, struct err *e) {
    *out = NULL;
    if (s->n_tags < 2) return ST_OK;
    pthread_mutex_lock(&x->lock);
    *out = find_locked(x, s->catalog.version);
    pthread_mutex_unlock(&x->lock);
    if (*out) return ST_OK;
    struct tag_index *t = mem_alloc(sizeof *t);
    if (!t) return fail(e, ST_NO_MEMORY, "no memory for tags");
    memset(t, 0, sizeof *t);
    enum status st = make(em, s, a, t, e);
    if (st != ST_OK) {
        drop(t);
        return st;
    }
    pthread_mutex_lock(&x->lock);
    keep_locked(x, t);
    pthread_mutex_unlock(&x->lock);
    *out = t;
    return ST_OK;
}

void tag_index_give(struct tag_indexes *x, struct tag_index *t) {
    int kept = 0;
    if (!t) return;
    pthread_mutex_lock(&x->lock);
    for (int i = 0; i < TAG_INDEX_KEPT; i++) kept |= x->kept[i] == t;
    t->users--;
    pthread_mutex_unlock(&x->lock);
    if (!kept) drop(t);
}

void tag_index_score(const struct tag_index *t, const float *query, double *score) {
    double z[TAG_INDEX_TAGS], mean = 0, square = 0;
    for (int k = 0; k < t->n_tags; k++) {
        z[k] = 0;
        for (int d = 0; d < t->dim; d++)
            z[k] += (double)t->vec[(size_t)k * (size_t)t->dim + (size_t)d] * (double)query[d];
        mean += z[k] / t->n_tags;
    }
    for (int k = 0; k < t->n_tags; k++) square += (z[k] - mean) * (z[k] - mean) / t->n_tags;
    double sd = square > 1e-12 ? sqrt(square) : 1;
    for (int k = 0; k < t->n_tags; k++) z[k] = exp(SHARPNESS * (z[k] - mean) / sd);
    for (int i = 0; i < t->n; i++) {
        double sum = 0;
        for (int k = t->off[i]; k < t->off[i + 1]; k++) sum += z[(int)t->at[k]];
        score[i] = sum > 0 ? log(sum) : (double)NAN;
    }
}
