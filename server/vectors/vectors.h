/* The vectors of all catalogues: made by a thread of their own, kept in the store by item and text,
 * held in memory for searching. A catalogue's vectors are of one version of it; until they are all
 * there the catalogue has none to search, and whoever asks goes by something else. */
#ifndef VECTORS_VECTORS_H
#define VECTORS_VECTORS_H

#include "server/store/store.h"
#include "server/task/task.h"
#include "server/vectors/index.h"

struct embedder;
struct ticket_lock;
struct vectors;

/* Where the items' texts come from, on the vectors' thread. */
struct vectors_texts {
    void *arg;
    /* The catalogue as it is now: its version, how many items and their rowids, rising, borrowed
     * until close. ST_NOT_FOUND when it was deleted. */
    enum status (*open)(void *arg, struct view catalog, void **held, long long *version,
                        const long long **row, int *n, struct err *e);
    /* What is embedded of the item at a place, into a. Places are asked for in rising order. */
    enum status (*text)(void *held, int place, struct arena *a, struct view *out, struct err *e);
    void (*close)(void *arg, void *held);
};

struct vectors_config {
    struct store *store;
    struct embedder *embedder;
    struct ticket_lock *turns; /* shared with the engines, or NULL */
    struct vectors_texts texts;
    /* Whether somebody waits for a ranking: makes room for it. On the vectors' thread. NULL: never.
     */
    int (*busy)(void *arg);
    /* A line for the log, now and then. May be NULL. */
    void (*say)(void *arg, const char *line);
    void *arg;           /* of busy and say */
    struct tasks *tasks; /* lists what is being made; NULL: nobody does */
    size_t bytes_max;    /* held in memory, at least one catalogue's; 0: 1 GiB */
};

/* Starts the thread, which goes through all catalogues. What c points to is borrowed. */
enum status vectors_open(struct vectors **out, const struct vectors_config *c,
                         struct err *e) MUST_CHECK;
/* Any thread: no further batch is begun, what is there still serves. NULL is fine. */
void vectors_stop(struct vectors *v);
/* Ends after the batch that is being made, well within a second. Everything was given back. NULL is
 * fine. */
void vectors_close(struct vectors *v);

/* Any thread: a catalogue was imported, changed or deleted. Work on an old version ends. */
void vectors_changed(struct vectors *v);
/* Any thread: the texts of items may have become others without a change of the catalogues (the
 * words of a surface). What is there serves until it was compared. */
void vectors_texts_changed(struct vectors *v);
/* Any thread: this catalogue goes first. */
void vectors_want(struct vectors *v, struct view catalog);

/* How far a catalogue's vectors are, for its newest version that was seen. */
struct vectors_progress {
    long long done, total; /* items; 0 and 0 when it was not seen yet */
    long long unkept; /* of them, that could not be written to the store: made again next time */
    char error[160];  /* why no more are made, "" when nothing is wrong */
};
void vectors_progress(struct vectors *v, struct view catalog, struct vectors_progress *out);
/* Waits until nothing is left to do, for at most that long; whether that is so. */
int vectors_settle(struct vectors *v, double seconds);

/* A catalogue's vectors, held until they are given back. */
struct vectors_of {
    const struct vector_index *index;
    const long long *row, *text; /* (index->n): rowids and hashes of the texts */
    struct vector_floats floats; /* reads them from the store */
    struct vectors *owner;
};
/* NULL when they are not (all) there for this version of the catalogue: they then go first. */
const struct vectors_of *vectors_take(struct vectors *v, struct view catalog, long long version);
void vectors_give(const struct vectors_of *x); /* NULL is fine */

/* The k items nearest to a query vector (dim of the embedder), see vector_index_top. */
enum status vectors_top(const struct vectors_of *x, const float *query, const uint64_t *allow,
                        int k, struct arena *a, struct vector_hit **out, int *n,
                        struct err *e) MUST_CHECK;

/* What a text's vector is kept under. */
long long vectors_text_hash(struct view text);

#endif
