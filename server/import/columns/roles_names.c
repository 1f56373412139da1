/* Roles by a column's name, where its values bear that out. */
#include "server/import/columns/roles.h"

#include <stdio.h>
#include <string.h>

int role_share(long long part, long long all, int percent) {
    return all > 0 && part * 100 >= all * percent;
}
double role_mean(long long sum, long long n) {
    return n ? (double)sum / (double)n : 0;
}

int role_is_free(const struct column *c) {
    return !c->mapped && c->role >= ROLE_FIELD;
}

int role_taken(const struct layout *p, enum role r) {
    for (int i = 0; i < p->n; i++)
        if (p->column[i].role == r) return 1;
    return 0;
}

int role_nameless(const struct column *c, const struct source *s) {
    return (s->format == SOURCE_CSV && !s->dialect.header) ||
           (c->name.n > 7 && memcmp(c->name.p, "column_", 7) == 0) || view_eq_str(c->name, "#");
}

/* --- whether values bear out a name */

/* No value twice, but for runs of one: variants of a product stand below each other. */
static int unique(const struct look *l) {
    enum { RUN = 20 };
    if (!l->distinct.full && (long long)l->distinct.n * RUN < l->filled) return 0;
    return l->distinct.full ? l->changes > 0 : role_share((long long)l->distinct.n, l->changes, 98);
}

/* Few rows repeat an id of another one: they are told as faults. Else it is another thing's. */
static int repeats(const struct look *l) {
    return !l->distinct.full && !role_share((long long)l->distinct.n, l->changes, 90);
}

int role_fits_id(const struct layout *p, const struct column *c, int sure) {
    const struct look *l = &c->look;
    if (sure == 2 && l->filled) return 1;
    if (l->filled == 0) return sure && p->looked == 0;
    if (role_mean(l->bytes, l->filled) > 120 || c->type == TYPE_LIST) return 0;
    if (sure) return role_share(l->filled, p->looked, 50) && (p->looked < 10 || !repeats(l));
    return role_share(l->filled, p->looked, 90) && unique(l);
}

static int fits_value(const struct layout *p, const struct column *c, enum role r, int own) {
    const struct look *l = &c->look;
    long long plain = l->filled - l->nested;
    if (l->filled == 0) return own || p->looked == 0;
    if (own) return 1;
    switch (r) {
    case ROLE_TITLE:
        return !role_share(l->urls, l->filled, 50) && !role_share(l->flags, l->filled, 90) &&
               role_mean(l->bytes, l->filled) <= 300 && !role_share(l->nested, l->filled, 50);
    case ROLE_TEXT:
        return !role_share(l->objects, l->filled, 50) && !role_share(l->urls, l->filled, 50) &&
               role_share(l->words + l->nested, l->filled, 50) &&
               !role_share(l->flags, l->filled, 90);
    case ROLE_TAGS:
        return !role_share(l->urls, l->filled, 50) && !role_share(l->flags, l->filled, 90) &&
               (c->type == TYPE_LIST ||
                (role_share(l->words, l->filled, 50) && role_mean(l->bytes, l->filled) <= 300));
    case ROLE_POPULARITY:
        return role_share(l->numbers, l->filled, 60) ||
               (role_share(l->dates, l->filled, 60) && l->numbers);
    case ROLE_TIME: return role_share(l->dates, l->filled, 50) && c->type != TYPE_FLAG;
    /* Whole numbers may be the steps of a log. */
    case ROLE_AT: return role_share(l->dates, l->filled, 50) || role_share(l->whole, l->filled, 90);
    case ROLE_LABEL: return role_share(l->labels, l->filled, 60);
    case ROLE_RATING: return role_share(l->numbers + l->dates, l->filled, 60);
    case ROLE_NAME:
    case ROLE_PROFILE: return plain > 0;
    default: return 1;
    }
}

/* --- roles by names */

/* The best fitting column that is free; sure 0: the values decide about ids, too. -1: none. */
static int best(const struct layout *p, enum role r, int limit, int sure, int *fit) {
    int pick = -1;
    *fit = limit;
    for (int i = 0; i < p->n; i++) {
        const struct column *c = &p->column[i];
        int f = role_is_free(c) ? role_fit(c->name, r, p->config->kind) : 0;
        if (!f) continue;
        if (r == ROLE_ID && p->config->kind != IMPORT_INTERACTIONS) {
            if (!role_fits_id(p, c, f == ROLE_OWN ? 2 : sure)) continue;
        } else if (!fits_value(p, c, r, f == ROLE_OWN))
            continue;
        /* A name that is not quite sure must not be a number where words are meant. */
        if (r == ROLE_POPULARITY && f >= ROLE_ENDS && c->type == TYPE_FLAG) continue;
        if (r == ROLE_TITLE && f >= ROLE_WEAK && role_share(c->look.numbers, c->look.filled, 50))
            continue;
        if (r == ROLE_TAGS && f >= ROLE_WEAK && c->type != TYPE_LIST &&
            (long long)c->look.distinct.n * 2 > c->look.filled && c->look.filled > 4)
            continue;
        /* "Key Skills" is a surer name for a list than "Industry". */
        if (r == ROLE_TAGS && f >= ROLE_ENDS && c->type == TYPE_LIST) f -= ROLE_WEAK + 1;
        if (f >= *fit) continue;
        *fit = f;
        pick = i;
    }
    return pick;
}

void role_by_name(struct layout *p, enum role r) {
    int fit, i;
    if (role_taken(p, r)) return;
    i = best(p, r, r == ROLE_ID ? ROLE_ENDS + 999 : 1 << 30, 0, &fit);
    if (i < 0) return;
    p->column[i].role = r;
    if (fit >= ROLE_WEAK || !role_joins(r)) return;
    int own = fit == ROLE_OWN && p->column[i].look.filled;
    if (own && r != ROLE_TAGS) return;
    for (int k = 0; k < p->n; k++) {
        struct column *c = &p->column[k];
        int f = role_is_free(c) ? role_fit(c->name, r, p->config->kind) : 0;
        if (f && f < (own ? ROLE_NEAR : ROLE_WEAK) && fits_value(p, c, r, 0)) c->role = r;
    }
}

void role_id_by_name(struct layout *p) {
    int fit, i = role_taken(p, ROLE_ID) ? -1 : best(p, ROLE_ID, ROLE_WEAK, 1, &fit);
    if (i >= 0) p->column[i].role = ROLE_ID;
}

enum status role_lacks(const struct layout *p, const char *name, struct err *e) {
    char list[200];
    size_t at = 0;
    list[0] = 0;
    for (int i = 0; i < p->n && at < sizeof list - 1; i++) {
        size_t left = sizeof list - at;
        struct view v = p->column[i].name;
        int n = snprintf(list + at, left, "%s%.*s", i ? ", " : "", v.n > 60 ? 60 : (int)v.n, v.p);
        at = n < 0 || (size_t)n >= left ? sizeof list - 1 : at + (size_t)n;
    }
    (void)fail(e, ST_BAD_INPUT, "no column is the %s; the columns are: %s", name, list);
    if (e) text_clean(e->text);
    err_line(e, 1);
    err_hint(e, "say which one it is, as in map=%.40s:%s", p->n ? "COLUMN" : "column_1", name);
    return ST_BAD_INPUT;
}
