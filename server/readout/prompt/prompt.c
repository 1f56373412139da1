/* Prompt trees from text. */
#include "server/readout/prompt/prompt.h"

#include "kernels/base/buf.h"

#include <string.h>

/* Makes room for one more of an arena array. */
static enum status grow(struct arena *a, void **p, size_t n, size_t *max, size_t more, size_t size,
                        struct err *e) {
    if (n + more <= *max) return ST_OK;
    size_t want = *max ? *max * 2 : 64;
    while (want < n + more) want *= 2;
    void *q = arena_array(a, want, size);
    if (!q) return fail(e, ST_NO_MEMORY, "no memory for a prompt");
    if (*p && n) memcpy(q, *p, n * size);
    *p = q;
    *max = want;
    return ST_OK;
}

static enum status grow_int(struct arena *a, void **p, int n, int *max, size_t size,
                            struct err *e) {
    size_t m = (size_t)*max;
    TRY(grow(a, p, (size_t)n, &m, 1, size, e));
    *max = (int)m;
    return ST_OK;
}

void prompt_init(struct prompt *p, const struct engine *en, struct arena *a) {
    *p = (struct prompt){.en = en, .a = a, .item = -1};
}

enum status prompt_node(struct prompt *p, int parent, int keep, int *node, struct err *e) {
    int was = p->nodes_max;
    if (p->n_nodes + 1 >= was) {
        int m1 = was, m2 = was, m3 = was;
        TRY(grow_int(p->a, (void **)&p->parent, p->n_nodes + 1, &m1, sizeof *p->parent, e));
        TRY(grow_int(p->a, (void **)&p->off, p->n_nodes + 1, &m2, sizeof *p->off, e));
        TRY(grow_int(p->a, (void **)&p->keep, p->n_nodes + 1, &m3, sizeof *p->keep, e));
        p->nodes_max = m1;
    }
    *node = p->n_nodes++;
    p->parent[*node] = parent;
    p->keep[*node] = keep != 0;
    p->off[*node] = p->off[*node + 1] = (int32_t)p->n_tok;
    int32_t bos = engine_bos(p->en);
    if (parent >= 0 || bos < 0) return ST_OK;
    TRY(grow(p->a, (void **)&p->tok, p->n_tok, &p->tok_max, 1, sizeof *p->tok, e));
    p->tok[p->n_tok++] = bos;
    p->off[p->n_nodes] = (int32_t)p->n_tok;
    return ST_OK;
}

static enum status append(struct prompt *p, const int32_t *ids, size_t n, struct err *e) {
    TRY(grow(p->a, (void **)&p->tok, p->n_tok, &p->tok_max, n, sizeof *p->tok, e));
    if (n) memcpy(p->tok + p->n_tok, ids, n * sizeof *ids);
    p->n_tok += n;
    if (p->item >= 0 || p->parent[p->n_nodes - 1] < 0) p->tokens += (long long)n;
    p->off[p->n_nodes] = (int32_t)p->n_tok;
    return ST_OK;
}

static enum status record(struct prompt *p, const char *part, const char *role, struct view text,
                          size_t tokens, int per_item, struct err *e) {
    if (!p->recording) return ST_OK;
    TRY(grow_int(p->a, (void **)&p->part, p->n_parts, &p->parts_max, sizeof *p->part, e));
    p->part[p->n_parts++] = (struct part){part, role, text, (int)tokens, per_item};
    return ST_OK;
}

enum status prompt_text(struct prompt *p, struct view text, int max_tokens, const char *part,
                        const char *role, int per_item, int *cut, struct err *e) {
    int32_t *ids;
    size_t n, keep;
    TRY(engine_tokens(p->en, text, p->a, &ids, &n, e));
    keep = max_tokens > 0 && n > (size_t)max_tokens ? (size_t)max_tokens : n;
    if (cut) *cut = (int)(n - keep);
    TRY(prompt_part(p, text, ids, n, keep, part, role, per_item, e));
    return append(p, ids, keep, e);
}

enum status prompt_tokens(struct prompt *p, const int32_t *ids, size_t n, struct err *e) {
    return append(p, ids, n, e);
}

enum status prompt_part(struct prompt *p, struct view text, const int32_t *ids, size_t n,
                        size_t keep, const char *part, const char *role, int per_item,
                        struct err *e) {
    if (keep < n && p->recording) { /* show what is really there */
        text.n = 0;
        for (size_t i = 0; i < keep; i++) text.n += engine_token_text(p->en, ids[i]).n;
    }
    return record(p, part, role, text, keep, per_item, e);
}

enum status prompt_count(struct prompt *p, struct view text, int max_tokens, struct err *e) {
    int32_t *ids;
    size_t n;
    TRY(engine_tokens(p->en, text, p->a, &ids, &n, e));
    int cut = max_tokens > 0 && n > (size_t)max_tokens;
    p->item_cuts += cut;
    p->tokens += cut ? max_tokens : (long long)n;
    return ST_OK;
}

enum status prompt_turn(struct prompt *p, int role, int tail, struct err *e) {
    static const char *const roles[] = {"system", "user", "assistant"};
    const int32_t *ids;
    int n;
    engine_turn(p->en, role, tail, &ids, &n);
    if (p->recording && n > 0) {
        struct buf b;
        buf_init(&b, 4096);
        for (int i = 0; i < n; i++) buf_view(&b, engine_token_text(p->en, ids[i]));
        struct view v = buf_text(&b);
        char *copy = arena_copy(p->a, v.p, v.n);
        buf_free(&b);
        if (!copy) return fail(e, ST_NO_MEMORY, "no memory for a prompt");
        TRY(record(p, "template", roles[role], (struct view){copy, strlen(copy)}, (size_t)n, 0, e));
    }
    return append(p, ids, (size_t)n, e);
}

static enum status add_ask(struct prompt *p, struct ask q, struct err *e) {
    int max = p->asks_max;
    TRY(grow_int(p->a, (void **)&p->ask_item, p->n_asks, &max, sizeof *p->ask_item, e));
    TRY(grow_int(p->a, (void **)&p->ask, p->n_asks, &p->asks_max, sizeof *p->ask, e));
    p->ask_item[p->n_asks] = p->item;
    p->ask[p->n_asks++] = q;
    return ST_OK;
}

static enum status new_answers(struct prompt *p, int n, float **out, struct err *e) {
    *out = ARENA_NEW(p->a, float, (size_t)n);
    return *out ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for a prompt's answers");
}

enum status prompt_ask_into(struct prompt *p, int node, float *out, struct err *e) {
    return add_ask(p, (struct ask){.node = node, .out = out}, e);
}

enum status prompt_ask_tokens(struct prompt *p, int node, float **out, struct err *e) {
    TRY(new_answers(p, prompt_len(p, node), out, e));
    return prompt_ask_into(p, node, *out, e);
}

enum status prompt_ask_labels(struct prompt *p, int node, const int32_t *labels, int n, float **out,
                              struct err *e) {
    TRY(new_answers(p, n, out, e));
    return add_ask(p, (struct ask){.node = node, .n_labels = n, .labels = labels, .out = *out}, e);
}

enum status prompt_cut(struct prompt *p, const char *part, int dropped, const char *why,
                       struct err *e) {
    TRY(grow_int(p->a, (void **)&p->cut, p->n_cuts, &p->cuts_max, sizeof *p->cut, e));
    p->cut[p->n_cuts++] = (struct cut){part, dropped, why};
    return ST_OK;
}

int prompt_len(const struct prompt *p, int node) {
    return p->off[node + 1] - p->off[node];
}

struct tree prompt_tree(const struct prompt *p) {
    return (struct tree){p->n_nodes, p->parent, p->off, p->tok, p->keep};
}

enum status prompt_fill(const char *tmpl, const struct word *w, int n, struct arena *a,
                        struct view *out, struct err *e) {
    struct buf b;
    buf_init(&b, 1 << 20);
    for (const char *p = tmpl; *p;) {
        int k = 0;
        for (; *p == '{' && k < n; k++) {
            size_t len = strlen(w[k].key);
            if (strncmp(p + 1, w[k].key, len) == 0 && p[1 + len] == '}') break;
        }
        if (*p != '{' || k == n) {
            buf_add(&b, p++, 1);
            continue;
        }
        buf_view(&b, w[k].value);
        p += strlen(w[k].key) + 2;
    }
    struct view text = buf_text(&b);
    char *copy = b.failed ? NULL : arena_copy(a, text.p, text.n);
    buf_free(&b);
    if (!copy) return fail(e, ST_NO_MEMORY, "no memory for a prompt's text");
    *out = (struct view){copy, text.n};
    return ST_OK;
}
