/* What a brew did: before and after on what was kept out, and the guard's verdict. */
#include "server/brew/brew.h"
#include "server/store/sql/json_memory.h"

#include "kernels/base/buf.h"
#include "kernels/base/os/file.h"

#include <math.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* CASES: fewer give no verdict, their interval says too little. */
enum { REPORT_KINDS = 32, SEED = 1, CASES = 10 };

static void set_interval(json_t *o, const char *name, struct interval x) {
    if (x.n == 0 || !isfinite(x.mean)) return;
    json_object_set_new(
        o, name, json_pack("{s:f,s:f,s:f,s:i}", "mean", x.mean, "lo", x.lo, "hi", x.hi, "n", x.n));
}

/* The cases of one kind (NULL: all) of a and b, in out. */
static int pick(const struct brew_measures *a, const double *x, const double *y, const char *kind,
                double *to_x, double *to_y) {
    int n = 0;
    for (int i = 0; i < a->n; i++) {
        if (kind && strcmp(a->kind[i], kind) != 0) continue;
        to_x[n] = x[i];
        to_y[n++] = y[i];
    }
    return n;
}

/* One measure before and after; *fell: the difference's interval lies beyond `most` on the bad
 * side. sign: 1 where more is better. */
static json_t *compare(const double *before, const double *after, int n, int sign, double most,
                       double *tmp, int *fell) {
    json_t *o = json_object();
    struct paired d = metric_paired(after, before, n, SEED, tmp);
    set_interval(o, "before", metric_bootstrap(before, n, SEED));
    set_interval(o, "after", metric_bootstrap(after, n, SEED));
    set_interval(o, "change", d.diff);
    *fell = d.diff.n >= CASES && (sign > 0 ? d.diff.hi < -most : d.diff.lo > most);
    json_object_set_new(o, "fell", json_boolean(*fell));
    return o;
}

struct judge {
    struct brew *b;
    double *x, *y, *tmp;
    json_t *out;
    struct buf why;
};

static void say(struct judge *j, const char *what, const char *kind) {
    buf_printf(&j->why, "%s%s%s%s", j->why.n ? ", " : "", what, kind ? " of wishes of kind " : "",
               kind ? kind : "");
}

static void judge_measure(struct judge *j, const char *name, const double *before,
                          const double *after, const char *kind, json_t *to) {
    int fell, n = pick(&j->b->report.before, before, after, kind, j->x, j->y);
    json_object_set_new(to, name, compare(j->x, j->y, n, 1, 0, j->tmp, &fell));
    if (fell) say(j, name, kind);
}

static void judge_lists(struct judge *j) {
    const struct brew_measures *a = &j->b->report.before, *b = &j->b->report.after;
    const char *seen[REPORT_KINDS];
    int n = 0;
    json_t *all = json_object(), *kinds = json_object();
    judge_measure(j, "auc", a->auc, b->auc, NULL, all);
    judge_measure(j, "precision_5", a->p5, b->p5, NULL, all);
    judge_measure(j, "ndcg_10", a->ndcg, b->ndcg, NULL, all);
    for (int i = 0; i < a->n && n < REPORT_KINDS; i++) {
        int k = 0;
        while (k < n && strcmp(seen[k], a->kind[i]) != 0) k++;
        if (k < n) continue;
        seen[n++] = a->kind[i];
        json_t *one = json_object();
        judge_measure(j, "auc", a->auc, b->auc, a->kind[i], one);
        json_object_set_new(kinds, a->kind[i][0] ? a->kind[i] : "unnamed", one);
    }
    json_object_set_new(all, "kinds", kinds);
    json_object_set_new(all, "wishes", json_integer(a->n));
    json_object_set_new(j->out, "lists", all);
}

static void judge_texts(struct judge *j) {
    const struct brew_measures *a = &j->b->report.before, *b = &j->b->report.after;
    int fell;
    if (!a->n_texts) return;
    json_t *o = compare(a->nats, b->nats, a->n_texts, -1, j->b->recipe.text_rise, j->tmp, &fell);
    json_object_set_new(j->out, "text_nats", o);
    if (fell) say(j, "the likelihood of plain text", NULL);
}

static void judge_injection(struct judge *j) {
    const struct brew_measures *a = &j->b->report.before, *b = &j->b->report.after;
    int fell;
    if (!a->n_injected) return;
    json_t *o = compare(a->injected, b->injected, a->n_injected, -1, 0, j->tmp, &fell);
    json_object_set_new(j->out, "injection", o);
    if (fell) say(j, "what an order in an item's text achieves", NULL);
}

/* All pairs, and how many of each kind are kept. */
static void judge_pairs(struct judge *j) {
    const struct brew_measures *a = &j->b->report.before, *b = &j->b->report.after;
    int fell;
    json_t *o = compare(a->kept, b->kept, a->n_pairs, 1, 0, j->tmp, &fell), *kinds = json_object();
    for (int i = 0, from = 0; i < a->n_pairs; i++) {
        if (i + 1 < a->n_pairs && strcmp(a->pair_kind[i], a->pair_kind[i + 1]) == 0) continue;
        double was = 0, is = 0;
        for (int k = from; k <= i; k++) was += a->kept[k], is += b->kept[k];
        json_object_set_new(
            kinds, a->pair_kind[i],
            json_pack("{s:f,s:f,s:i}", "before", was, "after", is, "n", i + 1 - from));
        from = i + 1;
    }
    json_object_set_new(o, "kinds", kinds);
    json_object_set_new(j->out, "instructions", o);
    if (fell) say(j, "following instructions", NULL);
}

static json_t *curve_of(const struct brew_report *r) {
    json_t *list = json_array();
    for (long long i = 0; r->curve && i < r->steps; i++) {
        const struct brew_point *p = &r->curve[i];
        json_array_append_new(list, json_pack("[f,f,f,f]", (double)p->loss, (double)p->right,
                                              (double)p->norm, (double)p->rate));
    }
    return list;
}

static json_t *facts_of(const struct brew *b) {
    const struct brew_report *r = &b->report;
    const float *scalar = trainer_scalars(b->t);
    int train = 0, kept = 0;
    for (int i = 0; i < b->sheets.n; i++) *(b->sheets.at[i].kept_out ? &kept : &train) += 1;
    return json_pack(
        "{s:s,s:s,s:s,s:s,s:s,s:I,s:i,s:i,s:i,s:i,s:I,s:I,s:I,s:f,s:f,s:f,s:f}", "name",
        b->recipe.name, "model", b->info.name, "base_sha256", b->info.sha256, "code", b->info.code,
        "precision", b->info.precision, "trained_values", (json_int_t)b->info.trained, "threads",
        b->info.threads, "sheets", train, "sheets_kept_out", kept, "wishes_left_out", b->skipped,
        "steps", (json_int_t)r->steps, "lists_seen", (json_int_t)r->lists, "tokens",
        (json_int_t)r->tokens, "seconds", r->seconds, "tokens_per_second", r->tokens_per_s, "gain",
        (double)scalar[LOSS_GAIN], "beta", (double)scalar[LOSS_BETA]);
}

enum status brew_judge(struct brew *b, struct err *e) {
    const struct brew_measures *m = &b->report.before;
    size_t n = (size_t)(m->n > m->n_texts ? m->n : m->n_texts) + BREW_PAIRS;
    struct judge j = {.b = b, .out = facts_of(b)};
    j.x = ARENA_NEW(&b->arena, double, n);
    j.y = ARENA_NEW(&b->arena, double, n);
    j.tmp = ARENA_NEW(&b->arena, double, n);
    buf_init(&j.why, 1 << 16);
    if (!j.x || !j.y || !j.tmp || !j.out) return fail(e, ST_NO_MEMORY, "no memory for a report");
    if (b->report.after.n == m->n && m->n) judge_lists(&j);
    if (b->report.after.n_texts == m->n_texts) judge_texts(&j);
    if (b->report.after.n_injected == m->n_injected) judge_injection(&j);
    if (b->report.after.n_pairs == m->n_pairs) judge_pairs(&j);
    if (!m->n && !m->n_texts) say(&j, "nothing was kept out, so nothing was measured", NULL);
    const char *why = arena_copy(&b->arena, j.why.p ? j.why.p : "", j.why.n);
    buf_free(&j.why);
    json_object_set_new(j.out, "curve", curve_of(&b->report));
    json_object_set_new(j.out, "fell", json_string(why ? why : ""));
    char *text = json_dumps(j.out, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
    json_decref(j.out);
    b->report.why = why;
    b->report.json = text ? arena_copy(&b->arena, text, strlen(text)) : NULL;
    json_text_free(text);
    return why && b->report.json ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for a report");
}

enum status brew_write_report(struct brew *b, struct arena *a, struct err *e) {
    char path[1024];
    json_t *o = json_loads(b->report.json, 0, NULL);
    json_object_set_new(o, "adopted", json_boolean(b->report.adopted));
    json_object_set_new(o, "forced", json_boolean(b->report.adopted && b->report.why[0]));
    char *text = json_dumps(o, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
    json_decref(o);
    b->report.json = text ? arena_copy(a, text, strlen(text)) : NULL;
    b->report.why = arena_copy(a, b->report.why, strlen(b->report.why));
    json_text_free(text);
    if (!b->report.json || !b->report.why) return fail(e, ST_NO_MEMORY, "no memory for a report");
    (void)snprintf(path, sizeof path, "%s/%s.json", b->c->out, b->recipe.name);
    return file_write(path, b->report.json, strlen(b->report.json), e);
}
