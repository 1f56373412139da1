/* links: import */
/* The CSV reader: every kind of quote, line end and delimiter, in pieces of every size. */
#include "model/base/buf.h"
#include "server/import/csv.h"
#include "tests/unit/store_help.h"

/* Each row as "line:cell|cell;", a row with a fault as "line!fault;". */
static enum status render(struct view text, size_t piece, struct buf *out, struct err *e) {
    struct text_reader reader = {text, 0, piece};
    struct input in;
    buf_clear(out);
    TRY(input_open(&in, read_text, &reader, e));
    struct csv *c = mem_alloc(sizeof *c);
    csv_open(c, &in);
    enum status st;
    int got;
    while ((st = csv_next(c, &got, e)) == ST_OK && got) {
        buf_printf(out, "%ld", c->row_line);
        if (c->fault != CSV_GOOD) buf_printf(out, "!%d", (int)c->fault);
        for (int i = 0; i < c->n && c->fault == CSV_GOOD; i++) {
            buf_str(out, i ? "|" : ":");
            buf_view(out, csv_cell(c, i));
        }
        buf_str(out, ";");
    }
    csv_close(c);
    mem_free(c);
    input_close(&in);
    return st;
}

#define S(lit) lit, sizeof(lit) - 1
static const struct {
    const char *text;
    size_t n;
    const char *want;
} table[] = {
    {S(""), ""},
    {S("\n"), ""},
    {S("\r\n\r\n\n"), ""},
    {S("a"), "1:a;"},
    {S("a\n"), "1:a;"},
    {S("a,b\n1,2\n"), "1:a|b;2:1|2;"},
    {S("a,b\n1,2"), "1:a|b;2:1|2;"},
    {S("a,b\r\n1,2\r\n"), "1:a|b;2:1|2;"},
    {S("a,b\r1,2\r"), "1:a|b;2:1|2;"},
    {S("a,b\r\r1,2"), "1:a|b;3:1|2;"},
    {S("a,b\n\r1,2"), "1:a|b;3:1|2;"},
    {S("a;b\n1;2,3\n"), "1:a|b;2:1|2,3;"},
    {S("a\tb\n1\t2;3,4\n"), "1:a|b;2:1|2;3,4;"},
    {S("a,b;c,d\n"), "1:a|b;c|d;"},
    {S("\"a;b;c\",d\n1,2"), "1:a;b;c|d;2:1|2;"},
    {S("a,\"b,c\"\n"), "1:a|b,c;"},
    {S("a,\"b\nc\"\nd,e"), "1:a|b\nc;3:d|e;"},
    {S("a,\"b\r\nc\"\r\nd,e"), "1:a|b\r\nc;3:d|e;"},
    {S("a,\"b\rc\"\rd,e"), "1:a|b\rc;3:d|e;"},
    {S("a,\"b\"\"c\"\n"), "1:a|b\"c;"},
    {S("a,\"\"\n"), "1:a|;"},
    {S("\"\"\n"), "1:;"},
    {S("\"\"\"\"\n"), "1:\";"},
    {S("a,\"\"\"b\"\"\"\n"), "1:a|\"b\";"},
    {S("a,b\"c\n"), "1:a|b\"c;"},
    {S("a,b\"\"c\"\n"), "1:a|b\"\"c\";"},
    {S("a,\"b\"c\nd,e"), "1!3;2:d|e;"},
    {S("a,\"b\" \nd,e"), "1!3;2:d|e;"},
    {S("a,b\nc,\"d\ne"), "1:a|b;2!4;"},
    {S("a,\""), "1!4;"},
    {S("\""), "1!4;"},
    {S(",\n,,\n"), "1:|;2:||;"},
    {S("a,b,\n1,2,\n"), "1:a|b|;2:1|2|;"},
    {S(" a , b \n"), "1: a | b ;"},
    {S("\xef\xbb\xbf"
       "a,b\n1,2"),
     "1:a|b;2:1|2;"},
    {S("\xef\xbb\xbf\"a\",b\n"), "1:a|b;"},
    {S("\xef\xbb\xbf"), ""},
    {S("a,b\n\n\n1,2"), "1:a|b;4:1|2;"},
    {S("a,b\n \n1,2"), "1:a|b;2: ;3:1|2;"},
    {S("a,b\n1,2,3\n"), "1:a|b;2:1|2|3;"},
    {S("a,b\n1\n"), "1:a|b;2:1;"},
    {S("\xf0\x9f\x8d\xba,\xe2\x80\xae\n"), "1:\xf0\x9f\x8d\xba|\xe2\x80\xae;"},
    {S("a,caf\xe9\n"), "1:a|caf\xe9;"},
    {S("\"a\"\"\n\"\"b\",c\nd,e\n"), "1:a\"\n\"b|c;3:d|e;"},
};

static void rows(void) {
    static const size_t pieces[] = {0, 1, 2, 3, 7};
    struct buf out;
    struct err e;
    buf_init(&out, 1 << 20);
    for (size_t i = 0; i < COUNT(table); i++)
        for (size_t k = 0; k < COUNT(pieces); k++) {
            struct view text = {table[i].text, table[i].n};
            int failed = t_failed;
            GOOD(render(text, pieces[k], &out, &e));
            EQ_STR(buf_text(&out).p, table[i].want);
            if (t_failed > failed) printf("  for row %zu in pieces of %zu\n", i, pieces[k]);
        }
    buf_free(&out);
}

static void refused(void) {
    static const struct {
        const char *text;
        size_t n;
        const char *word;
    } bad[] = {
        {S("\xff\xfe"
           "a\0,\0b\0"),
         "UTF-16"},
        {S("\xfe\xff\0a\0,\0b"), "UTF-16"},
        {S("a\0,\0b\0\n\0"), "UTF-16"},
        {S("\0a\0,\0b\0\n"), "UTF-16"},
        {S("PK\3\4 a sheet"), "spreadsheet"},
        {S("\x1f\x8b\x08"), "gzip"},
    };
    struct buf out;
    struct err e;
    buf_init(&out, 1000);
    for (size_t i = 0; i < COUNT(bad); i++) {
        EQ(render((struct view){bad[i].text, bad[i].n}, 1, &out, &e), ST_BAD_INPUT);
        OK(strstr(e.text, bad[i].word) != NULL);
        OK(e.hint[0] != 0);
        EQ(e.line, 1);
    }
    buf_free(&out);
}

/* Too long and too many, and that the rows after them are read. */
static void limits(void) {
    size_t n = (1 << 20) + 100;
    char *text = mem_alloc(n + 3000);
    struct buf out;
    struct err e;
    buf_init(&out, 3 << 20);
    memset(text, 'x', n);
    memcpy(text + n, "\na,b\n", 5);
    GOOD(render((struct view){text, n + 5}, 0, &out, &e));
    EQ_STR(buf_text(&out).p, "1!1;2:a|b;");
    text[0] = '"'; /* never closed */
    GOOD(render((struct view){text, n + 5}, 0, &out, &e));
    EQ_STR(buf_text(&out).p, "1!1;");
    memset(text, 'x', 1 << 20);
    GOOD(render((struct view){text, 1 << 20}, 0, &out, &e));
    EQ(buf_text(&out).n, (1 << 20) + 3);
    memset(text, ',', 1000);
    memcpy(text + 1000, "\na\n", 3);
    GOOD(render((struct view){text, 1003}, 0, &out, &e));
    EQ_STR(buf_text(&out).p, "1!2;2:a;");
    GOOD(render((struct view){text + 1, 1002}, 0, &out, &e));
    EQ(buf_text(&out).n, 1 + 1 + 999 + 1 + 4);
    buf_free(&out);
    mem_free(text);
}

int main(void) {
    rows();
    refused();
    limits();
    return t_end();
}
