/* HTTP to one engine: calls side by side, repeated with growing pauses where it says that it is
 * busy, each with a deadline, all of them ended by a cancel. Knows libcurl; knows no engine. */
#ifndef REMOTE_WIRE_H
#define REMOTE_WIRE_H

#include "kernels/base/buf.h"

/* Texts are borrowed. */
struct wire {
    const char *title, *url, *key; /* key NULL: none */
    double timeout_s;
};

struct wire_call {
    const char *path;  /* "/v1/models" */
    struct buf body;   /* empty: a GET */
    struct buf answer; /* when it is done */
    long code;         /* of the answer */
    int any_code;      /* 1: a code of 4xx is an answer like others */
    int first, n;      /* the caller's */
};

struct wire_work {
    void *arg;
    /* Fills path and body of the next call; *more = 0: there is none. */
    enum status (*next)(void *arg, struct wire_call *c, int *more, struct err *e);
    enum status (*done)(void *arg, struct wire_call *c, struct err *e);
    int most;                     /* at a time; at most WIRE_MOST */
    int one_first;                /* the first is answered before others begin */
    int (*gone)(const void *who); /* 1: nobody wants the answers any more. May be NULL */
    const void *who;
};
enum { WIRE_MOST = 8, WIRE_TRIES = 5, WIRE_ANSWER_MAX = 64 << 20 };

/* Until all are done or one fails, with which the others end. ST_BUSY (nobody answers, too slowly,
 * 429, 5xx), ST_CORRUPT (cut off, too long, a redirect), ST_UNSUPPORTED (another 4xx),
 * ST_CANCELLED; texts name the engine's title and hold its words without the key. */
enum status wire_run(const struct wire *w, const struct wire_work *x, struct err *e) MUST_CHECK;
/* What an answer's body says went wrong, as plain text without the key, into out. */
void wire_words(const struct wire *w, struct view body, char out[160]);

#endif
