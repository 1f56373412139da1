/* A reader of separated text. */
#include "server/import/source/csv.h"

#include <string.h>

enum status csv_open(struct csv *c, struct view text, const struct dialect *d, struct err *e) {
    c->text = text;
    c->spool = NULL;
    c->dialect = *d;
    c->n = 0;
    csv_seek(c, 0, 1);
    c->plain = mem_alloc(CSV_ROW_MAX);
    return c->plain ? ST_OK : fail(e, ST_NO_MEMORY, "no memory to read rows");
}

void csv_close(struct csv *c) {
    mem_free(c->plain);
    c->plain = NULL;
}

void csv_seek(struct csv *c, size_t at, long line) {
    c->at = at;
    c->line = line;
}

const char *csv_fault_text(enum csv_fault f) {
    switch (f) {
    case CSV_TOO_LONG: return "the row is over 1 MiB";
    case CSV_TOO_MANY: return "the row has more than 1000 cells";
    case CSV_AFTER:
        return "text follows a closing quote; write a quote inside a quoted cell as two";
    case CSV_UNCLOSED: return "a quote that is opened in this row is never closed";
    case CSV_SPANS: return "a quote that is opened in this row is not closed within 20 lines";
    case CSV_SWALLOWS:
        return "a quote that is opened in this row is closed rows later; write a quote inside a "
               "quoted cell as two";
    default: return "";
    }
}

static void set_fault(struct csv *c, enum csv_fault f) {
    if (c->fault == CSV_GOOD) c->fault = f;
}

static void end_cell(struct csv *c, struct view v) {
    if (c->n == CSV_CELLS)
        set_fault(c, CSV_TOO_MANY);
    else
        c->cell[c->n++] = v;
}

/* Behind the line end at i (a CR, LF or CRLF). */
static size_t after_line(const struct csv *c, size_t i) {
    return i + (c->text.p[i] == '\r' && i + 1 < c->text.n && c->text.p[i + 1] == '\n' ? 2 : 1);
}

static size_t line_end(const struct csv *c, size_t i) {
    size_t lf = spool_find(c->spool, c->text, i, '\n');
    struct view line = view_sub(c->text, 0, lf);
    return spool_find(c->spool, line, i, '\r');
}

void csv_end_at_line(struct csv *c) {
    size_t end = line_end(c, c->row_at);
    c->at = end < c->text.n ? after_line(c, end) : end;
    c->line = c->row_line + (end < c->text.n);
}

/* A cell whose opening quote is at i, to behind its closing one. 0: it has none, c->fault says
 * why. */
static size_t quoted_cell(struct csv *c, size_t i, struct view *out) {
    const char *p = c->text.p;
    size_t from = i + 1, n = c->text.n, plain = c->n_plain;
    long line = c->line;
    int doubled = 0;
    for (i = from; i < n; i++) {
        if (i - c->row_at > CSV_ROW_MAX) {
            set_fault(c, CSV_TOO_LONG);
            return 0;
        }
        int escaped = c->dialect.escapes && p[i] == '\\' && i + 1 < n && p[i + 1] == '"';
        if (p[i] == '"' || escaped) {
            if (!escaped && (i + 1 >= n || p[i + 1] != '"')) {
                *out = doubled ? (struct view){c->plain + plain, c->n_plain - plain}
                               : view_sub(c->text, from, i - from);
                return i + 1;
            }
            /* The first time, what stood before it moves to plain. */
            if (!doubled) {
                memcpy(c->plain + c->n_plain, p + from, i - from);
                c->n_plain += i - from;
            }
            doubled = 1;
            i++;
        } else if (p[i] == '\n' || (p[i] == '\r' && !(i + 1 < n && p[i + 1] == '\n')))
            c->line++;
        if (c->line - line > CSV_SPAN) {
            set_fault(c, CSV_SPANS);
            return 0;
        }
        if (doubled) c->plain[c->n_plain++] = p[i];
    }
    set_fault(c, CSV_UNCLOSED);
    return 0;
}

static int separator_at(const struct csv *c, size_t i) {
    const char *s = c->dialect.separator;
    return c->text.p[i] == s[0] && (!s[1] || (i + 1 < c->text.n && c->text.p[i + 1] == s[1]));
}

/* Where an unquoted cell ends: at a separator, a line end, the end, or where the row is too long.
 */
static size_t plain_cell(const struct csv *c, size_t i) {
    const char *p = c->text.p, s = c->dialect.separator[0];
    size_t max = c->row_at + CSV_ROW_MAX + 1, end = c->text.n < max ? c->text.n : max;
    for (; i < end; i++)
        if ((p[i] == s && separator_at(c, i)) || p[i] == '\n' || p[i] == '\r') break;
    return i;
}

/* Reads the cells up to the row's end, which is at c->at then. */
static void read_row(struct csv *c) {
    size_t i = c->at, step = c->dialect.separator[1] ? 2 : 1;
    for (;;) {
        struct view v;
        if (c->dialect.quotes && i < c->text.n && c->text.p[i] == '"') {
            size_t end = quoted_cell(c, i, &v);
            c->quoted = 1;
            if (!end) break;
            i = end;
            end = plain_cell(c, i);
            /* Blanks between a closing quote and the separator say nothing. */
            if (view_trim(view_sub(c->text, i, end - i)).n) {
                set_fault(c, CSV_AFTER);
                break;
            }
            i = end;
        } else {
            size_t end = plain_cell(c, i);
            v = view_sub(c->text, i, end - i);
            i = end;
        }
        end_cell(c, v);
        if (i - c->row_at > CSV_ROW_MAX) {
            set_fault(c, CSV_TOO_LONG);
            break;
        }
        if (i >= c->text.n || c->text.p[i] == '\n' || c->text.p[i] == '\r') break;
        i += step;
    }
    c->lines = c->line - c->row_line;
    if (i < c->text.n && c->fault != CSV_UNCLOSED && c->fault != CSV_SPANS) {
        i = line_end(c, i);
        if (i < c->text.n) {
            i = after_line(c, i);
            c->line++;
        }
    }
    c->at = i;
}

int csv_next(struct csv *c) {
    while (c->at < c->text.n) {
        c->n = c->quoted = 0;
        c->n_plain = 0;
        c->fault = CSV_GOOD;
        c->row_at = c->at;
        c->row_line = c->line;
        read_row(c);
        if (c->quoted && c->fault != CSV_GOOD && c->fault != CSV_TOO_MANY) csv_end_at_line(c);
        if (c->fault != CSV_GOOD || c->n != 1 || c->cell[0].n || c->quoted) return 1;
    }
    return 0;
}
