/* Pre-tokenizers as data, run by PCRE2. */
#include "model/tokenizer/tok_split.h"

#include "kernels/base/arena.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>

/* White space is spelled out: PCRE2's \s also takes U+180E, which is none since Unicode 6.3. */
#define WS                                                                                       \
    "\\x09-\\x0D\\x20\\x85\\xA0\\x{1680}\\x{2000}-\\x{200A}\\x{2028}\\x{2029}\\x{202F}\\x{205F}" \
    "\\x{3000}"
/* White space but for its last character where a word follows, so that the word keeps one. */
#define TAIL "[" WS "]+(?![^" WS "])|[" WS "]+"
#define ENDINGS "[sdmt]|ll|ve|re"

#define GPT2                        \
    "'(?:" ENDINGS ")"              \
    "|\\x20?\\p{L}+"                \
    "|\\x20?\\p{N}+"                \
    "|\\x20?[^" WS "\\p{L}\\p{N}]+" \
    "|" TAIL
/* The newer family: contractions in any case, any one mark may lead a word, line ends stay with the
 * marks before them or form pieces, numbers come in groups. */
#define NEWER(numbers)                                   \
    "'(?i:" ENDINGS ")"                                  \
    "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+"                     \
    "|" numbers "|\\x20?[^" WS "\\p{L}\\p{N}]+[\\r\\n]*" \
    "|[" WS "]*[\\r\\n]+"                                \
    "|" TAIL

static const struct tok_pre table[] = {
    {"smollm", {"\\p{N}", GPT2}, 0, 0},
    {"gpt-2", {GPT2, NULL}, 0, 0},
    {"qwen2", {NEWER("\\p{N}"), NULL}, 0, 0},
    {"llama-bpe", {NEWER("\\p{N}{1,3}"), NULL}, 1, 1},
};

struct tok_split {
    pcre2_general_context *memory;
    pcre2_code *stage[TOK_STAGES];
    int n;
};

/* Other names for them in files, as llama.cpp reads them. */
static const struct {
    const char *name, *same;
} synonyms[] = {
    {"llama3", "llama-bpe"},    {"llama-v3", "llama-bpe"},     {"falcon3", "llama-bpe"},
    {"falcon-h1", "llama-bpe"}, {"pixtral", "llama-bpe"},      {"midm-2.0", "llama-bpe"},
    {"lfm2", "llama-bpe"},      {"jina-v5-nano", "llama-bpe"}, {"deepseek-r1-qwen", "qwen2"},
    {"kormo", "qwen2"},         {"f2llmv2", "qwen2"},          {"megrez", "qwen2"},
    {"phi-2", "gpt-2"},         {"jina-es", "gpt-2"},          {"jina-de", "gpt-2"},
    {"jina-v2-es", "gpt-2"},    {"jina-v2-de", "gpt-2"},       {"gigachat", "gpt-2"},
    {"a.x-4.0", "gpt-2"},       {"mellum", "gpt-2"},           {"modern-bert", "gpt-2"},
    {"exaone4", "gpt-2"},
};

const struct tok_pre *tok_split_pre(struct view name) {
    for (size_t i = 0; i < COUNT(synonyms); i++)
        if (view_eq_str(name, synonyms[i].name)) name = view_of(synonyms[i].same);
    for (size_t i = 0; i < COUNT(table); i++)
        if (view_eq_str(name, table[i].name)) return &table[i];
    return NULL;
}

const char *tok_split_names(void) {
    return "smollm, gpt-2, qwen2, llama-bpe";
}

static void *pcre_alloc(size_t n, void *unused) {
    (void)unused;
    return mem_alloc(n);
}

static void pcre_free(void *p, void *unused) {
    (void)unused;
    mem_free(p);
}

void tok_split_close(struct tok_split *s) {
    if (!s) return;
    for (int i = 0; i < s->n; i++) pcre2_code_free(s->stage[i]);
    pcre2_general_context_free(s->memory);
    mem_free(s);
}

static enum status compile(struct tok_split *s, const char *pattern, pcre2_compile_context *context,
                           struct err *e) {
    int code;
    size_t at;
    pcre2_code *re = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
                                   PCRE2_UTF | PCRE2_UCP, &code, &at, context);
    if (!re && code == PCRE2_ERROR_HEAP_FAILED)
        return fail(e, ST_NO_MEMORY, "no memory for the tokenizer's patterns");
    if (!re)
        return fail(e, ST_INTERNAL, "PCRE2 refuses a pattern: error %d at %zu of '%s'", code, at,
                    pattern);
    s->stage[s->n++] = re;
    /* Without executable memory the interpreter does the same, only slower. */
    (void)pcre2_jit_compile(re, PCRE2_JIT_COMPLETE);
    return ST_OK;
}

enum status tok_split_open(struct tok_split **out, const struct tok_pre *pre, struct err *e) {
    enum status st = ST_NO_MEMORY;
    pcre2_compile_context *context = NULL;
    struct tok_split *s = mem_alloc(sizeof *s);
    if (!s) goto no_memory;
    *s = (struct tok_split){0};
    s->memory = pcre2_general_context_create(pcre_alloc, pcre_free, NULL);
    if (!s->memory) goto no_memory;
    context = pcre2_compile_context_create(s->memory);
    if (!context) goto no_memory;
    for (int i = 0; i < TOK_STAGES && pre->stage[i]; i++) {
        st = compile(s, pre->stage[i], context, e);
        if (st != ST_OK) goto failed;
    }
    pcre2_compile_context_free(context);
    *out = s;
    return ST_OK;
no_memory:
    st = fail(e, ST_NO_MEMORY, "no memory for the tokenizer's patterns");
failed:
    pcre2_compile_context_free(context);
    tok_split_close(s);
    return st;
}

void tok_cut_close(struct tok_cut *c) {
    for (int i = 0; i < TOK_STAGES; i++) pcre2_match_data_free(c->match[i]);
    pcre2_match_context_free(c->limits);
    *c = (struct tok_cut){0};
}

enum status tok_cut_open(struct tok_cut *c, const struct tok_split *s, struct err *e) {
    *c = (struct tok_cut){.split = s};
    c->limits = pcre2_match_context_create(s->memory);
    int have = c->limits != NULL;
    for (int i = 0; i < s->n; i++) {
        c->match[i] = pcre2_match_data_create(1, s->memory);
        have = have && c->match[i];
    }
    if (have) {
        pcre2_set_heap_limit(c->limits, 64 << 10); /* KiB; single repeats need a few */
        return ST_OK;
    }
    tok_cut_close(c);
    return fail(e, ST_NO_MEMORY, "no memory to split text");
}

/* The next match of a stage at or after `at`; *from = *to = run.n when there is none. */
static enum status next_match(struct tok_cut *c, int stage, struct view run, size_t at,
                              size_t *from, size_t *to, struct err *e) {
    const pcre2_code *re = c->split->stage[stage];
    pcre2_match_data *m = c->match[stage];
    int rc = pcre2_match(re, (PCRE2_SPTR)run.p, run.n, at, PCRE2_NO_UTF_CHECK, m, c->limits);
    if (rc == PCRE2_ERROR_JIT_STACKLIMIT)
        rc = pcre2_match(re, (PCRE2_SPTR)run.p, run.n, at, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, m,
                         c->limits);
    *from = *to = run.n;
    if (rc == PCRE2_ERROR_NOMATCH) return ST_OK;
    if (rc == PCRE2_ERROR_NOMEMORY) return fail(e, ST_NO_MEMORY, "no memory to split text");
    if (rc < 0) return fail(e, ST_INTERNAL, "splitting text failed at byte %zu: PCRE2 %d", at, rc);
    const size_t *v = pcre2_get_ovector_pointer(m);
    CHECK(v[0] >= at && v[1] > v[0] && v[1] <= run.n);
    *from = v[0];
    *to = v[1];
    return ST_OK;
}

/* Calls itself once per stage, so at most TOK_STAGES deep. */
static enum status cut(struct tok_cut *c, int stage, struct view run,
                       enum status (*piece)(void *ctx, struct view piece, struct err *e), void *ctx,
                       struct err *e) {
    if (stage == c->split->n) return piece(ctx, run, e);
    for (size_t at = 0; at < run.n;) {
        size_t from, to;
        TRY(next_match(c, stage, run, at, &from, &to, e));
        if (from > at) TRY(cut(c, stage + 1, view_sub(run, at, from - at), piece, ctx, e));
        if (to > from) TRY(cut(c, stage + 1, view_sub(run, from, to - from), piece, ctx, e));
        at = to;
    }
    return ST_OK;
}

enum status tok_cut_run(struct tok_cut *c, struct view run,
                        enum status (*piece)(void *ctx, struct view piece, struct err *e),
                        void *ctx, struct err *e) {
    /* A piece backtracks over itself a few times at most; anything beyond that is a bug. */
    pcre2_set_match_limit(c->limits, 1000000 + 16 * (uint32_t)run.n);
    return cut(c, 0, run, piece, ctx, e);
}
