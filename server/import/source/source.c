/* One way to the rows of every format. */
#include "server/import/source/source_parts.h"

#include "server/import/source/feed.h"
#include "server/import/role/role.h"
#include "server/import/cell/trim.h"

#include <stdio.h>
#include <string.h>

void fault_set(struct fault *f, const char *fmt, ...) {
    if (f->text[0]) return;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(f->text, sizeof f->text, fmt, ap);
    va_end(ap);
    text_clean(f->text);
}

void fault_damage(struct fault *f, const char *fmt, ...) {
    if (f->text[0]) return;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(f->text, sizeof f->text, fmt, ap);
    va_end(ap);
    text_clean(f->text);
    f->damage = 1;
}

const char *source_format_name(enum source_format f) {
    static const char *const names[] = {"csv", "jsonl", "json", "xml"};
    return names[f];
}

/* --- columns */

enum status source_column(struct source *s, struct view name, struct err *e) {
    char *copy = arena_copy(s->arena, name.p, name.n);
    if (!copy) return fail(e, ST_NO_MEMORY, "no memory for the columns' names");
    s->typed[s->n] = 0;
    s->name[s->n++] = (struct view){copy, name.n};
    return ST_OK;
}

int source_find(const struct source *s, struct view name, int hint) {
    if (hint < s->n && view_eq(s->name[hint], name)) return hint;
    for (int i = 0; i < s->n; i++)
        if (view_eq(s->name[i], name)) return i;
    return -1;
}

/* A header's cell becomes a name that no other column has. */
static enum status name_column(struct source *s, struct view v, struct err *e) {
    char text[160];
    v = trim(v);
    int cut = s->config->exact || v.n <= 120 ? (int)v.n : 120;
    while (cut > 0 && cut < (int)v.n && ((unsigned char)v.p[cut] & 0xC0) == 0x80) cut--;
    v.n = (size_t)cut;
    if (v.n == 0) {
        snprintf(text, sizeof text, "column_%d", s->n + 1);
        v = view_of(text);
    }
    if (source_find(s, v, 0) >= 0) {
        char again[180];
        int k = 2;
        do snprintf(again, sizeof again, "%.*s_%d", (int)v.n, v.p, k++);
        while (source_find(s, view_of(again), 0) >= 0);
        return source_column(s, view_of(again), e);
    }
    return source_column(s, v, e);
}

static enum status bad_header(struct err *e, const char *why) {
    (void)fail(e, ST_BAD_INPUT, "the header cannot be read: %s", why);
    err_line(e, 1);
    err_hint(e, "the first line names the columns, in UTF-8");
    return ST_BAD_INPUT;
}

static enum status read_header(struct source *s, struct err *e) {
    struct csv *c = &s->csv;
    csv_seek(c, s->dialect.at, s->dialect.line);
    if (!csv_next(c)) {
        (void)fail(e, ST_BAD_INPUT, "the input is empty; CSV needs a header line");
        err_line(e, 1);
        err_hint(e, "the first line names the columns, as in id,title,text,tags");
        return ST_BAD_INPUT;
    }
    if (c->fault == CSV_TOO_LONG) {
        (void)fail(e, ST_LIMIT, "line %ld, byte %zu: %s", c->row_line, c->row_at + 1,
                   csv_fault_text(c->fault));
        err_line(e, c->row_line);
        err_hint(e, "rows are lines, or objects of a list, of at most 1 MiB");
        return ST_LIMIT;
    }
    if (c->fault != CSV_GOOD && s->dialect.header) return bad_header(e, csv_fault_text(c->fault));
    s->header = s->dialect.header ? view_sub(c->text, c->row_at, c->at - c->row_at) : VIEW("");
    int typed = 0, n = c->n;
    /* A separator at the end of every line makes no column. */
    if (n > 1 && s->dialect.header && trim(c->cell[n - 1]).n == 0 && n == s->dialect.columns) {
        struct csv *look = c;
        size_t at = c->at;
        long line = c->line;
        int all = 1, rows = 0;
        while (rows < 50 && csv_next(look)) {
            rows++;
            all &= look->n < n || (look->n == n && trim(look->cell[n - 1]).n == 0);
        }
        csv_seek(c, s->dialect.at, s->dialect.line);
        (void)csv_next(c);
        csv_seek(c, at, line);
        if (all && rows) n--;
    }
    for (int i = 0; i < n; i++) {
        struct view v = s->dialect.header ? c->cell[i] : VIEW("");
        int sequence = 0;
        if (!utf8_valid(v)) return bad_header(e, "it is not UTF-8");
        v = trim(v);
        typed += role_cut_type(&v, &sequence);
        TRY(name_column(s, v, e));
        s->typed[s->n - 1] = sequence;
    }
    s->recbole = typed == n && typed > 0 && s->dialect.dialect.separator[0] == '\t';
    if (s->recbole) c->dialect.quotes = s->dialect.dialect.quotes = 0;
    s->dialect.columns = n;
    return ST_OK;
}

static enum status open_csv(struct source *s, struct err *e) {
    TRY(csv_open(&s->csv, s->spool->text, &(struct dialect){.separator = ",", .quotes = 1}, e));
    s->csv.spool = s->spool;
    enum status st = dialect_find(s->spool->text, &s->csv, s->config, &s->dialect, e);
    if (st != ST_OK) return st;
    s->csv.dialect = s->dialect.dialect;
    return read_header(s, e);
}

/* --- opening */

/* The bytes are JSON, XML, or separated text; the hint counts where they could be neither. */
static enum status open_format(struct source *s, struct err *e) {
    struct view text = s->spool->text, begin = trim(view_sub(text, 0, 4096));
    if (json_find(&s->json, text, s->spool)) {
        s->format =
            s->json.form == JSON_LIST || s->json.form == JSON_NAMED ? SOURCE_JSON : SOURCE_JSONL;
        return ST_OK;
    }
    if (begin.n && begin.p[0] == '<') {
        s->format = SOURCE_XML;
        TRY(feed_read(s->spool, &s->feed_line, &s->n_feed, e));
        (void)json_find(&s->json, s->spool->text, s->spool);
        s->json.form = JSON_LINES;
        s->json.first = 0;
        s->json.first_line = 1;
        return ST_OK;
    }
    s->format = SOURCE_CSV;
    if (s->config->format == IMPORT_JSONL && !begin.n) {
        s->format = SOURCE_JSONL;
        return ST_OK;
    }
    TRY(open_csv(s, e));
    if (s->config->format == IMPORT_JSONL && s->n < 2) {
        s->format = SOURCE_JSONL;
        s->n = 0;
        s->json = (struct json_reader){
            .text = text, .spool = s->spool, .form = JSON_LINES, .first_line = 1};
    }
    return ST_OK;
}

enum status source_open(struct source *s, struct spool *spool, const struct import_config *c,
                        struct arena *a, struct err *e) {
    memset(s, 0, sizeof *s);
    s->config = c;
    s->spool = spool;
    s->arena = a;
    enum status st = open_format(s, e);
    if (st != ST_OK)
        source_close(s);
    else
        source_rewind(s);
    return st;
}

void source_close(struct source *s) {
    csv_close(&s->csv);
    json_close(&s->json);
    mem_free(s->feed_line);
    s->feed_line = NULL;
}

void source_rewind(struct source *s) {
    s->n_read = 0;
    if (s->format != SOURCE_CSV) {
        json_rewind(&s->json);
        return;
    }
    csv_seek(&s->csv, s->dialect.at, s->dialect.line);
    if (s->dialect.header) (void)csv_next(&s->csv);
}

/* --- rows of separated text */

static void check_text(struct view v, struct fault *f) {
    if (utf8_valid(v)) return;
    if (memchr(v.p, 0, v.n))
        fault_damage(f, "the row holds a NUL byte; save the file as UTF-8 text");
    else
        fault_damage(f, "the row is not UTF-8, as the rest of the file is");
}

static int count_separators(const struct csv *c, size_t from, size_t to) {
    const char *s = c->dialect.separator;
    size_t step = strlen(s);
    int n = 0;
    for (size_t i = from; i + step <= to; i++)
        if (memcmp(c->text.p + i, s, step) == 0) {
            n++;
            i += step - 1;
        }
    return n;
}

/* A row over several lines each of which has a row's separators holds other rows: a quote was
 * opened in the first of them and another closed in the last. With two columns an "and, so" in a
 * text is as usual, so there the first cells must be of one kind, too. */
static int swallows(const struct csv *c, int columns) {
    size_t at = c->row_at;
    int lines = 0, digits = -1;
    if (!c->quoted || columns < 2 || c->lines == 0) return 0;
    while (at < c->at) {
        size_t end = at;
        while (end < c->at && c->text.p[end] != '\n' && c->text.p[end] != '\r') end++;
        if (end > at) {
            char first = c->text.p[at];
            int digit = first >= '0' && first <= '9';
            if (count_separators(c, at, end) != columns - 1) return 0;
            if (columns == 2 && (!digit || digits == 0)) return 0;
            digits = digit;
            lines++;
        }
        at = end + 1;
    }
    return lines >= 2;
}

/* Whether a line behind the row's first has a row's separators. */
static int holds_row(const struct csv *c, int columns) {
    size_t end = c->row_at;
    while (end < c->at) {
        size_t from = end;
        while (end < c->at && c->text.p[end] != '\n' && c->text.p[end] != '\r') end++;
        if (from > c->row_at && count_separators(c, from, end) == columns - 1) return 1;
        end++;
    }
    return 0;
}

/* A quote that takes lines which it should not: the file's quotes are not in order. */
static int is_damage(const struct csv *c) {
    return c->fault == CSV_UNCLOSED || c->fault == CSV_SPANS || c->fault == CSV_SWALLOWS ||
           (c->fault == CSV_AFTER && c->lines);
}

static void check_row(struct source *s, struct fault *f) {
    struct csv *c = &s->csv;
    int n = c->n;
    while (n > s->n && trim(c->cell[n - 1]).n == 0) n--;
    /* Over several lines with too few or many cells, the quotes may be what is wrong: its other
     * lines are rows of their own then. */
    if (c->fault == CSV_GOOD &&
        (swallows(c, s->n) || (n != s->n && c->lines && holds_row(c, s->n)))) {
        c->fault = CSV_SWALLOWS;
        csv_end_at_line(c);
    }
    if (is_damage(c))
        fault_damage(f, "%s", csv_fault_text(c->fault));
    else if (c->fault != CSV_GOOD)
        fault_set(f, "%s", csv_fault_text(c->fault));
    else if (n != s->n)
        fault_set(f, "the row has %d cells, the header %d", n, s->n);
    else if (s->header.n && view_eq(view_trim(s->header),
                                    view_trim(view_sub(c->text, c->row_at, c->at - c->row_at))))
        fault_set(f, "the header is repeated here");
    for (int i = 0; i < n && !f->text[0]; i++) check_text(c->cell[i], f);
}

/* ="0439" is how a text of digits is kept from becoming a number in Excel. */
static struct view formula_text(struct view v) {
    if (v.n < 3 || v.p[0] != '=' || v.p[1] != '"' || v.p[v.n - 1] != '"') return v;
    struct view in = view_sub(v, 2, v.n - 3);
    return in.n && memchr(in.p, '"', in.n) ? v : in;
}

static int next_csv(struct source *s, struct fault *f) {
    struct csv *c = &s->csv;
    if (!csv_next(c)) return 0;
    s->line = c->row_line;
    s->byte = c->row_at;
    s->too_long = c->fault == CSV_TOO_LONG;
    check_row(s, f);
    spool_pass(s->spool, c->at);
    if (f->text[0]) return 1;
    for (int i = 0; i < s->n; i++) {
        struct view v = s->config->exact ? c->cell[i] : formula_text(c->cell[i]);
        s->cell[i] = (struct cell){v.n ? CELL_TEXT : CELL_NONE, v, v};
    }
    return 1;
}

enum status source_next(struct source *s, struct fault *f, int *got, struct err *e) {
    s->too_long = 0;
    if (s->format != SOURCE_CSV) return source_next_json(s, f, got, e);
    *got = next_csv(s, f);
    return ST_OK;
}
