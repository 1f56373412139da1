/* Cells to values. */
#include "server/import/rows.h"

#include "kernels/base/arena.h"
#include "server/import/markup.h"
#include "server/import/trim.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ROW_TEXT = 2 << 20 };

void rows_open(struct rows *r, struct layout *p) {
    memset(r, 0, sizeof *r);
    r->layout = p;
    struct buf *all[] = {&r->id,    &r->title,   &r->text, &r->tags,
                         &r->extra, &r->scratch, &r->part, &r->last};
    for (size_t i = 0; i < COUNT(all); i++) buf_init(all[i], ROW_TEXT);
}

void rows_close(struct rows *r) {
    struct buf *all[] = {&r->id,    &r->title,   &r->text, &r->tags,
                         &r->extra, &r->scratch, &r->part, &r->last};
    for (size_t i = 0; i < COUNT(all); i++) buf_free(all[i]);
    ids_close(&r->ids);
}

static const struct cell none = {CELL_NONE, {"", 0}, {"", 0}};
static const struct cell *cell_of(const struct source *s, int column) {
    return column >= 0 && column < s->n ? &s->cell[column] : &none;
}

/* A cell's text without blanks; what says that nothing is there is nothing. */
static struct view value_of(const struct cell *c) {
    struct view v = trim(c->text);
    return c->kind == CELL_NONE || is_nothing(v) ? VIEW("") : v;
}

static int has_control(struct view v) {
    for (size_t i = 0; i < v.n; i++)
        if ((unsigned char)v.p[i] < 0x20 || v.p[i] == 0x7f) return 1;
    return 0;
}

/* --- texts */

static void put_part(void *arg, struct view text) {
    struct buf *b = arg;
    if (b->n) buf_str(b, "\n");
    buf_view(b, text);
}

/* A cell as text into b: lists joined, HTML read. */
static void text_of(struct rows *r, const struct column *c, const struct cell *cell,
                    struct buf *b) {
    struct view v = value_of(cell);
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

/* All columns of a role that joins; one that repeats what is there already says nothing. */
static void join(struct rows *r, const struct source *s, enum role role, struct buf *b) {
    buf_clear(b);
    for (int i = r->layout->by[role]; i >= 0 && i < r->layout->n; i++) {
        const struct column *c = &r->layout->column[i];
        if (c->role != role) continue;
        text_of(r, c, cell_of(s, i), &r->part);
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
    else if (has_control(tag))
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

static void put_tags(struct rows *r, const struct source *s) {
    buf_clear(&r->tags);
    r->n_tags = 0;
    for (int i = r->layout->by[ROLE_TAGS]; i >= 0 && i < r->layout->n; i++) {
        struct column *c = &r->layout->column[i];
        if (c->role != ROLE_TAGS) continue;
        struct tag_adder a = {r, c, s->line};
        struct view v = value_of(cell_of(s, i));
        if (!v.n) continue;
        if (c->tags || c->entities) {
            buf_clear(&r->part);
            markup_text(v, c->tags, c->entities, &r->part);
            v = buf_text(&r->part);
        }
        list_split(v, c->list, &r->scratch, r->layout->config->exact ? add_tag : add_levels, &a);
    }
}

/* --- numbers and times */

static int read_number(const struct column *c, struct view v, double *out) {
    struct quantity q;
    size_t n = number_read(v, c->marks, out);
    if (n == v.n && n) return 1;
    if (n == v.n - 1 && v.n > 1 && v.p[n] == '+') return 1; /* "10,000+" */
    /* "4/5" */
    if (n && n < v.n && v.p[n] == '/' && v.n - n > 1) {
        double of;
        struct view rest = view_sub(v, n + 1, v.n);
        if (number_read(rest, c->marks, &of) == rest.n) return 1;
    }
    /* "12,450 ratings" */
    if (n && (v.p[n] == ' ' || (unsigned char)v.p[n] >= 0xc2)) {
        for (size_t i = n; i < v.n; i++)
            if (v.p[i] >= '0' && v.p[i] <= '9') return 0;
        return 1;
    }
    if (!quantity_parse(v, c->marks, &q)) return 0;
    *out = q.lo;
    return 1;
}

static void put_popularity(struct rows *r, const struct source *s) {
    int i = r->layout->by[ROLE_POPULARITY];
    struct view v = value_of(cell_of(s, i));
    double x;
    if (!v.n) return;
    struct column *c = &r->layout->column[i];
    if (!read_number(c, v, &x))
        column_lost(c, s->line, "is not a number", v);
    else if (x < 0)
        column_lost(c, s->line, "is below 0", v);
    else {
        r->out.has_popularity = 1;
        r->out.popularity = x;
    }
}

static int read_time(struct rows *r, const struct source *s, enum role role, long long *out) {
    int i = r->layout->by[role];
    struct view v = value_of(cell_of(s, i));
    struct when w;
    struct order_count order = {0};
    if (!v.n) return 0;
    struct column *c = &r->layout->column[i];
    date_order_add(&order, v);
    if (order.either && c->order == DATE_ANY)
        column_lost(c, s->line, "may be day and month or month and day; say dates=dmy or dates=mdy",
                    v);
    else if (date_parse(v, c->order, &w)) {
        *out = w.from;
        return 1;
    } else if ((role == ROLE_AT || view_eq_str(c->name, "time")) && view_int(v, out))
        return 1; /* seconds since 1970, or the steps of a log */
    else
        column_lost(c, s->line, "is not a time", v);
    return 0;
}

static void put_time(struct rows *r, const struct source *s) {
    struct view t = r->out.title;
    struct when w;
    r->out.has_time = read_time(r, s, ROLE_TIME, &r->out.time);
    if (!r->layout->year_in_title || t.n < 7 || t.p[t.n - 1] != ')' || t.p[t.n - 6] != '(') return;
    if (!date_parse(view_sub(t, t.n - 5, 4), DATE_ANY, &w)) return;
    r->out.has_time = 1;
    r->out.time = w.from;
}

/* --- further fields */

static void quote(struct buf *b, struct view v) {
    buf_str(b, "\"");
    size_t from = 0;
    for (size_t i = 0; i < v.n; i++) {
        unsigned char c = (unsigned char)v.p[i];
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        buf_add(b, v.p + from, i - from);
        from = i + 1;
        if (c < 0x20)
            buf_printf(b, "\\u%04x", c);
        else
            buf_printf(b, "\\%c", c);
    }
    buf_add(b, v.p + from, v.n - from);
    buf_str(b, "\"");
}

/* As they came: JSON's values as they are written there, cells as texts. Empty cells are none. */
static void put_extra(struct rows *r, const struct source *s) {
    int json = s->format != SOURCE_CSV, n = 0;
    buf_clear(&r->extra);
    buf_str(&r->extra, "{");
    for (int i = 0; i < r->layout->n; i++) {
        const struct column *c = &r->layout->column[i];
        const struct cell *cell = cell_of(s, i);
        if (c->role != ROLE_FIELD || (json ? cell->raw.n == 0 : trim(cell->text).n == 0)) continue;
        if (n++) buf_str(&r->extra, ",");
        quote(&r->extra, c->field);
        buf_str(&r->extra, ":");
        if (json)
            buf_view(&r->extra, cell->raw);
        else
            quote(&r->extra, trim(cell->text));
    }
    buf_str(&r->extra, "}");
}

/* --- ids */

static void check_id(const char *name, struct view v, struct fault *f) {
    if (v.n == 0)
        fault_set(f, "%s is missing or empty", name);
    else if (v.n > STORE_ID_MAX)
        fault_set(f, "%s has %zu bytes; at most %d are possible", name, v.n, STORE_ID_MAX);
    else if (has_control(v))
        fault_set(f, "%s holds a control character", name);
}

static struct view id_cell(const struct rows *r, const struct source *s, int column,
                           const char *name, struct fault *f) {
    const struct cell *c = cell_of(s, column);
    /* "NA" and "None" are ids as good as others; blanks are none. */
    struct view v = trim(c->text);
    const struct look *l = column >= 0 ? &r->layout->column[column].look : NULL;
    if (c->kind == CELL_NESTED || c->kind == CELL_FLAG)
        fault_set(f, "%s is neither a text nor a number", name);
    /* 7.0 is how a program writes a column of whole numbers that has gaps. */
    if (l && !r->layout->config->exact && l->whole == l->filled && v.n > 2 && l->filled &&
        memcmp(v.p + v.n - 2, ".0", 2) == 0)
        v.n -= 2;
    check_id(name, v, f);
    return v;
}

static void check_length(const char *name, struct view v, size_t max, struct fault *f) {
    if (v.n > max) fault_set(f, "%s has %zu bytes; at most %zu are possible", name, v.n, max);
}

/* --- items */

/* The beginning of a text as its title, cut between words. */
static struct view beginning(struct view text) {
    enum { TITLE = 80 };
    size_t n = 0, cut = 0;
    while (n < text.n && n < TITLE && text.p[n] != '\n') {
        if (text.p[n] == ' ') cut = n;
        if (n > 20 && text.p[n] == '.' && (n + 1 == text.n || text.p[n + 1] == ' ')) {
            cut = n;
            break;
        }
        n++;
    }
    if (n == text.n || text.p[n] == '\n') cut = n;
    if (cut == 0) cut = n;
    while (cut > 0 && cut < text.n && ((unsigned char)text.p[cut] & 0xC0) == 0x80) cut--;
    return trim(view_sub(text, 0, cut));
}

static struct view any_words(struct rows *r, const struct source *s) {
    for (int i = 0; i < r->layout->n; i++) {
        struct view v = value_of(cell_of(s, i));
        if (r->layout->column[i].role != ROLE_NONE && r->layout->column[i].role != ROLE_ID && v.n &&
            v.n <= STORE_TITLE_MAX)
            return v;
    }
    return r->out.id;
}

static enum status make_item(struct rows *r, const struct source *s, struct fault *f,
                             int *continues, struct err *e) {
    struct layout *p = r->layout;
    int id = p->by[ROLE_ID], title = p->by[ROLE_TITLE];
    if (id >= 0) r->out.id = id_cell(r, s, id, "id", f);
    if (title >= 0) {
        const struct cell *c = cell_of(s, title);
        text_of(r, &p->column[title], c, &r->title);
        if (!r->title.n && c->kind == CELL_TEXT && p->column[title].tags)
            buf_view(&r->title, value_of(c)); /* nothing but tags: then they are it */
        r->out.title = buf_text(&r->title);
        if (id >= 0 && !r->out.title.n && !f->text[0] && !p->config->exact &&
            s->format == SOURCE_CSV && r->last_id.n && view_eq(r->out.id, r->last_id)) {
            *continues = 1;
            return ST_OK;
        }
        if (c->kind == CELL_FLAG ||
            (c->kind == CELL_NESTED && (p->config->exact || !r->out.title.n)))
            fault_set(f, "title is neither a text nor a number");
    }
    join(r, s, ROLE_TEXT, &r->text);
    r->out.text = buf_text(&r->text);
    if (title < 0) r->out.title = r->out.text.n ? beginning(r->out.text) : any_words(r, s);
    if (!r->out.title.n) fault_set(f, "title is missing or empty");
    check_length("title", r->out.title, STORE_TITLE_MAX, f);
    check_length("text", r->out.text, STORE_TEXT_MAX, f);
    put_tags(r, s);
    put_popularity(r, s);
    put_time(r, s);
    put_extra(r, s);
    r->out.tags = buf_text(&r->tags);
    r->out.extra = buf_text(&r->extra);
    if (r->out.extra.n > STORE_TEXT_MAX + 2)
        fault_set(f, "the further fields have %zu bytes together; at most %d are possible",
                  r->out.extra.n - 2, STORE_TEXT_MAX);
    if (id < 0 && !f->text[0]) {
        TRY(ids_make(&r->ids, r->out.title, r->out.text, &r->id, e));
        r->out.id = buf_text(&r->id);
    }
    buf_clear(&r->last);
    buf_view(&r->last, r->out.id);
    r->last_id = buf_text(&r->last);
    return ST_OK;
}

/* --- members */

/* "25", of a column "age", is "age 25" in the profile. */
static void put_profile(struct rows *r, const struct source *s) {
    const struct layout *p = r->layout;
    int prose = 0;
    buf_clear(&r->text);
    for (int i = p->by[ROLE_PROFILE]; i >= 0 && i < p->n; i++) {
        const struct column *c = &p->column[i];
        if (c->role != ROLE_PROFILE) continue;
        int own = role_fit(c->name, ROLE_PROFILE, IMPORT_MEMBERS) > 0;
        const struct cell *cell = cell_of(s, i);
        if (cell->kind != CELL_NONE) r->out.has_profile = 1;
        text_of(r, c, cell, &r->part);
        struct view v = buf_text(&r->part);
        if (!v.n) continue;
        if (r->text.n) buf_str(&r->text, prose || own ? "\n" : ", ");
        if (!own) buf_printf(&r->text, "%.*s ", (int)c->words.n, c->words.p);
        buf_view(&r->text, v);
        prose = own;
    }
    r->out.profile = buf_text(&r->text);
}

static enum status make_member(struct rows *r, const struct source *s, struct fault *f,
                               struct err *e) {
    const struct layout *p = r->layout;
    int id = p->by[ROLE_ID], name = p->by[ROLE_NAME];
    if (id >= 0) r->out.id = id_cell(r, s, id, "id", f);
    if (name >= 0) {
        text_of(r, &p->column[name], cell_of(s, name), &r->title);
        r->out.name = buf_text(&r->title);
        r->out.has_name = cell_of(s, name)->kind != CELL_NONE;
    }
    put_profile(r, s);
    check_length("name", r->out.name, STORE_TITLE_MAX, f);
    check_length("profile", r->out.profile, STORE_TEXT_MAX, f);
    if (id >= 0 || f->text[0]) return ST_OK;
    TRY(ids_make(&r->ids, r->out.name, r->out.profile, &r->id, e));
    r->out.id = buf_text(&r->id);
    return ST_OK;
}

/* --- interactions */

static void put_label(struct rows *r, const struct source *s, struct fault *f) {
    struct layout *p = r->layout;
    int li = p->by[ROLE_LABEL], ri = p->by[ROLE_RATING], said = 0;
    struct view label = trim(cell_of(s, li)->text), rating = value_of(cell_of(s, ri));
    double x;
    if (p->implicit) {
        r->out.label = 1;
        return;
    }
    if (rating.n) {
        if (read_number(&p->column[ri], rating, &x)) {
            r->out.has_rating = 1;
            r->out.rating = x;
            r->out.label = label_of(&p->scale, x);
            said = 1;
        } else
            column_lost(&p->column[ri], s->line, "is not a number", rating);
    }
    if (label.n && (!is_nothing(label) || label_read(label) != LABEL_UNKNOWN)) {
        int l = label_read(label);
        if (l != LABEL_UNKNOWN) {
            r->out.label = l;
            said = 1;
        } else
            column_lost(&p->column[li], s->line, "says neither like nor dislike", label);
    }
    if (said) return;
    if (label.n)
        fault_set(f, "label '%s' is not one that is known, such as like, dislike, 1, 0, click",
                  text_show(label).text);
    else if (rating.n)
        fault_set(f, "rating '%s' is not a number", text_show(rating).text);
    else
        fault_set(f, "label or rating is missing; one of them is needed");
}

static void make_event(struct rows *r, const struct source *s, struct fault *f) {
    r->out.member = id_cell(r, s, r->layout->by[ROLE_MEMBER], "member", f);
    r->out.item = id_cell(r, s, r->layout->by[ROLE_ITEM], "item", f);
    put_label(r, s, f);
    (void)read_time(r, s, ROLE_AT, &r->out.at);
}

enum status rows_make(struct rows *r, const struct source *s, struct fault *f, int *continues,
                      struct err *e) {
    r->out = (struct stage_row){.line = s->line, .extra = VIEW("{}")};
    *continues = 0;
    TRY(layout_grow(r->layout, s, e));
    if (r->layout->config->kind == IMPORT_ITEMS)
        TRY(make_item(r, s, f, continues, e));
    else if (r->layout->config->kind == IMPORT_MEMBERS)
        TRY(make_member(r, s, f, e));
    else
        make_event(r, s, f);
    if (r->id.failed || r->title.failed || r->text.failed || r->tags.failed || r->extra.failed ||
        r->scratch.failed || r->part.failed)
        return fail(e, ST_NO_MEMORY, "no memory for the row of line %ld", s->line);
    return ST_OK;
}
