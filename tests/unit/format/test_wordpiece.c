/* links: model */
/* WordPiece on a vocabulary of a few tokens: cuts, limits, odd bytes, bad vocabularies. */
#include "kernels/base/arena.h"
#include "model/tokenizer/wordpiece/tok_wordpiece.h"
#include "tests/t.h"

#include <stdlib.h>

static struct err e;
static const char vocab[] =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\nfilm\n##s\n##noir\nun\n##want\n##ed\na\n##a\n"
    ",\n!\n\xe6\x98\xa0\n\xe7\x94\xbb\nstrasse\n[\n]\nsep\n\xce\xb1\n"
    "\xe1\x84\x91\n##\xe1\x85\xb5\n##\xe1\x86\xaf\n";
enum { UNK = 1, CLS = 2, SEP = 3 };

static const struct {
    const char *text;
    int n;
    int32_t id[8];
} cases[] = {
    {"", 0, {0}},
    {"   \t\n", 0, {0}},
    {"film", 1, {4}},
    {"FILMS", 2, {4, 5}},
    {"filmnoir, films!", 6, {4, 6, 12, 4, 5, 13}},
    {"unwanted", 3, {7, 8, 9}},
    {"unwantedx a", 2, {UNK, 10}},
    {"f\xc3\xaclm", 1, {4}},  /* accents go */
    {"fi\xcc\x80lm", 1, {4}}, /* as combining marks, too */
    {"fi\xc2\xadlm", 1, {4}}, /* so does a soft hyphen */
    {"fi\x01lm", 1, {4}},     /* and a control character */
    {"fi\xfflm", 1, {4}},     /* and a broken byte */
    {"\xe6\x98\xa0\xe7\x94\xbb"
     "a",
     3,
     {14, 15, 10}}, /* CJK characters are words */
    {"a\xe3\x80\x80"
     "film",
     2,
     {10, 4}},                      /* ideographic space */
    {"[SEP]", 3, {17, 19, 18}},     /* no control token out of a text */
    {"\xce\x91\xce\x86", 1, {UNK}}, /* Greek capitals, the second with an accent */
    {"\xce\x86", 1, {20}},
    {"\xed\x95\x9c", 1, {UNK}},    /* a Hangul syllable whose parts are not there */
    {"\xed\x94\xbc", 2, {21, 22}}, /* and two whose are */
    {"\xed\x95\x84", 3, {21, 22, 23}},
};

static void test_cases(const struct wordpiece *w) {
    for (size_t i = 0; i < COUNT(cases); i++) {
        int32_t ids[32];
        int cut = 1, n = wordpiece_encode(w, view_of(cases[i].text), 32, ids, &cut);
        EQ(cut, 0);
        EQ(ids[0], CLS);
        EQ(ids[n - 1], SEP);
        if (n - 2 != cases[i].n || memcmp(ids + 1, cases[i].id, (size_t)(n - 2) * 4) != 0) {
            T_SAY("case %zu: %d ids:", i, n - 2);
            for (int k = 1; k < n - 1; k++) printf(" %d", ids[k]);
            printf("\n");
        }
        t_checks++;
    }
}

/* A word of 100 characters may be known, one of 101 may not; the text's end is cut. */
static void test_limits(const struct wordpiece *w) {
    char text[400];
    int32_t ids[300];
    int cut;
    memset(text, 'a', sizeof text);
    EQ(wordpiece_encode(w, (struct view){text, 100}, 300, ids, &cut), 102);
    EQ(ids[1], 10);
    EQ(ids[2], 11);
    EQ(cut, 0);
    EQ(wordpiece_encode(w, (struct view){text, 101}, 300, ids, &cut), 3);
    EQ(ids[1], UNK);
    EQ(wordpiece_encode(w, (struct view){text, 100}, 102, ids, &cut), 102);
    EQ(cut, 0);
    EQ(wordpiece_encode(w, (struct view){text, 100}, 101, ids, &cut), 101);
    EQ(ids[100], SEP);
    EQ(cut, 1);
    EQ(wordpiece_encode(w, VIEW("film"), 2, ids, &cut), 2);
    EQ(cut, 1);
    EQ(ids[1], SEP);
}

/* A megabyte without a space is one word, and takes no longer than its bytes. */
static void test_long(const struct wordpiece *w) {
    size_t n = 1 << 20;
    char *text = mem_alloc(n);
    int32_t ids[16];
    OK(text != NULL);
    if (!text) return;
    memset(text, 'x', n);
    EQ(wordpiece_encode(w, (struct view){text, n}, 16, ids, NULL), 3);
    EQ(ids[1], UNK);
    memset(text, ',', n);
    EQ(wordpiece_encode(w, (struct view){text, n}, 16, ids, NULL), 16);
    mem_free(text);
}

static void test_bad_vocabularies(void) {
    static const struct {
        const char *text, *needle;
    } bad[] = {{"", "no token [UNK]"},
               {"[UNK]\n[CLS]\n", "no token [SEP]"},
               {"[UNK]\n[SEP]\n", "no token [CLS]"},
               {"[UNK]\n\xff\n[CLS]\n[SEP]\n", "line 2"}};
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct wordpiece *w = NULL;
        EQ(wordpiece_open(&w, "vocab.txt", view_of(bad[i].text), &e), ST_CORRUPT);
        if (!strstr(e.text, bad[i].needle) || !strstr(e.text, "vocab.txt"))
            T_SAY("'%s' should have '%s'", e.text, bad[i].needle);
        OK(w == NULL);
    }
}

static void test_no_memory(void) {
    for (long k = 1;; k++) {
        struct wordpiece *w = NULL;
        mem_fail_at(k, 0);
        enum status st = wordpiece_open(&w, "vocab.txt", view_of(vocab), &e);
        mem_fail_at(0, 0);
        wordpiece_close(w);
        if (st == ST_OK) break;
        EQ(st, ST_NO_MEMORY);
    }
}

int main(void) {
    struct wordpiece *w;
    GOOD(wordpiece_open(&w, "vocab.txt", view_of(vocab), &e));
    if (t_failed) return t_end();
    EQ(wordpiece_count(w), 24);
    test_cases(w);
    test_limits(w);
    test_long(w);
    wordpiece_close(w);
    test_bad_vocabularies();
    test_no_memory();
    return t_end();
}
