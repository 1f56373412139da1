/* Building one prompt tree of a sheet: what prompt.c and prompt_relevance.c share. */
#ifndef BREW_PROMPT_BUILD_H
#define BREW_PROMPT_BUILD_H

#include "server/brew/tree/prompt.h"

enum { ITEM_TOKENS = 256, WISH_TOKENS = 256 };

/* What one tree is built with. */
struct build {
    struct brew_tree *to;
    struct brew_words *words;
    const struct graded *sheet;
    struct snapshot *items; /* the sheet's: its fields are words in the prompts, as in rankings */
    const char *item_word;  /* the sheet's own; NULL: the surface's */
    const struct surface *surface;
    struct arena *a;
    int32_t *parent, *off, *tok;
    const int32_t *label; /* of `relevance`: the yeses, then the noes */
    int max_nodes, max_tokens, max_asks, context, bos;
};

/* Tokens that a text may have, so that item and wish fit small contexts, too. */
int build_room(const struct build *b, int most);

/* A template's words filled in. */
enum status build_words(struct build *b, const char *tmpl, struct view clause, struct view *out,
                        struct err *e) MUST_CHECK;
/* A text behind a line end. */
enum status build_line(struct build *b, struct view text, struct view *out,
                       struct err *e) MUST_CHECK;

/* A node; a root begins as the model's sequences do. Tokens and text go to the last node, at most
 * `most` of them (0: all). */
enum status build_node(struct build *b, int parent, int *node, struct err *e) MUST_CHECK;
enum status build_tokens(struct build *b, const int32_t *ids, size_t n, int most,
                         struct err *e) MUST_CHECK;
enum status build_text(struct build *b, struct view text, int most, struct err *e) MUST_CHECK;

/* The control tokens before (tail 0) or after (1) a turn of the role: 1 user, 2 assistant. */
enum status build_turn(struct build *b, int role, int tail, struct err *e) MUST_CHECK;

/* Asks for the last node's tokens, or for the labels behind it; the ask's number in *at. */
enum status build_ask(struct build *b, int *at, struct err *e) MUST_CHECK;

/* The readout's tree over items and wishes of the sheet. */
enum status build_relevance(struct build *b, const int *item, const int *wish,
                            struct err *e) MUST_CHECK;

#endif
