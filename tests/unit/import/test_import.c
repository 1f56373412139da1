/* links: import */
/* Imports: what is kept of a row, for JSONL and CSV: values, limits, columns by other names. What
 * is refused: test_import_refused.c. */
#include "tests/unit/import/import_help.h"

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
    load_base(s);
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

int main(void) {
    char folder[64];
    struct store *s = import_open(folder);
    values(s);
    headers(s);
    round_trip(s);
    limits(s);
    more_limits(s);
    mapping(s);
    store_close(s);
    drop_folder(folder);
    return t_end();
}
