/* Recipes: a JSON object that says what is trained on what; see server/brew/README.md. Every field
 * that is not known is refused by its name. */
#ifndef BREW_RECIPE_H
#define BREW_RECIPE_H

#include "server/brew/loss.h"

enum { RECIPE_FILES = 64, RECIPE_STEPS = 8 };

struct recipe_files {
    const char *at[RECIPE_FILES];
    int n;
};

/* What a recipe reads. */
struct recipe_data {
    struct recipe_files lists, catalogs, texts, keep_out_lists;
    double keep_out; /* share of the lists' sheets that are kept for the report, by their hash */
    int members;     /* most members of a catalogue */
    int histories;   /* lists made of a member's history */
    int parts;       /* 1: learns from the sheets' part `train` only, and measures on a share
                      * keep_out of `choose`; `test` is left alone (graded_part) */
};

struct recipe_step;
struct brew;

/* A kind of step: rows of the table of kinds. */
struct recipe_kind {
    const char *name;
    enum status (*run)(struct brew *b, const struct recipe_step *s, struct err *e);
};

struct recipe_step {
    const struct recipe_kind *kind;
    enum brew_readout readout;
    struct loss_weights weights;
    int rank, first_layer, items, lists, warm, text_tokens;
    int measure;         /* so many steps lie between two looks at what is kept out; 0: none */
    const char *teacher; /* of the loss of that name: a model's name or file */
    double teacher_beta; /* the prior's share in its scores */
    int vocabulary;  /* learning's softmax runs over the tokens of its data and so many others; 0:
                      * over all */
    int keep_layers; /* 1: activations are kept for the backward pass */
    unsigned skip;
    double alpha, rate, scalar_rate, least, clip, decay, beta1, beta2, gain, beta;
    double epochs, minutes; /* one of the three says how long; 0: not given */
    long long steps;
};

struct recipe {
    const char *name, *model, *precision, *backend, *start_from;
    int threads, half;   /* half: the adapter's factors are written as F16 */
    uint64_t seed, hash; /* hash: of the recipe's text */
    struct recipe_data data;
    struct recipe_step step[RECIPE_STEPS];
    int n_steps;
    double text_rise; /* the guard: nats a token that texts may cost more */
};

/* kinds: the table, ended by a row without a name. Lives in a; paths are as they were written.
 * ST_BAD_INPUT (no JSON, with the line), ST_INVALID (with the field), ST_UNSUPPORTED. */
enum status recipe_parse(struct recipe *out, struct view json, const struct recipe_kind *kinds,
                         struct arena *a, struct err *e) MUST_CHECK;

#endif
