/* Fuzzes the readers of imports, for libFuzzer. The first byte chooses the kind of rows and what is
 * said about the file, the second how its encoding is found, the rest is the file. Good rows must
 * keep what the headers promise: valid UTF-8 within the limits, further fields that are one JSON
 * object, lines that go up, every row read or counted. */
#include "server/import/file/encoding.h"
#include "server/import/cell/markup.h"
#include "server/import/rows/rows.h"
#include "server/import/movielens/titles.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_extra(struct view extra) {
    json_t *tree = json_loadb(extra.p, extra.n, JSON_DECODE_INT_AS_REAL, NULL);
    CHECK(json_is_object(tree));
    json_decref(tree);
}

static void check_titles(struct view v) {
    struct buf once;
    long long year = 0;
    buf_init(&once, 1 << 22);
    titles_repair(v, &once, &year);
    CHECK(!once.failed && once.n <= 2 * v.n + 8);
    CHECK(utf8_valid(buf_text(&once)) || memchr(once.p, 0, once.n));
    CHECK(year == 0 || (year >= 1850 && year <= 2100));
    buf_free(&once);
}

/* Markup is read to something no longer, and what is plain stays as it is. */
static void check_markup(struct view v) {
    struct buf out;
    buf_init(&out, 1 << 22);
    markup_text(v, 1, 1, &out);
    CHECK(!out.failed && out.n <= v.n + 8);
    CHECK(utf8_valid(buf_text(&out)));
    buf_free(&out);
}

static void check_row(const struct stage_row *r, enum import_kind kind) {
    const struct view all[] = {r->id,   r->title,   r->text,   r->tags, r->extra,
                               r->name, r->profile, r->member, r->item};
    for (size_t i = 0; i < COUNT(all); i++) CHECK(utf8_valid(all[i]));
    CHECK(r->label >= -1 && r->label <= 1);
    CHECK(!r->has_popularity || (r->popularity >= 0 && r->popularity < 1e300));
    if (kind == IMPORT_INTERACTIONS) {
        CHECK(r->member.n && r->member.n <= STORE_ID_MAX && r->item.n && r->item.n <= STORE_ID_MAX);
        return;
    }
    CHECK(r->id.n && r->id.n <= STORE_ID_MAX);
    if (kind == IMPORT_MEMBERS) return;
    CHECK(r->title.n && r->title.n <= STORE_TITLE_MAX && r->text.n <= STORE_TEXT_MAX);
    check_extra(r->extra);
    check_titles(r->title);
    check_markup(r->text);
}

static void read_rows(struct source *s, struct layout *p, enum import_kind kind) {
    struct err e = {.text = ""};
    struct rows rows;
    long line = 0, faults = 0, good = 0, read = 0;
    rows_open(&rows, p);
    for (int got = 1;;) {
        struct fault f = {.text = ""};
        int continues = 0;
        CHECK(source_next(s, &f, &got, &e) == ST_OK);
        if (!got) break;
        read++;
        CHECK(s->line >= line);
        line = s->line;
        if (!f.text[0]) CHECK(rows_make(&rows, s, &f, &continues, &e) == ST_OK);
        CHECK(utf8_valid(view_of(f.text)));
        faults += f.text[0] != 0;
        good += !f.text[0];
        if (!f.text[0] && !continues) check_row(&rows.out, kind);
    }
    CHECK(read == faults + good);
    rows_close(&rows);
}

static enum status has_item(void *arg, struct view id, int *yes, struct err *e) {
    (void)arg, (void)e;
    *yes = id.n == 1;
    return ST_OK;
}

static char files[] = "/tmp/taproom-fuzz-XXXXXX";

static void drop_files(void) {
    char command[64];
    snprintf(command, sizeof command, "rm -rf '%s'", files);
    if (system(command) != 0) printf("cannot remove %s\n", files);
}

/* XML becomes lines of JSON in a file beside a store's. */
static struct store *store_for_files(void) {
    static struct store *s;
    if (!s) {
        CHECK(mkdtemp(files) != NULL && atexit(drop_files) == 0);
        CHECK(store_open(&s, files, NULL) == ST_OK);
    }
    return s;
}

static void read_text(struct view text, const struct import_config *c) {
    static struct source s;
    struct spool spool;
    struct layout p;
    struct arena a;
    struct err e = {.text = ""};
    arena_init(&a, 64 << 20);
    spool_view(&spool, text);
    spool.store = store_for_files();
    if (source_open(&s, &spool, c, &a, &e) == ST_OK) {
        if (layout_make(&p, &s, &a, has_item, NULL, &e) == ST_OK) {
            read_rows(&s, &p, c->kind);
            layout_close(&p);
        }
        source_close(&s);
    }
    spool_close(&spool);
    CHECK(utf8_valid(view_of(e.text)));
    arena_free(&a);
}

/* Every way of telling an encoding ends, and what comes out is UTF-8. */
static void convert(struct view text, size_t piece) {
    static const char *const names[] = {"WINDOWS-1252", "CP932", "GB18030", "UTF-16LE", "UTF-8"};
    static struct encoding_look look;
    struct encoding_conv c;
    char out[8192];
    memset(&look, 0, sizeof look);
    for (size_t at = 0; at < text.n; at += piece)
        encoding_add(&look, text.p + at, text.n - at < piece ? text.n - at : piece);
    CHECK(utf8_valid(text) == 0 || look.broken == 0);
    const char *name = encoding_guess(&look);
    CHECK(encoding_open(&c, name ? name : names[piece % COUNT(names)], NULL) == ST_OK);
    while (text.n) {
        size_t before = text.n, n = encoding_step(&c, &text.p, &text.n, out, sizeof out, 1);
        for (size_t i = 0; i < n;) {
            size_t len = utf8_len(out + i, n - i);
            CHECK(len > 0 || out[i] == 0);
            i += len ? len : 1;
        }
        if (text.n == before && n == 0) break;
    }
    encoding_close(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct view map[][2] = {{VIEW("name"), VIEW("title")}, {VIEW("drop"), VIEW("")}};
    if (size < 2) return 0;
    struct import_config c = {.kind = (enum import_kind)(data[0] % 3),
                              .format = data[0] & 4 ? IMPORT_CSV : IMPORT_JSONL,
                              .map = map,
                              .n_map = data[0] & 8 ? 2 : 0,
                              .exact = (data[0] & 48) == 48,
                              .header = data[0] >> 6 & 1,
                              .separator = data[0] & 128 ? VIEW("pipe") : VIEW("")};
    struct view text = {(const char *)data + 2, size - 2};
    read_text(text, &c);
    convert(text, 1 + (data[1] & 15));
    return 0;
}
