/* The tokens that a server knows: who holds one, and what it lets them do. */
#ifndef HTTP_TOKENS_H
#define HTTP_TOKENS_H

#include "kernels/base/view.h"

enum { TOKEN_NAME = 65, TOKEN_BYTES = 256, TOKEN_LEAST = 16, TOKENS_MAX = 1000 };

struct token {
    char name[TOKEN_NAME];  /* whose it is; one name may have several */
    int role;               /* enum role */
    unsigned serial;        /* of this text, also after the file was read again */
    char text[TOKEN_BYTES]; /* filled up with zeros */
};

struct tokens {
    struct token *t; /* (n), owned */
    int n;
};

/* Reads lines `NAME ROLE TOKEN`: a name of letters, digits, . _ -, a role (read, rank, admin) and
 * 16 to 255 printable ASCII characters without a space. Empty lines and those that begin with # are
 * left out. ST_INVALID names the line and never the token. out holds nothing after a failure. */
enum status tokens_parse(struct tokens *out, struct view text, struct err *e) MUST_CHECK;
/* Adds one token. ST_INVALID, ST_NO_MEMORY, ST_LIMIT. */
enum status tokens_add(struct tokens *t, const char *name, int role, struct view text,
                       struct err *e) MUST_CHECK;
/* Takes the serials of texts that old has, too, and numbers the others from *next on. */
void tokens_number(struct tokens *t, const struct tokens *old, unsigned *next);
void tokens_free(struct tokens *t);

/* The place of the token with that text, or -1. Takes as long whichever it is, and whatever of it
 * is right. */
int tokens_find(const struct tokens *t, struct view given);

#endif
