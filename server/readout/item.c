/* `item`: how much likelier the item becomes as the next one in the list of what was liked. Its
 * parts (year, tags, title ...) are read one after the other and weighed; what each part has under
 * lists that say nothing is taken away: a pointwise mutual information, so that forms of text which
 * go on with any list do not win. What tells most stands first: behind a title a year says less.
 * Tree: context and list -> item, lists of other items -> item. */
#include "server/readout/item.h"

#include "server/readout/context/prompt_sections.h"
#include "server/readout/readout.h"

#include <string.h>

/* Lists that say nothing, and their lengths. */
enum { LISTS = 4, LIST_ITEMS = 3 };

static int lists_of(const struct rank_context *s) {
    int n = s->n_sample / LIST_ITEMS;
    return !sections_likes(s) ? 1 : n > LISTS ? LISTS : n > 0 ? n : 1;
}

/* Whether neutral list r holds item i of the pool. */
static int list_holds(const struct rank_context *s, int r, int i) {
    for (int k = r * LIST_ITEMS; k < (r + 1) * LIST_ITEMS && k < s->n_sample; k++)
        if (s->sample[k] == i) return 1;
    return 0;
}

/* How many tokens of a list fit. */
static int room_of(const struct rank_context *s) {
    struct engine_info info;
    engine_info(s->engine, &info);
    int room = info.context - 2 * ITEM_TOKENS_MAX, least = info.context / 2;
    return room > least ? room : least;
}

/* A root that says nothing: a list of items of the catalogue's sample, as many as fit; without
 * likes an empty one. */
static enum status neutral(struct rank_context *s, struct prompt *p, int r, int *root,
                           struct view *text, struct err *e) {
    int items[LIST_ITEMS];
    int n = 0;
    for (int k = r * LIST_ITEMS; k < (r + 1) * LIST_ITEMS && k < s->n_sample; k++)
        items[n++] = s->place[s->sample[k]];
    if (!sections_likes(s)) n = 0;
    for (;; n--) {
        int32_t *ids;
        size_t tokens;
        TRY(sections_neutral(s, items, n, text, e));
        TRY(engine_tokens(s->engine, *text, s->a, &ids, &tokens, e));
        if (n == 0 || tokens <= (size_t)room_of(s)) break;
    }
    TRY(prompt_node(p, -1, 1, root, e));
    return prompt_text(p, *text, 0, "frame", "text", 0, NULL, e);
}

static enum status leaf(struct rank_context *s, struct prompt *p, int root, int i, int counts,
                        struct item_answer *to, struct err *e) {
    int node, cuts = 0;
    p->item = i < s->n ? i : -1;
    TRY(prompt_node(p, root, 0, &node, e));
    for (int k = 0; k < s->surface.n_parts; k++) {
        struct view text;
        int cut = 0, room = ITEM_TOKENS_MAX - prompt_len(p, node);
        TRY(sections_part(s, s->place[i], k, &text, e));
        if (room > 0 && text.n) TRY(prompt_text(p, text, room, "item", "text", 1, &cut, e));
        cuts += cut > 0 || room <= 0;
        to->end[k] = prompt_len(p, node);
    }
    p->item_cuts += counts && cuts > 0;
    return prompt_ask_tokens(p, node, &to->out, e);
}

static enum status prior_text(struct rank_context *s, struct view root, int i, struct view *out,
                              struct err *e) {
    struct view entry;
    TRY(sections_entry(s, s->place[i], &entry, e));
    return answer_pair(s, root, entry, out, e);
}

static struct item_answer *answer(const struct item_readout *q, int root, int i) {
    return &q->answer[(size_t)root * (size_t)q->n + (size_t)i];
}

static enum status add_neutral(struct item_readout *q, struct rank_context *s, struct prompt *p,
                               int r, struct err *e) {
    int root;
    struct view text, key;
    p->item = -1;
    TRY(neutral(s, p, r, &root, &text, e));
    for (int i = 0; i < q->n; i++) {
        struct item_answer *to = answer(q, 1 + r, i);
        TRY(prior_text(s, text, i, &key, e));
        to->key = key;
        if (!prior_find(s, ANSWER_LIST, key, &to->value))
            TRY(leaf(s, p, root, i, 0, to, e));
        else if (i < s->n) /* as many tokens as it would have been */
            p->tokens += answer(q, 0, i)->end[s->surface.n_parts - 1];
    }
    return ST_OK;
}

enum status item_build(struct item_readout *q, struct rank_context *s, struct prompt *p, int sample,
                       struct err *e) {
    int root;
    q->n = sample ? s->n_pool : s->n;
    q->n_lists = lists_of(s);
    q->answer = ARENA_NEW(s->a, struct item_answer, (size_t)(1 + q->n_lists) * (size_t)q->n);
    if (!q->answer) return fail(e, ST_NO_MEMORY, "no memory for %d answers", q->n);
    TRY(prompt_node(p, -1, 1, &root, e));
    TRY(sections_list(s, p, room_of(s), e));
    for (int i = 0; i < q->n; i++) {
        TRY(leaf(s, p, root, i, 1, answer(q, 0, i), e));
        p->recording = 0;
    }
    for (int r = 0; r < q->n_lists; r++) TRY(add_neutral(q, s, p, r, e));
    p->item = -1;
    return ST_OK;
}

/* Sum over the parts of weight x log P; prior: of what is to be taken away. */
static double weigh(const struct rank_context *s, const struct item_answer *x, int prior) {
    double sum = 0;
    for (int k = 0, t = 0; k < s->surface.n_parts; k++) {
        const struct item_part *part = &s->surface.part[k];
        double own = 0;
        for (; t < x->end[k]; t++) own += (double)x->out[t];
        sum += part->weight * (prior && sections_likes(s) ? part->prior : 1) * own;
    }
    return sum;
}

/* Mean over the lists that do not hold the item, over all if each does. */
static double prior_of(const struct item_readout *q, const struct rank_context *s, int i) {
    double sum = 0, all = 0;
    int n = 0;
    for (int r = 0; r < q->n_lists; r++) {
        double x = answer(q, 1 + r, i)->value;
        all += x;
        if (sections_likes(s) && list_holds(s, r, i)) continue;
        sum += x;
        n++;
    }
    return n ? sum / n : all / q->n_lists;
}

void item_finish(struct item_readout *q, struct rank_context *s, int z, double *score,
                 double *logprob, double *prior) {
    struct zscore x = {{0}, 0, 1};
    for (int i = 0; i < q->n; i++)
        for (int r = 1; r <= q->n_lists; r++) {
            struct item_answer *to = answer(q, r, i);
            if (!to->out) continue;
            to->value = weigh(s, to, 1);
            prior_keep(s, ANSWER_LIST, to->key, to->value);
        }
    if (z) {
        double v[SNAPSHOT_SAMPLE];
        for (int k = 0; k < s->n_sample; k++) {
            int i = s->sample[k];
            v[k] = weigh(s, answer(q, 0, i), 0) - prior_of(q, s, i);
        }
        x = zscore_make(s, VIEW("item"), v);
    }
    for (int i = 0; i < s->n; i++) {
        logprob[i] = weigh(s, answer(q, 0, i), 0);
        prior[i] = prior_of(q, s, i);
        score[i] = (logprob[i] - prior[i] - x.mean) / x.sd;
    }
}

/* A hybrid adds what was learnt from interactions, which stands on a scale of its own. */
static int on_one_scale(const struct rank_context *s) {
    return s->used == READOUT_HYBRID;
}

static enum status build(void *state, struct rank_context *s, struct prompt *p, struct err *e) {
    return item_build(state, s, p, on_one_scale(s), e);
}

static void finish(void *state, struct rank_context *s, struct readout_values *v) {
    item_finish(state, s, on_one_scale(s), v->score, v->logprob, v->prior);
    v->has_prior = 1;
}

static int applies(const struct rank_context *s) {
    return readout_has_taste(s) && !readout_has_wish(s);
}

const struct readout readout_item = {
    .title = "the next one liked",
    .about = "asks how much more expected the item becomes once the model has read the wish and "
             "the history",
    .why = "no wish, but a history, profile or examples: how much likelier they make the item",
    .alone = 1,
    .reads_history = 1,
    .state = sizeof(struct item_readout),
    .applies = applies,
    .build = build,
    .finish = finish};
