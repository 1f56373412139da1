/* The shelf's inside: its places and the thread that loads and closes models. */
#ifndef REGISTRY_LOAD_H
#define REGISTRY_LOAD_H

#include "server/registry/registry.h"
#include "server/store/kept/choice.h"

enum { SHELF_SLOTS = 16 };

/* A place; free while its state is SHELF_THERE. */
struct shelf_slot {
    struct shelf *shelf;
    enum shelf_state state;
    char id[SHELF_ID], path[SHELF_PATH], adapter[SHELF_PATH]; /* adapter "": none */
    char precision[16];      /* as asked for, "": the shelf's own */
    long long bytes, stamp;  /* of the file */
    int users;               /* who uses or awaits it */
    int next_default;        /* it becomes the default once loaded */
    unsigned long long used; /* the larger, the later */
    double share;
    struct ranker *ranker; /* of a loaded one, with its engine */
    struct engine_info info;
    char decided[CHOICE_SIZE]; /* the precision that "auto" is for it, "": nothing was decided */
    enum status st;            /* of a broken one */
    struct err err;
};

struct shelf {
    struct shelf_config c;
    const char *extra; /* the config's model where it is a file's path */
    struct embedder *embedder;
    struct vectors *vectors;
    void (*embedding)(void *arg, int done, int total);
    struct learner learner;
    struct snapshots *snapshots; /* NULL without a store */
    struct cores cores;
    pthread_t thread;
    int has_thread;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t wake;  /* the thread's */
    pthread_cond_t changed;
    int stop;
    unsigned long long clock;
    long long loads, failures;
    struct shelf_slot *def; /* loaded; NULL before the first */
    struct shelf_slot slot[SHELF_SLOTS];
};

/* The thread: loads what waits and is still wanted, the longest waiting first, until the shelf
 * stops. */
void *shelf_load_main(void *arg);
/* A ranker that shelf_load_main made, and its engine; NULL is fine. */
void shelf_load_close(struct ranker *r);

#endif
