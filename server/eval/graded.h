/* What training and judged evaluation read: sheets, each a small catalogue with wishes whose items
 * are graded, 2 wanted, 1 borderline, 0 not. A wish is a text, or a history of liked and disliked
 * items. */
#ifndef EVAL_GRADED_H
#define EVAL_GRADED_H

#include "server/store/store.h"

enum { GRADED_ITEMS_MAX = 500, GRADED_WISHES_MAX = 200, GRADED_LIKED_MAX = 50 };

struct graded_wish {
    const char *kind, *text; /* text "": a history */
    const struct item *liked, *disliked;
    int n_liked, n_disliked;
    const uint8_t *grade; /* (items) */
};

struct graded {
    const char *name, *item_word; /* "Feed of a gardening community", "post"; NULL: the surface's */
    const char *surface;          /* whose words the prompts take; NULL: generic */
    struct item *item;
    struct graded_wish *wish;
    int n_items, n_wishes;
    int line;     /* of its file, or 0 */
    uint64_t key; /* of name and first title: the same wherever the sheet stands */
    int kept_out; /* set by the caller */
};

struct graded_set {
    struct graded *at;
    int n, max;
};

/* Adds the sheets of a file, one JSON object a line: {"surface", "item_kind", "items": [{"title",
 * "text", "tags", "fields"} or a text], "wishes": [{"kind", "wish", "liked", "disliked",
 * "grades"}]}. Wishes without a wanted and an unwanted item say nothing and are left out; *skipped
 * counts them. All lives in a. ST_NOT_FOUND, ST_BAD_INPUT and ST_INVALID with the line and the
 * field. */
enum status graded_read(struct graded_set *s, const char *path, struct arena *a, int *skipped,
                        struct err *e) MUST_CHECK;
/* The same of a text; name stands for the file in errors. */
enum status graded_text(struct graded_set *s, struct view text, const char *name, struct arena *a,
                        int *skipped, struct err *e) MUST_CHECK;
/* A surface judged as a whole: its items, one JSON object a line, whose further fields count as
 * such, and its wishes, each {"kind", "instruction", "positives", "borderline"} with ids of items.
 * All become one sheet of that name. */
enum status graded_judged(struct graded_set *s, struct view items, struct view wishes,
                          const char *name, struct arena *a, int *skipped,
                          struct err *e) MUST_CHECK;

/* Which part a sheet belongs to, by its catalogue's name alone: what is learned from, what settings
 * are chosen on (12 in 100), and what is only ever reported (12 in 100). Sheets of one name stay
 * together. */
enum graded_part { GRADED_TRAIN, GRADED_CHOOSE, GRADED_TEST };
enum graded_part graded_part(const struct graded *g);

/* 64 bits of a text (FNV-1a), to go on from `from`. */
uint64_t graded_hash(uint64_t from, const char *text);

/* A sheet's place at the end; ST_NO_MEMORY. */
enum status graded_add(struct graded_set *s, struct graded **out, struct arena *a,
                       struct err *e) MUST_CHECK;

#endif
