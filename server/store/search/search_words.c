/* Texts to the words of the full-text index. */
#include "server/store/search/search_words.h"

#include "server/value/words.h"

#include <stdio.h>
#include <string.h>

/* English function words, what contractions leave behind, and the "I want something like" of a
 * wish. In a catalogue of titles such words are rare, so BM25's own weighting would take them for
 * strong hints. */
static const char *const stop_words[] = {
    "a",    "d",       "ll",    "m",        "re",     "s",    "t",     "ve",    "about",     "all",
    "an",   "and",     "any",   "anything", "are",    "as",   "at",    "be",    "but",       "by",
    "can",  "could",   "do",    "for",      "from",   "give", "has",   "have",  "i",         "if",
    "in",   "is",      "it",    "its",      "like",   "me",   "more",  "my",    "no",        "not",
    "of",   "on",      "or",    "out",      "please", "show", "so",    "some",  "something", "such",
    "than", "that",    "the",   "their",    "them",   "then", "there", "these", "they",      "this",
    "to",   "want",    "was",   "we",       "what",   "when", "where", "which", "who",       "will",
    "with", "without", "would", "you",      "your"};

static int is_stop_word(struct view w) {
    for (size_t i = 0; i < COUNT(stop_words); i++)
        if (view_eq_str(w, stop_words[i])) return 1;
    return 0;
}

/* --- one word after the other --- */

/* Told for each word of the index; pair: two neighbours of a script without spaces, alone: its run
 * is one character. */
struct teller {
    void *arg;
    void (*word)(void *arg, struct view word);
    int neighbours_only; /* no single characters but those that stand alone */
};

/* The tokenizer of SQLite would cut at vowel signs, so such characters are spelled by number behind
 * a character of private use, which it takes for a letter. */
static void tell_signs(const struct teller *t, uint32_t a, uint32_t b) {
    char word[32];
    int n = b ? snprintf(word, sizeof word, "\xEE\x80\x80%xx%x", a, b)
              : snprintf(word, sizeof word, "\xEE\x80\x80%x", a);
    t->word(t->arg, (struct view){word, (size_t)n});
}

static void tell_run(const struct teller *t, struct view run) {
    uint32_t last = 0;
    for (size_t i = 0, len; i < run.n; i += len) {
        len = utf8_len(run.p + i, run.n - i);
        uint32_t c = utf8_point(run.p + i, len);
        int alone = last == 0 && i + len >= run.n;
        if (!t->neighbours_only || alone) tell_signs(t, c, 0);
        if (last) tell_signs(t, last, c);
        last = c;
    }
}

/* "don't" is two words to the index. */
static void tell_parts(const struct teller *t, struct view word) {
    for (size_t from = 0, i = 0; i <= word.n; i++) {
        if (i < word.n && word.p[i] != '\'') continue;
        if (i > from) t->word(t->arg, view_sub(word, from, i - from));
        from = i + 1;
    }
}

static enum status tell_words(const struct teller *t, struct view text, struct err *e) {
    for (size_t at = 0;;) {
        struct view word = word_next(text, &at);
        if (word.n == 0) return ST_OK;
        size_t room = 4 * word.n + 64, len;
        char *fold = mem_alloc(room);
        if (!fold) return db_no_memory(e);
        struct view folded = {fold, word_fold(word, fold, room)};
        if (word_class_at(word.p, word.n, &len) == WORD_IDEO)
            tell_run(t, folded);
        else
            tell_parts(t, folded);
        mem_free(fold);
    }
}

/* --- an item's text --- */

static void add_text(void *arg, struct view word) {
    buf_view(arg, word);
    buf_str(arg, " ");
}

static void search_words_sql(sqlite3_context *c, int n, sqlite3_value **value) {
    struct buf b;
    struct err e;
    (void)n;
    const struct teller t = {&b, add_text, 0};
    const char *p = (const char *)sqlite3_value_text(value[0]);
    struct view text = {p ? p : "", p ? (size_t)sqlite3_value_bytes(value[0]) : 0};
    buf_init(&b, (size_t)1 << 30);
    if (tell_words(&t, text, &e) != ST_OK || b.failed)
        sqlite3_result_error_nomem(c);
    else
        sqlite3_result_text(c, buf_text(&b).p, (int)buf_text(&b).n, SQLITE_TRANSIENT);
    buf_free(&b);
}

enum status search_words_register(struct db *d, struct err *e) {
    int how = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
    int rc =
        sqlite3_create_function(d->h, "search_words", 1, how, NULL, search_words_sql, NULL, NULL);
    return rc == SQLITE_OK ? ST_OK : db_fail(d, rc, e);
}

/* --- a query --- */

static void add_word(void *arg, struct view word) {
    struct search_words *w = arg;
    if (word.n > SEARCH_WORD_BYTES || w->n == SEARCH_WORDS_MAX) return;
    if (!w->keep_stop_words && is_stop_word(word)) return;
    for (int i = 0; i < w->n; i++)
        if (view_eq(word, search_word(w, i))) return;
    memcpy(w->text[w->n], word.p, word.n);
    w->len[w->n++] = word.n;
}

static enum status split(struct search_words *w, struct view text, int keep_stop_words,
                         struct err *e) {
    const struct teller t = {w, add_word, 1};
    w->n = 0;
    w->keep_stop_words = keep_stop_words;
    return tell_words(&t, text, e);
}

/* A text of stop words alone ("The Who") keeps them. */
enum status search_split(struct view text, struct search_words *out, struct err *e) {
    TRY(split(out, text, 0, e));
    return out->n ? ST_OK : split(out, text, 1, e);
}

enum status search_query(struct view text, struct buf *q, struct err *e) {
    struct search_words *w = mem_alloc(sizeof *w);
    if (!w) return db_no_memory(e);
    enum status st = search_split(text, w, e);
    for (int i = 0; st == ST_OK && i < w->n; i++) {
        buf_str(q, i ? " OR \"" : "\"");
        buf_view(q, search_word(w, i));
        buf_str(q, "\"");
    }
    mem_free(w);
    if (st == ST_OK && q->failed) st = db_no_memory(e);
    return st;
}
