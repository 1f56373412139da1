/* One row of a file to one of the store. */
#include "server/import/rows/row_parts.h"

#include "server/import/cell/trim.h"

#include <string.h>

enum { ROW_TEXT = 2 << 20 };

void rows_open(struct rows *r, struct layout *p) {
    memset(r, 0, sizeof *r);
    r->layout = p;
    struct buf *all[] = {&r->id,      &r->title, &r->text, &r->tags,      &r->extra,
                         &r->scratch, &r->part,  &r->last, &r->last_title};
    for (size_t i = 0; i < COUNT(all); i++) buf_init(all[i], ROW_TEXT);
}

void rows_close(struct rows *r) {
    struct buf *all[] = {&r->id,      &r->title, &r->text, &r->tags,      &r->extra,
                         &r->scratch, &r->part,  &r->last, &r->last_title};
    for (size_t i = 0; i < COUNT(all); i++) buf_free(all[i]);
    ids_close(&r->ids);
}

static void put_time(struct rows *r, const struct source *s) {
    struct view t = r->out.title;
    struct when w;
    r->out.has_time = row_time(r, s, ROLE_TIME, &r->out.time);
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
        const struct cell *cell = row_cell(s, i);
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
    else if (row_has_control(v))
        fault_set(f, "%s holds a control character", name);
}

static struct view id_cell(const struct rows *r, const struct source *s, int column,
                           const char *name, struct fault *f) {
    const struct cell *c = row_cell(s, column);
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
        struct view v = row_value(row_cell(s, i));
        if (r->layout->column[i].role != ROLE_NONE && r->layout->column[i].role != ROLE_ID && v.n &&
            v.n <= STORE_TITLE_MAX)
            return v;
    }
    return r->out.id;
}

static void item_title(struct rows *r, const struct source *s, struct fault *f) {
    const struct layout *p = r->layout;
    int title = p->by[ROLE_TITLE];
    if (title < 0) return;
    const struct cell *c = row_cell(s, title);
    row_text(r, &p->column[title], c, &r->title);
    if (!r->title.n && c->kind == CELL_TEXT && p->column[title].tags)
        buf_view(&r->title, row_value(c)); /* nothing but tags: then they are it */
    r->out.title = buf_text(&r->title);
    if (c->kind == CELL_FLAG || (c->kind == CELL_NESTED && (p->config->exact || !r->out.title.n)))
        fault_set(f, "title is neither a text nor a number");
}

/* Whether the row goes on with the item above it: its variants, its further pictures. */
static int goes_on(const struct rows *r, const struct source *s) {
    return !r->layout->config->exact && s->format == SOURCE_CSV && r->last.n &&
           view_eq(r->out.id, buf_text(&r->last)) &&
           (!r->out.title.n || view_eq(r->out.title, buf_text(&r->last_title)));
}

static void keep_last(struct rows *r) {
    buf_clear(&r->last);
    buf_view(&r->last, r->out.id);
    buf_clear(&r->last_title);
    buf_view(&r->last_title, r->out.title);
}

/* A title that is not there, from the text, where that is how the file is. */
static void title_of_text(struct rows *r, const struct source *s, struct fault *f) {
    struct layout *p = r->layout;
    if (p->by[ROLE_TITLE] < 0)
        r->out.title = r->out.text.n ? beginning(r->out.text) : any_words(r, s);
    else if (!r->out.title.n && p->title_may_lack && r->out.text.n) {
        r->out.title = beginning(r->out.text);
        p->made_titles++;
    }
    if (!r->out.title.n) fault_set(f, "title is missing or empty");
}

static enum status item_id(struct rows *r, struct err *e) {
    if (r->layout->by[ROLE_ID] >= 0) r->layout->made_ids++;
    TRY(ids_make(&r->ids, r->out.title, r->out.text, &r->id, e));
    r->out.id = buf_text(&r->id);
    return ST_OK;
}

static void item_rest(struct rows *r, const struct source *s, struct fault *f) {
    check_length("title", r->out.title, STORE_TITLE_MAX, f);
    check_length("text", r->out.text, STORE_TEXT_MAX, f);
    row_tags(r, s);
    row_popularity(r, s);
    put_time(r, s);
    put_extra(r, s);
    r->out.tags = buf_text(&r->tags);
    r->out.extra = buf_text(&r->extra);
    if (r->out.extra.n > STORE_TEXT_MAX + 2)
        fault_set(f, "the further fields have %zu bytes together; at most %d are possible",
                  r->out.extra.n - 2, STORE_TEXT_MAX);
}

static enum status make_item(struct rows *r, const struct source *s, struct fault *f,
                             int *continues, struct err *e) {
    const struct layout *p = r->layout;
    int id = p->by[ROLE_ID];
    int made = id < 0 || (p->id_may_lack && !row_value(row_cell(s, id)).n);
    if (!made) r->out.id = id_cell(r, s, id, "id", f);
    item_title(r, s, f);
    *continues = !made && !f->text[0] && goes_on(r, s);
    if (*continues) return ST_OK;
    row_join(r, s, ROLE_TEXT, &r->text);
    r->out.text = buf_text(&r->text);
    title_of_text(r, s, f);
    item_rest(r, s, f);
    if (made && !f->text[0]) TRY(item_id(r, e));
    keep_last(r);
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
        const struct cell *cell = row_cell(s, i);
        if (cell->kind != CELL_NONE) r->out.has_profile = 1;
        row_text(r, c, cell, &r->part);
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
        row_text(r, &p->column[name], row_cell(s, name), &r->title);
        r->out.name = buf_text(&r->title);
        r->out.has_name = row_cell(s, name)->kind != CELL_NONE;
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
    struct view label = trim(row_cell(s, li)->text), rating = row_value(row_cell(s, ri));
    double x;
    if (p->implicit) {
        r->out.label = 1;
        return;
    }
    if (rating.n) {
        if (row_number(&p->column[ri], rating, &x) && x == -1 && p->minus_is_none)
            said = 1;
        else if (row_number(&p->column[ri], rating, &x)) {
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
    (void)row_time(r, s, ROLE_AT, &r->out.at);
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
