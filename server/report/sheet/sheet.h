/* What a protocol measured: one value for each case, method and metric, with cases in groups; and
 * the report made of them as text, JSON and HTML. All memory is the arena's. */
#ifndef REPORT_SHEET_H
#define REPORT_SHEET_H

#include "server/metrics/metrics.h"

#include "kernels/base/arena.h"
#include "kernels/base/view.h"

enum { SHEET_GROUPS = 48, SHEET_METHODS = 32, SHEET_METRICS = 8, SHEET_NOTES = 12 };

struct sheet_method {
    const char *name;
    int model;              /* 1: reads the language model */
    const char *trained_on; /* a baseline's own words, or NULL */
    double parameters;      /* where methods are models of their own; else 0 */
};
struct sheet_metric {
    const char *name, *label; /* "ndcg10", "NDCG@10" */
    int digits;
    int better; /* 1: more is better, -1: less is, 0: neither */
};
struct sheet_group {
    const char *name;
    const char *panel; /* groups of one panel share a chart */
    double x;          /* place on the chart's axis; NaN: groups stand side by side */
};
/* What a method's own rankings took; 0 where its scores came with another's. */
struct sheet_cost {
    double seconds;
    long long items, tokens;
};
struct sheet_case {
    const char *id;
    int group, also;         /* also: a second group that it counts in, -1: none */
    double *v;               /* (methods, metrics); NaN: not measured */
    struct sheet_cost *cost; /* (methods) */
};

/* Filled by a protocol before its first case. */
struct sheet {
    struct arena *a;
    const char *protocol, *title, *about, *axis; /* axis: what a group's x is, or NULL */
    const char *catalog, *split, *command;
    unsigned long long seed;
    struct sheet_method method[SHEET_METHODS];
    struct sheet_metric metric[SHEET_METRICS];
    struct sheet_group group[SHEET_GROUPS];
    const char *note[SHEET_NOTES];
    int n_methods, n_metrics, n_groups, n_notes;
    int reference; /* the method that the others are compared with, case by case; -1: none */
    int all;       /* 1: a further group of all cases */
    struct sheet_case *c;
    int n, max;
    /* Who measured. */
    const char *model, *model_sha256, *precision, *backend, *code;
    long long parameters;
    double elapsed;
};

void sheet_init(struct sheet *s, struct arena *a, const char *protocol, const char *title);
/* Each answers its index; -1 when there is no room. Texts are borrowed. */
int sheet_method(struct sheet *s, const char *name, int model);
int sheet_metric(struct sheet *s, const char *name, const char *label, int digits, int better);
int sheet_group(struct sheet *s, const char *name, const char *panel, double x);
void sheet_note(struct sheet *s, const char *fmt, ...) PRINTF(2, 3);
/* A new case, all values NaN. id is copied. ST_NO_MEMORY. */
enum status sheet_case(struct sheet *s, const char *id, int group, struct sheet_case **out,
                       struct err *e) MUST_CHECK;
/* Sets the value of the metric of that name; nothing happens when the sheet has none. */
void sheet_put(const struct sheet *s, const struct sheet_case *c, int method, const char *metric,
               double v);
double *sheet_value(const struct sheet *s, const struct sheet_case *c, int method, int metric);

/* Cases of a group that have the value, and all cost of a method. */
int sheet_count(const struct sheet *s, int group, int method, int metric);
struct sheet_cost sheet_cost(const struct sheet *s, int method);
/* Interval over the cases of a group (n_groups: all cases) that have the value; tmp (n). */
struct interval sheet_cell(const struct sheet *s, int group, int method, int metric, double *tmp);
/* The reference method minus the given one; tmp (3 n). */
struct paired sheet_gap(const struct sheet *s, int group, int method, int metric, double *tmp);
const char *sheet_group_name(const struct sheet *s, int group);
/* Groups to show: n_groups, and one more with `all`. */
int sheet_shown_groups(const struct sheet *s);

/* The report as a table for people, as JSON, and as one HTML file without anything outside it. The
 * HTML holds n sheets. Texts lie in the arena. */
enum status sheet_text(const struct sheet *s, struct arena *a, struct view *out,
                       struct err *e) MUST_CHECK;
enum status sheet_json(const struct sheet *s, struct arena *a, struct view *out,
                       struct err *e) MUST_CHECK;
enum status sheet_html(const struct sheet *const *s, int n, const char *title, struct arena *a,
                       struct view *out, struct err *e) MUST_CHECK;

/* A case's values as JSON text, and back: for keeping finished cases. read answers 0 when the text
 * is no such case. */
enum status sheet_case_json(const struct sheet *s, const struct sheet_case *c, struct arena *a,
                            struct view *out, struct err *e) MUST_CHECK;
int sheet_case_read(const struct sheet *s, struct sheet_case *c, struct view json);

#endif
