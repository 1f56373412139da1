/* Evaluation protocols: what a ranking is worth, measured on instruction sets with known answers.
 */
#ifndef EVAL_EVAL_H
#define EVAL_EVAL_H

#include "server/eval/metrics.h"
#include "server/eval/wishes.h"
#include "server/rank/rank.h"

/* Ways of ranking that are compared. `whole` is the query readout with the wish as one text. */
enum method {
    METHOD_AUTO,
    METHOD_QUERY,
    METHOD_WHOLE,
    METHOD_ITEM,
    METHOD_RELEVANCE,
    METHOD_BM25,
    METHOD_RANDOM,
    METHODS
};
extern const char *const method_names[METHODS];

struct eval_config {
    struct view catalog;
    struct view wishes; /* JSONL text */
    int test;           /* 1: test split, 0: development split */
    unsigned methods;   /* bit set of methods, 0 = all */
    unsigned long long seed;
    void *arg;
    void (*progress)(void *arg, int done, int total);
};

enum { GROUP_ALL = KINDS, GROUPS };
struct eval_cell {
    struct interval auc, p5, violations; /* violations: items with the excluded trait in the top 10,
                                            over wishes that have any */
};
struct eval_report {
    int wishes[GROUPS];
    struct eval_cell cell[METHODS][GROUPS];
    struct interval auto_over_whole; /* paired difference of AUC, all wishes */
    double ms_per_item[METHODS];
    struct eval_case {
        const struct wish *wish;
        double auc[METHODS], p5[METHODS], violations[METHODS];
    } * one;
    int n;
};

/* Protocol `instruction`: each wish ranks 10 wanted items among 40 (negated wishes: up to 10 that
 * violate it among the other 30), drawn by the seed. ST_INVALID when the catalogue lacks the items.
 */
enum status eval_instruction(struct ranker *k, const struct eval_config *c, struct arena *a,
                             struct eval_report *out, struct err *e) MUST_CHECK;

/* The report as a table or as JSON text. command: the command line that makes it. */
enum status eval_text(const struct eval_report *r, const struct eval_config *c, const char *command,
                      struct arena *a, struct view *out, struct err *e) MUST_CHECK;
enum status eval_json(const struct eval_report *r, const struct eval_config *c, const char *command,
                      struct arena *a, struct view *out, struct err *e) MUST_CHECK;

#endif
