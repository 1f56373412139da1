/* Who is told how far the loading of a model is. */
#ifndef FORMAT_WATCH_H
#define FORMAT_WATCH_H

/* Told of the share (0 to 1) that is done; an answer of 1 gives up. */
struct model_watch {
    void *arg;
    int (*loading)(void *arg, double share); /* may be NULL */
};

#endif
