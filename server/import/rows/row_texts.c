/* Cells to texts and tags. */
#include "server/import/rows/row_parts.h"

#include "server/import/cell/markup.h"
#include "server/import/cell/trim.h"

#include <string.h>

static const struct cell none = {CELL_NONE, {"", 0}, {"", 0}};
const struct cell *row_cell(const struct source *s, int column) {
    return column >= 0 && column < s->n ? &s->cell[column] : &none;
}

/* A cell's text without blanks; what says that nothing is there is nothing. */
struct view row_value(const struct cell *c) {
    struct view v = trim(c->text);
    return c->kind == CELL_NONE || is_nothing(v) ? VIEW("") : v;
}

int row_has_control(struct view v) {
    for (size_t i = 0; i < v.n; i++)
        if ((unsigned char)v.p[i] < 0x20 || v.p[i] == 0x7f) return 1;
    return 0;
}

static void put_part(void *arg, struct view text) {
    struct buf *b = arg;
    if (b->n) buf_str(b, "\n");
    buf_view(b, text);
}

void row_text(struct rows *r, const struct column *c, const struct cell *cell, struct buf *b) {
    struct view v = row_value(cell);
    buf_clear(b);
    if (!v.n) return;
    int literal = cell->kind == CELL_NESTED ||
                  (c->look.list.literal * 2 > c->look.list.cells && list_is_literal(v));
    if (!r->layout->config->exact && literal) {
        list_split(v, LIST_LITERAL, &r->scratch, put_part, b);
        if (!c->entities && !c->tags) return;
        struct buf plain = r->scratch;
        buf_clear(&plain);
        markup_text(buf_text(b), c->tags, c->entities, &plain);
        r->scratch = plain;
        buf_clear(b);
        buf_view(b, buf_text(&r->scratch));
    } else if (c->tags || c->entities)
        markup_text(v, c->tags, c->entities, b);
    else
        buf_view(b, v);
}

static int contains(struct view all, struct view part) {
    if (part.n == 0 || part.n > all.n) return part.n == 0;
    for (const char *p = all.p, *end = all.p + all.n - part.n; p <= end; p++) {
        p = memchr(p, part.p[0], (size_t)(end - p) + 1);
        if (!p) return 0;
        if (memcmp(p, part.p, part.n) == 0) return 1;
    }
    return 0;
}

void row_join(struct rows *r, const struct source *s, enum role role, struct buf *b) {
    buf_clear(b);
    for (int i = r->layout->by[role]; i >= 0 && i < r->layout->n; i++) {
        const struct column *c = &r->layout->column[i];
        if (c->role != role) continue;
        row_text(r, c, row_cell(s, i), &r->part);
        struct view v = buf_text(&r->part);
        if (!v.n || contains(buf_text(b), v)) continue;
        if (b->n) buf_str(b, "\n");
        buf_view(b, v);
    }
}

/* --- tags */

struct tag_adder {
    struct rows *r;
    struct column *c;
    long line;
};

static int has_tag(const struct rows *r, struct view tag) {
    struct view all = buf_text(&r->tags);
    size_t from = 0;
    for (size_t i = 0; i <= all.n; i++)
        if (i == all.n || all.p[i] == STORE_TAG_SPLIT) {
            if (i - from == tag.n && memcmp(all.p + from, tag.p, tag.n) == 0) return 1;
            from = i + 1;
        }
    return 0;
}

static void add_tag(void *arg, struct view tag) {
    static const char split = STORE_TAG_SPLIT;
    struct tag_adder *a = arg;
    tag = trim(tag);
    if (!a->r->layout->config->exact && tag.n && tag.p[0] == '#' && tag.n > 1)
        tag = view_sub(tag, 1, tag.n);
    if (!tag.n || view_eq_str(tag, "(no genres listed)")) return;
    if (tag.n > STORE_TAG_MAX)
        column_lost(a->c, a->line, "is over 100 bytes long, too long for a tag", tag);
    else if (row_has_control(tag))
        column_lost(a->c, a->line, "holds a control character", tag);
    else if (a->r->n_tags == STORE_TAGS_MAX)
        column_lost(a->c, a->line, "is one tag more than the 64 that are possible", tag);
    else if (!has_tag(a->r, tag) || a->r->layout->config->exact) {
        if (a->r->n_tags++) buf_add(&a->r->tags, &split, 1);
        buf_view(&a->r->tags, tag);
    }
}

/* "Clothing > Hoodies" is both. */
static void add_levels(void *arg, struct view tag) {
    size_t from = 0;
    for (size_t i = 0; i + 2 < tag.n; i++)
        if (memcmp(tag.p + i, " > ", 3) == 0) {
            add_tag(arg, view_sub(tag, from, i - from));
            from = i + 3;
        }
    add_tag(arg, view_sub(tag, from, tag.n));
}

void row_tags(struct rows *r, const struct source *s) {
    buf_clear(&r->tags);
    r->n_tags = 0;
    for (int i = r->layout->by[ROLE_TAGS]; i >= 0 && i < r->layout->n; i++) {
        struct column *c = &r->layout->column[i];
        if (c->role != ROLE_TAGS) continue;
        struct tag_adder a = {r, c, s->line};
        struct view v = row_value(row_cell(s, i));
        if (!v.n) continue;
        if ((c->tags || c->entities) && !list_is_angles(v)) {
            buf_clear(&r->part);
            markup_text(v, c->tags, c->entities, &r->part);
            v = buf_text(&r->part);
        }
        list_split(v, c->list, &r->scratch, r->layout->config->exact ? add_tag : add_levels, &a);
    }
}
