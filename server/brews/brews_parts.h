/* The inside of brews. */
#ifndef BREWS_PARTS_H
#define BREWS_PARTS_H

#include "server/brews/folder.h"

#include <pthread.h>

enum { BREWS_SETTING = 64 << 20 };

struct brews {
    struct brews_config c;
    pthread_t thread;
    atomic_int cancel;    /* of the brew that goes on */
    pthread_mutex_t lock; /* guards what follows */
    int taken, has_thread, made;
    struct task task;
    struct brew_state state; /* of the brew that goes on; id "": none does */
    int resume;
    const char *recipe, *model; /* of arena */
    struct arena arena;
};

#endif
