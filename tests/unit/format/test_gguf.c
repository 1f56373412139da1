/* links: model */
/* Parsing of GGUF: valid files, their heads alone, large ones, files that are none. Lies:
 * test_gguf_faults.c. */
#include "tests/unit/format/gguf_edge.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void test_valid(uint32_t version) {
    struct build b = {0};
    struct gguf g;
    struct arena a;
    b_valid(&b, version);
    GOOD(parse(&g, b.p, b.n, &a));
    EQ(g.version, version);
    EQ(g.n_kv, 17);
    EQ(g.n_tensors, 2);
    EQ_STR(g.name, "bad.gguf");
    const struct gguf_tensor *t = gguf_tensor(&g, "a.weight");
    OK(t == &g.tensor[0]);
    EQ_STR(t->type->name, "Q4_1");
    EQ(t->ndim, 2);
    EQ(t->dim[0], 64);
    EQ(t->dim[1], 3);
    EQ(t->dim[2] * t->dim[3], 1);
    EQ(t->bytes, 3 * 2 * 20);
    EQ(t->data[0], 0);
    t = gguf_tensor(&g, "b.weight");
    EQ(t->bytes, 20);
    OK(t->data + t->bytes == edge.map + edge.room);
    EQ(t->data[0], 128);
    OK(gguf_tensor(&g, "c.weight") == NULL);
    OK(gguf_tensor(&g, "") == NULL);
    OK(gguf_find(&g, "u8") == &g.kv[2]);
    OK(gguf_find(&g, "u8x") == NULL);
    OK(a.used < SMALL);
    arena_free(&a);
    b_free(&b);
}

/* A directory that ends on the alignment is followed by data at once. */
static void test_no_padding(void) {
    struct build b = {0};
    struct gguf g;
    struct arena a;
    b_head(&b, 3, 1, 0);
    b_tensor(&b, "8 bytes.", 1, (uint64_t[4]){2}, 0, 0);
    EQ(b.n, 64);
    b_data(&b, 8);
    GOOD(parse(&g, b.p, b.n, &a));
    OK(g.n_tensors == 1 && g.tensor[0].data == edge.map + edge.room - 8);
    arena_free(&a);
    b_free(&b);
}

/* The last call failed with this status and names file, key and byte. */
static void refused(enum status got, enum status want, const char *key, const char *needle) {
    EQ(got, want);
    if (!strstr(e.text, "bad.gguf") || !strstr(e.text, needle) || !strstr(e.text, key))
        T_SAY("'%s' should have '%s' and '%s'", e.text, key, needle);
    EQ_STR(e.field, key);
}

/* Sixty thousand entries of which the last repeats one: found, and not by comparing all pairs. */
static void test_many(int tensors) {
    enum { N = 60000 };
    struct build b = {0};
    struct gguf g;
    struct arena a;
    clock_t start = clock();
    b_head(&b, 3, tensors ? N : 0, tensors ? 0 : N);
    for (int i = 0; i < N; i++) {
        char name[24];
        snprintf(name, sizeof name, "same.start.%05d", i == N - 1 ? N / 2 : i);
        if (tensors)
            b_tensor(&b, name, 1, (uint64_t[4]){8}, 0, 32 * (uint64_t)(N - 1 - i));
        else
            b_scalar(&b, name, GGUF_U8, 1);
    }
    b_pad(&b, 32);
    if (tensors) b_data(&b, 32 * N);
    arena_init(&a, 64 << 20);
    refused(gguf_parse(&g, "bad.gguf", b.p, b.n, &a, &e), ST_CORRUPT, "same.start.30000", "twice");
    OK((double)(clock() - start) / CLOCKS_PER_SEC < 5);
    OK(a.used < 16 << 20);
    arena_free(&a);
    b_free(&b);
}

/* A file large enough to hold what it promises still gets little memory. */
static void test_large_promises(void) {
    const size_t size = 256u << 20;
    uint8_t *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(p != MAP_FAILED);
    static const struct {
        uint64_t tensors, kv;
        enum status want;
        const char *needle;
    } t[] = {
        {7000000, 0, ST_LIMIT, "n_tensors is 7000000, more than 65536"},
        {0, 19000000, ST_LIMIT, "n_kv is 19000000, more than 65536"},
        {GGUF_MAX_ENTRIES, GGUF_MAX_ENTRIES, ST_CORRUPT, "key is empty"},
        {GGUF_MAX_ENTRIES, 0, ST_CORRUPT, "name is empty"},
    };
    struct build b = {0};
    struct gguf g;
    struct arena a;
    for (size_t i = 0; i < COUNT(t); i++) {
        b.n = 0;
        b_head(&b, 3, t[i].tensors, t[i].kv);
        memcpy(p, b.p, b.n);
        arena_init(&a, 64 << 20);
        EQ(gguf_parse(&g, "bad.gguf", p, size, &a, &e), t[i].want);
        OK(strstr(e.text, t[i].needle) != NULL);
        OK(a.used < 16 << 20);
        arena_free(&a);
    }
    b.n = 0;
    b_head(&b, 3, 0, 1);
    b_array(&b, "empty", GGUF_STR, 33000000);
    memcpy(p, b.p, b.n);
    arena_init(&a, SMALL);
    GOOD(gguf_parse(&g, "bad.gguf", p, size, &a, &e));
    EQ(gguf_find(&g, "empty")->count, 33000000);
    arena_free(&a);
    munmap(p, size);
    b_free(&b);
}

static void test_no_memory(void) {
    struct build b = {0};
    struct gguf g;
    struct arena a;
    b_valid(&b, 3);
    enum status st = ST_NO_MEMORY;
    long k = 1;
    for (; k < 20 && st == ST_NO_MEMORY; k++) {
        arena_init(&a, 64 << 20);
        mem_fail_at(k, 0);
        st = gguf_parse(&g, "bad.gguf", b.p, b.n, &a, &e);
        mem_fail_at(0, 0);
        arena_free(&a);
    }
    EQ(st, ST_OK);
    OK(k > 2);
    size_t max = 64;
    for (st = ST_NO_MEMORY; st == ST_NO_MEMORY && max < SMALL; max += 64) {
        arena_init(&a, max);
        st = gguf_parse(&g, "bad.gguf", b.p, b.n, &a, &e);
        arena_free(&a);
    }
    EQ(st, ST_OK);
    OK(max > 1024);
    b_free(&b);
}

/* Of the head alone: what is missing is asked for, and with enough of it all but the data is known.
 */
static void test_head(void) {
    const char *file = "fixtures/gguf/small.gguf";
    char *p;
    size_t n, least = 0;
    struct gguf g;
    struct arena a;
    int more;
    arena_init(&a, SMALL);
    GOOD(file_read(file, 1 << 20, &p, &n, &e));
    for (size_t k = 0; k <= n; k++) {
        arena_reset(&a);
        enum status st = gguf_parse_head(&g, file, (const uint8_t *)p, k, n, &more, &a, &e);
        EQ(st == ST_OK, !more);
        if (more) EQ(least, 0);
        if (!more && !least) least = k;
        if (st != ST_OK) continue;
        OK(g.n_tensors > 0 && g.tensor[0].bytes > 0);
        EQ(g.tensor[0].data != NULL, k == n);
    }
    OK(least > 0 && least < n);
    EQ(gguf_parse_head(&g, file, (const uint8_t *)p, least, least, &more, &a, &e), ST_CORRUPT);
    EQ(more, 0);
    mem_free(p);
    arena_free(&a);
}

static void test_files(void) {
    char dir[] = "/tmp/test_gguf.XXXXXX", path[64];
    struct file_map m;
    struct gguf g;
    struct arena a;
    arena_init(&a, SMALL);
    CHECK(mkdtemp(dir));
    EQ(file_map_open(&m, dir, &e), ST_IO);
    snprintf(path, sizeof path, "%s/x", dir);
    EQ(file_map_open(&m, path, &e), ST_NOT_FOUND);
    CHECK(mkfifo(path, 0600) == 0);
    EQ(file_map_open(&m, path, &e), ST_IO);
    unlink(path);
    CHECK(symlink(path, path) == 0);
    EQ(file_map_open(&m, path, &e), ST_IO);
    unlink(path);
    for (size_t n = 0; n <= 4; n += 4) {
        GOOD(file_write(path, "GGUF", n, &e));
        GOOD(file_map_open(&m, path, &e));
        EQ(m.n, n);
        EQ(gguf_parse(&g, m.path, m.p, m.n, &a, &e), ST_CORRUPT);
        OK(strstr(e.text, path) != NULL);
        file_map_close(&m);
    }
    unlink(path);
    rmdir(dir);
    arena_free(&a);
}

int main(void) {
    edge = edge_open(128 * 1024);
    test_valid(2);
    test_valid(3);
    test_no_padding();
    test_many(0);
    test_many(1);
    test_large_promises();
    test_no_memory();
    test_head();
    test_files();
    edge_close(&edge);
    return t_end();
}
