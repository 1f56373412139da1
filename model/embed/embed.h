/* Texts to vectors: the second door through which the server enters the model layer. One encoder
 * and one thread that computes; texts of one call are packed into batches without padding, and a
 * text's vector is bit for bit the same alone or among others, in any order. */
#ifndef MODEL_EMBED_H
#define MODEL_EMBED_H

#include "kernels/base/arena.h"
#include "kernels/base/view.h"

#include <stdint.h>

struct ticket_lock;
struct embedder;

enum { EMBED_TOKENS = 256 }; /* of a text; what follows is left out, as the model's authors do */

struct embedder_info {
    const char *name;   /* the folder's last part */
    const char *sha256; /* of the weights, hexadecimal: what vectors are kept under */
    int dim, vocab, threads;
    long long parameters;
};

/* folder holds model.safetensors, config.json and vocab.txt. threads 0 = all cores. On failure
 * nothing is owned: ST_NOT_FOUND, ST_CORRUPT, ST_UNSUPPORTED, ST_NO_MEMORY. */
enum status embedder_open(struct embedder **out, const char *folder, int threads,
                          struct err *e) MUST_CHECK;
/* After the last call has returned. NULL is fine. */
void embedder_close(struct embedder *em);

void embedder_info(const struct embedder *em, struct embedder_info *out); /* borrowed until close */
/* Tokens of a text as the model gets them; *cut is set to 1 when there were more. Any thread. */
int embedder_tokens(const struct embedder *em, struct view text, int *cut);
/* Texts embedded since the start. */
long long embedder_texts(struct embedder *em);

/* Writes the vectors of n texts, each of length 1, to out (n, dim). Any thread; batches of several
 * calls go by turns, so that a short text does not wait for all of a long call. progress, which may
 * be NULL, is called on the caller's thread after each batch; when it answers non-zero the call
 * ends with ST_CANCELLED. */
enum status embedder_run(struct embedder *em, const struct view *text, int n, float *out, void *arg,
                         int (*progress)(void *arg, int done, int total), struct err *e) MUST_CHECK;
/* The same for what nobody waits for: each batch takes a turn of the cores as the engines do, too.
 */
enum status embedder_run_sharing(struct embedder *em, const struct view *text, int n, float *out,
                                 struct ticket_lock *turns, struct err *e) MUST_CHECK;

/* For searching: out[i] = sum over d < dim of q[d] v[i dim + d], for n vectors of int8 behind each
 * other. Exact; the caller sees to it that dim x 127 x max |q| stays below 2^31. Any thread. */
void embed_products(const int8_t *v, size_t n, int dim, const int16_t *q, int32_t *out);

#endif
