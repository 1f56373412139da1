/* SentencePiece's merging by score (Kudo and Richardson, 1808.06226). */
#include "model/tokenizer/tok_spm.h"

#include <stdlib.h>
#include <string.h>

struct scored {
    float score;
    int32_t id;
};

static int best_first(const void *a, const void *b) {
    const struct scored *x = a, *y = b;
    return (x->score < y->score) - (x->score > y->score);
}

static enum status rank_scores(struct tok_spm *s, const float *score, struct arena *keep,
                               struct arena *temp, struct err *e) {
    size_t n = (size_t)s->vocab->n;
    struct scored *list = ARENA_NEW(temp, struct scored, n);
    s->rank = ARENA_NEW(keep, uint32_t, n);
    if (!list || !s->rank) return fail(e, ST_NO_MEMORY, "no memory for the tokenizer's scores");
    for (size_t i = 0; i < n; i++) {
        if (score[i] != score[i])
            return fail(e, ST_CORRUPT, "tokenizer.ggml.scores[%zu] is not a number", i);
        list[i] = (struct scored){score[i], (int32_t)i};
    }
    qsort(list, n, sizeof *list, best_first);
    uint32_t rank = 0;
    for (size_t i = 0; i < n; i++) {
        rank += i && list[i].score < list[i - 1].score;
        s->rank[list[i].id] = rank;
    }
    return ST_OK;
}

enum status tok_spm_load(struct tok_spm *s, const struct gguf *g, const struct tok_vocab *v,
                         struct arena *keep, struct arena *temp, struct err *e) {
    float *score;
    uint64_t n;
    *s = (struct tok_spm){.vocab = v};
    TRY(gguf_floats(g, "tokenizer.ggml.scores", TOK_MAX_TOKENS, temp, &score, &n, e));
    if (n != (uint64_t)v->n)
        return fail(e, ST_CORRUPT,
                    "tokenizer.ggml.scores has %llu entries, tokenizer.ggml.tokens has %d",
                    (unsigned long long)n, v->n);
    TRY(rank_scores(s, score, keep, temp, e));
    int known = 0;
    memset(s->byte, 0xFF, sizeof s->byte);
    for (int32_t i = 0; i < v->n; i++) {
        if (v->kind[i] != TOK_BYTE) continue;
        int32_t *at = &s->byte[(unsigned char)v->text[i].p[0]];
        known += *at < 0;
        if (*at < 0) *at = i;
    }
    if (known < 256)
        return fail(e, ST_UNSUPPORTED,
                    "tokenizer.ggml.tokens has %d of the 256 byte tokens; a SentencePiece "
                    "vocabulary without byte fallback is not supported",
                    known);
    return ST_OK;
}

static int find_pair(const void *ctx, struct view text, const struct tok_symbol *a,
                     const struct tok_symbol *b, uint32_t *rank, int32_t *into) {
    const struct tok_spm *s = ctx;
    struct view both = {text.p + a->at, (size_t)a->len + b->len};
    *into = tok_table_find(&s->vocab->normal, both, (struct view){NULL, 0});
    if (*into >= 0) *rank = s->rank[*into];
    return *into >= 0;
}

enum status tok_spm_piece(const struct tok_spm *s, struct view text, struct tok_work *w,
                          struct err *e) {
    uint32_t n = 0;
    TRY(tok_work_room(w, text.n, e));
    for (size_t i = 0, len; i < text.n; i += len) {
        len = utf8_len(text.p + i, text.n - i);
        if (len == 0) len = 1;
        int32_t id =
            tok_table_find(&s->vocab->normal, view_sub(text, i, len), (struct view){NULL, 0});
        tok_work_add(w, n++, id, (uint32_t)i, (uint32_t)len);
    }
    w->steps += text.n + 1;
    tok_merge(w, n, text, find_pair, s);
    for (uint32_t i = n ? 0 : TOK_NONE; i != TOK_NONE; i = w->symbol[i].next) {
        const struct tok_symbol *y = &w->symbol[i];
        if (y->id >= 0) TRY(tok_work_push(w, y->id, e));
        for (uint32_t k = 0; y->id < 0 && k < y->len; k++)
            TRY(tok_work_push(w, s->byte[(unsigned char)text.p[y->at + k]], e));
    }
    return ST_OK;
}
