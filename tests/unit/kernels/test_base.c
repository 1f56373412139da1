/* links: base */
/* Views, numbers, UTF-8, times, arenas and files: the small things everything else trusts. */
#include "kernels/base/arena.h"
#include "kernels/base/buf.h"
#include "kernels/base/os/clock.h"
#include "kernels/base/os/file.h"
#include "tests/t.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void numbers(void) {
    static const struct {
        const char *text;
        int ok;
        long long want;
    } ints[] = {{"0", 1, 0},
                {"-7", 1, -7},
                {"9223372036854775807", 1, 9223372036854775807LL},
                {"9223372036854775808", 0, 0},
                {"", 0, 0},
                {"-", 0, 0},
                {"+4", 0, 0},
                {"4x", 0, 0},
                {" 4", 0, 0},
                {"1e3", 0, 0}};
    for (size_t i = 0; i < COUNT(ints); i++) {
        long long x = 0;
        EQ(view_int(view_of(ints[i].text), &x), ints[i].ok);
        EQ(x, ints[i].want);
    }
    static const char *const bad[] = {"", "nan", "inf", "0x1p3", "1e999", "1.5 ", "--1", "1e"};
    double d = 0;
    for (size_t i = 0; i < COUNT(bad); i++) OK(!view_double(view_of(bad[i]), &d));
    OK(view_double(VIEW("-1.5e2"), &d));
    NEAR(d, -150, 1e-15);
}

static void utf8(void) {
    OK(utf8_valid(VIEW("na\xc3\xafve \xf0\x9f\x98\x80")));
    static const char *const bad[] = {"\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                                      "\xff",     "\xe2\x82",     "\x80"};
    for (size_t i = 0; i < COUNT(bad); i++) OK(!utf8_valid(view_of(bad[i])));
    OK(!utf8_valid((struct view){"a\0b", 3}));
    EQ(utf8_point("\xf0\x9f\x98\x80", 4), 0x1F600);
}

/* What is shown holds no control character, whatever came in. */
/* A message is text, whatever it quotes and wherever that is cut. */
static void messages(void) {
    struct err e;
    fail(&e, ST_INVALID, "near '%.3s' and %s", "a\xC3\xA9\xC3\xA9", "\xFF\xDE");
    EQ_STR(e.text, "near 'a\xC3\xA9' and ??");
    fail(&e, ST_INVALID, "near '%.2s'", "a\xC3\xA9");
    EQ_STR(e.text, "near 'a?'");
    err_field(&e, "%.1s", "\xC3\xA9");
    err_hint(&e, "%.4s", "\xF0\x9F\x98\x82");
    EQ_STR(e.field, "?");
    EQ_STR(e.hint, "\xF0\x9F\x98\x82");
}

static void plain(void) {
    static const struct {
        const char *in, *out;
    } t[] = {{"na\xc3\xafve \xf0\x9f\x98\x80", "na\xc3\xafve \xf0\x9f\x98\x80"},
             {"\x1b[31mred\x7f", "?[31mred?"},
             {"a\xc2\x9b"
              "31m",
              "a?31m"}, /* a CSI of the second set */
             {"\xe2\x80\xae"
              "desrever",
              "?desrever"},
             {"\xff\xfe x", "?? x"},
             {"", ""}};
    char out[64], cut[4];
    for (size_t i = 0; i < COUNT(t); i++) {
        EQ(view_plain(view_of(t[i].in), out, sizeof out), strlen(t[i].out));
        EQ_STR(out, t[i].out);
    }
    EQ(view_plain(VIEW("ab\xc3\xaf"), cut, sizeof cut), 2);
    EQ_STR(cut, "ab");
}

static void times(void) {
    static const struct {
        const char *text;
        int ok;
        long long want;
    } t[] = {{"1970", 1, 0},
             {"1922-01-01", 1, -1514764800},
             {"2026-10-03T18:20:00Z", 1, 1791051600},
             {"2026-10-03T20:20:00+02:00", 1, 1791051600},
             {"2026-10-03 18:20", 1, 1791051600},
             {"2024-02-29", 1, 1709164800},
             {"881250949", 1, 881250949},
             {"19710514", 1, 43027200},
             {"19710514T0120", 1, 43032000},
             {"19710514T012005Z", 1, 43032005},
             {"19710514 01:20+01:00", 1, 43028400},
             {"10000101", 1, -30610224000},
             {"29991231", 1, 32503593600},
             {"19711314", 1, 19711314}, /* no date: seconds */
             {"30000101", 1, 30000101},
             {"09991231", 1, 9991231},
             {"19710514x", 0, 0},
             {"1971-0514", 0, 0},
             {"2023-02-29", 0, 0},
             {"2026-13-01", 0, 0},
             {"2026-10-03T25:00", 0, 0},
             {"yesterday", 0, 0},
             {"2026-10-03x", 0, 0},
             {"", 0, 0}};
    for (size_t i = 0; i < COUNT(t); i++) {
        long long x = 0;
        EQ(clock_parse(view_of(t[i].text), &x), t[i].ok);
        if (t[i].ok) EQ(x, t[i].want);
    }
    char text[CLOCK_TEXT];
    clock_format(1791051600, text);
    EQ_STR(text, "2026-10-03T18:20:00Z");
    EQ(clock_year(-1514764800), 1922);
}

static void arenas(void) {
    struct arena a;
    arena_init(&a, 1 << 20);
    char *p = arena_alloc(&a, 100), *q = arena_alloc(&a, 0);
    OK(p && q && p != q);
    EQ((size_t)p % 64, 0);
    EQ(p[0] | p[99], 0);
    OK(!arena_alloc(&a, 2 << 20));
    OK(!arena_array(&a, (size_t)-1 / 2, 8));
    EQ_STR(arena_printf(&a, "%s-%d", "x", 7), "x-7");
    mem_fail_at(1, 0);
    OK(!arena_alloc(&a, 600000));
    OK(arena_alloc(&a, 600000));
    arena_reset(&a);
    EQ(a.used, 0);
    arena_free(&a);

    struct buf b;
    buf_init(&b, 600);
    for (int i = 0; i < 100; i++) buf_printf(&b, "%05d", i);
    EQ(b.n, 500);
    buf_str(
        &b,
        "this text makes it longer than the maximum of six hundred bytes, which must be noticed and kept, "
        "whatever comes");
    buf_str(&b, "x");
    EQ(b.failed, 1);
    EQ(b.n, 500);
    buf_free(&b);
}

static void files(void) {
    struct err e;
    char dir[] = "/tmp/taproom-base-XXXXXX", path[128];
    OK(mkdtemp(dir) != NULL);
    snprintf(path, sizeof path, "%s/a/b", dir);
    GOOD(file_mkdirs(path, &e));
    snprintf(path, sizeof path, "%s/a/b/file", dir);
    GOOD(file_write(path, "hello", 5, &e));
    GOOD(file_write(path, "hullo!", 6, &e));
    struct file_map m;
    GOOD(file_map_open(&m, path, &e));
    EQ(m.n, 6);
    EQ_MEM(m.p, "hullo!", 6);
    EQ(file_changed(&m), 0);
    GOOD(file_write(path, "other", 5, &e));
    EQ(file_changed(&m), 1);
    file_map_close(&m);
    char *text;
    size_t n;
    GOOD(file_read(path, 100, &text, &n, &e));
    EQ_STR(text, "other");
    mem_free(text);
    EQ(file_read(path, 4, &text, &n, &e), ST_LIMIT);
    EQ(file_map_open(&m, dir, &e), ST_IO);
    EQ(file_map_open(&m, "/nowhere/at/all", &e), ST_NOT_FOUND);
    EQ(file_write("/nowhere/at/all", "x", 1, &e), ST_NOT_FOUND);
    snprintf(path, sizeof path, "%s/fifo", dir);
    EQ(mkfifo(path, 0600), 0);
    EQ(file_map_open(&m, path, &e), ST_IO);
}

struct seen {
    int pieces, stop_at;
    size_t bytes, done, size;
};

static int on_piece(void *arg, const char *p, size_t n, size_t done, size_t size) {
    struct seen *s = arg;
    EQ(p[0], 'x');
    s->bytes += n;
    EQ(done, s->bytes);
    s->size = size;
    return ++s->pieces == s->stop_at;
}

/* A large file comes in pieces, each told; its head alone is read without the rest. */
static void pieces(void) {
    enum { SIZE = FILE_PIECE + 5 };
    struct err e;
    char path[] = "/tmp/taproom-piece-XXXXXX", *text, *x = mem_alloc(SIZE);
    int fd = mkstemp(path);
    CHECK(fd >= 0 && x);
    memset(x, 'x', SIZE);
    CHECK(write(fd, x, SIZE) == SIZE);
    close(fd);
    struct seen s = {.stop_at = 0};
    const struct file_watch w = {&s, on_piece};
    size_t n, size;
    GOOD(file_read_watched(path, SIZE, &w, &text, &n, &e));
    EQ(n, SIZE);
    EQ(s.pieces, 2);
    EQ(s.bytes, SIZE);
    EQ(s.size, SIZE);
    mem_free(text);
    s = (struct seen){.stop_at = 1};
    EQ(file_read_watched(path, SIZE, &w, &text, &n, &e), ST_CANCELLED);
    OK(text == NULL);
    GOOD(file_head(path, 10, &text, &n, &size, &e));
    EQ(n, 10);
    EQ(size, SIZE);
    EQ_STR(text, "xxxxxxxxxx");
    mem_free(text);
    GOOD(file_head(path, 2 * SIZE, &text, &n, &size, &e));
    EQ(n, SIZE);
    mem_free(text);
    mem_free(x);
    unlink(path);
}

int main(void) {
    numbers();
    utf8();
    messages();
    plain();
    times();
    arenas();
    files();
    pieces();
    return t_end();
}
