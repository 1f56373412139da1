/* Protocol `surface`: the invented catalogues, which nobody can have read about: their wishes, and
 * their members by a few liked items. */
#include "server/eval/protocol/coldstart.h"
#include "server/eval/protocol/instruction.h"

#include <math.h>

enum { LIKED_MIN = 5 };
static const char *const catalogs[] = {"jobs", "listings"};
static const int likes[] = {0, 1, 3, 5};

static enum status members(struct eval *ev, struct view catalog, int by_popularity, int uniform,
                           struct err *e) {
    struct person *p;
    int n;
    TRY(people_load(ev, catalog, NULL, LIKED_MIN, ev->c->cases, &p, &n, e));
    TRY(eval_begin(ev, "members", n * (int)COUNT(likes), e));
    return coldstart_run(ev, catalog, p, n, likes, COUNT(likes), by_popularity, uniform, e);
}

enum status eval_surface(struct eval *ev, struct err *e) {
    int wishes[COUNT(catalogs)], popular[COUNT(catalogs)], uniform[COUNT(catalogs)];
    ev->s->about =
        "Catalogues made for this project, never published before: wishes rank 10 wanted "
        "items among 40; members are known by K liked items.";
    ev->s->axis = "liked items known";
    ev->s->catalog = "jobs, listings";
    (void)sheet_metric(ev->s, "ndcg10", "NDCG@10", 3, 1);
    (void)sheet_metric(ev->s, "auc", "AUC", 3, 1);
    (void)sheet_metric(ev->s, "p5", "P@5", 3, 1);
    (void)sheet_metric(ev->s, "violations10", "unwanted in top 10", 1, -1);
    (void)sheet_metric(ev->s, "hr1", "HR@1", 3, 1);
    (void)sheet_metric(ev->s, "mrr", "MRR", 3, 1);
    eval_methods(ev);
    for (size_t i = 0; i < COUNT(catalogs); i++) {
        const char *name = catalogs[i], *own = arena_printf(ev->a, "%s, wishes", name),
                   *suffix = arena_printf(ev->a, " %s", name),
                   *other = arena_printf(ev->a, " %s uniform", name),
                   *panel = arena_printf(ev->a, "%s, negatives drawn by popularity", name),
                   *second = arena_printf(ev->a, "%s, negatives drawn uniformly", name);
        if (!own || !suffix || !other || !panel || !second)
            return fail(e, ST_NO_MEMORY, "no memory for a report");
        wishes[i] = sheet_group(ev->s, own, "wishes", NAN);
        popular[i] = coldstart_groups(ev->s, likes, COUNT(likes), suffix, panel);
        uniform[i] = coldstart_groups(ev->s, likes, COUNT(likes), other, second);
    }
    for (size_t i = 0; i < COUNT(catalogs); i++) {
        ev->catalog = view_of(catalogs[i]);
        TRY(instruction_run(ev, ev->catalog, wishes[i], 0, e));
        TRY(members(ev, ev->catalog, popular[i], uniform[i], e));
    }
    return ST_OK;
}
