/* A surface: the words with which a catalogue's ranking task is written as text. Surfaces are JSON
 * texts: some are built in, others (or changed ones) come from the store. */
#ifndef SURFACE_SURFACE_H
#define SURFACE_SURFACE_H

#include "server/catalog/snapshot.h"

enum {
    SURFACE_WISHES = 6,
    SURFACE_FRAMES = 3,
    SURFACE_TAG_FRAMES = 4,
    SURFACE_EMPTY = 4,
    SURFACE_LABELS = 4,
    SURFACE_DEMOS = 4,
    SURFACE_PARTS = 4,
    SURFACE_LEAST = 20
};

/* One way to ask the `query` readout's question: root, then the item by its own template and the
 * tail, then a clause. The root is shared by all items, so demonstrations there cost next to
 * nothing. */
struct frame {
    const char *root, *item, *tail, *clause;
};

/* One way to ask what a tag of the catalogue has to do with a clause: root, then first, then
 * second, whose likelihood is read. One of the two contains {tag}, the other {clause}. */
struct tag_frame {
    const char *root, *first, *second;
};

/* An item's text and a wish that it suits: shown to the model before every question of `query`. */
struct demonstration {
    const char *item, *wish;
};

/* A part of an item's text in the `item` readout, by a template; what it weighs, and how much of
 * its log-probability under a list that says nothing is taken away: less than 1 leaves items that
 * the model finds likely anywhere, often the famous ones, ahead. */
struct item_part {
    const char *text;
    double weight, prior;
};

/* Texts are templates where noted: {field} is an item's title, text, tags, year, price ...,
 * {fields} all further ones in words; {before|field|after} writes its three parts only when the
 * field is not empty. */
struct surface {
    const char *name, *title;
    const char *item_word, *items_word, *member_word; /* "movie", "movies", "viewer" */
    const char *note;                                 /* a caveat shown with the ranking, or "" */
    const char *item;                                 /* template: an item's text in every prompt */
    const char *liked, *disliked; /* an example as a clause; {title} is its title or text */
    const char *question;         /* of `relevance`; {item_word}, {member_word}, {yes}, {no} */
    /* Pairs of answers, each one token for the model; the first is named in the question, and
     * their probabilities are added. answer_yes, answer_no are the first. */
    const char *answer_yes, *answer_no, *label[SURFACE_LABELS][2];
    int n_labels;
    struct demonstration demo[SURFACE_DEMOS];
    int n_demos;
    const char *readout; /* what `auto` means on this surface: a readout's name, or "auto" */
    double blend_item;   /* weight of the standardised `item` readout beside `query` in a blend */
    /* Beside the clauses, whose weight is 1, what else adds up to `auto` where there is a wish: the
     * whole wish as one text, read by the model, and its meaning by the embedding model. */
    double whole, meaning;
    int has_shares;                     /* 1: whole or meaning are the surface's own */
    struct frame frame[SURFACE_FRAMES]; /* `query` averages over them */
    int n_frames;
    struct tag_frame tag_frame[SURFACE_TAG_FRAMES];
    int n_tag_frames;
    double tag_weight; /* share of the tags in a clause's value, 0 to 1; the rest is
                          the frames' */
    const char *list;  /* heading of the list of liked items that `item` goes on with; {items_word},
                          {member_word} */
    int list_least;    /* a list of fewer items is written again until it has that many: read once
                          more, what was liked tells the model more */
    struct item_part part[SURFACE_PARTS]; /* one after the other they are an item of that list */
    int n_parts;
    const char *empty[SURFACE_EMPTY]; /* wishes that say nothing: their mean is an item's prior in
                                         `query` */
    int n_empty;
    const char *wishes[SURFACE_WISHES]; /* starters; the first is the default */
    int n_wishes;
    const char *json; /* the text it was read from */
};

/* The surface of that name: from the store, else built in, else ST_NOT_FOUND. Texts live in the
 * arena. */
enum status surface_load(struct surface *out, struct store *s, struct view name, struct arena *a,
                         struct err *e) MUST_CHECK;
/* Reads a surface from JSON; unnamed texts take the generic surface's. ST_BAD_INPUT / ST_INVALID
 * name the field. */
enum status surface_parse(struct surface *out, struct view name, struct view json, struct arena *a,
                          struct err *e) MUST_CHECK;
/* ST_INVALID naming a field of the JSON object that surfaces do not have. */
enum status surface_check_fields(struct view json, struct err *e) MUST_CHECK;
/* Names of the built-in surfaces; NULL past the last. */
const char *surface_builtin_name(int i);
/* Built-in JSON text of that name, or NULL. */
const char *surface_builtin(struct view name);

/* The text of the item at that place by a template, into arena memory; item: of one that is in no
 * catalogue and has no further fields. */
enum status surface_render(const char *tmpl, const struct snapshot *s, int place, struct arena *a,
                           struct view *out, struct err *e) MUST_CHECK;
enum status surface_render_item(const char *tmpl, const struct item *item, struct arena *a,
                                struct view *out, struct err *e) MUST_CHECK;

#endif
