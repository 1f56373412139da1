/* A CSV reader over a stream of bytes. */
#include "server/store/csv.h"

#include <string.h>

/* The delimiter that the first line has most of, quotes aside; a comma where there is none. */
static char guess_delimiter(const struct input *in) {
    static const char choice[] = {',', ';', '\t'};
    int count[3] = {0}, quoted = 0, best = 0;
    for (size_t i = in->at; i < in->n; i++) {
        char b = in->p[i];
        if (b == '"') quoted = !quoted;
        if (quoted) continue;
        if (b == '\n' || b == '\r') break;
        for (int k = 0; k < 3; k++) count[k] += b == choice[k];
    }
    for (int k = 1; k < 3; k++)
        if (count[k] > count[best]) best = k;
    return choice[best];
}

void csv_open(struct csv *c, struct input *in) {
    *c = (struct csv){.in = in, .delim = guess_delimiter(in), .quotes = 1, .line = 1};
    buf_init(&c->text, INPUT_ROW_MAX);
}

void csv_close(struct csv *c) {
    buf_free(&c->text);
}

const char *csv_fault_text(enum csv_fault f) {
    switch (f) {
    case CSV_TOO_LONG: return "the row is over 1 MiB; a quote may be left open";
    case CSV_TOO_MANY: return "the row has more than 1000 cells";
    case CSV_AFTER:
        return "text follows a closing quote; write a quote inside a quoted cell as two";
    case CSV_UNCLOSED: return "a quote that is opened in this row is never closed";
    default: return "";
    }
}

struct view csv_cell(const struct csv *c, int i) {
    size_t from = i ? c->end[i - 1] : 0;
    return (struct view){c->text.p ? c->text.p + from : "", c->end[i] - from};
}

static void set_fault(struct csv *c, enum csv_fault f) {
    if (c->fault == CSV_GOOD) c->fault = f;
}

static void add(struct csv *c, int byte) {
    char b = (char)byte;
    if (c->text.n == INPUT_ROW_MAX)
        set_fault(c, CSV_TOO_LONG);
    else
        buf_add(&c->text, &b, 1);
}

static void end_cell(struct csv *c) {
    if (c->n == CSV_CELLS)
        set_fault(c, CSV_TOO_MANY);
    else
        c->end[c->n++] = c->text.n;
}

/* Takes the LF of a CRLF and counts the line. Inside quotes both bytes stay in the cell. */
static void line_end(struct csv *c, int byte, int keep, struct err *e) {
    c->line++;
    if (keep) add(c, byte);
    if (byte == '\r' && input_peek(c->in, e) == '\n') {
        (void)input_byte(c->in, e);
        if (keep) add(c, '\n');
    }
}

/* Reads one physical row; 0 when the input ends before its first byte. */
static int read_row(struct csv *c, struct err *e) {
    enum { START, PLAIN, QUOTED, CLOSED } at = START;
    int b, any = 0;
    for (; (b = input_byte(c->in, e)) >= 0; any = 1) {
        int newline = b == '\n' || b == '\r';
        if (at == QUOTED) {
            if (b == '"')
                at = CLOSED;
            else if (newline)
                line_end(c, b, 1, e);
            else
                add(c, b);
        } else if (b == c->delim) {
            end_cell(c);
            at = START;
        } else if (newline) {
            line_end(c, b, 0, e);
            end_cell(c);
            return 1;
        } else if (b == '"' && c->quotes && at != PLAIN) {
            if (at == CLOSED) add(c, '"');
            at = QUOTED;
            c->quoted = 1;
        } else {
            if (at == CLOSED) set_fault(c, CSV_AFTER);
            at = PLAIN;
            add(c, b);
        }
    }
    if (at == QUOTED) set_fault(c, CSV_UNCLOSED);
    if (any) end_cell(c);
    return any;
}

enum status csv_next(struct csv *c, int *got, struct err *e) {
    do {
        buf_clear(&c->text);
        c->n = c->quoted = 0;
        c->fault = CSV_GOOD;
        c->row_line = c->line;
        *got = read_row(c, e);
        if (c->in->st != ST_OK) return c->in->st;
        if (c->text.failed)
            return fail(e, ST_NO_MEMORY, "no memory for the row of line %ld", c->row_line);
    } while (*got && c->fault == CSV_GOOD && c->n == 1 && c->text.n == 0 && !c->quoted);
    return ST_OK;
}
