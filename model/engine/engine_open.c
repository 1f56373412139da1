/* Opening an engine: its thread reads the files, makes the weights and says how that went. */
#include "model/engine/backend.h"
#include "model/engine/engine_parts.h"
#include "model/format/peek.h"
#include "model/format/shards.h"

#include <stdio.h>
#include <string.h>

enum { QUEUE_DEFAULT = 32, CHUNK_DEFAULT = 256, STACK = 8 << 20 };

static enum status fill_info(struct engine *en, const struct gguf *g, struct err *e) {
    struct engine_info *i = &en->info;
    TRY(peek_text(g, "general.name", "unnamed", &en->arena, &i->name, e));
    TRY(peek_text(g, "general.architecture", NULL, &en->arena, &i->architecture, e));
    TRY(peek_text(g, "general.license", "not stated", &en->arena, &i->license, e));
    i->code = en->ops->name;
    i->backend = strcmp(en->ops->name, "reference") == 0   ? "ref"
                 : strncmp(en->ops->name, "cuda ", 5) == 0 ? "cuda"
                                                           : "cpu";
    i->precision = backend_precision(en->ops->precision);
    i->chat_template = en->chat.name;
    i->parameters = en->model->parameters;
    i->context = en->model->context;
    i->vocab = en->model->vocab;
    i->layers = en->model->layers;
    i->threads = en->ops->threads;
    i->note = tok_note(en->tok);
    return ST_OK;
}

/* The hash that stands for the model, in hex. */
static enum status name_file(struct engine *en, const char **out, struct err *e) {
    char *sha = arena_alloc(&en->arena, 65);
    if (!sha) return fail(e, ST_NO_MEMORY, "no memory for the model's names");
    hash_hex(&en->sha, sha);
    *out = sha;
    return ST_OK;
}

/* With an adapter the model is another one: its hash is of the base's and of all factors. */
static enum status read_adapter(struct engine *en, struct adapter *ad, const char *path,
                                const struct gguf *g, struct err *e) {
    TRY(adapter_read(ad, path, g, e));
    enum status st = adapter_check(ad, en->info.base_sha256, e);
    if (st == ST_OK) {
        en->sha = adapter_hash(ad, &en->sha);
        st = name_file(en, &en->info.sha256, e);
    }
    if (st == ST_OK && ad->readout[0]) {
        en->info.trained_for = arena_copy(&en->arena, ad->readout, strlen(ad->readout));
        en->info.trained_gain = ad->gain;
        en->info.trained_beta = ad->beta;
        if (!en->info.trained_for) st = fail(e, ST_NO_MEMORY, "no memory for an adapter's name");
    }
    if (st != ST_OK) adapter_close(ad);
    return st;
}

/* Reading and hashing the files is this share of a loading, the weights are the rest. */
#define READ_SHARE 0.3

/* A stretch of the loading, told as its share of the whole. */
struct stretch {
    const struct engine_config *c;
    double from, to;
};

static int on_stretch(void *arg, double share) {
    const struct stretch *s = arg;
    return s->c->loading ? s->c->loading(s->c->arg, s->from + (s->to - s->from) * share) : 0;
}

/* Everything that reads the files' bytes, which are dropped afterwards. */
static enum status load(struct engine *en, const struct engine_config *c, const struct gguf *g,
                        struct err *e) {
    struct engine_info *i = &en->info;
    struct adapter ad = {.n = 0};
    TRY(name_file(en, &i->base_sha256, e));
    i->sha256 = i->base_sha256;
    TRY(tok_open(&en->tok, g, e));
    TRY(backend_open(c, i->base_sha256, &en->arena, &en->ops, &i->no_gpu, e));
    struct stretch weights = {c, READ_SHARE, 1};
    const struct model_watch w = {&weights, on_stretch};
    if (c->adapter) TRY(read_adapter(en, &ad, c->adapter, g, e));
    enum status st = model_open_adapted(&en->model, g, en->ops, &w, c->adapter ? &ad : NULL, e);
    adapter_close(&ad);
    TRY(st);
    if (tok_count(en->tok) > en->model->vocab)
        return fail(e, ST_CORRUPT, "%d tokens but %d rows of embeddings", tok_count(en->tok),
                    en->model->vocab);
    TRY(template_choose(&en->chat, g, en->tok, e));
    return fill_info(en, g, e);
}

static enum status start(struct engine *en, const struct engine_config *c, struct err *e) {
    struct arena tables;
    struct shards files;
    arena_init(&tables, (size_t)1 << 30);
    struct stretch reading = {c, 0, READ_SHARE};
    const struct model_watch w = {&reading, on_stretch};
    enum status st = shards_open(&files, c->model, &tables, &w, e);
    en->sha = files.sha;
    if (st == ST_OK) st = load(en, c, &files.g, e);
    shards_close(&files);
    arena_free(&tables);
    TRY(st);
    int rows = c->chunk_rows > 0         ? c->chunk_rows
               : en->ops->chunk_rows > 0 ? en->ops->chunk_rows
                                         : CHUNK_DEFAULT;
    TRY(work_open(&en->work, en->model, rows, e));
    TRY(batch_open(&en->batch, rows, e));
    return cache_open(&en->cache, en->model, c->cache_bytes ? c->cache_bytes : (size_t)512 << 20,
                      e);
}

/* The engine thread: loads the model, says how that went, then serves jobs. */
static void *engine_thread(void *arg) {
    struct engine *en = arg;
    enum status st = start(en, en->config, en->open_err);
    pthread_mutex_lock(&en->lock);
    en->open_st = st;
    en->config = NULL;
    pthread_cond_signal(&en->left);
    pthread_mutex_unlock(&en->lock);
    if (st == ST_OK) engine_serve(en);
    return NULL;
}

static enum status start_thread(struct engine *en, const struct engine_config *c, struct err *e) {
    pthread_attr_t attr;
    en->config = c;
    en->open_err = e;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    en->has_thread = pthread_create(&en->thread, &attr, engine_thread, en) == 0;
    pthread_attr_destroy(&attr);
    if (!en->has_thread) return fail(e, ST_NO_MEMORY, "cannot start the engine thread");
    pthread_mutex_lock(&en->lock);
    while (en->config) pthread_cond_wait(&en->left, &en->lock);
    pthread_mutex_unlock(&en->lock);
    return en->open_st;
}

enum status engine_open(struct engine **out, const struct engine_config *c, struct err *e) {
    struct engine *en = mem_alloc(sizeof *en);
    if (!en) return fail(e, ST_NO_MEMORY, "no memory for the engine");
    memset(en, 0, sizeof *en);
    arena_init(&en->arena, 1 << 20);
    pthread_mutex_init(&en->lock, NULL);
    pthread_cond_init(&en->wake, NULL);
    pthread_cond_init(&en->left, NULL);
    en->queue_max = c->queue_max > 0 ? c->queue_max : QUEUE_DEFAULT;
    en->turns = c->turns;
    enum status st = c->remote ? engine_open_remote(en, c, e) : start_thread(en, c, e);
    if (st != ST_OK) {
        engine_close(en);
        return st;
    }
    *out = en;
    return ST_OK;
}

void engine_close(struct engine *en) {
    if (!en) return;
    pthread_mutex_lock(&en->lock);
    atomic_store(&en->stop, 1);
    pthread_cond_signal(&en->wake);
    while (en->n_inside > 0) pthread_cond_wait(&en->left, &en->lock);
    pthread_mutex_unlock(&en->lock);
    if (en->has_thread) pthread_join(en->thread, NULL);
    if (en->cache.slot) cache_close(&en->cache);
    batch_close(&en->batch);
    work_close(&en->work);
    model_close(en->model);
    remote_close(en->remote);
    if (en->ops) en->ops->close(en->ops);
    tok_close(en->tok);
    arena_free(&en->arena);
    pthread_cond_destroy(&en->wake);
    pthread_cond_destroy(&en->left);
    pthread_mutex_destroy(&en->lock);
    mem_free(en);
}
