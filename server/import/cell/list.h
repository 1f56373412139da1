/* Cells that hold several texts: "a|b", "a, b", "['a', 'b']", [{"name":"a"}]. */
#ifndef IMPORT_LIST_H
#define IMPORT_LIST_H

#include "kernels/base/buf.h"
#include "kernels/base/view.h"

enum list_rule {
    LIST_NONE, /* the cell is one text */
    LIST_PIPE,
    LIST_SEMICOLON,
    LIST_COMMA,
    LIST_IDEOGRAPHIC, /* the full-width commas */
    LIST_SLASH,
    LIST_SPACE,
    LIST_LINE,
    LIST_LITERAL, /* brackets only */
    LIST_RULES
};
const char *list_name(enum list_rule r); /* "pipe", ... */
/* A rule by its name or its separator itself; 0 when it is neither. */
int list_named(struct view name, enum list_rule *out);

/* What the cells of a column look like as lists. Zero-initialised. */
struct list_look {
    int cells, literal, n[LIST_RULES]; /* cells with the separator between texts */
    int short_parts[LIST_RULES];       /* of those, with parts of a few words only */
};
void list_look_add(struct list_look *l, struct view cell);
/* The separator of the column; wanted 1: it is said to be a list, 0: only when it clearly is. */
enum list_rule list_decide(const struct list_look *l, int wanted);

/* Whether the text is a literal: brackets at both ends, with what JSON or Python write inside. */
int list_is_literal(struct view text);
/* "<c#><floating-point>", as Stack Overflow writes tags. */
int list_is_angles(struct view text);

/* Calls each for every text of the cell, trimmed, without those that say nothing. A literal is read
 * as one under every rule; a cell without the rule's separator is split at | or ; when it has one.
 */
typedef void (*list_each)(void *arg, struct view text);
void list_split(struct view cell, enum list_rule rule, struct buf *scratch, list_each each,
                void *arg);

#endif
