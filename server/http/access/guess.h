/* Guessing of tokens, made slow: of each address, and of all together, only so many unknown tokens
 * are looked at in a second. A token that was right before from the same address is let in however
 * many others are guessed beside it. Not thread-safe. */
#ifndef HTTP_GUESS_H
#define HTTP_GUESS_H

enum {
    GUESS_RATE = 10, /* wrong tokens a second of one address, and as many at once */
    GUESS_RATE_ALL = 100,
    GUESS_PEERS = 256,
    GUESS_KNOWN = 8,
    PEER_TEXT = 48
};

struct guess_peer {
    char address[PEER_TEXT]; /* "" where the place is free */
    double level, at;        /* of wrong tokens, as it was then */
    unsigned known[GUESS_KNOWN];
    int next;
};

struct guesses {
    struct guess_peer all, peer[GUESS_PEERS];
};

/* Whether a token may be looked at now. serial: of the right token that it is, 0 for a wrong one.
 * Then one of the two below is called. */
int guess_may(struct guesses *g, const char *address, unsigned serial, double now);
void guess_wrong(struct guesses *g, const char *address, double now);
void guess_right(struct guesses *g, const char *address, unsigned serial, double now);

#endif
