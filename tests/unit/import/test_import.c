/* links: import */
/* Imports: what is kept, what is refused and how that is said, for JSONL and CSV. */
#include "kernels/base/buf.h"
#include "tests/unit/store/store_help.h"

#define J IMPORT_JSONL
#define C IMPORT_CSV
#define S(lit) \
    { lit, sizeof(lit) - 1 }

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
            load(s, IMPORT_ITEMS, "base",
                 "{\"id\":\"a\",\"title\":\"A\"}\n{\"id\":\"b\",\"title\":\"B\"}");
        }
        if (t_failed > failed)
            printf("  case %zu: %ld %s\n", i, r.errors[0].line, r.errors[0].message);
    }
}

/* Values that cannot be read cost the value, not the row. */
static void values(struct store *s) {
    static const struct {
        enum import_kind kind;
        struct view text;
        const char *column, *word;
        long line;
    } t[] = {
        {IMPORT_ITEMS, S("{\"id\":\"1\",\"title\":\"a\",\"popularity\":-1}\n"), "popularity",
         "'-1' is below 0", 1},
        {IMPORT_ITEMS, S("id,title,popularity\n1,a,3\n2,a,lots\n"), "popularity", "'lots' is not",
         3},
        {IMPORT_ITEMS, S("id,title,popularity\n1,a,inf\n2,b,1\n"), "popularity", "'inf'", 2},
        {IMPORT_ITEMS, S("{\"id\":\"1\",\"title\":\"a\",\"time\":\"soon\"}\n"), "time", "'soon'",
         1},
        {IMPORT_ITEMS, S("id,title,time\n1,a,2020-13-01\n"), "time", "'2020-13-01'", 2},
        {IMPORT_ITEMS, S("id,title,time\n1,a,04/05/2021\n"), "time", "day and month", 2},
        {IMPORT_ITEMS, S("{\"id\":\"1\",\"title\":\"a\",\"tags\":[\"a\\u001fb\"]}\n"), "tags",
         "control", 1},
        {IMPORT_INTERACTIONS, S("member,item,rating,at\nm,a,3,never\n"), "at", "'never'", 2},
        {IMPORT_INTERACTIONS, S("member,item,rating,label\nm,a,3,zzz\n"), "label", "'zzz'", 2},
    };
    struct err e;
    struct import_result r;
    for (size_t i = 0; i < COUNT(t); i++) {
        struct arena a;
        int found = 0;
        arena_init(&a, 1 << 20);
        struct import_config c = {.kind = t[i].kind,
                                  .format = C,
                                  .catalog = t[i].kind == IMPORT_ITEMS ? VIEW("t") : VIEW("base"),
                                  .replace = 1,
                                  .arena = &a};
        GOOD(import_text(s, &c, t[i].text, &r, &e));
        EQ(r.stored, 1);
        EQ(r.rejected, 0);
        EQ(r.values_lost, 1);
        for (int k = 0; k < r.n_columns; k++) {
            const struct import_column *col = &r.column[k];
            if (!view_eq_str(col->name, t[i].column)) continue;
            found = 1;
            EQ(col->lost, 1);
            EQ(col->lines[0], t[i].line);
            OK(strstr(col->lost_example, t[i].word) != NULL);
            if (!strstr(col->lost_example, t[i].word)) T_SAY("%s", col->lost_example);
        }
        OK(found);
        arena_free(&a);
    }
    GOOD(store_catalog_delete(s, VIEW("t"), &e));
    GOOD(store_catalog_delete(s, VIEW("base"), &e));
    load(s, IMPORT_ITEMS, "base", "{\"id\":\"a\",\"title\":\"A\"}\n{\"id\":\"b\",\"title\":\"B\"}");
}

/* Headers that end the import at once. */
static void headers(struct store *s) {
    static const struct {
        enum import_kind kind;
        struct view text;
        const char *word;
    } t[] = {
        {IMPORT_ITEMS, S(""), "empty"},
        {IMPORT_ITEMS, S("\n\n"), "empty"},
        {IMPORT_ITEMS, S("id,\"title\n1,2,3\n"), "never closed"},
        {IMPORT_INTERACTIONS, S("item,label,x,y,z,q\na,like,1,2,3,4\n"),
         "no column is the member; the columns are: item, label"},
        {IMPORT_INTERACTIONS, S("user,label\na,like\n"), "no column is the item"},
        {IMPORT_ITEMS, S("PK\3\4 a sheet of many cells"), "spreadsheet"},
        {IMPORT_ITEMS, S("<html><body><p>no feed</body></html>"), "XML"},
        {IMPORT_ITEMS, S("<feed><title>x</title></feed>"), "no items"},
        {IMPORT_ITEMS, S("id,title\n1,\x81\x8d\n2,\x90\x81\n"), "not UTF-8"},
    };
    struct err e;
    struct import_result r;
    for (size_t i = 0; i < COUNT(t); i++) {
        struct import_config c = {.kind = t[i].kind,
                                  .format = C,
                                  .catalog = t[i].kind == IMPORT_ITEMS ? VIEW("t") : VIEW("base"),
                                  .skip_bad = 1};
        e.text[0] = 0;
        EQ(import_text(s, &c, t[i].text, &r, &e), ST_BAD_INPUT);
        EQ(e.line, 1);
        OK(strstr(e.text, t[i].word) != NULL);
        if (!strstr(e.text, t[i].word)) T_SAY("%s", e.text);
        OK(e.hint[0] != 0);
        EQ(r.stored, 0);
        OK(utf8_valid(view_of(e.text)));
    }
    EQ_STR(counts(s, "t"), "not_found");
}

/* Every value as it came but for blanks at its ends, through both formats. */
static void round_trip(struct store *s) {
    static const struct view forms[] = {
        S("{\"id\":7,\"title\":\" spaced \\u00e9 \xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80\","
          "\"text\":\"'; DROP TABLE item; -- \\u202e \\\"q\\\" \\n\\t\",\"tags\":[\" a \",\"\",\"b|c\"],"
          "\"popularity\":12.5,\"time\":\"2020-02-29T12:00:00+02:00\",\"none\":null,"
          "\"a\\u00e9\": [1,{\"b\":\"}],{\"}] , \"big\":123456789012345678}\r\n"),
        S("\xef\xbb\xbfTitle;id;text;tags;popularity;time;a\xc3\xa9;big\r\n"
          "\" spaced \xc3\xa9 \xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80\";7;"
          "\"'; DROP TABLE item; -- \xe2\x80\xae \"\"q\"\" \n\t\"; a | |b/c;12.5;"
          "2020-02-29T12:00:00+02:00;\"q\"\"\\\n\";\r\n"),
    };
    struct err e;
    struct import_result r;
    struct arena a;
    struct item *it;
    int n;
    long long total;
    arena_init(&a, 4 << 20);
    for (int f = 0; f < 2; f++) {
        struct import_config c = {
            .kind = IMPORT_ITEMS, .format = f ? C : J, .catalog = VIEW("t"), .replace = 1};
        GOOD(import_text(s, &c, forms[f], &r, &e));
        if (r.n_errors) printf("%ld %s\n", r.errors[0].line, r.errors[0].message);
        EQ(r.kept, 1);
        GOOD(store_items(s, VIEW("t"), VIEW(""), 0, 9, &a, &it, &n, &total, &e));
        EQ(n, 1);
        EQ_STR(it[0].id, "7");
        EQ_STR(it[0].title, "spaced \xc3\xa9 \xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80");
        EQ_STR(it[0].text, "'; DROP TABLE item; -- \xe2\x80\xae \"q\"");
        EQ(it[0].n_tags, 2);
        EQ_STR(it[0].tags[0], "a");
        EQ_STR(it[0].tags[1], f ? "b/c" : "b|c");
        NEAR(it[0].popularity, 12.5, 0);
        EQ(it[0].time, 1582970400);
        EQ_STR(it[0].extra, f ? "{\"a\xc3\xa9\":\"q\\\"\\\\\"}"
                              : "{\"none\":null,\"a\xc3\xa9\":[1,{\"b\":\"}],{\"}],"
                                "\"big\":123456789012345678}");
        struct catalog k;
        GOOD(store_catalog(s, VIEW("t"), &a, &k, &e));
        EQ_STR(k.surface, "generic");
    }
    GOOD(store_catalog_delete(s, VIEW("t"), &e));
    arena_free(&a);
}

/* A field at its limit is kept, one byte more is refused. */
static void limits(struct store *s) {
    static const struct {
        const char *before, *after;
        size_t max;
        const char *word;
    } t[] = {
        {"{\"title\":\"t\",\"id\":\"", "\"}", 200, "id has 201 bytes"},
        {"{\"id\":\"1\",\"title\":\"", "\"}", 2000, "title has 2001"},
        {"{\"id\":\"1\",\"title\":\"t\",\"text\":\"", "\"}", 100000, "text has 100001"},
        {"{\"id\":\"1\",\"title\":\"t\",\"x\":\"", "\"}", 100000 - 6, "further fields have 100001"},
    };
    struct buf b;
    struct err e;
    struct import_result r;
    struct import_config c = {
        .kind = IMPORT_ITEMS, .format = J, .catalog = VIEW("t"), .replace = 1};
    buf_init(&b, 4 << 20);
    for (size_t i = 0; i < COUNT(t); i++)
        for (size_t more = 0; more < 2; more++) {
            buf_clear(&b);
            buf_str(&b, t[i].before);
            for (size_t k = 0; k < t[i].max + more; k++) buf_str(&b, "x");
            buf_str(&b, t[i].after);
            GOOD(import_text(s, &c, buf_text(&b), &r, &e));
            EQ(r.kept, !more);
            if (more) OK(strstr(r.errors[0].message, t[i].word) != NULL);
        }
    buf_free(&b);
}

/* The same for numbers of tags, nesting, and the length of a line. */
static void more_limits(struct store *s) {
    struct buf b;
    struct err e;
    struct import_result r;
    struct import_config c = {
        .kind = IMPORT_ITEMS, .format = J, .catalog = VIEW("t"), .replace = 1};
    buf_init(&b, 4 << 20);
    for (int tags = 64; tags <= 65; tags++) {
        buf_clear(&b);
        buf_str(&b, "id,title,tags\n1,t,");
        for (int k = 0; k < tags; k++) buf_printf(&b, "%st%d", k ? "|" : "", k);
        struct import_config csv = c;
        csv.format = C;
        GOOD(import_text(s, &csv, buf_text(&b), &r, &e));
        EQ(r.kept, 1);
        EQ(r.values_lost, tags == 65);
    }
    for (int depth = 31; depth <= 32; depth++) {
        buf_clear(&b);
        buf_str(&b, "{\"id\":\"1\",\"title\":\"t\",\"x\":");
        for (int k = 0; k < depth; k++) buf_str(&b, "[");
        for (int k = 0; k < depth; k++) buf_str(&b, "]");
        buf_str(&b, "}");
        GOOD(import_text(s, &c, buf_text(&b), &r, &e));
        EQ(r.kept, depth == 31);
    }
    /* Brackets in a string are no depth; 100,000 of them outside are refused without a crash. */
    buf_clear(&b);
    buf_str(&b, "{\"id\":\"1\",\"title\":\"t\",\"text\":\"\\\"");
    for (int k = 0; k < 99; k++) buf_str(&b, "[{");
    buf_str(&b, "\"}\n");
    for (int k = 0; k < 100000; k++) buf_str(&b, "[");
    c.skip_bad = 1;
    GOOD(import_text(s, &c, buf_text(&b), &r, &e));
    EQ(r.kept, 1);
    EQ(r.rejected, 1);
    /* A line over 1 MiB: refused as a whole, or left out. */
    buf_clear(&b);
    buf_str(&b, "{\"id\":\"2\",\"title\":\"u\"}\n");
    for (int k = 0; k < (1 << 20) + 1; k++) buf_str(&b, " ");
    buf_str(&b, "\n{\"id\":\"3\",\"title\":\"v\"}\n");
    GOOD(import_text(s, &c, buf_text(&b), &r, &e));
    EQ(r.kept, 2);
    EQ(r.errors[0].line, 2);
    EQ_STR(counts(s, "t"), "2 0 0");
    c.skip_bad = 0;
    EQ(import_text(s, &c, buf_text(&b), &r, &e), ST_LIMIT);
    EQ(e.line, 2);
    EQ(r.stored, 0);
    EQ_STR(counts(s, "t"), "2 0 0");
    GOOD(store_catalog_delete(s, VIEW("t"), &e));
    buf_free(&b);
}

static void mapping(struct store *s) {
    static const struct view map[][2] = {{VIEW("item_id"), VIEW("id")},
                                         {VIEW("movie_title"), VIEW("title")},
                                         {VIEW("class"), VIEW("tags")},
                                         {VIEW("zip"), VIEW("")},
                                         {VIEW("old"), VIEW("new")}};
    static const struct view forms[] = {
        S("item_id:token\tmovie_title:token_seq\tclass:token_seq\tzip:token\told:token\n"
          "1\t\"Quoted\" film\tA B\t99\tx\n"),
        S("{\"item_id\":1,\"movie_title\":\"\\\"Quoted\\\" film\",\"class\":\"A|B\",\"zip\":9,"
          "\"old\":\"x\"}"),
    };
    struct err e;
    struct import_result r;
    struct arena a;
    struct item *it;
    int n;
    long long total;
    arena_init(&a, 1 << 20);
    for (int f = 0; f < 2; f++) {
        struct import_config c = {.kind = IMPORT_ITEMS,
                                  .format = f ? J : C,
                                  .catalog = VIEW("t"),
                                  .replace = 1,
                                  .map = map,
                                  .n_map = COUNT(map)};
        GOOD(import_text(s, &c, forms[f], &r, &e));
        EQ(r.kept, 1);
        GOOD(store_items(s, VIEW("t"), VIEW(""), 0, 9, &a, &it, &n, &total, &e));
        EQ_STR(it[0].title, "\"Quoted\" film");
        EQ(it[0].n_tags, 2);
        EQ_STR(it[0].tags[1], "B");
        EQ_STR(it[0].extra, "{\"new\":\"x\"}");
    }
    struct import_config c = {
        .kind = IMPORT_ITEMS, .format = C, .catalog = VIEW("u"), .map = map, .n_map = COUNT(map)};
    /* A column that is ours by name gives way to the one that is mapped to it. */
    GOOD(import_text(s, &c, VIEW("item_id,id,title\n1,2,3\n"), &r, &e));
    GOOD(store_items(s, VIEW("u"), VIEW(""), 0, 9, &a, &it, &n, &total, &e));
    EQ_STR(it[0].id, "1");
    EQ_STR(it[0].extra, "{\"id\":\"2\"}");
    static const struct view twice[][2] = {{VIEW("a"), VIEW("id")}, {VIEW("b"), VIEW("id")}};
    c.map = twice;
    c.n_map = 2;
    c.replace = 1;
    EQ(import_text(s, &c, VIEW("a,b,title\n1,2,3\n"), &r, &e), ST_INVALID);
    EQ_STR(e.field, "map");
    GOOD(store_catalog_delete(s, VIEW("u"), &e));
    GOOD(store_catalog_delete(s, VIEW("t"), &e));
    arena_free(&a);
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
    c.format = C;
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
    c.dry_run = 0;
    /* Conflict, unknown catalogue, bad names. */
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
    /* Unknown items and other faults are told in the order of their lines. */
    struct import_config x = {.kind = IMPORT_INTERACTIONS, .format = C, .catalog = VIEW("base")};
    GOOD(import_text(
        s, &x, VIEW("member,item,label\nm,zz,like\nm,a\nm,yy,like\nm,a,like\nm,a,love\n"), &r, &e));
    OK(strstr(r.refused.text, "4 of 5 rows") && strstr(r.refused.text, "2 of them as line 2"));
    EQ(r.rejected, 4);
    EQ(r.n_errors, 4);
    for (int i = 0; i < 4; i++) EQ(r.errors[i].line, i < 3 ? i + 2 : 6);
    EQ_STR(counts(s, "base"), "2 0 0");
    buf_free(&b);
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
    struct store *s;
    struct err e;
    new_folder(folder);
    GOOD(store_open(&s, folder, &e));
    load(s, IMPORT_ITEMS, "base", "{\"id\":\"a\",\"title\":\"A\"}\n{\"id\":\"b\",\"title\":\"B\"}");
    faults(s);
    values(s);
    headers(s);
    round_trip(s);
    limits(s);
    more_limits(s);
    mapping(s);
    whole(s);
    shares(s);
    damages(s);
    store_close(s);
    drop_folder(folder);
    return t_end();
}
