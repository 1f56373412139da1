/* Columns of texts to typed fields: the first type that nine in ten cells can be read as. */
#include "server/catalog/fields/fields.h"

#include "server/catalog/fields/reader.h"
#include "server/catalog/fields/values.h"

#include <math.h>
#include <string.h>

enum { VALUES_MAX = 1000 };

/* What making fields works with. */
struct work {
    struct columns *c;
    const struct item *item;
    const struct catalog *of;
    struct scratch *scratch;
    int distinct;            /* hashes in scratch->seen */
    enum number_marks marks; /* of the columns together */
};

static enum status no_memory(struct err *e) {
    return fail(e, ST_NO_MEMORY, "no memory for a catalogue's fields");
}

/* --- different values */

static void distinct_clear(struct work *w) {
    memset(w->scratch->seen, 0, sizeof w->scratch->seen);
    w->distinct = 0;
}

/* Whether the value is new; counts up to VALUES_MAX. */
static int distinct_add(struct work *w, uint64_t hash) {
    if (w->distinct >= VALUES_MAX) return 0;
    hash |= 1;
    for (size_t i = hash >> 32;; i++) {
        uint64_t *at = &w->scratch->seen[i % READER_SEEN];
        if (*at == hash) return 0;
        if (*at) continue;
        *at = hash;
        w->distinct++;
        return 1;
    }
}

static void count_text(struct work *w, struct field *f, const char *text) {
    if (!distinct_add(w, pool_hash(view_of(text)))) return;
    for (int k = 0; k < FIELD_EXAMPLES; k++)
        if (!f->example[k]) {
            f->example[k] = text;
            return;
        }
}

/* Counts different values and keeps the first ones as examples. */
static void count_values(struct work *w, struct field *f) {
    distinct_clear(w);
    for (int i = 0; i < w->c->n_items; i++)
        if (f->type == FIELD_TYPE_LIST)
            for (int k = 0; k < f->n_list[i]; k++) count_text(w, f, f->list[i][k]);
        else if (f->text[i])
            count_text(w, f, f->text[i]);
    f->values = w->distinct;
}

static void count_numbers(struct work *w, struct field *f) {
    distinct_clear(w);
    for (int i = 0; i < w->c->n_items; i++) {
        struct view bytes = {(const char *)&f->number[i], sizeof f->number[i]};
        if (!isnan(f->number[i])) (void)distinct_add(w, pool_hash(bytes));
    }
    f->values = w->distinct;
}

void field_widen(struct field *f, double lo, double hi) {
    if (!(f->lo <= lo)) f->lo = lo;
    if (!(f->hi >= hi)) f->hi = hi;
}

/* --- filling */

/* Ends of ranges are kept from the first one on; before it each equals its number. */
static enum status set_until(struct pool *p, int n, const double *number, double **until,
                             struct err *e) {
    if (*until) return ST_OK;
    if (!(*until = ARENA_NEW(p->a, double, (size_t)n))) return no_memory(e);
    memcpy(*until, number, (size_t)n * sizeof **until);
    return ST_OK;
}

/* Reads all cells; *fits tells whether nine in ten can be read. */
static enum status fill_numbers(struct pool *p, const struct column *c, int n,
                                const struct reader *r, struct field *f, int *fits, struct err *e) {
    double *number = ARENA_NEW(p->a, double, (size_t)n), *until = NULL;
    if (!number) return no_memory(e);
    f->unreadable = 0;
    f->lo = f->hi = NAN;
    for (int i = 0; i < n; i++) number[i] = NAN;
    known_clear(r->scratch);
    for (int i = 0; i < n; i++) {
        double lo, hi;
        if (!c->text[i] || !text_read(r, c->text[i], &lo, &hi)) {
            f->unreadable += c->text[i] || (c->list && c->list[i]);
            continue;
        }
        number[i] = lo;
        if (hi != lo) TRY(set_until(p, n, number, &until, e));
        if (until) until[i] = hi;
        field_widen(f, lo, r->type == FIELD_TYPE_DATE ? lo : hi);
    }
    *fits = (long long)f->unreadable * 10 <= f->filled;
    f->number = *fits ? number : NULL;
    f->until = *fits ? until : NULL;
    return ST_OK;
}

static enum status split_cell(struct pool *p, const struct reader *r, struct view cell,
                              const char *const **out, int *n, struct err *e) {
    struct view piece;
    int k = 0;
    for (size_t at = 0; list_next(r, cell, &at, &piece);) k++;
    const char **list = pool_alloc(p, (size_t)k * sizeof *list, sizeof *list);
    if (!list) return no_memory(e);
    *n = 0;
    for (size_t at = 0; *n < k && list_next(r, cell, &at, &piece);)
        if (piece.n && !(list[(*n)++] = pool_keep(p, piece))) return no_memory(e);
    *out = list;
    return ST_OK;
}

static enum status fill_list(struct columns *cs, struct column *c, const struct reader *r,
                             struct field *f, struct err *e) {
    if (!c->list) {
        c->list = ARENA_NEW(cs->pool->a, const char *const *, (size_t)cs->n_items);
        c->n_list = ARENA_NEW(cs->pool->a, int, (size_t)cs->n_items);
        if (!c->list || !c->n_list) return no_memory(e);
    }
    for (int i = 0; i < cs->n_items; i++)
        if (c->text[i])
            TRY(split_cell(cs->pool, r, view_of(c->text[i]), &c->list[i], &c->n_list[i], e));
    f->list = c->list;
    f->n_list = c->n_list;
    return ST_OK;
}

/* A column that is mostly texts: lists in it become their texts, joined. */
static enum status join_lists(struct columns *cs, struct column *c, struct err *e) {
    for (int i = 0; c->list && i < cs->n_items; i++) {
        char text[1000] = "";
        size_t used = 0;
        for (int k = 0; k < c->n_list[i] && used < sizeof text - 1; k++) {
            struct view v = view_of(c->list[i][k]);
            size_t room = sizeof text - 1 - used;
            if (v.n + 2 > room) break;
            if (used) memcpy(text + used, ", ", 2), used += 2;
            memcpy(text + used, v.p, v.n);
            used += v.n;
        }
        if (!c->list[i]) continue;
        c->text[i] = pool_keep(cs->pool, (struct view){text, used});
        if (!c->text[i]) return no_memory(e);
    }
    return ST_OK;
}

/* Where the numbers' unit comes from a noun, that is its name. */
static enum status unit_name(struct pool *p, const struct reader *r, const char **out,
                             struct err *e) {
    int noun = r->type == FIELD_TYPE_NUMBER && !r->unit && r->tail[0] && !strchr("/(", r->tail[0]);
    *out = r->unit ? r->unit->name : "";
    if (noun && !(*out = pool_keep(p, view_of(r->tail)))) return no_memory(e);
    return ST_OK;
}

/* --- types */

/* Whether most of a sample can be read, before the whole column is. */
static int sample_fits(const struct column *c, int n, const struct reader *r) {
    const struct scratch *s = r->scratch;
    double lo, hi;
    int bad = 0;
    cells_sample(c, n, r->scratch);
    for (int i = 0; i < s->n; i++) bad += !cell_read(r, s->cell[i], &lo, &hi);
    return bad * 10 <= s->n * 2;
}

/* Fills f by the first reader of numbers that fits; *found 0: by none. */
static enum status try_numbers(struct columns *cs, const struct column *c, struct reader *r,
                               struct field *f, int *found, struct err *e) {
    static int (*const prepare[])(const struct column *, int,
                                  struct reader *) = {flag_prepare, date_prepare, quantity_prepare};
    const struct reader clean = *r;
    *found = 0;
    for (size_t i = 0; i < COUNT(prepare) && !*found; i++) {
        *r = clean;
        if (!prepare[i](c, cs->n_items, r) || !sample_fits(c, cs->n_items, r)) continue;
        TRY(fill_numbers(cs->pool, c, cs->n_items, r, f, found, e));
    }
    if (*found) return unit_name(cs->pool, r, &f->unit, e);
    *r = clean;
    f->unreadable = 0;
    f->lo = f->hi = NAN;
    return ST_OK;
}

static enum status fill(struct columns *cs, struct column *c, struct reader *r, struct field *f,
                        struct err *e) {
    int found = 0, lists = (long long)c->n_lists * 10 >= 9ll * f->filled;
    int named = (r->name->hints & NAME_ID) != 0;
    if (lists) {
        r->type = FIELD_TYPE_LIST;
        r->split = '[';
        return fill_list(cs, c, r, f, e);
    }
    if (!named) TRY(try_numbers(cs, c, r, f, &found, e));
    if (found) return ST_OK;
    if (!named && list_prepare(c, cs->n_items, r)) return fill_list(cs, c, r, f, e);
    r->type = FIELD_TYPE_TEXT;
    return join_lists(cs, c, e);
}

static enum status one_field(struct work *w, struct column *c, struct field *f, struct err *e) {
    struct name name;
    struct reader r = {.name = &name, .scratch = w->scratch, .others = w->marks};
    name_read(view_of(c->name), &name);
    *f = (struct field){.name = c->name,
                        .words = pool_copy(w->c->pool, view_of(name.words)),
                        .unit = "",
                        .filled = c->n_texts + c->n_lists,
                        .lo = NAN,
                        .hi = NAN,
                        .text = c->text};
    if (!f->words) return no_memory(e);
    TRY(fill(w->c, c, &r, f, e));
    f->type = r.type;
    count_values(w, f);
    return ST_OK;
}

/* --- the items' own */

/* What the stored times stand for: all on a new year are years, all on a midnight are days. */
static long long time_length(const struct item *item, int n) {
    int years = 1;
    for (int i = 0; i < n; i++) {
        int year, month, day;
        if (!item[i].has_time) continue;
        long long t = item[i].time, d = t / 86400 - (t % 86400 < 0);
        if (t != d * 86400) return 1;
        civil_of(d, &year, &month, &day);
        if (month != 1 || day != 1) years = 0;
    }
    return years ? 366 * 86400 : 86400;
}

static double time_end(long long t, long long length) {
    int year, month, day;
    if (length <= 86400) return (double)(t + length);
    civil_of(t / 86400 - (t % 86400 < 0), &year, &month, &day);
    return (double)(days_of(year + 1, 1, 1) * 86400);
}

static enum status time_field(struct work *w, struct field *f, struct err *e) {
    int n = w->c->n_items;
    double *number = ARENA_NEW(w->c->pool->a, double, (size_t)n);
    double *until = ARENA_NEW(w->c->pool->a, double, (size_t)n);
    if (!number || !until) return no_memory(e);
    long long length = time_length(w->item, n);
    f->number = number;
    f->until = until;
    for (int i = 0; i < n; i++) {
        const struct item *it = &w->item[i];
        number[i] = it->has_time ? (double)it->time : NAN;
        until[i] = it->has_time ? time_end(it->time, length) : NAN;
        if (!it->has_time) continue;
        f->filled++;
        field_widen(f, number[i], number[i]);
    }
    count_numbers(w, f);
    return ST_OK;
}

static enum status popularity_field(struct work *w, struct field *f, struct err *e) {
    int n = w->c->n_items;
    double *number = ARENA_NEW(w->c->pool->a, double, (size_t)n);
    if (!number) return no_memory(e);
    f->number = number;
    for (int i = 0; i < n; i++) {
        number[i] = w->item[i].has_popularity ? w->item[i].popularity : NAN;
        if (!w->item[i].has_popularity) continue;
        f->filled++;
        field_widen(f, number[i], number[i]);
    }
    count_numbers(w, f);
    return ST_OK;
}

static enum status tags_field(struct work *w, struct field *f, struct err *e) {
    int n = w->c->n_items;
    const char *const **list = ARENA_NEW(w->c->pool->a, const char *const *, (size_t)n);
    int *n_list = ARENA_NEW(w->c->pool->a, int, (size_t)n);
    if (!list || !n_list) return no_memory(e);
    f->list = list;
    f->n_list = n_list;
    for (int i = 0; i < n; i++) {
        list[i] = w->item[i].tags;
        n_list[i] = w->item[i].n_tags;
        f->filled += n_list[i] > 0;
    }
    count_values(w, f);
    return ST_OK;
}

/* The words for one of the items' own fields: of what the file called it, else its name with us. */
static const char *own_words(struct work *w, const char *called, const char *name) {
    struct name n;
    if (!called || !called[0]) return name;
    name_read(view_of(called), &n);
    return n.words[0] ? pool_copy(w->c->pool, view_of(n.words)) : name;
}

static enum status own_fields(struct work *w, struct field *f, int *n, struct err *e) {
    const struct {
        const char *name, *called;
        enum field_type type;
        enum status (*make)(struct work *, struct field *, struct err *);
    } own[] = {{"tags", NULL, FIELD_TYPE_LIST, tags_field},
               {"time", w->of->time_name, FIELD_TYPE_DATE, time_field},
               {"popularity", w->of->popularity_name, FIELD_TYPE_NUMBER, popularity_field}};
    int any[COUNT(own)] = {0};
    const char **none = ARENA_NEW(w->c->pool->a, const char *, (size_t)w->c->n_items);
    if (!none) return no_memory(e);
    for (int i = 0; i < w->c->n_items; i++) {
        any[0] |= w->item[i].n_tags > 0;
        any[1] |= w->item[i].has_time;
        any[2] |= w->item[i].has_popularity;
    }
    for (size_t k = 0; k < COUNT(own); k++) {
        if (!any[k]) continue;
        f[*n] = (struct field){.name = own[k].name,
                               .words = own_words(w, own[k].called, own[k].name),
                               .type = own[k].type,
                               .unit = "",
                               .lo = NAN,
                               .hi = NAN,
                               .text = none};
        if (!f[*n].words) return no_memory(e);
        TRY(own[k].make(w, &f[(*n)++], e));
    }
    return ST_OK;
}

static enum status all_fields(struct work *w, struct field *f, int *n, struct err *e) {
    TRY(own_fields(w, f, n, e));
    w->marks = columns_marks(w->c, w->scratch);
    for (int i = 0; i < w->c->n; i++)
        if (w->c->column[i].n_texts + w->c->column[i].n_lists > 0)
            TRY(one_field(w, &w->c->column[i], &f[(*n)++], e));
    for (int i = 0; i < *n; i++)
        if (f[i].type == FIELD_TYPE_TEXT || f[i].type == FIELD_TYPE_LIST)
            TRY(values_make(&f[i], w->c->n_items, w->c->pool->a, e));
    fields_currency(f, *n, w->c->n_items);
    return ST_OK;
}

enum status fields_make(struct columns *c, const struct item *item, const struct catalog *of,
                        const struct field **out, int *n_fields, struct err *e) {
    struct field *f = ARENA_NEW(c->pool->a, struct field, (size_t)c->n + 3);
    struct work w = {.c = c, .item = item, .of = of, .scratch = mem_alloc(sizeof *w.scratch)};
    *n_fields = 0;
    enum status st = f && w.scratch ? all_fields(&w, f, n_fields, e) : no_memory(e);
    mem_free(w.scratch);
    *out = f;
    return st;
}
