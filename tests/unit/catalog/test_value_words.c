/* links: value */
/* Classes of characters, words, folding, plurals, names in texts. */
#include "server/value/words.h"
#include "tests/t.h"

#include <stdlib.h>

static const struct {
    const char *text;
    enum word_class class;
    size_t len;
} classes[] = {
    {"a", WORD_LETTER, 1},     {"é", WORD_LETTER, 2},       {"ж", WORD_LETTER, 2},
    {"7", WORD_DIGIT, 1},      {"７", WORD_DIGIT, 3},       {"٣", WORD_DIGIT, 2},
    {"日", WORD_IDEO, 3},      {"カ", WORD_IDEO, 3},        {"한", WORD_IDEO, 3},
    {"ก", WORD_IDEO, 3},       {"€", WORD_MONEY, 3},        {"$", WORD_MONEY, 1},
    {"–", WORD_DASH, 3},       {"−", WORD_DASH, 3},         {"-", WORD_DASH, 1},
    {"〜", WORD_DASH, 3},      {"’", WORD_QUOTE, 3},        {"«", WORD_QUOTE, 2},
    {"'", WORD_QUOTE, 1},      {"„", WORD_QUOTE, 3},        {" ", WORD_SPACE, 1},
    {"\u00A0", WORD_SPACE, 2}, {"\u2009", WORD_SPACE, 3},   {"\n", WORD_SPACE, 1},
    {"!", WORD_OTHER, 1},      {"×", WORD_OTHER, 2},        {"\xff", WORD_OTHER, 1},
    {"😀", WORD_OTHER, 4},      {"\xe2\x82", WORD_OTHER, 1},
};

/* Words, each followed by '|'. */
static const struct {
    const char *text, *words;
} split[] = {
    {"", ""},
    {"...", ""},
    {"one two", "one|two|"},
    {"don't, l'été 'quoted'", "don't|l'été|quoted|"},
    {"dogs' bones", "dogs|bones|"},
    {"1,250.00 and 3.5", "1,250.00|and|3.5|"},
    {"end. 5, 6", "end|5|6|"},
    {"16GB 90s 3d", "16GB|90s|3d|"},
    {"part-time", "part|time|"},
    {"2021年9月", "2021|年|9|月|"},
    {"日本 film", "日本|film|"},
    {"€500", "500|"},
    {"caf\xff"
     "e",
     "caf|e|"},
    {"soft\u00ADhyphen", "soft\u00ADhyphen|"},
};

static const struct {
    const char *text, *fold;
} folds[] = {
    {"ABC", "abc"},
    {"ÉTÉ", "été"},
    {"e\u0301", "é"},
    {"Straße", "strasse"},
    {"ＦＵＬＬ　１２", "full 12"},
    {"“Hi” – it’s", "\"hi\" - it's"},
    {"«x»", "\"x\""},
    {"soft\u00ADhyphen", "softhyphen"},
    {"ﬁne", "fine"},
    {"ΣΊΣΥΦΟΣ", "σίσυφοσ"},
    {"ｶﾞ", "ガ"},
    {"각", "각"},
    {"a\xff"
     "b",
     "a?b"},
};

static const struct {
    const char *a, *b;
    int same;
} pairs[] = {
    {"comedy", "comedies", 1},
    {"Comedies", "COMEDY", 1},
    {"comedy's", "comedies", 1},
    {"nut", "nuts", 1},
    {"knife", "knives", 1},
    {"wolf", "wolves", 1},
    {"box", "boxes", 1},
    {"potato", "potatoes", 1},
    {"photo", "photos", 1},
    {"glass", "glasses", 1},
    {"bus", "buses", 1},
    {"gas", "gases", 1},
    {"woman", "women", 1},
    {"child", "children", 1},
    {"child's", "children's", 1},
    {"movie", "movies", 1},
    {"dish", "dishes", 1},
    {"church", "churches", 1},
    {"dog’s", "dogs", 1},
    {"Été", "été", 1},
    {"quiz", "quiz", 1},
    {"thriller", "thrillers", 1},
    {"new", "news", 0},
    {"as", "a", 0},
    {"is", "i", 0},
    {"his", "hi", 0},
    {"gas", "ga", 0},
    {"princes", "princess", 0},
    {"general", "generous", 0},
    {"run", "running", 0},
    {"organ", "organization", 0},
    {"horror", "error", 0},
    {"war", "wary", 0},
    {"cat", "catch", 0},
    {"universe", "university", 0},
    {"", "", 1},
    {"a", "b", 0},
};

static const struct {
    const char *name, *text;
    int from, to; /* -1: not there */
} named[] = {
    {"Kestrel Bay", "something in kestrel bay or so", 13, 24},
    {"night shift", "no night shifts please", 3, 15},
    {"part-time", "Part time in spring", 0, 9},
    {"sci-fi", "good sci-fi films", 5, 11},
    {"Norrhavn", "in Norrhavnish", -1, -1},
    {"C++", "a C++ job", 2, 5},
    {"C", "a C++ job", -1, -1},
    {"C#", "vitamin C", -1, -1},
    {"日本", "最近の日本映画", 9, 15},
    {"日本 film", "a 日本 film", 2, 13},
    {"", "anything", -1, -1},
    {"+", "a + b", -1, -1},
    {"two words", "two", -1, -1},
    {"a a b", "a a a b", 2, 7},
    {"nuts", "nut-free", 0, 3},
};

static void tables(void) {
    size_t len;
    for (size_t i = 0; i < COUNT(classes); i++) {
        EQ(word_class_at(classes[i].text, strlen(classes[i].text), &len), classes[i].class);
        EQ(len, classes[i].len);
    }
    for (size_t i = 0; i < COUNT(split); i++) {
        char got[200] = "";
        struct view v = view_of(split[i].text), w;
        for (size_t at = 0; (w = word_next(v, &at)).n;) {
            strncat(got, w.p, w.n);
            strcat(got, "|");
        }
        EQ_STR(got, split[i].words);
    }
    for (size_t i = 0; i < COUNT(folds); i++) {
        char out[100];
        EQ(word_fold(view_of(folds[i].text), out, sizeof out), strlen(folds[i].fold));
        EQ_STR(out, folds[i].fold);
    }
    for (size_t i = 0; i < COUNT(pairs); i++) {
        struct view a = view_of(pairs[i].a), b = view_of(pairs[i].b);
        if (word_same(a, b) != pairs[i].same) printf("'%s' and '%s':\n", pairs[i].a, pairs[i].b);
        EQ(word_same(a, b), pairs[i].same);
        EQ(word_same(b, a), pairs[i].same);
    }
    for (size_t i = 0; i < COUNT(named); i++) {
        size_t from = 0, to = 0;
        int found = words_named(view_of(named[i].name), view_of(named[i].text), &from, &to);
        if (found != (named[i].from >= 0)) printf("'%s' in '%s':\n", named[i].name, named[i].text);
        EQ(found, named[i].from >= 0);
        if (found) EQ(from, named[i].from);
        if (found) EQ(to, named[i].to);
        EQ(words_named(view_of(named[i].name), view_of(named[i].text), NULL, NULL), found);
    }
}

/* A fold that does not fit ends at a whole character. */
static void short_room(void) {
    char out[8];
    EQ(word_fold(VIEW("aéé"), out, 5), 3);
    EQ_STR(out, "aé");
    EQ(word_fold(VIEW("abc"), out, 1), 0);
    EQ(word_fold(VIEW("abc"), out, 0), 0);
}

static void random_bytes(void) {
    srand(7);
    for (int k = 0; k < 20000; k++) {
        size_t n = (size_t)(rand() % 40), at = 0, len;
        char *p = malloc(n + 1), out[30];
        for (size_t i = 0; i < n; i++) p[i] = (char)(rand() % 4 ? rand() : "a'1.日"[rand() % 7]);
        char *exact = malloc(n ? n : 1);
        memcpy(exact, p, n);
        struct view v = {exact, n}, w;
        for (size_t i = 0; i < n; i += len) {
            (void)word_class_at(exact + i, n - i, &len);
            if (len < 1 || len > n - i) T_SAY("length %zu of %zu", len, n - i);
        }
        size_t before = 0;
        while ((w = word_next(v, &at)).n) {
            if (at <= before || at > n) T_SAY("word_next does not move on");
            before = at;
            (void)word_same(w, v);
        }
        if (word_fold(v, out, sizeof out) >= sizeof out) T_SAY("fold is too long");
        (void)words_named(v, v, NULL, NULL);
        free(exact);
        free(p);
    }
}

int main(void) {
    tables();
    short_room();
    random_bytes();
    return t_end();
}
