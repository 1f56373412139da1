/* Reading and finding tokens. */
#include "server/http/access/tokens.h"

#include "server/http/http.h"

#include "kernels/base/arena.h"

#include <string.h>

static const char *const roles[] = {"admin", "rank", "read", "anyone"};

const char *caller_role_name(int role) {
    return role >= ROLE_ADMIN && role <= ROLE_ANYONE ? roles[role] : "anyone";
}

static int name_ok(struct view v) {
    if (v.n < 1 || v.n >= TOKEN_NAME) return 0;
    for (size_t i = 0; i < v.n; i++) {
        char c = v.p[i];
        int plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!plain && c != '.' && c != '_' && c != '-') return 0;
    }
    return 1;
}

static int text_ok(struct view v) {
    if (v.n < TOKEN_LEAST || v.n >= TOKEN_BYTES) return 0;
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] <= ' ' || v.p[i] > '~') return 0;
    return 1;
}

enum status tokens_add(struct tokens *t, const char *name, int role, struct view text,
                       struct err *e) {
    if (!text_ok(text))
        return fail(e, ST_INVALID, "a token has %d to %d printable ASCII characters and no space",
                    TOKEN_LEAST, TOKEN_BYTES - 1);
    if (t->n == TOKENS_MAX) return fail(e, ST_LIMIT, "at most %d tokens are kept", TOKENS_MAX);
    if (tokens_find(t, text) >= 0) return fail(e, ST_INVALID, "a token is there twice");
    struct token *more =
        mem_grow(t->t, (size_t)t->n * sizeof *more, (size_t)(t->n + 1) * sizeof *more);
    if (!more) return fail(e, ST_NO_MEMORY, "no memory for tokens");
    t->t = more;
    struct token *x = &t->t[t->n++];
    memset(x, 0, sizeof *x);
    memcpy(x->name, name, strlen(name));
    x->role = role;
    memcpy(x->text, text.p, text.n);
    return ST_OK;
}

static struct view next_word(struct view *rest) {
    size_t n = 0;
    *rest = view_trim(*rest);
    while (n < rest->n && rest->p[n] != ' ' && rest->p[n] != '\t') n++;
    struct view word = view_sub(*rest, 0, n);
    *rest = view_trim(view_sub(*rest, n, rest->n));
    return word;
}

static enum status parse_line(struct tokens *out, struct view line, struct err *e) {
    struct view name = next_word(&line), role = next_word(&line), text = next_word(&line);
    char who[TOKEN_NAME] = "";
    int r = ROLE_ADMIN;
    if (line.n || !text.n) return fail(e, ST_INVALID, "a line of tokens is: NAME ROLE TOKEN");
    if (!name_ok(name))
        return fail(e, ST_INVALID, "a token's name is 1 to 64 letters, digits, . _ -");
    while (r < ROLE_ANYONE && !view_eq_str(role, roles[r])) r++;
    if (r == ROLE_ANYONE) return fail(e, ST_INVALID, "a token's role is read, rank or admin");
    memcpy(who, name.p, name.n);
    return tokens_add(out, who, r, text, e);
}

enum status tokens_parse(struct tokens *out, struct view text, struct err *e) {
    long line = 0;
    *out = (struct tokens){0};
    while (text.n) {
        size_t to = 0;
        while (to < text.n && text.p[to] != '\n') to++;
        struct view one = view_trim(view_sub(text, 0, to));
        text = view_sub(text, to + 1, text.n);
        line++;
        if (one.n == 0 || one.p[0] == '#') continue;
        enum status st = parse_line(out, one, e);
        if (st == ST_OK) continue;
        err_line(e, line);
        tokens_free(out);
        return st;
    }
    return ST_OK;
}

void tokens_number(struct tokens *t, const struct tokens *old, unsigned *next) {
    for (int i = 0; i < t->n; i++) {
        int was = tokens_find(old, view_of(t->t[i].text));
        t->t[i].serial = was >= 0 ? old->t[was].serial : ++*next;
    }
}

void tokens_free(struct tokens *t) {
    if (t->t) memset(t->t, 0, (size_t)t->n * sizeof *t->t);
    mem_free(t->t);
    *t = (struct tokens){0};
}

int tokens_find(const struct tokens *t, struct view given) {
    char padded[TOKEN_BYTES] = "";
    int found = -1;
    if (given.n == 0 || given.n >= TOKEN_BYTES) return -1;
    memcpy(padded, given.p, given.n);
    for (int i = 0; i < t->n; i++) {
        int differs = 0;
        for (int k = 0; k < TOKEN_BYTES; k++) differs |= t->t[i].text[k] ^ padded[k];
        if (!differs) found = i;
    }
    return found;
}
