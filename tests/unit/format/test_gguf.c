/* links: model */
/* Parsing of GGUF: valid files, then every lie that a file can tell. */
#include "model/format/gguf/gguf.h"
#include "tests/t.h"
#include "tests/unit/format/gguf_build.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { SMALL = 64 * 1024, HEAD = 24 };

static struct err e;
static struct edge edge;

/* Parses at the edge; the arena is the caller's to free. */
static enum status parse(struct gguf *g, const void *p, size_t n, struct arena *a) {
    arena_init(a, 64 << 20);
    return gguf_parse(g, "bad.gguf", edge_put(&edge, p, n), n, a, &e);
}

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

/* The last call failed with this status and names file, key and byte. */
static void refused(enum status got, enum status want, const char *key, const char *needle) {
    EQ(got, want);
    if (!strstr(e.text, "bad.gguf") || !strstr(e.text, needle) || !strstr(e.text, key))
        T_SAY("'%s' should have '%s' and '%s'", e.text, key, needle);
    EQ_STR(e.field, key);
}

static void test_truncation(void) {
    struct build b = {0};
    b_valid(&b, 3);
    for (size_t n = 0; n <= b.n; n++) {
        struct gguf g;
        struct arena a;
        enum status st = parse(&g, b.p, n, &a);
        if (n == b.n ? st != ST_OK : st != ST_CORRUPT) T_SAY("%zu bytes: status %d", n, st);
        if (st != ST_OK && (!strstr(e.text, "bad.gguf: ") || !strstr(e.text, "byte ")))
            T_SAY("%zu bytes: '%s'", n, e.text);
        if (st != ST_OK && (g.kv || g.n_kv || g.n_tensors)) T_SAY("%zu bytes: not empty", n);
        t_checks++;
        arena_free(&a);
    }
    b_free(&b);
}

/* Reads all that a parsed file points at, so that a bad pointer faults here. */
static unsigned touch(const struct gguf *g, struct arena *a) {
    unsigned sum = 0;
    struct view *s;
    uint64_t n;
    for (uint64_t i = 0; i < g->n_tensors; i++)
        sum += g->tensor[i].data[0] + g->tensor[i].data[g->tensor[i].bytes - 1];
    for (uint64_t i = 0; i < g->n_kv; i++) {
        const struct gguf_kv *kv = &g->kv[i];
        for (size_t k = 0; k < kv->data.n; k++) sum += (uint8_t)kv->data.p[k];
        for (size_t k = 0; k < kv->str.n; k++) sum += (uint8_t)kv->str.p[k];
    }
    if (gguf_find(g, "strings") && gguf_strings(g, "strings", 99, a, &s, &n, &e) == ST_OK)
        for (uint64_t i = 0; i < n; i++) sum += (unsigned)s[i].n;
    return sum;
}

/* A changed file parses or is refused; returns whether it parsed. */
static int survives(const struct build *b) {
    struct gguf g;
    struct arena a;
    static volatile unsigned sink;
    enum status st = parse(&g, b->p, b->n, &a);
    t_checks++;
    if (st == ST_OK)
        sink += touch(&g, &a);
    else if (st != ST_CORRUPT && st != ST_UNSUPPORTED && st != ST_LIMIT)
        T_SAY("status %d: %s", st, e.text);
    if (a.used > SMALL) T_SAY("%zu bytes of memory", a.used);
    arena_free(&a);
    return st == ST_OK;
}

static void test_bit_flips(void) {
    struct build b = {0};
    int good = 0, bad = 0;
    b_valid(&b, 3);
    for (size_t i = 0; i < b.n - 148; i++)
        for (int bit = 0; bit < 8; bit++) {
            b.p[i] ^= (uint8_t)(1 << bit);
            int ok = survives(&b);
            good += ok;
            bad += !ok;
            b.p[i] ^= (uint8_t)(1 << bit);
        }
    OK(good > 500); /* values and letters of names may be anything */
    OK(bad > 2000); /* lengths, types and counts may not */
    b_free(&b);
}

static uint64_t next(uint64_t *s) {
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return *s;
}

static void test_mutations(void) {
    static const uint64_t extreme[] = {0,         1,          255,       65536,
                                       INT32_MAX, UINT32_MAX, INT64_MAX, UINT64_MAX};
    for (uint64_t seed = 1; seed <= 1000; seed++) {
        struct build b = {0};
        uint64_t s = seed * 0x9e3779b97f4a7c15u;
        b_valid(&b, 3);
        for (uint64_t k = next(&s) % 8; k-- + 1;) {
            size_t at = next(&s) % (b.n - 8), width = 1u << next(&s) % 4;
            uint64_t v = next(&s) % 2 ? next(&s) : extreme[next(&s) % COUNT(extreme)];
            memcpy(b.p + at, &v, width);
        }
        if (next(&s) % 4 == 0) b.n = next(&s) % b.n;
        survives(&b);
        b_free(&b);
    }
}

#define U32(c) c "\0\0\0"
#define U64(c) c "\0\0\0\0\0\0\0"
#define MANY "\xff\xff\xff\xff\xff\xff\xff\x7f"
#define MINUS "\xff\xff\xff\xff\xff\xff\xff\xff"

struct bad_bytes {
    const char *what;
    enum status want;
    const char *needle; /* in the message */
    const char *p;
    size_t n;
};

#define BYTES(s) s, sizeof(s) - 1

static void check_bad(const char *what, enum status want, const char *needle,
                      const struct build *b) {
    struct gguf g;
    struct arena a;
    enum status st = parse(&g, b->p, b->n, &a);
    t_checks++;
    if (st != want) T_SAY("%s: %s, want %s (%s)", what, status_name(st), status_name(want), e.text);
    if (st == ST_OK || !strstr(e.text, "bad.gguf: ") || !strstr(e.text, needle) ||
        !strstr(e.text, ", at byte ") || !e.field[0])
        T_SAY("%s: '%s' should have '%s', file, field and byte", what, e.text, needle);
    if (a.used > SMALL) T_SAY("%s: %zu bytes of memory", what, a.used);
    arena_free(&a);
}

static void test_bad_header(void) {
#define REST U64("\0") U64("\0") "................................"
    static const struct bad_bytes t[] = {
        {"empty", ST_CORRUPT, "magic", BYTES("")},
        {"four bytes", ST_CORRUPT, "version", BYTES("GGUF")},
        {"other magic", ST_CORRUPT, "magic", BYTES("GGML" U32("\3") REST)},
        {"magic from the end", ST_CORRUPT, "magic", BYTES("FUGG" U32("\3") REST)},
        {"version 0", ST_UNSUPPORTED, "version 0", BYTES("GGUF" U32("\0") REST)},
        {"version 1", ST_UNSUPPORTED, "version 1", BYTES("GGUF" U32("\1") REST)},
        {"version 4", ST_UNSUPPORTED, "version 4", BYTES("GGUF" U32("\4") REST)},
        {"big endian", ST_UNSUPPORTED, "big endian", BYTES("GGUF\0\0\0\3" REST)},
        {"n_tensors -1", ST_CORRUPT, "n_tensors", BYTES("GGUF" U32("\3") MINUS U64("\0"))},
        {"n_tensors", ST_CORRUPT, "n_tensors is 2", BYTES("GGUF" U32("\3") U64("\2") REST)},
        {"n_kv -1", ST_CORRUPT, "n_kv", BYTES("GGUF" U32("\3") U64("\0") MINUS)},
        {"n_kv", ST_CORRUPT, "n_kv is 9", BYTES("GGUF" U32("\3") U64("\0") U64("\x09") REST)},
    };
#undef REST
    for (size_t i = 0; i < COUNT(t); i++) {
        struct build b = {0};
        b_raw(&b, t[i].p, t[i].n);
        check_bad(t[i].what, t[i].want, t[i].needle, &b);
        b_free(&b);
    }
}

/* Each case stands after the pair a = 1, and 64 bytes follow. */
static void test_bad_pairs(void) {
#define KEY U64("\3") "abc"
    static const struct bad_bytes t[] = {
        {"key length -1", ST_CORRUPT, "key", BYTES(MINUS)},
        {"key length 2^63 - 1", ST_CORRUPT, "key", BYTES(MANY)},
        {"empty key", ST_CORRUPT, "key is empty", BYTES(U64("\0") U32("\0") "x")},
        {"key not UTF-8", ST_CORRUPT, "UTF-8", BYTES(U64("\2") "\xc3\x28" U32("\0") "x")},
        {"key with NUL", ST_CORRUPT, "UTF-8", BYTES(U64("\2") "a\0" U32("\0") "x")},
        {"bad type", ST_CORRUPT, "'abc': value type 13", BYTES(KEY U32("\x0d"))},
        {"bad type, large", ST_CORRUPT, "'abc': value type", BYTES(KEY "\xff\xff\xff\xff")},
        {"duplicate", ST_CORRUPT, "'a': the name occurs twice", BYTES(U64("\1") "a" U32("\0") "x")},
        {"bool 2", ST_CORRUPT, "'abc': a bool is 2", BYTES(KEY U32("\7") "\2")},
        {"bool 255 in array", ST_CORRUPT, "'abc': a bool is 255",
         BYTES(KEY U32("\x09") U32("\7") U64("\2") "\1\xff")},
        {"string of a TB", ST_CORRUPT, "'abc': string", BYTES(KEY U32("\x08") "\0\0\0\0\0\1\0\0")},
        {"string -1", ST_CORRUPT, "'abc': string", BYTES(KEY U32("\x08") MINUS)},
        {"array of arrays", ST_UNSUPPORTED, "'abc': arrays of arrays",
         BYTES(KEY U32("\x09") U32("\x09") U64("\0"))},
        {"array element type", ST_CORRUPT, "'abc': array element type 14",
         BYTES(KEY U32("\x09") U32("\x0e") U64("\0"))},
        {"array longer than the file", ST_CORRUPT, "'abc': an array of",
         BYTES(KEY U32("\x09") U32("\0") U64("\x7f"))},
        {"array whose size overflows", ST_CORRUPT, "'abc': an array of",
         BYTES(KEY U32("\x09") U32("\x0a") "\1\0\0\0\0\0\0\x20")},
        {"array of strings, long", ST_CORRUPT, "'abc': an array of",
         BYTES(KEY U32("\x09") U32("\x08") MANY)},
        {"string in array, long", ST_CORRUPT, "'abc': string in array",
         BYTES(KEY U32("\x09") U32("\x08") U64("\2") U64("\1") "x" MANY)},
    };
#undef KEY
    for (size_t i = 0; i < COUNT(t); i++) {
        struct build b = {0};
        b_head(&b, 3, 0, 2);
        b_scalar(&b, "a", GGUF_U8, 1);
        b_raw(&b, t[i].p, t[i].n);
        b_data(&b, 64);
        check_bad(t[i].what, t[i].want, t[i].needle, &b);
        b_free(&b);
    }
}

static void test_long_key(size_t n, int good) {
    struct build b = {0};
    static char key[65537];
    struct gguf g;
    struct arena a;
    memset(key, 'k', n);
    key[n] = 0;
    b_head(&b, 3, 0, 1);
    b_scalar(&b, key, GGUF_U8, 1);
    if (good) {
        GOOD(parse(&g, b.p, b.n, &a));
        arena_free(&a);
    } else {
        check_bad("long key", ST_CORRUPT, "65536 bytes, at most 65535", &b);
    }
    b_free(&b);
}

static void test_alignment(enum gguf_type type, uint64_t value, int good) {
    struct build b = {0};
    struct gguf g;
    struct arena a;
    b_head(&b, 3, 1, 1);
    b_scalar(&b, "general.alignment", type, value);
    b_tensor(&b, "t", 1, (uint64_t[4]){2}, 0, 0);
    b_pad(&b, 256);
    b_data(&b, 8);
    if (good) {
        GOOD(parse(&g, b.p, b.n, &a));
        arena_free(&a);
    } else {
        check_bad("alignment", ST_CORRUPT, "general.alignment", &b);
    }
    b_free(&b);
}

#define LONG63 "123456789012345678901234567890123456789012345678901234567890123"

/* Each case stands after the tensor "first" (32 bytes at 0); 256 bytes of data follow. */
static void test_tensors(void) {
    static const struct {
        const char *what;
        enum status want;
        const char *needle, *name;
        uint32_t n_dims;
        uint64_t dim[4];
        uint32_t type;
        uint64_t offset;
    } t[] = {
        {"good", ST_OK, "", "t", 2, {8, 2}, 0, 32},
        {"good, 4 dimensions", ST_OK, "", "t", 4, {32, 1, 2, 1}, 8, 64},
        {"good, all bytes", ST_OK, "", "t", 1, {56}, 0, 32},
        {"name of 63 bytes", ST_OK, "", LONG63, 1, {8}, 0, 32},
        {"name of 64 bytes", ST_CORRUPT, "64 bytes, at most 63", LONG63 "4", 1, {8}, 0, 32},
        {"empty name", ST_CORRUPT, "name is empty", "", 1, {8}, 0, 32},
        {"name not UTF-8", ST_CORRUPT, "UTF-8", "\x80", 1, {8}, 0, 32},
        {"duplicate name", ST_CORRUPT, "'first': the name occurs twice", "first", 1, {8}, 0, 32},
        {"n_dims 0", ST_CORRUPT, "'t': n_dims is 0", "t", 0, {0}, 0, 32},
        {"n_dims 5", ST_CORRUPT, "'t': n_dims is 5", "t", 5, {1, 1, 1, 1}, 0, 32},
        {"n_dims 2^32-1", ST_CORRUPT, "'t': n_dims is 4294967295", "t", UINT32_MAX, {1}, 0, 32},
        {"dimension 0", ST_CORRUPT, "'t': dimension 0 is 0", "t", 2, {0, 4}, 0, 32},
        {"second dimension 0", ST_CORRUPT, "'t': dimension 1 is 0", "t", 2, {4, 0}, 0, 32},
        {"negative", ST_CORRUPT, "'t': dimension 0 is", "t", 1, {(uint64_t)-8}, 0, 32},
        {"product overflows",
         ST_CORRUPT,
         "'t': dimension 1",
         "t",
         2,
         {1u << 31, 1ull << 33},
         0,
         32},
        {"wraps to 0", ST_CORRUPT, "'t': dimension 3", "t", 4, {65536, 65536, 65536, 65536}, 0, 32},
        {"bytes overflow",
         ST_CORRUPT,
         "'t': 4611686018427387904 elements",
         "t",
         1,
         {1ull << 62},
         0,
         32},
        {"known type", ST_UNSUPPORTED, "'t': type IQ2_XXS", "t", 1, {256}, 16, 32},
        {"unknown type", ST_UNSUPPORTED, "'t': type 4294967295", "t", 1, {8}, UINT32_MAX, 32},
        {"half a block", ST_CORRUPT, "'t': a row of 48 values", "t", 2, {48, 2}, 3, 32},
        {"unaligned", ST_CORRUPT, "'t': offset 40", "t", 1, {8}, 0, 40},
        {"past the end", ST_CORRUPT, "'t': offset 288", "t", 1, {8}, 0, 288},
        {"far past the end", ST_CORRUPT, "'t': offset", "t", 1, {8}, 0, UINT64_MAX - 31},
        {"ends past the end", ST_CORRUPT, "'t': offset 224 and 64", "t", 1, {16}, 0, 224},
        {"one value too many", ST_CORRUPT, "'t': offset 32 and 228", "t", 1, {57}, 0, 32},
        {"starts inside", ST_CORRUPT, "'t': its data overlaps that of 'first'", "t", 1, {8}, 0, 0},
        {"control bytes in a name", ST_CORRUPT, "'?[2Jx': n_dims", "\x1b[2Jx", 0, {0}, 0, 32},
    };
    for (size_t i = 0; i < COUNT(t); i++) {
        struct build b = {0};
        struct gguf g;
        struct arena a;
        b_head(&b, 3, 2, 0);
        b_tensor(&b, "first", 1, (uint64_t[4]){8}, 0, 0);
        b_tensor(&b, t[i].name, t[i].n_dims, t[i].dim, t[i].type, t[i].offset);
        b_pad(&b, 32);
        b_data(&b, 256);
        if (t[i].want != ST_OK) {
            check_bad(t[i].what, t[i].want, t[i].needle, &b);
        } else {
            GOOD(parse(&g, b.p, b.n, &a));
            arena_free(&a);
        }
        b_free(&b);
    }
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

/* The second tensor starts inside the first, which is listed later. */
static void test_overlap_out_of_order(void) {
    struct build b = {0};
    b_head(&b, 3, 3, 0);
    b_tensor(&b, "c", 1, (uint64_t[4]){8}, 0, 128);
    b_tensor(&b, "inner", 1, (uint64_t[4]){8}, 0, 32);
    b_tensor(&b, "outer", 1, (uint64_t[4]){9}, 0, 0);
    b_pad(&b, 32);
    b_data(&b, 160);
    check_bad("overlap", ST_CORRUPT, "'inner': its data overlaps that of 'outer'", &b);
    b_free(&b);
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
    test_truncation();
    test_bit_flips();
    test_mutations();
    test_bad_header();
    test_bad_pairs();
    test_long_key(65535, 1);
    test_long_key(65536, 0);
    test_alignment(GGUF_U32, 8, 1);
    test_alignment(GGUF_U32, 256, 1);
    test_alignment(GGUF_U32, 0, 0);
    test_alignment(GGUF_U32, 4, 0);
    test_alignment(GGUF_U32, 13, 0);
    test_alignment(GGUF_I32, 32, 0);
    test_alignment(GGUF_U64, 32, 0);
    test_tensors();
    test_no_padding();
    test_overlap_out_of_order();
    test_many(0);
    test_many(1);
    test_large_promises();
    test_no_memory();
    test_head();
    test_files();
    edge_close(&edge);
    return t_end();
}
