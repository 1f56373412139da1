/* links: wish */
/* Runs the fuzz target of wishes on random mixes of the words and marks that the grammar knows,
 * with a fixed seed; a longer hunt uses libFuzzer. */
#include "tests/fuzz/fuzz_wish.c"
#include "tests/t.h"

static const char *const parts[] = {
    "no",
    "not",
    "nothing",
    "without",
    "over",
    "under",
    "before",
    "after",
    "until",
    "from",
    "at",
    "least",
    "most",
    "than",
    "less",
    "more",
    "between",
    "about",
    "up",
    "to",
    "max",
    "or",
    "and",
    "but",
    "50",
    "1,000.5",
    "1.299,00",
    "5",
    "10",
    "1990",
    "95",
    "90",
    "80s",
    "nineties",
    "\xE2\x82\xAC"
    "",
    "$",
    "5k",
    "km",
    "kg",
    "min",
    "hours",
    "pages",
    "stars",
    "bedrooms",
    "people",
    "years",
    "free",
    "-free",
    "for",
    "price",
    "horror",
    "nights",
    "vegan",
    "Kestrel",
    "Bay",
    "Ely",
    "in",
    "on",
    "this",
    "next",
    "weekend",
    "tomorrow",
    "evening",
    "October",
    "3",
    "2026",
    "2026-12-05",
    "20:00",
    "pm",
    "8",
    "Friday",
    "Sundays",
    "ohne",
    "nicht",
    "\xC3\xBC"
    "ber",
    "h\xC3\xB6"
    "chstens",
    "moins",
    "de",
    "sans",
    "m\xC3\xA1"
    "s",
    "que",
    "fino",
    "tot",
    "at\xC3\xA9"
    "",
    "two",
    "hundred",
    "half",
    "an",
    "hour",
    "dozen",
    "a",
    "the",
    "of",
    "%",
    "+",
    "<=",
    "~",
    "older",
    "newer",
    "cheaper",
    "allowed",
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
    int runs = 1500;
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
