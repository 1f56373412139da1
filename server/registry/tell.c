/* What the registry says of itself: the models there are, and counts. */
#include "server/registry/adapters.h"
#include "server/registry/load.h"

#include "model/embed/embed.h"

#include <stdio.h>
#include <string.h>

/* What the places say of a file. */
static enum status tell_locked(struct registry *s, struct registry_model *m, struct arena *a,
                               struct err *e) {
    for (int i = 0; i < REGISTRY_SLOTS; i++) {
        struct registry_slot *x = &s->slot[i];
        if (x->state == REGISTRY_THERE || !registry_same_file(x, &m->file)) continue;
        if (x->stamp != m->file.stamp && x != s->def) continue;
        if (m->state == REGISTRY_LOADED && x != s->def) continue; /* in another precision */
        m->state = x->state;
        m->is_default = x == s->def;
        m->share = x->share;
        m->users = x->users;
        if (x->state == REGISTRY_LOADED) {
            m->info = x->info;
            engine_cache_stats(x->ranker->engine, &m->cache);
        }
        m->error =
            x->state == REGISTRY_BROKEN ? arena_copy(a, x->err.text, strlen(x->err.text)) : NULL;
        if (x->state == REGISTRY_BROKEN && !m->error)
            return fail(e, ST_NO_MEMORY, "no memory for a list of models");
    }
    return ST_OK;
}

/* Texts of a loaded model are its engine's, which may be closed once the lock is free. */
static enum status own_texts(struct engine_info *x, struct arena *a, struct err *e) {
    const char **all[] = {&x->name,    &x->base_sha256, &x->sha256, &x->architecture, &x->precision,
                          &x->backend, &x->license,     &x->code,   &x->chat_template};
    for (size_t i = 0; i < COUNT(all); i++) {
        *all[i] = arena_copy(a, *all[i] ? *all[i] : "", *all[i] ? strlen(*all[i]) : 0);
        if (!*all[i]) return fail(e, ST_NO_MEMORY, "no memory for a list of models");
    }
    x->no_gpu = NULL;
    const char **may_lack[] = {&x->note, &x->reads};
    for (size_t i = 0; i < COUNT(may_lack); i++)
        if (*may_lack[i] && !(*may_lack[i] = arena_copy(a, *may_lack[i], strlen(*may_lack[i]))))
            return fail(e, ST_NO_MEMORY, "no memory for a list of models");
    return ST_OK;
}

static enum status tell(struct registry *s, struct registry_model *m, struct arena *a,
                        struct err *e) {
    struct err why;
    pthread_mutex_lock(&s->lock);
    enum status st = tell_locked(s, m, a, e);
    if (st == ST_OK) st = own_texts(&m->info, a, e);
    pthread_mutex_unlock(&s->lock);
    TRY(st);
    if (m->state == REGISTRY_LOADED) return ST_OK;
    if (m->file.remote) {
        m->info = (struct engine_info){.name = m->file.remote->name, .architecture = "unknown"};
        return own_texts(&m->info, a, e);
    }
    if (engine_peek(m->file.path, a, &m->info, &why) != ST_OK && !m->error) {
        m->state = REGISTRY_BROKEN;
        m->error = arena_copy(a, why.text, strlen(why.text));
    }
    return own_texts(&m->info, a, e);
}

/* Each model with each adapter that is known to be its own. */
static enum status tell_adapted(struct registry *s, const struct registry_adapter *x,
                                struct registry_model *m, int n, int *all, struct arena *a,
                                struct err *e) {
    for (int i = 0; i < n && *all < REGISTRY_MODELS_MAX; i++) {
        struct registry_model *y = &m[*all];
        if (m[i].file.remote) continue;
        int known = m[i].state == REGISTRY_LOADED && strcmp(x->base, m[i].info.base_sha256) == 0;
        if (!known && (!x->model[0] || strcmp(x->model, m[i].info.name) != 0)) continue;
        *y = (struct registry_model){.file = m[i].file};
        TRY(registry_file_adapt(&y->file, view_of(x->name), s->c.adapters, 0, a, e));
        TRY(tell(s, y, a, e));
        ++*all;
    }
    return ST_OK;
}

enum status registry_list(struct registry *s, struct arena *a, struct registry_model **out, int *n,
                          struct err *e) {
    struct registry_file *f;
    struct registry_adapter *x;
    int n_files, n_adapters;
    TRY(registry_all(s, a, &f, &n_files, e));
    TRY(registry_adapters(s->c.adapters, a, &x, &n_adapters, e));
    struct registry_model *m = ARENA_NEW(a, struct registry_model, REGISTRY_MODELS_MAX);
    if (!m) return fail(e, ST_NO_MEMORY, "no memory for a list of models");
    for (int i = 0; i < n_files; i++) {
        m[i].file = f[i];
        TRY(tell(s, &m[i], a, e));
    }
    *n = n_files;
    *out = m;
    for (int i = 0; i < n_adapters; i++)
        if (!x[i].draft) TRY(tell_adapted(s, &x[i], m, n_files, n, a, e));
    return ST_OK;
}

const char *const *registry_adapter_folders(const struct registry *s) {
    return s->c.adapters;
}

void registry_stats(struct registry *s, struct registry_stats *out) {
    *out = (struct registry_stats){.loaded_max = s->c.loaded_max};
    pthread_mutex_lock(&s->lock);
    out->loads = s->loads;
    out->failures = s->failures;
    out->embedded = s->embedder ? embedder_texts(s->embedder) : 0;
    if (s->def) (void)snprintf(out->default_id, sizeof out->default_id, "%s", s->def->id);
    for (int i = 0; i < REGISTRY_SLOTS; i++) {
        struct engine_cache c;
        if (s->slot[i].state != REGISTRY_LOADED) continue;
        engine_cache_stats(s->slot[i].ranker->engine, &c);
        out->loaded++;
        out->cache.bytes += c.bytes;
        out->cache.max_bytes += c.max_bytes;
        out->cache.nodes += c.nodes;
        out->cache.hits += c.hits;
        out->cache.misses += c.misses;
        out->cache.evicted += c.evicted;
    }
    pthread_mutex_unlock(&s->lock);
}
