/* What the vectors' files share. */
#ifndef VECTORS_PRIVATE_H
#define VECTORS_PRIVATE_H

#include "server/vectors/vectors.h"

#include "model/embed/embed.h"

#include <pthread.h>

enum { VECTORS_NAME = 65 };

enum entry_state {
    ENTRY_TODO, /* to be made, or read from the store */
    ENTRY_MADE, /* all there; `set` may have made room for others */
    ENTRY_FAILED
};

/* One catalogue, as it was seen last. */
struct entry {
    char name[VECTORS_NAME];
    long long version, items;
    enum entry_state state;
    double failed_at;
    int seen;                /* in the store's list that is being gone through */
    unsigned long long used; /* the larger, the later it was asked for; 0: never */
    struct vector_set *set;  /* NULL: not in memory */
    struct vectors_progress progress;
};

/* The vectors of one version of a catalogue. */
struct vector_set {
    struct vectors_of of;
    struct vector_index *index;
    long long *row, *text;
    long long version;
    int users, orphan; /* orphan: its entry has left it, the last user frees it */
};
void vector_set_free(struct vector_set *s); /* NULL is fine */
size_t vector_set_bytes(const struct vector_set *s);

struct vectors {
    struct vectors_config c;
    struct embedder_info info;
    pthread_t thread;
    int has_thread;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t wake, idle;
    int stop, changed, working;
    unsigned long long clock;
    struct entry *entry; /* (n) */
    int n, room;
};

struct entry *vectors_find_locked(struct vectors *v, struct view name); /* or NULL */

/* Makes the vectors of a catalogue: reads what is kept, embeds the rest. ST_CANCELLED when the
 * vectors are closed or the catalogue changed meanwhile, ST_NOT_FOUND when it was deleted. */
enum status vectors_make(struct vectors *v, const char *name, struct vector_set **out,
                         struct err *e) MUST_CHECK;

#endif
