/* taproom rank: one ranking, printed as a table or as the JSON of /api/rank. */
#include "server/report/export.h"
#include "server/api/rank/ranking.h"
#include "server/cli/cli.h"
#include "server/cli/cli_session.h"

#include "kernels/base/os/clock.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TITLE_COLUMNS = 44, EXPORT_MAX = 48 << 20 };

static enum status wrong(const char *option, const char *value, struct err *e) {
    return fail(e, ST_INVALID, "--%s does not know '%.60s'", option, value);
}

static enum status choose(const struct options *o, struct rank_request *r, struct err *e) {
    int i;
    if (o->readout) r->readout = readout_named(o->readout);
    if (r->readout == READOUTS) return wrong("readout", o->readout, e);
    for (i = 0; o->retrieve && i < RETRIEVES; i++)
        if (strcmp(o->retrieve, retrieve_name((enum retrieve)i)) == 0) break;
    if (i == RETRIEVES) return wrong("retrieve", o->retrieve, e);
    r->retrieve = (enum retrieve)i;
    for (i = 0; o->policy && i < HISTORY_POLICIES; i++)
        if (strcmp(o->policy, history_name((enum history_policy)i)) == 0) break;
    if (i == HISTORY_POLICIES) return wrong("policy", o->policy, e);
    r->policy = (enum history_policy)i;
    for (i = 0; o->constraints && i < CONSTRAINTS_MODES; i++)
        if (strcmp(o->constraints, constraints_name((enum constraints_mode)i)) == 0) break;
    if (i == CONSTRAINTS_MODES) return wrong("constraints", o->constraints, e);
    r->constraints = (enum constraints_mode)i;
    r->has_now = o->now != NULL;
    if (o->now && !clock_parse(view_of(o->now), &r->now)) return wrong("now", o->now, e);
    r->history_tokens = (int)o->history_tokens;
    r->preferences = (int)o->preferences;
    return ST_OK;
}

static void add_examples(struct rank_request *r, const struct options_list *l, int label) {
    for (int i = 0; i < l->n && r->n_examples < EXAMPLES_MAX; i++)
        r->example[r->n_examples++] =
            (struct example){.item = view_of(l->at[i]), .text = VIEW(""), .label = label};
}

static enum status add_candidates(struct rank_request *r, const char *list, struct arena *a,
                                  struct err *e) {
    struct view left = view_of(list);
    r->candidate = ARENA_NEW(a, struct view, RANK_ITEMS_MAX);
    if (!r->candidate) return fail(e, ST_NO_MEMORY, "no memory for candidates");
    while (left.n) {
        const char *comma = memchr(left.p, ',', left.n);
        size_t n = comma ? (size_t)(comma - left.p) : left.n;
        if (r->n_candidates == RANK_ITEMS_MAX)
            return fail(e, ST_INVALID, "--candidates takes at most %d ids", RANK_ITEMS_MAX);
        if (n) r->candidate[r->n_candidates++] = view_sub(left, 0, n);
        left = view_sub(left, n + (comma != NULL), left.n);
    }
    return ST_OK;
}

static enum status make_request(const struct options *o, struct rank_request *r, struct arena *a,
                                struct err *e) {
    request_init(r);
    if (!o->catalog) return fail(e, ST_INVALID, "--catalog NAME is needed");
    if (o->like.n + o->dislike.n > EXAMPLES_MAX)
        return fail(e, ST_INVALID, "at most %d examples can be given", EXAMPLES_MAX);
    r->catalog = view_of(o->catalog);
    if (o->surface) r->surface = view_of(o->surface);
    if (o->instruction) r->instruction = view_of(o->instruction);
    if (o->member) r->member = view_of(o->member);
    if (!utf8_valid(r->instruction) || !utf8_valid(r->catalog) || !utf8_valid(r->member))
        return fail(e, ST_INVALID, "the texts given are not UTF-8");
    add_examples(r, &o->like, 1);
    add_examples(r, &o->dislike, -1);
    if (o->candidates) TRY(add_candidates(r, o->candidates, a, e));
    if (o->history >= 0) r->history = (int)o->history;
    if (o->count) r->count = (int)o->count;
    r->has_count = o->count > 0;
    r->top = (int)o->top;
    r->seed = o->seed;
    return choose(o, r, e);
}

/* "1682 items -> 640 within constraints -> 100 by embedding and BM25 -> 100 ranked" */
static void print_funnel(const struct rank_result *x) {
    const struct funnel *f = &x->funnel;
    printf("%lld items", f->items);
    if (x->n_constraints) printf(" -> %lld within constraints", f->within);
    printf(" -> %lld by %s -> %lld ranked", f->retrieved, f->by, f->ranked);
    if (f->failing_kept) printf(", %lld of them outside the constraints", f->failing_kept);
    printf("\n");
    for (int k = 0; k < x->n_constraints; k++) {
        const struct tally *t = &x->constraint[k].tally;
        printf("Checked: ");
        cli_print_text(x->constraint[k].words, (int)strlen(x->constraint[k].words));
        printf(" (holds for %lld, fails for %lld, unknown for %lld)\n", t->holds, t->fails,
               t->unknown);
    }
}

static void print_table(const struct rank_result *x) {
    printf("Readout %s: %s\n", readout_name(x->used), x->why);
    print_funnel(x);
    printf("\n%5s  %9s  ", "rank", "score");
    cli_print_text("title", TITLE_COLUMNS);
    for (int b = 0; b < BASELINES; b++)
        if (x->baseline[b].asked) printf("  %10s", x->baseline[b].name);
    printf("\n");
    for (int i = 0; i < x->top; i++) {
        const struct ranked *r = &x->item[i];
        if (r->behind && (i == 0 || !x->item[i - 1].behind))
            printf("%16s  outside the constraints:\n", "");
        printf("%5d  %9.3f  ", r->rank, r->score);
        cli_print_text(r->item->title, TITLE_COLUMNS);
        for (int b = 0; b < BASELINES; b++) {
            if (!x->baseline[b].asked) continue;
            if (!x->baseline[b].available)
                printf("  %10s", "no data");
            else if (isnan(r->baseline[b].score))
                printf("  %10s", "-");
            else
                printf("  %10d", r->baseline[b].rank);
        }
        printf("\n");
    }
    printf(
        "\nScores compare within this ranking only. Baselines: the rank they give the item, - where "
        "they know nothing of it.\n");
    for (int b = 0; b < BASELINES; b++)
        if (x->baseline[b].why)
            printf("No data for %s: %s.\n", x->baseline[b].name, x->baseline[b].why);
    for (int i = 0; i < x->n_warnings; i++) {
        printf("Note: ");
        cli_print_text(x->warning[i], (int)strlen(x->warning[i]));
        printf("\n");
    }
}

/* The run's id out of its answer, which begins with it; "" when it was not saved. */
static void run_id(struct view answer, char id[24]) {
    static const char before[] = "{\"run\":\"";
    size_t at = sizeof before - 1, n = 0;
    if (answer.n > at && strncmp(answer.p, before, at) == 0)
        while (n < 23 && at + n < answer.n && answer.p[at + n] != '"') {
            id[n] = answer.p[at + n];
            n++;
        }
    id[n] = 0;
}

static enum status write_file(const char *path, const struct buf *b, struct err *e) {
    struct view v = buf_text(b);
    FILE *f = fopen(path, "wb");
    if (!f) return fail(e, ST_IO, "cannot write %.200s: %s", path, strerror(errno));
    size_t wrote = fwrite(v.p, 1, v.n, f);
    int bad = wrote != v.n;
    bad |= fclose(f) != 0;
    return bad ? fail(e, ST_IO, "cannot write %.200s: %s", path, strerror(errno)) : ST_OK;
}

/* The files that --csv and --html ask for, of the run as it was saved. */
static enum status write_exports(const struct options *o, struct store *s, struct view answer,
                                 struct arena *a, struct err *e) {
    char id[24];
    struct run_row row = {.created = 0};
    struct view json = answer;
    run_id(answer, id);
    if (id[0]) TRY(store_run(s, view_of(id), a, &row, &json, e));
    for (int html = 0; html < 2; html++) {
        const char *path = html ? o->html : o->csv;
        struct buf b;
        if (!path) continue;
        buf_init(&b, EXPORT_MAX);
        enum status st = html ? export_html(json, id, row.created, &b, e) : export_csv(json, &b, e);
        if (st == ST_OK) st = write_file(path, &b, e);
        buf_free(&b);
        TRY(st);
    }
    return ST_OK;
}

static enum status rank(const struct options *o, const struct rank_request *r, struct arena *a,
                        struct cli_session *d, struct err *e) {
    struct rank_result *x = ARENA_NEW(a, struct rank_result, 1);
    struct catalog known;
    struct view json;
    if (!x) return fail(e, ST_NO_MEMORY, "no memory for a ranking");
    TRY(cli_session_open_store(d, o, e));
    TRY(cli_session_import_builtin(d, o, e));
    /* Before the model, which may take a while. */
    TRY(store_catalog(d->store, r->catalog, a, &known, e));
    TRY(cli_session_load_model(d, o, e));
    TRY(ranking_answer(d->ranker, r, NULL, NULL, a, x, &json, e));
    TRY(write_exports(o, d->store, json, a, e));
    if (o->json)
        printf("%s\n", json.p);
    else
        print_table(x);
    return ST_OK;
}

int cmd_rank_main(const struct options *o) {
    static struct rank_request request;
    static struct cli_session cli_session;
    struct err e = {.line = 0};
    struct arena a;
    int code;
    if (o->n_args) return cli_usage("rank", "rank takes options only");
    arena_init(&a, (size_t)1 << 30);
    if (make_request(o, &request, &a, &e) != ST_OK)
        code = cli_usage("rank", e.text);
    else
        code = rank(o, &request, &a, &cli_session, &e) == ST_OK ? EXIT_OK : cli_failed(&e);
    cli_session_close(&cli_session);
    arena_free(&a);
    return code;
}
