/* Cases, groups, methods and metrics of a protocol, and their intervals. */
#include "server/report/sheet/sheet.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void sheet_init(struct sheet *s, struct arena *a, const char *protocol, const char *title) {
    *s = (struct sheet){.a = a, .protocol = protocol, .title = title, .reference = -1};
    s->about = s->catalog = s->split = s->command = "";
    s->model = s->model_sha256 = s->precision = s->backend = s->code = "";
}

int sheet_method(struct sheet *s, const char *name, int model) {
    if (s->n_methods == SHEET_METHODS) return -1;
    s->method[s->n_methods] = (struct sheet_method){.name = name, .model = model};
    return s->n_methods++;
}

int sheet_metric(struct sheet *s, const char *name, const char *label, int digits, int better) {
    if (s->n_metrics == SHEET_METRICS) return -1;
    s->metric[s->n_metrics] = (struct sheet_metric){name, label, digits, better};
    return s->n_metrics++;
}

int sheet_group(struct sheet *s, const char *name, const char *panel, double x) {
    if (s->n_groups == SHEET_GROUPS) return -1;
    s->group[s->n_groups] = (struct sheet_group){name, panel, x};
    return s->n_groups++;
}

void sheet_note(struct sheet *s, const char *fmt, ...) {
    char text[500];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    const char *copy = arena_copy(s->a, text, strlen(text));
    if (copy && s->n_notes < SHEET_NOTES) s->note[s->n_notes++] = copy;
}

static enum status no_room(struct err *e) {
    return fail(e, ST_NO_MEMORY, "no memory for a report's cases");
}

enum status sheet_case(struct sheet *s, const char *id, int group, struct sheet_case **out,
                       struct err *e) {
    size_t values = (size_t)s->n_methods * (size_t)s->n_metrics;
    if (s->n == s->max) {
        int max = s->max ? 2 * s->max : 256;
        struct sheet_case *more = ARENA_NEW(s->a, struct sheet_case, (size_t)max);
        if (!more) return no_room(e);
        if (s->n) memcpy(more, s->c, (size_t)s->n * sizeof *more);
        s->c = more;
        s->max = max;
    }
    struct sheet_case c = {.id = arena_copy(s->a, id, strlen(id)), .group = group, .also = -1};
    c.v = ARENA_NEW(s->a, double, values);
    c.cost = ARENA_NEW(s->a, struct sheet_cost, (size_t)s->n_methods);
    if (!c.id || !c.v || !c.cost) return no_room(e);
    for (size_t i = 0; i < values; i++) c.v[i] = NAN;
    s->c[s->n] = c;
    *out = &s->c[s->n++];
    return ST_OK;
}

double *sheet_value(const struct sheet *s, const struct sheet_case *c, int method, int metric) {
    return &c->v[method * s->n_metrics + metric];
}

void sheet_put(const struct sheet *s, const struct sheet_case *c, int method, const char *metric,
               double v) {
    for (int k = 0; k < s->n_metrics; k++)
        if (strcmp(s->metric[k].name, metric) == 0) *sheet_value(s, c, method, k) = v;
}

static int in_group(const struct sheet *s, const struct sheet_case *c, int group) {
    return group == s->n_groups || c->group == group || c->also == group;
}

int sheet_count(const struct sheet *s, int group, int method, int metric) {
    int n = 0;
    for (int i = 0; i < s->n; i++)
        n += in_group(s, &s->c[i], group) && !isnan(*sheet_value(s, &s->c[i], method, metric));
    return n;
}

struct sheet_cost sheet_cost(const struct sheet *s, int method) {
    struct sheet_cost sum = {0, 0, 0};
    for (int i = 0; i < s->n; i++) {
        sum.seconds += s->c[i].cost[method].seconds;
        sum.items += s->c[i].cost[method].items;
        sum.tokens += s->c[i].cost[method].tokens;
    }
    return sum;
}

struct interval sheet_cell(const struct sheet *s, int group, int method, int metric, double *tmp) {
    int n = 0;
    for (int i = 0; i < s->n; i++) {
        double v = *sheet_value(s, &s->c[i], method, metric);
        if (in_group(s, &s->c[i], group) && !isnan(v)) tmp[n++] = v;
    }
    return metric_bootstrap(tmp, n, s->seed);
}

struct paired sheet_gap(const struct sheet *s, int group, int method, int metric, double *tmp) {
    double *a = tmp, *b = tmp + s->n;
    int n = 0;
    for (int i = 0; i < s->n; i++) {
        if (!in_group(s, &s->c[i], group)) continue;
        a[n] = *sheet_value(s, &s->c[i], s->reference, metric);
        b[n++] = *sheet_value(s, &s->c[i], method, metric);
    }
    return metric_paired(a, b, n, s->seed, tmp + 2 * s->n);
}

int sheet_shown_groups(const struct sheet *s) {
    return s->n_groups + (s->all && s->n_groups > 1);
}

const char *sheet_group_name(const struct sheet *s, int group) {
    return group == s->n_groups ? "all" : s->group[group].name;
}
