/* Adapters: low-rank additions to a model's linear layers (LoRA: Hu et al., 2106.09685). A weight w
 * (n, k) becomes w + alpha / rank x b a, a (rank, k), b (n, rank). Rows of queries and keys are in
 * the model file's own order. */
#ifndef ADAPTER_ADAPTER_H
#define ADAPTER_ADAPTER_H

#include "model/format/gguf/gguf.h"
#include "model/format/hash.h"

enum { ADAPTER_NAME = 64, ADAPTER_RANK_MAX = 1024, ADAPTER_PARTS_MAX = 4096 };

struct adapter_part {
    char name[ADAPTER_NAME]; /* of the tensor it is added to: "blk.3.attn_q.weight" */
    int rank, n, k;
    float *a, *b;
};

struct adapter {
    struct arena arena; /* owns the parts of one that was read */
    float alpha;
    char arch[32];    /* the base's general.architecture; "" unknown */
    char base[65];    /* SHA-256 of the base's file; "" when nobody wrote it down */
    char readout[16]; /* what it was trained for; "" unknown */
    float gain, beta; /* of the trained score: exp(gain) (log P - beta prior) */
    int forced;       /* adopted although a guarded measure fell */
    int half;         /* adapter_write: factors as F16 */
    int n;
    struct adapter_part *part;
};

/* The part for a tensor, or NULL. */
const struct adapter_part *adapter_find(const struct adapter *ad, const char *name);

/* w (n, k) += alpha / rank b a. */
void adapter_merge(const struct adapter *ad, const struct adapter_part *p, float *w);

/* What names the base (by its hash) with this adapter: of names, factors and alpha. */
struct hash adapter_hash(const struct adapter *ad, const struct hash *base);

/* Reads path: a GGUF as llama.cpp reads and writes it (general.type adapter, adapter.type lora,
 * adapter.lora.alpha, NAME.lora_a and NAME.lora_b), or, for a folder, PEFT's adapter_config.json
 * and adapter_model.safetensors; base is the model that it shall be added to, whose heads say how
 * PEFT's rows of queries and keys lie. The hash in the adapter is compared by adapter_check.
 * ST_NOT_FOUND, ST_CORRUPT, ST_UNSUPPORTED (another kind of adapter), ST_NO_MEMORY. */
enum status adapter_read(struct adapter *out, const char *path, const struct gguf *base,
                         struct err *e) MUST_CHECK;
/* What a GGUF says of itself: all but its parts. */
enum status adapter_peek(struct adapter *out, const char *path, struct err *e) MUST_CHECK;
void adapter_close(struct adapter *ad); /* also of one that is all zeros */

/* ST_CONFLICT when the adapter names another base than the file of that SHA-256 (hex). */
enum status adapter_check(const struct adapter *ad, const char *sha256, struct err *e) MUST_CHECK;

/* Writes a GGUF that llama.cpp reads, whole or not at all; PEFT's two files into a folder. */
enum status adapter_write(const struct adapter *ad, const char *path, struct err *e) MUST_CHECK;
enum status adapter_write_peft(const struct adapter *ad, const char *folder,
                               const struct gguf *base, struct err *e) MUST_CHECK;

#endif
