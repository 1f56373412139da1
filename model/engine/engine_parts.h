/* The engine's inside: its queue and what its thread owns. */
#ifndef ENGINE_PARTS_H
#define ENGINE_PARTS_H

#include "model/engine/engine.h"
#include "model/engine/step.h"
#include "model/tokenizer/template.h"
#include "model/tokenizer/tok.h"

#include <pthread.h>

enum { ENGINE_RUNNING_MAX = 8 };

/* A caller inside engine_score. */
struct ticket {
    struct job *job;
    struct plan *plan;
    struct ticket *next; /* behind it in the queue */
    enum status st;
    struct err err;
    int finished;
    double born, started;
    pthread_cond_t done;
};

struct engine {
    struct arena arena; /* names and texts */
    struct engine_info info;
    struct remote *remote; /* who computes, or NULL: what follows does */
    struct ops *ops;
    struct model *model;
    struct tok *tok;
    struct chat_template chat;
    struct hash sha;
    struct work work;
    struct cache cache;
    struct batch batch;

    /* Only this thread opens parallel regions: OpenMP keeps a team, and its settings, per thread.
     */
    pthread_t thread;
    int has_thread;
    const struct engine_config *config; /* while opening */
    struct err *open_err;
    enum status open_st;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t wake, left;
    struct ticket *first, *last;
    struct ticket *running[ENGINE_RUNNING_MAX];
    int n_running, n_queued, n_inside, queue_max;
    double speed; /* tokens a second of what was computed lately, 0 = not known */
    struct ticket_lock *turns;
    atomic_int stop;
    struct engine_cache stats;
};

/* The engine thread, once the model is loaded: runs jobs until the engine stops. */
void engine_serve(struct engine *en);
/* engine_remote.c: the same of an engine whose model computes elsewhere. */
enum status engine_open_remote(struct engine *en, const struct engine_config *c,
                               struct err *e) MUST_CHECK;
enum status engine_score_remote(struct engine *en, struct job *j, struct err *e) MUST_CHECK;

#endif
