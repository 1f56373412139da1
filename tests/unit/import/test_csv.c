/* links: import */
/* The reader of separated text: every kind of quote, line end and separator, and that a stray quote
 * costs no other row. */
#include "kernels/base/buf.h"
#include "server/import/source/dialect.h"
#include "tests/unit/store/store_help.h"

/* Each row as "line:cell|cell;", a row with a fault as "line!fault;". separator "": found out. */
static enum status render(struct view text, const char *separator, struct buf *out, struct err *e) {
    static const struct import_config config = {.kind = IMPORT_ITEMS};
    struct dialect_found found = {.line = 1};
    struct dialect d = {.separator = ",", .quotes = 1};
    buf_clear(out);
    struct csv *c = mem_alloc(sizeof *c);
    TRY(csv_open(c, text, &d, e));
    enum status st = ST_OK;
    if (separator[0])
        memcpy(found.dialect.separator, separator, strlen(separator)), found.dialect.quotes = 1;
    else
        st = dialect_find(text, c, &config, &found, e);
    c->dialect = found.dialect;
    csv_seek(c, found.at, found.line);
    while (st == ST_OK && csv_next(c)) {
        buf_printf(out, "%ld", c->row_line);
        if (c->fault != CSV_GOOD) buf_printf(out, "!%d", (int)c->fault);
        for (int i = 0; i < c->n && c->fault == CSV_GOOD; i++) {
            buf_str(out, i ? "|" : ":");
            buf_view(out, c->cell[i]);
        }
        buf_str(out, ";");
    }
    csv_close(c);
    mem_free(c);
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
    {S("a,\"b\" \nd,e"), "1:a|b;2:d|e;"},
    {S("a,b\nc,\"d\ne"), "1:a|b;2!4;3:e;"},
    {S("a,\""), "1!4;"},
    {S("\""), "1!4;"},
    {S(",\n,,\n"), "1:|;2:||;"},
    {S("a,b,\n1,2,\n"), "1:a|b|;2:1|2|;"},
    {S(" a , b \n"), "1: a | b ;"},
    {S("a,b\n\n\n1,2"), "1:a|b;4:1|2;"},
    {S("a,b\n \n1,2"), "1:a|b;2: ;3:1|2;"},
    {S("a,b\n1,2,3\n"), "1:a|b;2:1|2|3;"},
    {S("a,b\n1\n"), "1:a|b;2:1;"},
    {S("\xf0\x9f\x8d\xba,\xe2\x80\xae\n"), "1:\xf0\x9f\x8d\xba|\xe2\x80\xae;"},
    {S("a,caf\xe9\n"), "1:a|caf\xe9;"},
    {S("\"a\"\"\n\"\"b\",c\nd,e\n"), "1:a\"\n\"b|c;3:d|e;"},
};

static void rows(void) {
    struct buf out;
    struct err e;
    buf_init(&out, 1 << 20);
    for (size_t i = 0; i < COUNT(table); i++) {
        struct view text = {table[i].text, table[i].n};
        int failed = t_failed;
        GOOD(render(text, "", &out, &e));
        EQ_STR(out.n ? buf_text(&out).p : "", table[i].want);
        if (t_failed > failed) printf("  for row %zu\n", i);
    }
    buf_free(&out);
}

/* What separates cells, and what stands before them. */
static void dialects(void) {
    static const struct {
        const char *text, *want;
    } t[] = {
        {"a|b|c\n1|2|3\n", "1:a|b|c;2:1|2|3;"},
        {"1::x, y::A|B\n2::z::C\n", "1:1|x, y|A|B;2:2|z|C;"},
        {"sep=;\na;b\n1;2,5\n", "2:a|b;3:1|2,5;"},
        {"\"sep=|\"\r\na|b\r\n1|2\r\n", "2:a|b;3:1|2;"},
        {"# made today, by hand\nid,title\n1,x\n", "2:id|title;3:1|x;"},
        {"#id,title\n1,x\n", "1:#id|title;2:1|x;"},
        {"Price list\n\nid;title;price\n1;x;2\n2;y;3\n", "3:id|title|price;4:1|x|2;5:2|y|3;"},
        {"id,title,tags\n1,x,a|b|c\n2,y,a|b\n", "1:id|title|tags;2:1|x|a|b|c;3:2|y|a|b;"},
        {"id;text\n1;a, b, c\n2;d, e\n", "1:id|text;2:1|a, b, c;3:2|d, e;"},
        /* Tabs come without quotes, unless the file shows them. */
        {"id\ttitle\n1\t\"Quoted\" film\n", "1:id|title;2:1|\"Quoted\" film;"},
        {"id\ttitle\n1\t\"5\"\" disc\"\n", "1:id|title;2:1|5\" disc;"},
        {"\"id\"\t\"title\"\n\"1\"\t\"x\"\n", "1:id|title;2:1|x;"},
    };
    struct buf out;
    struct err e;
    buf_init(&out, 1 << 16);
    for (size_t i = 0; i < COUNT(t); i++) {
        GOOD(render(view_of(t[i].text), "", &out, &e));
        EQ_STR(buf_text(&out).p, t[i].want);
    }
    buf_free(&out);
}

/* A quote that is opened by mistake, anywhere: the row is a fault, and all others are there. */
static void stray_quotes(void) {
    struct buf in, out;
    struct err e;
    char want[8];
    buf_init(&in, 1 << 20);
    buf_init(&out, 1 << 20);
    for (int rows = 1; rows <= 60; rows += 7)
        for (int bad = 1; bad <= rows; bad += 5)
            for (int closed = 0; closed < 2; closed++) {
                buf_clear(&in);
                buf_str(&in, "id,title,text\n");
                for (int i = 1; i <= rows; i++)
                    buf_printf(&in, "%d,%sname%d,text%s\n", i, i == bad ? "\"" : "", i,
                               closed && i == bad + 25 ? "\"" : "");
                GOOD(render(buf_text(&in), ",", &out, &e));
                int found = 0;
                for (const char *p = out.p; (p = strstr(p, "name")) != NULL; p++) found++;
                EQ(found, rows - 1);
                snprintf(want, sizeof want, "%d!", bad + 1);
                OK(strstr(out.p, want) != NULL);
            }
    buf_free(&in);
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
    GOOD(render((struct view){text, n + 5}, ",", &out, &e));
    EQ_STR(buf_text(&out).p, "1!1;2:a|b;");
    text[0] = '"'; /* never closed */
    GOOD(render((struct view){text, n + 5}, ",", &out, &e));
    EQ_STR(buf_text(&out).p, "1!1;2:a|b;");
    memset(text, 'x', 1 << 20);
    GOOD(render((struct view){text, 1 << 20}, ",", &out, &e));
    EQ(buf_text(&out).n, (1 << 20) + 3);
    memset(text, ',', 1000);
    memcpy(text + 1000, "\na\n", 3);
    GOOD(render((struct view){text, 1003}, ",", &out, &e));
    EQ_STR(buf_text(&out).p, "1!2;2:a;");
    GOOD(render((struct view){text + 1, 1002}, ",", &out, &e));
    EQ(buf_text(&out).n, 1 + 1 + 999 + 1 + 4);
    buf_free(&out);
    mem_free(text);
}

int main(void) {
    rows();
    dialects();
    stray_quotes();
    limits();
    return t_end();
}
