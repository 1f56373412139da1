/* What one ranking works on: the catalogue's snapshot, the surface, the wish, the member's history
 * and the examples, and the items to be ranked as places in the snapshot. */
#ifndef READOUT_RANK_CONTEXT_H
#define READOUT_RANK_CONTEXT_H

#include "model/engine/engine.h"
#include "server/baselines/candidates.h"
#include "server/readout/context/answer_cache.h"
#include "server/readout/prompt/prompt.h"
#include "server/surface/readout_id.h"
#include "server/surface/surface.h"
#include "server/wish/wish.h"

struct buf;
struct funnel;
struct rank_hooks;
struct rank_request;
struct ranker;

enum {
    EXAMPLES_MAX = 50, /* that a request may mark */
    JOB_TOKENS_MAX = 400000,
    ITEM_TOKENS_MAX = 256,
    CLAUSE_TOKENS_MAX = 192,
    TEXT_TOKENS_MAX = 2048
};

/* What was taken of a member's history. */
struct history_choice {
    int of, dropped;     /* all there are; of those chosen, left out by the budget */
    int likes, dislikes; /* among those that are used */
    int tokens;          /* of their titles */
    int by_wish;         /* `relevant` found interactions that match the wish */
};

/* What adds up to a ranking by a wish: its clauses, the wish as one text read by the model (a mean
 * log-probability less beta times that of what says nothing), and its meaning by the embedding
 * model. Only clauses count unless the readout is left to `auto`. */
struct shares {
    double clauses, whole, beta, meaning;
};

struct rank_context {
    struct ranker *k; /* these three are for rank/ alone */
    const struct rank_request *r;
    const struct rank_hooks *hooks; /* or NULL */
    struct engine *engine;
    struct answer_cache *cache;
    struct arena *a;
    struct candidates basis;        /* what baselines are told that is not in here */
    const struct snapshot *catalog; /* held until it is closed */
    struct surface surface;
    enum readout_id used, model; /* model: how the language model is read; `used` but in a hybrid */
    const char *why;
    struct shares shares;
    unsigned long long base[2]; /* hashes of model and surface, 0 = not made yet (answer_cache.c) */
    /* Candidates first, then those of the fixed sample that are no candidates. */
    int *place;               /* in the snapshot */
    const struct item **item; /* the candidates' are copies, which outlive the snapshot */
    struct view *text;        /* each item's text by the surface's template */
    int n, n_pool;
    int sample[SNAPSHOT_SAMPLE], n_sample; /* places of the sample in item */
    struct funnel *funnel;
    unsigned char *outcome; /* (n, constraints): of the candidates, enum outcome */
    /* The wish, with the preferences that count behind it; in `query` then one clause per example.
     */
    struct wish wish;
    int n_clauses, n_wish;    /* all, and those of the wish and the preferences */
    struct view instruction;  /* as the person wrote it; "" when clauses were given */
    int soft_constraints;     /* 1: constraints count by score, not by order */
    struct view wanted, rest; /* its wanted clauses as one text, and without constraints' words */
    struct view whole;        /* all of it as one text, as it was written where it was */
    double embed_s;           /* seconds that the embedding model took */
    double *found; /* (n_pool): sum of an item's answers that are known from earlier rankings */
    struct member member;
    struct interaction *history; /* the part that is used, oldest first */
    int *history_place;          /* (n_history) */
    int n_history;
    struct history_choice chosen;
    long long preference[CLAUSES_MAX]; /* the stored preference that a clause is, or 0 */
    int n_preferences, n_left_over;    /* those that count; of them, without room */
    /* Whose interactions baselines must not have seen: the member, or who is left out; row 0 and
     * n_unseen 0 when there is none. */
    long long unseen_member;
    int *unseen, n_unseen; /* places */
    const struct interactions
        *interactions; /* what baselines have learnt; NULL when nobody asked for it */
    struct mark example[EXAMPLES_MAX];
    int n_examples;
    struct mark *mark; /* (n_marks): history and examples together */
    int n_marks;
};

/* What was written into b, in the ranking's memory; b is freed in either case. */
enum status context_keep(struct rank_context *s, struct buf *b, struct view *out,
                         struct err *e) MUST_CHECK;
/* Fills a frame's template: the surface's words, a clause's (or query text's) text and a tag. */
enum status context_words(struct rank_context *s, const char *tmpl, struct view clause,
                          const char *tag, struct view *out, struct err *e) MUST_CHECK;
/* A frame's root, behind the surface's demonstrations in the frame's own words. */
enum status context_root(struct rank_context *s, const struct frame *f, struct view *out,
                         struct err *e) MUST_CHECK;
/* The item at that place by a template. */
enum status context_text(struct rank_context *s, const char *tmpl, int place, struct view *out,
                         struct err *e) MUST_CHECK;
/* The n items at these places as baselines see them. */
void context_candidates(struct rank_context *s, const int *place, int n, struct candidates *out);
/* Whether the history or an example holds the item. */
int context_knows(const struct rank_context *s, int place);

#endif
