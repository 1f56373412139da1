/* Plain words, number words, and which language a wish is in. */
#include "server/wish/grammar/grammar.h"
#include "server/value/words.h"

#include <pthread.h>
#include <string.h>

enum { LANGUAGE_WORDS = 2000, PLAIN_BYTES = 64 }; /* words that are looked at */

const struct grammar *const grammars[GRAMMARS] = {
    &grammar_en, &grammar_de, &grammar_fr, &grammar_es, &grammar_it, &grammar_nl, &grammar_pt};

static struct grammar_letters letters[GRAMMARS];
static pthread_once_t letters_once = PTHREAD_ONCE_INIT;

unsigned letter_bit(const char *word) {
    return *word >= 'a' && *word <= 'z' ? 2u << (*word - 'a') : 1u;
}

static unsigned letters_of(const char *phrase) {
    unsigned set = 0;
    for (const char *p = phrase; *p && *p != ' '; p++) {
        if (*p == '*' || *p == '#') return ~0u;
        if (p == phrase || p[-1] == '|') set |= letter_bit(p);
    }
    return set;
}

static void make_letters(void) {
    for (int i = 0; i < GRAMMARS; i++) {
        const struct grammar *g = grammars[i];
        struct grammar_letters *l = &letters[i];
        CHECK(g->n_fillers <= GRAMMAR_ROWS);
        CHECK(g->n_bounds <= GRAMMAR_ROWS);
        for (size_t r = 0; g->mark[r].phrase; r++) {
            CHECK(r < GRAMMAR_ROWS);
            l->mark[r] = letters_of(g->mark[r].phrase);
        }
        for (size_t r = 0; r < g->n_fillers; r++) l->filler[r] = letters_of(g->filler[r].phrase);
        for (size_t r = 0; r < g->n_bounds; r++) l->bound[r] = letters_of(g->bound[r].phrase);
    }
}

const struct grammar_letters *grammar_letters(const struct grammar *g) {
    (void)pthread_once(&letters_once, make_letters);
    for (int i = 0; i < GRAMMARS; i++)
        if (grammars[i] == g) return &letters[i];
    return &letters[0];
}

/* The letter without its accent: U+00E0 to U+00FF, folded. */
static char bare_letter(unsigned char second) {
    static const char base[] = "aaaaaaaceeeeiiiidnooooo/ouuuuypy"; /* of 0xA0 to 0xBF */
    return base[second - 0xA0];
}

size_t plain_word(struct view word, char *out, size_t size) {
    char folded[PLAIN_BYTES];
    size_t n = 0, k;
    if (word.n >= PLAIN_BYTES / 2) return out[0] = 0, 0;
    k = word_fold(word, folded, sizeof folded);
    for (size_t i = 0; i < k; i++) {
        unsigned char c = (unsigned char)folded[i];
        if (c == '\'') continue;
        if (n + 1 >= size) return out[0] = 0, 0;
        if (c == 0xC3 && i + 1 < k && (unsigned char)folded[i + 1] >= 0xA0)
            out[n++] = bare_letter((unsigned char)folded[++i]);
        else
            out[n++] = (char)c;
    }
    out[n] = 0;
    return n;
}

int plain_is(const char *word, size_t n, const char *alternatives) {
    const char *p = alternatives;
    while (n && *p && *p != ' ') {
        size_t k = strcspn(p, "| ");
        if (k == n && memcmp(word, p, n) == 0) return 1;
        p += k;
        if (*p == '|') p++;
    }
    return 0;
}

static double simple_number(const struct grammar *g, const char *word, size_t n) {
    static const double value[] = {0.5, 1,  2,  3,  4,  5,  6,   7,   8,  9,  10,
                                   11,  12, 13, 14, 15, 16, 17,  18,  19, 20, 30,
                                   40,  50, 60, 70, 80, 90, 100, 1e3, 1e6};
    const char *p = g->numbers;
    for (size_t i = 0; i < COUNT(value) && p; i++) {
        if (plain_is(word, n, p)) return value[i];
        p = strchr(p, ' ');
        if (p) p++;
    }
    return 0;
}

/* Whether a word ends in the language's hundred or thousand, or has it inside: only such words, and
 * those of tens, are put together of others. */
static int may_be_joined(const char *word, size_t n) {
    static const char *const parts[] = {"hundert", "tausend", "honderd", "duizend", "cento",
                                        "mila",    "cientos", "zig",     "ssig",    "tig"};
    char text[PLAIN_BYTES];
    if (n < 7 || n >= sizeof text) return 0;
    memcpy(text, word, n);
    text[n] = 0;
    for (size_t i = 0; i < COUNT(parts); i++)
        if (strstr(text, parts[i])) return 1;
    return 0;
}

/* "zweihundert", "duecentocinquanta", "fünfundzwanzig": the first n bytes, of two numbers. */
static double joined_number(const struct grammar *g, const char *word, size_t n) {
    for (size_t k = n - 1; k >= 3; k--) {
        double tail = simple_number(g, word + k, n - k), head;
        if (tail < 1) continue;
        if (!(head = simple_number(g, word, k))) head = joined_number(g, word, k);
        if ((tail == 100 && head >= 1 && head < 10) || (tail == 1000 && head >= 1 && head < 1000))
            return head * tail;
        if (head >= 100 && tail < 100) return head + tail;
        if (tail < 20 || tail > 90) continue;
        size_t und = k >= 6 && memcmp(word + k - 3, "und", 3) == 0  ? 3
                     : k >= 5 && memcmp(word + k - 2, "en", 2) == 0 ? 2
                                                                    : 0;
        double ones = und ? simple_number(g, word, k - und) : 0;
        if (ones >= 1 && ones < 10) return ones + tail;
    }
    return 0;
}

double plain_number(const struct grammar *g, const char *word, size_t n) {
    double v = simple_number(g, word, n);
    return v > 0 || g == &grammar_en || !may_be_joined(word, n) ? v : joined_number(g, word, n);
}

/* Words of a wish count by how many languages have them: "in" says less than "mit". */
const struct grammar *grammar_of(struct view wish) {
    int score[GRAMMARS] = {0}, best = 0;
    struct view w;
    size_t at = 0;
    for (int k = 0; k < LANGUAGE_WORDS && (w = word_next(wish, &at)).n; k++) {
        char word[PLAIN_BYTES];
        size_t n = w.n < PLAIN_BYTES / 2 ? word_fold(w, word, sizeof word) : 0;
        char *mark = memchr(word, '\'', n);
        if (mark && mark - word <= 2) n = (size_t)(mark - word) + 1; /* "l'", "d'" */
        for (int g = 0; g < GRAMMARS; g++) score[g] += plain_is(word, n, grammars[g]->words);
    }
    for (int g = 1; g < GRAMMARS; g++)
        if (score[g] > score[best]) best = g;
    return score[best] ? grammars[best] : NULL;
}
