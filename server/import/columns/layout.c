/* The first pass: a look at the columns, and what follows from it. */
#include "server/import/columns/layout.h"

#include "kernels/base/arena.h"
#include "server/import/cell/trim.h"
#include "server/value/words.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { LOOK_ROWS = 10000, LOOK_CELLS = 400000, TEST_IDS = 200 };

void layout_warn(struct layout *p, const char *fmt, ...) {
    char text[300];
    va_list ap;
    if (p->n_warnings == IMPORT_WARNINGS) return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    text_clean(text);
    const char *copy = arena_copy(p->arena, text, strlen(text));
    if (copy) p->warning[p->n_warnings++] = copy;
}

static enum status add_column(struct layout *p, struct view name, struct err *e) {
    char words[200];
    if (p->n == p->cap) {
        int cap = p->cap ? p->cap * 2 : 32;
        struct column *more =
            mem_grow(p->column, (size_t)p->n * sizeof *more, (size_t)cap * sizeof *more);
        if (!more) return fail(e, ST_NO_MEMORY, "no memory for the columns");
        p->column = more;
        p->cap = cap;
    }
    struct column *c = &p->column[p->n++];
    memset(c, 0, sizeof *c);
    c->name = c->field = name;
    c->role = p->config->kind == IMPORT_ITEMS ? ROLE_FIELD : ROLE_NONE;
    size_t n = word_fold(name, words, sizeof words);
    for (size_t i = 0; i < n; i++)
        if (words[i] == '_' || words[i] == '-') words[i] = ' ';
    char *copy = arena_copy(p->arena, words, n);
    if (!copy) return fail(e, ST_NO_MEMORY, "no memory for the columns");
    c->words = (struct view){copy, n};
    return ST_OK;
}

enum status layout_grow(struct layout *p, const struct source *s, struct err *e) {
    while (p->n < s->n) TRY(add_column(p, s->name[p->n], e));
    return ST_OK;
}

void layout_close(struct layout *p) {
    for (int i = 0; i < p->n; i++) column_close(&p->column[i]);
    mem_free(p->column);
    p->column = NULL;
    p->n = 0;
}

/* --- looking */

static enum status test_ids(struct layout *p, const struct source *s, layout_has_item has,
                            void *arg, struct err *e) {
    for (int i = 0; i < s->n; i++) {
        struct look *l = &p->column[i].look;
        struct view v = trim(s->cell[i].text);
        int yes;
        if (!v.n || v.n > STORE_ID_MAX || l->tested >= TEST_IDS) continue;
        TRY(has(arg, v, &yes, e));
        l->tested++;
        l->hits += yes;
    }
    return ST_OK;
}

static enum status look_at_row(struct layout *p, const struct source *s, struct err *e) {
    TRY(layout_grow(p, s, e));
    for (int i = 0; i < s->n; i++)
        TRY(column_look(&p->column[i], &s->cell[i], p->config->kind == IMPORT_INTERACTIONS,
                        p->arena, e));
    p->looked++;
    return ST_OK;
}

static int may_be_rating(const struct layout *p, int i) {
    return p->column[i].role == ROLE_RATING ||
           role_fit(p->column[i].name, ROLE_RATING, IMPORT_INTERACTIONS);
}

/* Behind the look only the range of ratings is still of interest. */
static void look_at_range(struct layout *p, const struct source *s) {
    for (int i = 0; i < p->n && i < s->n; i++) {
        struct look *l = &p->column[i].look;
        struct view v = trim(s->cell[i].text);
        double x;
        if (!may_be_rating(p, i) || !v.n || number_read(v, MARKS_ANY, &x) != v.n) continue;
        look_range(l, x);
    }
}

static enum status look(struct layout *p, struct source *s, layout_has_item has, void *arg,
                        struct err *e) {
    int got, events = p->config->kind == IMPORT_INTERACTIONS;
    for (;;) {
        struct fault f = {.text = ""};
        TRY(source_next(s, &f, &got, e));
        if (!got) return ST_OK;
        if (f.text[0]) continue;
        if (p->looked < LOOK_ROWS && p->looked * s->n < LOOK_CELLS) {
            TRY(look_at_row(p, s, e));
            if (events && p->looked <= TEST_IDS) TRY(test_ids(p, s, has, arg, e));
        } else if (events)
            look_at_range(p, s);
        else
            return ST_OK;
    }
}

/* --- deciding */

static int find(const struct layout *p, struct view name) {
    for (int i = 0; i < p->n; i++)
        if (view_eq(p->column[i].name, name)) return i;
    for (int i = 0; i < p->n; i++)
        if (p->column[i].name.n == name.n && strncasecmp(p->column[i].name.p, name.p, name.n) == 0)
            return i;
    return -1;
}

static enum status lists(struct layout *p, const struct source *s, struct err *e) {
    const struct import_config *c = p->config;
    for (int i = 0; i < p->n; i++)
        if (p->column[i].role == ROLE_TAGS) {
            p->column[i].list = s->typed[i] ? LIST_SPACE : list_decide(&p->column[i].look.list, 1);
            if (c->exact) p->column[i].list = s->typed[i] ? LIST_SPACE : LIST_PIPE;
        }
    for (int k = 0; k < c->n_lists; k++) {
        int i = find(p, c->lists[k][0]);
        if (i < 0) {
            layout_warn(p, "lists names the column '%s', which the file does not have",
                        text_show(c->lists[k][0]).text);
            continue;
        }
        if (!list_named(c->lists[k][1], &p->column[i].list)) {
            (void)fail(e, ST_INVALID, "lists: '%s' is no separator",
                       text_show(c->lists[k][1]).text);
            err_field(e, "lists");
            err_hint(e, "pipe, comma, semicolon, slash, space, line, ideographic, literal or none");
            return ST_INVALID;
        }
        p->column[i].type = p->column[i].list ? TYPE_LIST : TYPE_TEXT;
    }
    return ST_OK;
}

static enum status map(struct layout *p, struct err *e) {
    const struct import_config *c = p->config;
    for (int k = 0; k < c->n_map; k++) {
        struct view ours = c->map[k][1];
        int i = find(p, c->map[k][0]);
        if (i < 0) {
            layout_warn(p, "map names the column '%s', which the file does not have",
                        text_show(c->map[k][0]).text);
            continue;
        }
        struct column *col = &p->column[i];
        enum role r = ours.n == 0 ? ROLE_NONE : role_named(ours, c->kind);
        if (r == ROLE_COUNT) {
            r = c->kind == IMPORT_ITEMS     ? ROLE_FIELD
                : c->kind == IMPORT_MEMBERS ? ROLE_PROFILE
                                            : ROLE_NONE;
            if (!view_eq_str(ours, "field")) col->field = ours;
        }
        for (int m = 0; r < ROLE_COUNT && !role_joins(r) && m < p->n; m++)
            if (m != i && p->column[m].mapped && p->column[m].role == r) {
                (void)fail(e, ST_INVALID, "map gives %s to two columns, '%s' and '%s'",
                           role_name(r), text_show(p->column[m].name).text,
                           text_show(col->name).text);
                err_field(e, "map");
                err_hint(e, "map one of them to field or to nothing");
                return ST_INVALID;
            }
        col->role = r;
        col->mapped = 1;
    }
    return ST_OK;
}

static enum status wanted_order(const struct import_config *c, enum date_order *out,
                                struct err *e) {
    *out = DATE_ANY;
    if (c->dates.n == 0) return ST_OK;
    if (view_eq_str(c->dates, "dmy"))
        *out = DATE_DMY;
    else if (view_eq_str(c->dates, "mdy"))
        *out = DATE_MDY;
    else if (view_eq_str(c->dates, "ymd"))
        *out = DATE_YMD;
    else {
        (void)fail(e, ST_INVALID, "dates must be dmy, mdy or ymd");
        err_field(e, "dates");
        return ST_INVALID;
    }
    return ST_OK;
}

/* Titles of films end in the year where no column holds it. */
static void find_years(struct layout *p) {
    int t = p->by[ROLE_TITLE], years = 0;
    if (p->config->exact || t < 0 || p->by[ROLE_TIME] >= 0) return;
    const struct look *l = &p->column[t].look;
    for (int i = 0; i < l->n_samples; i++) {
        struct view v = l->sample[i];
        long long year;
        years += v.n > 7 && v.p[v.n - 1] == ')' && v.p[v.n - 6] == '(' &&
                 view_int(view_sub(v, v.n - 5, 4), &year) && year >= 1850 && year <= 2100;
    }
    p->year_in_title = l->n_samples > 0 && years == l->n_samples;
    if (p->year_in_title)
        layout_warn(p, "no column holds a time; the year in brackets at the end of titles is read "
                       "as it");
}

static void scale(struct layout *p) {
    int r = p->by[ROLE_RATING];
    const struct import_config *c = p->config;
    if (r < 0 || p->column[r].look.numbers == 0) return;
    const struct look *l = &p->column[r].look;
    p->has_range = 1;
    p->minus_is_none = l->lo == -1 && l->hi > 1;
    label_scale(p->minus_is_none ? l->above : l->lo, l->hi, &p->scale);
    if (c->has_like) p->scale.like_from = c->like_from;
    if (c->has_dislike) p->scale.dislike_to = c->dislike_to;
}

/* What a role reads is of its kind, whatever few values looked like. */
static void name_type(struct column *c) {
    if (c->role < ROLE_COUNT && c->role != ROLE_TAGS && c->list != LIST_LITERAL)
        c->list = LIST_NONE;
    if (c->look.filled == 0) return;
    if (c->role == ROLE_TIME || c->role == ROLE_AT)
        c->type = TYPE_DATE;
    else if (c->role == ROLE_TAGS)
        c->type = TYPE_LIST;
    else if (c->role == ROLE_POPULARITY || c->role == ROLE_RATING)
        c->type = TYPE_NUMBER;
    else if (c->role < ROLE_COUNT && c->role != ROLE_LABEL)
        c->type = TYPE_TEXT;
}

/* An id that was only guessed may lack, and so may a title where it does in a tenth of the rows. */
static void may_lack(struct layout *p) {
    int id = p->by[ROLE_ID], title = p->by[ROLE_TITLE];
    if (p->config->kind != IMPORT_ITEMS || p->config->exact) return;
    p->id_may_lack = id >= 0 && !p->column[id].mapped &&
                     role_fit(p->column[id].name, ROLE_ID, IMPORT_ITEMS) != ROLE_OWN;
    p->title_may_lack = title >= 0 && p->by[ROLE_TEXT] >= 0 && p->looked >= 20 &&
                        p->column[title].look.filled * 10 < p->looked * 9;
}

/* A column whose numbers could be read both ways ("1.845") is read as the others of its file are.
 */
static void share_marks(struct layout *p) {
    int n[MARKS_COMMA + 1] = {0};
    for (int i = 0; i < p->n; i++) n[p->column[i].marks]++;
    if ((n[MARKS_POINT] > 0) == (n[MARKS_COMMA] > 0)) return;
    enum number_marks file = n[MARKS_COMMA] ? MARKS_COMMA : MARKS_POINT;
    for (int i = 0; i < p->n; i++) {
        struct column *c = &p->column[i];
        if (c->marks == MARKS_ANY && c->look.marks.either > 0) c->marks = file;
    }
}

static enum status decide(struct layout *p, const struct source *s, struct err *e) {
    enum date_order order;
    TRY(wanted_order(p->config, &order, e));
    for (int i = 0; i < p->n; i++) column_decide(&p->column[i], order);
    share_marks(p);
    for (int i = 0; i < p->n && p->config->exact; i++) {
        p->column[i].tags = p->column[i].entities = 0;
        p->column[i].marks = MARKS_POINT;
    }
    TRY(map(p, e));
    TRY(layout_roles(p, s, e));
    for (int r = 0; r < ROLE_COUNT; r++) {
        p->by[r] = -1;
        for (int i = p->n; i-- > 0;)
            if ((int)p->column[i].role == r) p->by[r] = i;
    }
    TRY(lists(p, s, e));
    for (int i = 0; i < p->n; i++) name_type(&p->column[i]);
    find_years(p);
    may_lack(p);
    scale(p);
    p->implicit = p->by[ROLE_LABEL] < 0 && p->by[ROLE_RATING] < 0;
    if (p->config->kind == IMPORT_INTERACTIONS && p->implicit && p->looked)
        layout_warn(p, "no column holds a label or a rating; every row counts as a like");
    return ST_OK;
}

enum status layout_make(struct layout *p, struct source *s, struct arena *a, layout_has_item has,
                        void *arg, struct err *e) {
    *p = (struct layout){.config = s->config, .arena = a};
    enum status st = layout_grow(p, s, e);
    if (st == ST_OK) st = look(p, s, has, arg, e);
    if (st == ST_OK) st = decide(p, s, e);
    if (st != ST_OK)
        layout_close(p);
    else
        source_rewind(s);
    return st;
}
