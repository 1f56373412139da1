/* mma.m16n8k16 and ldmatrix as warp operations of the shim. A sum runs over k in order, in f32. */
#include "kernels/cuda/device/mma.cuh"

#include "kernels/base/status.h"

struct fragments {
    uint32_t a[4], b[2];
};

/* The sanitizers would take most of a test's time in here, and all memory is the shim's own. */
#define UNCHECKED __attribute__((no_sanitize("address", "undefined"), optimize("O3")))

/* Both values of a pair. */
UNCHECKED static inline void split(float *to, uint32_t pair) {
    union {
        uint32_t u;
        float f;
    } low = {pair << 16}, high = {pair & 0xffff0000u};
    to[0] = low.f, to[1] = high.f;
}

/* Row g or g + 8 of a, or column c of b: 16 values from the four lanes that hold them. */
UNCHECKED static void line_of_a(float x[16], const struct fragments *const *lane, int upper) {
    for (int t = 0; t < 4; t++) {
        split(x + 2 * t, lane[t]->a[upper]);
        split(x + 2 * t + 8, lane[t]->a[upper + 2]);
    }
}
UNCHECKED static void line_of_b(float x[16], const struct fragments *const *lane) {
    for (int t = 0; t < 4; t++) {
        split(x + 2 * t, lane[t]->b[0]);
        split(x + 2 * t + 8, lane[t]->b[1]);
    }
}

UNCHECKED void shim_mma(float d[4], const uint32_t a[4], const uint32_t b[2]) {
    struct fragments mine = {{a[0], a[1], a[2], a[3]}, {b[0], b[1]}};
    shim_warp(WARP_ALL, &mine, sizeof mine, SHIM_HERE);
    int g = shim_lane_id() / 4, t = shim_lane_id() % 4;
    const struct fragments *lane[3][4]; /* that hold the rows, and the two columns */
    const void *all[32];
    shim_lanes(all);
    for (int i = 0; i < 4; i++) {
        lane[0][i] = (const struct fragments *)all[4 * g + i];
        for (int c = 0; c < 2; c++)
            lane[1 + c][i] = (const struct fragments *)all[4 * (2 * t + c) + i];
    }
    float row[2][16], col[2][16];
    for (int i = 0; i < 2; i++) {
        line_of_a(row[i], lane[0], i);
        line_of_b(col[i], lane[1 + i]);
    }
    for (int i = 0; i < 4; i++) {
        float sum = d[i];
        for (int k = 0; k < 16; k++) sum += row[i / 2][k] * col[i % 2][k];
        d[i] = sum;
    }
}

void shim_ldmatrix(uint32_t out[4], const void *row, int transposed) {
    CHECK((uintptr_t)row % 16 == 0);
    shim_warp(WARP_ALL, &row, sizeof row, SHIM_HERE);
    int g = shim_lane_id() / 4, t = shim_lane_id() % 4;
    for (int m = 0; m < 4; m++) {
        uint16_t lo, hi;
        if (transposed) {
            lo = shim_read<const uint16_t *>(8 * m + 2 * t)[g];
            hi = shim_read<const uint16_t *>(8 * m + 2 * t + 1)[g];
        } else {
            lo = shim_read<const uint16_t *>(8 * m + g)[2 * t];
            hi = shim_read<const uint16_t *>(8 * m + g)[2 * t + 1];
        }
        out[m] = lo | (uint32_t)hi << 16;
    }
}
