/* Which column is what: by its name where its values bear that out, else by its values. What
 * somebody said about a column stays. */
#include "server/import/columns/layout.h"

#include "server/import/cell/trim.h"

#include <stdio.h>
#include <string.h>

static int share(long long part, long long all, int percent) {
    return all > 0 && part * 100 >= all * percent;
}
static double mean(long long sum, long long n) {
    return n ? (double)sum / (double)n : 0;
}

static int is_free(const struct column *c) {
    return !c->mapped && c->role >= ROLE_FIELD;
}

static int taken(const struct layout *p, enum role r) {
    for (int i = 0; i < p->n; i++)
        if (p->column[i].role == r) return 1;
    return 0;
}

static int nameless(const struct column *c, const struct source *s) {
    return (s->format == SOURCE_CSV && !s->dialect.header) ||
           (c->name.n > 7 && memcmp(c->name.p, "column_", 7) == 0) || view_eq_str(c->name, "#");
}

/* --- whether values bear out a name */

/* No value twice, but for runs of one: variants of a product stand below each other. */
static int unique(const struct look *l) {
    enum { RUN = 20 };
    if (!l->distinct.full && (long long)l->distinct.n * RUN < l->filled) return 0;
    return l->distinct.full ? l->changes > 0 : share((long long)l->distinct.n, l->changes, 98);
}

/* Few rows repeat an id of another one: they are told as faults. Else it is another thing's. */
static int repeats(const struct look *l) {
    return !l->distinct.full && !share((long long)l->distinct.n, l->changes, 90);
}

/* sure: 2 for our own name, 1 for a usual one where no other column is without repeats. */
static int fits_id(const struct layout *p, const struct column *c, int sure) {
    const struct look *l = &c->look;
    if (sure == 2 && l->filled) return 1;
    if (l->filled == 0) return sure && p->looked == 0;
    if (mean(l->bytes, l->filled) > 120 || c->type == TYPE_LIST) return 0;
    if (sure) return share(l->filled, p->looked, 50) && (p->looked < 10 || !repeats(l));
    return share(l->filled, p->looked, 90) && unique(l);
}

static int fits_value(const struct layout *p, const struct column *c, enum role r, int own) {
    const struct look *l = &c->look;
    long long plain = l->filled - l->nested;
    if (l->filled == 0) return own || p->looked == 0;
    if (own) return 1;
    switch (r) {
    case ROLE_TITLE:
        return !share(l->urls, l->filled, 50) && !share(l->flags, l->filled, 90) &&
               mean(l->bytes, l->filled) <= 300 && !share(l->nested, l->filled, 50);
    case ROLE_TEXT:
        return !share(l->objects, l->filled, 50) && !share(l->urls, l->filled, 50) &&
               share(l->words + l->nested, l->filled, 50) && !share(l->flags, l->filled, 90);
    case ROLE_TAGS:
        return !share(l->urls, l->filled, 50) && !share(l->flags, l->filled, 90) &&
               (c->type == TYPE_LIST ||
                (share(l->words, l->filled, 50) && mean(l->bytes, l->filled) <= 300));
    case ROLE_POPULARITY:
        return share(l->numbers, l->filled, 60) || (share(l->dates, l->filled, 60) && l->numbers);
    case ROLE_TIME: return share(l->dates, l->filled, 50) && c->type != TYPE_FLAG;
    /* Whole numbers may be the steps of a log. */
    case ROLE_AT: return share(l->dates, l->filled, 50) || share(l->whole, l->filled, 90);
    case ROLE_LABEL: return share(l->labels, l->filled, 60);
    case ROLE_RATING: return share(l->numbers + l->dates, l->filled, 60);
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
        int f = is_free(c) ? role_fit(c->name, r, p->config->kind) : 0;
        if (!f) continue;
        if (r == ROLE_ID && p->config->kind != IMPORT_INTERACTIONS) {
            if (!fits_id(p, c, f == ROLE_OWN ? 2 : sure)) continue;
        } else if (!fits_value(p, c, r, f == ROLE_OWN))
            continue;
        /* A name that is not quite sure must not be a number where words are meant. */
        if (r == ROLE_POPULARITY && f >= ROLE_ENDS && c->type == TYPE_FLAG) continue;
        if (r == ROLE_TITLE && f >= ROLE_WEAK && share(c->look.numbers, c->look.filled, 50))
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

/* One role by name. Roles that join take all columns with a usual name; where one has our own name
 * and says something, only genres and categories join its tags. */
static void by_name(struct layout *p, enum role r) {
    int fit, i;
    if (taken(p, r)) return;
    i = best(p, r, r == ROLE_ID ? ROLE_ENDS + 999 : 1 << 30, 0, &fit);
    if (i < 0) return;
    p->column[i].role = r;
    if (fit >= ROLE_WEAK || !role_joins(r)) return;
    int own = fit == ROLE_OWN && p->column[i].look.filled;
    if (own && r != ROLE_TAGS) return;
    for (int k = 0; k < p->n; k++) {
        struct column *c = &p->column[k];
        int f = is_free(c) ? role_fit(c->name, r, p->config->kind) : 0;
        if (f && f < (own ? ROLE_NEAR : ROLE_WEAK) && fits_value(p, c, r, 0)) c->role = r;
    }
}

/* An id by its usual name although a few rows repeat it, or lack it. */
static void id_by_name(struct layout *p) {
    int fit, i = taken(p, ROLE_ID) ? -1 : best(p, ROLE_ID, ROLE_WEAK, 1, &fit);
    if (i >= 0) p->column[i].role = ROLE_ID;
}

/* --- roles by values */

/* The first column, without a name, numbers the rows. */
static int first_is_id(const struct layout *p, const struct source *s) {
    const struct column *c = &p->column[0];
    const struct look *l = &c->look;
    if (p->n < 2 || !is_free(c) || !nameless(c, s)) return 0;
    return fits_id(p, c, 0) && mean(l->bytes, l->filled) <= 40 && mean(l->blanks, l->filled) < .5 &&
           (s->dialect.header || l->numbers || l->filled > 4);
}

static void id_by_values(struct layout *p, const struct source *s) {
    if (!taken(p, ROLE_ID) && first_is_id(p, s)) p->column[0].role = ROLE_ID;
}

static void title_by_values(struct layout *p) {
    for (int strict = 1; strict >= 0 && !taken(p, ROLE_TITLE); strict--)
        for (int i = 0; i < p->n && !taken(p, ROLE_TITLE); i++) {
            struct column *c = &p->column[i];
            const struct look *l = &c->look;
            double bytes = mean(l->bytes, l->filled);
            if (!is_free(c) || !share(l->words, l->filled, 70) || share(l->urls, l->filled, 20))
                continue;
            if (!share(l->filled, p->looked, strict ? 90 : 50)) continue;
            if (strict &&
                (c->type != TYPE_TEXT || bytes > 120 || (long long)l->distinct.n * 2 < l->filled))
                continue;
            if (!strict && taken(p, ROLE_TEXT)) continue;
            if (!strict && bytes > 300) continue;
            c->role = ROLE_TITLE;
        }
}

static void text_by_values(struct layout *p, const struct source *s) {
    int pick = -1;
    double longest = 60;
    if (taken(p, ROLE_TEXT)) return;
    for (int i = 0; i < p->n; i++) {
        const struct column *c = &p->column[i];
        const struct look *l = &c->look;
        double bytes = mean(l->bytes, l->filled);
        /* Where nothing has a name, a few words beside a title are what is said about it. */
        int few = nameless(c, s) && taken(p, ROLE_TITLE) && longest == 60;
        if (!is_free(c) || bytes <= (few ? 15 : longest)) continue;
        if (mean(l->blanks, l->filled) < (few ? 2 : 6)) continue;
        if (share(l->urls, l->filled, 20) || !share(l->words, l->filled, 80)) continue;
        if (c->type == TYPE_LIST && l->list.literal) continue;
        longest = bytes > 60 ? bytes : 60.5;
        pick = i;
    }
    if (pick >= 0) p->column[pick].role = ROLE_TEXT;
}

static void tags_by_values(struct layout *p, const struct source *s) {
    for (int i = 0; i < p->n && !taken(p, ROLE_TAGS); i++) {
        struct column *c = &p->column[i];
        const struct look *l = &c->look;
        int known = role_known(c->name, p->config->kind) && !nameless(c, s);
        if (!is_free(c) || known || share(l->urls, l->filled, 20)) continue;
        if (share(l->objects, l->filled, 50)) continue;
        if (!share(l->words, l->filled, 70)) continue;
        int lists =
            c->type == TYPE_LIST || (nameless(c, s) && list_decide(&l->list, 1) == LIST_PIPE);
        int kinds = l->filled >= 20 && l->distinct.n > 1 &&
                    (long long)l->distinct.n * 10 <= l->filled && mean(l->bytes, l->filled) <= 30;
        if (lists || (nameless(c, s) && kinds)) c->role = ROLE_TAGS;
    }
}

static enum status no_column(const struct layout *p, const char *name, struct err *e) {
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

static int has_words(const struct layout *p) {
    for (int i = 0; i < p->n; i++)
        if (p->column[i].role != ROLE_ID &&
            share(p->column[i].look.words, p->column[i].look.filled, 50))
            return 1;
    return 0;
}

static enum status items(struct layout *p, const struct source *s, struct err *e) {
    static const enum role order[] = {ROLE_ID,   ROLE_TITLE,      ROLE_TEXT,
                                      ROLE_TAGS, ROLE_POPULARITY, ROLE_TIME};
    int joined = 0;
    for (size_t i = 0; i < COUNT(order); i++) {
        by_name(p, order[i]);
        if (order[i] == ROLE_ID && !first_is_id(p, s)) id_by_name(p);
    }
    id_by_values(p, s);
    title_by_values(p);
    text_by_values(p, s);
    tags_by_values(p, s);
    for (int i = 0; i < p->n; i++) joined |= p->column[i].role == ROLE_TITLE;
    if (!joined && p->looked && !taken(p, ROLE_TEXT) && !has_words(p))
        return no_column(p, "title", e);
    if (!joined && p->looked)
        layout_warn(p, "no column looks like a title; the beginning of the text is used");
    if (!taken(p, ROLE_ID) && p->looked)
        layout_warn(p,
                    "no column holds ids; each item gets one from its title and text, which stays "
                    "the same as long as they do");
    return ST_OK;
}

/* --- members */

static int is_private(const struct column *c) {
    static const char *const words[] = {"mail",   "phone",   "telefon", "password",
                                        "passwd", "address", "ip",      "token",
                                        "secret", "iban",    "ssn",     "adresse"};
    for (size_t i = 0; i < COUNT(words); i++) {
        size_t n = strlen(words[i]);
        for (size_t k = 0; k + n <= c->words.n; k++)
            if (memcmp(c->words.p + k, words[i], n) == 0 &&
                (n > 3 || ((k == 0 || c->words.p[k - 1] == ' ') &&
                           (k + n == c->words.n || c->words.p[k + n] == ' '))))
                return 1;
    }
    return 0;
}

static void members(struct layout *p, const struct source *s) {
    by_name(p, ROLE_ID);
    id_by_name(p);
    by_name(p, ROLE_NAME);
    by_name(p, ROLE_PROFILE);
    id_by_values(p, s);
    /* What else is said about them is read into the profile. */
    for (int i = 0; i < p->n; i++) {
        struct column *c = &p->column[i];
        if (is_free(c) && c->look.filled && !c->look.nested && !is_private(c) &&
            !share(c->look.urls, c->look.filled, 50) && !nameless(c, s))
            c->role = ROLE_PROFILE;
    }
    if (!taken(p, ROLE_ID) && p->looked)
        layout_warn(p, "no column holds ids; each member gets one from their name and profile");
}

/* --- interactions */

/* A column of things that could be ids. */
static int is_key(const struct column *c) {
    const struct look *l = &c->look;
    return is_free(c) && l->filled && mean(l->bytes, l->filled) <= 60 && c->type != TYPE_LIST &&
           !share(l->urls, l->filled, 50);
}

static int next_key(const struct layout *p) {
    for (int i = 0; i < p->n; i++)
        if (is_key(&p->column[i])) return i;
    return -1;
}

/* The column whose values are the catalogue's ids, where the one with the usual name has none of
 * them. */
static void item_by_ids(struct layout *p) {
    int now = -1, pick = -1;
    for (int i = 0; i < p->n; i++)
        if (p->column[i].role == ROLE_ITEM) now = i;
    if (now >= 0 &&
        (p->column[now].mapped || share(p->column[now].look.hits, p->column[now].look.tested, 10)))
        return;
    for (int i = 0; i < p->n; i++) {
        const struct look *l = &p->column[i].look;
        if (!is_key(&p->column[i]) || !share(l->hits, l->tested, 50)) continue;
        if (pick < 0 || l->hits > p->column[pick].look.hits) pick = i;
    }
    if (pick < 0) return;
    if (now >= 0) p->column[now].role = ROLE_NONE;
    p->column[pick].role = ROLE_ITEM;
}

/* Without names: who, which, how much, when, in the order that such files have. */
static void events_by_place(struct layout *p, const struct source *s) {
    if (s->dialect.header || s->format != SOURCE_CSV) return;
    for (int i = 0; i < p->n; i++) {
        struct column *c = &p->column[i];
        const struct look *l = &c->look;
        if (!is_free(c)) continue;
        if (!taken(p, ROLE_MEMBER))
            c->role = ROLE_MEMBER;
        else if (!taken(p, ROLE_ITEM))
            c->role = ROLE_ITEM;
        else if (!taken(p, ROLE_AT) && share(l->dates, l->filled, 80) &&
                 !(l->hi < 1e7 && l->numbers))
            c->role = ROLE_AT;
        else if (!taken(p, ROLE_RATING) && share(l->numbers, l->filled, 80) && l->hi <= 100)
            c->role = ROLE_RATING;
        else if (!taken(p, ROLE_LABEL) && share(l->labels, l->filled, 60))
            c->role = ROLE_LABEL;
    }
    /* Amazon's older lists have the item first: the catalogue's ids tell. */
    struct column *m = NULL, *x = NULL;
    for (int i = 0; i < p->n; i++) {
        if (p->column[i].role == ROLE_MEMBER && !p->column[i].mapped) m = &p->column[i];
        if (p->column[i].role == ROLE_ITEM && !p->column[i].mapped) x = &p->column[i];
    }
    if (m && x && !share(x->look.hits, x->look.tested, 20) &&
        share(m->look.hits, m->look.tested, 50)) {
        m->role = ROLE_ITEM;
        x->role = ROLE_MEMBER;
    }
}

/* The only dates of a log are when it happened, whatever they are called. */
static void at_by_values(struct layout *p, const struct source *s) {
    for (int i = 0; i < p->n && !taken(p, ROLE_AT); i++) {
        struct column *c = &p->column[i];
        if (is_free(c) && c->type == TYPE_DATE && !nameless(c, s)) c->role = ROLE_AT;
    }
}

static enum status events(struct layout *p, const struct source *s, struct err *e) {
    by_name(p, ROLE_MEMBER);
    by_name(p, ROLE_ITEM);
    by_name(p, ROLE_RATING);
    by_name(p, ROLE_LABEL);
    by_name(p, ROLE_AT);
    at_by_values(p, s);
    events_by_place(p, s);
    item_by_ids(p);
    if (p->looked == 0 && s->n == 0) return ST_OK;
    if (!taken(p, ROLE_MEMBER) && taken(p, ROLE_ITEM) && p->n <= 5) {
        int i = next_key(p);
        if (i >= 0 && p->column[i].type != TYPE_DATE) p->column[i].role = ROLE_MEMBER;
    }
    if (!taken(p, ROLE_MEMBER)) return no_column(p, "member", e);
    if (!taken(p, ROLE_ITEM)) return no_column(p, "item", e);
    return ST_OK;
}

/* --- all */

/* Our own files say what is what. */
static void exact(struct layout *p) {
    for (int i = 0; i < p->n; i++) {
        struct column *c = &p->column[i];
        enum role r = role_named(c->name, p->config->kind);
        if (!c->mapped && r != ROLE_COUNT && !taken(p, r)) c->role = r;
    }
}

enum status layout_roles(struct layout *p, const struct source *s, struct err *e) {
    if (p->n == 0) return ST_OK;
    if (p->config->exact)
        exact(p);
    else if (p->config->kind == IMPORT_ITEMS)
        return items(p, s, e);
    else if (p->config->kind == IMPORT_MEMBERS)
        members(p, s);
    else
        return events(p, s, e);
    return ST_OK;
}
