/* A ranking request, as the page, scripts and the command line give it. */
#ifndef RANK_REQUEST_H
#define RANK_REQUEST_H

#include "server/readout/context/rank_context.h"
#include "server/wish/wish.h"

enum retrieve {
    RETRIEVE_AUTO,
    RETRIEVE_BM25,
    RETRIEVE_POPULARITY,
    RETRIEVE_ITEM_KNN,
    RETRIEVE_EASE,
    RETRIEVE_EMBEDDING,
    RETRIEVE_RECENCY,
    RETRIEVE_RANDOM,
    RETRIEVE_ALL,
    RETRIEVES
};
/* Items that fail a constraint come after the others, are left out, or lose score. */
enum constraints_mode { CONSTRAINTS_AFTER, CONSTRAINTS_HIDE, CONSTRAINTS_SCORE, CONSTRAINTS_MODES };
enum history_policy {
    HISTORY_RECENT,
    HISTORY_BALANCED,
    HISTORY_RELEVANT,
    HISTORY_LIKES,
    HISTORY_POLICIES
};
enum { RANK_ITEMS_MAX = 500, BASELINE_NAMES_MAX = 16 };

struct example {
    struct view item, text; /* exactly one is given */
    int label;              /* +1 like, -1 dislike */
};

struct rank_request {
    struct view catalog, surface, instruction,
        member; /* "" where not given; surface "": the catalogue's own */
    struct example example[EXAMPLES_MAX];
    int n_examples;
    struct clause clause[CLAUSES_MAX];
    int n_clauses, has_clauses; /* has_clauses: the person's own list, also when empty */
    struct view *candidate;     /* ids; n_candidates 0: retrieve */
    int n_candidates;
    enum retrieve retrieve;
    int count, has_count; /* has_count: not the default */
    long long offset;     /* of `all`: items of the catalogue to leave out before the first */
    enum constraints_mode constraints;
    int has_now; /* the request's clock, by which "tomorrow" is read; else the machine's */
    long long now;
    enum readout_id readout;
    struct view baseline[BASELINE_NAMES_MAX];
    int n_baselines, all_baselines;
    int history;                /* interactions of the member to use */
    enum history_policy policy; /* which of them */
    int history_tokens;         /* most tokens of their titles, 0 = no such limit */
    int has_meaning; /* the embedding's share of `auto` is given; else the surface's or the model's
                      */
    double meaning;  /* 0: none */
    int preferences; /* 1: the catalogue's active preferences count as clauses, too */
    struct view model;       /* who ranks, by its name on the registry; "" the default one */
    struct view client;      /* who asks: a newer request of a client ends its older one */
    unsigned long long user; /* who takes turns with others in the engine's queue; 0 = nobody */
    struct view owner;       /* who asks, by name: whose run and preferences; not of the JSON */
    int unsaved;             /* 1: the run is not stored */
    int no_profile;          /* explanations only: the member's profile does not count */
    int without_clause;      /* explanations only: the clause of that number, from 1, does not */
    int top;                 /* 0 = all */
    long long seed;
    int has_before; /* calibration and evaluation only: of the history, what came strictly before
                       that time */
    long long before;
    int whole_wish; /* evaluation only: the wish is one clause */
    int no_model;   /* evaluation only: baselines alone; the language model's scores are 0 */
    /* The member whose interactions the baselines must not have seen, "" = the request's own
     * member. */
    struct view leave_out;
};

const char *retrieve_name(enum retrieve r);
const char *history_name(enum history_policy p);
const char *constraints_name(enum constraints_mode m);

/* The defaults of a request with nothing in it. */
void request_init(struct rank_request *r);
/* Fills r from JSON. ST_BAD_INPUT with line for what is no JSON; ST_INVALID with the field for what
 * makes no sense. Members that nobody reads are named
 * in *unknown (request_names.h; arena text or NULL). Texts live in the
 * arena. Recursion-free for depth up to 32. */
enum status request_parse(struct rank_request *r, struct view json, struct arena *a,
                          const char **unknown, struct err *e) MUST_CHECK;
/* The request as JSON text again, for storing beside its run. */
enum status request_json(const struct rank_request *r, struct arena *a, struct view *out,
                         struct err *e) MUST_CHECK;

#endif
