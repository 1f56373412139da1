/* Protocol `models`: the same wishes and members by several model files: size, quality, speed. */
#include "server/eval/eval.h"

#include <math.h>
#include <string.h>

enum { WISHES = 16, MEMBERS = 24, LIKES = 3 };

/* Copies one method's values of a part (one protocol, one model) into the sheet, case by case. */
static enum status merge(struct sheet *to, int method, int group, const struct sheet *part,
                         int from, struct err *e) {
    for (int i = 0; i < part->n; i++) {
        const struct sheet_case *x = &part->c[i];
        struct sheet_case *c = NULL;
        if (part->n_groups == 2 && x->group != 0) continue; /* cold start: drawn by popularity */
        for (int j = 0; j < to->n && !c; j++)
            if (to->c[j].group == group && strcmp(to->c[j].id, x->id) == 0) c = &to->c[j];
        if (!c) TRY(sheet_case(to, x->id, group, &c, e));
        for (int k = 0; k < part->n_metrics; k++)
            sheet_put(to, c, method, part->metric[k].name, *sheet_value(part, x, from, k));
        c->cost[method] = x->cost[from];
    }
    return ST_OK;
}

static enum status one_model(struct eval *ev, struct ranker *k, int first, int baselines,
                             struct err *e) {
    static const struct {
        const char *protocol;
        int cases;
    } part[] = {{"instruction", WISHES}, {"coldstart", MEMBERS}};
    for (size_t i = 0; i < COUNT(part); i++) {
        struct eval_config c = *ev->c;
        struct sheet *s = ARENA_NEW(ev->a, struct sheet, 1);
        if (!s) return fail(e, ST_NO_MEMORY, "no memory for a report");
        c.cases = part[i].cases;
        c.k = LIKES;
        c.n_k = 1;
        c.methods = METHOD_BIT(READOUT_AUTO) | (METHOD_ALL & ~(METHOD_BIT(METHOD_BASELINE) - 1));
        c.n_models = 0;
        TRY(eval_part(eval_find(view_of(part[i].protocol)), k, ev->results, &c, ev->a, s, e));
        TRY(merge(ev->s, first, (int)i, s, READOUT_AUTO, e));
        for (int m = METHOD_BASELINE; baselines && m < METHODS; m++)
            TRY(merge(ev->s, m - METHOD_BASELINE, (int)i, s, m, e));
    }
    return ST_OK;
}

/* "name, 135 M" as the method, and its facts as a note. */
static enum status describe(struct eval *ev, const struct engine *en, const char *file, int method,
                            struct err *e) {
    struct sheet_method *x = &ev->s->method[method];
    struct engine_info m;
    engine_info(en, &m);
    x->name = arena_printf(ev->a, "%.14s %.0fM", m.name, (double)m.parameters / 1e6);
    x->parameters = (double)m.parameters;
    if (!x->name) return fail(e, ST_NO_MEMORY, "no memory for a report");
    sheet_note(ev->s, "%s: %s, %s, %.1f million parameters, %s on %s, sha256 %.64s, file %s",
               x->name, m.name, m.architecture, (double)m.parameters / 1e6, m.precision, m.code,
               m.sha256, file ? file : "of this run");
    return ST_OK;
}

static enum status other_model(struct eval *ev, const char *file, int method, struct err *e) {
    struct ranker *k;
    TRY(registry_take(ev->c->registry, view_of(file), NULL, NULL, &k, e));
    enum status st = describe(ev, k->engine, file, method, e);
    if (st == ST_OK) st = one_model(ev, k, method, 0, e);
    registry_give(ev->c->registry, k);
    return st;
}

enum status eval_models(struct eval *ev, struct err *e) {
    ev->s->about = "The same wishes, and members known by three liked items, by each model's auto "
                   "readout, beside the baselines.";
    (void)sheet_metric(ev->s, "auc", "AUC", 3, 1);
    (void)sheet_metric(ev->s, "ndcg10", "NDCG@10", 3, 1);
    (void)sheet_metric(ev->s, "p5", "P@5", 3, 1);
    (void)sheet_metric(ev->s, "hr1", "HR@1", 3, 1);
    for (int m = METHOD_BASELINE; m < METHODS; m++) (void)sheet_method(ev->s, method_name(m), 0);
    ev->s->reference = sheet_method(ev->s, "this model", 1);
    for (int i = 0; i < ev->c->n_models; i++)
        if (sheet_method(ev->s, ev->c->models[i], 1) < 0)
            return fail(e, ST_LIMIT, "too many model files");
    (void)sheet_group(ev->s, "wishes", "wishes", NAN);
    (void)sheet_group(ev->s, "members, K=3", "cold start", NAN);
    TRY(describe(ev, ev->k->engine, NULL, ev->s->reference, e));
    TRY(one_model(ev, ev->k, ev->s->reference, 1, e));
    for (int i = 0; i < ev->c->n_models; i++)
        TRY(other_model(ev, ev->c->models[i], ev->s->reference + 1 + i, e));
    return ST_OK;
}
