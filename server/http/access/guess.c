/* Leaky buckets of wrong tokens. */
#include "server/http/access/guess.h"

#include <stdio.h>
#include <string.h>

static void leak(struct guess_peer *p, double rate, double now) {
    p->level -= (now - p->at) * rate;
    if (p->level < 0) p->level = 0;
    p->at = now;
}

/* The address's own place, else the one that was used least lately. */
static struct guess_peer *place(struct guesses *g, const char *address, double now) {
    struct guess_peer *best = &g->peer[0];
    for (int i = 0; i < GUESS_PEERS; i++) {
        struct guess_peer *p = &g->peer[i];
        if (strcmp(p->address, address) == 0) {
            leak(p, GUESS_RATE, now);
            return p;
        }
        if (best->address[0] && (!p->address[0] || p->at < best->at)) best = p;
    }
    *best = (struct guess_peer){.at = now};
    (void)snprintf(best->address, sizeof best->address, "%s", address);
    return best;
}

static int is_known(const struct guess_peer *p, unsigned serial) {
    for (int i = 0; i < GUESS_KNOWN; i++)
        if (serial && p->known[i] == serial) return 1;
    return 0;
}

int guess_may(struct guesses *g, const char *address, unsigned serial, double now) {
    struct guess_peer *p = place(g, address, now);
    leak(&g->all, GUESS_RATE_ALL, now);
    if (is_known(p, serial)) return 1;
    return p->level <= GUESS_RATE - 1 && g->all.level <= GUESS_RATE_ALL - 1;
}

void guess_wrong(struct guesses *g, const char *address, double now) {
    place(g, address, now)->level += 1;
    g->all.level += 1;
}

void guess_right(struct guesses *g, const char *address, unsigned serial, double now) {
    struct guess_peer *p = place(g, address, now);
    if (is_known(p, serial)) return;
    p->known[p->next++ % GUESS_KNOWN] = serial;
}
