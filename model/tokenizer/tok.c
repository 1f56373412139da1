/* The tokenizer: opens a vocabulary, encodes text section by section, gives texts of ids. */
#include "model/tokenizer/tok.h"

#include "model/tokenizer/tok_bpe.h"
#include "model/tokenizer/tok_spm.h"
#include "model/tokenizer/tok_split.h"
#include "model/tokenizer/tok_vocab.h"

#include <stdio.h>
#include <string.h>

struct tok {
    struct arena arena;
    struct tok_vocab vocab;
    int pieces; /* SentencePiece: spm; else bpe after split */
    struct tok_bpe bpe;
    struct tok_split *split; /* NULL in a SentencePiece vocabulary */
    struct tok_spm spm;
    int ignore_merges, space_prefix;
    int bos, eos;
    char note[TOK_NOTE];
};

/* A file can ask for no more than this, whatever it claims. */
#define TOK_MAX_MEMORY ((size_t)1 << 30)

/* A special id. Out of the vocabulary is as good as absent (-1): converters write 4294967295 for
 * "none", or the id of a token that was cut off; that is noted. */
static enum status read_id(struct tok *t, const struct gguf *g, const char *key, int *out,
                           struct err *e) {
    const int64_t none = -1;
    int64_t id;
    TRY(gguf_int(g, key, INT64_MIN, INT64_MAX, &none, &id, e));
    *out = id >= 0 && id < t->vocab.n ? (int)id : -1;
    if (*out == id || !gguf_find(g, key)) return ST_OK;
    size_t n = strlen(t->note);
    (void)snprintf(t->note + n, sizeof t->note - n, "%s%s %lld",
                   n ? ", " : "ids of no token: ", key, (long long)id);
    return ST_OK;
}

static enum status read_special(struct tok *t, const struct gguf *g, int add_bos, struct err *e) {
    static const char *const other[] = {
        "tokenizer.ggml.unknown_token_id",   "tokenizer.ggml.padding_token_id",
        "tokenizer.ggml.seperator_token_id", "tokenizer.ggml.cls_token_id",
        "tokenizer.ggml.mask_token_id",      "tokenizer.ggml.eot_token_id",
        "tokenizer.ggml.eom_token_id"}; /* "seperator": as the format spells it */
    int unused;
    TRY(read_id(t, g, "tokenizer.ggml.bos_token_id", &t->bos, e));
    TRY(read_id(t, g, "tokenizer.ggml.eos_token_id", &t->eos, e));
    for (size_t i = 0; i < COUNT(other); i++) TRY(read_id(t, g, other[i], &unused, e));
    TRY(gguf_flag(g, "tokenizer.ggml.add_bos_token", &add_bos, &add_bos, e));
    if (add_bos && t->bos < 0)
        return fail(
            e, ST_CORRUPT,
            "tokenizer.ggml.bos_token_id is missing or outside the vocabulary, but sequences "
            "start with it");
    if (!add_bos) t->bos = -1;
    return ST_OK;
}

/* Flags that change how text is cut. */
static enum status read_flags(struct tok *t, const struct gguf *g, struct err *e) {
    int clean = 0;
    t->space_prefix = t->pieces;
    TRY(gguf_flag(g, "tokenizer.ggml.add_space_prefix", &t->space_prefix, &t->space_prefix, e));
    if (t->space_prefix && !t->pieces)
        return fail(e, ST_UNSUPPORTED,
                    "tokenizer.ggml.add_space_prefix is true; not supported with gpt2");
    TRY(gguf_flag(g, "tokenizer.ggml.remove_extra_whitespaces", &clean, &clean, e));
    if (clean)
        return fail(e, ST_UNSUPPORTED,
                    "tokenizer.ggml.remove_extra_whitespaces is true; not supported");
    if (gguf_find(g, "tokenizer.ggml.precompiled_charsmap"))
        return fail(e, ST_UNSUPPORTED, "tokenizer.ggml.precompiled_charsmap is not supported");
    return ST_OK;
}

static enum status choose_model(struct tok *t, const struct gguf *g, struct err *e) {
    char shown[TOK_SHOWN];
    struct view model;
    TRY(gguf_text(g, "tokenizer.ggml.model", NULL, &model, e));
    t->pieces = view_eq_str(model, "llama");
    if (t->pieces || view_eq_str(model, "gpt2")) return ST_OK;
    return fail(e, ST_UNSUPPORTED,
                "tokenizer.ggml.model '%s' is not supported, only gpt2 (byte-level BPE) and llama "
                "(SentencePiece)",
                tok_show(shown, model));
}

static enum status choose_pre(const struct gguf *g, const struct tok_pre **pre, struct err *e) {
    char shown[TOK_SHOWN];
    struct view name;
    TRY(gguf_text(g, "tokenizer.ggml.pre", "default", &name, e));
    *pre = tok_split_pre(name);
    if (*pre) return ST_OK;
    enum status st = fail(e, ST_UNSUPPORTED, "tokenizer.ggml.pre '%s' is not supported, only %s",
                          tok_show(shown, name), tok_split_names());
    err_hint(e, "a missing or 'default' value means that the file's converter did not know the "
                "model's pre-tokenizer: use a newer conversion");
    return st;
}

static enum status load(struct tok *t, const struct gguf *g, struct arena *temp, struct err *e) {
    const struct tok_pre *pre;
    struct tok_table names;
    TRY(choose_model(t, g, e));
    TRY(read_flags(t, g, e));
    if (t->pieces) {
        TRY(tok_vocab_load(&t->vocab, g, TOK_PIECES, &t->arena, temp, &names, e));
        TRY(tok_spm_load(&t->spm, g, &t->vocab, &t->arena, temp, e));
        return read_special(t, g, 1, e);
    }
    TRY(choose_pre(g, &pre, e));
    TRY(tok_vocab_load(&t->vocab, g, TOK_BYTE_LEVEL, &t->arena, temp, &names, e));
    TRY(tok_bpe_load(&t->bpe, g, &t->vocab, &names, &t->arena, temp, e));
    TRY(read_special(t, g, pre->add_bos, e));
    t->ignore_merges = pre->ignore_merges;
    return tok_split_open(&t->split, pre, e);
}

enum status tok_open(struct tok **out, const struct gguf *g, struct err *e) {
    struct arena temp;
    struct tok *t = mem_alloc(sizeof *t);
    if (!t) return fail(e, ST_NO_MEMORY, "no memory for the tokenizer");
    memset(t, 0, sizeof *t);
    arena_init(&t->arena, TOK_MAX_MEMORY);
    arena_init(&temp, TOK_MAX_MEMORY);
    enum status st = load(t, g, &temp, e);
    arena_free(&temp);
    if (st == ST_OK)
        *out = t;
    else
        tok_close(t);
    return st;
}

void tok_close(struct tok *t) {
    if (!t) return;
    tok_split_close(t->split);
    arena_free(&t->arena);
    mem_free(t);
}

/* One call of tok_encode. */
struct encoding {
    const struct tok *t;
    struct tok_cut cut;
    struct tok_work work;
};

static enum status add_piece(void *ctx, struct view piece, struct err *e) {
    struct encoding *c = ctx;
    int32_t whole = -1;
    if (c->t->ignore_merges)
        whole = tok_table_find(&c->t->vocab.normal, piece, (struct view){NULL, 0});
    if (whole < 0) return tok_bpe_piece(&c->t->bpe, piece, &c->work, e);
    c->work.steps += piece.n + 1;
    return tok_work_push(&c->work, whole, e);
}

/* Valid UTF-8 goes through the pre-tokenizer run by run, each other byte is a piece of its own. */
static enum status add_section(struct encoding *c, struct view text, struct err *e) {
    if (c->t->pieces) return tok_spm_piece(&c->t->spm, text, &c->work, e);
    for (size_t i = 0; i < text.n;) {
        size_t from = i, len;
        while (i < text.n && (len = utf8_len(text.p + i, text.n - i)) > 0) i += len;
        if (i > from) TRY(tok_cut_run(&c->cut, view_sub(text, from, i - from), add_piece, c, e));
        if (i < text.n) TRY(add_piece(c, view_sub(text, i++, 1), e));
    }
    return ST_OK;
}

static enum status add_text(struct encoding *c, struct view text, struct err *e) {
    const struct tok_vocab *v = &c->t->vocab;
    size_t from = 0;
    for (size_t i = 0; v->n_user && i < text.n;) {
        int32_t id;
        size_t len = tok_vocab_user(v, view_sub(text, i, text.n), &id, &c->work.steps);
        if (len) {
            TRY(add_section(c, view_sub(text, from, i - from), e));
            TRY(tok_work_push(&c->work, id, e));
            from = i + len;
        }
        i += len ? len : 1;
    }
    return add_section(c, view_sub(text, from, text.n), e);
}

/* SentencePiece's normalised form: plain spaces, one of them in front where the model wants it. */
static enum status add_normalized(struct encoding *c, struct view text, struct err *e) {
    if (!c->t->pieces || text.n == 0) return add_text(c, text, e);
    char *copy = mem_alloc(text.n + 1);
    if (!copy) return fail(e, ST_NO_MEMORY, "no memory to tokenize a text of %zu bytes", text.n);
    size_t n = c->t->space_prefix ? 1 : 0;
    copy[0] = ' ';
    n += tok_plain_spaces(copy + n, text);
    enum status st = add_text(c, (struct view){copy, n}, e);
    mem_free(copy);
    return st;
}

enum status tok_encode_counted(const struct tok *t, struct view text, struct arena *a,
                               int32_t **ids, size_t *n, uint64_t *work, struct err *e) {
    if (text.n > TOK_MAX_BYTES)
        return fail(e, ST_LIMIT, "text of %zu bytes is longer than %d", text.n, TOK_MAX_BYTES);
    struct encoding c;
    c.t = t;
    c.cut = (struct tok_cut){0};
    if (t->split) TRY(tok_cut_open(&c.cut, t->split, e));
    tok_work_init(&c.work);
    enum status st = add_normalized(&c, text, e);
    if (st == ST_OK) {
        *n = c.work.n_ids;
        *ids = ARENA_NEW(a, int32_t, *n);
        if (!*ids)
            st = fail(e, ST_NO_MEMORY, "no memory for %zu tokens", *n);
        else if (*n)
            memcpy(*ids, c.work.ids, *n * sizeof **ids);
    }
    *work += c.work.steps;
    tok_work_free(&c.work);
    tok_cut_close(&c.cut);
    return st;
}

enum status tok_encode(const struct tok *t, struct view text, struct arena *a, int32_t **ids,
                       size_t *n, struct err *e) {
    uint64_t work = 0;
    return tok_encode_counted(t, text, a, ids, n, &work, e);
}

int tok_count(const struct tok *t) {
    return t->vocab.n;
}

int tok_bos(const struct tok *t) {
    return t->bos;
}

const char *tok_note(const struct tok *t) {
    return t->note[0] ? t->note : NULL;
}

int tok_eos(const struct tok *t) {
    return t->eos;
}

int tok_special(const struct tok *t, const char *text) {
    return tok_table_find(&t->vocab.control, view_of(text), (struct view){NULL, 0});
}

int tok_is_control(const struct tok *t, int id) {
    return id >= 0 && id < t->vocab.n && t->vocab.kind[id] == TOK_CONTROL;
}

struct view tok_text(const struct tok *t, int id) {
    if (id < 0 || id >= t->vocab.n) return (struct view){"", 0};
    return t->vocab.text[id];
}
