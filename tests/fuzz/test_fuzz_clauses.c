/* links: wish */
/* Runs the fuzz target of the clause splitter on random mixes of the words and marks that its rules
 * know, with a fixed seed; a longer hunt uses libFuzzer. */
#include "tests/fuzz/fuzz_clauses.c"
#include "tests/t.h"

static const char *const parts[] = {
    "no",
    "not",
    "nothing",
    "without",
    "but",
    "and",
    "or",
    "nor",
    "than",
    "over",
    "50",
    "1,000.5",
    "funny",
    "Horror",
    "a",
    "the",
    "who",
    "never",
    "don't",
    "want",
    "I",
    "we",
    "except",
    "for",
    "my",
    "too",
    "yes",
    "thanks",
    "maybe",
    "if",
    "possible",
    "above",
    "all",
    "because",
    "skip",
    "that",
    "leave",
    "out",
    "only",
    "really",
    ",",
    ".",
    ":",
    ";",
    "?",
    "(",
    ")",
    " - ",
    "-",
    "\n",
    "\"",
    "'",
    "...",
    "*",
    "1.",
    "/",
    "\xE2\x80\x94",
    "\xE2\x80\x99",
    "\xE3\x80\x82",
    "\xF0\x9F\x98\x82",
    "\xC3\xA9t\xC3\xA9",
    "\xE6\x98\xA0",
    "\xC2\xA0",
    "\xE2\x80\x9C",
    "\xE2\x80\x9D",
    "\xFF",
};

static uint32_t state = 2463534242u;

static uint32_t next(uint32_t below) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state % below;
}

int main(void) {
    static char wish[4096];
    int runs = 3000;
    for (int i = 0; i < runs; i++) {
        size_t n = 0;
        for (uint32_t k = next(i % 10 ? 14 : 250); k > 0; k--) {
            /* The last part is not UTF-8: seldom, so that most wishes are read. */
            const char *p = parts[next(COUNT(parts) - (next(40) != 0))];
            size_t len = strlen(p);
            if (n + len + 1 > sizeof wish) break;
            memcpy(wish + n, p, len);
            n += len;
            if (next(5)) wish[n++] = ' ';
        }
        t_checks += LLVMFuzzerTestOneInput((const uint8_t *)wish, n) == 0;
    }
    EQ(t_checks, runs);
    return t_end();
}
