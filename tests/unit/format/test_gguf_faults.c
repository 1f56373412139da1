/* links: model */
/* Parsing of GGUF: every lie that a file can tell, cut off anywhere, changed anywhere. */
#include "tests/unit/format/gguf_edge.h"

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
static const struct {
    const char *what;
    enum status want;
    const char *needle, *name;
    uint32_t n_dims;
    uint64_t dim[4];
    uint32_t type;
    uint64_t offset;
} tensors[] = {
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
    {"product overflows", ST_CORRUPT, "'t': dimension 1", "t", 2, {1u << 31, 1ull << 33}, 0, 32},
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

static void test_tensors(void) {
    for (size_t i = 0; i < COUNT(tensors); i++) {
        struct build b = {0};
        struct gguf g;
        struct arena a;
        b_head(&b, 3, 2, 0);
        b_tensor(&b, "first", 1, (uint64_t[4]){8}, 0, 0);
        b_tensor(&b, tensors[i].name, tensors[i].n_dims, tensors[i].dim, tensors[i].type,
                 tensors[i].offset);
        b_pad(&b, 32);
        b_data(&b, 256);
        if (tensors[i].want != ST_OK) {
            check_bad(tensors[i].what, tensors[i].want, tensors[i].needle, &b);
        } else {
            GOOD(parse(&g, b.p, b.n, &a));
            arena_free(&a);
        }
        b_free(&b);
    }
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

int main(void) {
    edge = edge_open(128 * 1024);
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
    test_overlap_out_of_order();
    edge_close(&edge);
    return t_end();
}
