/* links: rank */
/* Where query texts are cut, typed and edited one after the other. */
#include "server/readout/prompt/prefix_splits.h"
#include "tests/t.h"

static struct prefix_splits splits;

/* Letters stand for tokens; the cuts come as digits. */
static const char *cuts(unsigned long long key, const char *tokens) {
    static char out[PREFIX_SPLIT_CUTS + 1];
    int32_t id[PREFIX_SPLIT_TOKENS + 1];
    int n = (int)strlen(tokens), cut[PREFIX_SPLIT_CUTS];
    for (int i = 0; i < n; i++) id[i] = tokens[i];
    int m = prefix_splits_cut(&splits, (const unsigned long long[]){key, 1}, id, n, cut);
    for (int i = 0; i < m; i++) out[i] = (char)('0' + cut[i]);
    out[m] = 0;
    return out;
}

int main(void) {
    EQ_STR(cuts(1, "a"), "");
    EQ_STR(cuts(1, "abcd"), "3");
    EQ_STR(cuts(1, "abcdef"), "35"); /* goes on: what abcd has kept, and its own */
    EQ_STR(cuts(1, "abcdxy"), "35"); /* another end */
    EQ_STR(cuts(1, "abcdef"), "35");
    EQ_STR(cuts(1, "abc"), "2");        /* taken back */
    EQ_STR(cuts(1, "abcdefgh"), "357"); /* the longest that is kept */
    EQ_STR(cuts(1, "qrstuvw"), "6");
    EQ_STR(cuts(1, "qrstzz"), "45"); /* nothing kept reaches as far as they are alike */
    EQ_STR(cuts(1, "qrstyyy"), "46");
    EQ_STR(cuts(2, "abcdef"), "5"); /* another frame */
    char grown[32] = "", *last = grown;
    for (char c = 'A'; c <= 'P'; c++) {
        *last++ = c;
        const char *k = cuts(3, grown);
        OK(strlen(k) <= PREFIX_SPLIT_CUTS && (c == 'A' || k[strlen(k) - 1] - '0' == c - 'A'));
    }
    char longest[PREFIX_SPLIT_TOKENS + 2];
    memset(longest, 'l', sizeof longest - 1);
    longest[PREFIX_SPLIT_TOKENS + 1] = 0;
    EQ_STR(cuts(4, longest), "");
    for (char c = 'A'; c <= 'Z'; c++) /* the oldest make room */
        for (char d = '0'; d <= '9'; d++) (void)cuts(5, (char[]){c, d, 'm', 'n', 0});
    EQ_STR(cuts(1, "abcdef"), "5");
    return t_end();
}
