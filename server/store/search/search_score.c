/* Scoring rows of a full-text index: words with their weights, and what FTS5 calls for each row. */
#include "server/store/search/search_score.h"

#include "server/store/search/search_words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SQL_BYTES = 300, QUERY_BYTES = SEARCH_WORDS_MAX * (SEARCH_WORD_BYTES + 8) };
enum { LARGE = 20000 }; /* items */
enum { LOOK_UP = 300 }; /* looking up a row costs what so many rows cost of a scan */
static const double K1 = 1.2, B = 0.75;
static const char KIND[] = "search_scores"; /* of the pointer that is bound */

/* What the SQL function works with. Phrases of the query are the words, in their order. */
struct scores {
    struct search_wants *w;
    double weight[SEARCH_WORDS_MAX];
    double mean;        /* words of a row; 0: not known yet */
    long long postings; /* rows of each word, summed */
};

/* --- one row */

static int is_wanted(const struct search_wants *w, long long row) {
    int lo = 0, hi = w->n_rows;
    if (w->filter) return w->filter->allow(w->filter->arg, row);
    if (!w->row) return 1;
    while (lo < hi) {
        int mid = lo + (hi - lo) / 2;
        if (w->row[mid] < row)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < w->n_rows && w->row[lo] == row;
}

/* How often the row has each of the query's words. */
static int frequencies(const Fts5ExtensionApi *fts, Fts5Context *c, int n,
                       int f[SEARCH_WORDS_MAX]) {
    for (int i = 0; i < n; i++) {
        Fts5PhraseIter it;
        int column, at, rc;
        f[i] = 0;
        rc = fts->xPhraseFirst(c, i, &it, &column, &at);
        if (rc != SQLITE_OK) return rc;
        for (; column >= 0; fts->xPhraseNext(c, &it, &column, &at)) f[i]++;
    }
    return SQLITE_OK;
}

static double score(const struct scores *s, const int *f, int n, double length) {
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += s->weight[i] * (f[i] * (K1 + 1) / (f[i] + K1 * (1 - B + B * length / s->mean)));
    return sum;
}

static int mean_length(const Fts5ExtensionApi *fts, Fts5Context *c, double *out) {
    sqlite3_int64 tokens, rows;
    int rc = fts->xColumnTotalSize(c, -1, &tokens);
    if (rc == SQLITE_OK) rc = fts->xRowCount(c, &rows);
    if (rc == SQLITE_OK) *out = (double)tokens / (double)rows;
    return rc;
}

/* The row's length costs a look-up, so a row that could not reach the floor if it were empty is
 * left before that. */
static int score_row(const Fts5ExtensionApi *fts, Fts5Context *c, struct scores *s) {
    sqlite3_int64 row = fts->xRowid(c);
    int f[SEARCH_WORDS_MAX], n = fts->xPhraseCount(c), length, rc = SQLITE_OK;
    if (!is_wanted(s->w, row)) return rc;
    if (n > SEARCH_WORDS_MAX) return SQLITE_ERROR;
    if (s->mean <= 0) rc = mean_length(fts, c, &s->mean);
    if (rc == SQLITE_OK) rc = frequencies(fts, c, n, f);
    if (rc != SQLITE_OK || score(s, f, n, 0) <= s->w->floor) return rc;
    rc = fts->xColumnSize(c, -1, &length);
    if (rc != SQLITE_OK) return rc;
    double x = score(s, f, n, length);
    if (x > s->w->floor) s->w->take(s->w->arg, row, x);
    return SQLITE_OK;
}

static void score_sql(const Fts5ExtensionApi *fts, Fts5Context *c, sqlite3_context *out, int n,
                      sqlite3_value **value) {
    struct scores *s = n == 1 ? sqlite3_value_pointer(value[0], KIND) : NULL;
    int rc = s ? score_row(fts, c, s) : SQLITE_MISUSE;
    if (rc != SQLITE_OK) sqlite3_result_error_code(out, rc);
}

/* How FTS5 gives its interface: by a pointer that it fills. */
static enum status fts5_of(struct db *d, fts5_api **out, struct err *e) {
    sqlite3_stmt *st;
    int row;
    *out = NULL;
    TRY(db_prep_once(d, "SELECT fts5(?1)", &st, e));
    int rc = sqlite3_bind_pointer(st, 1, out, "fts5_api_ptr", NULL);
    enum status s = rc == SQLITE_OK ? db_step(d, st, &row, e) : db_fail(d, rc, e);
    sqlite3_finalize(st);
    if (s == ST_OK && !*out) s = fail(e, ST_INTERNAL, "this SQLite has no FTS5");
    return s;
}

enum status search_score_register(struct db *d, struct err *e) {
    fts5_api *fts;
    TRY(fts5_of(d, &fts, e));
    int rc = fts->xCreateFunction(fts, "search_score", NULL, score_sql, NULL);
    return rc == SQLITE_OK ? ST_OK : db_fail(d, rc, e);
}

/* --- how many rows have a word */

static enum status count_rows(struct db *d, long long catalog, struct view word, long long *out,
                              struct err *e) {
    char sql[SQL_BYTES], quoted[SEARCH_WORD_BYTES + 2];
    sqlite3_stmt *st;
    snprintf(sql, sizeof sql, "SELECT count(*) FROM fts_2_%lld WHERE fts_2_%lld MATCH ?1", catalog,
             catalog);
    TRY(db_prep_once(d, sql, &st, e));
    quoted[0] = quoted[word.n + 1] = '"';
    memcpy(quoted + 1, word.p, word.n);
    db_bind_text(st, 1, (struct view){quoted, word.n + 2});
    int row;
    enum status s = db_step(d, st, &row, e);
    *out = s == ST_OK && row ? sqlite3_column_int64(st, 0) : 0;
    sqlite3_finalize(st);
    return s;
}

static struct word_count *count_slot(struct store *s, const struct catalog_row *c, struct view word,
                                     unsigned long long *key) {
    unsigned long long h = 0xcbf29ce484222325u ^ (unsigned long long)c->version;
    for (size_t i = 0; i < word.n; i++) h = (h ^ (unsigned char)word.p[i]) * 0x100000001b3u;
    *key = h;
    return &s->counted[(h >> 32) % STORE_WORDS_COUNTED];
}

/* Counting a common word takes a while, so counts are kept for each version of a catalogue. */
static enum status word_rows(struct store *s, struct db *d, const struct catalog_row *c,
                             struct view word, long long *out, struct err *e) {
    unsigned long long key;
    struct word_count *at = count_slot(s, c, word, &key);
    pthread_mutex_lock(&s->pool);
    int known = at->catalog == c->row && at->version == c->version && at->key == key;
    *out = at->rows;
    pthread_mutex_unlock(&s->pool);
    if (known) return ST_OK;
    TRY(count_rows(d, c->row, word, out, e));
    pthread_mutex_lock(&s->pool);
    *at = (struct word_count){c->row, c->version, key, *out};
    pthread_mutex_unlock(&s->pool);
    return ST_OK;
}

/* --- the words of a text */

/* FTS5 gives a word that more than half of the rows have next to no weight, and so do we. */
static double weight_of(long long rows, long long with) {
    double idf = log(((double)(rows - with) + 0.5) / ((double)with + 0.5));
    return idf > 0 ? idf : 1e-6;
}

/* Writes the words that count as a query, with their weights. */
static enum status choose(struct store *st, struct db *d, const struct catalog_row *c,
                          const struct search_words *words, struct scores *s, struct buf *q,
                          struct err *e) {
    long long rows[SEARCH_WORDS_MAX];
    int rarest = 0, n = 0;
    for (int i = 0; i < words->n; i++) {
        TRY(word_rows(st, d, c, search_word(words, i), &rows[i], e));
        if (rows[i] > 0 && (rows[rarest] == 0 || rows[i] < rows[rarest])) rarest = i;
    }
    for (int i = 0; i < words->n; i++) {
        int common = c->items >= LARGE && rows[i] > c->items / 2 && i != rarest;
        if (rows[i] == 0 || common) continue;
        s->postings += rows[i];
        s->weight[n] = weight_of(c->items, rows[i]);
        buf_str(q, n++ ? " OR \"" : "\"");
        buf_view(q, search_word(words, i));
        buf_str(q, "\"");
    }
    return q->failed ? db_no_memory(e) : ST_OK;
}

static enum status step_between(struct db *d, sqlite3_stmt *st, long long first, long long last,
                                struct err *e) {
    int row = 1;
    db_bind_int(st, 3, first);
    db_bind_int(st, 4, last);
    while (row) TRY(db_step(d, st, &row, e));
    return ST_OK;
}

/* Few rows of many are looked up one by one. */
static enum status step_rows(struct db *d, sqlite3_stmt *st, const struct scores *s,
                             struct err *e) {
    const struct search_wants *w = s->w;
    if (!w->row) return step_between(d, st, INT64_MIN, INT64_MAX, e);
    if (w->n_rows == 0) return ST_OK;
    if (s->postings <= (long long)w->n_rows * LOOK_UP)
        return step_between(d, st, w->row[0], w->row[w->n_rows - 1], e);
    for (int i = 0; i < w->n_rows; i++) TRY(step_between(d, st, w->row[i], w->row[i], e));
    return ST_OK;
}

static enum status step_all(struct db *d, const struct catalog_row *c, struct view query,
                            struct scores *s, struct err *e) {
    char sql[SQL_BYTES];
    sqlite3_stmt *st;
    snprintf(sql, sizeof sql,
             "SELECT search_score(fts_2_%lld, ?2) FROM fts_2_%lld WHERE fts_2_%lld MATCH ?1"
             " AND rowid BETWEEN ?3 AND ?4",
             c->row, c->row, c->row);
    TRY(db_prep_once(d, sql, &st, e));
    db_bind_text(st, 1, query);
    int rc = sqlite3_bind_pointer(st, 2, s, KIND, NULL);
    enum status status = rc == SQLITE_OK ? step_rows(d, st, s, e) : db_fail(d, rc, e);
    sqlite3_finalize(st);
    return status;
}

enum status search_scores(struct store *st, struct db *d, const struct catalog_row *c,
                          struct view text, struct search_wants *w, struct err *e) {
    struct search_words *words = mem_alloc(sizeof *words);
    struct scores s = {.w = w};
    struct buf q;
    buf_init(&q, QUERY_BYTES);
    enum status status = words ? search_split(text, words, e) : db_no_memory(e);
    if (status == ST_OK) status = choose(st, d, c, words, &s, &q, e);
    if (status == ST_OK && buf_text(&q).n) status = step_all(d, c, buf_text(&q), &s, e);
    buf_free(&q);
    mem_free(words);
    return status;
}
