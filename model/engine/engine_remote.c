/* An engine whose model computes elsewhere: here are its vocabulary and its chat template. */
#include "model/engine/engine_parts.h"
#include "model/format/peek.h"

#include "kernels/base/os/clock.h"

#include <stdio.h>
#include <string.h>

enum { CONTEXT_MAX = 1 << 24 };

static enum status tokens(void *arg, struct view text, struct arena *a, int32_t **ids, size_t *n,
                          struct err *e) {
    return engine_tokens(arg, text, a, ids, n, e);
}

/* Which model it is: its kind, address and name there, and the header with the vocabulary here. */
static enum status name_it(struct engine *en, const struct remote_spec *s, const char *model,
                           struct view head, struct err *e) {
    struct engine_info *i = &en->info;
    const char *where = arena_printf(&en->arena, "%s %s %s", s->kind, s->url, model);
    char *sha = arena_alloc(&en->arena, 65);
    if (!where || !sha) return fail(e, ST_NO_MEMORY, "no memory for the model's names");
    en->sha = hash_of(where, strlen(where), head.p, head.n);
    hash_hex(&en->sha, sha);
    i->sha256 = i->base_sha256 = sha;
    return ST_OK;
}

static enum status fill(struct engine *en, const struct gguf *g, const struct remote_spec *s,
                        struct err *e) {
    struct engine_info *i = &en->info;
    struct remote_info r;
    char shown[200];
    remote_info(en->remote, &r);
    (void)view_plain(view_of(r.model), shown, sizeof shown);
    i->name = arena_printf(&en->arena, "%s on %s", shown, r.title);
    i->backend = s->kind;
    i->code = r.title;
    i->precision = "auto";
    i->chat_template = en->chat.name;
    i->context = r.context;
    i->vocab = tok_count(en->tok);
    i->reads = r.reads;
    i->drift = r.drift;
    i->note = r.note;
    if (!i->name) return fail(e, ST_NO_MEMORY, "no memory for the model's names");
    TRY(peek_text(g, "general.architecture", "unknown", &en->arena, &i->architecture, e));
    return peek_text(g, "general.license", "not stated", &en->arena, &i->license, e);
}

struct opening {
    struct engine *en;
    const struct engine_config *c;
};

static enum status start(void *arg, const struct gguf *g, struct view head, struct err *e) {
    const struct opening *x = arg;
    struct engine *en = x->en;
    const struct engine_config *c = x->c;
    static const int64_t none = CONTEXT_MAX;
    struct remote_info r;
    const char *kind;
    char key[96];
    int64_t context;
    TRY(tok_open(&en->tok, g, e));
    TRY(template_choose(&en->chat, g, en->tok, e));
    TRY(peek_text(g, "general.architecture", "unknown", &en->arena, &kind, e));
    (void)snprintf(key, sizeof key, "%.64s.context_length", kind);
    TRY(gguf_int(g, key, 2, CONTEXT_MAX, &none, &context, e));
    const struct remote_vocab v = {.vocab = tok_count(en->tok),
                                   .context = (int)context,
                                   .bos = tok_bos(en->tok),
                                   .arg = en,
                                   .tokens = tokens,
                                   .loading = c->loading,
                                   .loading_arg = c->arg};
    TRY(remote_open(&en->remote, c->remote, &v, e));
    remote_info(en->remote, &r);
    TRY(name_it(en, c->remote, r.model, head, e));
    return fill(en, g, c->remote, e);
}

enum status engine_open_remote(struct engine *en, const struct engine_config *c, struct err *e) {
    struct opening x = {en, c};
    if (c->adapter)
        return fail(e, ST_UNSUPPORTED,
                    "an adapter is not put over a model that computes elsewhere");
    return peek_head(c->model, start, &x, e);
}

static void leave(struct engine *en) {
    pthread_mutex_lock(&en->lock);
    en->n_inside--;
    pthread_cond_signal(&en->left);
    pthread_mutex_unlock(&en->lock);
}

/* There is no queue here: engines have one. What is bounded is who waits. */
enum status engine_score_remote(struct engine *en, struct job *j, struct err *e) {
    pthread_mutex_lock(&en->lock);
    int closing = atomic_load(&en->stop), n = en->n_inside;
    if (!closing && n < en->queue_max) en->n_inside++;
    pthread_mutex_unlock(&en->lock);
    if (closing) return fail(e, ST_BUSY, "the model is being closed");
    if (n >= en->queue_max) {
        (void)fail(e, ST_BUSY, "%d rankings are running on this engine already", n);
        err_hint(e, "try again in a few seconds");
        return ST_BUSY;
    }
    atomic_store(&j->queue_position, 0);
    double from = clock_s();
    enum status st = remote_score(en->remote, j, &en->stop, e);
    j->score_s = clock_s() - from;
    j->queue_s = 0;
    leave(en);
    return st;
}
