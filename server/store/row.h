/* One row of an import, whatever format it came in: its fields as text, checked into values. */
#ifndef STORE_ROW_H
#define STORE_ROW_H

#include "server/store/import.h"

#include "model/base/buf.h"

enum field {
    FIELD_ID,
    FIELD_TITLE,
    FIELD_TEXT,
    FIELD_TAGS,
    FIELD_POPULARITY,
    FIELD_TIME,
    FIELD_NAME,
    FIELD_PROFILE,
    FIELD_MEMBER,
    FIELD_ITEM,
    FIELD_LABEL,
    FIELD_RATING,
    FIELD_AT,
    FIELD_COUNT,
    FIELD_OTHER, /* not one of ours: items keep it */
    FIELD_NONE   /* left out by the mapping */
};

/* What is wrong with a row, for a person; empty text = nothing. Only the first fault is kept. */
struct fault {
    char text[200];
};
void row_fault(struct fault *f, const char *fmt, ...) PRINTF(2, 3);

/* Texts are borrowed from the reader until its next row; tags and extra are the row's own. */
struct row {
    long line;
    unsigned given; /* bit 1u << field */
    struct view cell[FIELD_COUNT];
    struct buf tags;  /* joined by STORE_TAG_SPLIT */
    struct buf extra; /* "key":value,"key":value without the braces */
    int n_tags;
    double popularity, rating;
    long long time, at;
    int label; /* +1, 0, -1 */
};

void row_open(struct row *r);
void row_clear(struct row *r, long line);
void row_close(struct row *r);

/* Which field a column or key is, after the mapping; *name becomes the mapped name. */
enum field row_field(const struct import_config *c, struct view *name);
const char *row_field_name(enum field f);

void row_set(struct row *r, enum field f, struct view v, struct fault *fault);
void row_add_tag(struct row *r, struct view tag, struct fault *f);
/* Splits at | (or, for RecBole's sequences, at spaces). */
void row_split_tags(struct row *r, struct view tags, char at, struct fault *f);
/* Keeps a further field; value is JSON text as it came, or a plain text to be quoted. */
void row_extra_json(struct row *r, struct view key, struct view value);
void row_extra_text(struct row *r, struct view key, struct view value);

/* Checks limits and reads the values. A row without fault is ready to be stored. */
enum status row_check(struct row *r, enum import_kind kind, struct fault *f,
                      struct err *e) MUST_CHECK;

#endif
