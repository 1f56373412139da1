/* A request that is answered by a task: read, worked on by a thread of its own, and answered as
 * JSON or, where the client takes events, with news meanwhile. */
#ifndef API_SERVED_H
#define API_SERVED_H

#include "server/api/kit/app.h"
#include "server/task/task.h"

/* RANKS: needs a model, and goes before what runs beside the page. BODY: the work itself reads the
 * request's body, and writes the reply. */
enum { SERVED_RANKS = 1, SERVED_BODY = 2 };
/* The phase "load" counts to this. */
enum { SERVED_LOADED = 1000 };

struct served {
    struct task task;
    struct app *app;
    struct req *req;
    void *arg;          /* of who answers */
    struct view body;   /* all of it, unless SERVED_BODY */
    struct arena arena; /* the work's */
    struct view answer; /* filled by the work, JSON that it keeps until the end */
    int streaming;
    long seq;          /* of the last event */
    double last_event; /* 0 before the first */
};

struct served_kind {
    const char *name; /* of the task */
    int flags;
    enum status (*work)(struct served *s, struct err *e); /* on the thread */
    /* On the request's thread, every .1 s and before the end, where the client takes events: 0 when
     * it has left. The stream begins with the first event, so what fails at once has an HTTP code.
     * NULL: no news. */
    int (*news)(struct served *s);
};

/* Answers r. subject: of the task, "" for none. arg is the kind's; it outlives the call. */
enum status served_call(struct req *r, const struct served_kind *kind, struct view subject,
                        void *arg, struct err *e) MUST_CHECK;

/* The work's: the ranker of a model ("": the default), loaded if need be; to be given back to
 * app->registry. Given up with the task. Fails as registry_take does. */
enum status served_model(struct served *s, struct view name, struct ranker **out,
                         struct err *e) MUST_CHECK;

/* The news': an object that begins with its number, to be ended by served_send, which frees it. */
void served_event(struct served *s, struct buf *b);
int served_send(struct served *s, const char *name, struct buf *b);

#endif
