/* The door: opening an engine that is elsewhere, and asking it. */
#include "model/remote/kind.h"

#include <string.h>

static const struct kind *const kinds[] = {&kind_vllm, &kind_sglang, &kind_llama, &kind_taproom};
enum { TIMEOUT_S = 120, FEW = 8, KEY_MAX = 1000 };

const char *remote_kinds(void) {
    return "vllm, sglang, llama, taproom";
}

static const struct kind *kind_of(const char *name) {
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (strcmp(kinds[i]->name, name) == 0) return kinds[i];
    return NULL;
}

static int starts(const char *s, const char *with) {
    return strncmp(s, with, strlen(with)) == 0;
}

static enum status check_key(const struct remote_spec *s, struct err *e) {
    for (const char *p = s->key; p && *p; p++)
        if ((unsigned char)*p <= ' ' || (unsigned char)*p > '~' || p - s->key >= KEY_MAX)
            return fail(e, ST_INVALID,
                        "the key of engine %.60s has a blank or another character that no key has, "
                        "or more than %d characters",
                        s->name, KEY_MAX);
    return ST_OK;
}

enum status remote_check(const struct remote_spec *s, struct err *e) {
    if (!kind_of(s->kind)) {
        (void)fail(e, ST_INVALID, "'%.40s' is not a kind of engine", s->kind);
        err_hint(e, "there are: %s", remote_kinds());
        return ST_INVALID;
    }
    const char *host = starts(s->url, "http://")    ? s->url + 7
                       : starts(s->url, "https://") ? s->url + 8
                                                    : NULL;
    if (!host || !*host || *host == '/' || strlen(host) > 1000)
        return fail(e, ST_INVALID,
                    "the URL of engine %.60s must be http://HOST:PORT or https://...", s->name);
    if (strchr(host, '@'))
        return fail(e, ST_INVALID,
                    "the URL of engine %.60s holds a password; keys come from a file or "
                    "TAPROOM_ENGINE_KEY",
                    s->name);
    for (const char *p = host; *p; p++)
        if ((unsigned char)*p <= ' ' || (unsigned char)*p > '~' || *p == '?' || *p == '#')
            return fail(e, ST_INVALID, "the URL of engine %.60s ends before a '?', '#' or blank",
                        s->name);
    return check_key(s, e);
}

/* --- asking --- */

int remote_gone(const void *waiting) {
    const struct waiting *w = waiting;
    const struct remote_vocab *v = w->r->opening;
    if (w->stop && atomic_load(w->stop)) return 1;
    if (w->job) return atomic_load(&w->job->cancel);
    return v && v->loading && v->loading(v->loading_arg, .5);
}

unsigned remote_how(const struct remote *r) {
    return (r->tokens == CAN_OTHERWISE ? READS_TOKENS_AS_LABELS : 0) |
           (r->labels == CAN_OTHERWISE ? READS_LABELS_AS_TOKENS : 0) |
           (r->tokens == CAN_NOT ? READS_NO_TOKENS : 0);
}

struct asking {
    const struct remote *r;
    struct reads *x;
    struct job *j;
    int next;
    struct job_progress progress;
};

static enum status on_next(void *arg, struct wire_call *c, int *more, struct err *e) {
    struct asking *a = arg;
    const struct kind *k = a->r->kind;
    (void)e;
    *more = a->next < a->x->n;
    if (!*more) return ST_OK;
    c->first = a->next;
    c->n = reads_group(a->x, a->next, a->next ? k->most : 1, k->same_labels);
    a->next += c->n;
    c->path = k->path;
    k->ask(a->r, a->x->at + c->first, c->n, &c->body);
    return ST_OK;
}

static void tell(struct asking *a, int ask) {
    a->progress.asks_done++;
    if (a->j->answered) a->j->answered(a->j->arg, ask);
}

static enum status on_done(void *arg, struct wire_call *c, struct err *e) {
    struct asking *a = arg;
    struct remote_read *x = a->x->at + c->first;
    struct view v = buf_text(&c->answer);
    json_t *top = json_loadb(v.p ? v.p : "", v.n, 0, NULL);
    if (!top) return kind_wrong(a->r, e, "is not JSON");
    enum status st = a->r->kind->answer(a->r, x, c->n, top, e);
    json_decref(top);
    for (int i = 0; st == ST_OK && i < c->n; i++) {
        a->progress.tokens_done += x[i].done ? x[i].n : 0;
        if (x[i].done && --a->x->left[x[i].ask] == 0 && a->j) tell(a, x[i].ask);
    }
    if (st == ST_OK && a->j && a->j->progress) a->j->progress(a->j->arg, &a->progress);
    return st;
}

/* Moves what is not done to the front. */
static void keep_open(struct reads *x) {
    int n = 0;
    for (int i = 0; i < x->n; i++)
        if (!x->at[i].done) x->at[n++] = x->at[i];
    x->n = n;
}

static enum status ask_all(struct asking *a, const atomic_int *stop, struct err *e) {
    const struct waiting who = {a->r, a->j, stop};
    const struct wire_work w = {.arg = a,
                                .next = on_next,
                                .done = on_done,
                                .most = WIRE_MOST,
                                .one_first = a->x->n > FEW,
                                .gone = remote_gone,
                                .who = &who};
    for (int round = 0; round < 2 && a->x->n; round++) {
        a->next = 0;
        TRY(wire_run(&a->r->wire, &w, e));
        keep_open(a->x);
    }
    return a->x->n ? kind_wrong(a->r, e, "has not all that was asked for") : ST_OK;
}

enum status remote_ask(const struct remote *r, struct reads *x, struct job *j,
                       const atomic_int *stop, struct err *e) {
    struct asking a = {.r = r, .x = x, .j = j};
    a.progress.tokens_total = x->tokens;
    if (j) a.progress.asks_total = j->n_asks;
    for (int i = 0; j && i < j->n_asks; i++)
        if (x->left[i] == 0) tell(&a, i);
    return ask_all(&a, stop, e);
}

enum status remote_score(struct remote *r, struct job *j, const atomic_int *stop, struct err *e) {
    struct reads x;
    enum status st = reads_open(&x, j, r->vocab, r->context - 1, remote_how(r), e);
    if (st == ST_UNSUPPORTED) err_hint(e, "a readout of labels may do: relevance");
    TRY(st);
    long long tokens = x.tokens;
    st = remote_ask(r, &x, j, stop, e);
    if (st == ST_OK) j->tokens_computed = tokens;
    reads_close(&x);
    return st;
}

/* --- opening --- */

static enum status copy(struct remote *r, const struct remote_spec *s, struct err *e) {
    const char **all[] = {&r->spec.name, &r->spec.url, &r->spec.model, &r->spec.key};
    r->spec = *s;
    for (size_t i = 0; i < COUNT(all); i++)
        if (*all[i] && !(*all[i] = arena_copy(&r->arena, *all[i], strlen(*all[i]))))
            return fail(e, ST_NO_MEMORY, "no memory for an engine's names");
    r->kind = kind_of(s->kind);
    r->spec.kind = r->kind->name;
    r->tokens = r->kind->tokens;
    r->labels = r->kind->labels;
    size_t n = strlen(r->spec.url);
    while (n && r->spec.url[n - 1] == '/') n--;
    r->wire = (struct wire){.title = r->kind->title,
                            .url = arena_copy(&r->arena, r->spec.url, n),
                            .key = r->spec.key && r->spec.key[0] ? r->spec.key : NULL,
                            .timeout_s = s->timeout_s > 0 ? s->timeout_s : TIMEOUT_S};
    return r->wire.url ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for an engine's names");
}

enum status remote_open(struct remote **out, const struct remote_spec *s,
                        const struct remote_vocab *v, struct err *e) {
    TRY(remote_check(s, e));
    struct remote *r = mem_alloc(sizeof *r);
    if (!r) return fail(e, ST_NO_MEMORY, "no memory for an engine");
    memset(r, 0, sizeof *r);
    arena_init(&r->arena, 1 << 20);
    r->vocab = v->vocab;
    r->context = v->context;
    r->opening = v;
    enum status st = copy(r, s, e);
    if (st == ST_OK) st = probe_run(r, v, e);
    r->opening = NULL;
    if (st != ST_OK) {
        remote_close(r);
        return st;
    }
    *out = r;
    return ST_OK;
}

void remote_close(struct remote *r) {
    if (!r) return;
    arena_free(&r->arena);
    mem_free(r);
}

void remote_info(const struct remote *r, struct remote_info *out) {
    *out =
        (struct remote_info){.title = r->kind->title,
                             .model = r->model,
                             .reads = r->tokens != CAN_NOT ? "prompt tokens and labels" : "labels",
                             .note = r->note,
                             .drift = r->drift,
                             .context = r->context - 1};
}
