/* Loading what a ranking works on. */
#include "server/rank/scene.h"

#include "model/base/buf.h"
#include "model/base/clock.h"
#include "server/baselines/embedding.h"
#include "server/catalog/snapshot.h"
#include "server/rank/history.h"
#include "server/rank/keyed.h"
#include "server/store/preference.h"

#include <stdlib.h>
#include <string.h>

unsigned long long scene_hash(const char *id, unsigned long long seed) {
    return item_hash(id, seed);
}

static int known_item(const struct scene *s, const char *id) {
    for (int i = 0; i < s->n_history; i++)
        if (strcmp(s->history[i].item, id) == 0) return 1;
    for (int i = 0; i < s->n_examples; i++)
        if (s->example[i].item && strcmp(s->example[i].item->id, id) == 0) return 1;
    return 0;
}

static int in_pool(const struct scene *s, const char *id) {
    for (int i = 0; i < s->n_pool; i++)
        if (strcmp(s->item[i]->id, id) == 0) return i;
    return -1;
}

static void add_candidate(struct scene *s, const struct item *it) {
    if (known_item(s, it->id) || in_pool(s, it->id) >= 0) return;
    s->item[s->n_pool++] = it;
}

/* Adds candidates in falling order of popularity (or of a random number) until there are `count`.
 */
static enum status add_by_key(struct scene *s, int random, int count, struct err *e) {
    size_t n = (size_t)s->n_all;
    double *pop = ARENA_NEW(s->a, double, n);
    struct keyed *k = ARENA_NEW(s->a, struct keyed, n);
    int has = 0;
    if (!pop || !k) return fail(e, ST_NO_MEMORY, "no memory for candidates");
    if (!random) TRY(store_popularity(s->k->store, s->r->catalog, s->all, s->n_all, pop, &has, e));
    for (int i = 0; i < s->n_all; i++)
        k[i] = (struct keyed){
            random ? (double)(scene_hash(s->all[i].id, (unsigned long long)s->r->seed) >> 11)
                   : pop[i],
            i};
    qsort(k, n, sizeof *k, keyed_down);
    for (int i = 0; i < s->n_all && s->n_pool < count; i++) add_candidate(s, &s->all[k[i].at]);
    return ST_OK;
}

enum status scene_root(struct scene *s, const struct frame *f, struct view *out, struct err *e) {
    struct view root, tail, clause;
    struct buf b;
    TRY(scene_words(s, f->root, VIEW(""), "", &root, e));
    *out = root;
    if (s->surface.n_demos == 0) return ST_OK;
    TRY(scene_words(s, f->tail, VIEW(""), "", &tail, e));
    buf_init(&b, 1 << 20);
    for (int i = 0; i < s->surface.n_demos; i++) {
        const struct demonstration *d = &s->surface.demo[i];
        enum status st = scene_words(s, f->clause, view_of(d->wish), "", &clause, e);
        if (st != ST_OK) {
            buf_free(&b);
            return st;
        }
        buf_view(&b, root);
        buf_printf(&b, " %s", d->item);
        buf_view(&b, tail);
        buf_view(&b, clause);
        buf_str(&b, "\n\n");
    }
    buf_view(&b, root);
    struct view v = buf_text(&b);
    char *copy = b.failed ? NULL : arena_copy(s->a, v.p, v.n);
    buf_free(&b);
    if (!copy) return fail(e, ST_NO_MEMORY, "no memory for demonstrations");
    *out = (struct view){copy, v.n};
    return ST_OK;
}

enum status scene_wanted(struct scene *s, int limits, struct view *out, int *n, struct err *e) {
    struct buf b;
    buf_init(&b, 1 << 20);
    *n = 0;
    for (int c = 0; c < s->n_wish; c++) {
        struct view text = limits ? s->clause[c].text : s->checks[c].text;
        if (s->clause[c].sign <= 0 || !(s->clause[c].weight > 0) || text.n == 0) continue;
        buf_str(&b, (*n)++ ? ", " : "");
        buf_view(&b, text);
    }
    struct view v = buf_text(&b);
    char *copy = b.failed ? NULL : arena_copy(s->a, v.p, v.n);
    buf_free(&b);
    if (!copy) return fail(e, ST_NO_MEMORY, "no memory for a wish");
    *out = (struct view){copy, v.n};
    return ST_OK;
}

enum status scene_words(struct scene *s, const char *tmpl, struct view clause, const char *tag,
                        struct view *out, struct err *e) {
    char *cap = arena_copy(s->a, s->surface.item_word, strlen(s->surface.item_word));
    if (!cap) return fail(e, ST_NO_MEMORY, "no memory for a prompt");
    if (cap[0] >= 'a' && cap[0] <= 'z') cap[0] = (char)(cap[0] - 'a' + 'A');
    const struct word w[] = {{"item_word", view_of(s->surface.item_word)},
                             {"Item_word", view_of(cap)},
                             {"items_word", view_of(s->surface.items_word)},
                             {"member_word", view_of(s->surface.member_word)},
                             {"tag", view_of(tag)},
                             {"clause", clause}};
    return prompt_fill(tmpl, w, COUNT(w), s->a, out, e);
}

/* By the words of what is wanted: "no horror" must not bring horror in, nor "in May" a title with
 * May. */
static enum status add_bm25(struct scene *s, int count, struct err *e) {
    struct item *top;
    struct view wanted;
    int n;
    TRY(scene_wanted(s, 0, &wanted, &n, e));
    if (n == 0) return ST_OK;
    TRY(store_bm25_top(s->k->store, s->r->catalog, wanted, count, s->a, &top, &n, e));
    for (int i = 0; i < n && s->n_pool < count; i++) add_candidate(s, &top[i]);
    return ST_OK;
}

/* The nearest of the whole catalogue to the wish and to what was liked. */
static enum status add_nearest(struct scene *s, int count, struct err *e) {
    size_t n = (size_t)s->n_all;
    const struct item **item = ARENA_NEW(s->a, const struct item *, n);
    struct view *text = ARENA_NEW(s->a, struct view, n);
    struct keyed *k = ARENA_NEW(s->a, struct keyed, n);
    double *score = ARENA_NEW(s->a, double, n);
    const char *why;
    if (!item || !text || !k || !score) return fail(e, ST_NO_MEMORY, "no memory for candidates");
    for (int i = 0; i < s->n_all; i++) {
        item[i] = &s->all[i];
        TRY(surface_render(s->surface.item, item[i], s->a, &text[i], e));
    }
    TRY(embedding_score(s, item, text, s->n_all, score, &why, e));
    if (why) {
        (void)fail(e, ST_INVALID, "items cannot be retrieved by embedding: %s", why);
        err_field(e, "candidates.retrieve");
        return ST_INVALID;
    }
    for (int i = 0; i < s->n_all; i++) k[i] = (struct keyed){score[i], i};
    qsort(k, n, sizeof *k, keyed_down);
    for (int i = 0; i < s->n_all && s->n_pool < count; i++) add_candidate(s, &s->all[k[i].at]);
    return ST_OK;
}

/* `count` items of the catalogue in its order, from the offset on, less those that the history and
 * the examples hold: pages by catalogue place meet every item once. */
static enum status add_page(struct scene *s, int count, struct err *e) {
    struct item *page;
    long long total;
    int n;
    TRY(store_items(s->k->store, s->r->catalog, VIEW(""), s->r->offset, count, s->a, &page, &n,
                    &total, e));
    for (int i = 0; i < n; i++) add_candidate(s, &page[i]);
    return ST_OK;
}

static enum status retrieve(struct scene *s, struct err *e) {
    const struct rank_request *r = s->r;
    switch (r->retrieve) {
    case RETRIEVE_BM25: return add_bm25(s, r->count, e);
    case RETRIEVE_POPULARITY: return add_by_key(s, 0, r->count, e);
    case RETRIEVE_EMBEDDING: return add_nearest(s, r->count, e);
    case RETRIEVE_RANDOM: return add_by_key(s, 1, r->count, e);
    case RETRIEVE_ALL: return add_page(s, r->has_count ? r->count : RANK_ITEMS_MAX, e);
    default: /* half by the wish's words, the rest by popularity */
        TRY(add_bm25(s, r->count / 2, e));
        return add_by_key(s, 0, r->count, e);
    }
}

static enum status load_candidates(struct scene *s, struct err *e) {
    const struct rank_request *r = s->r;
    int max = r->n_candidates > RANK_ITEMS_MAX ? r->n_candidates : RANK_ITEMS_MAX;
    s->item = ARENA_NEW(s->a, const struct item *, (size_t)max + SAMPLE);
    if (!s->item) return fail(e, ST_NO_MEMORY, "no memory for candidates");
    if (r->n_candidates == 0) {
        TRY(retrieve(s, e));
    } else {
        struct item *given;
        TRY(store_items_by_id(s->k->store, r->catalog, r->candidate, r->n_candidates, "candidates",
                              s->a, &given, e));
        for (int i = 0; i < r->n_candidates; i++) s->item[s->n_pool++] = &given[i];
    }
    s->n = s->n_pool;
    if (s->n > 0) return ST_OK;
    fail(e, ST_INVALID, "there is no item to rank");
    err_field(e, "candidates");
    err_hint(e, s->n_all ? "retrieve more items, by another rule or from another offset"
                         : "import items into the catalogue first");
    return ST_INVALID;
}

/* The SAMPLE items of the catalogue with the smallest hash: the same for every request. */
static enum status load_sample(struct scene *s, struct err *e) {
    struct keyed *k = ARENA_NEW(s->a, struct keyed, (size_t)s->n_all);
    if (!k) return fail(e, ST_NO_MEMORY, "no memory for the sample");
    for (int i = 0; i < s->n_all; i++)
        k[i] = (struct keyed){(double)(scene_hash(s->all[i].id, 0x7A9) >> 11), i};
    qsort(k, (size_t)s->n_all, sizeof *k, keyed_down);
    for (int i = 0; i < s->n_all && i < SAMPLE; i++) {
        const struct item *it = &s->all[k[i].at];
        int at = in_pool(s, it->id);
        if (at < 0) {
            at = s->n_pool;
            s->item[s->n_pool++] = it;
        }
        s->sample[s->n_sample++] = at;
    }
    return ST_OK;
}

static enum status load_member(struct scene *s, struct err *e) {
    const struct rank_request *r = s->r;
    struct interaction *h;
    int n;
    s->member = (struct member){.id = "", .name = "", .profile = ""};
    if (r->member.n == 0) return ST_OK;
    TRY(store_member(s->k->store, r->catalog, r->member, s->a, &s->member, e));
    TRY(store_history(s->k->store, r->catalog, r->member, s->a, &h, &n, e));
    s->unseen_member = s->member.row;
    s->unseen = h;
    s->n_unseen = n;
    for (int i = 0; r->has_before && i < n; i++)
        if (h[i].at >= r->before) n = i; /* oldest first */
    if (r->no_profile) s->member.profile = "";
    TRY(history_choose(s, h, n, e));
    struct view *ids = ARENA_NEW(s->a, struct view, (size_t)s->n_history + 1);
    struct item *items;
    if (!ids) return fail(e, ST_NO_MEMORY, "no memory for a history");
    for (int i = 0; i < s->n_history; i++) ids[i] = view_of(s->history[i].item);
    TRY(store_items_by_id(s->k->store, r->catalog, ids, s->n_history, "history", s->a, &items, e));
    s->history_item = items;
    return ST_OK;
}

static enum status load_left_out(struct scene *s, struct err *e) {
    struct member m;
    if (s->r->leave_out.n == 0) return ST_OK;
    TRY(store_member(s->k->store, s->r->catalog, s->r->leave_out, s->a, &m, e));
    s->unseen_member = m.row;
    return store_history(s->k->store, s->r->catalog, s->r->leave_out, s->a, &s->unseen,
                         &s->n_unseen, e);
}

static enum status load_examples(struct scene *s, struct err *e) {
    for (int i = 0; i < s->r->n_examples; i++) {
        const struct example *x = &s->r->example[i];
        struct example_item *to = &s->example[s->n_examples++];
        to->label = x->label;
        if (x->item.n) {
            struct item *it;
            TRY(store_items_by_id(s->k->store, s->r->catalog, &x->item, 1, "examples", s->a, &it,
                                  e));
            to->item = it;
            to->title = it->title;
        } else
            to->title = arena_copy(s->a, x->text.p, x->text.n);
        if (!to->title) return fail(e, ST_NO_MEMORY, "no memory for an example");
    }
    return ST_OK;
}

static enum status load_wish(struct scene *s, struct err *e) {
    const struct rank_request *r = s->r;
    if (r->has_clauses) {
        memcpy(s->clause, r->clause, sizeof s->clause);
        s->n_clauses = r->n_clauses;
        return ST_OK;
    }
    struct view whole = view_trim(r->instruction);
    if (!r->whole_wish) return clauses_split(r->instruction, s->a, s->clause, &s->n_clauses, e);
    if (whole.n) s->clause[s->n_clauses++] = (struct clause){.text = whole, .sign = 1, .weight = 1};
    return ST_OK;
}

/* What counts now of the stored preferences, behind the clauses of the wish. */
static enum status load_preferences(struct scene *s, struct err *e) {
    struct preference *p;
    int n;
    TRY(preference_list(s->k->store, s->r->catalog, s->r->member, 0, clock_unix(), s->a, &p, &n,
                        e));
    s->n_preferences = n;
    for (int i = 0; i < n; i++) {
        if (s->n_clauses == CLAUSES_MAX) {
            s->n_left_over++;
            continue;
        }
        s->preference[s->n_clauses] = p[i].id;
        s->clause[s->n_clauses++] =
            (struct clause){.text = view_of(p[i].text), .sign = p[i].sign, .weight = p[i].weight};
    }
    return ST_OK;
}

/* In an asked-for `query` examples are clauses, too; together they weigh as much as one of the
 * wish. */
static enum status load_clauses(struct scene *s, struct err *e) {
    TRY(load_wish(s, e));
    if (s->r->preferences) TRY(load_preferences(s, e));
    s->n_wish = s->n_clauses;
    if (s->r->readout != READOUT_QUERY) return ST_OK;
    for (int i = 0; i < s->n_examples && s->n_clauses < CLAUSES_MAX; i++) {
        struct clause *c = &s->clause[s->n_clauses++];
        const struct word w[] = {{"title", view_of(s->example[i].title)}};
        *c = (struct clause){.sign = s->example[i].label, .weight = 1.0 / s->n_examples};
        TRY(prompt_fill(c->sign > 0 ? s->surface.liked : s->surface.disliked, w, 1, s->a, &c->text,
                        e));
    }
    return ST_OK;
}

static enum status load_checks(struct scene *s, struct err *e) {
    for (int c = 0; c < s->n_wish; c++)
        TRY(checks_find(&s->checks[c], &s->surface, s->clause[c].text, s->all, s->n_all, s->a, e));
    return ST_OK;
}

enum status scene_load(struct scene *s, struct ranker *k, const struct rank_request *r,
                       const struct rank_hooks *h, struct arena *a, struct err *e) {
    memset(s, 0, sizeof *s);
    s->k = k, s->r = r, s->hooks = h, s->a = a;
    TRY(store_catalog(k->store, r->catalog, a, &s->catalog, e));
    struct view name = r->surface.n ? r->surface : view_of(s->catalog.surface);
    TRY(surface_load(&s->surface, k->store, name, a, e));
    TRY(store_items(k->store, r->catalog, VIEW(""), 0, CATALOG_MAX, a, &s->all, &s->n_all,
                    &s->total, e));
    TRY(load_examples(s, e));
    TRY(load_clauses(s, e));
    TRY(load_checks(s, e));
    TRY(load_member(s, e));
    TRY(load_left_out(s, e));
    TRY(load_candidates(s, e));
    TRY(load_sample(s, e));
    s->text = ARENA_NEW(a, struct view, (size_t)s->n_pool);
    s->found = ARENA_NEW(a, double, (size_t)s->n_pool);
    if (!s->text || !s->found) return fail(e, ST_NO_MEMORY, "no memory for item texts");
    for (int i = 0; i < s->n_pool; i++)
        TRY(surface_render(s->surface.item, s->item[i], a, &s->text[i], e));
    return ST_OK;
}
