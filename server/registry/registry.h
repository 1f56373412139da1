/* The models of a process: which files there are, which of them are loaded, and which one ranks
 * when none is named. A model is loaded when it is asked for, by a thread of the registry's own,
 * one after the other; who uses it holds it, and ends undisturbed on it whatever happens meanwhile.
 * What nobody holds stays loaded until another one needs its place. Each loaded model has its own
 * engine, caches and ranker; baselines are shared. */
#ifndef REGISTRY_REGISTRY_H
#define REGISTRY_REGISTRY_H

#include "server/rank/rank.h"
#include "server/registry/files.h"
#include "server/task/task.h"

struct registry;

struct registry_config {
    struct store *store; /* of the rankers; NULL: models are used without ranking */
    int rank_all;        /* catalogues of so many items are ranked whole; 0: by measurement */
    struct engine_config engine; /* how models are opened; its model does not count */
    const char *folder;          /* of model files; NULL: none */
    const char *adapters[REGISTRY_ADAPTER_FOLDERS]; /* folders of adapters; NULL: none */
    const struct remote_spec *remote; /* (n_remote): engines elsewhere, each a model; their vocab is
                                       * a file's path or a name of the folder's */
    int n_remote;
    const char *model;   /* the first default: a file's path or a name of the folder's */
    int loaded_max;      /* models loaded at once, at least 2 */
    int paths;           /* 1: a model may be named by any file's path */
    struct tasks *tasks; /* lists what is being loaded; NULL: nobody does */
};

/* Starts the thread; loads nothing yet. The texts of c are borrowed. */
enum status registry_open(struct registry **out, const struct registry_config *c,
                          struct err *e) MUST_CHECK;
/* Everything was given back; what is being loaded is given up. NULL is fine. */
void registry_close(struct registry *s);
/* The catalogues in memory, which all rankers share; NULL without a store. */
struct snapshots *registry_snapshots(struct registry *s);
/* The embedding model of all rankers, and who is told when many items are embedded; before the
 * first model is loaded. */
void registry_embedder(struct registry *s, struct embedder *m,
                       void (*embedding)(void *arg, int done, int total));

/* NULL where there is none. */
struct embedder *registry_encoder(const struct registry *s);
/* The catalogues' vectors, for the rankers of models that are loaded from now on. */
void registry_vectors(struct registry *s, struct vectors *v);
/* Baselines that are learning end soon; for when the process stops. */
void registry_stop_learning(struct registry *s);
/* The turns that the models' engines take. */
struct ticket_lock *registry_turns(struct registry *s);

/* Who waits for a model: tick is called now and then, without the lock, with what is going on; 1
 * gives up waiting: ST_CANCELLED. */
struct registry_wait {
    void *arg;
    int (*tick)(void *arg, double share); /* loaded so far, 0 to 1; below 0 while others go first */
};

/* The ranker of a model, loaded if need be, held until it is given back. name "": the default one.
 * precision NULL or "auto": as the registry opens models. w NULL: nobody gives up. Any thread.
 * ST_NOT_FOUND with the field `model`; ST_INVALID for a file that cannot be loaded, with the
 * reason; ST_BUSY; ST_CANCELLED. */
enum status registry_take(struct registry *s, struct view name, const char *precision,
                          const struct registry_wait *w, struct ranker **out,
                          struct err *e) MUST_CHECK;
void registry_give(struct registry *s, struct ranker *r); /* NULL is fine */

/* Loads a model ("": the config's) and makes it the default, once it can rank; until then and when
 * it cannot be loaded the default stays. w: waits for that, and giving up waiting does not stop the
 * loading; NULL: answers at once. Of several at a time the last one asked for becomes the default.
 */
enum status registry_switch(struct registry *s, struct view name, const struct registry_wait *w,
                            struct err *e) MUST_CHECK;

/* The folders of adapters, as in the config. */
const char *const *registry_adapter_folders(const struct registry *s);
/* The file that a name stands for, nothing loaded; of a. Fails as registry_take does. */
enum status registry_find(struct registry *s, struct view name, struct arena *a,
                          struct registry_file *out, struct err *e) MUST_CHECK;

enum registry_state {
    REGISTRY_THERE,
    REGISTRY_WAITING,
    REGISTRY_LOADING,
    REGISTRY_LOADED,
    REGISTRY_BROKEN
};
struct registry_model {
    struct registry_file file;
    enum registry_state state;
    int is_default;
    double share; /* while it is loaded */
    int users;
    struct engine_info info;   /* where it is not loaded, what its header says (engine_peek) */
    struct engine_cache cache; /* of a loaded one */
    const char *error;         /* of a broken one */
};
/* All there is, then models with adapters that are known to be theirs; texts live in a. */
enum { REGISTRY_MODELS_MAX = 512 };
enum status registry_list(struct registry *s, struct arena *a, struct registry_model **out, int *n,
                          struct err *e) MUST_CHECK;
const char *registry_state_name(enum registry_state s);

struct registry_stats {
    int loaded, loaded_max;
    long long loads, failures;
    char default_id[REGISTRY_ID]; /* "" before the first */
    struct engine_cache cache;    /* sums over the loaded ones */
    long long embedded;           /* texts, by the embedding model */
};
void registry_stats(struct registry *s, struct registry_stats *out);

#endif
