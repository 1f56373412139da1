/* Which column is what: by its name where its values bear that out, else by its values. What
 * somebody said about a column stays. */
#include "server/import/columns/roles.h"

/* Our own files say what is what. */
static void exact(struct layout *p) {
    for (int i = 0; i < p->n; i++) {
        struct column *c = &p->column[i];
        enum role r = role_named(c->name, p->config->kind);
        if (!c->mapped && r != ROLE_COUNT && !role_taken(p, r)) c->role = r;
    }
}

enum status layout_roles(struct layout *p, const struct source *s, struct err *e) {
    if (p->n == 0) return ST_OK;
    if (p->config->exact)
        exact(p);
    else if (p->config->kind == IMPORT_ITEMS)
        return roles_of_items(p, s, e);
    else if (p->config->kind == IMPORT_MEMBERS)
        roles_of_members(p, s);
    else
        return roles_of_events(p, s, e);
    return ST_OK;
}
