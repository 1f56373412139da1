/* Protocol `judged`: surfaces that nobody prepared. Graded lists (12 items, 6 wishes each) and
 * judged surfaces are imported as a person would, and each wish ranks all items of its own; truth
 * is what a reader said of each item. Without files of the caller's the project's own are measured:
 * of the lists the part `test` or, as development, `choose` (graded.h); judged surfaces are
 * development. */
#include "kernels/base/os/file.h"
#include "server/eval/eval.h"
#include "server/eval/graded.h"
#include "server/eval/catalog_copy.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TOP = 10, NAME = 80 };

static const char *const lists[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i"};
static const char *const surfaces[] = {"feed", "events"};
static const char *const kinds[] = {"plain", "situational", "negated", "combined", "constrained",
                                    "terse", "rambling",    "mood",    "taste",    "history"};

/* What is measured: sheets, and the group of each one's file. */
struct judged {
    struct graded_set set;
    int *file;              /* (set.n) */
    int kind[COUNT(kinds)]; /* groups */
    int max, skipped, sum;  /* sum: the method made of the two baselines */
};

/* --- reading */

static void file_name(const char *path, char out[NAME]) {
    const char *slash = strrchr(path, '/');
    (void)snprintf(out, NAME, "%.60s", slash ? slash + 1 : path);
    char *dot = strrchr(out, '.');
    if (dot) *dot = 0;
}

/* The sheets from `from` on are of that file; of lists only those of the split stay, unless they
 * are the caller's own. */
static enum status take_file(struct eval *ev, struct judged *j, int from, const char *path, int own,
                             struct err *e) {
    char name[NAME];
    int n = from;
    file_name(path, name);
    enum graded_part part = ev->c->test ? GRADED_TEST : GRADED_CHOOSE;
    for (int i = from; i < j->set.n; i++)
        if (own || graded_part(&j->set.at[i]) == part) j->set.at[n++] = j->set.at[i];
    j->set.n = n;
    if (n == from) return ST_OK;
    const char *copy = arena_copy(ev->a, name, strlen(name));
    int group = copy ? sheet_group(ev->s, copy, "file", (double)NAN) : -1;
    if (group < 0) return fail(e, ST_LIMIT, "there are too many files for one report");
    if (n > j->max) {
        int max = 2 * n, *more = ARENA_NEW(ev->a, int, (size_t)max);
        if (!more) return fail(e, ST_NO_MEMORY, "no memory for a report");
        if (from) memcpy(more, j->file, (size_t)from * sizeof *more);
        j->file = more;
        j->max = max;
    }
    for (int i = from; i < n; i++) j->file[i] = group;
    return ST_OK;
}

static enum status asset(struct eval *ev, const char *folder, const char *name, struct view *out,
                         struct err *e) {
    char path[NAME];
    const char *etag;
    (void)snprintf(path, sizeof path, "fixtures/%s/%s.jsonl", folder, name);
    if (ev->c->asset && ev->c->asset(path, out, &etag)) return ST_OK;
    return fail(e, ST_INVALID, "the program holds no %s", path);
}

static enum status read_ours(struct eval *ev, struct judged *j, struct err *e) {
    struct view text, wishes;
    for (size_t i = 0; i < COUNT(lists); i++) {
        int from = j->set.n;
        TRY(asset(ev, "lists", lists[i], &text, e));
        TRY(graded_text(&j->set, text, lists[i], ev->a, &j->skipped, e));
        TRY(take_file(ev, j, from, lists[i], 0, e));
    }
    for (size_t i = 0; !ev->c->test && i < COUNT(surfaces); i++) {
        char name[NAME];
        int from = j->set.n;
        (void)snprintf(name, sizeof name, "%s_wishes", surfaces[i]);
        TRY(asset(ev, "judged", surfaces[i], &text, e));
        TRY(asset(ev, "judged", name, &wishes, e));
        TRY(graded_judged(&j->set, text, wishes, surfaces[i], ev->a, &j->skipped, e));
        TRY(take_file(ev, j, from, surfaces[i], 1, e));
    }
    return ST_OK;
}

/* NAME.jsonl beside NAME_wishes.jsonl is a judged surface, else it holds graded lists. */
static enum status read_file(struct eval *ev, struct judged *j, const char *path, struct err *e) {
    char beside[1024], name[NAME];
    char *items, *wishes;
    size_t n_items, n_wishes;
    const char *dot = strrchr(path, '.');
    int stem = dot ? (int)(dot - path) : (int)strlen(path), from = j->set.n;
    (void)snprintf(beside, sizeof beside, "%.*s_wishes%s", stem, path, dot ? dot : "");
    if (access(beside, R_OK) != 0) {
        TRY(graded_read(&j->set, path, ev->a, &j->skipped, e));
        return take_file(ev, j, from, path, 1, e);
    }
    file_name(path, name);
    TRY(file_read(path, (size_t)1 << 28, &items, &n_items, e));
    enum status st = file_read(beside, (size_t)1 << 28, &wishes, &n_wishes, e);
    if (st == ST_OK) {
        st = graded_judged(&j->set, (struct view){items, n_items}, (struct view){wishes, n_wishes},
                           name, ev->a, &j->skipped, e);
        mem_free(wishes);
    }
    mem_free(items);
    return st == ST_OK ? take_file(ev, j, from, path, 1, e) : st;
}

/* --- one wish */

/* Each standardised over the candidates, and added. */
static void add_standard(double *sum, const double *score, int n) {
    double mean = 0, square = 0;
    for (int i = 0; i < n; i++) mean += (isnan(score[i]) ? 0 : score[i]) / n;
    for (int i = 0; i < n; i++) {
        double d = (isnan(score[i]) ? 0 : score[i]) - mean;
        square += d * d / n;
    }
    for (int i = 0; square > 1e-18 && i < n; i++)
        sum[i] += ((isnan(score[i]) ? 0 : score[i]) - mean) / sqrt(square);
}

/* Borderline items were ranked, and count neither way. */
static void put(struct eval *ev, struct sheet_case *c, int method, const struct graded *g,
                const uint8_t *grade, const double *score) {
    double s[GRADED_ITEMS_MAX];
    unsigned char want[GRADED_ITEMS_MAX];
    int n = 0;
    for (int i = 0; i < g->n_items; i++) {
        if (grade[i] == 1) continue;
        s[n] = score[i];
        want[n++] = grade[i] == 2;
    }
    sheet_put(ev->s, c, method, "auc", metric_auc(s, want, n));
    sheet_put(ev->s, c, method, "p5", metric_precision(s, want, n, 5));
    sheet_put(ev->s, c, method, "ndcg10", metric_ndcg(s, want, n, TOP));
}

static void measure(struct eval *ev, struct sheet_case *c, const struct judged *j,
                    const struct graded *g, const struct graded_wish *w, const struct trial *t) {
    static const int parts[] = {METHOD_BASELINE + BASELINE_EMBEDDING,
                                METHOD_BASELINE + BASELINE_BM25};
    static const double nothing[GRADED_ITEMS_MAX];
    double sum[GRADED_ITEMS_MAX] = {0};
    int asked = 0;
    for (int m = 0; m < METHODS; m++)
        if (t->known[m]) put(ev, c, m, g, w->grade, trial_score(t, m));
    for (size_t k = 0; k < COUNT(parts); k++) {
        int m = parts[k];
        if (!(ev->set >> m & 1)) continue;
        asked++;
        if (t->known[m])
            add_standard(sum, trial_score(t, m), t->n);
        else /* it has nothing to go by, and so cannot tell items apart */
            put(ev, c, m, g, w->grade, nothing);
    }
    if (asked == COUNT(parts)) put(ev, c, j->sum, g, w->grade, sum);
    eval_cost(ev, c, t);
}

/* A history's items stand in no catalogue: they are examples in words. */
static void add_examples(struct rank_request *r, const struct item *it, int n, int label) {
    for (int i = 0; i < n && r->n_examples < EXAMPLES_MAX; i++)
        r->example[r->n_examples++] =
            (struct example){.text = view_of(it[i].title), .label = label};
}

static enum status rank_wish(struct eval *ev, struct judged *j, struct ranker *k,
                             const struct graded *g, const struct graded_wish *w,
                             const char *catalog, struct sheet_case *c, struct arena *a,
                             struct err *e) {
    struct trial *t = ARENA_NEW(a, struct trial, 1);
    struct rank_request *r = ARENA_NEW(a, struct rank_request, 1);
    struct view *ids = ARENA_NEW(a, struct view, (size_t)g->n_items);
    if (!t || !r || !ids) return fail(e, ST_NO_MEMORY, "no memory for a case");
    for (int i = 0; i < g->n_items; i++) ids[i] = view_of(g->item[i].id);
    eval_request(ev, view_of(catalog), ids, g->n_items, r);
    r->instruction = view_of(w->text);
    add_examples(r, w->liked, w->n_liked, 1);
    add_examples(r, w->disliked, w->n_disliked, -1);
    TRY(trial_init(t, r, ev->c->hooks, a, e));
    TRY(trial_run(t, k, ev->set, a, e));
    measure(ev, c, j, g, w, t);
    return eval_keep(ev, c, e);
}

/* --- all of them */

static int kind_of(const char *name) {
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (strcmp(kinds[i], name) == 0) return (int)i;
    return 0;
}

/* Imports the sheet only when one of its cases is not known from an earlier run. */
static enum status run_sheet(struct eval *ev, struct judged *j, struct catalog_copy *copy, int at,
                             struct err *e) {
    const struct graded *g = &j->set.at[at];
    char catalog[64], id[NAME];
    int imported = 0;
    (void)snprintf(catalog, sizeof catalog, "judged-%016llx", (unsigned long long)g->key);
    for (int n = 0; n < g->n_wishes; n++) {
        const struct graded_wish *w = &g->wish[n];
        struct sheet_case *c;
        struct arena a;
        int known;
        (void)snprintf(id, sizeof id, "%s-%d-%d", catalog + 7, g->line, n);
        TRY(eval_case(ev, id, j->kind[kind_of(w->kind)], &c, &known, e));
        c->also = j->file[at];
        eval_step(ev);
        if (known) continue;
        if (!imported) TRY(catalog_copy_import(copy, catalog, g->item, g->n_items, e));
        imported = 1;
        arena_init(&a, (size_t)1 << 30);
        enum status st = rank_wish(ev, j, copy->ranker, g, w, catalog, c, &a, e);
        arena_free(&a);
        TRY(st);
    }
    return ST_OK;
}

/* The sheets' order: by their keys, so that the first so many are a fair part of all files. */
static struct drawn *order(struct eval *ev, const struct judged *j) {
    struct drawn *d = ARENA_NEW(ev->a, struct drawn, (size_t)j->set.n + 1);
    for (int i = 0; d && i < j->set.n; i++) d[i] = (struct drawn){j->set.at[i].key, i};
    if (d) eval_shuffle(d, j->set.n);
    return d;
}

static enum status run_sheets(struct eval *ev, struct judged *j, struct err *e) {
    struct catalog_copy copy;
    struct drawn *d = order(ev, j);
    int total = 0, n = 0;
    if (!d) return fail(e, ST_NO_MEMORY, "no memory for a report");
    while (n < j->set.n && (!ev->c->cases || total < ev->c->cases))
        total += j->set.at[d[n++].at].n_wishes;
    TRY(eval_begin(ev, "judged", total, e));
    TRY(catalog_copy_empty(&copy, ev->k, e));
    enum status st = ST_OK;
    for (int i = 0; i < n && st == ST_OK; i++) st = run_sheet(ev, j, &copy, d[i].at, e);
    catalog_copy_close(&copy);
    return st;
}

enum status eval_judged(struct eval *ev, struct err *e) {
    struct judged *j = ARENA_NEW(ev->a, struct judged, 1);
    if (!j) return fail(e, ST_NO_MEMORY, "no memory for a report");
    ev->s->about = "Catalogues imported as they are, with no surface of their own. Every item was "
                   "graded by a reader for every wish; borderline items are ranked and count "
                   "neither way. Means over wishes, by kind of wish and by file.";
    ev->s->all = 1;
    eval_methods(ev);
    j->sum = sheet_method(ev->s, "embedding + bm25", 0);
    (void)sheet_metric(ev->s, "auc", "AUC", 3, 1);
    (void)sheet_metric(ev->s, "p5", "P@5", 2, 1);
    (void)sheet_metric(ev->s, "ndcg10", "NDCG@10", 3, 1);
    for (size_t i = 0; i < COUNT(kinds); i++)
        j->kind[i] = sheet_group(ev->s, kinds[i], "kind", (double)NAN);
    for (int i = 0; i < ev->c->n_files; i++) TRY(read_file(ev, j, ev->c->files[i], e));
    if (!ev->c->n_files) TRY(read_ours(ev, j, e));
    if (!j->set.n) return fail(e, ST_INVALID, "there are no graded lists to measure");
    sheet_note(ev->s, "embedding + bm25: each standardised over the list's items, and added");
    if (j->skipped)
        sheet_note(ev->s, "%d wishes that want all items or none are left out", j->skipped);
    return run_sheets(ev, j, e);
}
