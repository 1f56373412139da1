/* links: import */
/* Imports: what is refused and how that is said: rows with a fault, too many of them, damaged
 * files, senders that go away. Nothing is stored then, and what was there stays. */
#include "tests/unit/import/import_help.h"

/* One input with one fault: its line, a word of its message, rows read and good; whether it is
 * damage of the file rather than of the row. */
struct bad_case {
    enum import_kind kind;
    enum import_format format;
    struct view text;
    long line;
    const char *word;
    int read, good, damage;
};
#define WHOLE 0
#define DAMAGE 1
static const struct bad_case bad[] = {
    {IMPORT_ITEMS, J, S("{\"id\":\"1\",\"title\":\"a\"}\n{\"id\":\"2\"}\n"), 2, "title is missing",
     2, 1, WHOLE},
    {IMPORT_ITEMS, J, S("{\"id\":1,\"title\":\"a\"}\n{\"title\":\"a\"}\n"), 2, "id is missing", 2,
     1, WHOLE},
    {IMPORT_ITEMS, J, S("{\"id\":1,\"title\":\"a\"}\n{\"id\":\" \",\"title\":\"a\"}\n"), 2,
     "id is missing", 2, 1, WHOLE},
    {IMPORT_ITEMS, J, S("{\"id\":\"1\",\"title\":\"a\"}\n\n{\"id\":\"1\",\"title\":\"b\"}"), 3,
     "line 1", 2, 1, WHOLE},
    {IMPORT_ITEMS, J, S("[1]\n"), 1, "not a JSON object", 1, 0, WHOLE},
    {IMPORT_ITEMS, J, S("7\n"), 1, "not a JSON object", 1, 0, WHOLE},
    {IMPORT_ITEMS, J, S("{\"id\":\"1\",\"title\":\"a\"\n"), 1, "not valid JSON", 1, 0, DAMAGE},
    {IMPORT_ITEMS, J, S("{\"id\":\"1\",\"title\":\"a\"} x\n"), 1, "not valid JSON", 1, 0, WHOLE},
    {IMPORT_ITEMS, J, S("{\"id\":\"1\",\"title\":\"a\",\"title\":\"b\"}\n"), 1, "duplicate", 1, 0,
     WHOLE},
    {IMPORT_ITEMS, J, S("{\"id\":\"1\",\"title\":{}}\n"), 1, "title is neither", 1, 0, WHOLE},
    {IMPORT_ITEMS, J, S("{\"id\":true,\"title\":\"a\"}\n"), 1, "id is neither", 1, 0, WHOLE},
    {IMPORT_ITEMS, J, S("{\"id\":\"1\",\"title\":\"\\u0000\"}\n"), 1, "not valid JSON", 1, 0,
     WHOLE},
    {IMPORT_ITEMS, J, S("{\"id\":\"1\",\"title\":\"\\ud800\"}\n"), 1, "not valid JSON", 1, 0,
     WHOLE},
    {IMPORT_ITEMS, J, S("{\"id\":\"1\",\"title\":\"a\",\"x\":1e999}\n"), 1, "not valid JSON", 1, 0,
     WHOLE},
    {IMPORT_ITEMS, J, S("{\"id\":\"1\",\"title\":\"a\0\"}\n"), 1, "NUL", 1, 0, DAMAGE},
    {IMPORT_ITEMS, J, S("{\"id\":\"a\\nb\",\"title\":\"a\"}\n"), 1, "control character", 1, 0,
     WHOLE},
    {IMPORT_ITEMS, C, S("id,title\n1,a\n2\n3,c\n"), 3, "1 cells, the header 2", 3, 2, WHOLE},
    {IMPORT_ITEMS, C, S("id,title\n1,a,z\n"), 2, "3 cells", 1, 0, WHOLE},
    {IMPORT_ITEMS, C, S("id,title\n1,\"a\nb\"\n1,\"c\n"), 4, "never closed", 2, 1, DAMAGE},
    {IMPORT_ITEMS, C, S("id,title\n1,\"a\"b\n"), 2, "closing quote", 1, 0, WHOLE},
    {IMPORT_ITEMS, C, S("id,title\n1,\"a\nb\"\n1,c\n"), 4, "line 2", 2, 1, WHOLE},
    {IMPORT_ITEMS, C, S("id,title\n1,a\nid,title\n"), 3, "header is repeated", 2, 1, WHOLE},
    {IMPORT_ITEMS, C, S("id,title\n1,\n"), 2, "title is missing", 1, 0, WHOLE},
    {IMPORT_MEMBERS, C, S("id,name\nx,1\nx,2\n"), 3, "line 2", 2, 1, WHOLE},
    {IMPORT_INTERACTIONS, C, S("member,item,label\nm,a,like\nm,zz,like\n"), 3, "no item 'zz'", 2, 1,
     WHOLE},
    {IMPORT_INTERACTIONS, C, S("member,item,label\nm,a,zzz\n"), 2, "label 'zzz'", 1, 0, WHOLE},
    {IMPORT_INTERACTIONS, C, S("member,item,rating\nm,a,x\nm,b,5\n"), 2, "rating 'x'", 2, 1, WHOLE},
    {IMPORT_ITEMS, C, S("id,title\n1,\xc3\xa9\xc3\xa9\n2,\xc3\xa9\xc3\xa9\n3,caf\xe9\n"), 4,
     "UTF-8", 3, 2, DAMAGE},
    {IMPORT_ITEMS, J,
     S("{\"id\":1,\"title\":\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\"}\n{\"id\":2,\"title\":\"\xe9\"}"),
     2, "UTF-8", 2, 1, DAMAGE},
    {IMPORT_INTERACTIONS, C, S("member,item,rating,label\nm,a,,\n"), 2, "label or rating", 1, 0,
     WHOLE},
    {IMPORT_INTERACTIONS, C, S("member,item,rating\n,a,3\n"), 2, "member is missing", 1, 0, WHOLE},
    {IMPORT_INTERACTIONS, C, S("member,item,rating,at\nm,a,3,1\nm,a,4,1\n"), 3, "line 2", 2, 1,
     WHOLE},
};

static struct import_config config_of(const struct bad_case *b) {
    return (struct import_config){.kind = b->kind,
                                  .format = b->format,
                                  .catalog = b->kind == IMPORT_ITEMS ? VIEW("t") : VIEW("base")};
}

static void faults(struct store *s) {
    struct err e;
    struct import_result r;
    for (size_t i = 0; i < COUNT(bad); i++) {
        const struct bad_case *b = &bad[i];
        struct import_config c = config_of(b);
        int failed = t_failed;
        const char *none = b->kind == IMPORT_ITEMS ? "not_found" : "2 0 0";
        c.strict = 1;
        GOOD(import_text(s, &c, b->text, &r, &e));
        EQ(r.stored, 0);
        EQ(r.kept, 0);
        EQ(r.read, b->read);
        EQ(r.rejected, 1);
        EQ(r.n_errors, 1);
        EQ(r.errors[0].line, b->line);
        OK(strstr(r.errors[0].message, b->word) != NULL);
        OK(strstr(r.refused.text, "nothing was stored") != NULL);
        EQ(r.refused.line, b->line);
        EQ_STR(counts(s, b->kind == IMPORT_ITEMS ? "t" : "base"), none);
        /* Otherwise the good rows are there, and their number is the truth, unless the file is
         * damaged and skip_bad does not say to take them nevertheless. */
        c.strict = 0;
        if (b->damage && b->good) {
            GOOD(import_text(s, &c, b->text, &r, &e));
            EQ(r.kept + r.stored, 0);
            EQ(r.refused.line, b->line);
            OK(strstr(r.refused.text, "damaged") != NULL);
            EQ_STR(counts(s, b->kind == IMPORT_ITEMS ? "t" : "base"), none);
        }
        c.skip_bad = b->damage;
        GOOD(import_text(s, &c, b->text, &r, &e));
        EQ(r.rejected, 1);
        EQ(r.kept, b->good);
        EQ(r.stored, b->good > 0);
        EQ(r.refused.text[0] != 0, b->good == 0);
        struct arena a;
        struct catalog k = {.items = 0};
        arena_init(&a, 1 << 20);
        enum status st = store_catalog(s, c.catalog, &a, &k, &e);
        EQ(st, b->kind == IMPORT_ITEMS && b->good == 0 ? ST_NOT_FOUND : ST_OK);
        EQ(b->kind == IMPORT_ITEMS     ? k.items
           : b->kind == IMPORT_MEMBERS ? k.members
                                       : k.interactions,
           b->good);
        arena_free(&a);
        if (b->kind == IMPORT_ITEMS && b->good) GOOD(store_catalog_delete(s, VIEW("t"), &e));
        if (b->kind != IMPORT_ITEMS) {
            GOOD(store_catalog_delete(s, VIEW("base"), &e));
            load_base(s);
        }
        if (t_failed > failed)
            printf("  case %zu: %ld %s\n", i, r.errors[0].line, r.errors[0].message);
    }
}

static enum status read_fails(void *arg, char *p, size_t cap, size_t *n, struct err *e) {
    enum status st = read_text(arg, p, cap, n, e);
    return st == ST_OK && *n == 0 ? fail(e, ST_TIMEOUT, "the sender went away") : st;
}

static void whole(struct store *s) {
    struct err e;
    struct import_result r;
    struct import_config c = {.kind = IMPORT_ITEMS, .format = J, .catalog = VIEW("t")};
    /* 25 faults: all counted, 20 told, nothing stored. */
    struct buf b;
    buf_init(&b, 1 << 20);
    buf_str(&b, "{\"id\":\"ok\",\"title\":\"fine\"}\n");
    for (int i = 0; i < 25; i++) buf_str(&b, "{\"id\":\"x\"}\n");
    GOOD(import_text(s, &c, buf_text(&b), &r, &e));
    EQ(r.read, 26);
    EQ(r.rejected, 25);
    EQ(r.n_errors, IMPORT_ERRORS);
    EQ(r.errors[19].line, 21);
    EQ(r.stored, 0);
    OK(strstr(r.refused.text, "25 of 26 rows") != NULL);
    OK(strstr(r.refused.text, "25 of them as line 2: title is missing") != NULL);
    /* Nothing at all. */
    GOOD(import_text(s, &c, VIEW(" \n\n"), &r, &e));
    EQ(r.read + r.kept + r.stored, 0);
    EQ(r.n_errors, 0);
    OK(strstr(r.refused.text, "no rows") != NULL);
    buf_free(&b);
}

/* Without a row, without a good one, or only to look: nothing is stored. */
static void nothing_stored(struct store *s) {
    struct err e;
    struct import_result r;
    struct import_config c = {.kind = IMPORT_ITEMS, .format = C, .catalog = VIEW("t")};
    GOOD(import_text(s, &c, VIEW("id,title\n"), &r, &e));
    EQ(r.stored, 0);
    OK(strstr(r.refused.text, "no rows") != NULL);
    c.skip_bad = 1;
    GOOD(import_text(s, &c, VIEW("id,title\n1\n"), &r, &e));
    EQ(r.stored, 0);
    EQ(r.n_errors, 1);
    OK(strstr(r.refused.text, "no row could be kept") != NULL);
    EQ_STR(counts(s, "t"), "not_found");
    /* Dry run: the same numbers, nothing stored. */
    c.dry_run = 1;
    GOOD(import_text(s, &c, VIEW("id,title\n1,a\n2\n"), &r, &e));
    EQ(r.kept, 1);
    EQ(r.rejected, 1);
    EQ(r.stored, 0);
    EQ_STR(counts(s, "t"), "not_found");
}

/* Conflict, unknown catalogue, bad names; a sender that goes away. */
static void not_begun(struct store *s) {
    struct err e;
    struct import_result r;
    struct import_config c = {
        .kind = IMPORT_ITEMS, .format = C, .catalog = VIEW("t"), .skip_bad = 1};
    c.catalog = VIEW("base");
    EQ(import_text(s, &c, VIEW("id,title\n1,a\n"), &r, &e), ST_CONFLICT);
    EQ_STR(e.field, "catalog");
    c.catalog = VIEW("../up");
    EQ(import_text(s, &c, VIEW("id,title\n1,a\n"), &r, &e), ST_INVALID);
    c.kind = IMPORT_MEMBERS;
    c.catalog = VIEW("t");
    EQ(import_text(s, &c, VIEW("id\n1\n"), &r, &e), ST_NOT_FOUND);
    /* The reader fails after good rows. */
    struct text_reader reader = {VIEW("{\"id\":\"1\",\"title\":\"a\"}\n"), 0, 5};
    struct import_config items = {.kind = IMPORT_ITEMS, .format = J, .catalog = VIEW("t")};
    EQ(import_run(s, &items, read_fails, &reader, &r, &e), ST_TIMEOUT);
    EQ_STR(e.text, "the sender went away");
    EQ_STR(counts(s, "t"), "not_found");
}

/* Unknown items and other faults are told in the order of their lines. */
static void in_order(struct store *s) {
    struct err e;
    struct import_result r;
    struct import_config x = {.kind = IMPORT_INTERACTIONS, .format = C, .catalog = VIEW("base")};
    GOOD(import_text(
        s, &x, VIEW("member,item,label\nm,zz,like\nm,a\nm,yy,like\nm,a,like\nm,a,love\n"), &r, &e));
    OK(strstr(r.refused.text, "4 of 5 rows") && strstr(r.refused.text, "2 of them as line 2"));
    EQ(r.rejected, 4);
    EQ(r.n_errors, 4);
    for (int i = 0; i < 4; i++) EQ(r.errors[i].line, i < 3 ? i + 2 : 6);
    EQ_STR(counts(s, "base"), "2 0 0");
}

/* n rows of which the last `bad` have no title. */
static void rows_of(struct buf *b, int n, int n_bad) {
    buf_clear(b);
    buf_str(b, "id,title\n");
    for (int i = 0; i < n; i++) buf_printf(b, "%d,%s\n", i, i < n - n_bad ? "T" : "");
}

/* A tenth may be left out, and one row always; a catalogue that was there outlives a refusal. */
static void shares(struct store *s) {
    static const struct {
        int n, bad, stored;
    } t[] = {{20, 0, 1}, {20, 2, 1}, {20, 3, 0}, {2, 1, 1}, {3, 2, 0}, {10, 1, 1}, {11, 2, 0}};
    struct buf b;
    struct err e;
    struct import_result r;
    buf_init(&b, 1 << 20);
    for (size_t i = 0; i < COUNT(t); i++)
        for (int dry = 0; dry < 2; dry++) {
            char want[32];
            struct import_config c = {
                .format = C, .catalog = VIEW("t"), .replace = 1, .dry_run = dry};
            load(s, IMPORT_ITEMS, "t", "{\"id\":\"old\",\"title\":\"Old\"}");
            rows_of(&b, t[i].n, t[i].bad);
            GOOD(import_text(s, &c, buf_text(&b), &r, &e));
            EQ(r.read, t[i].n);
            EQ(r.rejected, t[i].bad);
            EQ(r.kept, t[i].stored ? t[i].n - t[i].bad : 0);
            EQ(r.stored, t[i].stored && !dry);
            EQ(r.refused.text[0] == 0, t[i].stored);
            snprintf(want, sizeof want, "%d 0 0", r.stored ? t[i].n - t[i].bad : 1);
            EQ_STR(counts(s, "t"), want);
            c.skip_bad = 1;
            GOOD(import_text(s, &c, buf_text(&b), &r, &e));
            EQ(r.kept, t[i].n - t[i].bad);
            GOOD(store_catalog_delete(s, VIEW("t"), &e));
        }
    struct import_config both = {.catalog = VIEW("t"), .strict = 1, .skip_bad = 1};
    EQ(import_text(s, &both, VIEW("id,title\n1,a\n"), &r, &e), ST_INVALID);
    EQ_STR(e.field, "strict");
    buf_free(&b);
}

/* What makes a file one that is damaged, and what does not; the line where it is. 0: it is not. */
static void damages(struct store *s) {
    static const struct {
        struct view text;
        long line;
        int read, good; /* with skip_bad */
    } t[] = {
        {S("id,title\n1,a\n2,\"b\n3,c\n4,d\n"), 3, 4, 3},
        {S("id,title\n1,a\n2,\"b\n3,c\n4,\"d\n5,e\n"), 3, 5, 3},
        {S("id,title,text\n1,a,\"b\n2,c,d\n3,\"e,f\n4,g,h\n"), 2, 4, 2},
        {S("id,title\n1,\"a\"b\n2,c\n"), 0, 2, 1},
        {S("id,title,text\n1,a,\"two\nlines\",x\n2,b,c\n"), 0, 2, 1},
        {S("[{\"id\":1,\"title\":\"a\"},\n{\"id\":2,\"title\":\"b\"}\n"), 2, 2, 2},
        {S("[{\"id\":1,\"title\":\"a\"},\n{\"id\":2,\"tit"), 2, 2, 1},
        {S("{\"products\":[\n{\"id\":1,\"title\":\"a\"},\n{\"id\":2,\"title\":\"b\"},\n"), 1, 3, 2},
        {S("{\"id\":1,\"title\":\"a\"}\n{\"id\":2,\"title\":\"b\"}\n{\"id\":3,\"ti"), 3, 3, 2},
        {S("{\"id\":1,\"title\":\"a\"}\n{\"id\":2,\"ti\n{\"id\":3,\"title\":\"c\"}\n"), 0, 3, 2},
        {S("[{\"id\":1,\"title\":\"a\"},\n{\"id\":2,\"title\":7e999},\n{\"id\":3,\"title\":\"c\"}]\n"),
         0, 3, 2},
    };
    struct err e;
    struct import_result r;
    for (size_t i = 0; i < COUNT(t); i++) {
        struct import_config c = {.catalog = VIEW("t"), .replace = 1};
        int failed = t_failed;
        GOOD(import_text(s, &c, t[i].text, &r, &e));
        EQ(r.refused.line, t[i].line);
        EQ(r.stored, t[i].line == 0);
        if (t[i].line) OK(strstr(r.refused.text, "damaged") != NULL);
        c.skip_bad = 1;
        GOOD(import_text(s, &c, t[i].text, &r, &e));
        EQ(r.read, t[i].read);
        EQ(r.kept, t[i].good);
        if (t_failed > failed) T_SAY("damage %zu: %s", i, r.errors[0].message);
    }
    GOOD(store_catalog_delete(s, VIEW("t"), &e));
}

int main(void) {
    char folder[64];
    struct store *s = import_open(folder);
    faults(s);
    whole(s);
    nothing_stored(s);
    not_begun(s);
    in_order(s);
    shares(s);
    damages(s);
    store_close(s);
    drop_folder(folder);
    return t_end();
}
