/* CSV rows of an import: what its columns are, and cells to fields. */
#include "server/store/reader.h"

#include "server/store/private.h"

#include <stdio.h>
#include <string.h>

void reader_check_text(struct view v, struct fault *f) {
    if (utf8_valid(v)) return;
    if (memchr(v.p, 0, v.n))
        row_fault(f, "the row holds a NUL byte; save the file as UTF-8 text");
    else
        row_fault(f, "the row is not UTF-8 (it may be Latin-1 or Windows-1252); save the file as "
                     "UTF-8, or convert it with iconv -f WINDOWS-1252 -t UTF-8");
}

/* Cell by cell: two halves of a character in neighbouring cells are no text. */
static void check_cells(const struct csv *c, struct fault *f) {
    for (int i = 0; i < c->n; i++) reader_check_text(csv_cell(c, i), f);
}

static enum status bad_header(struct err *e, enum status st, const char *hint) {
    err_line(e, 1);
    err_hint(e, "%s", hint);
    return st;
}

/* RecBole writes item_id:token. 1 when the name ended in one of its types, which is cut off. */
static int cut_type(struct view *name, int *sequence) {
    static const char *const types[] = {":token", ":token_seq", ":float", ":float_seq"};
    for (size_t i = 0; i < COUNT(types); i++) {
        size_t n = strlen(types[i]);
        if (name->n <= n || memcmp(name->p + name->n - n, types[i], n) != 0) continue;
        name->n -= n;
        *sequence = i == 1;
        return 1;
    }
    return 0;
}

static enum status read_columns(struct csv_rows *c, struct err *e) {
    int typed = 0;
    buf_view(&c->header, buf_text(&c->csv.text));
    if (c->header.failed) return fail(e, ST_NO_MEMORY, "no memory for the header");
    c->n = c->csv.n;
    for (int i = 0; i < c->n; i++) {
        struct view v = csv_cell(&c->csv, i);
        int sequence = 0;
        v.p = c->header.p ? c->header.p + (v.p - c->csv.text.p) : "";
        v = view_trim(v);
        typed += cut_type(&v, &sequence);
        c->name[i] = v;
        c->field[i] = row_field(c->config, &c->name[i]);
        if (c->field[i] == FIELD_TAGS && sequence) c->tag_split = ' ';
    }
    if (typed == c->n && c->csv.delim == '\t') c->csv.quotes = 0;
    return ST_OK;
}

static enum status no_column(const struct csv_rows *c, const char *name, struct err *e) {
    char list[200];
    size_t at = 0;
    list[0] = 0;
    for (int i = 0; i < c->n && at < sizeof list - 1; i++) {
        size_t left = sizeof list - at;
        int n = snprintf(list + at, left, "%s%.*s", i ? ", " : "",
                         c->name[i].n > 100 ? 100 : (int)c->name[i].n, c->name[i].p);
        at = n < 0 || (size_t)n >= left ? sizeof list - 1 : at + (size_t)n;
    }
    enum status st =
        fail(e, ST_BAD_INPUT, "the header has no column '%s'; its columns are: %s", name, list);
    if (e) text_clean(e->text);
    return bad_header(e, st, "name the column so in the first line, or map one to it");
}

static enum status check_columns(struct csv_rows *c, struct err *e) {
    static const enum field need[][3] = {
        [IMPORT_ITEMS] = {FIELD_ID, FIELD_TITLE, FIELD_NONE},
        [IMPORT_MEMBERS] = {FIELD_ID, FIELD_NONE, FIELD_NONE},
        [IMPORT_INTERACTIONS] = {FIELD_MEMBER, FIELD_ITEM, FIELD_NONE},
    };
    unsigned seen = 0;
    for (int i = 0; i < c->n; i++) {
        int twice = c->field[i] < FIELD_COUNT && (seen >> c->field[i] & 1);
        for (int k = 0; k < i && c->field[i] == FIELD_OTHER; k++)
            twice |= c->field[k] == FIELD_OTHER && view_eq(c->name[k], c->name[i]);
        if (c->field[i] < FIELD_COUNT) seen |= 1u << c->field[i];
        if (!twice) continue;
        int n = c->name[i].n > 60 ? 60 : (int)c->name[i].n;
        enum status st =
            fail(e, ST_BAD_INPUT, "the header names the column '%.*s' twice", n, c->name[i].p);
        if (e) text_clean(e->text);
        return bad_header(e, st, "rename one of them, or map it to another name or to nothing");
    }
    for (const enum field *f = need[c->config->kind]; *f != FIELD_NONE; f++)
        if (!(seen >> *f & 1)) return no_column(c, row_field_name(*f), e);
    if (c->config->kind == IMPORT_INTERACTIONS &&
        !(seen & (1u << FIELD_LABEL | 1u << FIELD_RATING)))
        return no_column(c, "label' or 'rating", e);
    return ST_OK;
}

static enum status read_header(struct csv_rows *c, struct err *e) {
    int got;
    struct fault f = {""};
    TRY(csv_next(&c->csv, &got, e));
    if (!got)
        return bad_header(e, fail(e, ST_BAD_INPUT, "the input is empty; CSV needs a header line"),
                          "the first line names the columns, as in id,title,text,tags");
    if (c->csv.fault != CSV_GOOD) row_fault(&f, "%s", csv_fault_text(c->csv.fault));
    check_cells(&c->csv, &f);
    if (f.text[0])
        return bad_header(e, fail(e, ST_BAD_INPUT, "the header cannot be read: %s", f.text),
                          "the first line names the columns, in UTF-8");
    TRY(read_columns(c, e));
    return check_columns(c, e);
}

enum status csv_rows_open(struct csv_rows *c, const struct import_config *config, struct input *in,
                          struct err *e) {
    *c = (struct csv_rows){.config = config, .tag_split = '|'};
    csv_open(&c->csv, in);
    buf_init(&c->header, INPUT_ROW_MAX);
    enum status st = read_header(c, e);
    if (st != ST_OK) csv_rows_close(c);
    return st;
}

void csv_rows_close(struct csv_rows *c) {
    csv_close(&c->csv);
    buf_free(&c->header);
}

static void put_cell(struct csv_rows *c, struct row *r, int i, struct fault *f) {
    struct view v = csv_cell(&c->csv, i);
    enum field field = c->field[i];
    if (field == FIELD_OTHER) {
        if (c->config->kind == IMPORT_ITEMS) row_extra_text(r, c->name[i], v);
    } else if (field != FIELD_NONE) {
        row_set(r, field, v, f);
        if (field == FIELD_TAGS) row_split_tags(r, v, c->tag_split, f);
    }
}

enum status csv_rows_next(struct csv_rows *c, struct row *r, struct fault *f, int *too_long,
                          int *got, struct err *e) {
    TRY(csv_next(&c->csv, got, e));
    row_clear(r, c->csv.row_line);
    *too_long = c->csv.fault == CSV_TOO_LONG;
    if (!*got) return ST_OK;
    if (c->csv.fault != CSV_GOOD)
        row_fault(f, "%s", csv_fault_text(c->csv.fault));
    else if (c->csv.n != c->n)
        row_fault(f, "the row has %d cells, the header %d", c->csv.n, c->n);
    else if (view_eq(buf_text(&c->csv.text), buf_text(&c->header)))
        row_fault(f, "the header is repeated here");
    if (!f->text[0]) check_cells(&c->csv, f);
    for (int i = 0; i < c->n && !f->text[0]; i++) put_cell(c, r, i, f);
    return ST_OK;
}
