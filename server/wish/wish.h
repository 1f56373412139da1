/* A wish in plain words, read once: signed clauses for the model, and typed constraints that are
 * checked by rule. One tokenizer, one grammar table, one negation for both. */
#ifndef WISH_WISH_H
#define WISH_WISH_H

#include "server/catalog/snapshot.h"

enum { CLAUSES_MAX = 16, CLAUSES_MAX_BYTES = 1 << 20, CONSTRAINTS_MAX = 24, WISH_NOTES = 8 };

/* An unwanted trait counts less than a wanted one: 0.7 was measured on wishes of the form "A, but
 * no B", where it beat the whole wish as one text (AUC .775 against .588 with SmolLM2, .785 against
 * .578 with MiniLM embeddings). */
#define CLAUSES_WEIGHT_WANTED 1.0
#define CLAUSES_WEIGHT_UNWANTED 0.7

/* A piece of the wish. sign +1 (more of this) or -1 (less), weight > 0. text: as it was written.
 * rest: text without the words that only state a constraint; "" when nothing else is said. */
struct clause {
    struct view text;
    int sign;
    double weight;
    struct view rest;
};

enum wish_op {
    WISH_LT,
    WISH_LE,
    WISH_GT,
    WISH_GE,
    WISH_BETWEEN,
    WISH_EQ,
    WISH_ABOUT,
    WISH_HAS,     /* a text or list names `value` (or one of its forms) */
    WISH_MONTH,   /* dates: month of any year, lo = 1..12 */
    WISH_WEEKDAY, /* dates: lo..hi = 1 (Monday) .. 7 */
    WISH_CLOCK,   /* dates: time of day in seconds, lo..hi */
    WISH_OPS
};
const char *wish_op_name(
    enum wish_op op); /* "<", "<=", ">", ">=", "between", "=", "about", "has", ... */

/* One thing that an item's field is checked for. lo and hi: inclusive bounds in the field's own
 * unit (for WISH_LT and WISH_GT exclusive), infinite where open; dates in Unix seconds. */
struct constraint {
    struct view text; /* the words it came from */
    int field;        /* place in the snapshot's fields */
    enum wish_op op;
    double lo, hi;
    const char *value; /* WISH_HAS: the name; else lo or hi in words ("500", "2026-12-01") */
    const char *unit;  /* of the field, "" when none */
    int negated;       /* 1: items for which it is true fail */
    int clause;        /* in which clause its words stand, -1 none */
};

struct wish {
    struct clause clause[CLAUSES_MAX];
    int n_clauses;
    struct constraint constraint[CONSTRAINTS_MAX];
    int n_constraints;
    const char *language; /* "en", "de", "fr", "es", "it", "nl", "pt", or "" when not known */
    const char *note[WISH_NOTES]; /* what a person should know: contradictions, parts that do not
                                   * work in that language, numbers that no field fits */
    int n_notes;
};

/* Reads a wish against a catalogue's fields (s may be NULL: no constraints). now: Unix seconds,
 * what "tomorrow" starts from. Texts live in the arena or in the wish's own text. ST_BAD_INPUT for
 * text that is not UTF-8, ST_LIMIT beyond CLAUSES_MAX_BYTES. Linear in the wish. */
enum status wish_read(struct view text, const struct snapshot *s, long long now, struct arena *a,
                      struct wish *out, struct err *e) MUST_CHECK;
/* The same for clauses that a person gave: each is searched for constraints; texts and signs stay.
 */
enum status wish_read_clauses(const struct clause *clause, int n, const struct snapshot *s,
                              long long now, struct arena *a, struct wish *out,
                              struct err *e) MUST_CHECK;

enum outcome { OUTCOME_UNKNOWN, OUTCOME_HOLDS, OUTCOME_FAILS };
/* What a constraint says about one item (a place in the snapshot). */
enum outcome constraint_outcome(const struct constraint *c, const struct snapshot *s, int item);
/* The same of all items, to out (items): what constraint_outcome says of each, some nanoseconds an
 * item, since a text that many items share is looked at once. */
void constraint_outcomes(const struct constraint *c, const struct snapshot *s, unsigned char *out);
/* The constraint in words, "price at most 500 EUR", into arena memory. */
enum status constraint_words(const struct constraint *c, const struct snapshot *s, struct arena *a,
                             const char **out, struct err *e) MUST_CHECK;

#endif
