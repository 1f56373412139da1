/* One ranking from request to result: items, prompt tree, readout, baselines. Knows no HTTP; runs
 * on any thread with a few hundred KiB of stack. */
#ifndef RANK_RANK_H
#define RANK_RANK_H

#include "server/baselines/baselines.h"
#include "server/baselines/interactions/interactions_cache.h"
#include "server/readout/context/answer_cache.h"
#include "server/rank/calibration.h"
#include "server/rank/funnel.h"
#include "server/readout/prompt/prompt.h"
#include "server/readout/context/rank_context.h"
#include "server/rank/request/request.h"
#include "server/surface/surface.h"
#include "server/rank/tags/tag_index.h"

#include <pthread.h>

struct embedder;
struct vectors;

/* How fast the model was in its first rankings, and how long their items were. Guarded by the
 * ranker's cache's lock. */
struct speed {
    int rankings;
    double tokens_per_s, item_tokens;
};

/* What rankings by one model share. */
struct ranker {
    struct store *store;
    struct engine *engine;
    const char *id; /* the model's name on its registry (registry.h), "" where it has none */
    struct embedder *embedder; /* NULL where there is none; set by whoever opened it */
    struct vectors *vectors;   /* of the catalogues, to search in; NULL where none are made */
    void *embedding_arg;
    void (*embedding)(void *arg, int done, int total); /* many items are embedded; may be NULL */
    struct interactions_cache *interactions_cache,
        own;                     /* the former: its own one, or one that rankers share */
    struct snapshots *snapshots; /* ranker_snapshots; own_snapshots: to be closed with the ranker */
    int own_snapshots;
    int rank_all; /* catalogues of so many items are ranked whole; 0: what the model does in about
                     three seconds */
    struct speed speed;
    struct tag_indexes tags;
    struct answer_cache cache;
};
void ranker_init(struct ranker *r, struct store *s, struct engine *en);
void ranker_close(struct ranker *r);
/* The catalogues in memory, opened with the first ranking where nobody shares theirs. */
enum status ranker_snapshots(struct ranker *r, struct snapshots **out, struct err *e) MUST_CHECK;
/* How many items of a catalogue are ranked whole; a finished ranking tells how fast the model is.
 */
struct rank_result;
int ranker_whole(struct ranker *r);
void ranker_timed(struct ranker *r, const struct rank_result *x);

struct ranked {
    const struct item *item;
    int rank;
    double score, logprob, prior, label_mass;
    int empty_rank;     /* by log-probability when nothing is asked; 0 where unknown */
    double other;       /* in a blend: what history, examples and profile add to the score */
    double probability; /* of a like, by a calibration; NAN where there is none */
    double learnt;      /* in a hybrid: what the baseline that learns adds to the score */
    double whole;       /* what the wish as one text adds to the score */
    double meaning;     /* what its meaning by the embedding model adds */
    double *clause;     /* (n_clauses): contribution of each to the score, or NULL */
    const unsigned char *outcome; /* (n_constraints): enum outcome of each */
    const double *share;          /* (n_constraints): what each adds to the score */
    int fails, unknown;           /* how many of them fail, how many are unknown */
    int behind;                   /* 1: of the group behind the others, because it fails */
    struct baseline_score baseline[BASELINES];
};

/* A number that puts items in their order: the score, with the group behind far below. */
static inline double ranked_value(const struct ranked *r) {
    return r->score - (r->behind ? 1e6 : 0);
}

enum { WARNINGS_MAX = 16 };
struct rank_result {
    struct surface surface;
    enum readout_id used, model; /* model: how the language model is read; `used` but in a hybrid */
    const char *why;
    double share_whole,
        share_meaning; /* weights of ranked.whole and .meaning; 0: they do not count */
    int has_prior, has_label_mass;
    struct clause clause[CLAUSES_MAX];
    struct rank_constraint {
        const char *field, *words; /* words: "price at most 500 EUR" */
        const struct constraint *what;
        struct tally tally; /* over what was ranked */
    } constraint[CONSTRAINTS_MAX];
    int n_constraints;
    const char *language; /* of the wish, "" when not known */
    struct funnel funnel;
    long long preference[CLAUSES_MAX]; /* the stored preference that a clause is, or 0 */
    struct history_choice chosen;
    struct interaction *history; /* those that are used */
    int n_history;
    double empty_tau; /* agreement of the order with that of an empty request, NAN where unknown */
    struct calibration calibration;
    const char *uncalibrated; /* why the scores are no probabilities, or NULL: see calibration */
    int n_clauses, n_wish;    /* all; those of the wish come first, the others are examples */
    struct ranked *item;      /* (n), by rank */
    int n, top;
    struct baseline_info baseline[BASELINES];
    struct prompt prompt;
    int shared_tokens;
    char prompt_sha256[65]; /* of the parts that are shown */
    const char *warning[WARNINGS_MAX];
    int n_warnings;
    long long tokens_computed, tokens_cached, shared_cached; /* the last: of shared_tokens */
    double queue_s, score_s, embed_s; /* waiting, the model, the embedding model */
    double other_s;                   /* of the whole ranking, what is none of these */
};

/* Called while the ranking runs, on the engine thread except where noted; each may be NULL. */
struct rank_hooks {
    void *arg;
    void (*progress)(void *arg, int items_done, int items_total, long long tokens_done,
                     long long tokens_total);
    void (*scored)(void *arg, const struct item *item, double logprob);
    void (*training)(void *arg,
                     int on); /* baselines learn from interactions; on the caller's thread */
    /* Many items are embedded, on the caller's thread; 1 gives up: ST_CANCELLED. */
    int (*embedding)(void *arg, int done, int total);
    void (*started)(
        void *arg,
        struct job *job); /* the job, to be cancelled by its flag; NULL when it has ended */
};

/* Texts and arrays of the result live in the arena or borrow from the request. */
enum status rank_run(struct ranker *k, const struct rank_request *r, const struct rank_hooks *h,
                     struct arena *a, struct rank_result *out, struct err *e) MUST_CHECK;
/* The prompt only, for the first candidate: out->prompt's parts, cuts, counts and hash. */
enum status rank_preview(struct ranker *k, const struct rank_request *r, struct arena *a,
                         struct rank_result *out, struct err *e) MUST_CHECK;

/* The answer of /api/rank as JSON text (without the run's id); preview: the answer of
 * /api/prompt/preview. */
enum status result_json(const struct ranker *k, const struct rank_request *r,
                        const struct rank_result *x, struct arena *a, struct view *out,
                        struct err *e) MUST_CHECK;
/* Whether item i's text is cut there, because all items' texts together are very long. */
int result_text_cut(const struct rank_result *x, int i);
enum status preview_json(const struct rank_request *r, const struct rank_result *x, struct arena *a,
                         struct view *out, struct err *e) MUST_CHECK;

const char *outcome_name(int outcome); /* "holds", "fails", "unknown" */

void rank_warn(struct rank_result *x, struct arena *a, const char *fmt, ...) PRINTF(3, 4);

#endif
