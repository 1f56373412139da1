/* The vocabulary: the byte alphabet, kinds of tokens, hash tables, user-defined tokens. */
#include "model/tokenizer/tok_vocab.h"

#include <stdlib.h>
#include <string.h>

/* Byte-level BPE spells each byte as one character: printable Latin-1 as itself, the other 68 as
 * U+0100 and up, in order. */
enum { ALPHABET = 256 + 68 };

struct alphabet {
    int16_t byte[ALPHABET]; /* by code point; -1 = not used */
};

static void alphabet_init(struct alphabet *a) {
    int next = 256;
    for (int c = 0; c < ALPHABET; c++) a->byte[c] = -1;
    for (int b = 0; b < 256; b++) {
        int printable = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
        a->byte[printable ? b : next++] = (int16_t)b;
    }
}

/* Writes the bytes that s spells to out (at most s.n) and their number to *n; 0 when s is not
 * spelled in the alphabet. */
static int alphabet_read(const struct alphabet *a, struct view s, char *out, size_t *n) {
    *n = 0;
    for (size_t i = 0; i < s.n;) {
        size_t len = utf8_len(s.p + i, s.n - i);
        uint32_t c = len ? utf8_point(s.p + i, len) : ALPHABET;
        if (c >= ALPHABET || a->byte[c] < 0) return 0;
        out[(*n)++] = (char)a->byte[c];
        i += len;
    }
    return s.n > 0;
}

size_t tok_plain_spaces(char *out, struct view s) {
    size_t n = 0;
    for (size_t i = 0; i < s.n; n++) {
        int space = s.n - i >= 3 && memcmp(s.p + i, "\xE2\x96\x81", 3) == 0;
        out[n] = space ? ' ' : s.p[i];
        i += space ? 3 : 1;
    }
    return n;
}

/* The byte that "<0x41>" names, or -1. */
static int byte_name(struct view s) {
    int v = 0;
    if (s.n != 6 || memcmp(s.p, "<0x", 3) != 0 || s.p[5] != '>') return -1;
    for (int i = 3; i < 5; i++) {
        char c = s.p[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        if (digit < 0) return -1;
        v = 16 * v + digit;
    }
    return v;
}

/* FNV-1a, stirred once at the end because the mask takes the low bits. */
static uint64_t hash_more(uint64_t h, struct view v) {
    for (size_t i = 0; i < v.n; i++) h = (h ^ (unsigned char)v.p[i]) * 0x100000001B3u;
    return h;
}

static size_t hash_slot(const struct tok_table *t, struct view a, struct view b) {
    uint64_t h = hash_more(hash_more(0xCBF29CE484222325u, a), b);
    h ^= h >> 32;
    h *= 0x9E3779B97F4A7C15u;
    return (size_t)(h >> 29) & t->mask;
}

int tok_table_init(struct tok_table *t, size_t n, const struct view *of, struct arena *a) {
    size_t slots = 16;
    while (slots < 2 * n) slots *= 2;
    *t = (struct tok_table){ARENA_NEW(a, int32_t, slots), slots - 1, of};
    if (t->slot) memset(t->slot, 0xFF, slots * sizeof *t->slot);
    return t->slot != NULL;
}

static int same(struct view whole, struct view a, struct view b) {
    return whole.n == a.n + b.n && (a.n == 0 || memcmp(whole.p, a.p, a.n) == 0) &&
           (b.n == 0 || memcmp(whole.p + a.n, b.p, b.n) == 0);
}

void tok_table_add(struct tok_table *t, int32_t id) {
    struct view s = t->of[id], none = {NULL, 0};
    size_t i = hash_slot(t, s, none);
    for (; t->slot[i] >= 0; i = (i + 1) & t->mask)
        if (same(t->of[t->slot[i]], s, none)) return;
    t->slot[i] = id;
}

int32_t tok_table_find(const struct tok_table *t, struct view a, struct view b) {
    for (size_t i = hash_slot(t, a, b); t->slot[i] >= 0; i = (i + 1) & t->mask)
        if (same(t->of[t->slot[i]], a, b)) return t->slot[i];
    return -1;
}

const char *tok_show(char out[TOK_SHOWN], struct view v) {
    size_t n = 0;
    for (size_t i = 0; i < v.n;) {
        size_t len = utf8_len(v.p + i, v.n - i);
        int plain = len > 0 && utf8_plain(utf8_point(v.p + i, len));
        size_t step = len ? len : 1;
        if (n + step + 4 > TOK_SHOWN) {
            memcpy(out + n, "...", 3);
            n += 3;
            break;
        }
        if (plain) memcpy(out + n, v.p + i, len);
        if (!plain) out[n] = '?';
        n += plain ? len : 1;
        i += step;
    }
    out[n] = 0;
    return out;
}

/* Marks that templates put around turns; control whatever type a converter gave them. */
static int turn_mark(struct view s) {
    static const char *const mark[] = {
        "<|im_start|>",     "<|im_end|>",      "<|start_header_id|>", "<|end_header_id|>",
        "<|eot_id|>",       "<start_of_turn>", "<end_of_turn>",       "[multimodal]",
        "<start_of_image>", "<end_of_image>",  "<image_soft_token>"};
    for (size_t i = 0; i < COUNT(mark); i++)
        if (view_eq_str(s, mark[i])) return 1;
    return 0;
}

static enum tok_kind kind_of(int32_t type, struct view s, int spelled) {
    enum { NORMAL = 1, CONTROL = 3, USER = 4, BYTE = 6 };
    int barred = s.n > 4 && memcmp(s.p, "<|", 2) == 0 && memcmp(s.p + s.n - 2, "|>", 2) == 0;
    if (type == CONTROL || turn_mark(s) || (type == USER && barred)) return TOK_CONTROL;
    if (type == USER) return s.n ? TOK_USER : TOK_OTHER;
    return (type == NORMAL || type == BYTE) && spelled ? TOK_NORMAL : TOK_OTHER;
}

static int by_text(struct view a, struct view b) {
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

struct user {
    struct view text;
    int32_t id;
};

static int user_order(const void *a, const void *b) {
    const struct user *x = a, *y = b;
    int c = by_text(x->text, y->text);
    return c ? c : (x->id > y->id) - (x->id < y->id);
}

static enum status collect_user(struct tok_vocab *v, struct arena *keep, struct arena *temp,
                                struct err *e) {
    size_t n = 0;
    for (int32_t i = 0; i < v->n; i++) n += v->kind[i] == TOK_USER;
    struct user *list = ARENA_NEW(temp, struct user, n);
    v->user = ARENA_NEW(keep, int32_t, n);
    if (!list || !v->user) return fail(e, ST_NO_MEMORY, "no memory for the vocabulary");
    n = 0;
    for (int32_t i = 0; i < v->n; i++) {
        if (v->kind[i] != TOK_USER) continue;
        if (v->text[i].n > TOK_MAX_USER_BYTES)
            return fail(e, ST_UNSUPPORTED,
                        "tokenizer.ggml.tokens[%d]: user-defined token of %zu bytes, at most %d", i,
                        v->text[i].n, TOK_MAX_USER_BYTES);
        list[n++] = (struct user){v->text[i], i};
    }
    if (n) qsort(list, n, sizeof *list, user_order);
    for (size_t i = 0; i < n; i++) {
        if (i && view_eq(list[i].text, list[i - 1].text)) continue;
        v->user[v->n_user++] = list[i].id;
        v->user_first[(unsigned char)list[i].text.p[0]] = 1;
    }
    return ST_OK;
}

size_t tok_vocab_user(const struct tok_vocab *v, struct view text, int32_t *id, uint64_t *work) {
    size_t best = 0, lo = 0, hi = v->n_user;
    if (text.n == 0 || !v->user_first[(unsigned char)text.p[0]]) return 0;
    /* Narrows the sorted tokens to those that start with the first `len` bytes of text. */
    for (size_t len = 1; len <= text.n && lo < hi; len++) {
        struct view part = view_sub(text, 0, len);
        size_t a = lo, b = hi;
        for (; a < b; ++*work) {
            size_t mid = a + (b - a) / 2;
            if (by_text(v->text[v->user[mid]], part) < 0)
                a = mid + 1;
            else
                b = mid;
        }
        lo = a;
        for (b = hi; a < b; ++*work) {
            size_t mid = a + (b - a) / 2;
            if (by_text(view_sub(v->text[v->user[mid]], 0, len), part) <= 0)
                a = mid + 1;
            else
                b = mid;
        }
        hi = a;
        if (lo < hi && v->text[v->user[lo]].n == len) {
            best = len;
            *id = v->user[lo];
        }
    }
    return best;
}

/* Kind and text of one token; the text goes to `at`, *n bytes. */
static enum tok_kind spell(const struct alphabet *a, enum tok_spelling spelling, int32_t type,
                           struct view name, char *at, size_t *n) {
    enum { BYTE = 6 };
    int byte = spelling == TOK_PIECES && type == BYTE ? byte_name(name) : -1;
    if (byte >= 0) {
        at[0] = (char)byte;
        *n = 1;
        return TOK_BYTE;
    }
    int spelled =
        spelling == TOK_PIECES ? type != BYTE && name.n > 0 : alphabet_read(a, name, at, n);
    enum tok_kind kind = kind_of(type, name, spelled);
    if (spelling == TOK_PIECES && (kind == TOK_NORMAL || kind == TOK_USER)) {
        *n = tok_plain_spaces(at, name);
    } else if (kind != TOK_NORMAL) {
        *n = name.n;
        if (name.n) memcpy(at, name.p, name.n);
    }
    return kind;
}

static enum status fill_texts(struct tok_vocab *v, const struct view *name, const int32_t *type,
                              enum tok_spelling spelling, struct arena *keep, struct err *e) {
    struct alphabet alphabet;
    alphabet_init(&alphabet);
    size_t bytes = 0;
    for (int32_t i = 0; i < v->n; i++) bytes += name[i].n;
    char *at = ARENA_NEW(keep, char, bytes);
    v->text = ARENA_NEW(keep, struct view, (size_t)v->n);
    v->kind = ARENA_NEW(keep, uint8_t, (size_t)v->n);
    if (!at || !v->text || !v->kind) return fail(e, ST_NO_MEMORY, "no memory for the vocabulary");
    for (int32_t i = 0; i < v->n; i++) {
        size_t n = 0;
        if (type[i] < 1 || type[i] > 6)
            return fail(e, ST_CORRUPT, "tokenizer.ggml.token_type[%d] is %d, must be 1 to 6", i,
                        type[i]);
        v->kind[i] = (uint8_t)spell(&alphabet, spelling, type[i], name[i], at, &n);
        v->text[i] = (struct view){at, n};
        at += n;
    }
    return ST_OK;
}

enum status tok_vocab_load(struct tok_vocab *v, const struct gguf *g, enum tok_spelling spelling,
                           struct arena *keep, struct arena *temp, struct tok_table *names,
                           struct err *e) {
    struct view *name;
    int32_t *type;
    uint64_t n, n_type;
    *v = (struct tok_vocab){0};
    TRY(gguf_strings(g, "tokenizer.ggml.tokens", TOK_MAX_TOKENS, temp, &name, &n, e));
    TRY(gguf_ints(g, "tokenizer.ggml.token_type", TOK_MAX_TOKENS, temp, &type, &n_type, e));
    if (n == 0) return fail(e, ST_CORRUPT, "tokenizer.ggml.tokens is empty");
    if (n_type != n)
        return fail(e, ST_CORRUPT,
                    "tokenizer.ggml.token_type has %llu entries, tokenizer.ggml.tokens has %llu",
                    (unsigned long long)n_type, (unsigned long long)n);
    const struct gguf_tensor *rows = gguf_tensor(g, "token_embd.weight");
    if (rows && rows->dim[1] < n)
        return fail(e, ST_CORRUPT, "tokenizer.ggml.tokens has %llu entries, the model only %llu",
                    (unsigned long long)n, (unsigned long long)rows->dim[1]);
    v->n = (int32_t)n;
    TRY(fill_texts(v, name, type, spelling, keep, e));
    TRY(collect_user(v, keep, temp, e));
    if (!tok_table_init(&v->normal, n, v->text, keep) ||
        !tok_table_init(&v->control, n, v->text, keep) || !tok_table_init(names, n, name, temp))
        return fail(e, ST_NO_MEMORY, "no memory for the vocabulary");
    for (int32_t i = 0; i < v->n; i++) {
        if (v->kind[i] == TOK_NORMAL) tok_table_add(&v->normal, i), tok_table_add(names, i);
        if (v->kind[i] == TOK_CONTROL) tok_table_add(&v->control, i);
    }
    for (int32_t i = 0; i < v->n; i++)
        if (v->kind[i] != TOK_NORMAL) tok_table_add(names, i);
    return ST_OK;
}
