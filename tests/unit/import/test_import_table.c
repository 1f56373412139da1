/* links: import */
/* Each format with each fault in each column: what it costs, where it is told, and that all other
 * rows are there. */
#include "kernels/base/buf.h"
#include "tests/unit/store/store_help.h"

#include <zlib.h>

enum { ROWS = 6, BAD = 3, COLUMNS = 6 };
static const char *const columns[COLUMNS] = {"id", "title", "text", "tags", "popularity", "time"};

enum form {
    CSV,
    SEMICOLON,
    TSV,
    PIPE,
    COLONS,
    CRLF,
    BOM,
    UTF16,
    GZIP,
    JSONL,
    LIST,
    WRAPPED,
    XML,
    FORMS
};
static const char *const forms[FORMS] = {"csv",  "semicolon", "tsv",   "pipe", "colons",
                                         "crlf", "bom",       "utf16", "gzip", "jsonl",
                                         "list", "wrapped",   "xml"};
static int separated(enum form f) {
    return f < JSONL;
}

enum harm { EMPTY, BLANK, NOTHING, UNREADABLE, LONG, CONTROL, BROKEN, QUOTE, REPEAT, HARMS };
static const char *const harms[HARMS] = {"empty",   "blank",  "nothing", "unreadable", "long",
                                         "control", "broken", "quote",   "repeat"};

/* What a harm in a column costs: a row, a value, or nothing. */
enum cost { FINE, VALUE, ROW, SKIP };
static enum cost cost_of(enum harm h, int column, enum form f) {
    int id = column == 0, title = column == 1, tags = column == 3, number = column >= 4;
    switch (h) {
    case EMPTY:
    case BLANK: return id || title ? ROW : FINE;
    case NOTHING: return title ? ROW : FINE;
    case UNREADABLE: return number ? VALUE : FINE;
    case LONG: return column <= 2 ? ROW : VALUE;
    case CONTROL: return f == XML ? SKIP : id ? ROW : tags || number ? VALUE : FINE;
    /* Bytes that no encoding has cannot be written in UTF-16; XML is read as a whole. */
    case BROKEN: return f == XML || f == UTF16 ? SKIP : ROW;
    case QUOTE: return !separated(f) || f == TSV || f == COLONS ? SKIP : ROW;
    case REPEAT: return id ? ROW : FINE;
    default: return SKIP;
    }
}

/* Whether it harms the file, not one row: bytes of no encoding, a quote that is never closed. */
static int damages(enum harm h) {
    return h == BROKEN || h == QUOTE;
}

static void value(struct buf *b, enum form f, int row, int column) {
    switch (column) {
    case 0: buf_printf(b, "a%d", row); break;
    case 1: buf_printf(b, "Caf\xc3\xa9 d'\xc3\xa9t\xc3\xa9 %d", row); break;
    case 2: buf_printf(b, "A quiet text of row %d.", row); break;
    case 3: buf_str(b, f == PIPE ? "war;drama" : "war|drama"); break;
    case 4: buf_printf(b, "%d", 12 + row); break;
    default: buf_printf(b, "19%d", 70 + row); break;
    }
}

static void harm(struct buf *b, enum form f, enum harm h, int column) {
    static const size_t lengths[COLUMNS] = {300, 2100, 100100, 150, 300, 300};
    switch (h) {
    case EMPTY: break;
    case BLANK: buf_str(b, "  "); break;
    case NOTHING: buf_str(b, "N/A"); break;
    case UNREADABLE: buf_str(b, "so, so"); break;
    case LONG:
        for (size_t i = 0; i < lengths[column]; i++) buf_str(b, "x");
        break;
    case CONTROL: buf_str(b, "a\x01z"); break;
    case BROKEN: buf_str(b, "a\xffz"); break;
    case QUOTE: buf_str(b, "\"ab"); break;
    default: value(b, f, BAD - 1, column); break;
    }
}

/* A cell as the format writes it. */
static void cell(struct buf *b, enum form f, struct view v) {
    int json = f == JSONL || f == LIST || f == WRAPPED;
    int quote = separated(f) && f != TSV && f != COLONS && memchr(v.p, ',', v.n) != NULL;
    if (json || quote) buf_str(b, "\"");
    for (size_t i = 0; i < v.n; i++)
        if (json && v.p[i] == 1)
            buf_str(b, "\\u0001");
        else
            buf_add(b, v.p + i, 1);
    if (json || quote) buf_str(b, "\"");
}

static const char *separator(enum form f) {
    return f == SEMICOLON ? ";" : f == TSV ? "\t" : f == PIPE ? "|" : f == COLONS ? "::" : ",";
}

static void write_row(struct buf *b, enum form f, int row, enum harm h, int column) {
    struct buf v;
    buf_init(&v, 1 << 20);
    if (!separated(f)) buf_str(b, f == XML ? "<item>" : "{");
    for (int c = 0; c < COLUMNS; c++) {
        buf_clear(&v);
        if (row == BAD && c == column)
            harm(&v, f, h, column);
        else
            value(&v, f, row, c);
        if (f == XML) {
            buf_printf(b, "<%s>", columns[c]);
            buf_view(b, buf_text(&v));
            buf_printf(b, "</%s>", columns[c]);
        } else {
            if (c) buf_str(b, separator(f));
            if (!separated(f)) buf_printf(b, "\"%s\":", columns[c]);
            cell(b, f, v.n ? buf_text(&v) : VIEW(""));
        }
    }
    if (!separated(f)) buf_str(b, f == XML ? "</item>" : "}");
    if ((f == LIST || f == WRAPPED) && row < ROWS - 1) buf_str(b, ",");
    buf_str(b, f == CRLF ? "\r\n" : "\n");
    buf_free(&v);
}

/* The whole file; *first is the line of row 0. */
static void write_file(struct buf *b, enum form f, enum harm h, int column, long *first) {
    *first = 1;
    if (f == BOM) buf_str(b, "\xef\xbb\xbf");
    if (separated(f)) {
        for (int c = 0; c < COLUMNS; c++) buf_printf(b, "%s%s", c ? separator(f) : "", columns[c]);
        buf_str(b, f == CRLF ? "\r\n" : "\n");
        *first = 2;
    } else if (f != JSONL) {
        buf_str(b, f == XML ? "<items>\n" : f == LIST ? "[\n" : "{\"found\":6,\"products\":[\n");
        *first = 2;
    }
    for (int row = 0; row < ROWS; row++) write_row(b, f, row, h, column);
    if (!separated(f) && f != JSONL)
        buf_str(b, f == XML ? "</items>\n" : f == LIST ? "]\n" : "]}\n");
}

static void as_utf16(struct buf *b) {
    struct buf out;
    buf_init(&out, 8 << 20);
    buf_add(&out, "\xff\xfe", 2);
    for (size_t i = 0; i < b->n;) {
        size_t n = utf8_len(b->p + i, b->n - i);
        uint32_t c = utf8_point(b->p + i, n);
        char two[2] = {(char)(c & 0xff), (char)(c >> 8)};
        buf_add(&out, two, 2);
        i += n;
    }
    buf_free(b);
    *b = out;
}

static void as_gzip(struct buf *b) {
    static unsigned char out[4 << 20];
    z_stream z = {
        .next_in = (Bytef *)b->p, .avail_in = (uInt)b->n, .next_out = out, .avail_out = sizeof out};
    EQ(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
    buf_clear(b);
    buf_add(b, (char *)out, z.total_out);
    (void)deflateEnd(&z);
}

/* The id, title and text of the rows that came through no harm. */
static void others_are_there(struct store *s, enum cost cost) {
    struct arena a;
    struct item *it;
    struct err e;
    int n = 0;
    long long total;
    char want[64];
    arena_init(&a, 8 << 20);
    GOOD(store_items(s, VIEW("t"), VIEW(""), 0, 99, &a, &it, &n, &total, &e));
    EQ(n, ROWS - (cost == ROW));
    for (int i = 0, row = 0; i < n; i++, row++) {
        if (cost == ROW && row == BAD) row++;
        if (row == BAD) continue;
        snprintf(want, sizeof want, "a%d", row);
        EQ_STR(it[i].id, want);
        snprintf(want, sizeof want, "Caf\xc3\xa9 d'\xc3\xa9t\xc3\xa9 %d", row);
        EQ_STR(it[i].title, want);
        EQ(it[i].n_tags, 2);
        NEAR(it[i].popularity, 12 + row, 0);
        EQ(it[i].has_time, 1);
    }
    arena_free(&a);
}

static long long lost_in(const struct import_result *r, const char *column) {
    for (int i = 0; i < r->n_columns; i++)
        if (view_eq_str(r->column[i].name, column)) return r->column[i].lost;
    return -1;
}

static void one(struct store *s, enum form f, enum harm h, int column, enum cost cost) {
    struct buf b;
    struct arena a;
    struct err e = {.text = ""};
    struct import_result r;
    long first;
    int failed = t_failed;
    buf_init(&b, 8 << 20);
    arena_init(&a, 4 << 20);
    write_file(&b, f, h, column, &first);
    if (f == UTF16) as_utf16(&b);
    if (f == GZIP) as_gzip(&b);
    /* A bad row is left out, unless the file itself is damaged: then skip_bad must say so. A lost
     * value costs nothing more. */
    struct import_config c = {.kind = IMPORT_ITEMS,
                              .format = separated(f) ? IMPORT_CSV : IMPORT_JSONL,
                              .catalog = VIEW("t"),
                              .replace = 1,
                              .skip_bad = damages(h),
                              .arena = &a};
    GOOD(import_text(s, &c, buf_text(&b), &r, &e));
    EQ(r.read, ROWS);
    EQ(r.rejected, cost == ROW);
    EQ(r.kept, ROWS - (cost == ROW));
    EQ(r.values_lost, cost == VALUE);
    if (cost == VALUE) EQ(lost_in(&r, columns[column]), 1);
    if (cost == ROW) EQ(r.errors[0].line, first + BAD);
    if (r.stored) others_are_there(s, cost);
    c.skip_bad = 0;
    c.dry_run = 1;
    c.strict = !damages(h);
    if (cost == ROW) {
        GOOD(import_text(s, &c, buf_text(&b), &r, &e));
        EQ(r.kept, 0);
        EQ(r.refused.line, first + BAD);
    }
    if (t_failed > failed) {
        printf("  %s in %s of %s: %s\n", harms[h], columns[column], forms[f], e.text);
        for (int i = 0; i < r.n_errors; i++)
            printf("    %ld %s\n", r.errors[i].line, r.errors[i].message);
        for (int i = 0; i < r.n_warnings; i++) printf("    %s\n", r.warning[i]);
    }
    buf_free(&b);
    arena_free(&a);
}

int main(void) {
    char folder[64];
    struct store *s;
    struct err e;
    int rows = 0;
    new_folder(folder);
    GOOD(store_open(&s, folder, &e));
    for (int f = 0; f < FORMS; f++)
        for (int h = 0; h < HARMS; h++)
            for (int c = 0; c < COLUMNS; c++) {
                enum cost cost = cost_of((enum harm)h, c, (enum form)f);
                if (cost == SKIP) continue;
                one(s, (enum form)f, (enum harm)h, c, cost);
                rows++;
            }
    printf("%d rows of the table\n", rows);
    OK(rows >= 300);
    store_close(s);
    drop_folder(folder);
    return t_end();
}
