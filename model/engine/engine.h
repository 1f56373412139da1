/* The engine: one model, one thread that computes, and the only door through which the server
 * enters the model layer.
 *
 * A prompt is a forest of token spans. A token attends to its own span causally and to all spans on
 * the path to its root; its position is the length of that path before it plus its index. Asks name
 * what is read from the model. On the CPU an answer's bits depend only on the path's tokens: not on
 * the other nodes, their order, chunking, caches or threads. */
#ifndef MODEL_ENGINE_H
#define MODEL_ENGINE_H

#include "kernels/base/arena.h"
#include "kernels/base/os/ticket_lock.h"
#include "kernels/base/view.h"
#include "model/job/job.h"
#include "model/remote/remote.h"

struct engine;

struct engine_config {
    const char *model; /* GGUF file */
    const struct remote_spec
        *remote;           /* NULL, or who computes elsewhere: of the model's file the
                            * vocabulary and the chat template alone are read. Borrowed until close */
    const char *adapter;   /* NULL, or a LoRA over it that is merged while it is loaded: a GGUF, or
                            * a folder of PEFT's files (model/adapter.h). Refused with ST_CONFLICT
                            * when it names another base */
    const char *precision; /* "auto", "bf16", "f32", "int8" (cpu), "fp8" (cuda), and for
                            * showing what it does "bf16_head" (cpu), logits in bf16 too */
    const char *backend;   /* "auto" (cuda where there is one, else cpu), "cpu", "cuda",
                            * "ref" (slow, the judge) */
    int threads;           /* 0 = all cores */
    int chunk_rows; /* 0 = default; rows computed together, the unit of progress and cancelling */
    int queue_max;  /* 0 = 32; jobs waiting or running */
    size_t cache_bytes;        /* 0 = 512 MiB; keys and values kept for later requests */
    struct ticket_lock *turns; /* of the engines that share the cores, each takes one for each
                                * chunk; NULL: there is no other. Borrowed until close */
    /* Called on the engine thread while it loads, with the share (0 to 1) that is done, the
     * reading of the file included; 1 gives up:
     * ST_CANCELLED. May be NULL. */
    void *arg;
    int (*loading)(void *arg, double share);
    /* What "auto" is on the CPU for the model file of that SHA-256, called on the engine thread: a
     * precision, or NULL where nothing was decided: bf16 where the CPU multiplies it, else f32. May
     * be NULL. */
    const char *(*decided)(void *arg, const char *sha256);
};

struct engine_info {
    const char *base_sha256; /* of the file; sha256 is another one where an adapter is merged */
    const char *name, *sha256, *architecture, *precision, *chat_template, *license;
    const char *backend; /* "cpu", "cuda" or "ref" */
    const char *code;    /* what it runs on there: "avx512_bf16" */
    const char *no_gpu;  /* why "auto" took the CPU; NULL: it did not, or nobody asked for auto */
    const char *note;    /* what of the file was not taken as it stands, or NULL */
    long long parameters;
    int context, vocab, layers, threads;
    const char *trained_for; /* the readout that an adapter was trained for; NULL: none, unknown */
    float trained_gain, trained_beta; /* of its score: exp(gain) (mean log P - beta x prior) */
    const char *reads; /* of a remote one, what it can read: "prompt tokens and labels", "labels";
                        * NULL: it is a local one, which reads both */
    float drift; /* of a remote one: the largest difference of a mean log-probability read alone,
                  * among others and again, measured at start; 0 for a local one */
};

struct engine_cache {
    long long bytes, max_bytes, nodes, hits, misses, evicted;
};

/* Loads the model; on failure nothing is owned. ST_NOT_FOUND, ST_CORRUPT, ST_UNSUPPORTED,
 * ST_NO_MEMORY, ... */
enum status engine_open(struct engine **out, const struct engine_config *c,
                        struct err *e) MUST_CHECK;
/* Cancels what runs, waits for callers to leave, frees. NULL is fine. */
void engine_close(struct engine *en);

void engine_info(const struct engine *en, struct engine_info *out); /* borrowed until close */
/* What a model file's header says, without loading it: name, architecture, license, layers,
 * context, vocab and parameters, of which a split model's first file knows only a part (then 0);
 * texts live in a. Fails as engine_open does for what the header shows: ST_CORRUPT,
 * ST_UNSUPPORTED, ... */
enum status engine_peek(const char *file, struct arena *a, struct engine_info *out,
                        struct err *e) MUST_CHECK;
/* Writes a model file with an adapter merged into it; type "f16", "q8_0" or "q4_1"
 * (model/merge.h). */
enum status engine_merge(const char *base, const char *adapter, const char *out, const char *type,
                         struct err *e) MUST_CHECK;
void engine_cache_stats(struct engine *en, struct engine_cache *out);

/* --- tokens: any thread; text never becomes control tokens
 * ------------------------------------------------------- */
enum status engine_tokens(const struct engine *en, struct view text, struct arena *a, int32_t **ids,
                          size_t *n, struct err *e) MUST_CHECK;
struct view engine_token_text(const struct engine *en, int id);
int engine_bos(const struct engine *en); /* -1 when sequences start without one */
/* Control tokens around a turn: role 0 system, 1 user, 2 assistant; tail 0 = before the text, 1 =
 * after it. */
void engine_turn(const struct engine *en, int role, int tail, const int32_t **ids, int *n);
/* SHA-256 of n bytes as 64 hex digits, NUL-terminated. */
void engine_sha256(const void *p, size_t n, char out[65]);

/* --- scoring: the forest and the asks are those of model/job/job.h --- */

/* Runs the job on the engine thread and waits for it; any thread may call. ST_BUSY at once when the
 * queue is full, for all or for the job's user, with the seconds until a place may be free,
 * ST_CANCELLED, ST_LIMIT (a path longer than the context, with the numbers), ST_INVALID (an empty
 * node or a bad id, with the node), ST_NO_MEMORY, ST_CORRUPT (the model gave a value that is not
 * finite, with the ask). A remote one also: ST_BUSY (it is not there, too slow or too busy),
 * ST_CORRUPT (its answer is no answer), both with its words, and ST_UNSUPPORTED for
 * an ask that it cannot read. */
enum status engine_score(struct engine *en, struct job *j, struct err *e) MUST_CHECK;

#endif
