/* Names, limits and values of import rows. */
#include "server/store/row.h"

#include "model/base/clock.h"
#include "server/store/private.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    ITEMS = 1 << IMPORT_ITEMS,
    MEMBERS = 1 << IMPORT_MEMBERS,
    EVENTS = 1 << IMPORT_INTERACTIONS
};

static const struct {
    const char *name;
    int kinds, required;
    size_t max;
} fields[FIELD_COUNT] = {
    [FIELD_ID] = {"id", ITEMS | MEMBERS, ITEMS | MEMBERS, STORE_ID_MAX},
    [FIELD_TITLE] = {"title", ITEMS, ITEMS, STORE_TITLE_MAX},
    [FIELD_TEXT] = {"text", ITEMS, 0, STORE_TEXT_MAX},
    [FIELD_TAGS] = {"tags", ITEMS, 0, STORE_TEXT_MAX},
    [FIELD_POPULARITY] = {"popularity", ITEMS, 0, 63},
    [FIELD_TIME] = {"time", ITEMS, 0, 63},
    [FIELD_NAME] = {"name", MEMBERS, 0, STORE_TITLE_MAX},
    [FIELD_PROFILE] = {"profile", MEMBERS, 0, STORE_TEXT_MAX},
    [FIELD_MEMBER] = {"member", EVENTS, EVENTS, STORE_ID_MAX},
    [FIELD_ITEM] = {"item", EVENTS, EVENTS, STORE_ID_MAX},
    [FIELD_LABEL] = {"label", EVENTS, 0, 63},
    [FIELD_RATING] = {"rating", EVENTS, 0, 63},
    [FIELD_AT] = {"at", EVENTS, 0, 63},
};

void row_fault(struct fault *f, const char *fmt, ...) {
    if (f->text[0]) return;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(f->text, sizeof f->text, fmt, ap);
    va_end(ap);
    text_clean(f->text);
}

void row_open(struct row *r) {
    *r = (struct row){0};
    buf_init(&r->tags, STORE_TAGS_MAX * (STORE_TAG_MAX + 1));
    buf_init(&r->extra, 2 << 20);
}

void row_clear(struct row *r, long line) {
    struct buf tags = r->tags, extra = r->extra;
    buf_clear(&tags);
    buf_clear(&extra);
    *r = (struct row){.line = line, .tags = tags, .extra = extra};
}

void row_close(struct row *r) {
    buf_free(&r->tags);
    buf_free(&r->extra);
}

const char *row_field_name(enum field f) {
    return f < FIELD_COUNT ? fields[f].name : "";
}

enum field row_field(const struct import_config *c, struct view *name) {
    for (int i = 0; i < c->n_map; i++)
        if (view_eq(c->map[i][0], *name)) {
            *name = c->map[i][1];
            if (name->n == 0) return FIELD_NONE;
            break;
        }
    for (int i = 0; i < FIELD_COUNT; i++)
        if (fields[i].kinds & (1 << c->kind) && strlen(fields[i].name) == name->n &&
            strncasecmp(fields[i].name, name->p, name->n) == 0)
            return (enum field)i;
    return FIELD_OTHER;
}

void row_set(struct row *r, enum field f, struct view v, struct fault *fault) {
    if (r->given & 1u << f) row_fault(fault, "%s is given twice", fields[f].name);
    r->given |= 1u << f;
    r->cell[f] = v;
}

static int has_control(struct view v) {
    for (size_t i = 0; i < v.n; i++)
        if ((unsigned char)v.p[i] < 0x20 || v.p[i] == 0x7f) return 1;
    return 0;
}

void row_add_tag(struct row *r, struct view tag, struct fault *f) {
    tag = view_trim(tag);
    if (tag.n == 0) return;
    if (tag.n > STORE_TAG_MAX)
        row_fault(f, "tags: a tag has %zu bytes; at most %d are possible", tag.n, STORE_TAG_MAX);
    else if (has_control(tag))
        row_fault(f, "tags: a tag holds a control character");
    else if (r->n_tags == STORE_TAGS_MAX)
        row_fault(f, "tags: more than %d tags", STORE_TAGS_MAX);
    else {
        static const char split = STORE_TAG_SPLIT;
        if (r->n_tags++) buf_add(&r->tags, &split, 1);
        buf_view(&r->tags, tag);
    }
}

void row_split_tags(struct row *r, struct view tags, char at, struct fault *f) {
    size_t from = 0;
    for (size_t i = 0; i <= tags.n; i++)
        if (i == tags.n || tags.p[i] == at) {
            row_add_tag(r, view_sub(tags, from, i - from), f);
            from = i + 1;
        }
}

static void quote(struct buf *b, struct view v) {
    buf_str(b, "\"");
    for (size_t i = 0; i < v.n; i++) {
        unsigned char c = (unsigned char)v.p[i];
        if (c < 0x20)
            buf_printf(b, "\\u%04x", c);
        else {
            if (c == '"' || c == '\\') buf_str(b, "\\");
            buf_add(b, v.p + i, 1);
        }
    }
    buf_str(b, "\"");
}

void row_extra_json(struct row *r, struct view key, struct view value) {
    if (r->extra.n) buf_str(&r->extra, ",");
    quote(&r->extra, key);
    buf_str(&r->extra, ":");
    buf_view(&r->extra, value);
}

void row_extra_text(struct row *r, struct view key, struct view value) {
    if (r->extra.n) buf_str(&r->extra, ",");
    quote(&r->extra, key);
    buf_str(&r->extra, ":");
    quote(&r->extra, value);
}

/* --- checking */

static int given(const struct row *r, enum field f) {
    return (r->given >> f & 1) && r->cell[f].n > 0;
}

static void check_lengths(const struct row *r, enum import_kind kind, struct fault *f) {
    for (int i = 0; i < FIELD_COUNT; i++) {
        struct view v = r->cell[i];
        if (fields[i].required & 1 << kind && !given(r, (enum field)i))
            row_fault(f, "%s is missing or empty", fields[i].name);
        if (v.n > fields[i].max)
            row_fault(f, "%s has %zu bytes; at most %zu are possible", fields[i].name, v.n,
                      fields[i].max);
        if ((i == FIELD_ID || i == FIELD_MEMBER || i == FIELD_ITEM) && has_control(v))
            row_fault(f, "%s holds a control character", fields[i].name);
    }
    if (r->extra.n > STORE_TEXT_MAX)
        row_fault(f, "the further fields have %zu bytes together; at most %d are possible",
                  r->extra.n, STORE_TEXT_MAX);
}

static void say_bad(struct fault *f, const char *field, struct view v, const char *want) {
    row_fault(f, "%s '%s' is not %s", field, text_show(v).text, want);
}

static void check_time(const struct row *r, enum field field, long long *out, struct fault *f) {
    struct view v = view_trim(r->cell[field]);
    double real;
    if (!given(r, field) || clock_parse(v, out)) return;
    /* RecBole writes times as 881250949.0. */
    if (view_double(v, &real) && real > -1e11 && real < 3e11 && real == (double)(long long)real)
        *out = (long long)real;
    else
        say_bad(f, fields[field].name, v, "a time (Unix seconds or 2026-10-03T18:20:00Z)");
}

static void check_label(struct row *r, struct fault *f) {
    struct view label = view_trim(r->cell[FIELD_LABEL]), rating = view_trim(r->cell[FIELD_RATING]);
    if (rating.n) {
        if (!view_double(rating, &r->rating) || r->rating < 1 || r->rating > 5)
            say_bad(f, "rating", rating, "a number from 1 to 5");
        r->label = r->rating >= 4 ? 1 : r->rating <= 2 ? -1 : 0;
    }
    if (label.n == 4 && strncasecmp(label.p, "like", 4) == 0)
        r->label = 1;
    else if (label.n == 7 && strncasecmp(label.p, "dislike", 7) == 0)
        r->label = -1;
    else if (label.n)
        say_bad(f, "label", label, "like or dislike");
    if (!label.n && !rating.n) row_fault(f, "label or rating is missing; one of them is needed");
}

enum status row_check(struct row *r, enum import_kind kind, struct fault *f, struct err *e) {
    struct view popularity = view_trim(r->cell[FIELD_POPULARITY]);
    check_lengths(r, kind, f);
    if (popularity.n && (!view_double(popularity, &r->popularity) || r->popularity < 0))
        say_bad(f, "popularity", popularity, "a number of at least 0");
    check_time(r, FIELD_TIME, &r->time, f);
    check_time(r, FIELD_AT, &r->at, f);
    if (kind == IMPORT_INTERACTIONS) check_label(r, f);
    /* Both are bounded by a row of 1 MiB, so a failed append can only be memory. */
    if (r->tags.failed || r->extra.failed)
        return fail(e, ST_NO_MEMORY, "no memory for the row of line %ld", r->line);
    return ST_OK;
}
