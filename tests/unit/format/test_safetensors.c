/* links: model */
/* Safetensors: a valid file, then every lie that its directory can tell. */
#include "model/format/safetensors.h"
#include "tests/t.h"
#include "tests/unit/format/gguf_build.h"

static struct err e;
static struct edge edge;

struct file {
    uint8_t p[1024];
    size_t n;
};

static struct file make(const char *header, size_t data) {
    struct file f = {.n = 8 + strlen(header) + data};
    for (int i = 0; i < 8; i++) f.p[i] = (uint8_t)((uint64_t)strlen(header) >> (8 * i));
    memcpy(f.p + 8, header, strlen(header));
    for (size_t i = 0; i < data; i++) f.p[f.n - data + i] = (uint8_t)(i + 1);
    return f;
}

static enum status parse(struct safetensors *s, const struct file *f, size_t n, struct arena *a) {
    arena_init(a, 1 << 20);
    return safetensors_parse(s, "bad.safetensors", edge_put(&edge, f->p, n), n, a, &e);
}

static const char good[] = "{\"__metadata__\":{\"format\":\"pt\"},"
                           "\"b\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[24,32]},"
                           "\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
                           "\"c\":{\"dtype\":\"BF16\",\"shape\":[],\"data_offsets\":[32,34]},"
                           "\"none\":{\"dtype\":\"F16\",\"shape\":[0,7],\"data_offsets\":[34,34]}}";
enum { DATA = 34 };

static void test_valid(void) {
    struct file f = make(good, DATA);
    struct safetensors s;
    struct arena a;
    GOOD(parse(&s, &f, f.n, &a));
    EQ(s.n, 4);
    const struct safetensor *t = safetensors_find(&s, "a");
    OK(t != NULL);
    if (t) {
        EQ_STR(t->type->name, "F32");
        EQ(t->ndim, 2);
        EQ(t->dim[0], 2);
        EQ(t->dim[1], 3);
        EQ(t->bytes, 24);
        EQ(t->data[0], 1);
        EQ(t->data[23], 24);
    }
    t = safetensors_find(&s, "b");
    OK(t && t->type == NULL && t->data[0] == 25 && strcmp(t->dtype, "I64") == 0);
    t = safetensors_find(&s, "c");
    OK(t && t->ndim == 0 && t->bytes == 2 && t->data[1] == 34);
    t = safetensors_find(&s, "none");
    OK(t && t->bytes == 0);
    OK(safetensors_find(&s, "__metadata__") == NULL);
    arena_free(&a);
}

static void test_truncation(void) {
    struct file f = make(good, DATA);
    for (size_t n = 0; n <= f.n; n++) {
        struct safetensors s;
        struct arena a;
        enum status st = parse(&s, &f, n, &a);
        if (n == f.n ? st != ST_OK : st != ST_CORRUPT) T_SAY("%zu bytes: status %d", n, st);
        if (st != ST_OK && (s.n || s.tensor || !strstr(e.text, "bad.safetensors: ")))
            T_SAY("%zu bytes: '%s'", n, e.text);
        t_checks++;
        arena_free(&a);
    }
}

/* A changed file parses or is refused, and what it points at can be read. */
static void test_bit_flips(void) {
    struct file f = make(good, DATA);
    int parsed = 0, refused = 0;
    static volatile unsigned sink;
    for (size_t i = 0; i < f.n - DATA; i++)
        for (int bit = 0; bit < 8; bit++) {
            struct safetensors s;
            struct arena a;
            f.p[i] ^= (uint8_t)(1 << bit);
            enum status st = parse(&s, &f, f.n, &a);
            for (int t = 0; t < s.n; t++)
                for (uint64_t k = 0; k < s.tensor[t].bytes; k++) sink += s.tensor[t].data[k];
            parsed += st == ST_OK;
            refused += st == ST_CORRUPT;
            if (st != ST_OK && st != ST_CORRUPT) T_SAY("bit %zu.%d: status %d", i, bit, st);
            arena_free(&a);
            f.p[i] ^= (uint8_t)(1 << bit);
        }
    OK(parsed > 0);
    OK(refused > parsed);
}

#define T(dtype, shape, off) \
    "{\"x\":{\"dtype\":" dtype ",\"shape\":" shape ",\"data_offsets\":" off "}}"
static const struct {
    const char *header;
    size_t data;
    const char *needle;
} lies[] = {
    {"[]", 0, "no JSON object"},
    {"{\"x\":", 0, "no JSON at byte"},
    {"{\"x\":3}", 0, "x: is no object"},
    {T("\"F32\"", "[1]", "[0,4]") "}", 4, "no JSON at byte"},
    {T("\"Q4\"", "[1]", "[0,4]"), 4, "unknown dtype"},
    {T("null", "[1]", "[0,4]"), 4, "no dtype"},
    {T("\"F32\"", "3", "[0,4]"), 4, "shape is no list"},
    {T("\"F32\"", "[-1]", "[0,4]"), 4, "no count"},
    {T("\"F32\"", "[1.5]", "[0,4]"), 4, "no count"},
    {T("\"F32\"", "[1,1,1,1,1,1,1,1,1]", "[0,4]"), 4, "more than 8"},
    {T("\"F32\"", "[4294967296,4294967296]", "[0,4]"), 4, "too large"},
    {T("\"F32\"", "[4611686018427387904]", "[0,0]"), 0, "too large"},
    {T("\"F32\"", "[99999999999999999999]", "[0,4]"), 4, "no JSON at byte"},
    {T("\"F32\"", "[2]", "[0,4]"), 4, "do not fit"},
    {T("\"F32\"", "[1]", "[4,0]"), 4, "backwards"},
    {T("\"F32\"", "[1]", "[-4,0]"), 4, "backwards"},
    {T("\"F32\"", "[1]", "[0]"), 4, "no two numbers"},
    {T("\"F32\"", "[1]", "[0,4.0]"), 4, "no two numbers"},
    {T("\"F32\"", "[1]", "[0,4]"), 3, "file is cut"},
    {T("\"F32\"", "[1]", "[4,8]"), 8, "follows a gap"},
    {T("\"F32\"", "[1]", "[0,4]"), 5, "left behind"},
    {"{\"x\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},"
     "\"y\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[2,6]}}",
     6, "overlaps"},
    {"{\"x\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
     "\"x\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}",
     1, "duplicate"},
};

static void test_lies(void) {
    for (size_t i = 0; i < COUNT(lies); i++) {
        struct file f = make(lies[i].header, lies[i].data);
        struct safetensors s;
        struct arena a;
        EQ(parse(&s, &f, f.n, &a), ST_CORRUPT);
        if (!strstr(e.text, lies[i].needle))
            T_SAY("case %zu: '%s' should have '%s'", i, e.text, lies[i].needle);
        arena_free(&a);
    }
    struct file f = make("{}", 0);
    struct safetensors s;
    struct arena a;
    memset(f.p, 0xFF, 8);
    EQ(parse(&s, &f, f.n, &a), ST_CORRUPT);
    OK(strstr(e.text, "18446744073709551615") != NULL);
    arena_free(&a);
}

static void test_config(void) {
    struct view json = VIEW("{\"heads\":12,\"act\":\"gelu\"}");
    double x = 0;
    char text[64];
    GOOD(safetensors_config_number("config.json", json, "heads", &x, &e));
    EQ(x, 12);
    GOOD(safetensors_config_text("config.json", json, "act", text, &e));
    EQ_STR(text, "gelu");
    EQ(safetensors_config_number("config.json", json, "act", &x, &e), ST_CORRUPT);
    EQ(safetensors_config_text("config.json", json, "heads", text, &e), ST_CORRUPT);
    EQ(safetensors_config_number("config.json", json, "layers", &x, &e), ST_CORRUPT);
    EQ_STR(e.text, "config.json: there is no layers");
    EQ_STR(e.field, "layers");
    EQ(safetensors_config_number("config.json", VIEW("["), "layers", &x, &e), ST_CORRUPT);
    EQ_STR(e.text, "config.json: no JSON");
}

int main(void) {
    edge = edge_open(sizeof((struct file *)0)->p);
    test_valid();
    test_truncation();
    test_bit_flips();
    test_lies();
    test_config();
    edge_close(&edge);
    return t_end();
}
