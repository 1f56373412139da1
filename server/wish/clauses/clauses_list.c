/* Lists of what is not wanted: "no horror, gore or clowns". */
#include "server/wish/clauses/clauses_words.h"

enum { TAIL_WORDS = 4 }; /* what may follow the last "or" of a list */

static int is_word(const struct clauses_text *t, size_t i) {
    return t->tok[i].kind == CLAUSES_WORD;
}

/* What the comma-separated words from i up to a break say about a list that began before them. */
enum list_part { PART_NO, PART_ITEM, PART_LAST };

static enum list_part list_part(const struct clauses_text *t, int and_list, size_t i, size_t end) {
    static const char opener[] = "a|an|something|somebody|someone|from|with|set|made|preferably|"
                                 "ideally|i|we|just|only|please|for|in|that|which|yes|it|maybe";
    size_t words = 0, n;
    for (size_t k = i; k < end && is_word(t, k); k++) {
        int last = clauses_words_at(t, k, end, and_list ? "or|and" : "or");
        if (k == i && clauses_words_at(t, k, end, opener)) return PART_NO;
        enum clauses_mark m = clauses_words_mark(t, k, end, &n);
        if (m != MARK_NONE) return PART_NO;
        if (last) {
            size_t z = k + 1;
            while (z < end && is_word(t, z)) z++;
            if (k + 1 < end && clauses_words_at(t, k + 1, end, opener)) return PART_NO;
            return z - k - 1 <= TAIL_WORDS && z > k + 1 ? PART_LAST : PART_NO;
        }
        if (++words > CLAUSES_LIST_WORDS) return PART_NO;
    }
    return words ? PART_ITEM : PART_NO;
}

size_t clauses_list_end(const struct clauses_text *t, int and_list, size_t i, size_t end) {
    for (;;) {
        enum list_part part = list_part(t, and_list, i + 1, end);
        if (part == PART_NO) return 0;
        for (i++; i < end && is_word(t, i); i++) {}
        if (part == PART_LAST) return i;
        if (i >= end || t->tok[i].kind != CLAUSES_COMMA) return 0;
    }
}
