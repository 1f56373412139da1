/* links: rank */
/* Scores prompt trees that a script made, and splits wishes: what frames and weights are fitted
 * with (fixtures/fit/fit.py). Reads JSON lines, writes one line for each:
 *   {"nodes":[[parent, "text"], ...]}  ->  {"logprob":[...], "tokens":[...]}   per node, roots 0
 *   {"wish":"..."}                     ->  {"clauses":[["text", sign, weight], ...]}
 * usage: lab MODEL.gguf [THREADS] */
#include "model/engine/engine.h"
#include "server/wish/clauses/clauses.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static struct engine *engine;

static enum status make_tree(json_t *nodes, struct arena *a, struct tree *t, struct ask *ask,
                             struct err *e) {
    int n = (int)json_array_size(nodes);
    int32_t *parent = ARENA_NEW(a, int32_t, (size_t)n), *off = ARENA_NEW(a, int32_t, (size_t)n + 1);
    int32_t **ids = ARENA_NEW(a, int32_t *, (size_t)n), bos = engine_bos(engine);
    if (!parent || !off || !ids) return fail(e, ST_NO_MEMORY, "no memory");
    for (int i = 0; i < n; i++) {
        json_t *v = json_array_get(nodes, (size_t)i), *text = json_array_get(v, 1);
        size_t k;
        parent[i] = (int32_t)json_integer_value(json_array_get(v, 0));
        struct view s = {json_string_value(text), json_string_length(text)};
        if (!s.p) return fail(e, ST_INVALID, "node %d has no text", i);
        TRY(engine_tokens(engine, s, a, &ids[i], &k, e));
        off[i + 1] = off[i] + (int32_t)k + (parent[i] < 0 && bos >= 0);
    }
    int32_t *tok = ARENA_NEW(a, int32_t, (size_t)off[n] + 1);
    if (!tok) return fail(e, ST_NO_MEMORY, "no memory");
    for (int i = 0; i < n; i++) {
        int at = off[i];
        if (parent[i] < 0 && bos >= 0) tok[at++] = bos;
        for (int k = 0; at < off[i + 1]; k++) tok[at++] = ids[i][k];
        ask[i] = (struct ask){.node = i};
        if (!(ask[i].out = ARENA_NEW(a, float, (size_t)(off[i + 1] - off[i]) + 1)))
            return fail(e, ST_NO_MEMORY, "no memory");
    }
    *t = (struct tree){.n = n, .parent = parent, .off = off, .tok = tok};
    return ST_OK;
}

/* Asks for every node below the roots. */
static enum status score(json_t *nodes, struct arena *a, struct err *e) {
    struct tree t;
    size_t n = json_array_size(nodes);
    struct ask *ask = ARENA_NEW(a, struct ask, n), *below = ARENA_NEW(a, struct ask, n);
    int n_below = 0;
    if (!ask || !below) return fail(e, ST_NO_MEMORY, "no memory");
    TRY(make_tree(nodes, a, &t, ask, e));
    for (int i = 0; i < t.n; i++)
        if (t.parent[i] >= 0 && json_array_size(json_array_get(nodes, (size_t)i)) == 2)
            below[n_below++] = ask[i];
    struct job j = {.tree = &t, .ask = below, .n_asks = n_below};
    TRY(engine_score(engine, &j, e));
    printf("{\"logprob\":[");
    for (int i = 0; i < t.n; i++) {
        double x = 0;
        for (int k = 0; k < t.off[i + 1] - t.off[i]; k++) x += (double)ask[i].out[k];
        printf("%s%.6g", i ? "," : "", x);
    }
    printf("],\"tokens\":[");
    for (int i = 0; i < t.n; i++) printf("%s%d", i ? "," : "", t.off[i + 1] - t.off[i]);
    printf("]}\n");
    return ST_OK;
}

static enum status split(json_t *wish, struct arena *a, struct err *e) {
    struct clause c[CLAUSES_MAX];
    int n;
    struct view text = {json_string_value(wish), json_string_length(wish)};
    TRY(clauses_split(text, a, c, &n, e));
    json_t *list = json_array();
    for (int i = 0; i < n; i++)
        json_array_append_new(list, json_pack("[o,i,f]", json_stringn(c[i].text.p, c[i].text.n),
                                              c[i].sign, c[i].weight));
    char *line = json_dumps(list, JSON_COMPACT);
    printf("{\"clauses\":%s}\n", line);
    free(line);
    json_decref(list);
    return ST_OK;
}

int main(int argc, char **argv) {
    struct engine_config c = {.model = argc > 1 ? argv[1] : "",
                              .precision = "auto",
                              .backend = "auto",
                              .threads = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 2};
    struct err e = {.line = 0};
    char *line = NULL;
    size_t size = 0;
    enum status st = engine_open(&engine, &c, &e);
    while (st == ST_OK && getline(&line, &size, stdin) > 0) {
        struct arena a;
        json_t *top = json_loads(line, 0, NULL);
        json_t *nodes = json_object_get(top, "nodes"), *wish = json_object_get(top, "wish");
        arena_init(&a, (size_t)1 << 30);
        if (nodes)
            st = score(nodes, &a, &e);
        else
            st = wish ? split(wish, &a, &e) : fail(&e, ST_BAD_INPUT, "a line needs nodes or wish");
        fflush(stdout);
        arena_free(&a);
        json_decref(top);
    }
    if (st != ST_OK) fprintf(stderr, "lab: %s\n", e.text);
    free(line);
    engine_close(engine);
    return st != ST_OK;
}
