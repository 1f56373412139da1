/* links: kernels */
/* Block formats: every type against the values of the `gguf` package, f16 and bf16 exactly. */
#include "kernels/blocks.h"
#include "kernels/base/arena.h"
#include "kernels/base/os/file.h"
#include "tests/t.h"

static uint32_t bits(float f) {
    uint32_t u;
    memcpy(&u, &f, sizeof u);
    return u;
}

/* The definition of a half, by powers of two; a NaN keeps its sign and fraction. */
static uint32_t half_by_definition(unsigned h) {
    unsigned exponent = h >> 10 & 31, fraction = h & 1023;
    uint32_t sign = (uint32_t)(h & 0x8000) << 16;
    if (exponent == 31) return sign | 0x7f800000u | fraction << 13;
    double v = exponent ? ldexp(1024 + fraction, (int)exponent - 25) : ldexp(fraction, -24);
    return sign | bits((float)v);
}

static void test_f16(void) {
    int wrong = 0;
    for (unsigned h = 0; h < 65536; h++)
        if (bits(block_f16_to_f32((uint16_t)h)) != half_by_definition(h)) wrong++;
    EQ(wrong, 0);
    EQ(bits(block_f16_to_f32(0x3c00)), bits(1.0f));
    EQ(bits(block_f16_to_f32(0xfbff)), bits(-65504.0f));
}

static void test_bf16(void) {
    int wrong = 0;
    for (unsigned h = 0; h < 65536; h++) {
        float f = block_bf16_to_f32((uint16_t)h);
        unsigned back = block_f32_to_bf16(f);
        if (back != h && !(isnan(f) && back == (h | 0x40u))) wrong++;
    }
    EQ(wrong, 0);
    static const struct {
        uint32_t f;
        unsigned want;
    } t[] = {
        {0x3f808000, 0x3f80},                                             /* a tie, to even below */
        {0x3f818000, 0x3f82},                                             /* a tie, to even above */
        {0x3f808001, 0x3f81}, {0x3f807fff, 0x3f80}, {0x7f7fffff, 0x7f80}, /* rounds to infinity */
        {0xff7fffff, 0xff80}, {0x7f800001, 0x7fc0}, {0xffffffff, 0xffff},
        {0x00000001, 0x0000}, {0x80018000, 0x8002},
    };
    for (size_t i = 0; i < COUNT(t); i++) {
        float f;
        memcpy(&f, &t[i].f, sizeof f);
        EQ(block_f32_to_bf16(f), t[i].want);
    }
}

static void test_names(void) {
    EQ_STR(block_type_name(3), "Q4_1");
    EQ_STR(block_type_name(16), "IQ2_XXS");
    EQ_STR(block_type_name(39), "MXFP4");
    OK(block_type_name(42) == NULL);
    OK(block_type_name(UINT32_MAX) == NULL);
    OK(block_type_find(16) == NULL);
    OK(block_type_find(UINT32_MAX) == NULL);
    for (uint32_t id = 0; id < 64; id++) {
        const struct block_type *t = block_type_find(id);
        if (!t) continue;
        EQ(t->id, id);
        OK(block_type_name(id) == t->name);
    }
}

/* One record of the fixture; returns the bytes it took, 0 when the file ends early. */
static size_t compare_record(const char *p, size_t left) {
    uint32_t head[4];
    if (left < sizeof head) return 0;
    memcpy(head, p, sizeof head);
    size_t values = head[1], raw = (size_t)head[2] * head[3], want = values * head[3] * 4;
    if (left - sizeof head < raw + want) return 0;
    const struct block_type *t = block_type_find(head[0]);
    OK(t != NULL);
    if (!t) return sizeof head + raw + want;
    EQ(t->elems, head[1]);
    EQ(t->bytes, head[2]);
    float *got = mem_alloc(want);
    uint8_t *unaligned = mem_alloc(raw + 1);
    memcpy(unaligned + 1, p + sizeof head, raw);
    t->to_f32(got, unaligned + 1, head[3]);
    const char *expected = p + sizeof head + raw;
    size_t same = 0;
    while (same < want && ((char *)got)[same] == expected[same]) same++;
    if (same != want) T_SAY("%s: value %zu differs", t->name, same / 4);
    t_checks++;
    mem_free(got);
    mem_free(unaligned);
    return sizeof head + raw + want;
}

static void test_values(void) {
    struct err e;
    char *p;
    size_t n, at = 0, took = 1;
    int records = 0;
    GOOD(file_read("fixtures/blocks/blocks.bin", 1 << 20, &p, &n, &e));
    if (!p) return;
    for (; at < n && took; at += took, records++) took = compare_record(p + at, n - at);
    EQ(at, n);
    EQ(records, 15);
    mem_free(p);
}

int main(void) {
    test_f16();
    test_bf16();
    test_names();
    test_values();
    return t_end();
}
