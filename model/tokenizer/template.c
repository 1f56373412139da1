/* Recognises a model's chat template by its control tokens and spells the turns as token ids. */
#include "model/tokenizer/template.h"

#include <string.h>

/* A control token or a text; exactly one is set. */
struct template_part {
    const char *control, *text;
};

enum { PARTS = 4 };

struct form {
    const char *name;
    const char *marks[3]; /* in the file's template and in the vocabulary, or it is not this form */
    struct {
        struct template_part head[PARTS], tail[PARTS];
    } turn[TURN_COUNT];
};

#define CHATML(role)                                   \
    {                                                  \
        {{"<|im_start|>", NULL}, {NULL, role "\n"}}, { \
            {"<|im_end|>", NULL}, {                    \
                NULL, "\n"                             \
            }                                          \
        }                                              \
    }
#define LLAMA3(role)                    \
    {                                   \
        {{"<|start_header_id|>", NULL}, \
         {NULL, role},                  \
         {"<|end_header_id|>", NULL},   \
         {NULL, "\n\n"}},               \
        {                               \
            { "<|eot_id|>", NULL }      \
        }                               \
    }
#define GEMMA(role)                                       \
    {                                                     \
        {{"<start_of_turn>", NULL}, {NULL, role "\n"}}, { \
            {"<end_of_turn>", NULL}, {                    \
                NULL, "\n"                                \
            }                                             \
        }                                                 \
    }

static const struct form forms[] = {
    {"chatml",
     {"<|im_start|>", "<|im_end|>", NULL},
     {CHATML("system"), CHATML("user"), CHATML("assistant")}},
    {"llama3",
     {"<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"},
     {LLAMA3("system"), LLAMA3("user"), LLAMA3("assistant")}},
    {"gemma",
     {"<start_of_turn>", "<end_of_turn>", NULL},
     {GEMMA("user"), GEMMA("user"), GEMMA("model")}},
};

static const struct form plain = {
    "plain", {NULL}, {{{{0}}, {{NULL, "\n"}}}, {{{0}}, {{NULL, "\n"}}}, {{{0}}, {{NULL, "\n"}}}}};

static int contains(struct view v, const char *what) {
    size_t n = strlen(what);
    for (size_t i = 0; n <= v.n && i <= v.n - n; i++)
        if (memcmp(v.p + i, what, n) == 0) return 1;
    return 0;
}

static int fits(const struct form *f, struct view text, const struct tok *t) {
    for (size_t i = 0; i < COUNT(f->marks) && f->marks[i]; i++)
        if (!contains(text, f->marks[i]) || tok_special(t, f->marks[i]) < 0) return 0;
    return 1;
}

/* Appends a list of parts to ids; *n becomes TEMPLATE_MAX_IDS + 1 when they do not fit. */
static enum status spell(const struct template_part *parts, const struct tok *t, struct arena *a,
                         int32_t *ids, int *n, struct err *e) {
    *n = 0;
    for (int i = 0; i < PARTS && (parts[i].control || parts[i].text); i++) {
        int32_t special, *more = &special;
        size_t count = 1;
        if (parts[i].control)
            special = tok_special(t, parts[i].control);
        else
            TRY(tok_encode(t, view_of(parts[i].text), a, &more, &count, e));
        if (count > (size_t)(TEMPLATE_MAX_IDS - *n)) {
            *n = TEMPLATE_MAX_IDS + 1;
            return ST_OK;
        }
        if (count) memcpy(ids + *n, more, count * sizeof *ids);
        *n += (int)count;
    }
    return ST_OK;
}

/* *fit says whether every turn was short enough. */
static enum status build(struct chat_template *out, const struct form *f, const struct tok *t,
                         struct arena *a, int *fit, struct err *e) {
    *out = (struct chat_template){.name = f->name};
    *fit = 1;
    for (int i = 0; i < TURN_COUNT; i++) {
        struct chat_turn *turn = &out->turn[i];
        TRY(spell(f->turn[i].head, t, a, turn->head, &turn->n_head, e));
        TRY(spell(f->turn[i].tail, t, a, turn->tail, &turn->n_tail, e));
        if (turn->n_head > TEMPLATE_MAX_IDS || turn->n_tail > TEMPLATE_MAX_IDS) *fit = 0;
    }
    return ST_OK;
}

enum status template_choose(struct chat_template *out, const struct gguf *g, const struct tok *t,
                            struct err *e) {
    const struct gguf_kv *kv = gguf_find(g, "tokenizer.chat_template");
    const struct form *f = &plain;
    for (size_t i = 0; kv && kv->type == GGUF_STR && f == &plain && i < COUNT(forms); i++)
        if (fits(&forms[i], kv->str, t)) f = &forms[i];
    struct arena a;
    arena_init(&a, 1 << 20);
    int fit;
    enum status st = build(out, f, t, &a, &fit, e);
    if (st == ST_OK && !fit) st = build(out, &plain, t, &a, &fit, e);
    arena_free(&a);
    return st;
}
