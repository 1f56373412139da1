/* The encoder's thread: texts are tokenized by the caller, batches computed one at a time. */
#include "model/embed/embed.h"

#include "kernels/dot.h"
#include "kernels/base/os/ticket_lock.h"
#include "kernels/base/os/file.h"
#include "model/embed/bert.h"
#include "model/format/hash.h"
#include "model/tokenizer/wordpiece/tok_wordpiece.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WEIGHTS_MAX ((size_t)8 << 30)
enum { STACK = 8 << 20, FOLDER = 512 };

/* One batch, on its way to the thread and back. */
struct embed_batch {
    const int32_t *tok;
    const int *off;
    int n;
    float *out;
    enum status st;
    struct err err;
    int done;
};

struct embedder {
    struct arena arena;
    struct embedder_info info;
    struct ops *ops;
    struct bert *bert;
    struct wordpiece *tok;
    int tokens_max;

    /* Only this thread opens parallel regions: OpenMP keeps a team per thread. */
    pthread_t thread;
    int has_thread;
    struct ticket_lock turn; /* batches, one at a time */
    pthread_mutex_t lock;    /* guards what follows */
    pthread_cond_t wake, done;
    struct embed_batch *batch; /* waiting or running */
    int stop;
    long long texts;
};

/* --- the thread --- */

static void *work(void *arg) {
    struct embedder *em = arg;
    pthread_mutex_lock(&em->lock);
    for (;;) {
        while (!em->batch && !em->stop) pthread_cond_wait(&em->wake, &em->lock);
        struct embed_batch *b = em->batch;
        if (!b) break;
        pthread_mutex_unlock(&em->lock);
        b->st = bert_run(em->bert, b->tok, b->off, b->n, b->out, &b->err);
        pthread_mutex_lock(&em->lock);
        em->texts += b->n;
        em->batch = NULL;
        b->done = 1;
        pthread_cond_signal(&em->done);
    }
    pthread_mutex_unlock(&em->lock);
    return NULL;
}

/* The batch's turn comes first and the cores' second: who waits for the encoder keeps the engines
 * from nothing. */
static enum status run_batch(struct embedder *em, struct embed_batch *b, struct ticket_lock *turns,
                             struct err *e) {
    ticket_lock_take(&em->turn);
    ticket_lock_take(turns);
    pthread_mutex_lock(&em->lock);
    em->batch = b;
    pthread_cond_signal(&em->wake);
    while (!b->done) pthread_cond_wait(&em->done, &em->lock);
    pthread_mutex_unlock(&em->lock);
    ticket_lock_leave(turns);
    ticket_lock_leave(&em->turn);
    if (b->st != ST_OK && e) *e = b->err;
    return b->st;
}

/* --- embedding --- */

/* Texts of one batch: their tokens, and where they lie. */
struct room {
    int32_t tok[BERT_ROWS];
    int off[BERT_ROWS + 1];
};

static enum status run_texts(struct embedder *em, struct room *m, const struct view *text, int n,
                             float *out, struct ticket_lock *turns, void *arg,
                             int (*progress)(void *, int, int), struct err *e) {
    int32_t next[EMBED_TOKENS];
    int len = n ? wordpiece_encode(em->tok, text[0], em->tokens_max, next, NULL) : 0;
    for (int i = 0, first = 0; i < n; first = i) {
        int rows = 0;
        for (; i < n && rows + len <= BERT_ROWS; i++) {
            m->off[i - first] = rows;
            memcpy(m->tok + rows, next, (size_t)len * sizeof *next);
            rows += len;
            if (i + 1 < n) len = wordpiece_encode(em->tok, text[i + 1], em->tokens_max, next, NULL);
        }
        m->off[i - first] = rows;
        struct embed_batch b = {.tok = m->tok,
                                .off = m->off,
                                .n = i - first,
                                .out = out + (size_t)first * (size_t)em->info.dim};
        TRY(run_batch(em, &b, turns, e));
        if (progress && progress(arg, i, n))
            return fail(e, ST_CANCELLED, "embedding was cancelled");
    }
    return ST_OK;
}

static enum status run_all(struct embedder *em, const struct view *text, int n, float *out,
                           struct ticket_lock *turns, void *arg,
                           int (*progress)(void *arg, int done, int total), struct err *e) {
    struct room *m = mem_alloc(sizeof *m);
    if (!m) return fail(e, ST_NO_MEMORY, "no memory for a batch of texts");
    enum status st = run_texts(em, m, text, n, out, turns, arg, progress, e);
    mem_free(m);
    return st;
}

enum status embedder_run(struct embedder *em, const struct view *text, int n, float *out, void *arg,
                         int (*progress)(void *arg, int done, int total), struct err *e) {
    return run_all(em, text, n, out, NULL, arg, progress, e);
}

enum status embedder_run_sharing(struct embedder *em, const struct view *text, int n, float *out,
                                 struct ticket_lock *turns, struct err *e) {
    return run_all(em, text, n, out, turns, NULL, NULL, e);
}

/* --- opening --- */

static enum status path_of(const char *folder, const char *name, char out[FOLDER], struct err *e) {
    int n = snprintf(out, FOLDER, "%s/%s", folder, name);
    return n > 0 && n < FOLDER ? ST_OK : fail(e, ST_LIMIT, "the encoder's path is too long");
}

static enum status read_text(const char *folder, const char *name, char **p, size_t *n,
                             struct err *e) {
    char path[FOLDER];
    TRY(path_of(folder, name, path, e));
    return file_read(path, 64 << 20, p, n, e);
}

static enum status open_tokens(struct embedder *em, const char *folder, struct err *e) {
    char *p;
    size_t n;
    TRY(read_text(folder, "vocab.txt", &p, &n, e));
    enum status st = wordpiece_open(&em->tok, "vocab.txt", (struct view){p, n}, e);
    mem_free(p);
    return st;
}

static enum status open_model(struct embedder *em, struct view file, struct view config,
                              struct err *e) {
    struct safetensors s;
    struct arena a;
    arena_init(&a, 64 << 20);
    enum status st =
        safetensors_parse(&s, "model.safetensors", (const uint8_t *)file.p, file.n, &a, e);
    if (st == ST_OK) st = bert_open(&em->bert, &s, config, em->ops, e);
    arena_free(&a);
    return st;
}

static enum status open_weights(struct embedder *em, const char *folder, struct err *e) {
    char path[FOLDER], *config, *bytes = NULL;
    size_t n, size = 0;
    TRY(path_of(folder, "model.safetensors", path, e));
    TRY(read_text(folder, "config.json", &config, &n, e));
    /* Read and not mapped: a file that is written meanwhile would end the process. */
    enum status st = file_read(path, WEIGHTS_MAX, &bytes, &size, e);
    if (st == ST_OK) {
        char *sha = arena_alloc(&em->arena, 65);
        st = sha ? open_model(em, (struct view){bytes, size}, (struct view){config, n}, e)
                 : fail(e, ST_NO_MEMORY, "no memory for the encoder's name");
        if (st == ST_OK) {
            struct hash h = hash_of(bytes, size, NULL, 0);
            hash_hex(&h, sha);
            em->info.sha256 = sha;
        }
        mem_free(bytes);
    }
    mem_free(config);
    return st;
}

static enum status describe(struct embedder *em, const char *folder, struct err *e) {
    const char *slash = strrchr(folder, '/'), *name = slash ? slash + 1 : folder;
    em->info.name = arena_copy(&em->arena, name, strlen(name));
    if (!em->info.name) return fail(e, ST_NO_MEMORY, "no memory for the encoder's name");
    em->info.dim = bert_dim(em->bert);
    em->info.vocab = bert_vocab(em->bert);
    em->info.threads = em->ops->threads;
    em->info.parameters = bert_parameters(em->bert);
    em->tokens_max = bert_positions(em->bert);
    if (em->tokens_max > EMBED_TOKENS) em->tokens_max = EMBED_TOKENS;
    if (wordpiece_count(em->tok) > em->info.vocab)
        return fail(e, ST_CORRUPT, "vocab.txt has %d tokens and the model %d",
                    wordpiece_count(em->tok), em->info.vocab);
    return em->tokens_max >= 2 ? ST_OK
                               : fail(e, ST_UNSUPPORTED, "the encoder takes a single token");
}

static enum status start_thread(struct embedder *em, struct err *e) {
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    em->has_thread = pthread_create(&em->thread, &attr, work, em) == 0;
    pthread_attr_destroy(&attr);
    return em->has_thread ? ST_OK : fail(e, ST_NO_MEMORY, "cannot start the encoder's thread");
}

enum status embedder_open(struct embedder **out, const char *folder, int threads, struct err *e) {
    struct embedder *em = mem_alloc(sizeof *em);
    if (!em) return fail(e, ST_NO_MEMORY, "no memory for an encoder");
    memset(em, 0, sizeof *em);
    arena_init(&em->arena, 1 << 16);
    ticket_lock_init(&em->turn);
    pthread_mutex_init(&em->lock, NULL);
    pthread_cond_init(&em->wake, NULL);
    pthread_cond_init(&em->done, NULL);
    enum status st = open_tokens(em, folder, e);
    if (st == ST_OK) st = ops_cpu_open(&em->ops, PREC_F32, threads, e);
    if (st == ST_OK) st = open_weights(em, folder, e);
    if (st == ST_OK) st = describe(em, folder, e);
    if (st == ST_OK) st = start_thread(em, e);
    if (st != ST_OK) {
        embedder_close(em);
        return st;
    }
    *out = em;
    return ST_OK;
}

void embedder_close(struct embedder *em) {
    if (!em) return;
    pthread_mutex_lock(&em->lock);
    em->stop = 1;
    pthread_cond_signal(&em->wake);
    pthread_mutex_unlock(&em->lock);
    if (em->has_thread) pthread_join(em->thread, NULL);
    bert_close(em->bert);
    if (em->ops) em->ops->close(em->ops);
    wordpiece_close(em->tok);
    arena_free(&em->arena);
    pthread_cond_destroy(&em->wake);
    pthread_cond_destroy(&em->done);
    pthread_mutex_destroy(&em->lock);
    ticket_lock_close(&em->turn);
    mem_free(em);
}

void embedder_info(const struct embedder *em, struct embedder_info *out) {
    *out = em->info;
}

int embedder_tokens(const struct embedder *em, struct view text, int *cut) {
    int32_t ids[EMBED_TOKENS];
    return wordpiece_encode(em->tok, text, em->tokens_max, ids, cut);
}

long long embedder_texts(struct embedder *em) {
    pthread_mutex_lock(&em->lock);
    long long n = em->texts;
    pthread_mutex_unlock(&em->lock);
    return n;
}

void embed_products(const int8_t *v, size_t n, int dim, const int16_t *q, int32_t *out) {
    dot_i8(v, n, dim, q, out);
}
