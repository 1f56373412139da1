/* A sheet's wishes over some of its items as one prompt tree, by a readout, in the words of a
 * surface: the same templates from which rankings are made (rank/surface.h).
 * query: frame -> item -> wishes, and the wishes that say nothing.
 * item:  list of what a history's person liked -> items; an empty list -> items.
 * relevance: a chat turn with the wish and what was liked -> a question about each item, answered
 *        yes or no; the same of who asks for anything. */
#ifndef BREW_PROMPT_H
#define BREW_PROMPT_H

#include "model/train/trainer.h"
#include "server/eval/graded.h"
#include "server/surface/surface.h"

enum brew_readout { BREW_QUERY, BREW_ITEM, BREW_RELEVANCE, BREW_READOUTS };
extern const char *const brew_readout_names[BREW_READOUTS];

/* Surfaces by name, each read once. */
struct brew_words {
    const struct trainer *trainer; /* whose tokens */
    struct store *store;           /* may be NULL: built-in surfaces only */
    struct arena *a;
    struct surface *at;
    int n;
};

/* Of the values that a tree's asks answer: log-probability per token of item i under wish w, and of
 * what says nothing about item i; or, with labels, of the yeses and then of the noes. */
struct brew_tree {
    struct tree tree;
    struct ask *ask;
    float **dout;
    int n_asks;
    int n_items, n_wishes, n_empty;
    int *wish_ask;  /* (wishes, items) */
    int *empty_ask; /* (items, n_empty) */
    int *len;       /* (asks): values that an ask has */
    int n_labels;   /* pairs of answers; 0: an ask reads its node's tokens */
    long long tokens;
};

/* item (n_items) and wish (n_wishes) are numbers within the sheet. All lives in a. For `item` only
 * histories, for `query` only wishes in words count, for `relevance` both: brew_suits.
 * ST_NO_MEMORY, ST_NOT_FOUND; ST_INVALID: an answer that is not one token of this model. */
enum status brew_prompt(struct brew_tree *out, struct brew_words *w, const struct graded *s,
                        enum brew_readout readout, const int *item, int n_items, const int *wish,
                        int n_wishes, struct arena *a, struct err *e) MUST_CHECK;
int brew_suits(const struct graded_wish *w, enum brew_readout readout);

/* A text as one node, all of whose tokens are asked, cut after `most` tokens. */
enum status brew_text(struct brew_tree *out, const struct trainer *t, struct view text, int most,
                      struct arena *a, struct err *e) MUST_CHECK;

/* An instruction as a chat's turn, and n answers below it, each of which is asked. */
enum status brew_answers(struct brew_tree *out, const struct trainer *t, struct view instruction,
                         const struct view *answer, int n, struct arena *a,
                         struct err *e) MUST_CHECK;

#endif
