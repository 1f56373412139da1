/* Running a recipe: data, trainer, steps, report. */
#ifndef BREW_BREW_H
#define BREW_BREW_H

#include "server/brew/recipe.h"
#include "server/metrics/metrics.h"

#include <stdatomic.h>

struct brew_progress {
    const char *what; /* "train", "measure" (at a step), "evaluate before", "evaluate after" */
    long long step, steps;
    double loss, right; /* means over the last steps; right: share of pairs in order */
    double rate, seconds, left;
    double ndcg; /* of "measure" alone: mean over what is kept out */
};

struct brew_config {
    struct view recipe;  /* its JSON */
    const char *model;   /* the file that the recipe's model stands for */
    const char *teacher; /* the same of its teacher; NULL: the name is a file */
    const char *out;     /* folder of adapters: OUT/NAME.gguf, .json (report), .brew */
    struct store *store; /* NULL: no catalogues of its own */
    int resume, force;
    void *arg;
    void (*progress)(void *arg, const struct brew_progress *p); /* may be NULL */
    atomic_int *cancel;                                         /* may be NULL */
    double checkpoint_s; /* between checkpoints; 0: a minute */
};

enum { BREW_PAIRS = 200 }; /* of instructions */

/* Case by case measures of one evaluation, so that two of them can be compared. */
struct brew_measures {
    int n, n_texts;
    double *auc, *p5, *ndcg; /* (n): one a wish */
    const char **kind;       /* (n) */
    double *nats;            /* (n_texts): minus the mean log-probability of a text's tokens */
    /* An unwanted item that orders to be ranked first passes this share of the others, less what it
     * passes without: one of a wish. */
    int n_injected;
    double *injected;
    int n_pairs; /* instructions: 1 where the answer that keeps one is likelier */
    double *kept;
    const char **pair_kind;
};

/* One step of training, for the curve. */
struct brew_point {
    float loss, right, norm, rate;
};

struct brew_report {
    struct brew_measures before, after;
    struct brew_point *curve;
    long long steps, lists, tokens;
    double seconds, tokens_per_s;
    int adopted;      /* the adapter's file was written */
    const char *why;  /* what fell, where it was not; "" */
    const char *json; /* all of it, in the caller's arena */
};

struct brew {
    const struct brew_config *c;
    struct recipe recipe;
    struct arena arena, step;    /* the whole run; one tree */
    struct trainer *t, *teacher; /* the latter NULL without the loss of that name */
    struct trainer_info info;
    struct graded_set sheets;
    struct view *text; /* (n_texts) */
    uint8_t *text_out; /* (n_texts): kept out */
    int n_texts, skipped;
    struct brew_words words, teacher_words;
    struct brew_report report;
    const struct recipe_step *trained; /* the train step, once it ran */
};

/* Checks the recipe alone: names and ranges. */
enum status brew_check(struct view recipe, struct arena *a, struct recipe *out,
                       struct err *e) MUST_CHECK;

/* Runs it to its end. ST_CANCELLED leaves a checkpoint from which resume goes on; without resume an
 * earlier checkpoint is started over. ST_CONFLICT: the checkpoint is of another recipe. The report
 * lives in a. */
enum status brew_run(const struct brew_config *c, struct arena *a, struct brew_report *out,
                     struct err *e) MUST_CHECK;

/* The recipe's data and its model, with nothing trained. */
enum status brew_open(struct brew **out, const struct brew_config *c, struct err *e) MUST_CHECK;
void brew_close(struct brew *b);
/* The recipe's step that trains, or NULL. */
const struct recipe_step *brew_train_step(const struct brew *b);

/* --- for the steps */
enum status brew_train(struct brew *b, const struct recipe_step *s, struct err *e) MUST_CHECK;
enum status brew_evaluate(struct brew *b, const struct recipe_step *s, struct err *e) MUST_CHECK;
/* On sheets and texts that are kept out. */
enum status brew_measure(struct brew *b, const struct recipe_step *s, const char *what, double beta,
                         struct brew_measures *out, struct err *e) MUST_CHECK;
/* Pairs of instructions, for brew_measure. */
enum status brew_measure_pairs(struct brew *b, struct brew_measures *m, struct err *e) MUST_CHECK;
int brew_cancelled(const struct brew *b);

/* The sheets and texts that a step learns from, as numbers of the brew's. */
struct brew_chosen {
    const int *sheet, n;
    const int *text, n_texts;
};
/* Learning's softmax over the tokens that its data asks for, and `vocabulary` others. */
enum status brew_vocabulary(struct brew *b, const struct recipe_step *s,
                            const struct brew_chosen *c, struct err *e) MUST_CHECK;

/* Some items and wishes of a sheet, by their numbers in it. */
struct brew_part {
    const struct graded *sheet;
    const int *item, n_items;
    const int *wish, n_wishes;
};
enum status brew_teacher_open(struct brew *b, const struct recipe_step *s,
                              struct err *e) MUST_CHECK;
/* out (wishes, items), in the memory of one tree. */
enum status brew_teacher_scores(struct brew *b, const struct recipe_step *s,
                                const struct brew_part *p, const double **out,
                                struct err *e) MUST_CHECK;

/* Fills report.json; what has fallen beyond its interval into report.why. */
enum status brew_judge(struct brew *b, struct err *e) MUST_CHECK;
enum status brew_write_report(struct brew *b, struct arena *a, struct err *e) MUST_CHECK;

#endif
