/* A BERT encoder: weights out of a safetensors file, one vector per text. Attention is the tree
 * attention of the operations, over spans that their own rows see whole, so texts lie packed behind
 * each other without padding, and a text's vector does not depend on its neighbours. */
#ifndef MODEL_BERT_H
#define MODEL_BERT_H

#include "kernels/ops.h"
#include "model/format/safetensors.h"

struct bert;

enum { BERT_ROWS = 512 }; /* most tokens that are computed together */

/* config is the text of the config.json beside the file. All names and shapes are checked before a
 * weight is taken. ST_UNSUPPORTED names another activation or architecture, ST_CORRUPT a missing or
 * misshapen tensor. ops is borrowed and must be a table of f32 on host memory. */
enum status bert_open(struct bert **out, const struct safetensors *s, struct view config,
                      struct ops *ops, struct err *e) MUST_CHECK;
void bert_close(struct bert *b); /* NULL is fine */

int bert_dim(const struct bert *b);
int bert_vocab(const struct bert *b);
int bert_positions(const struct bert *b); /* tokens of the longest text, at most BERT_ROWS */
long long bert_parameters(const struct bert *b);

/* Texts i < n have the tokens tok[off[i] .. off[i+1]): none empty or longer than bert_positions,
 * together at most BERT_ROWS. Writes the mean of each text's last hidden rows, of length 1, to
 * out (n, dim). One thread at a time. ST_CORRUPT when a value is not finite. */
enum status bert_run(struct bert *b, const int32_t *tok, const int *off, int n, float *out,
                     struct err *e) MUST_CHECK;

#endif
