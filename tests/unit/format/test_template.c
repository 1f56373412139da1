/* links: model */
/* Which chat template a file gets, and the ids around each turn. */
#include "model/tokenizer/template.h"
#include "kernels/base/buf.h"
#include "tests/unit/format/tok_file.h"

static struct err e;

#define CHATML_FILE \
    "{% for m in messages %}{{'<|im_start|>' + m['role'] + '<|im_end|>'}}{% endfor %}"
#define LLAMA3_FILE "{{ '<|start_header_id|>' + role + '<|end_header_id|>' }} ... <|eot_id|>"
#define GEMMA_FILE "{{ '<start_of_turn>' + role + '\\n' + text + '<end_of_turn>' }}"

/* A byte vocabulary with the given control tokens. */
static struct tok_words words(const char *a, const char *b, const char *c) {
    struct tok_words w = {.model = "gpt2", .pre = "gpt-2"};
    const char *const mark[] = {a, b, c};
    for (int i = 0; i < 3 && mark[i]; i++) w.head[i].text = mark[i], w.head[i].type = 3;
    return w;
}

static void open_template(const struct tok_words *w, const char *text, struct tok **t,
                          struct chat_template *out) {
    struct tok_file f;
    tf_init(&f);
    tf_words(&f, w);
    if (text) tf_text(&f, "tokenizer.chat_template", text);
    tf_parse(&f);
    GOOD(tok_open(t, &f.g, &e));
    memset(out, 0xA5, sizeof *out);
    GOOD(template_choose(out, &f.g, *t, &e));
    tf_free(&f);
}

/* One turn as text: head, a bar, tail. */
static const char *turn_text(const struct tok *t, const struct chat_turn *turn) {
    static struct buf b;
    buf_free(&b);
    buf_init(&b, 1 << 12);
    for (int i = 0; i < turn->n_head; i++) buf_view(&b, tok_text(t, turn->head[i]));
    buf_str(&b, "|");
    for (int i = 0; i < turn->n_tail; i++) buf_view(&b, tok_text(t, turn->tail[i]));
    return b.p;
}

static void test_forms(void) {
    const struct {
        const char *file; /* NULL: no template in it */
        struct tok_words w;
        const char *name, *turn[TURN_COUNT];
    } row[] = {
        {CHATML_FILE,
         words("<|im_start|>", "<|im_end|>", NULL),
         "chatml",
         {"<|im_start|>system\n|<|im_end|>\n", "<|im_start|>user\n|<|im_end|>\n",
          "<|im_start|>assistant\n|<|im_end|>\n"}},
        {LLAMA3_FILE,
         words("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"),
         "llama3",
         {"<|start_header_id|>system<|end_header_id|>\n\n|<|eot_id|>",
          "<|start_header_id|>user<|end_header_id|>\n\n|<|eot_id|>",
          "<|start_header_id|>assistant<|end_header_id|>\n\n|<|eot_id|>"}},
        {GEMMA_FILE,
         words("<start_of_turn>", "<end_of_turn>", NULL),
         "gemma",
         {"<start_of_turn>user\n|<end_of_turn>\n", "<start_of_turn>user\n|<end_of_turn>\n",
          "<start_of_turn>model\n|<end_of_turn>\n"}},
        {NULL, words("<|im_start|>", "<|im_end|>", NULL), "plain", {"|\n", "|\n", "|\n"}},
        {"", words("<|im_start|>", "<|im_end|>", NULL), "plain", {"|\n", "|\n", "|\n"}},
        {"{{ '[INST]' + text }}",
         words("<|im_start|>", "<|im_end|>", NULL),
         "plain",
         {"|\n", "|\n", "|\n"}},
        /* the template speaks of tokens that the vocabulary lacks */
        {CHATML_FILE, words("<|im_start|>", NULL, NULL), "plain", {"|\n", "|\n", "|\n"}},
        {LLAMA3_FILE,
         words("<|start_header_id|>", "<|end_header_id|>", NULL),
         "plain",
         {"|\n", "|\n", "|\n"}},
        {CHATML_FILE,
         words("<start_of_turn>", "<end_of_turn>", NULL),
         "plain",
         {"|\n", "|\n", "|\n"}},
        /* half of a mark is none */
        {"<|im_start|> <|im_end|",
         words("<|im_start|>", "<|im_end|>", NULL),
         "plain",
         {"|\n", "|\n", "|\n"}},
    };
    for (size_t i = 0; i < COUNT(row); i++) {
        struct chat_template c;
        struct tok *t = NULL;
        open_template(&row[i].w, row[i].file, &t, &c);
        EQ_STR(c.name, row[i].name);
        for (int k = 0; k < TURN_COUNT; k++) EQ_STR(turn_text(t, &c.turn[k]), row[i].turn[k]);
        tok_close(t);
    }
}

/* Control tokens in a head are the control ids; everything else in it is ordinary text. */
static void test_ids(void) {
    struct chat_template c;
    struct tok *t = NULL;
    struct tok_words w = words("<|im_start|>", "<|im_end|>", NULL);
    open_template(&w, CHATML_FILE, &t, &c);
    for (int k = 0; k < TURN_COUNT; k++) {
        EQ(c.turn[k].head[0], 0);
        EQ(c.turn[k].tail[0], 1);
        for (int i = 1; i < c.turn[k].n_head; i++) OK(!tok_is_control(t, c.turn[k].head[i]));
        for (int i = 1; i < c.turn[k].n_tail; i++) OK(!tok_is_control(t, c.turn[k].tail[i]));
    }
    tok_close(t);
}

/* A chat_template that is no string counts as none. */
static void test_wrong_type(void) {
    struct tok_file f;
    struct tok *t = NULL;
    struct chat_template c;
    struct tok_words w = words("<|im_start|>", "<|im_end|>", NULL);
    tf_init(&f);
    tf_words(&f, &w);
    tf_scalar(&f, "tokenizer.chat_template", GGUF_U32, 1);
    tf_parse(&f);
    GOOD(tok_open(&t, &f.g, &e));
    GOOD(template_choose(&c, &f.g, t, &e));
    EQ_STR(c.name, "plain");
    int bad = 0, good = 0;
    for (long k = 1; !good && k < 100; k++) {
        mem_fail_at(k, 0);
        enum status st = template_choose(&c, &f.g, t, &e);
        mem_fail_at(0, 0);
        good = st == ST_OK;
        bad += st == ST_NO_MEMORY;
        if (!good) EQ(st, ST_NO_MEMORY);
    }
    OK(good && bad > 3);
    tok_close(t);
    tf_free(&f);
}

int main(void) {
    test_forms();
    test_ids();
    test_wrong_type();
    return t_end();
}
