/* PEFT's files in and out. Its rows of queries and keys lie half a head apart where GGUF's llama
 * files keep the two that rotate together side by side. */
#include "model/adapter_peft.h"

#include "kernels/base/buf.h"
#include "model/family.h"
#include "model/format/safetensors.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct module {
    const char *peft, *gguf;
    int heads; /* 1: rows of queries, 2: of keys */
} modules[] = {{"self_attn.q_proj", "attn_q", 1}, {"self_attn.k_proj", "attn_k", 2},
               {"self_attn.v_proj", "attn_v", 0}, {"self_attn.o_proj", "attn_output", 0},
               {"mlp.gate_proj", "ffn_gate", 0},  {"mlp.up_proj", "ffn_up", 0},
               {"mlp.down_proj", "ffn_down", 0}};

enum { NAME = 160 };
static const char PREFIX[] = "base_model.model.model.layers.";

/* Row i of the model file's is row ... of PEFT's: heads of `size` rows, halves woven together. */
static int woven(int i, int size) {
    int head = i / size, at = i % size;
    return head * size + at % 2 * (size / 2) + at / 2;
}

static int weaves(const struct hyper *h, const struct module *m) {
    return m->heads && !h->family->rope_neox;
}

/* "…layers.N.MODULE.lora_A.weight": layer, module, and 0 for A, 1 for B. */
static enum status name_parts(const char *name, int *layer, const struct module **m, int *b,
                              struct err *e) {
    int at = 0;
    if (sscanf(name, "base_model.model.model.layers.%d.%n", layer, &at) == 1 && at > 0)
        for (size_t i = 0; i < COUNT(modules); i++) {
            size_t n = strlen(modules[i].peft);
            if (strncmp(name + at, modules[i].peft, n) != 0) continue;
            *m = &modules[i];
            *b = strcmp(name + at + n, ".lora_B.weight") == 0;
            if (*b || strcmp(name + at + n, ".lora_A.weight") == 0) return ST_OK;
        }
    return fail(e, ST_UNSUPPORTED, "tensor %.120s is not a LoRA factor of a linear layer", name);
}

static enum status values(struct arena *a, const struct safetensor *t, int rows, int cols,
                          int weave, float **out, struct err *e) {
    size_t n = (size_t)rows * (size_t)cols;
    float *raw = ARENA_NEW(a, float, n), *to = ARENA_NEW(a, float, n);
    if (!raw || !to) return fail(e, ST_NO_MEMORY, "no memory for an adapter's tensor");
    t->type->to_f32(raw, t->data, n);
    for (size_t i = 0; i < n; i++)
        if (!isfinite(raw[i]))
            return fail(e, ST_CORRUPT, "tensor %.120s holds a value that is not a finite number",
                        t->name);
    for (int r = 0; r < rows; r++)
        memcpy(to + (size_t)r * (size_t)cols,
               raw + (size_t)(weave ? woven(r, weave) : r) * (size_t)cols,
               (size_t)cols * sizeof *to);
    *out = to;
    return ST_OK;
}

/* The pair whose lora_A is t. */
static enum status read_pair(struct adapter *ad, const struct safetensors *s,
                             const struct safetensor *t, const struct hyper *h, struct err *e) {
    const struct module *m = NULL;
    char other[NAME];
    int layer = 0, is_b = 0;
    TRY(name_parts(t->name, &layer, &m, &is_b, e));
    if (is_b) return ST_OK;
    (void)snprintf(other, sizeof other, "%s%d.%s.lora_B.weight", PREFIX, layer, m->peft);
    const struct safetensor *b = safetensors_find(s, other);
    if (!b) return fail(e, ST_CORRUPT, "%s: tensor %s is missing", s->file, other);
    if (!t->type || !b->type || t->ndim != 2 || b->ndim != 2 || t->dim[0] != b->dim[1] ||
        t->dim[0] < 1 || t->dim[0] > ADAPTER_RANK_MAX || t->dim[1] > 1 << 24 || b->dim[0] > 1 << 24)
        return fail(e, ST_CORRUPT, "%s: %s and its lora_B are not two factors of one rank", s->file,
                    t->name);
    struct adapter_part *p = &ad->part[ad->n++];
    *p = (struct adapter_part){.rank = (int)t->dim[0], .k = (int)t->dim[1], .n = (int)b->dim[0]};
    (void)snprintf(p->name, sizeof p->name, "blk.%d.%s.weight", layer, m->gguf);
    int weave = weaves(h, m) && p->n % h->head_dim == 0 ? h->head_dim : 0;
    TRY(values(&ad->arena, t, p->rank, p->k, 0, &p->a, e));
    return values(&ad->arena, b, p->n, p->rank, weave, &p->b, e);
}

static enum status read_config(struct adapter *ad, const char *path, struct err *e) {
    char *text, kind[64];
    size_t n;
    double alpha = 0;
    int stabilized = 0;
    TRY(file_read(path, 1 << 20, &text, &n, e));
    const struct view json = {text, n};
    enum status st = safetensors_config_text(path, json, "peft_type", kind, e);
    if (st == ST_OK && strcmp(kind, "LORA") != 0)
        st = fail(e, ST_UNSUPPORTED, "%s: peft_type %s; only LORA is read", path, kind);
    if (st == ST_OK) st = safetensors_config_number(path, json, "lora_alpha", &alpha, e);
    if (st == ST_OK) st = safetensors_config_flag(path, json, "use_rslora", &stabilized, e);
    if (st == ST_OK && stabilized)
        st = fail(e, ST_UNSUPPORTED, "%s: use_rslora is not supported", path);
    mem_free(text);
    ad->alpha = (float)alpha;
    return st;
}

/* What it was trained for, which PEFT's own files have no place for; without the file nobody said.
 */
static enum status read_own(struct adapter *ad, const char *path, struct err *e) {
    char *text, word[64];
    size_t n;
    double gain = 0, beta = 0;
    if (access(path, F_OK) != 0) return ST_OK;
    TRY(file_read(path, 1 << 20, &text, &n, e));
    const struct view json = {text, n};
    enum status st = safetensors_config_text(path, json, "readout", word, e);
    (void)snprintf(ad->readout, sizeof ad->readout, "%.15s", word);
    if (st == ST_OK) st = safetensors_config_number(path, json, "gain", &gain, e);
    if (st == ST_OK) st = safetensors_config_number(path, json, "beta", &beta, e);
    if (st == ST_OK && !(fabs(gain) <= 100 && fabs(beta) <= 100))
        st = fail(e, ST_CORRUPT, "%s: gain and beta are from -100 to 100", path);
    mem_free(text);
    ad->gain = (float)gain;
    ad->beta = (float)beta;
    return st;
}

static enum status read_pairs(struct adapter *ad, const char *path, const struct hyper *h,
                              struct err *e) {
    struct safetensors s;
    struct arena tables;
    char *p;
    size_t n;
    int b = 0;
    TRY(file_read(path, (size_t)1 << 34, &p, &n, e));
    arena_init(&tables, 64 << 20);
    enum status st = safetensors_parse(&s, path, (const uint8_t *)p, n, &tables, e);
    if (st == ST_OK && s.n > 2 * ADAPTER_PARTS_MAX)
        st = fail(e, ST_LIMIT, "%s: more than %d tensors", path, 2 * ADAPTER_PARTS_MAX);
    if (st == ST_OK && !(ad->part = ARENA_NEW(&ad->arena, struct adapter_part, (size_t)s.n + 1)))
        st = fail(e, ST_NO_MEMORY, "no memory for an adapter");
    for (int i = 0; st == ST_OK && i < s.n; i++) st = read_pair(ad, &s, &s.tensor[i], h, e);
    for (int i = 0; st == ST_OK && i < s.n; i++) b += strstr(s.tensor[i].name, ".lora_B.") != NULL;
    if (st == ST_OK && (ad->n < 1 || b != ad->n))
        st = fail(e, ST_CORRUPT, "%s: %d tensors lora_A and %d lora_B", path, ad->n, b);
    arena_free(&tables);
    mem_free(p);
    return st;
}

enum status adapter_read_peft(struct adapter *ad, const char *folder, const struct gguf *base,
                              struct err *e) {
    char path[1024];
    struct hyper h;
    if (!base) return fail(e, ST_INVALID, "PEFT's files need their base model to be read");
    TRY(hyper_read(&h, base, e));
    (void)snprintf(ad->arch, sizeof ad->arch, "%s", h.family->arch);
    if (snprintf(path, sizeof path, "%s/adapter_config.json", folder) >= (int)sizeof path)
        return fail(e, ST_LIMIT, "the path is too long");
    TRY(read_config(ad, path, e));
    (void)snprintf(path, sizeof path, "%.1000s/taproom.json", folder);
    TRY(read_own(ad, path, e));
    if (snprintf(path, sizeof path, "%s/adapter_model.safetensors", folder) >= (int)sizeof path)
        return fail(e, ST_LIMIT, "the path is too long");
    return read_pairs(ad, path, &h, e);
}

/* --- writing */

static const struct module *module_of(const struct adapter_part *p, int *layer) {
    int at = 0;
    if (sscanf(p->name, "blk.%d.%n", layer, &at) != 1 || at == 0) return NULL;
    for (size_t i = 0; i < COUNT(modules); i++) {
        size_t n = strlen(modules[i].gguf);
        if (strncmp(p->name + at, modules[i].gguf, n) == 0 &&
            strcmp(p->name + at + n, ".weight") == 0)
            return &modules[i];
    }
    return NULL;
}

/* One tensor's line in the directory and its values. */
static void put(struct buf *head, struct buf *data, int layer, const struct module *m, char which,
                const float *v, int rows, int cols, int weave) {
    size_t bytes = (size_t)rows * (size_t)cols * sizeof *v;
    buf_printf(head, ",\"%s%d.%s.lora_%c.weight\":{\"dtype\":\"F32\",\"shape\":[%d,%d],", PREFIX,
               layer, m->peft, which, rows, cols);
    buf_printf(head, "\"data_offsets\":[%zu,%zu]}", data->n, data->n + bytes);
    for (int r = 0; r < rows; r++) { /* PEFT's row r is the file's row of which woven gives r */
        int from = r;
        if (weave) {
            int at = r % weave, half = weave / 2;
            from = r - at + (at % half) * 2 + at / half;
        }
        buf_add(data, (const char *)(v + (size_t)from * (size_t)cols), (size_t)cols * sizeof *v);
    }
}

static enum status write_tensors(const struct adapter *ad, const char *path, const struct hyper *h,
                                 struct err *e) {
    struct buf head, data, all;
    buf_init(&head, 64 << 20);
    buf_init(&data, (size_t)1 << 34);
    buf_init(&all, (size_t)1 << 35);
    buf_printf(&head, "{\"__metadata__\":{\"format\":\"pt\",\"taproom.base.sha256\":\"%s\"}",
               ad->base);
    enum status st = ST_OK;
    for (int i = 0; st == ST_OK && i < ad->n; i++) {
        const struct adapter_part *p = &ad->part[i];
        int layer = 0;
        const struct module *m = module_of(p, &layer);
        if (!m) {
            st = fail(e, ST_UNSUPPORTED, "PEFT has no name for tensor %s", p->name);
            continue;
        }
        put(&head, &data, layer, m, 'A', p->a, p->rank, p->k, 0);
        put(&head, &data, layer, m, 'B', p->b, p->n, p->rank, weaves(h, m) ? h->head_dim : 0);
    }
    buf_str(&head, "}");
    while (!head.failed && head.n % 8) buf_str(&head, " ");
    uint64_t n = head.n;
    buf_add(&all, (const char *)&n, sizeof n);
    buf_add(&all, head.p, head.n);
    buf_add(&all, data.p, data.n);
    if (st == ST_OK && (head.failed || data.failed || all.failed))
        st = fail(e, ST_NO_MEMORY, "no memory for writing an adapter");
    if (st == ST_OK) st = file_write(path, all.p, all.n, e);
    buf_free(&head);
    buf_free(&data);
    buf_free(&all);
    return st;
}

/* The modules and layers that occur; PEFT wants every named module in every named layer. */
static enum status write_config(const struct adapter *ad, const char *path, struct err *e) {
    struct buf b;
    unsigned used = 0;
    int layer, n = 0, last = -1;
    buf_init(&b, 1 << 20);
    buf_printf(&b, "{\n \"peft_type\": \"LORA\",\n \"task_type\": \"CAUSAL_LM\",\n \"r\": %d,\n",
               ad->part[0].rank);
    buf_printf(&b, " \"lora_alpha\": %.9g,\n \"lora_dropout\": 0.0,\n \"bias\": \"none\",\n",
               (double)ad->alpha);
    buf_str(&b, " \"fan_in_fan_out\": false,\n \"target_modules\": [");
    for (int i = 0; i < ad->n; i++) {
        const struct module *m = module_of(&ad->part[i], &layer);
        if (!m || used >> (m - modules) & 1) continue;
        used |= 1u << (m - modules);
        buf_printf(&b, "%s\"%s\"", n++ ? ", " : "", strchr(m->peft, '.') + 1);
    }
    buf_str(&b, "],\n \"layers_to_transform\": [");
    for (int i = 0; i < ad->n; i++)
        if (module_of(&ad->part[i], &layer) && layer != last) {
            buf_printf(&b, "%s%d", last >= 0 ? ", " : "", layer);
            last = layer;
        }
    buf_str(&b, "],\n \"layers_pattern\": \"layers\"\n}\n");
    enum status st = b.failed ? fail(e, ST_NO_MEMORY, "no memory for writing an adapter")
                              : file_write(path, b.p, b.n, e);
    buf_free(&b);
    return st;
}

static enum status write_own(const struct adapter *ad, const char *path, struct err *e) {
    char text[160];
    int n = snprintf(text, sizeof text, "{\"readout\": \"%s\", \"gain\": %.9g, \"beta\": %.9g}",
                     ad->readout, (double)ad->gain, (double)ad->beta);
    return file_write(path, text, (size_t)n, e);
}

enum status adapter_write_peft(const struct adapter *ad, const char *folder,
                               const struct gguf *base, struct err *e) {
    char path[1024];
    struct hyper h;
    TRY(hyper_read(&h, base, e));
    TRY(file_mkdirs(folder, e));
    if (snprintf(path, sizeof path, "%s/adapter_model.safetensors", folder) >= (int)sizeof path)
        return fail(e, ST_LIMIT, "the path is too long");
    TRY(write_tensors(ad, path, &h, e));
    (void)snprintf(path, sizeof path, "%.1000s/taproom.json", folder);
    TRY(write_own(ad, path, e));
    (void)snprintf(path, sizeof path, "%s/adapter_config.json", folder);
    return write_config(ad, path, e);
}
