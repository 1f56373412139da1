/* The inside of the CPU backend, shared by its files. */
#ifndef CPU_STATE_H
#define CPU_STATE_H

#include "kernels/cpu/attention.h"
#include "kernels/cpu/cpu.h"
#include "kernels/cpu/gemm.h"
#include "kernels/cpu/int8.h"
#include "kernels/cpu/matmul.h"
#include "kernels/cpu/vec.h"
#include "kernels/ops.h"

#include "kernels/base/arena.h"

struct mat {
    int n, k;
    struct mm_mat *mm;             /* products in f32 and bf16 by oneDNN */
    struct gemm_mat *gemm;         /* products in f32 by own code */
    struct i8_mat *i8;             /* products in int8 */
    const struct block_type *type; /* tables: rows as they are in the file */
    uint8_t *rows;
};

struct cpu {
    struct ops ops;
    const struct vec_ops *vec;
    struct mm *mm;
    i8_code *i8; /* NULL: the layers' products are not in int8 */
    struct attn_scratch attn;
    float *logits;
    size_t logits_n;
    float *att; /* int8: attention's results before they are rounded */
    size_t att_n;
    float *row; /* int8: for each thread a row before it is rounded, of any matrix */
    size_t row_n;
    uint16_t *head_x; /* a bf16 head's input */
    int half_head;
    int half; /* keys, values and attention are in bf16 */
    char name[48];
};

/* Every operation enters by this. */
struct cpu *cpu_of(struct ops *o);
/* Makes *p hold n floats; what was in it is lost. */
enum status cpu_room(float **p, size_t *have, size_t n, struct err *e) MUST_CHECK;
/* Inputs in int8, and the weights that meet them, are rotated in blocks of this many values. */
size_t cpu_rotated(int k);

/* cpu_weights.c */
enum status cpu_mat_open(struct ops *o, struct mat **out, const struct mat_part *part, int n_parts,
                         int k, enum mat_use use, struct err *e) MUST_CHECK;
void cpu_mat_close(struct ops *o, struct mat *m);

#endif
