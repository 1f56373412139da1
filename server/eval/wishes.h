/* Instruction sets for evaluation: wishes with the items that satisfy them, named by id or by a
 * rule over tags and year. */
#ifndef EVAL_WISHES_H
#define EVAL_WISHES_H

#include "server/store/store.h"

enum kind {
    KIND_PLAIN,
    KIND_COMBINED,
    KIND_NEGATED,
    KIND_CONSTRAINED,
    KIND_TERSE,
    KIND_RAMBLING,
    KINDS
};
extern const char *const kind_names[KINDS];

struct instruction {
    const char *id, *text;
    int test; /* 1: of the test split, 0: development */
    enum kind kind;
    unsigned char *want,
        *violate; /* (n items of the catalogue): 1 = satisfies / has the excluded trait */
    int n_want, n_violate;
};

/* Reads JSONL (fixtures/NAME/instructions.jsonl) against the catalogue's items. ST_CORRUPT names
 * the line. */
enum status wishes_load(struct view jsonl, const struct item *items, int n, struct arena *a,
                        struct instruction **out, int *n_out, struct err *e) MUST_CHECK;

#endif
