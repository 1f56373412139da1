/* Roles of the columns of interactions. */
#include "server/import/columns/roles.h"

/* A column of things that could be ids. */
static int is_key(const struct column *c) {
    const struct look *l = &c->look;
    return role_is_free(c) && l->filled && role_mean(l->bytes, l->filled) <= 60 &&
           c->type != TYPE_LIST && !role_share(l->urls, l->filled, 50);
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
    if (now >= 0 && (p->column[now].mapped ||
                     role_share(p->column[now].look.hits, p->column[now].look.tested, 10)))
        return;
    for (int i = 0; i < p->n; i++) {
        const struct look *l = &p->column[i].look;
        if (!is_key(&p->column[i]) || !role_share(l->hits, l->tested, 50)) continue;
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
        if (!role_is_free(c)) continue;
        if (!role_taken(p, ROLE_MEMBER))
            c->role = ROLE_MEMBER;
        else if (!role_taken(p, ROLE_ITEM))
            c->role = ROLE_ITEM;
        else if (!role_taken(p, ROLE_AT) && role_share(l->dates, l->filled, 80) &&
                 !(l->hi < 1e7 && l->numbers))
            c->role = ROLE_AT;
        else if (!role_taken(p, ROLE_RATING) && role_share(l->numbers, l->filled, 80) &&
                 l->hi <= 100)
            c->role = ROLE_RATING;
        else if (!role_taken(p, ROLE_LABEL) && role_share(l->labels, l->filled, 60))
            c->role = ROLE_LABEL;
    }
    /* Amazon's older lists have the item first: the catalogue's ids tell. */
    struct column *m = NULL, *x = NULL;
    for (int i = 0; i < p->n; i++) {
        if (p->column[i].role == ROLE_MEMBER && !p->column[i].mapped) m = &p->column[i];
        if (p->column[i].role == ROLE_ITEM && !p->column[i].mapped) x = &p->column[i];
    }
    if (m && x && !role_share(x->look.hits, x->look.tested, 20) &&
        role_share(m->look.hits, m->look.tested, 50)) {
        m->role = ROLE_ITEM;
        x->role = ROLE_MEMBER;
    }
}

/* The only dates of a log are when it happened, whatever they are called. */
static void at_by_values(struct layout *p, const struct source *s) {
    for (int i = 0; i < p->n && !role_taken(p, ROLE_AT); i++) {
        struct column *c = &p->column[i];
        if (role_is_free(c) && c->type == TYPE_DATE && !role_nameless(c, s)) c->role = ROLE_AT;
    }
}

enum status roles_of_events(struct layout *p, const struct source *s, struct err *e) {
    role_by_name(p, ROLE_MEMBER);
    role_by_name(p, ROLE_ITEM);
    role_by_name(p, ROLE_RATING);
    role_by_name(p, ROLE_LABEL);
    role_by_name(p, ROLE_AT);
    at_by_values(p, s);
    events_by_place(p, s);
    item_by_ids(p);
    if (p->looked == 0 && s->n == 0) return ST_OK;
    if (!role_taken(p, ROLE_MEMBER) && role_taken(p, ROLE_ITEM) && p->n <= 5) {
        int i = next_key(p);
        if (i >= 0 && p->column[i].type != TYPE_DATE) p->column[i].role = ROLE_MEMBER;
    }
    if (!role_taken(p, ROLE_MEMBER)) return role_lacks(p, "member", e);
    if (!role_taken(p, ROLE_ITEM)) return role_lacks(p, "item", e);
    return ST_OK;
}
