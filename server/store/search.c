/* BM25 by FTS5: one index per catalogue, so that no other catalogue's words change its scores. */
#include "server/store/private.h"

#include "model/base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 64, WORD_BYTES = 100, SQL_BYTES = 512 };

/* The index holds no text of its own (content=''): the words are in `item`, and an index is only
 * ever made whole or dropped. Its name ends in a number of ours, never in a person's text. */
enum status search_build(struct db *d, long long catalog, struct err *e) {
    char sql[SQL_BYTES];
    snprintf(sql, sizeof sql,
             "CREATE VIRTUAL TABLE fts_%lld USING fts5(title, text, tags, content='',"
             " tokenize='unicode61 remove_diacritics 2');"
             "INSERT INTO fts_%lld(rowid, title, text, tags) SELECT row, title, text, tags"
             " FROM item WHERE catalog = %lld ORDER BY row;",
             catalog, catalog, catalog);
    return db_exec(d, sql, e);
}

enum status search_drop(struct db *d, long long catalog, struct err *e) {
    char sql[SQL_BYTES];
    snprintf(sql, sizeof sql, "DROP TABLE IF EXISTS fts_%lld", catalog);
    return db_exec(d, sql, e);
}

/* --- a person's text to a query */

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

static int is_stop_word(const char *w, size_t n) {
    for (size_t i = 0; i < COUNT(stop_words); i++)
        if (strlen(stop_words[i]) == n && memcmp(stop_words[i], w, n) == 0) return 1;
    return 0;
}

/* Letters, digits, and every character beyond ASCII but for the blocks of punctuation. */
static size_t word_char(const char *p, size_t n) {
    unsigned char c = (unsigned char)p[0];
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return 1;
    if (c < 0x80) return 0;
    size_t len = utf8_len(p, n);
    if (len == 0) return 0;
    uint32_t u = utf8_point(p, len);
    int mark = (u >= 0x80 && u <= 0xBF && u != 0xAA && u != 0xBA) || (u >= 0x2000 && u <= 0x206F) ||
               (u >= 0x3000 && u <= 0x3004) || (u >= 0x3008 && u <= 0x3020) || u == 0xFEFF;
    return mark ? 0 : len;
}

struct words {
    char text[WORDS_MAX][WORD_BYTES];
    size_t len[WORDS_MAX];
    int n;
};

static void add_word(struct words *w, const char *p, size_t n, int keep_stop_words) {
    if (n == 0 || n > WORD_BYTES || w->n == WORDS_MAX) return;
    char *to = w->text[w->n];
    for (size_t i = 0; i < n; i++)
        to[i] = (char)(p[i] >= 'A' && p[i] <= 'Z' ? p[i] + ('a' - 'A') : p[i]);
    if (!keep_stop_words && is_stop_word(to, n)) return;
    for (int i = 0; i < w->n; i++)
        if (w->len[i] == n && memcmp(w->text[i], to, n) == 0) return;
    w->len[w->n++] = n;
}

static void split(struct words *w, struct view v, int keep_stop_words) {
    size_t from = 0, at = 0;
    w->n = 0;
    while (at < v.n && w->n < WORDS_MAX) {
        size_t len = word_char(v.p + at, v.n - at);
        if (len) {
            at += len;
            continue;
        }
        add_word(w, v.p + from, at - from, keep_stop_words);
        from = ++at;
    }
    add_word(w, v.p + from, at - from, keep_stop_words);
}

/* "slow" OR "quiet" OR "films": quoted words hold no quote, so nothing in them is syntax. A text of
 * stop words alone ("The Who") keeps them. Empty when the text has no word at all. */
static enum status make_query(struct view text, struct buf *q, struct err *e) {
    struct words *w = mem_alloc(sizeof *w);
    if (!w) return db_no_memory(e);
    split(w, text, 0);
    if (w->n == 0) split(w, text, 1);
    for (int i = 0; i < w->n; i++) {
        buf_str(q, i ? " OR \"" : "\"");
        buf_add(q, w->text[i], w->len[i]);
        buf_str(q, "\"");
    }
    mem_free(w);
    return q->failed ? db_no_memory(e) : ST_OK;
}

/* --- scores of given items */

struct place {
    long long row;
    int at;
};

static int by_row(const void *x, const void *y) {
    const struct place *a = x, *b = y;
    return a->row < b->row ? -1 : a->row > b->row ? 1 : a->at - b->at;
}

/* The first place with this row, or n. */
static int find_place(const struct place *p, int n, long long row) {
    int lo = 0, hi = n;
    while (lo < hi) {
        int mid = lo + (hi - lo) / 2;
        if (p[mid].row < row)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* One query for all items, between the first and the last of them, since items of a catalogue lie
 * together. A query per item would count each word's documents anew for each. */
static enum status score_places(struct db *d, long long catalog, struct view query,
                                const struct place *places, int n, double *out, struct err *e) {
    char sql[SQL_BYTES];
    snprintf(sql, sizeof sql,
             "SELECT rowid, bm25(fts_%lld) FROM fts_%lld WHERE fts_%lld MATCH ?1"
             " AND rowid BETWEEN ?2 AND ?3",
             catalog, catalog, catalog);
    sqlite3_stmt *st;
    TRY(db_prep_once(d, sql, &st, e));
    db_bind_text(st, 1, query);
    db_bind_int(st, 2, places[0].row);
    db_bind_int(st, 3, places[n - 1].row);
    enum status s;
    int row;
    while ((s = db_step(d, st, &row, e)) == ST_OK && row) {
        long long id = sqlite3_column_int64(st, 0);
        int k = find_place(places, n, id);
        if (k == n || places[k].row != id) continue;
        double score = -sqlite3_column_double(st, 1);
        for (; k < n && places[k].row == id; k++) out[places[k].at] = score;
    }
    sqlite3_finalize(st);
    return s;
}

static enum status bm25(struct db *d, struct view catalog, struct view query,
                        const struct place *places, int n, double *out, struct err *e) {
    struct catalog_row c;
    TRY(catalog_find(d, catalog, &c, e));
    if (query.n == 0 || n == 0) return ST_OK;
    return score_places(d, c.row, query, places, n, out, e);
}

enum status store_bm25(struct store *s, struct view catalog, struct view text,
                       const struct item *items, int n, double *out, struct err *e) {
    struct db *d;
    struct buf q;
    buf_init(&q, WORDS_MAX * (WORD_BYTES + 8));
    if (n < 0) n = 0;
    struct place *places = mem_alloc((size_t)n * sizeof *places);
    enum status st = places ? make_query(text, &q, e) : db_no_memory(e);
    if (st == ST_OK) {
        for (int i = 0; i < n; i++) {
            places[i] = (struct place){items[i].row, i};
            out[i] = 0;
        }
        qsort(places, (size_t)n, sizeof *places, by_row);
        st = store_read_begin(s, &d, e);
    }
    if (st == ST_OK)
        st = store_read_end(s, d, bm25(d, catalog, buf_text(&q), places, n, out, e), e);
    mem_free(places);
    buf_free(&q);
    return st;
}

/* --- the best items */

static enum status top(struct db *d, struct view catalog, struct view query, int limit,
                       struct arena *a, long long **row, int *n, struct err *e) {
    struct catalog_row c;
    char sql[SQL_BYTES];
    sqlite3_stmt *st;
    TRY(catalog_find(d, catalog, &c, e));
    if (limit > c.items) limit = (int)c.items;
    if (!(*row = ARENA_NEW(a, long long, (size_t)limit))) return db_no_memory(e);
    if (query.n == 0 || limit == 0) return ST_OK;
    snprintf(sql, sizeof sql,
             "SELECT rowid AS r, bm25(fts_%lld) AS score FROM fts_%lld WHERE fts_%lld MATCH ?1"
             " ORDER BY score, r LIMIT ?2",
             c.row, c.row, c.row);
    TRY(db_prep_once(d, sql, &st, e));
    db_bind_text(st, 1, query);
    db_bind_int(st, 2, limit);
    enum status s = ST_OK;
    for (int more; s == ST_OK && *n < limit;) {
        if ((s = db_step(d, st, &more, e)) != ST_OK || !more) break;
        (*row)[(*n)++] = sqlite3_column_int64(st, 0);
    }
    sqlite3_finalize(st);
    return s;
}

enum status store_bm25_top(struct store *s, struct view catalog, struct view text, int limit,
                           struct arena *a, long long **row, int *n, struct err *e) {
    struct db *d;
    struct buf q;
    *row = NULL;
    *n = 0;
    if (limit < 0 || limit > STORE_BM25_MAX)
        return fail(e, ST_INVALID, "limit is from 0 to %d", STORE_BM25_MAX);
    buf_init(&q, WORDS_MAX * (WORD_BYTES + 8));
    enum status st = make_query(text, &q, e);
    if (st == ST_OK) st = store_read_begin(s, &d, e);
    if (st == ST_OK)
        st = store_read_end(s, d, top(d, catalog, buf_text(&q), limit, a, row, n, e), e);
    buf_free(&q);
    return st;
}
