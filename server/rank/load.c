/* Loading what a ranking works on. */
#include "server/rank/load.h"

#include "kernels/base/buf.h"
#include "kernels/base/os/clock.h"
#include "server/rank/choose.h"
#include "server/rank/history.h"
#include "server/readout/prompt/prompt.h"
#include "server/readout/readout.h"
#include "server/store/kept/preference.h"

#include <string.h>

/* The wanted clauses of the wish as one text, with or without the words that only state a
 * constraint. */
static enum status join_wanted(struct rank_context *s, int rest, struct view *out, struct err *e) {
    struct buf b;
    int n = 0;
    buf_init(&b, 1 << 20);
    for (int c = 0; c < s->n_wish; c++) {
        const struct clause *x = &s->wish.clause[c];
        struct view text = rest ? x->rest : x->text;
        if (x->sign <= 0 || !(x->weight > 0) || text.n == 0) continue;
        buf_str(&b, n++ ? ", " : "");
        buf_view(&b, text);
    }
    return context_keep(s, &b, out, e);
}

static int on_embedding(void *arg, int done, int total) {
    const struct rank_context *s = arg;
    const struct rank_hooks *h = s->hooks;
    if (s->k->embedding && total > EMBEDDING_MANY)
        s->k->embedding(s->k->embedding_arg, done, total);
    return h && h->embedding && h->embedding(h->arg, done, total);
}

/* Of n interactions, those with items that the snapshot has, and their places. */
static enum status keep_known(struct rank_context *s, struct interaction *h, int *n, int **place,
                              struct err *e) {
    int known = 0;
    *place = ARENA_NEW(s->a, int, (size_t)*n);
    if (!*place) return fail(e, ST_NO_MEMORY, "no memory for a history");
    for (int i = 0; i < *n; i++) {
        int at = snapshot_find(s->catalog, view_of(h[i].item));
        if (at < 0) continue; /* it came or went since the snapshot was made */
        h[known] = h[i];
        (*place)[known++] = at;
    }
    *n = known;
    return ST_OK;
}

static enum status load_member(struct rank_context *s, struct err *e) {
    const struct rank_request *r = s->r;
    struct interaction *h;
    int n;
    s->member = (struct member){.id = "", .name = "", .profile = ""};
    if (r->member.n == 0) return ST_OK;
    TRY(store_member(s->k->store, r->catalog, r->member, s->a, &s->member, e));
    TRY(store_history(s->k->store, r->catalog, r->member, s->a, &h, &n, e));
    TRY(keep_known(s, h, &n, &s->unseen, e));
    s->unseen_member = s->member.row;
    s->n_unseen = n;
    for (int i = 0; r->has_before && i < n; i++)
        if (h[i].at >= r->before) n = i; /* oldest first */
    if (r->no_profile) s->member.profile = "";
    TRY(history_choose(s, h, n, e));
    return keep_known(s, s->history, &s->n_history, &s->history_place, e);
}

static enum status load_left_out(struct rank_context *s, struct err *e) {
    struct member m;
    struct interaction *h;
    if (s->r->leave_out.n == 0) return ST_OK;
    TRY(store_member(s->k->store, s->r->catalog, s->r->leave_out, s->a, &m, e));
    TRY(store_history(s->k->store, s->r->catalog, s->r->leave_out, s->a, &h, &s->n_unseen, e));
    s->unseen_member = m.row;
    return keep_known(s, h, &s->n_unseen, &s->unseen, e);
}

enum status context_place(const struct rank_context *s, struct view id, const char *field, int i,
                          int *place, struct err *e) {
    *place = snapshot_find(s->catalog, id);
    if (*place >= 0) return ST_OK;
    (void)fail(e, ST_NOT_FOUND, "there is no item '%.*s' in the catalogue",
               (int)(id.n < 64 ? id.n : 64), id.p);
    err_field(e, "%s[%d]", field, i);
    return ST_NOT_FOUND;
}

static enum status load_examples(struct rank_context *s, struct err *e) {
    for (int i = 0; i < s->r->n_examples; i++) {
        const struct example *x = &s->r->example[i];
        struct mark *to = &s->example[s->n_examples++];
        *to = (struct mark){.place = -1, .label = x->label};
        if (x->item.n) TRY(context_place(s, x->item, "examples", i, &to->place, e));
        to->title =
            x->item.n ? s->catalog->item[to->place].title : arena_copy(s->a, x->text.p, x->text.n);
        if (!to->title) return fail(e, ST_NO_MEMORY, "no memory for an example");
    }
    return ST_OK;
}

/* History and examples together. */
static enum status join_marks(struct rank_context *s, struct err *e) {
    s->n_marks = 0;
    s->mark = ARENA_NEW(s->a, struct mark, (size_t)(s->n_history + s->n_examples));
    if (!s->mark) return fail(e, ST_NO_MEMORY, "no memory for a history");
    for (int i = 0; i < s->n_history; i++)
        s->mark[s->n_marks++] =
            (struct mark){s->history_place[i], s->history[i].title, s->history[i].label};
    for (int i = 0; i < s->n_examples; i++) s->mark[s->n_marks++] = s->example[i];
    return ST_OK;
}

static long long clock_of(const struct rank_request *r) {
    return r->has_now ? r->now : clock_unix();
}

static enum status load_wish(struct rank_context *s, struct err *e) {
    const struct rank_request *r = s->r;
    const struct clause whole = {.text = view_trim(r->instruction), .sign = 1, .weight = 1};
    if (r->has_clauses)
        return wish_read_clauses(r->clause, r->n_clauses, s->catalog, clock_of(r), s->a, &s->wish,
                                 e);
    if (r->whole_wish)
        return wish_read_clauses(&whole, whole.text.n > 0, s->catalog, clock_of(r), s->a, &s->wish,
                                 e);
    return wish_read(r->instruction, s->catalog, clock_of(r), s->a, &s->wish, e);
}

/* Appends the clauses of `more` and their constraints. */
static void append(struct wish *w, const struct wish *more) {
    int first = w->n_clauses;
    for (int c = 0; c < more->n_clauses; c++) w->clause[w->n_clauses++] = more->clause[c];
    for (int k = 0; k < more->n_constraints && w->n_constraints < CONSTRAINTS_MAX; k++) {
        struct constraint *to = &w->constraint[w->n_constraints++];
        *to = more->constraint[k];
        if (to->clause >= 0) to->clause += first;
    }
    for (int i = 0; i < more->n_notes && w->n_notes < WISH_NOTES; i++)
        w->note[w->n_notes++] = more->note[i];
}

/* What counts now of the stored preferences, behind the clauses of the wish. */
static enum status load_preferences(struct rank_context *s, struct err *e) {
    struct preference *p;
    struct clause c[CLAUSES_MAX];
    struct wish *more = ARENA_NEW(s->a, struct wish, 1);
    int n, kept = 0;
    if (!more) return fail(e, ST_NO_MEMORY, "no memory for preferences");
    TRY(preference_list(s->k->store, &s->r->owner, s->r->catalog, s->r->member, 0, clock_unix(),
                        s->a, &p, &n, e));
    s->n_preferences = n;
    for (int i = 0; i < n; i++) {
        if (s->wish.n_clauses + kept == CLAUSES_MAX) {
            s->n_left_over++;
            continue;
        }
        s->preference[s->wish.n_clauses + kept] = p[i].id;
        c[kept++] =
            (struct clause){.text = view_of(p[i].text), .sign = p[i].sign, .weight = p[i].weight};
    }
    TRY(wish_read_clauses(c, kept, s->catalog, clock_of(s->r), s->a, more, e));
    append(&s->wish, more);
    return ST_OK;
}

/* Explanations: the wish without one clause and what it constrains. */
static void leave_out_clause(struct rank_context *s, int c) {
    struct wish *w = &s->wish;
    int kept = 0;
    if (c < 0 || c >= w->n_clauses) return;
    for (int i = c; i + 1 < w->n_clauses; i++) {
        w->clause[i] = w->clause[i + 1];
        s->preference[i] = s->preference[i + 1];
    }
    s->preference[--w->n_clauses] = 0;
    for (int k = 0; k < w->n_constraints; k++) {
        struct constraint x = w->constraint[k];
        if (x.clause == c) continue;
        if (x.clause > c) x.clause--;
        w->constraint[kept++] = x;
    }
    w->n_constraints = kept;
}

/* For some readouts examples are clauses, too; together they weigh as much as one of the wish. */
static enum status add_examples(struct rank_context *s, struct err *e) {
    for (int i = 0; i < s->n_examples && s->n_clauses < CLAUSES_MAX; i++) {
        struct clause *c = &s->wish.clause[s->n_clauses++];
        const struct word w[] = {{"title", view_of(s->example[i].title)}};
        *c = (struct clause){.sign = s->example[i].label, .weight = 1.0 / s->n_examples};
        TRY(prompt_fill(c->sign > 0 ? s->surface.liked : s->surface.disliked, w, 1, s->a, &c->text,
                        e));
        c->rest = c->text;
    }
    return ST_OK;
}

enum status context_load(struct rank_context *s, struct ranker *k, const struct rank_request *r,
                         const struct rank_hooks *h, struct arena *a, struct err *e) {
    memset(s, 0, sizeof *s);
    s->k = k, s->r = r, s->hooks = h, s->a = a;
    s->engine = k->engine, s->cache = &k->cache;
    s->basis = (struct candidates){.store = k->store,
                                   .seed = (unsigned long long)r->seed,
                                   .embedder = k->embedder,
                                   .embedding = on_embedding};
    s->funnel = ARENA_NEW(a, struct funnel, 1);
    if (!s->funnel) return fail(e, ST_NO_MEMORY, "no memory for a ranking");
    struct snapshots *held;
    TRY(ranker_snapshots(k, &held, e));
    TRY(snapshots_take(held, r->catalog, &s->catalog, e));
    struct view name = r->surface.n ? r->surface : view_of(s->catalog->catalog.surface);
    TRY(surface_load(&s->surface, k->store, name, a, e));
    TRY(load_examples(s, e));
    TRY(load_wish(s, e));
    if (r->preferences) TRY(load_preferences(s, e));
    if (r->without_clause) leave_out_clause(s, r->without_clause - 1);
    s->n_wish = s->n_clauses = s->wish.n_clauses;
    s->instruction = r->has_clauses ? VIEW("") : view_trim(r->instruction);
    s->soft_constraints = r->constraints == CONSTRAINTS_SCORE;
    TRY(join_wanted(s, 0, &s->wanted, e));
    TRY(join_wanted(s, 1, &s->rest, e));
    s->mark = s->example; /* by which a history may be chosen */
    s->n_marks = s->n_examples;
    TRY(load_member(s, e));
    TRY(load_left_out(s, e));
    TRY(join_marks(s, e));
    TRY(context_choose(s, e));
    return readout_of(s->model)->examples_are_clauses ? add_examples(s, e) : ST_OK;
}

void context_close(struct rank_context *s) {
    if (s->interactions) interactions_cache_give(s->k->interactions_cache, s->interactions);
    if (s->catalog) snapshots_give(s->k->snapshots, s->catalog);
    s->interactions = NULL;
    s->catalog = NULL;
}

/* A copy that outlives the snapshot: results, and the events of a running ranking, name items. */
static enum status copy_item(struct rank_context *s, const struct item *it, const struct item **out,
                             struct err *e) {
    struct item *copy = ARENA_NEW(s->a, struct item, 1);
    const char **tags = ARENA_NEW(s->a, const char *, (size_t)it->n_tags);
    if (!copy || !tags) return fail(e, ST_NO_MEMORY, "no memory for an item");
    *copy = *it;
    copy->id = arena_copy(s->a, it->id, strlen(it->id));
    copy->title = arena_copy(s->a, it->title, strlen(it->title));
    copy->text = arena_copy(s->a, it->text, strlen(it->text));
    copy->extra = arena_copy(s->a, it->extra ? it->extra : "{}", it->extra ? strlen(it->extra) : 2);
    int bad = !copy->id || !copy->title || !copy->text || !copy->extra;
    for (int i = 0; i < it->n_tags; i++) {
        tags[i] = arena_copy(s->a, it->tags[i], strlen(it->tags[i]));
        bad |= !tags[i];
    }
    copy->tags = tags;
    *out = copy;
    return bad ? fail(e, ST_NO_MEMORY, "no memory for an item") : ST_OK;
}

/* Adds the catalogue's sample to the pool, and says where each of it is. */
static void add_sample(struct rank_context *s) {
    for (int k = 0; k < s->catalog->n_sample; k++) {
        int at = 0;
        while (at < s->n_pool && s->place[at] != s->catalog->sample[k]) at++;
        if (at == s->n_pool) s->place[s->n_pool++] = s->catalog->sample[k];
        s->sample[s->n_sample++] = at;
    }
}

static enum status set_outcomes(struct rank_context *s, struct err *e) {
    size_t m = (size_t)s->wish.n_constraints;
    s->outcome = ARENA_NEW(s->a, unsigned char, (size_t)s->n *m + 1);
    if (!s->outcome) return fail(e, ST_NO_MEMORY, "no memory for constraints");
    for (int i = 0; i < s->n; i++)
        for (size_t k = 0; k < m; k++)
            s->outcome[(size_t)i * m + k] =
                (unsigned char)constraint_outcome(&s->wish.constraint[k], s->catalog, s->place[i]);
    return ST_OK;
}

enum status context_items(struct rank_context *s, struct err *e) {
    TRY(funnel_run(s, e));
    s->n_pool = s->n;
    add_sample(s); /* for which funnel_run left room */
    size_t n = (size_t)s->n_pool;
    s->item = ARENA_NEW(s->a, const struct item *, n);
    s->text = ARENA_NEW(s->a, struct view, n);
    s->found = ARENA_NEW(s->a, double, n);
    if (!s->item || !s->text || !s->found) return fail(e, ST_NO_MEMORY, "no memory for items");
    for (int i = 0; i < s->n_pool; i++) {
        s->item[i] = &s->catalog->item[s->place[i]];
        if (i < s->n) TRY(copy_item(s, s->item[i], &s->item[i], e));
        TRY(context_text(s, s->surface.item, s->place[i], &s->text[i], e));
    }
    return set_outcomes(s, e);
}
