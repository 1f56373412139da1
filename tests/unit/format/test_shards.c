/* links: model */
/* Models in several files: the same answers as in one, and what a missing or foreign part says.
 * The parts are those of fixtures/tiny/split.py. */
#include "tests/unit/model/tiny_model.h"

#include "model/format/shards.h"

#define PART(n) "fixtures/tiny/split-0000" #n "-of-00003.gguf"

static struct err e;
static char folder[] = "/tmp/taproom-shards-XXXXXX";

static void score(const char *path, float out[40]) {
    struct engine *en = tiny_open(path, "cpu", "f32", 1, 0);
    if (!en) return;
    struct forest f;
    int32_t tok[40];
    forest_open(&f);
    forest_clear(&f);
    for (int i = 0; i < 40; i++) tok[i] = (i * 37 + 5) % TINY_VOCAB;
    struct ask ask = {forest_add(&f, -1, tok, 40, 0), 0, NULL, out};
    struct job j = {.tree = &f.t, .ask = &ask, .n_asks = 1};
    GOOD(engine_score(en, &j, &e));
    forest_close(&f);
    engine_close(en);
}

static void test_same(void) {
    float one[40] = {0}, three[40] = {1};
    score(TINY("blocks"), one);
    score(PART(1), three);
    EQ_MEM(one, three, sizeof one);
    OK(one[20] < 0);
}

static void copy(const char *from, const char *name, size_t cut, const char *key, uint32_t value) {
    char *p, path[256];
    size_t n;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    GOOD(file_read(from, 1 << 20, &p, &n, &e));
    for (size_t i = 0; key && i + strlen(key) + 6 < n; i++) /* its value lies behind its type */
        if (memcmp(p + i, key, strlen(key)) == 0) memcpy(p + i + strlen(key) + 4, &value, 2);
    GOOD(file_write(path, p, n - cut, &e));
    mem_free(p);
}

/* Opens the copies; they are removed afterwards. */
static void expect(const char *name, enum status st, const char *says) {
    char path[256];
    struct shards s;
    struct arena a;
    arena_init(&a, 1 << 24);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    EQ(shards_open(&s, path, &a, NULL, &e), st);
    if (st == ST_OK)
        shards_close(&s);
    else if (!strstr(e.text, says))
        T_SAY("'%s' does not name '%s'", e.text, says);
    arena_free(&a);
    static const char *const all[] = {"m-00001-of-00003.gguf", "m-00002-of-00003.gguf",
                                      "m-00003-of-00003.gguf", "other.gguf"};
    for (size_t i = 0; i < COUNT(all); i++) {
        snprintf(path, sizeof path, "%s/%s", folder, all[i]);
        remove(path);
    }
}

static void three(const char *second, const char *third) {
    copy(PART(1), "m-00001-of-00003.gguf", 0, NULL, 0);
    if (second) copy(second, "m-00002-of-00003.gguf", 0, NULL, 0);
    if (third) copy(third, "m-00003-of-00003.gguf", 0, NULL, 0);
}

static void test_wrong(void) {
    struct shards s;
    struct arena a;
    const char *first = "m-00001-of-00003.gguf";
    arena_init(&a, 1 << 24);
    EQ(shards_open(&s, PART(2), &a, NULL, &e), ST_INVALID);
    OK(strstr(e.text, "part 2 of 3") && strstr(e.hint, "-00001-of-00003.gguf"));
    arena_free(&a);
    three(PART(2), PART(3));
    expect(first, ST_OK, "");
    three(PART(2), NULL);
    expect(first, ST_NOT_FOUND, "m-00003-of-00003.gguf");
    three(PART(3), PART(2));
    expect(first, ST_CORRUPT, "is part 3 of 3, expected part 2 of 3");
    three(TINY("tied"), PART(3));
    expect(first, ST_CORRUPT, "is part 1 of 1, expected part 2 of 3");
    three(NULL, PART(3));
    copy(PART(2), "m-00002-of-00003.gguf", 1, NULL, 0);
    expect(first, ST_CORRUPT, "m-00002-of-00003.gguf");
    three(NULL, PART(3)); /* the third's tensors twice */
    copy(PART(3), "m-00002-of-00003.gguf", 0, "split.no", 1);
    expect(first, ST_CORRUPT, "both have a tensor");
    three(PART(2), PART(3));
    copy(PART(1), first, 0, "split.tensors.count", 31);
    expect(first, ST_CORRUPT, "split.tensors.count is 31");
    copy(PART(1), "other.gguf", 0, NULL, 0);
    expect("other.gguf", ST_INVALID, "-00001-of-00003.gguf");
}

/* Every single allocation fails once; nothing may leak (the sanitizer's verdict). */
static void test_memory(void) {
    enum status st = ST_NO_MEMORY;
    struct shards s;
    long k = 0;
    while (st != ST_OK && k < 200) {
        struct arena a;
        arena_init(&a, 1 << 24);
        mem_fail_at(++k, 0);
        st = shards_open(&s, PART(1), &a, NULL, &e);
        mem_fail_at(0, 0);
        if (st != ST_OK) EQ(st, ST_NO_MEMORY);
        if (st == ST_OK) shards_close(&s);
        arena_free(&a);
    }
    OK(k > 5 && k < 200);
}

int main(int argc, char **argv) {
    (void)argc;
    tiny_start(argv);
    if (!mkdtemp(folder)) return 1;
    test_same();
    test_wrong();
    test_memory();
    rmdir(folder);
    return t_end();
}
