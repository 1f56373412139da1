/* links: remote */
/* Joining: from a forest and its asks to sequences and back. */
#include "model/remote/kind.h"
#include "tests/t.h"

/* 0: {1 2 3}; 1: {4} and 2: {5 6} under it; 3: {7} under 2; 4: a root of its own, {9}. */
static const int32_t parent[] = {-1, 0, 0, 2, -1}, off[] = {0, 3, 4, 6, 7, 8},
                     tok[] = {1, 2, 3, 4, 5, 6, 7, 9};
static const struct tree forest = {5, parent, off, tok, NULL};
static const int32_t labels[] = {8, 4};

/* Whether a read is of that sequence. */
static int is(const struct remote_read *x, int n, const int32_t *want, int from, int ask) {
    return x->n == n && memcmp(x->tok, want, (size_t)n * sizeof *want) == 0 && x->from == from &&
           x->ask == ask;
}
#define IS(x, from, ask, ...)                           \
    do {                                                \
        const int32_t want_[] = {__VA_ARGS__};          \
        OK(is(x, (int)COUNT(want_), want_, from, ask)); \
    } while (0)

static void joined(void) {
    float out[12];
    const struct ask ask[] = {{3, 0, NULL, out},
                              {1, 2, labels, out + 1},
                              {0, 0, NULL, out + 3},
                              {2, 0, NULL, out + 6},
                              {4, 0, NULL, out + 8}};
    const struct job j = {.tree = &forest, .ask = ask, .n_asks = 5};
    struct reads r;
    struct err e;
    out[3] = out[8] = 5;
    EQ(reads_open(&r, &j, 10, 6, 0, &e), ST_OK);
    EQ(r.n, 4);
    EQ(r.tokens, 3 + 4 + 5 + 6);
    IS(&r.at[0], 1, 2, 1, 2, 3); /* a beginning before what goes on */
    IS(&r.at[1], 3, 3, 1, 2, 3, 5, 6);
    IS(&r.at[2], 5, 0, 1, 2, 3, 5, 6, 7);
    IS(&r.at[3], 4, 1, 1, 2, 3, 4);
    OK(r.at[0].out == out + 4 && r.at[3].out == out + 1 && r.at[1].out == out + 6);
    OK(r.at[3].n_labels == 2 && r.at[3].labels == labels && r.at[2].out == out);
    EQ(out[3], 0); /* a root's first token has no past */
    EQ(out[8], 0);
    const int left[] = {1, 1, 1, 1, 0};
    EQ_MEM(r.left, left, sizeof left);
    EQ(reads_group(&r, 0, 16, 0), 3); /* tokens and labels are asked for apart */
    EQ(reads_group(&r, 1, 16, 0), 2);
    EQ(reads_group(&r, 1, 1, 0), 1);
    EQ(reads_shared(r.at, 4), 3);
    EQ(reads_shared(r.at + 1, 2), 5);
    reads_close(&r);
}

static void otherwise(void) {
    float out[4];
    const struct ask ask[] = {{2, 0, NULL, out}, {1, 2, labels, out + 2}};
    const struct job j = {.tree = &forest, .ask = ask, .n_asks = 2};
    struct reads r;
    struct err e;
    EQ(reads_open(&r, &j, 10, 6, READS_TOKENS_AS_LABELS, &e), ST_OK);
    EQ(r.n, 3);
    IS(&r.at[0], 3, 0, 1, 2, 3);
    IS(&r.at[1], 4, 1, 1, 2, 3, 4);
    IS(&r.at[2], 4, 0, 1, 2, 3, 5);
    OK(r.at[0].n_labels == 1 && r.at[0].labels[0] == 5 && r.at[0].out == out);
    OK(r.at[2].n_labels == 1 && r.at[2].labels[0] == 6 && r.at[2].out == out + 1);
    EQ(r.left[0], 2);
    EQ(reads_group(&r, 0, 16, 0), 3);
    EQ(reads_group(&r, 0, 16, 1), 1); /* of other labels */
    reads_close(&r);
    EQ(reads_open(&r, &j, 10, 6, READS_LABELS_AS_TOKENS, &e), ST_OK);
    EQ(r.n, 3);
    IS(&r.at[0], 4, 1, 1, 2, 3, 4, 4); /* by the label, not by its place */
    IS(&r.at[1], 4, 1, 1, 2, 3, 4, 8);
    OK(r.at[0].n_labels == 0 && r.at[0].out == out + 3 && r.at[1].out == out + 2);
    EQ(r.left[1], 2);
    reads_close(&r);
    EQ(reads_open(&r, &j, 10, 6, READS_NO_TOKENS, &e), ST_UNSUPPORTED);
}

static void refused(void) {
    float out[8];
    struct ask ask = {3, 0, NULL, out};
    struct job j = {.tree = &forest, .ask = &ask, .n_asks = 1};
    struct reads r;
    struct err e;
    EQ(reads_open(&r, &j, 10, 5, 0, &e), ST_LIMIT); /* the path has six */
    OK(strstr(e.text, "6 tokens") != NULL);
    EQ(reads_open(&r, &j, 7, 6, 0, &e), ST_INVALID);
    ask.node = 5;
    EQ(reads_open(&r, &j, 10, 6, 0, &e), ST_INVALID);
    ask = (struct ask){1, 2, labels, out};
    EQ(reads_open(&r, &j, 10, 6, 0, &e), ST_OK);
    reads_close(&r);
    const int32_t far[] = {3, 10};
    ask.labels = far;
    EQ(reads_open(&r, &j, 10, 6, 0, &e), ST_INVALID);
    const int32_t empty[] = {0, 0, 4, 6, 7, 8};
    const struct tree hollow = {5, parent, empty, tok, NULL};
    j.tree = &hollow;
    EQ(reads_open(&r, &j, 10, 6, 0, &e), ST_INVALID);
}

static void memory(void) {
    float out[4];
    const struct ask ask[] = {{2, 0, NULL, out}, {1, 2, labels, out + 2}};
    const struct job j = {.tree = &forest, .ask = ask, .n_asks = 2};
    struct reads r;
    struct err e;
    enum status st = ST_NO_MEMORY;
    long k = 0;
    while (st == ST_NO_MEMORY && ++k < 100) {
        mem_fail_at(k, 0);
        st = reads_open(&r, &j, 10, 6, READS_LABELS_AS_TOKENS, &e);
        mem_fail_at(0, 0);
    }
    EQ(st, ST_OK);
    OK(k > 1);
    reads_close(&r);
}

/* Every text is another one and valid UTF-8, and none looks like a control token. */
static void hard(void) {
    char text[HARD_TEXTS][96];
    for (int i = 0; i < HARD_TEXTS; i++) {
        hard_text(i, text[i]);
        OK(text[i][0] && strlen(text[i]) < 95 && utf8_valid(view_of(text[i])));
        OK(!strstr(text[i], "<|") && !strstr(text[i], "[INST"));
        for (int k = 0; k < i; k++) OK(strcmp(text[i], text[k]) != 0);
    }
}

static void words(void) {
    const struct wire w = {.title = "E", .key = "sk-secret"};
    char out[160];
    wire_words(&w, VIEW("{\"error\":{\"message\":\"no sk-secret here, sk-secret\"}}"), out);
    EQ_STR(out, "no ********* here, *********");
    wire_words(&w, VIEW("{\"detail\":\"Not Found\"}"), out);
    EQ_STR(out, "Not Found");
    wire_words(&w, VIEW("{\"object\":\"error\",\"message\":\"too long\"}"), out);
    EQ_STR(out, "too long");
    wire_words(&w, VIEW("<h1>sk-secret\x1b[2J</h1>"), out);
    EQ_STR(out, "<h1>*********?[2J</h1>");
    wire_words(&w, VIEW("{\"detail\":[{\"loc\":1}]}"), out);
    EQ_STR(out, "{\"detail\":[{\"loc\":1}]}");
    wire_words(&w, VIEW(""), out);
    EQ_STR(out, "no words");
}

int main(void) {
    joined();
    otherwise();
    refused();
    memory();
    hard();
    words();
    return t_end();
}
