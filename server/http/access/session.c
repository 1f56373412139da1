/* The table of sessions. */
#include "server/http/access/session.h"

#include "kernels/base/arena.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

static enum status new_id(char id[SESSION_ID], struct err *e) {
    unsigned char raw[(SESSION_ID - 1) / 2];
    if (getrandom(raw, sizeof raw, 0) != (ssize_t)sizeof raw)
        return fail(e, ST_IO, "the system gives no random numbers: %s", strerror(errno));
    for (size_t i = 0; i < sizeof raw; i++) (void)snprintf(id + 2 * i, 3, "%02x", raw[i]);
    return ST_OK;
}

static int is_over(const struct sessions *all, const struct session *x, double now) {
    return now - x->used > all->idle_s || now - x->made > SESSION_AGE_S;
}

/* A free place; else the one used least lately, of the same name where that has its fill. */
static struct session *place(struct sessions *all, const char *name, double now) {
    struct session *oldest = &all->s[0], *own = NULL, *empty = NULL;
    int n_own = 0;
    for (int i = 0; i < SESSIONS_MAX; i++) {
        struct session *x = &all->s[i];
        if (!x->id[0] || is_over(all, x, now)) {
            empty = x;
            continue;
        }
        if (x->used < oldest->used) oldest = x;
        if (strcmp(x->who.name, name) != 0) continue;
        n_own++;
        if (!own || x->used < own->used) own = x;
    }
    return n_own >= SESSIONS_OF_ONE ? own : empty ? empty : oldest;
}

enum status session_begin(struct sessions *all, const struct token *who, double now,
                          char id[SESSION_ID], struct err *e) {
    size_t bytes = SESSIONS_MAX * sizeof *all->s;
    if (!all->s) {
        if (!(all->s = mem_alloc(bytes))) return fail(e, ST_NO_MEMORY, "no memory for sessions");
        memset(all->s, 0, bytes);
    }
    TRY(new_id(id, e));
    struct session *x = place(all, who->name, now);
    *x = (struct session){.who = *who, .made = now, .used = now};
    memcpy(x->id, id, SESSION_ID);
    return ST_OK;
}

/* Compared in full, whichever it is. */
static struct session *find(struct sessions *all, struct view id) {
    struct session *found = NULL;
    if (!all->s || id.n != SESSION_ID - 1) return NULL;
    for (int i = 0; i < SESSIONS_MAX; i++) {
        int differs = 0;
        for (size_t k = 0; k < SESSION_ID - 1; k++) differs |= all->s[i].id[k] ^ id.p[k];
        if (!differs) found = &all->s[i];
    }
    return found;
}

static void clear(struct session *x) {
    memset(x, 0, sizeof *x);
}

const struct session *session_find(struct sessions *all, struct view id, double now) {
    struct session *x = find(all, id);
    if (!x) return NULL;
    if (is_over(all, x, now)) {
        clear(x);
        return NULL;
    }
    x->used = now;
    return x;
}

void session_end(struct sessions *all, struct view id) {
    struct session *x = find(all, id);
    if (x) clear(x);
}

void session_recheck(struct sessions *all, const struct tokens *t) {
    for (int i = 0; all->s && i < SESSIONS_MAX; i++) {
        struct session *x = &all->s[i];
        if (!x->id[0]) continue;
        int at = tokens_find(t, view_of(x->who.text));
        if (at < 0)
            clear(x);
        else
            x->who = t->t[at];
    }
}

void sessions_free(struct sessions *all) {
    if (all->s) memset(all->s, 0, SESSIONS_MAX * sizeof *all->s);
    mem_free(all->s);
    all->s = NULL;
}
