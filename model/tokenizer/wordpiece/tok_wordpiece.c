/* WordPiece after BERT's basic tokenizer. */
#include "model/tokenizer/wordpiece/tok_wordpiece.h"

#include "model/tokenizer/tok_vocab.h"
#include "model/tokenizer/wordpiece/tok_wordpiece_table.h"

#include <string.h>

/* A word of more characters is unknown, as in the original. */
enum { WORD_CHARS = 100, WORD_BYTES = 4 * WORD_CHARS, VOCAB_BYTES = 64 << 20 };
enum { HANGUL = 0xAC00, HANGUL_END = 0xD7A4, JAMO_L = 0x1100, JAMO_V = 0x1161, JAMO_T = 0x11A7 };

struct wordpiece {
    struct arena arena;
    struct view *text; /* (n) */
    int32_t n, cls, sep, unk;
    struct tok_table table;
};

/* --- code points --- */

static int in(const struct wordpiece_range *r, int n, uint32_t c) {
    int lo = 0, hi = n;
    while (lo < hi) {
        int mid = (lo + hi) / 2;
        if (c > r[mid].hi)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < n && c >= r[lo].lo;
}
#define IN(name, c) in(wordpiece_##name, wordpiece_n_##name, (c))

static uint32_t moved(uint32_t c) {
    int lo = 0, hi = wordpiece_n_moves;
    while (lo < hi) {
        int mid = (lo + hi) / 2;
        if (c > wordpiece_moves[mid].hi)
            lo = mid + 1;
        else
            hi = mid;
    }
    const struct wordpiece_move *m = &wordpiece_moves[lo];
    if (lo < wordpiece_n_moves && c >= m->lo && (c - m->lo) % (uint32_t)m->step == 0)
        return (uint32_t)((int32_t)c + m->delta);
    return c;
}

/* What c becomes, in out; answers how many, at most 4. */
static int replace(uint32_t c, uint32_t out[4]) {
    if (c >= HANGUL && c < HANGUL_END) {
        uint32_t s = c - HANGUL, tail = s % 28;
        out[0] = JAMO_L + s / 588;
        out[1] = JAMO_V + s % 588 / 28;
        out[2] = JAMO_T + tail;
        return tail ? 3 : 2;
    }
    for (int i = 0; i < wordpiece_n_splits; i++) {
        const struct wordpiece_split *x = &wordpiece_splits[i];
        int n = 0;
        if (x->from != c) continue;
        while (n < 4 && x->to[n]) {
            out[n] = x->to[n];
            n++;
        }
        return n;
    }
    out[0] = moved(c);
    return 1;
}

static size_t put_utf8(char *p, uint32_t c) {
    if (c < 0x80) {
        p[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, c >>= 6) p[i] = (char)(0x80 | (c & 0x3F));
    p[0] = (char)((n == 2 ? 0xC0 : n == 3 ? 0xE0 : 0xF0) | c);
    return n;
}

/* --- words --- */

struct writer {
    const struct wordpiece *w;
    int32_t *ids;
    int n, max, cut; /* max leaves room for [SEP] */
    char word[WORD_BYTES];
    size_t bytes;
    int chars;
};

static void emit(struct writer *o, int32_t id) {
    if (o->n < o->max)
        o->ids[o->n++] = id;
    else
        o->cut = 1;
}

/* The longest piece that the word has at `from`: its id, its end in *to; -1 if there is none. */
static int32_t longest(const struct writer *o, size_t from, size_t *to) {
    struct view mark = from ? VIEW("##") : (struct view){"", 0};
    for (*to = o->bytes; *to > from; --*to) {
        if (*to < o->bytes && ((unsigned char)o->word[*to] & 0xC0) == 0x80) continue;
        int32_t id = tok_table_find(&o->w->table, mark, (struct view){o->word + from, *to - from});
        if (id >= 0) return id;
    }
    return -1;
}

/* One piece that is missing makes the whole word unknown. */
static void end_word(struct writer *o) {
    int32_t piece[WORD_CHARS];
    int n = 0, unknown = o->chars > WORD_CHARS;
    for (size_t at = 0, to; !unknown && at < o->bytes; at = to) {
        piece[n] = longest(o, at, &to);
        unknown = piece[n++] < 0;
    }
    if (unknown) {
        emit(o, o->w->unk);
    } else {
        for (int i = 0; i < n; i++) emit(o, piece[i]);
    }
    o->bytes = 0;
    o->chars = 0;
}

static void add(struct writer *o, uint32_t c) {
    int alone = IN(punct, c), space = IN(space, c);
    if (alone || space) end_word(o);
    if (space) return;
    if (++o->chars <= WORD_CHARS) o->bytes += put_utf8(o->word + o->bytes, c);
    if (alone) end_word(o);
}

static void add_raw(struct writer *o, uint32_t c) {
    uint32_t out[4];
    int alone = IN(cjk, c);
    if (c == 0 || IN(drop, c)) return;
    if (alone) end_word(o);
    int n = replace(c, out);
    for (int i = 0; i < n; i++) add(o, out[i]);
    if (alone) end_word(o);
}

int wordpiece_encode(const struct wordpiece *w, struct view text, int max, int32_t *ids, int *cut) {
    struct writer o = {.w = w, .ids = ids, .max = max - 1};
    emit(&o, w->cls);
    for (size_t i = 0; i < text.n && !o.cut;) {
        size_t len = utf8_len(text.p + i, text.n - i);
        if (len) add_raw(&o, utf8_point(text.p + i, len)); /* broken bytes are left out */
        i += len ? len : 1;
    }
    end_word(&o);
    ids[o.n++] = w->sep;
    if (cut) *cut = o.cut;
    return o.n;
}

/* --- the vocabulary --- */

static enum status read_lines(struct wordpiece *w, const char *file, struct view vocab,
                              struct err *e) {
    int32_t n = 0;
    for (size_t i = 0; i < vocab.n; i++) n += vocab.p[i] == '\n';
    if (vocab.n && vocab.p[vocab.n - 1] != '\n') n++;
    if (n > TOK_MAX_TOKENS)
        return fail(e, ST_LIMIT, "%s: %d tokens; at most %d are read", file, n, TOK_MAX_TOKENS);
    char *copy = arena_copy(&w->arena, vocab.p, vocab.n);
    w->text = ARENA_NEW(&w->arena, struct view, (size_t)n);
    if (!copy || !w->text || !tok_table_init(&w->table, (size_t)n, w->text, &w->arena))
        return fail(e, ST_NO_MEMORY, "no memory for a vocabulary of %d tokens", n);
    const char *end = copy + vocab.n;
    for (const char *p = copy; p < end; w->n++) {
        const char *nl = memchr(p, '\n', (size_t)(end - p)), *stop = nl ? nl : end;
        struct view v = {p, (size_t)(stop - p)};
        if (v.n && v.p[v.n - 1] == '\r') v.n--;
        if (!utf8_valid(v)) {
            enum status st = fail(e, ST_CORRUPT, "%s: line %d is no UTF-8", file, w->n + 1);
            err_line(e, w->n + 1);
            return st;
        }
        w->text[w->n] = v;
        tok_table_add(&w->table, w->n);
        p = stop + 1;
    }
    return ST_OK;
}

static enum status control(const struct wordpiece *w, const char *file, const char *name,
                           int32_t *id, struct err *e) {
    *id = tok_table_find(&w->table, view_of(name), (struct view){"", 0});
    return *id >= 0 ? ST_OK : fail(e, ST_CORRUPT, "%s: there is no token %s", file, name);
}

enum status wordpiece_open(struct wordpiece **out, const char *file, struct view vocab,
                           struct err *e) {
    struct wordpiece *w = mem_alloc(sizeof *w);
    if (!w) return fail(e, ST_NO_MEMORY, "no memory for a tokenizer");
    *w = (struct wordpiece){.n = 0};
    arena_init(&w->arena, VOCAB_BYTES);
    enum status st = read_lines(w, file, vocab, e);
    if (st == ST_OK) st = control(w, file, "[UNK]", &w->unk, e);
    if (st == ST_OK) st = control(w, file, "[CLS]", &w->cls, e);
    if (st == ST_OK) st = control(w, file, "[SEP]", &w->sep, e);
    if (st != ST_OK) {
        wordpiece_close(w);
        return st;
    }
    *out = w;
    return ST_OK;
}

void wordpiece_close(struct wordpiece *w) {
    if (!w) return;
    arena_free(&w->arena);
    mem_free(w);
}

int wordpiece_count(const struct wordpiece *w) {
    return w->n;
}
