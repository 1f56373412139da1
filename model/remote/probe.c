/* What is found out about an engine before it ranks: its model, whether its tokens are ours, what
 * it can read, and how far an item's score drifts with what is asked beside it. */
#include "model/remote/kind.h"

#include <math.h>
#include <string.h>

/* --- tokens --- */

struct comparing {
    struct remote *r;
    const struct remote_vocab *v;
    int next, lacks;
};

static enum status text_next(void *arg, struct wire_call *c, int *more, struct err *e) {
    struct comparing *x = arg;
    char text[96];
    (void)e;
    *more = x->next < HARD_TEXTS && !x->lacks;
    if (!*more) return ST_OK;
    c->first = x->next++;
    hard_text(c->first, text);
    c->path = "/tokenize";
    c->any_code = 1;
    x->r->kind->tokenize(x->r, text, &c->body);
    return ST_OK;
}

static enum status other_tokens(const struct comparing *x, int i, int at, struct err *e) {
    char text[96], shown[96];
    hard_text(i, text);
    (void)view_plain(view_of(text), shown, sizeof shown);
    (void)fail(e, ST_CONFLICT,
               "%s cuts '%.80s' into other tokens than the vocabulary here, from the "
               "%dth on",
               x->r->kind->title, shown, at + 1);
    err_hint(e, "vocab=FILE names the GGUF file of the engine's own model");
    return ST_CONFLICT;
}

static enum status compare(struct comparing *x, int i, const json_t *top, struct err *e) {
    const json_t *list = json_object_get(top, "tokens");
    struct arena a;
    char text[96];
    int32_t *ids;
    size_t n, at = 0;
    if (!json_is_array(list)) return kind_wrong(x->r, e, "to /tokenize has no tokens");
    hard_text(i, text);
    arena_init(&a, 1 << 20);
    enum status st = x->v->tokens(x->v->arg, view_of(text), &a, &ids, &n, e);
    while (st == ST_OK && at < n && json_integer_value(json_array_get(list, at)) == ids[at]) at++;
    if (st == ST_OK && (at < n || json_array_size(list) != n)) st = other_tokens(x, i, (int)at, e);
    arena_free(&a);
    return st;
}

static enum status text_done(void *arg, struct wire_call *c, struct err *e) {
    struct comparing *x = arg;
    if (c->code == 404 || c->code == 405) {
        x->lacks = 1;
        return ST_OK;
    }
    if (c->code >= 400) {
        char words[160];
        wire_words(&x->r->wire, buf_text(&c->answer), words);
        return fail(e, ST_UNSUPPORTED, "%s answered %ld to /tokenize: %s", x->r->kind->title,
                    c->code, words);
    }
    json_t *top = json_loadb(c->answer.p ? c->answer.p : "", c->answer.n, 0, NULL);
    if (!top) return kind_wrong(x->r, e, "to /tokenize is not JSON");
    enum status st = compare(x, c->first, top, e);
    json_decref(top);
    return st;
}

static enum status compare_all(struct remote *r, const struct remote_vocab *v, struct err *e) {
    struct comparing x = {.r = r, .v = v};
    const struct waiting who = {.r = r};
    const struct wire_work w = {.arg = &x,
                                .next = text_next,
                                .done = text_done,
                                .most = WIRE_MOST,
                                .one_first = 1,
                                .gone = remote_gone,
                                .who = &who};
    if (r->kind->tokenize) TRY(wire_run(&r->wire, &w, e));
    if (!r->kind->tokenize || x.lacks)
        r->note = "its tokens were not compared: it has no /tokenize";
    return ST_OK;
}

/* --- a small sample: items under a trunk --- */

enum { ITEMS = 8, LABELS = 2 };
static const char trunk_text[] =
    "A list of what people like, each entry with a title and a few words about it.\n";
static const char *const item_text[ITEMS] = {
    "Title: The Lighthouse. A keeper writes letters to the sea.",
    "Title: Robots at Night. Two machines learn to laugh.",
    "Title: Harvest. Three winters on a small farm in the north.",
    "Title: A Door in the Wall, 1987.",
    "Title: Grief and Other Animals. Short stories.",
    "Title: Quiet. A film without words, 71 minutes.",
    "Title: The Boat Builders of 12 Canal Street.",
    "Title: Lamp."};

struct sample {
    struct arena arena;
    struct tree tree;
    int32_t parent[1 + ITEMS], off[2 + ITEMS], *tok, label[LABELS];
    struct ask tokens[ITEMS], labels[ITEMS]; /* without their out */
};

static enum status add_text(struct sample *s, const struct remote_vocab *v, const char *text,
                            struct err *e) {
    int i = s->tree.n, bos = i == 0 && v->bos >= 0;
    int32_t *ids, at = s->off[i];
    size_t n;
    TRY(v->tokens(v->arg, view_of(text), &s->arena, &ids, &n, e));
    if (n > 256) n = 256;
    if (n == 0) return fail(e, ST_CONFLICT, "the vocabulary here has no tokens for '%s'", text);
    int32_t *tok = ARENA_NEW(&s->arena, int32_t, (size_t)at + n + 1);
    if (!tok) return fail(e, ST_NO_MEMORY, "no memory for a sample");
    if (at) memcpy(tok, s->tok, (size_t)at * sizeof *tok);
    if (bos) tok[at++] = v->bos;
    memcpy(tok + at, ids, n * sizeof *tok);
    if (i == LABELS) s->label[1] = ids[n - 1];
    if (i == 1) s->label[0] = ids[0];
    s->tok = tok;
    s->parent[i] = i ? 0 : -1;
    s->off[i + 1] = at + (int32_t)n;
    s->tree.n++;
    return ST_OK;
}

static enum status make(struct sample *s, const struct remote_vocab *v, struct err *e) {
    memset(s, 0, sizeof *s);
    arena_init(&s->arena, 1 << 20);
    TRY(add_text(s, v, trunk_text, e));
    for (int i = 0; i < ITEMS; i++) {
        TRY(add_text(s, v, item_text[i], e));
        s->tokens[i] = (struct ask){.node = 1 + i};
        s->labels[i] = (struct ask){.node = 1 + i, .n_labels = LABELS, .labels = s->label};
    }
    s->tree.parent = s->parent;
    s->tree.off = s->off;
    s->tree.tok = s->tok;
    return ST_OK;
}

/* Answers n of the asks into mean[0..n), the means of their values, and the first value of the
 * first into *first. */
static enum status score(const struct remote *r, const struct sample *s, const struct ask *from,
                         int n, double *mean, float *first, struct err *e) {
    static const int most = 256;
    struct ask ask[ITEMS];
    struct reads x;
    float *out = mem_alloc((size_t)(n * most) * sizeof *out);
    if (!out) return fail(e, ST_NO_MEMORY, "no memory for a sample");
    for (int i = 0; i < n; i++) ask[i] = from[i], ask[i].out = out + i * most;
    const struct job j = {.tree = &s->tree, .ask = ask, .n_asks = n};
    enum status st = reads_open(&x, &j, r->vocab, r->context - 1, remote_how(r), e);
    if (st == ST_OK) {
        st = remote_ask(r, &x, NULL, NULL, e);
        reads_close(&x);
    }
    for (int i = 0; st == ST_OK && i < n; i++) {
        int node = ask[i].node, values = ask[i].n_labels ? LABELS : s->off[node + 1] - s->off[node];
        mean[i] = 0;
        for (int k = 0; k < values; k++) mean[i] += (double)ask[i].out[k] / values;
    }
    if (st == ST_OK && first) *first = out[0];
    mem_free(out);
    return st;
}

/* --- what it can read --- */

static int is_lack(enum status st) {
    return st == ST_CORRUPT || st == ST_UNSUPPORTED;
}

static enum status find_reads(struct remote *r, const struct sample *s, struct err *e) {
    const struct ask root = {.node = 0, .n_labels = LABELS, .labels = s->label};
    float label = 0, token = 0;
    double mean;
    struct err why;
    enum status st = score(r, s, &root, 1, &mean, &label, e);
    int native = st == ST_OK;
    if (is_lack(st) && r->tokens == CAN) {
        why = *e;
        r->labels = CAN_OTHERWISE;
        st = score(r, s, s->tokens, 1, &mean, &token, e);
        if (is_lack(st)) *e = why;
        return st;
    }
    TRY(st);
    if (r->tokens == CAN_NOT) return ST_OK;
    st = score(r, s, s->tokens, 1, &mean, &token, &why);
    if (is_lack(st) && r->tokens == CAN) {
        r->tokens = CAN_NOT;
        r->note = arena_printf(&r->arena, "prompt tokens cannot be read: %s", why.text);
        return ST_OK;
    }
    if (st != ST_OK && e) *e = why;
    TRY(st);
    /* The sample's first label is the first token of its first item. */
    if (native && fabsf(label - token) > .5f)
        return kind_wrong(r, e, "gives one token %g behind a prompt and %g inside it",
                          (double)label, (double)token);
    return ST_OK;
}

/* Each item alone, among the others, and again: the largest difference. */
static enum status measure(struct remote *r, const struct sample *s, struct err *e) {
    const struct ask *ask = r->tokens == CAN_NOT ? s->labels : s->tokens;
    double among[ITEMS], again[ITEMS], alone, drift = 0;
    TRY(score(r, s, ask, ITEMS, among, NULL, e));
    for (int i = 0; i < ITEMS; i++) {
        TRY(score(r, s, ask + i, 1, &alone, NULL, e));
        drift = fmax(drift, fabs(alone - among[i]));
    }
    TRY(score(r, s, ask, ITEMS, again, NULL, e));
    for (int i = 0; i < ITEMS; i++) drift = fmax(drift, fabs(again[i] - among[i]));
    r->drift = (float)drift;
    return ST_OK;
}

enum status probe_run(struct remote *r, const struct remote_vocab *v, struct err *e) {
    struct sample s;
    TRY(r->kind->facts(r, e));
    if (r->context < 2)
        return fail(e, ST_CORRUPT, "%s reads %d tokens at most", r->kind->title, r->context);
    TRY(compare_all(r, v, e));
    enum status st = make(&s, v, e);
    if (st == ST_OK) st = find_reads(r, &s, e);
    if (st == ST_OK) st = measure(r, &s, e);
    arena_free(&s.arena);
    return st;
}
