/* Sessions of browsers that signed in: a random id in a cookie stands for a token, on this side of
 * the wire only, until it was not used for long, is old, or is ended. Not thread-safe. */
#ifndef HTTP_SESSION_H
#define HTTP_SESSION_H

#include "server/http/access/tokens.h"

enum {
    SESSION_ID = 65, /* 32 random bytes in hex, and the NUL */
    SESSIONS_MAX = 1000,
    SESSIONS_OF_ONE = 32, /* of a name; a further one ends the one that was used least lately */
    SESSION_AGE_S = 7 * 24 * 3600
};

struct session {
    char id[SESSION_ID]; /* "" where the place is free */
    struct token who;
    double made, used;
};

struct sessions {
    struct session *s; /* (SESSIONS_MAX), owned; NULL before the first */
    double idle_s;     /* how long one lives without being used */
};

/* ST_NO_MEMORY, ST_IO (no random numbers). */
enum status session_begin(struct sessions *all, const struct token *who, double now,
                          char id[SESSION_ID], struct err *e) MUST_CHECK;
/* The live session of that id, now used, or NULL. */
const struct session *session_find(struct sessions *all, struct view id, double now);
void session_end(struct sessions *all, struct view id);
/* Ends those whose token is no longer there; the others take its name and role as they are now. */
void session_recheck(struct sessions *all, const struct tokens *t);
void sessions_free(struct sessions *all);

#endif
