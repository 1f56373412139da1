/* Who calls: judged from a request's Authorization header, or from the cookie of a session.
 * Thread-safe. */
#ifndef HTTP_ACCESS_H
#define HTTP_ACCESS_H

#include "server/http/check.h"
#include "server/http/access/guess.h"
#include "server/http/access/session.h"

#include <pthread.h>

struct access {
    pthread_mutex_t lock;   /* guards what follows */
    int needed;             /* a token is demanded */
    const char *one, *file; /* an administrator's token, the file of tokens; NULL = none */
    struct tokens tokens;
    unsigned serials;
    struct guesses guesses;
    struct sessions sessions;
};

enum { ACCESS_COOKIE = 32 };

/* one and file are borrowed. Fails as access_reload. */
enum status access_init(struct access *a, const char *one, const char *file, double idle_s,
                        struct err *e) MUST_CHECK;
/* Reads the file again; sessions of tokens that are gone end. After a failure all is as it was.
 * ST_INVALID names the line, ST_NOT_FOUND, ST_IO. */
enum status access_reload(struct access *a, struct err *e) MUST_CHECK;
void access_close(struct access *a);

/* Who sent these headers from that address, in *out; nobody is ROLE_ANYONE. 0, or the code to
 * refuse with: 401 for a wrong token, 429 when too many wrong ones came. cookie: the name of ours.
 */
int access_judge(struct access *a, const struct check_header *h, int n, const char *cookie,
                 const char *address, struct caller *out, struct err *e);
/* Begins a session of the token's holder. Answers as access_judge, 503 without memory. */
int access_sign_in(struct access *a, struct view token, const char *address, struct caller *out,
                   char id[SESSION_ID], struct err *e);
void access_sign_out(struct access *a, struct view id);

/* The value of one cookie of the header, p == NULL without it. */
struct view access_cookie(const struct check_header *h, int n, const char *name);

#endif
