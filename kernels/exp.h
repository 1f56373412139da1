/* exp on vectors: the part that is the same at every width. The file that includes this has defined
 * vf and vu, vectors of float and of uint32_t, and splat. */
#ifndef KERNELS_EXP_H
#define KERNELS_EXP_H

/* exp of c in [-88, 88], relative error below 2e-7: range reduction by ln 2 in two parts (Cody and
 * Waite), then the Taylor polynomial of degree 7 on |r| <= ln(2)/2. */
static inline vf exp_in_range(vf c) {
    vf shift = c * splat(1.44269504f) + splat(12582912.0f);
    vu n = (vu)shift - 0x4B400000;
    vf k = shift - splat(12582912.0f);
    vf r = c - k * splat(0.693359375f);
    r = r - k * splat(-2.12194440e-4f);
    vf y = splat(1.0f / 5040);
    y = y * r + splat(1.0f / 720);
    y = y * r + splat(1.0f / 120);
    y = y * r + splat(1.0f / 24);
    y = y * r + splat(1.0f / 6);
    y = y * r + splat(0.5f);
    y = y * r + splat(1.0f);
    y = y * r + splat(1.0f);
    return (vf)((vu)y + (n << 23));
}

#endif
