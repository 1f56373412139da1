/* links: model */
/* WordPiece ids against the `tokenizers` package (fixtures/wordpiece/make.py), with the vocabulary
 * of all-MiniLM-L6-v2 where it is at hand (else exit code 77). */
#include "kernels/base/arena.h"
#include "kernels/base/os/file.h"
#include "model/tokenizer/wordpiece/tok_wordpiece.h"
#include "tests/t.h"

#include <jansson.h>
#include <stdlib.h>

enum { MAX_IDS = 256, BLOCK = 1024, POINTS = 0x110000 };

static struct err e;

static struct view slurp(const char *path) {
    char *p = NULL;
    size_t n = 0;
    GOOD(file_read(path, 8 << 20, &p, &n, &e));
    return (struct view){p, n};
}

static uint16_t u16(const char *p) {
    return (uint16_t)((unsigned char)p[0] | (unsigned char)p[1] << 8);
}

static void test_lines(const struct wordpiece *w) {
    struct view text = slurp("fixtures/tokenizer/lines.jsonl");
    struct view ids = slurp("fixtures/wordpiece/minilm.ids");
    const char *p = ids.p, *end = ids.p + ids.n, *line = text.p, *stop = text.p + text.n;
    int lines = 0, wrong = 0, tokens = 0;
    for (int i = 0; line < stop; i++) {
        const char *nl = memchr(line, '\n', (size_t)(stop - line));
        struct view v = {line, (size_t)((nl ? nl : stop) - line)};
        line = (nl ? nl : stop) + 1;
        if (i % 2) continue;
        json_t *s = json_loadb(v.p, v.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        int32_t got[MAX_IDS];
        OK(s && p < end);
        if (!s || p >= end) break;
        int want = u16(p), same;
        int n = wordpiece_encode(w, (struct view){json_string_value(s), json_string_length(s)},
                                 MAX_IDS, got, NULL);
        same = n == want;
        for (int k = 0; same && k < n; k++) same = got[k] == u16(p + 2 + 2 * k);
        if (!same && wrong++ < 5)
            T_SAY("line %d: %d ids, want %d: %.*s", i, n, want, (int)v.n, v.p);
        t_checks++;
        tokens += n;
        lines++;
        p += 2 + 2 * want;
        json_decref(s);
    }
    OK(p == end);
    EQ(wrong, 0);
    OK(lines >= 1500);
    printf("%d lines, %d tokens\n", lines, tokens);
    mem_free((char *)(uintptr_t)text.p);
    mem_free((char *)(uintptr_t)ids.p);
}

static size_t utf8(uint32_t c, char *p) {
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = n; i-- > 1; c >>= 6) p[i] = (char)(0x80 | (c & 0x3F));
    p[0] = (char)(lead[n] | c);
    return n;
}

static uint64_t point_hash(const struct wordpiece *w, uint32_t block) {
    uint64_t h = 0xCBF29CE484222325u;
    for (uint32_t c = block; c < block + BLOCK; c++) {
        char text[16] = "a";
        int32_t ids[32];
        if (c >= 0xD800 && c < 0xE000) continue;
        size_t n = 1 + utf8(c, text + 1);
        text[n++] = ' ';
        n += utf8(c, text + n);
        text[n++] = 'b';
        int k = wordpiece_encode(w, (struct view){text, n}, 32, ids, NULL);
        for (int i = 0; i < 2 * k; i++)
            h = (h ^ ((uint32_t)ids[i / 2] >> (8 * (i % 2)) & 0xFF)) * 0x100000001B3u;
    }
    return h;
}

/* Every code point in the middle, at the end and at the start of a word. */
static void test_points(const struct wordpiece *w) {
    struct view want = slurp("fixtures/wordpiece/minilm.points");
    EQ(want.n, POINTS / BLOCK * 8);
    for (uint32_t i = 0; want.n == POINTS / BLOCK * 8 && i < POINTS / BLOCK; i++) {
        uint64_t h = 0;
        for (int b = 7; b >= 0; b--) h = h << 8 | (unsigned char)want.p[i * 8 + (uint32_t)b];
        t_checks++;
        if (point_hash(w, i * BLOCK) != h) T_SAY("code points from U+%04X differ", i * BLOCK);
    }
    mem_free((char *)(uintptr_t)want.p);
}

int main(void) {
    const char *cache = getenv("TAPROOM_CACHE"), *home = getenv("HOME");
    char path[512];
    snprintf(path, sizeof path, "%s%s/models/all-minilm-l6-v2/vocab.txt", cache ? cache : home,
             cache ? "" : "/.cache/taproom");
    char *p;
    size_t n;
    struct wordpiece *w;
    if (file_read(path, 8 << 20, &p, &n, &e) != ST_OK) {
        printf("skipped: %s\n", e.text);
        return 77;
    }
    GOOD(wordpiece_open(&w, path, (struct view){p, n}, &e));
    if (t_failed) return t_end();
    EQ(wordpiece_count(w), 30522);
    test_lines(w);
    test_points(w);
    wordpiece_close(w);
    mem_free(p);
    return t_end();
}
