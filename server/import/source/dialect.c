/* Finding a separated text's dialect: each separator is tried on the first rows, and the one that
 * cuts most of them into the same number of cells is taken. */
#include "server/import/source/dialect.h"

#include "server/import/cell/list.h"
#include "server/import/role/role.h"
#include "server/import/cell/trim.h"
#include "server/value/value.h"

#include <string.h>
#include <strings.h>

enum { LOOK_BYTES = 256 << 10, LOOK_ROWS = 100 };

static const struct {
    const char *name, *text;
} separators[] = {
    {"comma", ","}, {"semicolon", ";"}, {"tab", "\t"}, {"pipe", "|"}, {"colons", "::"}};

const char *dialect_name(const struct dialect *d) {
    for (size_t i = 0; i < COUNT(separators); i++)
        if (strcmp(separators[i].text, d->separator) == 0) return separators[i].name;
    return d->separator;
}

static enum status named_separator(struct view v, struct dialect *d, struct err *e) {
    for (size_t i = 0; i < COUNT(separators); i++)
        if (strlen(separators[i].name) == v.n && strncasecmp(separators[i].name, v.p, v.n) == 0)
            v = view_of(separators[i].text);
    if (view_eq_str(v, "\\t")) v = VIEW("\t");
    if (v.n == 0 || v.n > 2 || memchr(v.p, '"', v.n) || memchr(v.p, '\n', v.n)) {
        (void)fail(e, ST_INVALID,
                   "the separator must be comma, semicolon, tab, pipe, colons, or "
                   "one or two characters");
        err_field(e, "separator");
        return ST_INVALID;
    }
    memset(d->separator, 0, sizeof d->separator);
    memcpy(d->separator, v.p, v.n);
    return ST_OK;
}

/* --- what stands before the first row */

static struct view line_at(struct view text, size_t at) {
    size_t end = at;
    while (end < text.n && text.p[end] != '\n' && text.p[end] != '\r') end++;
    return view_sub(text, at, end - at);
}

static size_t next_line(struct view text, size_t at) {
    size_t end = at + line_at(text, at).n;
    if (end < text.n && text.p[end] == '\r') end++;
    if (end < text.n && text.p[end] == '\n' && (end == at || text.p[end - 1] == '\r' || end > at))
        end++;
    return end;
}

/* Excel's first line sep=; names the separator. */
static int sep_line(struct view text, struct dialect_found *f) {
    struct view v = view_trim(line_at(text, f->at));
    if (v.n >= 2 && v.p[0] == '"' && v.p[v.n - 1] == '"') v = view_sub(v, 1, v.n - 2);
    if (strncasecmp(v.p, "sep=", v.n < 4 ? v.n : 4) != 0 || v.n < 4) return 0;
    v = view_sub(v, 4, 2);
    memset(f->dialect.separator, 0, sizeof f->dialect.separator);
    memcpy(f->dialect.separator, v.n ? v.p : "\t", v.n ? v.n : 1);
    f->at = next_line(text, f->at);
    f->line++;
    return 1;
}

/* --- separators */

struct trial {
    int n, first, same, rows; /* cells of the first row; rows with as many */
    double score;
};

static struct trial try_separator(struct csv *c, size_t at) {
    struct trial t = {0};
    csv_seek(c, at, 1);
    while (t.rows < LOOK_ROWS && csv_next(c)) {
        /* The last row may be cut off by the end of the look. */
        if (c->at >= c->text.n && t.rows > 2 && c->text.n == LOOK_BYTES) break;
        if (t.rows++ == 0) t.first = c->n;
        t.same += c->fault == CSV_GOOD && c->n == t.first;
    }
    t.n = t.first;
    double share = t.rows ? (double)t.same / t.rows : 0;
    t.score = t.n < 2 ? 0 : share * share * (1 + .02 * (t.n < 20 ? t.n : 20));
    return t;
}

static int is_comment(struct view line) {
    return line.n > 1 && ((line.p[0] == '#' && (line.p[1] == ' ' || line.p[1] == '#')) ||
                          (line.p[0] == '/' && line.p[1] == '/'));
}

/* The first line that may be of a table: no comment, and with a separator where one below has any.
 */
static size_t first_table_line(struct view text, size_t at) {
    size_t line = at;
    for (int k = 0; k < 50 && line < text.n; k++) {
        struct view v = line_at(text, line);
        for (size_t i = 0; i < COUNT(separators) && !is_comment(v); i++) {
            size_t n = strlen(separators[i].text);
            for (size_t c = 0; c + n <= v.n; c++)
                if (memcmp(v.p + c, separators[i].text, n) == 0) return line;
        }
        line = next_line(text, line);
    }
    return at;
}

static void guess_separator(struct csv *c, struct dialect_found *f) {
    double best = 0;
    int pick = 0;
    for (size_t i = 0; i < COUNT(separators); i++) {
        memset(c->dialect.separator, 0, sizeof c->dialect.separator);
        memcpy(c->dialect.separator, separators[i].text, strlen(separators[i].text));
        c->dialect.quotes = i < 2 || i == 3;
        struct trial t = try_separator(c, f->at);
        if (t.score > best + 1e-9) {
            best = t.score;
            pick = (int)i;
        }
    }
    memset(f->dialect.separator, 0, sizeof f->dialect.separator);
    memcpy(f->dialect.separator, separators[pick].text, strlen(separators[pick].text));
}

/* Tabs and colons come without quotes, unless the file shows them: cells in quotes that hold the
 * separator, a doubled quote or a line end, or a column all in quotes. */
static int shows_quotes(struct csv *c, const struct dialect_found *f) {
    int cells = 0, whole = 0, open = 0, need = 0, columns = 0, hanging = 0;
    c->dialect = f->dialect;
    c->dialect.quotes = 0;
    csv_seek(c, f->at, 1);
    for (int row = 0; row < LOOK_ROWS && csv_next(c); row++) {
        if (row == 0) columns = c->n;
        /* A cell that is opened in one line and closed in a next one, which is too short. */
        struct view head = c->cell[0];
        need += hanging && c->n < columns && head.n && head.p[head.n - 1] == '"';
        hanging = 0;
        for (int i = 0; i < c->n; i++) {
            struct view v = c->cell[i];
            cells += row > 0;
            if (!v.n || v.p[0] != '"') continue;
            int closed = v.n >= 2 && v.p[v.n - 1] == '"';
            whole += closed;
            open += !closed;
            need += closed && v.n > 2 && memchr(v.p + 1, '"', v.n - 2) != NULL;
            hanging = !closed && i == c->n - 1;
        }
    }
    return (need && open <= need) || (!open && whole && whole * columns >= cells);
}

/* Quotes inside quoted cells written \\", as MySQL does: such a quote with more of the cell behind
 * it, and no doubled one anywhere. */
static int shows_escapes(struct view text, const struct dialect *d) {
    int escaped = 0;
    for (size_t i = 1; i + 1 < text.n; i++) {
        char after = text.p[i + 1];
        if (text.p[i] != '"') continue;
        if (after == '"' && text.p[i - 1] != d->separator[0] && text.p[i - 1] != '\\') return 0;
        escaped +=
            text.p[i - 1] == '\\' && after != d->separator[0] && after != '\n' && after != '\r';
    }
    return escaped > 0;
}

static int set_quotes(struct csv *c, const struct dialect_found *f) {
    const char *s = f->dialect.separator;
    return (s[0] == '\t' || s[1]) ? shows_quotes(c, f) : 1;
}

/* --- comments, headings, headers */

static int cells_of(struct csv *c, size_t at) {
    csv_seek(c, at, 1);
    return csv_next(c) ? c->n : 0;
}

/* The next line behind `at` that is not blank; text.n when there is none. */
static size_t next_filled(struct view text, size_t at) {
    do at = next_line(text, at);
    while (at < text.n && view_trim(line_at(text, at)).n == 0);
    return at;
}

/* Cells of the line at `at` where the line behind it has as many, else 0. */
static int cells_twice(struct csv *c, struct view text, size_t at) {
    size_t behind = next_line(text, at);
    int n = cells_of(c, at);
    return behind >= text.n || cells_of(c, behind) == n ? n : 0;
}

/* Whether the line is a heading: one cell above a table. With commas of its own, or further such
 * lines below, the table must be a clear one. */
static int is_heading(struct csv *c, struct view text, size_t at, const struct dialect_found *f) {
    struct view line = line_at(text, at);
    int one = cells_of(c, at) == 1 && c->fault == CSV_GOOD;
    size_t below = next_filled(text, at);
    if (below >= text.n) return 0;
    if (!memchr(line.p, f->dialect.separator[0], line.n) && !memchr(line.p, '"', line.n) &&
        cells_twice(c, text, below) >= 2)
        return 1;
    for (int k = 0; k < 10 && one && below < text.n; k++) {
        if (cells_twice(c, text, below) >= 3) return 1;
        if (cells_of(c, below) != 1) return 0;
        below = next_filled(text, below);
    }
    return 0;
}

/* "#id,title" is a header, "# made today, by hand" a comment. */
static int is_marked_header(struct csv *c, struct view text, size_t at) {
    struct view line = line_at(text, at);
    size_t below = next_filled(text, at);
    return below < text.n && cells_of(c, at) == cells_of(c, below) && line.n > 1 &&
           line.p[1] != ' ' && line.p[1] != '#';
}

/* Lines before the table: "# exported 2024", a heading without separators above rows that all have
 * as many. */
static void skip_lines(struct csv *c, struct view text, struct dialect_found *f) {
    c->dialect = f->dialect;
    for (int k = 0; k < 50; k++) {
        struct view line = line_at(text, f->at);
        size_t next = next_line(text, f->at);
        if (next >= text.n) return;
        if (view_trim(line).n) {
            int mark = line.p[0] == '#' || (line.n > 1 && line.p[0] == '/' && line.p[1] == '/');
            if (next_filled(text, f->at) >= text.n) return;
            if (mark ? is_marked_header(c, text, f->at) : !is_heading(c, text, f->at, f)) return;
            f->skipped++;
        }
        f->at = next;
        f->line++;
    }
}

enum shape { EMPTY, NUMBER, DATE, WORDS };
static enum shape shape_of(struct view v) {
    double x;
    struct when w;
    v = trim(v);
    if (is_nothing(v)) return EMPTY;
    if (number_read(v, MARKS_ANY, &x) == v.n) return NUMBER;
    return date_parse(v, DATE_ANY, &w) ? DATE : WORDS;
}

/* Names of columns are short texts, none twice, no numbers above numbers. */
static int has_header(struct csv *c, const struct dialect_found *f, enum import_kind kind) {
    enum { KEEP = 200 };
    enum shape shape[KEEP];
    int known = 0, odd = 0, data = 0, n, words = 0;
    c->dialect = f->dialect;
    csv_seek(c, f->at, 1);
    if (!csv_next(c)) return 1;
    n = c->n < KEEP ? c->n : KEEP;
    for (int i = 0; i < n; i++) {
        struct view v = trim(c->cell[i]);
        shape[i] = shape_of(v);
        known += v.n && shape[i] == WORDS && role_known(v, kind);
        odd += v.n > 60 || (shape[i] == WORDS && (memchr(v.p, '|', v.n) || list_is_literal(v)));
        words += shape[i] == WORDS;
    }
    if (known) return 1;
    int rows = 0, below = 0;
    while (rows < 20 && csv_next(c)) {
        rows++;
        for (int i = 0; i < n && i < c->n; i++) {
            enum shape s = shape_of(c->cell[i]);
            data += (shape[i] == NUMBER || shape[i] == DATE) && s == shape[i];
            below += shape[i] == WORDS && (s == NUMBER || s == DATE);
        }
    }
    if (below && !data) return 1;
    if (data) return 0;
    return words == 0 ? 0 : rows == 0 || !odd;
}

enum status dialect_find(struct view text, struct csv *csv, const struct import_config *c,
                         struct dialect_found *out, struct err *e) {
    struct view whole = csv->text;
    *out = (struct dialect_found){.line = 1};
    csv->text = view_sub(text, 0, LOOK_BYTES);
    int told = sep_line(csv->text, out);
    if (c->separator.n) {
        TRY(named_separator(c->separator, &out->dialect, e));
        told = 1;
    }
    size_t from = out->at;
    long line = out->line;
    if (!told) {
        out->at = first_table_line(csv->text, from);
        guess_separator(csv, out);
    }
    out->at = from;
    out->line = line;
    out->dialect.quotes = out->dialect.separator[0] != '\t' && !out->dialect.separator[1];
    skip_lines(csv, csv->text, out);
    out->dialect.quotes = set_quotes(csv, out);
    out->dialect.escapes = out->dialect.quotes && shows_escapes(csv->text, &out->dialect);
    csv->dialect = out->dialect;
    out->columns = cells_of(csv, out->at);
    out->header = c->header ? c->header == 1 : has_header(csv, out, c->kind);
    csv->text = whole;
    return ST_OK;
}
