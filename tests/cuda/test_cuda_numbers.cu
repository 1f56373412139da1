/* Roundings against golden numbers, and tiles of rows. fixtures/fp8/make.cu made the table. */
#include "kernels/cuda/matmul/matmul.cuh"
#include "kernels/cuda/device/number.cuh"
#include "tests/t.h"

#include <stdio.h>

static float value(uint32_t u) {
    float f;
    memcpy(&f, &u, sizeof f);
    return f;
}

/* Every code, and values that round to each. */
static void test_fp8() {
    FILE *f = fopen("fixtures/fp8/e4m3.txt", "r");
    char line[64];
    unsigned a, b;
    int codes = 0, rounds = 0;
    OK(f);
    while (f && fgets(line, sizeof line, f)) {
        if (sscanf(line, "code %x %x", &a, &b) == 2) {
            float got = shim_fp8_to((uint8_t)a), want = value(b);
            OK(isnan(want) ? isnan(got) : memcmp(&got, &want, 4) == 0);
            if (!isnan(want)) EQ(fp8_bits(want), a);
            codes++;
        } else if (sscanf(line, "round %x %x", &a, &b) == 2) {
            if (fp8_bits(value(a)) != b)
                T_SAY("%g is %02x, want %02x", (double)value(a), fp8_bits(value(a)), b);
            rounds++;
        }
    }
    if (f) fclose(f);
    EQ(codes, 256);
    OK(rounds > 1000);
    EQ(fp8_bits(NAN) & 0x7f, 0x7f);
}

static void test_others() {
    EQ(bf16_bits(1.00390625f), 0x3f80); /* a tie goes to the even side */
    EQ(bf16_bits(1.01171875f), 0x3f82);
    EQ(bf16_pair(1, -2), 0xc0003f80);
    NEAR(f16_float(0x3555), 0.333251953125, 0);
}

/* Tiles cover the rows; at most an eighth of one, or part of the smallest, is filling. */
static void test_tiles() {
    int last = 0, wrong = 0;
    for (int rows = 1; rows <= 20000; rows++) {
        int room = matmul_room(rows);
        wrong += room < rows || room < last ||
                 (room - rows >= MATMUL_TILE_MIN && room - rows > rows / 7);
        for (int left = rows; left > 0; left -= matmul_tile(left)) {
            int t = matmul_tile(left);
            wrong += t < MATMUL_TILE_MIN || t > MATMUL_TILE_MAX || (t & (t - 1)) != 0;
        }
        last = room;
    }
    EQ(wrong, 0);
    EQ(MATMUL_TILE_MIN << (MATMUL_TILES - 1), MATMUL_TILE_MAX);
    EQ(matmul_tile(1), 32);
    EQ(matmul_tile(55), 32);
    EQ(matmul_tile(56), 64);
    EQ(matmul_tile(3000), 2048);
    EQ(matmul_tile(952), 1024);
    EQ(matmul_tile(100000), 8192);
}

int main() {
    test_fp8();
    test_others();
    test_tiles();
    return t_end();
}
