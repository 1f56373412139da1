/* Judging who calls. */
#include "server/http/access/access.h"

#include "kernels/base/arena.h"
#include "kernels/base/os/clock.h"
#include "kernels/base/os/file.h"

#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { FILE_MAX = 1 << 20 };

static enum status read_file(const char *path, struct tokens *out, struct err *e) {
    struct stat st;
    char *text;
    size_t n;
    TRY(file_read(path, FILE_MAX, &text, &n, e));
    enum status s = ST_OK;
    if (stat(path, &st) == 0 && (st.st_mode & S_IWOTH))
        s = fail(e, ST_INVALID, "everybody may write %.200s", path);
    if (s == ST_OK) s = tokens_parse(out, (struct view){text, n}, e);
    if (s == ST_INVALID && e->line > 0) {
        struct err why = *e;
        (void)fail(e, s, "%.150s, line %ld: %.130s", path, why.line, why.text);
    }
    memset(text, 0, n);
    mem_free(text);
    if (s == ST_OK && out->n == 0) s = fail(e, ST_INVALID, "%.200s has no token", path);
    return s;
}

static enum status read_all(const struct access *a, struct tokens *out, struct err *e) {
    *out = (struct tokens){0};
    if (a->file) TRY(read_file(a->file, out, e));
    enum status st = a->one ? tokens_add(out, "", ROLE_ADMIN, view_of(a->one), e) : ST_OK;
    if (st != ST_OK) tokens_free(out);
    return st;
}

enum status access_reload(struct access *a, struct err *e) {
    struct tokens fresh;
    TRY(read_all(a, &fresh, e));
    pthread_mutex_lock(&a->lock);
    tokens_number(&fresh, &a->tokens, &a->serials);
    tokens_free(&a->tokens);
    a->tokens = fresh;
    session_recheck(&a->sessions, &a->tokens);
    pthread_mutex_unlock(&a->lock);
    return ST_OK;
}

enum status access_init(struct access *a, const char *one, const char *file, double idle_s,
                        struct err *e) {
    *a = (struct access){.one = one, .file = file, .needed = one || file};
    a->sessions.idle_s = idle_s;
    pthread_mutex_init(&a->lock, NULL);
    return access_reload(a, e);
}

void access_close(struct access *a) {
    tokens_free(&a->tokens);
    sessions_free(&a->sessions);
    pthread_mutex_destroy(&a->lock);
}

static void become(struct caller *out, const struct token *t) {
    memcpy(out->name, t->name, sizeof out->name);
    out->role = t->role;
}

static int too_many(struct err *e) {
    (void)fail(e, ST_BUSY, "too many wrong tokens came from this address");
    err_hint(e, "wait a second");
    return 429;
}

static int wrong_token(struct err *e) {
    (void)fail(e, ST_BAD_INPUT, "this token is not known");
    err_hint(e, "send the header Authorization: Bearer TOKEN with a token of this server");
    return 401;
}

/* Right and wrong tokens take the same way, but for one that was right before from there. */
static int judge_token_locked(struct access *a, struct view given, const char *address,
                              const struct token **out, struct err *e) {
    double now = clock_s();
    int at = tokens_find(&a->tokens, given);
    unsigned serial = at < 0 ? 0 : a->tokens.t[at].serial;
    *out = NULL;
    if (!guess_may(&a->guesses, address, serial, now)) return too_many(e);
    if (at < 0) {
        guess_wrong(&a->guesses, address, now);
        return wrong_token(e);
    }
    guess_right(&a->guesses, address, serial, now);
    *out = &a->tokens.t[at];
    return 0;
}

struct view access_cookie(const struct check_header *h, int n, const char *name) {
    struct view all = check_find(h, n, "Cookie");
    size_t len = strlen(name);
    while (all.n) {
        size_t to = 0;
        while (to < all.n && all.p[to] != ';') to++;
        struct view one = view_trim(view_sub(all, 0, to));
        if (one.n > len && one.p[len] == '=' && memcmp(one.p, name, len) == 0)
            return view_sub(one, len + 1, one.n);
        all = view_sub(all, to + 1, all.n);
    }
    return (struct view){NULL, 0};
}

int access_judge(struct access *a, const struct check_header *h, int n, const char *cookie,
                 const char *address, struct caller *out, struct err *e) {
    static const char bearer[] = "Bearer ";
    size_t scheme = sizeof bearer - 1;
    *out = (struct caller){.role = a->needed ? ROLE_ANYONE : ROLE_ADMIN};
    if (!a->needed) return 0;
    struct view auth = check_find(h, n, "Authorization"), id = access_cookie(h, n, cookie);
    int code = 0;
    pthread_mutex_lock(&a->lock);
    if (auth.n > scheme && strncasecmp(auth.p, bearer, scheme) == 0) {
        const struct token *t;
        code = judge_token_locked(a, view_trim(view_sub(auth, scheme, auth.n)), address, &t, e);
        if (t) become(out, t);
    } else {
        const struct session *s = session_find(&a->sessions, id, clock_s());
        if (s) become(out, &s->who);
        out->by_cookie = s != NULL;
    }
    pthread_mutex_unlock(&a->lock);
    return code;
}

int access_sign_in(struct access *a, struct view token, const char *address, struct caller *out,
                   char id[SESSION_ID], struct err *e) {
    const struct token *t;
    pthread_mutex_lock(&a->lock);
    int code = judge_token_locked(a, token, address, &t, e);
    if (t) become(out, t);
    if (t && session_begin(&a->sessions, t, clock_s(), id, e) != ST_OK) code = 503;
    pthread_mutex_unlock(&a->lock);
    return code;
}

void access_sign_out(struct access *a, struct view id) {
    pthread_mutex_lock(&a->lock);
    session_end(&a->sessions, id);
    pthread_mutex_unlock(&a->lock);
}
