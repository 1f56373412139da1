/* Looking at the cells of a column. */
#include "server/import/columns/column.h"

#include "kernels/base/arena.h"
#include "server/import/columns/label.h"
#include "server/import/cell/markup.h"
#include "server/import/cell/trim.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { DISTINCT_MAX = 1 << 15, SHORT_CELL = 48 };

const char *column_type_name(enum column_type t) {
    static const char *const names[] = {"nothing", "text",     "number", "money",
                                        "date",    "duration", "list",   "flag"};
    return names[t];
}

static uint64_t hash(struct view v) {
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < v.n; i++) h = (h ^ (unsigned char)v.p[i]) * 0x100000001b3u;
    h ^= h >> 32;
    return h ? h : 1;
}

static int grow(struct distinct *d) {
    size_t cap = d->cap ? d->cap * 2 : 64;
    uint64_t *slot = mem_alloc(cap * sizeof *slot);
    if (!slot) return 0;
    memset(slot, 0, cap * sizeof *slot);
    for (size_t i = 0; i < d->cap; i++) {
        size_t at = d->slot[i] & (cap - 1);
        if (!d->slot[i]) continue;
        while (slot[at]) at = (at + 1) & (cap - 1);
        slot[at] = d->slot[i];
    }
    mem_free(d->slot);
    d->slot = slot;
    d->cap = cap;
    return 1;
}

static int add_distinct(struct distinct *d, uint64_t h) {
    if (d->full) return 1;
    if (d->n == DISTINCT_MAX) {
        d->full = 1;
        return 1;
    }
    if (d->n * 2 >= d->cap && !grow(d)) return 0;
    size_t at = h & (d->cap - 1);
    while (d->slot[at] && d->slot[at] != h) at = (at + 1) & (d->cap - 1);
    d->n += d->slot[at] == 0;
    d->slot[at] = h;
    return 1;
}

static int is_url(struct view v) {
    return v.n > 8 && (memcmp(v.p, "http://", 7) == 0 || memcmp(v.p, "https://", 8) == 0);
}

/* A plain small number is a date only where it is a year or a point in time that people mean. */
static int is_date(struct view v, int number, double x) {
    struct when w;
    if (number && x == floor(x) && !((x >= 1000 && x <= 2999) || (x >= 1e7 && x < 1e8) || x >= 1e8))
        return 0;
    if (number && x != floor(x) && x < 1e8) return 0;
    return date_parse(v, DATE_ANY, &w);
}

static int is_ambiguous(struct view v) {
    struct order_count c = {0};
    date_order_add(&c, v);
    return c.either > 0;
}

void look_range(struct look *l, double x) {
    int first = l->numbers == 0;
    if (x == -1)
        l->minus++;
    else
        l->above = l->minus == l->numbers || x < l->above ? x : l->above;
    l->lo = first || x < l->lo ? x : l->lo;
    l->hi = first || x > l->hi ? x : l->hi;
}

static void look_at_value(struct look *l, struct view v, int is_flag, int events) {
    double x = 0;
    struct quantity q;
    if (is_flag || (v.n <= 5 && flag_parse(v) >= 0)) l->flags++;
    if (events && label_read(v) != LABEL_UNKNOWN) l->labels++;
    if (v.n > SHORT_CELL) return;
    int number = number_read(v, MARKS_ANY, &x) == v.n;
    if (number) {
        look_range(l, x);
        l->numbers++;
        l->whole += x == floor(x);
        marks_add(&l->marks, v);
    }
    if (is_date(v, number, x) || is_ambiguous(v)) {
        l->dates++;
        date_order_add(&l->order, v);
    } else if (!number && quantity_parse(v, MARKS_ANY, &q) && q.unit) {
        l->money += q.unit->dim == DIM_MONEY;
        l->durations += q.unit->dim == DIM_TIME;
        if (q.unit->dim != DIM_MONEY && q.unit->dim != DIM_TIME) l->numbers++;
        marks_add(&l->marks, v);
    }
}

static int keep_sample(struct look *l, struct view v, struct arena *a) {
    enum { SAMPLE_MAX = 200 };
    for (int i = 0; i < l->n_samples; i++)
        if (view_eq(l->sample[i], view_sub(v, 0, l->sample[i].n))) return 1;
    size_t n = v.n < SAMPLE_MAX ? v.n : SAMPLE_MAX;
    while (n > 0 && n < v.n && ((unsigned char)v.p[n] & 0xC0) == 0x80) n--;
    char *copy = arena_copy(a, v.p, n);
    if (copy) l->sample[l->n_samples++] = (struct view){copy, n};
    return copy != NULL;
}

/* Whether the first text of a JSON list is an address, its own or in an object. */
static int first_is_url(struct view v) {
    enum { REACH = 80 };
    for (size_t i = 0; i < v.n && i < REACH; i++) {
        if (v.p[i] != '"') continue;
        struct view rest = view_sub(v, i + 1, v.n - i - 1);
        if (rest.n && is_url(rest)) return 1;
    }
    return 0;
}

enum status column_look(struct column *c, const struct cell *cell, int events, struct arena *a,
                        struct err *e) {
    struct look *l = &c->look;
    struct view v = trim(cell->text);
    if (cell->kind == CELL_NONE || is_nothing(v)) return ST_OK;
    uint64_t h = hash(v);
    l->changes += l->filled == 0 || h != l->last;
    l->last = h;
    l->filled++;
    l->nested += cell->kind == CELL_NESTED;
    l->objects += cell->kind == CELL_NESTED && v.p[0] == '{';
    l->bytes += (long long)v.n;
    for (size_t i = 0; i < v.n; i++) l->blanks += v.p[i] == ' ';
    l->urls += is_url(v) || (cell->kind == CELL_NESTED && first_is_url(v));
    if (!add_distinct(&l->distinct, h) || (l->n_samples < IMPORT_SAMPLES && !keep_sample(l, v, a)))
        return fail(e, ST_NO_MEMORY, "no memory to look at the columns");
    long long values = l->numbers + l->dates + l->flags + l->money + l->durations;
    if (cell->kind != CELL_NESTED) look_at_value(l, v, cell->kind == CELL_FLAG, events);
    l->words += l->numbers + l->dates + l->flags + l->money + l->durations == values;
    if (v.n < 4096) list_look_add(&l->list, v);
    l->tags += memchr(v.p, '<', v.n) && markup_tags(v);
    l->entities += memchr(v.p, '&', v.n) && markup_entities(v);
    return ST_OK;
}

static enum column_type type_of(const struct look *l, enum list_rule list) {
    long long most = l->filled - l->filled / 10;
    if (l->filled == 0) return TYPE_NOTHING;
    if (list != LIST_NONE && l->numbers < most && l->dates < most) return TYPE_LIST;
    if (l->flags >= l->filled && l->distinct.n <= 2) return TYPE_FLAG;
    if (l->dates >= most && l->dates > l->numbers) return TYPE_DATE;
    if (l->numbers >= most) return TYPE_NUMBER;
    if (l->money + l->numbers >= most && l->money) return TYPE_MONEY;
    if (l->durations >= most) return TYPE_DURATION;
    return l->dates >= most ? TYPE_DATE : TYPE_TEXT;
}

void column_decide(struct column *c, enum date_order wanted) {
    struct look *l = &c->look;
    const struct order_count *o = &l->order;
    c->list = list_decide(&l->list, 0);
    c->type = type_of(l, c->list);
    if (c->type != TYPE_LIST) c->list = LIST_NONE;
    c->marks = marks_decide(&l->marks);
    /* A few clear dates among many ways of writing them say nothing about the rest. */
    int clear = o->dmy > o->mdy ? o->dmy : o->mdy;
    c->order = wanted != DATE_ANY                   ? wanted
               : clear >= 3 && (!o->dmy || !o->mdy) ? date_order_decide(o)
                                                    : DATE_ANY;
    c->tags = l->tags * 4 >= l->filled && l->tags > 0; /* one that speaks of tags is not markup */
    c->entities = c->tags || (l->entities * 200 >= l->filled && l->entities > 0);
}

void column_close(struct column *c) {
    mem_free(c->look.distinct.slot);
    c->look.distinct.slot = NULL;
}

void column_lost(struct column *c, long line, const char *why, struct view value) {
    for (int i = 0; i < IMPORT_LINES; i++)
        if (c->line[i] == 0) {
            c->line[i] = line;
            break;
        }
    if (c->lost++ == 0)
        snprintf(c->lost_example, sizeof c->lost_example, "'%s' %s",
                 text_show(view_sub(value, 0, 48)).text, why);
    text_clean(c->lost_example);
}
