/* Words: classes of characters and folding by utf8proc, English plurals by Snowball's stemmer. */
#include "server/value/words.h"

#include <libstemmer.h>
#include <pthread.h>
#include <string.h>
#include <utf8proc.h>

enum {
    WORD_BYTES =
        128,      /* folded words that are compared by their endings; longer ones byte by byte */
    CLUSTER = 16, /* code points that are folded together: a letter and the marks on it */
    EXPANDED = CLUSTER * 18 /* code points that they can become under NFKC */
};

/* --- classes */

/* Scripts whose words are written without spaces, and Hangul, whose words carry their particles. */
static int is_ideographic(uint32_t c) {
    static const uint32_t range[][2] = {
        {0x0E00, 0x0EFF},   /* Thai, Lao */
        {0x1000, 0x109F},   /* Myanmar */
        {0x1100, 0x11FF},   /* Hangul letters */
        {0x1780, 0x17FF},   /* Khmer */
        {0x2E80, 0x2FDF},   /* parts of Han characters */
        {0x3005, 0x3007},   /* Han: repetition, zero */
        {0x3041, 0x318F},   /* Hiragana, Katakana, Bopomofo, Hangul */
        {0x31A0, 0x31FF},   /* Bopomofo, Katakana */
        {0x3400, 0x4DBF},   /* Han */
        {0x4E00, 0x9FFF},   /* Han */
        {0xA960, 0xA97F},   /* Hangul */
        {0xAC00, 0xD7FF},   /* Hangul */
        {0xF900, 0xFAFF},   /* Han */
        {0xFF66, 0xFFDC},   /* half-width Katakana and Hangul */
        {0x20000, 0x323AF}, /* Han */
    };
    for (size_t i = 0; i < COUNT(range); i++)
        if (c >= range[i][0] && c <= range[i][1]) return 1;
    return 0;
}

/* Characters whose general category says something else than what they are used for. */
static int special_class(uint32_t c, enum word_class *out) {
    switch (c) {
    case '\t':
    case '\n':
    case '\v':
    case '\f':
    case '\r':
    case 0x85:
    case 0x200B: /* zero-width space */
    case 0xFEFF: *out = WORD_SPACE; return 1;
    case 0xAD: /* soft hyphen and the joiners stand inside words */
    case 0x200C:
    case 0x200D: *out = WORD_LETTER; return 1;
    case 0x2212: /* minus */
    case 0xFF5E: *out = WORD_DASH; return 1;
    case '\'':
    case '"':
    case '`':
    case 0xB4:
    case 0x2BC:
    case 0x201A:
    case 0x201E:
    case 0xFF02:
    case 0xFF07: *out = WORD_QUOTE; return 1;
    default: return 0;
    }
}

static enum word_class class_of(uint32_t c) {
    enum word_class special;
    if (special_class(c, &special)) return special;
    switch (utf8proc_category((utf8proc_int32_t)c)) {
    case UTF8PROC_CATEGORY_ND: return WORD_DIGIT;
    case UTF8PROC_CATEGORY_SC: return WORD_MONEY;
    case UTF8PROC_CATEGORY_PD: return WORD_DASH;
    case UTF8PROC_CATEGORY_PI:
    case UTF8PROC_CATEGORY_PF: return WORD_QUOTE;
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP: return WORD_SPACE;
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_NL: return is_ideographic(c) ? WORD_IDEO : WORD_LETTER;
    default: return WORD_OTHER;
    }
}

enum word_class word_class_at(const char *p, size_t n, size_t *len) {
    size_t k = utf8_len(p, n);
    *len = k ? k : 1;
    if (k == 0) return WORD_OTHER;
    if (k == 1) {
        char c = p[0];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return WORD_LETTER;
        if (c >= '0' && c <= '9') return WORD_DIGIT;
        if (c == ' ') return WORD_SPACE;
    }
    return class_of(utf8_point(p, k));
}

/* --- words */

static enum word_class class_in(struct view v, size_t at, size_t *len) {
    *len = 0;
    return at < v.n ? word_class_at(v.p + at, v.n - at, len) : WORD_OTHER;
}

static int is_apostrophe(struct view v, size_t at, size_t len) {
    uint32_t c = utf8_point(v.p + at, len);
    return c == '\'' || c == 0x2019 || c == 0x2BC || c == 0xFF07;
}

/* Length of a mark at `at` that belongs to the word around it: an apostrophe between letters or
 * digits, a point or comma between digits. 0 when it ends the word. */
static size_t mark_inside(struct view v, size_t at, enum word_class before) {
    size_t len, next;
    enum word_class c = class_in(v, at, &len);
    if (len == 0) return 0;
    enum word_class after = class_in(v, at + len, &next);
    if (next == 0) return 0;
    if (c == WORD_QUOTE && is_apostrophe(v, at, len))
        return after == WORD_LETTER || after == WORD_DIGIT ? len : 0;
    int point = v.p[at] == '.' || v.p[at] == ',';
    return point && before == WORD_DIGIT && after == WORD_DIGIT ? len : 0;
}

struct view word_next(struct view text, size_t *at) {
    size_t i = *at, len;
    enum word_class c = WORD_OTHER;
    for (; i < text.n; i += len) {
        c = class_in(text, i, &len);
        if (c == WORD_LETTER || c == WORD_DIGIT || c == WORD_IDEO) break;
    }
    size_t from = i;
    int ideo = c == WORD_IDEO;
    for (enum word_class last = c; i < text.n; i += len) {
        c = class_in(text, i, &len);
        int more = ideo ? c == WORD_IDEO : c == WORD_LETTER || c == WORD_DIGIT;
        if (!more && (ideo || (len = mark_inside(text, i, last)) == 0)) break;
        last = c;
    }
    *at = i;
    return view_sub(text, from, i - from);
}

/* --- folding */

static uint32_t plain_mark(uint32_t c) {
    switch (c) {
    case 0x2018:
    case 0x2019:
    case 0x201A:
    case 0x201B:
    case 0x2BC:
    case 0xB4:
    case '`': return '\'';
    case 0x201C:
    case 0x201D:
    case 0x201E:
    case 0x201F:
    case 0xAB:
    case 0xBB: return '"';
    case 0x2010:
    case 0x2011:
    case 0x2012:
    case 0x2013:
    case 0x2014:
    case 0x2015:
    case 0x2212: return '-';
    default: return c;
    }
}

static int joins_before(uint32_t c) {
    utf8proc_category_t k = utf8proc_category((utf8proc_int32_t)c);
    return k == UTF8PROC_CATEGORY_MN || k == UTF8PROC_CATEGORY_MC || k == UTF8PROC_CATEGORY_ME ||
           (c >= 0x1160 && c <= 0x11FF) || c == 0xFF9E || c == 0xFF9F;
}

/* Bytes at p that are composed with each other: a character and what joins it. */
static size_t cluster_at(const char *p, size_t n) {
    size_t all = utf8_len(p, n);
    if (all == 0) return 1;
    for (int k = 1; k < CLUSTER && all < n; k++) {
        if ((unsigned char)p[all] < 0x80) break;
        size_t len = utf8_len(p + all, n - all);
        if (len == 0 || !joins_before(utf8_point(p + all, len))) break;
        all += len;
    }
    return all;
}

/* Folds one cluster into out; the bytes written, or -1 when they do not fit. */
static int fold_cluster(const char *p, size_t n, char *out, size_t room) {
    const utf8proc_option_t how =
        UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE | UTF8PROC_STABLE;
    utf8proc_int32_t point[EXPANDED];
    utf8proc_ssize_t k =
        utf8proc_decompose((const utf8proc_uint8_t *)p, (utf8proc_ssize_t)n, point, EXPANDED, how);
    if (k < 0 || k > EXPANDED) {
        if (room < 1) return -1;
        *out = '?';
        return 1;
    }
    k = utf8proc_normalize_utf32(point, k, how);
    size_t used = 0;
    for (utf8proc_ssize_t i = 0; i < k; i++) {
        utf8proc_uint8_t bytes[4];
        utf8proc_int32_t c = (utf8proc_int32_t)plain_mark((uint32_t)point[i]);
        utf8proc_ssize_t len = utf8proc_encode_char(c, bytes);
        if ((size_t)len > room - used) return -1;
        memcpy(out + used, bytes, (size_t)len);
        used += (size_t)len;
    }
    return (int)used;
}

size_t word_fold(struct view v, char *out, size_t size) {
    size_t used = 0;
    if (size == 0) return 0;
    for (size_t i = 0; i < v.n;) {
        unsigned char c = (unsigned char)v.p[i];
        size_t room = size - 1 - used;
        if (c < 0x80 && (i + 1 == v.n || (unsigned char)v.p[i + 1] < 0x80)) {
            if (room == 0) break;
            out[used++] = c == '`' ? '\'' : (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
            i++;
            continue;
        }
        size_t n = cluster_at(v.p + i, v.n - i);
        int k = fold_cluster(v.p + i, n, out + used, room);
        if (k < 0) break;
        used += (size_t)k;
        i += n;
    }
    out[used] = 0;
    return used;
}

/* --- plurals */

/* The stemmer is one for the process, used behind a lock: making one costs more than a stem. */
static pthread_once_t stemmer_once = PTHREAD_ONCE_INIT;
static pthread_mutex_t stemmer_lock = PTHREAD_MUTEX_INITIALIZER;
static struct sb_stemmer *stemmer;

static void stemmer_make(void) {
    stemmer = sb_stemmer_new("english", NULL);
}

static int same_stem(struct view a, struct view b) {
    char stem[WORD_BYTES];
    int same = 0;
    pthread_once(&stemmer_once, stemmer_make);
    if (!stemmer) return 0;
    pthread_mutex_lock(&stemmer_lock);
    const sb_symbol *s = sb_stemmer_stem(stemmer, (const sb_symbol *)a.p, (int)a.n);
    int n = sb_stemmer_length(stemmer);
    if (s && n >= 0 && n < WORD_BYTES) {
        memcpy(stem, s, (size_t)n);
        s = sb_stemmer_stem(stemmer, (const sb_symbol *)b.p, (int)b.n);
        same = s && sb_stemmer_length(stemmer) == n && memcmp(stem, s, (size_t)n) == 0;
    }
    pthread_mutex_unlock(&stemmer_lock);
    return same;
}

static int ends(struct view v, const char *end) {
    size_t n = strlen(end);
    return v.n >= n && memcmp(v.p + v.n - n, end, n) == 0;
}

static struct view without_possessive(struct view v) {
    if (ends(v, "'s")) return view_sub(v, 0, v.n - 2);
    return ends(v, "'") ? view_sub(v, 0, v.n - 1) : v;
}

/* Whether `many` is `one` with its last letters exchanged. */
static int turns(struct view one, struct view many, const char *last, const char *plural) {
    size_t stem = one.n - strlen(last);
    return ends(one, last) && ends(many, plural) && many.n == stem + strlen(plural) &&
           memcmp(one.p, many.p, stem) == 0;
}

/* The stemmer decides whether an added s is a plural ("news" is none of "new"); it does not know
 * changed letters. Words under three letters have no plural here: "a" and "as". */
static int is_plural(struct view one, struct view many) {
    static const char *const changed[][2] = {
        {"f", "ves"},          {"fe", "ves"},      {"man", "men"},    {"foot", "feet"},
        {"child", "children"}, {"tooth", "teeth"}, {"mouse", "mice"}, {"goose", "geese"}};
    if (one.n < 3) return 0;
    for (size_t i = 0; i < COUNT(changed); i++)
        if (turns(one, many, changed[i][0], changed[i][1])) return 1;
    int hisses = ends(one, "s") || ends(one, "x") || ends(one, "z") || ends(one, "ch");
    if (hisses && turns(one, many, "", "es")) return 1;
    int ending =
        turns(one, many, "", "s") || turns(one, many, "", "es") || turns(one, many, "y", "ies");
    return ending && same_stem(one, many);
}

int word_same(struct view a, struct view b) {
    char fold_a[WORD_BYTES], fold_b[WORD_BYTES];
    if (a.n >= WORD_BYTES / 2 || b.n >= WORD_BYTES / 2) return view_eq(a, b);
    struct view x = {fold_a, word_fold(a, fold_a, sizeof fold_a)};
    struct view y = {fold_b, word_fold(b, fold_b, sizeof fold_b)};
    if (x.n == 0 || y.n == 0) return view_eq(a, b);
    if (fold_a[0] != fold_b[0]) return 0;
    if (view_eq(x, y)) return 1;
    x = without_possessive(x);
    y = without_possessive(y);
    return view_eq(x, y) || (x.n < y.n ? is_plural(x, y) : is_plural(y, x)) ||
           (x.n == y.n && (is_plural(x, y) || is_plural(y, x)));
}

/* --- names in texts */

/* Signs that make another word of the one before them: C, C++, C#. */
static size_t signs_at(struct view v, size_t at) {
    size_t n = 0;
    while (at + n < v.n && (v.p[at + n] == '+' || v.p[at + n] == '#')) n++;
    return n;
}

static int is_ideo_word(struct view w) {
    size_t len;
    return w.n && word_class_at(w.p, w.n, &len) == WORD_IDEO;
}

/* A name in a script without spaces may stand anywhere in a run. */
static int ideo_named(struct view name, struct view text, size_t *from, size_t *to) {
    for (size_t i = 0; i + name.n <= text.n; i++)
        if (memcmp(text.p + i, name.p, name.n) == 0) {
            *from = i;
            *to = i + name.n;
            return 1;
        }
    return 0;
}

/* Whether the words of name stand in text from the word at `at` on; *to: where they end there. */
static int named_here(struct view name, struct view text, size_t at, size_t *to) {
    for (size_t k = 0;;) {
        struct view want = word_next(name, &k);
        if (want.n == 0) return 1;
        if (!word_same(want, word_next(text, &at))) return 0;
        size_t signs = signs_at(name, k);
        if (signs != signs_at(text, at) || memcmp(name.p + k, text.p + at, signs) != 0) return 0;
        k += signs;
        at += signs;
        *to = at;
    }
}

int words_named(struct view name, struct view text, size_t *from, size_t *to) {
    size_t first = 0, a = 0, b = 0;
    struct view word = word_next(name, &first);
    int found = 0;
    if (word.n == 0) return 0;
    size_t second = first;
    if (is_ideo_word(word) && word_next(name, &second).n == 0)
        found = ideo_named(word, text, &a, &b);
    for (size_t at = 0; !found && at < text.n;) {
        struct view w = word_next(text, &at);
        if (w.n == 0) break;
        a = (size_t)(w.p - text.p);
        found = named_here(name, text, a, &b);
    }
    if (found && from) *from = a;
    if (found && to) *to = b;
    return found;
}
