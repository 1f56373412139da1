/* The registry's inside: its places and the thread that loads and closes models. */
#ifndef REGISTRY_LOAD_H
#define REGISTRY_LOAD_H

#include "server/registry/registry.h"
#include "server/store/kept/choice.h"

enum { REGISTRY_SLOTS = 16 };

/* A place; free while its state is REGISTRY_THERE. */
struct registry_slot {
    struct registry *registry;
    enum registry_state state;
    char id[REGISTRY_ID], path[REGISTRY_PATH], adapter[REGISTRY_PATH]; /* adapter "": none */
    const struct remote_spec *remote; /* NULL: a model that computes here */
    char precision[16];               /* as asked for, "": the registry's own */
    long long bytes, stamp;           /* of the file */
    int users;                        /* who uses or awaits it */
    int next_default;                 /* it becomes the default once loaded */
    unsigned long long used;          /* the larger, the later */
    double share;
    struct task task;      /* while it is loaded, of the thread */
    struct ranker *ranker; /* of a loaded one, with its engine */
    struct engine_info info;
    char decided[CHOICE_SIZE]; /* the precision that "auto" is for it, "": nothing was decided */
    enum status st;            /* of a broken one */
    struct err err;
};

struct registry {
    struct registry_config c;
    const char *extra; /* the config's model where it is a file's path */
    struct embedder *embedder;
    struct vectors *vectors;
    void (*embedding)(void *arg, int done, int total);
    struct interactions_cache interactions_cache;
    struct snapshots *snapshots; /* NULL without a store */
    struct ticket_lock turns;
    pthread_t thread;
    int has_thread;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t wake;  /* the thread's */
    pthread_cond_t changed;
    int stop;
    unsigned long long clock;
    long long loads, failures;
    struct registry_slot *def; /* loaded; NULL before the first */
    struct registry_slot slot[REGISTRY_SLOTS];
};

/* The files that there are, and the engines elsewhere with the files of their vocabularies. */
enum status registry_all(struct registry *s, struct arena *a, struct registry_file **out, int *n,
                         struct err *e) MUST_CHECK;
/* Whether the place's model is that file, with that adapter. */
int registry_same_file(const struct registry_slot *x, const struct registry_file *f);

/* The thread: loads what waits and is still wanted, the longest waiting first, until the registry
 * stops. */
void *registry_load_main(void *arg);
/* A ranker that registry_load_main made, and its engine; NULL is fine. */
void registry_load_close(struct ranker *r);

#endif
