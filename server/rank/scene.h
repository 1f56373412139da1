/* What a ranking works on, loaded from the store once: the surface, the candidates, the catalogue's
 * fixed sample, the wish as clauses, the member's history and the examples. */
#ifndef RANK_SCENE_H
#define RANK_SCENE_H

#include "server/rank/checks.h"
#include "server/rank/rank.h"
#include "server/rank/readout_tags.h"

enum {
    JOB_TOKENS_MAX = 400000,
    CATALOG_MAX = 5000,
    ITEM_TOKENS_MAX = 256,
    CLAUSE_TOKENS_MAX = 192,
    TEXT_TOKENS_MAX = 2048
};

struct scene {
    struct ranker *k;
    const struct rank_request *r;
    const struct rank_hooks *hooks; /* or NULL */
    struct arena *a;
    struct catalog catalog;
    unsigned long long base[2]; /* hashes of model and surface, 0 = not made yet (spread.c) */
    struct surface surface;
    struct item *all; /* the catalogue, at most CATALOG_MAX */
    int n_all;
    long long total;
    /* Candidates first, then those of the fixed sample that are no candidates. */
    const struct item **item;
    struct view *text; /* each item's text by the surface's template */
    int n, n_pool;
    int sample[SAMPLE], n_sample; /* places of the sample in item */
    struct clause
        clause[CLAUSES_MAX]; /* of the wish; in an asked-for `query` then one per example */
    int n_clauses, n_wish;   /* all, and those of the wish */
    struct checks checks[CLAUSES_MAX]; /* of the wish's clauses; the others have none */
    double *found; /* (n_pool): sum of an item's answers that are known from earlier rankings */
    struct member member;
    struct interaction *history;     /* the part that is used, oldest first */
    const struct item *history_item; /* (n_history): its items */
    int n_history;
    struct history_choice chosen;
    long long preference[CLAUSES_MAX]; /* the stored preference that a clause is, or 0 */
    int n_preferences, n_left_over;    /* those that count; of them, without room */
    /* Whose interactions baselines must not have seen: the member, or who is left out; row 0 and
     * n_unseen 0 when there is none. */
    long long unseen_member;
    struct interaction *unseen;
    int n_unseen;
    const struct taste *taste; /* what baselines have learnt; NULL when nobody asked for it */
    struct example_item {
        const char *title;
        const struct item *item; /* NULL for free text */
        int label;
    } example[EXAMPLES_MAX];
    int n_examples;
};

/* Fills a frame's template: the surface's words, a clause's (or probe's) text and a tag. */
enum status scene_words(struct scene *s, const char *tmpl, struct view clause, const char *tag,
                        struct view *out, struct err *e) MUST_CHECK;
/* A frame's root, behind the surface's demonstrations in the frame's own words. */
enum status scene_root(struct scene *s, const struct frame *f, struct view *out,
                       struct err *e) MUST_CHECK;
/* The n wanted clauses as one text, "" when there are none; limits 0: without the words that only
 * name a limit, and without clauses that say nothing else. */
enum status scene_wanted(struct scene *s, int limits, struct view *out, int *n,
                         struct err *e) MUST_CHECK;
enum status scene_load(struct scene *s, struct ranker *k, const struct rank_request *r,
                       const struct rank_hooks *h, struct arena *a, struct err *e) MUST_CHECK;

/* Order-free pseudo-random number of an item for a seed. */
unsigned long long scene_hash(const char *id, unsigned long long seed);

/* Two hashes of what a ranking's values depend on (model, precision, surface), and `what`. */
void scene_key(struct scene *s, struct view what, unsigned long long key[2]);

/* The spread of a value over the catalogue's sample, kept between rankings. `what` names the
 * readout and its text. find answers 0, and leaves *out, when it is not known yet; make computes it
 * from one value per sample item. */
int spread_find(struct scene *s, struct view what, struct spread *out);
struct spread spread_make(struct scene *s, struct view what, const double *values);

/* An item's prior in the `query` readout under one frame, kept between rankings. find answers 0,
 * and leaves *out, when it is not known. */
int prior_find(struct scene *s, int frame, struct view item_text, double *out);
void prior_keep(struct scene *s, int frame, struct view item_text, double value);
/* Two texts as one to find it by, in the scene's arena; no other two make the same. */
enum status pair_key(struct scene *s, struct view a, struct view b, struct view *out,
                     struct err *e) MUST_CHECK;

/* Readouts: build adds nodes and asks to the prompt for all pool items; finish turns the answers
 * into values. */
enum { PROBES_MAX = CLAUSES_MAX + 1 };
/* A probe under one frame: its tokens, and the ends of the spans that its node is cut into. */
struct probe {
    struct view text;
    const int32_t *id;
    size_t all; /* tokens, of which the first n are asked */
    int n, cut[TRAIL_CUTS], n_cuts;
};
struct query_readout {
    /* Clauses in their order, then the wanted ones together (if there are several), then the empty
     * wishes. */
    struct view probe[PROBES_MAX + SURFACE_EMPTY];
    int n_probes, n_empty, has_together;
    int n_wanted; /* wanted clauses of the wish that say something beyond their checks */
    double trust; /* of a story's clauses together, 0: they count alike */
    unsigned char skip[PROBES_MAX];   /* 1: says nothing that is not checked */
    unsigned char framed[PROBES_MAX]; /* 1: asked of the items, by the frames */
    float **out;   /* (frames, n_pool, probes and empty wishes): answers, NULL where not asked */
    double *said;  /* the same shape: log-probabilities known from earlier rankings, of the whole
                    * probe or, where it is asked, of its first spans */
    uint8_t *from; /* the same shape: tokens of those spans */
    double *prior; /* (frames, n_pool) */
    struct view *text; /* (frames, n_pool): the item's text, where it was asked */
    struct probe words[SURFACE_FRAMES][PROBES_MAX + SURFACE_EMPTY];
    int known[SURFACE_FRAMES][PROBES_MAX];
    struct spread spread[SURFACE_FRAMES][PROBES_MAX];
    struct view key[SURFACE_FRAMES][PROBES_MAX];
    struct tags_readout tags;
};
enum status query_build(struct query_readout *q, struct scene *s, struct prompt *p,
                        struct err *e) MUST_CHECK;
/* score (n), logprob (n) of what the items were asked and prior (n) under the first frame, part (n,
 * n_clauses): what each clause adds. */
void query_finish(struct query_readout *q, struct scene *s, double *score, double *logprob,
                  double *prior, double *part);

struct item_readout {
    int n, n_lists; /* items asked: the candidates, or the whole pool; lists that say nothing */
    struct item_answer {
        float *out;             /* log P per token; NULL where the value was known */
        int end[SURFACE_PARTS]; /* tokens of the item's parts up to here */
        double value;           /* under a list that says nothing: what is taken away */
        struct view key;        /* by which that is kept */
    } * answer;                 /* (1 + n_lists, n): under the context, then under those lists */
};
/* sample: also for the catalogue's sample, which standardising needs. */
enum status item_build(struct item_readout *q, struct scene *s, struct prompt *p, int sample,
                       struct err *e) MUST_CHECK;
/* logprob (n): weighted sum over the item's parts; score (n) = logprob - prior, standardised over
 * the sample when z is set. */
void item_finish(struct item_readout *q, struct scene *s, int z, double *score, double *logprob,
                 double *prior);

struct relevance_readout {
    float **with, **without;           /* (n_pool): log P(yes), log P(no) */
    int32_t label[2 * SURFACE_LABELS]; /* all first answers, then all second ones */
    int n_labels;
};
enum status relevance_build(struct relevance_readout *q, struct scene *s, struct prompt *p,
                            struct err *e) MUST_CHECK;
void relevance_finish(struct relevance_readout *q, struct scene *s, double *score, double *logprob,
                      double *prior, double *mass);

#endif
