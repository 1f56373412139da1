/* Checks of clauses against items' fields. */
#include "server/rank/checks.h"

#include "model/base/buf.h"
#include "model/base/clock.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SPANS_MAX = 16 };

/* An item's field as a number (years, amounts, dates like 20260901), NAN when it has none. */
static double number_of(const struct fact *f, const struct item *it) {
    double x = NAN;
    if (f->kind == LIMIT_YEAR) return it->has_time ? clock_year(it->time) : (double)NAN;
    if (f->kind == LIMIT_DATE) {
        char text[CLOCK_TEXT];
        int year, month, day;
        if (!it->has_time) return x;
        clock_format(it->time, text);
        if (sscanf(text, "%d-%2d-%2d", &year, &month, &day) == 3)
            x = year * 10000.0 + month * 100 + day;
        return x;
    }
    json_t *top = json_loads(it->extra ? it->extra : "{}", 0, NULL);
    json_t *v = json_object_get(top, f->field);
    if (json_is_number(v)) x = json_number_value(v);
    json_decref(top);
    return x;
}

/* An item's field as text, copied to out[size]; 0 when it has none or it is longer. */
static int text_of(const struct fact *f, const struct item *it, char *out, size_t size) {
    json_t *top = json_loads(it->extra ? it->extra : "{}", 0, NULL);
    const char *text = json_string_value(json_object_get(top, f->field));
    int fits = text && strlen(text) < size;
    if (fits) memcpy(out, text, strlen(text) + 1);
    json_decref(top);
    return fits;
}

enum { NAME_BYTES = 80 };

/* Adds the spans of all values of the field that the clause names. */
static void find_names(const struct fact *f, struct view clause, const struct item *items,
                       int n_items, struct limit *span, int *n) {
    char name[NAME_BYTES];
    struct limit l;
    for (int i = 0; i < n_items && *n < SPANS_MAX; i++) {
        int known = 0;
        if (!text_of(f, &items[i], name, sizeof name) || !limit_names(clause, name, &l)) continue;
        for (int k = 0; k < *n; k++) known |= span[k].from == l.from && span[k].to == l.to;
        if (!known) span[(*n)++] = l;
    }
}

enum status checks_find(struct checks *c, const struct surface *s, struct view clause,
                        const struct item *items, int n_items, struct arena *a, struct err *e) {
    struct limit span[SPANS_MAX];
    int n = 0;
    *c = (struct checks){.clause = clause, .text = clause};
    for (int i = 0; i < s->n_facts && n < SPANS_MAX; i++) {
        const struct fact *f = &s->fact[i];
        int first = n;
        if (f->kind == LIMIT_NAME)
            find_names(f, clause, items, n_items, span, &n);
        else
            n += limit_find(clause, f->kind, &span[n]);
        if (n == first) continue;
        c->check[c->n].fact = f;
        c->check[c->n++].limit = span[first];
    }
    if (n == 0) return ST_OK;
    char *rest = arena_alloc(a, clause.n + 1);
    if (!rest) return fail(e, ST_NO_MEMORY, "no memory for a clause");
    c->text = limits_rest(clause, span, n, rest) ? view_of(rest) : VIEW("");
    return ST_OK;
}

double checks_value(const struct checks *c, const struct item *it) {
    double sum = 0;
    for (int i = 0; i < c->n; i++) {
        const struct fact *f = c->check[i].fact;
        char name[NAME_BYTES];
        struct limit l;
        int holds;
        if (f->kind == LIMIT_NAME) {
            if (!text_of(f, it, name, sizeof name)) continue;
            holds = limit_names(c->clause, name, &l);
        } else {
            double x = number_of(f, it);
            if (isnan(x)) continue;
            holds = limit_holds(&c->check[i].limit, x, (int)fmod(floor(x / 100), 100));
        }
        sum += holds ? CHECKS_VALUE : -CHECKS_VALUE;
    }
    return sum;
}

enum status checks_words(const struct checks *c, struct arena *a, const char **out, struct err *e) {
    struct buf b;
    buf_init(&b, 4096);
    for (int i = 0; i < c->n; i++) {
        const struct limit *l = &c->check[i].limit;
        enum limit_kind kind = c->check[i].fact->kind;
        buf_printf(&b, "%s%s", i ? ", " : "", c->check[i].fact->field);
        if (kind == LIMIT_NAME) {
            buf_str(&b, " as named");
        } else if (l->month) {
            buf_printf(&b, " in month %d", l->month);
        } else {
            if (!isinf(l->lo)) buf_printf(&b, " from %.10g", l->lo);
            if (!isinf(l->hi)) buf_printf(&b, " to %.10g", l->hi);
        }
    }
    struct view v = buf_text(&b);
    *out = b.failed ? NULL : arena_copy(a, v.p, v.n);
    buf_free(&b);
    return *out ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for a clause");
}
