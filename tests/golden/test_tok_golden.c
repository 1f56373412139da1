/* links: model */
/* Token ids against the `tokenizers` package (fixtures/tokenizer/make.py) and `sentencepiece`
 * (make_spm.py): small trained vocabularies, the real ones of Gemma 3 and Qwen2.5 where they are at
 * hand, and the real SmolLM2 (else exit code 77 after the rest). */
#include "kernels/base/buf.h"
#include "model/tokenizer/template.h"
#include "model/tokenizer/tok.h"
#include "tests/t.h"

#include <stdlib.h>
#include <sys/stat.h>

#define FOLDER "fixtures/tokenizer/"
enum { MAX_FILE = 1 << 20, MAX_LINES = 4000, BLOCK = 1024 };

static struct err e;
static struct arena keep;

struct file {
    char *p;
    size_t n;
};

static struct file slurp(const char *path) {
    struct file f = {NULL, 0};
    GOOD(file_read(path, MAX_FILE, &f.p, &f.n, &e));
    return f;
}

struct model {
    struct file_map map;
    struct arena arena;
    struct gguf g;
    struct tok *t;
};

static int model_open(struct model *m, const char *path) {
    memset(m, 0, sizeof *m);
    arena_init(&m->arena, 256 << 20);
    enum status st = file_map_open(&m->map, path, &e);
    if (st == ST_OK) st = gguf_parse(&m->g, path, m->map.p, m->map.n, &m->arena, &e);
    if (st == ST_OK) st = tok_open(&m->t, &m->g, &e);
    GOOD(st);
    return st == ST_OK;
}

static void model_close(struct model *m) {
    tok_close(m->t);
    arena_free(&m->arena);
    file_map_close(&m->map);
}

static unsigned hex4(const char *p) {
    char digits[5] = {p[0], p[1], p[2], p[3], 0};
    return (unsigned)strtoul(digits, NULL, 16);
}

/* One JSON string, decoded in place; json.dumps escapes only quotes, backslashes and C0 here. */
static struct view json_line(char *p, char *end) {
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char *w = p, *start = p;
    for (p++, end--; p < end; p++) {
        const char *k = *p == '\\' ? strchr(from, p[1]) : NULL;
        if (*p == '\\' && p[1] == 'u') {
            *w++ = (char)hex4(p + 2);
            p += 5;
        } else if (k) {
            *w++ = to[k - from];
            p++;
        } else {
            *w++ = *p;
        }
    }
    return (struct view){start, (size_t)(w - start)};
}

static size_t read_lines(struct file f, struct view *line) {
    size_t n = 0;
    for (char *p = f.p, *end; n < MAX_LINES && p < f.p + f.n; p = end + 1) {
        end = memchr(p, '\n', (size_t)(f.p + f.n - p));
        if (!end) break;
        line[n++] = json_line(p, end);
    }
    return n;
}

/* Lines against NAME.ids: for each line a count and the ids, 16 bits each. */
static void check_ids(const struct tok *t, const char *path, const struct view *line, size_t want) {
    struct file f = slurp(path);
    size_t at = 0, i = 0, bad = 0;
    for (; i < want && at + 2 <= f.n; i++) {
        struct arena a;
        int32_t *ids = NULL;
        size_t n = 0;
        uint16_t count, id;
        memcpy(&count, f.p + at, 2);
        at += 2;
        arena_init(&a, 1 << 24);
        GOOD(tok_encode(t, line[i], &a, &ids, &n, &e));
        int same = n == count && at + 2 * (size_t)count <= f.n;
        for (size_t k = 0; same && k < n; k++) {
            memcpy(&id, f.p + at + 2 * k, 2);
            same = ids[k] == id;
        }
        for (size_t k = 0; k < n; k++) OK(!tok_is_control(t, ids[k]));
        if (!same && bad++ < 5)
            T_SAY("%s: line %zu differs: '%.*s'", path, i + 1, (int)line[i].n, line[i].p);
        at += 2 * (size_t)count;
        arena_free(&a);
    }
    EQ(bad, 0);
    EQ(i, want);
    EQ(at, f.n);
    mem_free(f.p);
}

static uint64_t hash_ids(const struct tok *t, struct view text) {
    struct arena a;
    int32_t *ids = NULL;
    size_t n = 0;
    uint64_t h = 0xCBF29CE484222325u;
    arena_init(&a, 1 << 24);
    GOOD(tok_encode(t, text, &a, &ids, &n, &e));
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < 32; k += 8) h = (h ^ ((uint32_t)ids[i] >> k & 0xFF)) * 0x100000001B3u;
    arena_free(&a);
    return h;
}

static void add_point(struct buf *b, uint32_t c) {
    char u[4];
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    if (n == 1)
        u[0] = (char)c;
    else
        u[0] = (char)(0xF00u >> n | c >> 6 * (n - 1));
    for (size_t i = 1; i < n; i++) u[i] = (char)(0x80 | (c >> 6 * (n - 1 - i) & 0x3F));
    static const char *const after[] = {"a", "1 ", "", "\n'", ""};
    for (size_t i = 0; i < COUNT(after); i++) {
        buf_add(b, u, n);
        buf_str(b, after[i]);
    }
}

/* Every assigned character, in the places that the patterns ask about; one hash for each block of
 * code points. */
static void check_points(const struct tok *t, const char *path) {
    struct file spans = slurp(FOLDER "points.txt"), f = slurp(path);
    struct buf text;
    buf_init(&text, 1 << 20);
    size_t at = 0, points = 0;
    unsigned long block = 0;
    for (char *p = spans.p, *end = spans.p + spans.n; p && p <= end;) {
        unsigned long lo = 0, hi = 0;
        if (p < end)
            lo = strtoul(p, &p, 16), hi = strtoul(p, &p, 16), p++;
        else
            p = NULL, lo = hi = 0x200000; /* closes the last block */
        for (unsigned long c = lo; c <= hi; c++, points++) {
            uint64_t want = 0;
            if (c / BLOCK != block && text.n) {
                if (at + 8 <= f.n) memcpy(&want, f.p + at, 8);
                at += 8;
                if (hash_ids(t, buf_text(&text)) != want)
                    T_SAY("%s: characters U+%04lX to U+%04lX differ", path, block * BLOCK,
                          block * BLOCK + BLOCK - 1);
                buf_clear(&text);
            }
            block = c / BLOCK;
            if (p) add_point(&text, (uint32_t)c);
        }
    }
    EQ(at, f.n);
    OK(points > 140000 && at / 8 > 150);
    buf_free(&text);
    mem_free(spans.p);
    mem_free(f.p);
}

static void check_movielens(const struct tok *t, const char *cache) {
    struct file want = slurp(FOLDER "smollm2.ml100k"), f = {NULL, 0};
    const char *path = arena_printf(&keep, "%s/data/ml-100k/ml-100k.item", cache);
    size_t n = 0, bad = 0;
    if (file_read(path, MAX_FILE, &f.p, &f.n, &e) != ST_OK) {
        printf("skipped: titles of MovieLens (no %s)\n", path);
        mem_free(want.p);
        return;
    }
    char *p = memchr(f.p, '\n', f.n);
    for (char *end; p && (end = strchr(++p, '\n')) != NULL && 8 * n < want.n; p = end, n++) {
        uint64_t hash;
        char *title = memchr(p, '\t', (size_t)(end - p));
        char *stop = title ? memchr(title + 1, '\t', (size_t)(end - title - 1)) : NULL;
        if (!stop) break;
        memcpy(&hash, want.p + 8 * n, 8);
        struct view v = {title + 1, (size_t)(stop - title - 1)};
        if (hash_ids(t, v) != hash && bad++ < 5) T_SAY("title %zu differs", n + 1);
    }
    EQ(n, 1682);
    EQ(n * 8, want.n);
    EQ(bad, 0);
    mem_free(f.p);
    mem_free(want.p);
}

static void check_chatml(const struct model *m) {
    /* <|im_start|>user\n and <|im_end|>\n as SmolLM2's own tokenizer gives them. */
    struct chat_template c;
    GOOD(template_choose(&c, &m->g, m->t, &e));
    EQ_STR(c.name, "chatml");
    const int32_t user[] = {1, 4093, 198}, end[] = {2, 198};
    EQ(c.turn[TURN_USER].n_head, 3);
    EQ_MEM(c.turn[TURN_USER].head, user, sizeof user);
    EQ(c.turn[TURN_USER].n_tail, 2);
    EQ_MEM(c.turn[TURN_USER].tail, end, sizeof end);
    EQ(tok_bos(m->t), -1);
    EQ(tok_eos(m->t), 2);
    EQ(tok_count(m->t), 49152);
    int controls = 0;
    for (int id = 0; id < tok_count(m->t); id++) controls += tok_is_control(m->t, id);
    EQ(controls, 17);
}

/* No control token comes out of any control token's own string, alone or among others. */
static void check_controls(const struct tok *t) {
    struct buf all;
    buf_init(&all, 1 << 16);
    for (int id = 0; id < tok_count(t); id++) {
        if (!tok_is_control(t, id)) continue;
        buf_view(&all, tok_text(t, id));
        buf_str(&all, id % 2 ? "x" : "\n");
        struct arena a;
        int32_t *ids = NULL;
        size_t n = 0;
        const struct view text[] = {tok_text(t, id), buf_text(&all)};
        arena_init(&a, 1 << 22);
        for (size_t k = 0; k < COUNT(text); k++) {
            GOOD(tok_encode(t, text[k], &a, &ids, &n, &e));
            OK(n > 1);
            for (size_t i = 0; i < n; i++) OK(!tok_is_control(t, ids[i]));
        }
        arena_free(&a);
    }
    buf_free(&all);
}

/* A real vocabulary against one hash a line; says so when its file is not at hand. */
static void check_lines(const char *file, const char *golden, const struct view *line, size_t n) {
    const char *cache = getenv("TAPROOM_CACHE"), *home = getenv("HOME");
    if (!cache || !*cache) cache = arena_printf(&keep, "%s/.cache/taproom", home ? home : "");
    const char *path = arena_printf(&keep, "%s/models/%s", cache, file);
    struct stat about;
    if (stat(path, &about) != 0) {
        printf("skipped: %s (./taproom model get fetches it)\n", path);
        return;
    }
    struct file want = slurp(golden);
    struct model m;
    size_t bad = 0;
    EQ(want.n, 8 * n);
    if (model_open(&m, path) && want.n == 8 * n) {
        for (size_t i = 0; i < n; i++) {
            uint64_t hash;
            memcpy(&hash, want.p + 8 * i, 8);
            if (hash_ids(m.t, line[i]) != hash && bad++ < 5)
                T_SAY("%s: line %zu differs: '%.*s'", golden, i + 1, (int)line[i].n, line[i].p);
        }
        printf("%s: %zu lines\n", golden, n);
    }
    EQ(bad, 0);
    model_close(&m);
    mem_free(want.p);
}

static int check_smollm2(const struct view *line, size_t n) {
    const char *cache = getenv("TAPROOM_CACHE"), *home = getenv("HOME");
    if (!cache || !*cache) cache = arena_printf(&keep, "%s/.cache/taproom", home ? home : "");
    const char *path = arena_printf(&keep, "%s/models/smollm2-135m-instruct-q4_1.gguf", cache);
    struct stat about;
    if (stat(path, &about) != 0) {
        printf("skipped: the real SmolLM2 (no %s)\n", path);
        return 77;
    }
    struct model m;
    if (model_open(&m, path)) {
        check_ids(m.t, FOLDER "smollm2.ids", line, n);
        check_points(m.t, FOLDER "smollm2.points");
        check_movielens(m.t, cache);
        check_controls(m.t);
        check_chatml(&m);
    }
    model_close(&m);
    return 0;
}

int main(void) {
    static struct view line[MAX_LINES];
    static const char *const name[] = {"smollm", "gpt-2", "qwen2", "llama-bpe"};
    arena_init(&keep, 1 << 20);
    struct file f = slurp(FOLDER "lines.jsonl");
    size_t n = read_lines(f, line);
    OK(n >= 3000);
    for (size_t i = 0; i < COUNT(name) && n >= 500; i++) {
        struct model m;
        if (model_open(&m, arena_printf(&keep, FOLDER "%s.gguf", name[i]))) {
            check_ids(m.t, arena_printf(&keep, FOLDER "%s.ids", name[i]), line, 500);
            check_points(m.t, arena_printf(&keep, FOLDER "%s.points", name[i]));
            check_controls(m.t);
            EQ(tok_bos(m.t), strcmp(name[i], "llama-bpe") == 0 ? 0 : -1);
        }
        model_close(&m);
    }
    static const char *const pieces[] = {"spm", "spm-prefix"};
    for (size_t i = 0; i < COUNT(pieces) && n >= 500; i++) {
        struct model m;
        if (model_open(&m, arena_printf(&keep, FOLDER "%s.gguf", pieces[i]))) {
            check_ids(m.t, arena_printf(&keep, FOLDER "%s.ids", pieces[i]), line, 500);
            check_controls(m.t);
            EQ(tok_bos(m.t), 2);
        }
        model_close(&m);
    }
    check_lines("gemma3-270m-q4_k_m.gguf", FOLDER "gemma3.lines", line, n);
    check_lines("qwen2.5-coder-0.5b-q4_k_m.gguf", FOLDER "qwen2.5.lines", line, n);
    int skipped = check_smollm2(line, n);
    mem_free(f.p);
    arena_free(&keep);
    int failed = t_end();
    return failed ? failed : skipped;
}
