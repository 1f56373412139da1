/* Fuzzes the import readers, for libFuzzer. The first byte chooses kind and format, the second the
 * size of the pieces, the rest is the input. Good rows must keep what the header promises: valid
 * UTF-8 within the limits, further fields that are one JSON object. Build with
 * clang -fsanitize=fuzzer,address,undefined -D_DEFAULT_SOURCE -I. and the sources
 * server/store/{csv,csv_rows,input,jsonl,row,text,titles}.c
 * model/base/{arena,buf,clock,status,view}.c, and -ljansson. */
#include "server/store/private.h"
#include "server/store/reader.h"
#include "server/import/titles.h"

#include <jansson.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct pieces {
    const uint8_t *p;
    size_t n, at, piece;
};

static enum status next_piece(void *arg, char *p, size_t cap, size_t *n, struct err *e) {
    struct pieces *s = arg;
    size_t left = s->n - s->at;
    (void)e;
    if (s->piece && cap > s->piece) cap = s->piece;
    *n = left < cap ? left : cap;
    if (*n) memcpy(p, s->p + s->at, *n);
    s->at += *n;
    return ST_OK;
}

static void check_extra(const struct row *r) {
    struct buf b;
    buf_init(&b, 1 << 22);
    buf_str(&b, "{");
    buf_view(&b, buf_text(&r->extra));
    buf_str(&b, "}");
    json_t *tree = json_loadb(b.p, b.n, 0, NULL);
    CHECK(json_is_object(tree));
    json_decref(tree);
    buf_free(&b);
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

static void check_row(struct row *r, enum import_kind kind, struct fault *f) {
    struct err e;
    if (!f->text[0]) CHECK(row_check(r, kind, f, &e) == ST_OK);
    CHECK(utf8_valid(view_of(f->text)));
    if (f->text[0]) return;
    for (int i = 0; i < FIELD_COUNT; i++) CHECK(utf8_valid(r->cell[i]));
    CHECK(utf8_valid(buf_text(&r->tags)));
    CHECK(r->n_tags <= STORE_TAGS_MAX && r->cell[FIELD_TITLE].n <= STORE_TITLE_MAX);
    CHECK(r->popularity >= 0 && r->label >= -1 && r->label <= 1);
    check_extra(r);
    check_titles(r->cell[FIELD_TITLE]);
}

static void read_csv(const struct import_config *c, struct input *in) {
    struct err e = {.text = ""};
    struct csv_rows *rows = mem_alloc(sizeof *rows);
    struct row row;
    int got = 1, too_long;
    long line = 0;
    CHECK(rows);
    if (csv_rows_open(rows, c, in, &e) == ST_OK) {
        row_open(&row);
        while (got) {
            struct fault f = {""};
            CHECK(csv_rows_next(rows, &row, &f, &too_long, &got, &e) == ST_OK);
            CHECK(!got || row.line > line);
            line = row.line;
            if (got) check_row(&row, c->kind, &f);
        }
        row_close(&row);
        csv_rows_close(rows);
    }
    CHECK(utf8_valid(view_of(e.text)));
    mem_free(rows);
}

static void read_jsonl(const struct import_config *c, struct input *in) {
    struct err e = {.text = ""};
    struct jsonl j;
    struct row row;
    int got = 1, too_long;
    jsonl_open(&j, c, in);
    row_open(&row);
    while (got) {
        struct fault f = {""};
        CHECK(jsonl_next(&j, &row, &f, &too_long, &got, &e) == ST_OK);
        if (got) check_row(&row, c->kind, &f);
    }
    row_close(&row);
    jsonl_close(&j);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct view map[][2] = {{VIEW("name"), VIEW("title")}, {VIEW("drop"), VIEW("")}};
    struct err e;
    struct input in;
    if (size < 2) return 0;
    struct import_config c = {.kind = (enum import_kind)(data[0] % 3),
                              .format = data[0] & 4 ? IMPORT_CSV : IMPORT_JSONL,
                              .map = map,
                              .n_map = data[0] & 8 ? 2 : 0};
    struct pieces s = {data + 2, size - 2, 0, data[1] & 7};
    if (input_open(&in, next_piece, &s, &e) != ST_OK) return 0;
    if (c.format == IMPORT_CSV)
        read_csv(&c, &in);
    else
        read_jsonl(&c, &in);
    input_close(&in);
    return 0;
}
