/* Roles of the columns of items and members. */
#include "server/import/columns/roles.h"

#include <string.h>

/* --- roles by values */

/* The first column, without a name, numbers the rows. */
static int first_is_id(const struct layout *p, const struct source *s) {
    const struct column *c = &p->column[0];
    const struct look *l = &c->look;
    if (p->n < 2 || !role_is_free(c) || !role_nameless(c, s)) return 0;
    return role_fits_id(p, c, 0) && role_mean(l->bytes, l->filled) <= 40 &&
           role_mean(l->blanks, l->filled) < .5 &&
           (s->dialect.header || l->numbers || l->filled > 4);
}

static void id_by_values(struct layout *p, const struct source *s) {
    if (!role_taken(p, ROLE_ID) && first_is_id(p, s)) p->column[0].role = ROLE_ID;
}

static void title_by_values(struct layout *p) {
    for (int strict = 1; strict >= 0 && !role_taken(p, ROLE_TITLE); strict--)
        for (int i = 0; i < p->n && !role_taken(p, ROLE_TITLE); i++) {
            struct column *c = &p->column[i];
            const struct look *l = &c->look;
            double bytes = role_mean(l->bytes, l->filled);
            if (!role_is_free(c) || !role_share(l->words, l->filled, 70) ||
                role_share(l->urls, l->filled, 20))
                continue;
            if (!role_share(l->filled, p->looked, strict ? 90 : 50)) continue;
            if (strict &&
                (c->type != TYPE_TEXT || bytes > 120 || (long long)l->distinct.n * 2 < l->filled))
                continue;
            if (!strict && role_taken(p, ROLE_TEXT)) continue;
            if (!strict && bytes > 300) continue;
            c->role = ROLE_TITLE;
        }
}

static void text_by_values(struct layout *p, const struct source *s) {
    int pick = -1;
    double longest = 60;
    if (role_taken(p, ROLE_TEXT)) return;
    for (int i = 0; i < p->n; i++) {
        const struct column *c = &p->column[i];
        const struct look *l = &c->look;
        double bytes = role_mean(l->bytes, l->filled);
        /* Where nothing has a name, a few words beside a title are what is said about it. */
        int few = role_nameless(c, s) && role_taken(p, ROLE_TITLE) && longest == 60;
        if (!role_is_free(c) || bytes <= (few ? 15 : longest)) continue;
        if (role_mean(l->blanks, l->filled) < (few ? 2 : 6)) continue;
        if (role_share(l->urls, l->filled, 20) || !role_share(l->words, l->filled, 80)) continue;
        if (c->type == TYPE_LIST && l->list.literal) continue;
        longest = bytes > 60 ? bytes : 60.5;
        pick = i;
    }
    if (pick >= 0) p->column[pick].role = ROLE_TEXT;
}

static void tags_by_values(struct layout *p, const struct source *s) {
    for (int i = 0; i < p->n && !role_taken(p, ROLE_TAGS); i++) {
        struct column *c = &p->column[i];
        const struct look *l = &c->look;
        int known = role_known(c->name, p->config->kind) && !role_nameless(c, s);
        if (!role_is_free(c) || known || role_share(l->urls, l->filled, 20)) continue;
        if (role_share(l->objects, l->filled, 50)) continue;
        if (!role_share(l->words, l->filled, 70)) continue;
        int lists =
            c->type == TYPE_LIST || (role_nameless(c, s) && list_decide(&l->list, 1) == LIST_PIPE);
        int kinds = l->filled >= 20 && l->distinct.n > 1 &&
                    (long long)l->distinct.n * 10 <= l->filled &&
                    role_mean(l->bytes, l->filled) <= 30;
        if (lists || (role_nameless(c, s) && kinds)) c->role = ROLE_TAGS;
    }
}

static int has_words(const struct layout *p) {
    for (int i = 0; i < p->n; i++)
        if (p->column[i].role != ROLE_ID &&
            role_share(p->column[i].look.words, p->column[i].look.filled, 50))
            return 1;
    return 0;
}

enum status roles_of_items(struct layout *p, const struct source *s, struct err *e) {
    static const enum role order[] = {ROLE_ID,   ROLE_TITLE,      ROLE_TEXT,
                                      ROLE_TAGS, ROLE_POPULARITY, ROLE_TIME};
    int joined = 0;
    for (size_t i = 0; i < COUNT(order); i++) {
        role_by_name(p, order[i]);
        if (order[i] == ROLE_ID && !first_is_id(p, s)) role_id_by_name(p);
    }
    id_by_values(p, s);
    title_by_values(p);
    text_by_values(p, s);
    tags_by_values(p, s);
    for (int i = 0; i < p->n; i++) joined |= p->column[i].role == ROLE_TITLE;
    if (!joined && p->looked && !role_taken(p, ROLE_TEXT) && !has_words(p))
        return role_lacks(p, "title", e);
    if (!joined && p->looked)
        layout_warn(p, "no column looks like a title; the beginning of the text is used");
    if (!role_taken(p, ROLE_ID) && p->looked)
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

void roles_of_members(struct layout *p, const struct source *s) {
    role_by_name(p, ROLE_ID);
    role_id_by_name(p);
    role_by_name(p, ROLE_NAME);
    role_by_name(p, ROLE_PROFILE);
    id_by_values(p, s);
    /* What else is said about them is read into the profile. */
    for (int i = 0; i < p->n; i++) {
        struct column *c = &p->column[i];
        if (role_is_free(c) && c->look.filled && !c->look.nested && !is_private(c) &&
            !role_share(c->look.urls, c->look.filled, 50) && !role_nameless(c, s))
            c->role = ROLE_PROFILE;
    }
    if (!role_taken(p, ROLE_ID) && p->looked)
        layout_warn(p, "no column holds ids; each member gets one from their name and profile");
}
