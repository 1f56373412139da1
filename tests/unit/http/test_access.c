/* links: http */
/* Tokens, guesses and sessions, with clocks of the test's own. */
#include "server/http/access/access.h"
#include "tests/t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ADA "ada-has-a-long-token"
#define BOB "bob-has-another-token"

static void lines(void) {
    static const struct {
        const char *text;
        int n; /* tokens, -1: refused */
        long line;
    } t[] = {{"", 0, 0},
             {"# nobody\n\n", 0, 0},
             {"ada admin " ADA, 1, 0},
             {"  ada\tadmin   " ADA "  \r\n# x\nbob read " BOB "\n", 2, 0},
             {"ada admin " ADA "\nada rank " BOB, 2, 0},
             {"ada admin " ADA "\nbob read " ADA, -1, 2},
             {"ada admin\n", -1, 1},
             {"\nada keeper " ADA, -1, 2},
             {"ada anyone " ADA, -1, 1},
             {"a/b read " ADA, -1, 1},
             {"ada read sixteen--letters", 1, 0},
             {"ada read fifteen-letters", -1, 1},
             {"ada read " ADA " more", -1, 1},
             {"ada read sixteen\x01letters-or-more", -1, 1},
             {"ada read s\xc3\xbcxteen-letters-and-more", -1, 1}};
    for (size_t i = 0; i < COUNT(t); i++) {
        struct tokens x;
        struct err e = {.line = 0};
        enum status st = tokens_parse(&x, view_of(t[i].text), &e);
        EQ(st == ST_OK ? x.n : -1, t[i].n);
        EQ(e.line, t[i].line);
        OK(!strstr(e.text, ADA) && !strstr(e.text, BOB));
        tokens_free(&x);
    }
    char *many = malloc(TOKENS_MAX * 64 + 64), *at = many;
    for (int i = 0; i <= TOKENS_MAX; i++) at += sprintf(at, "u%d read token-number-%08d\n", i, i);
    struct tokens x;
    struct err e;
    EQ(tokens_parse(&x, view_of(many), &e), ST_LIMIT);
    free(many);
}

static void finding(void) {
    struct tokens x, y;
    struct err e;
    unsigned next = 0;
    GOOD(tokens_parse(&x, VIEW("ada admin " ADA "\nbob read " BOB), &e));
    EQ(tokens_find(&x, VIEW(ADA)), 0);
    EQ(tokens_find(&x, VIEW(BOB)), 1);
    char longest[TOKEN_BYTES + 1];
    memset(longest, 'x', sizeof longest);
    const struct view wrong[] = {VIEW(""),
                                 VIEW("ada-has-a-long-toke"),
                                 VIEW(ADA "n"),
                                 VIEW("Ada-has-a-long-token"),
                                 {longest, sizeof longest}};
    for (size_t i = 0; i < COUNT(wrong); i++) EQ(tokens_find(&x, wrong[i]), -1);
    tokens_number(&x, &(struct tokens){0}, &next);
    GOOD(tokens_parse(&y, VIEW("cy read a-third-token-of-cy\nbob rank " BOB), &e));
    tokens_number(&y, &x, &next);
    EQ(y.t[1].serial, x.t[1].serial);
    OK(y.t[0].serial != x.t[0].serial && y.t[0].serial != x.t[1].serial);
    tokens_free(&x);
    tokens_free(&y);
}

/* How many of n wrong tokens, evenly over so many seconds, are looked at. */
static int looked_at(struct guesses *g, const char *address, int n, double from, double seconds) {
    int looked = 0;
    for (int i = 0; i < n; i++) {
        double now = from + seconds * i / n;
        if (!guess_may(g, address, 0, now)) continue;
        guess_wrong(g, address, now);
        looked++;
    }
    return looked;
}

static void guesses(void) {
    static struct guesses g;
    int n = looked_at(&g, "10.0.0.1", 30000, 0, 10);
    OK(n >= 100 && n <= 110); /* ten a second, and ten at once in the beginning */
    while (guess_may(&g, "10.0.0.1", 0, 10)) guess_wrong(&g, "10.0.0.1", 10);
    EQ(guess_may(&g, "10.0.0.1", 7, 10), 0); /* right, and not known from there */
    EQ(guess_may(&g, "10.0.0.2", 7, 10), 1);
    guess_right(&g, "10.0.0.2", 7, 10);
    looked_at(&g, "10.0.0.2", 3000, 10, 1);
    while (guess_may(&g, "10.0.0.2", 0, 11)) guess_wrong(&g, "10.0.0.2", 11);
    EQ(guess_may(&g, "10.0.0.2", 7, 11), 1); /* the right one still works */
    EQ(guess_may(&g, "10.0.0.2", 8, 11), 0);
    EQ(guess_may(&g, "10.0.0.1", 0, 60), 1);
    /* A thousand addresses together. */
    n = 0;
    for (int i = 0; i < 1000; i++) {
        char address[PEER_TEXT];
        (void)snprintf(address, sizeof address, "10.1.%d.%d", i / 250, i % 250);
        n += looked_at(&g, address, 10, 100 + i * .001, .001);
    }
    OK(n >= 100 && n <= 210);
}

static void sessions(void) {
    struct sessions s = {.idle_s = 100};
    struct tokens t;
    struct err e;
    char id[SESSION_ID], other[SESSION_ID], first[SESSION_ID] = "";
    GOOD(tokens_parse(&t, VIEW("ada admin " ADA "\nbob read " BOB), &e));
    OK(!session_find(&s, VIEW(""), 0));
    GOOD(session_begin(&s, &t.t[0], 0, id, &e));
    GOOD(session_begin(&s, &t.t[1], 0, other, &e));
    EQ(strlen(id), 64);
    OK(strcmp(id, other) != 0);
    OK(session_find(&s, view_of(id), 90) && session_find(&s, view_of(id), 180));
    EQ_STR(session_find(&s, view_of(id), 180)->who.name, "ada");
    OK(!session_find(&s, view_of(other), 101)); /* not used for too long */
    OK(!session_find(&s, view_of(other), 0));   /* and gone for good */
    char wrong[SESSION_ID];
    memcpy(wrong, id, sizeof wrong);
    wrong[63] = wrong[63] == '0' ? '1' : '0';
    OK(!session_find(&s, view_of(wrong), 180) &&
       !session_find(&s, view_sub(view_of(id), 0, 63), 180));
    OK(!session_find(&s, VIEW("0000000000000000000000000000000000000000000000000000000000000000"),
                     1));
    for (int i = 0; i < SESSIONS_OF_ONE * 3; i++) { /* bob's push out bob's own only */
        GOOD(session_begin(&s, &t.t[1], 200 + i, other, &e));
        if (i == 0) memcpy(first, other, sizeof first);
    }
    OK(session_find(&s, view_of(id), 250) && !session_find(&s, view_of(first), 250));
    /* Used again and again, and old nevertheless. */
    for (double now = 250; now < SESSION_AGE_S; now += 90) (void)session_find(&s, view_of(id), now);
    OK(!session_find(&s, view_of(id), SESSION_AGE_S + 1));
    GOOD(session_begin(&s, &t.t[0], 1e6, id, &e));
    GOOD(session_begin(&s, &t.t[1], 1e6, other, &e));
    session_end(&s, view_of(other));
    OK(!session_find(&s, view_of(other), 1e6));
    GOOD(session_begin(&s, &t.t[1], 1e6, other, &e));
    struct tokens later;
    GOOD(tokens_parse(&later, VIEW("bobby rank " BOB), &e));
    session_recheck(&s, &later);
    OK(!session_find(&s, view_of(id), 1e6)); /* ada's token is gone */
    EQ_STR(session_find(&s, view_of(other), 1e6)->who.name, "bobby");
    EQ(session_find(&s, view_of(other), 1e6)->who.role, ROLE_RANK);
    tokens_free(&t);
    tokens_free(&later);
    sessions_free(&s);
}

static void cookies(void) {
    static const struct {
        const char *cookie, *want;
    } t[] = {{"taproom-1=abc", "abc"}, {"x=y; taproom-1=abc; z=1", "abc"},
             {"taproom-12=abc", NULL}, {"xtaproom-1=abc", NULL},
             {"taproom-1=", ""},       {"", NULL},
             {"taproom-1", NULL},      {";;taproom-1=a=b;", "a=b"}};
    for (size_t i = 0; i < COUNT(t); i++) {
        const struct check_header h = {"cookie", t[i].cookie};
        struct view got = access_cookie(&h, 1, "taproom-1");
        EQ(got.p != NULL, t[i].want != NULL);
        if (t[i].want) OK(view_eq_str(got, t[i].want));
    }
}

static void put(const char *path, const char *text, mode_t mode) {
    FILE *f = fopen(path, "w");
    fputs(text, f);
    fclose(f);
    (void)chmod(path, mode);
}

static int judge(struct access *a, const char *auth, const char *cookie, struct caller *who) {
    const struct check_header h[] = {{"Authorization", auth ? auth : ""},
                                     {"Cookie", cookie ? cookie : ""}};
    struct err e;
    return access_judge(a, h, 2, "taproom-1", "10.0.0.9", who, &e);
}

static void judging(void) {
    char path[] = "/tmp/taproom-access-XXXXXX", id[SESSION_ID], cookie[128];
    struct access a;
    struct caller who;
    struct err e;
    close(mkstemp(path));
    put(path, "ada admin " ADA "\nbob read " BOB "\n", 0600);
    GOOD(access_init(&a, NULL, NULL, 60, &e));
    EQ(judge(&a, NULL, NULL, &who), 0);
    EQ(who.role, ROLE_ADMIN);
    access_close(&a);
    GOOD(access_init(&a, "one-token-of-the-keeper", path, 60, &e));
    EQ(judge(&a, NULL, NULL, &who), 0);
    EQ(who.role, ROLE_ANYONE);
    EQ(judge(&a, "bearer " BOB, NULL, &who), 0);
    EQ_STR(who.name, "bob");
    EQ(who.role, ROLE_READ);
    EQ(judge(&a, "Bearer one-token-of-the-keeper", NULL, &who), 0);
    EQ_STR(who.name, "");
    EQ(who.role, ROLE_ADMIN);
    EQ(judge(&a, "Bearer " BOB "x", NULL, &who), 401);
    EQ(who.role, ROLE_ANYONE);
    EQ(access_sign_in(&a, VIEW(BOB "x"), "10.0.0.9", &who, id, &e), 401);
    EQ(access_sign_in(&a, VIEW(BOB), "10.0.0.9", &who, id, &e), 0);
    (void)snprintf(cookie, sizeof cookie, "taproom-1=%s", id);
    EQ(judge(&a, "Basic eDp5", cookie, &who), 0); /* a proxy's own */
    EQ_STR(who.name, "bob");
    OK(who.by_cookie);
    /* Read again: a wrong file changes nothing, a right one ends what is gone. */
    put(path, "ada admin " ADA "\nbob reed " BOB "\n", 0600);
    EQ(access_reload(&a, &e), ST_INVALID);
    OK(strstr(e.text, "line 2"));
    EQ(judge(&a, NULL, cookie, &who), 0);
    EQ(who.role, ROLE_READ);
    put(path, "ada admin " ADA "\n", 0602);
    EQ(access_reload(&a, &e), ST_INVALID);
    OK(strstr(e.text, "everybody may write"));
    put(path, "# nobody\n", 0600);
    EQ(access_reload(&a, &e), ST_INVALID);
    put(path, "ada admin " ADA "\n", 0600);
    GOOD(access_reload(&a, &e));
    EQ(judge(&a, NULL, cookie, &who), 0);
    EQ(who.role, ROLE_ANYONE);
    EQ(judge(&a, "Bearer " BOB, NULL, &who), 401);
    EQ(judge(&a, "Bearer " ADA, NULL, &who), 0);
    access_close(&a);
    (void)unlink(path);
    EQ(access_init(&a, NULL, path, 60, &e), ST_NOT_FOUND);
    access_close(&a);
}

int main(void) {
    lines();
    finding();
    guesses();
    sessions();
    cookies();
    judging();
    return t_end();
}
