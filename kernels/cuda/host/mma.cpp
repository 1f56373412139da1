/* mma.m16n8k16 and ldmatrix as warp operations of the shim. A sum runs over k in order, in f32. */
#include "kernels/cuda/mma.cuh"

#include "model/base/status.h"

struct fragments {
    uint32_t a[4], b[2];
};

static float half_of(uint32_t pair, int upper) {
    return bf16_float((uint16_t)(pair >> (upper ? 16 : 0)));
}

void shim_mma(float d[4], const uint32_t a[4], const uint32_t b[2]) {
    struct fragments mine = {{a[0], a[1], a[2], a[3]}, {b[0], b[1]}};
    shim_warp(WARP_ALL, &mine, sizeof mine, SHIM_HERE);
    int g = shim_lane_id() / 4, t = shim_lane_id() % 4;
    struct fragments row[4], col[2][4]; /* by the t that holds them */
    for (int i = 0; i < 4; i++) {
        row[i] = shim_read<struct fragments>(4 * g + i);
        for (int c = 0; c < 2; c++) col[c][i] = shim_read<struct fragments>(4 * (2 * t + c) + i);
    }
    for (int i = 0; i < 4; i++) {
        float sum = d[i];
        for (int k = 0; k < 16; k++) {
            uint32_t x = row[k % 8 / 2].a[i / 2 + k / 8 * 2], y = col[i % 2][k % 8 / 2].b[k / 8];
            sum += half_of(x, k % 2) * half_of(y, k % 2);
        }
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
