/* Rankings and previews as JSON text. */
#include "server/rank/rank.h"

#include "kernels/base/os/clock.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* All items' texts together, as JSON: an answer and its stored run stay below their limits whatever
 * is ranked, and what is left out is told. */
enum { TEXTS_BYTES = 8 << 20 };

static json_t *text_of(struct view v) {
    return json_stringn(v.p ? v.p : "", v.n);
}

/* What of a clause is checked by rule, in words. */
static json_t *check_json(const struct rank_result *x, int clause) {
    char text[400] = "";
    size_t n = 0;
    for (int k = 0; k < x->n_constraints; k++) {
        const struct rank_constraint *c = &x->constraint[k];
        if (c->what->clause != clause || n >= sizeof text) continue;
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", n ? ", " : "", c->words);
    }
    n = n < sizeof text ? n : sizeof text - 1;
    while (n && !utf8_valid((struct view){text, n})) n--; /* cut within a character */
    return json_stringn(text, n);
}

static json_t *tally_json(const struct tally *t) {
    return json_pack("{s:I,s:I,s:I}", "holds", (json_int_t)t->holds, "fails", (json_int_t)t->fails,
                     "unknown", (json_int_t)t->unknown);
}

/* Where a bound is open there is no number. */
static json_t *bound_json(double v) {
    return isfinite(v) ? json_real(v) : json_null();
}

static json_t *constraints_json(const struct rank_result *x) {
    json_t *list = json_array();
    for (int k = 0; k < x->n_constraints; k++) {
        const struct rank_constraint *c = &x->constraint[k];
        json_t *o = tally_json(&c->tally);
        json_object_set_new(o, "text", text_of(c->what->text));
        json_object_set_new(o, "field", json_string(c->field));
        json_object_set_new(o, "op", json_string(wish_op_name(c->what->op)));
        json_object_set_new(o, "value", json_string(c->what->value ? c->what->value : ""));
        json_object_set_new(o, "lo", bound_json(c->what->lo));
        json_object_set_new(o, "hi", bound_json(c->what->hi));
        json_object_set_new(o, "unit", json_string(c->what->unit ? c->what->unit : ""));
        json_object_set_new(o, "negated", json_boolean(c->what->negated));
        json_object_set_new(o, "words", json_string(c->words));
        json_object_set_new(o, "clause",
                            c->what->clause < 0 ? json_null() : json_integer(c->what->clause));
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *funnel_json(const struct rank_result *x) {
    const struct funnel *f = &x->funnel;
    json_t *list = json_array();
    for (int k = 0; k < x->n_constraints; k++)
        json_array_append_new(list, tally_json(&f->tally[k]));
    json_t *near = json_array();
    for (int i = 0; i < FUNNEL_NEAR && f->near_item[i]; i++)
        json_array_append_new(near, json_string(f->near_item[i]));
    return json_pack("{s:I,s:I,s:I,s:I,s:s,s:I,s:I,s:I,s:o,s:o}", "items", (json_int_t)f->items,
                     "within", (json_int_t)f->within, "retrieved", (json_int_t)f->retrieved,
                     "ranked", (json_int_t)f->ranked, "by", f->by, "failing_kept",
                     (json_int_t)f->failing_kept, "hidden", (json_int_t)f->hidden, "near",
                     (json_int_t)f->near, "near_items", near, "constraints", list);
}

static json_t *clauses_json(const struct rank_result *x) {
    json_t *list = json_array();
    for (int i = 0; i < x->n_clauses; i++) {
        const char *source = x->preference[i] ? "preference" : i < x->n_wish ? "wish" : "example";
        json_t *c = json_pack("{s:o,s:i,s:f,s:s,s:o}", "text", text_of(x->clause[i].text), "sign",
                              x->clause[i].sign, "weight", x->clause[i].weight, "source", source,
                              "check", check_json(x, i));
        if (c && x->preference[i])
            json_object_set_new(c, "preference", json_integer(x->preference[i]));
        json_array_append_new(list, c);
    }
    return list;
}

static json_t *history_json(const struct rank_request *r, const struct rank_result *x) {
    json_t *items = json_array();
    for (int i = 0; i < x->n_history; i++)
        json_array_append_new(items, json_string(x->history[i].item));
    return json_pack("{s:s,s:i,s:i,s:i,s:i,s:i,s:i,s:o}", "policy", history_name(r->policy), "used",
                     x->n_history, "of", x->chosen.of, "likes", x->chosen.likes, "dislikes",
                     x->chosen.dislikes, "dropped", x->chosen.dropped, "tokens", x->chosen.tokens,
                     "items", items);
}

/* Whether the model orders the items as it would if nothing had been asked. */
static json_t *empty_json(const struct rank_result *x) {
    if (isnan(x->empty_tau)) return json_null();
    return json_pack("{s:b,s:f}", "same", x->empty_tau > 0.999, "tau", x->empty_tau);
}

static json_t *tags_json(const struct item *it) {
    json_t *list = json_array();
    for (int i = 0; i < it->n_tags; i++) json_array_append_new(list, json_string(it->tags[i]));
    return list;
}

static json_t *time_json(const struct item *it) {
    char text[CLOCK_TEXT];
    if (!it->has_time) return json_null();
    clock_format(it->time, text);
    return json_string(text);
}

static json_t *item_baselines(const struct rank_result *x, const struct ranked *r) {
    json_t *o = json_object();
    for (int b = 0; b < BASELINES; b++) {
        const struct baseline_score *k = &r->baseline[b];
        if (!x->baseline[b].available) continue;
        json_t *score = isnan(k->score) ? json_null() : json_real(k->score);
        json_object_set_new(o, x->baseline[b].name,
                            json_pack("{s:i,s:o}", "rank", k->rank, "score", score));
    }
    return o;
}

const char *outcome_name(int outcome) {
    return outcome == OUTCOME_HOLDS ? "holds" : outcome == OUTCOME_FAILS ? "fails" : "unknown";
}

static json_t *outcomes_json(const struct rank_result *x, const struct ranked *r) {
    json_t *list = json_array();
    for (int k = 0; k < x->n_constraints; k++)
        json_array_append_new(list, json_string(outcome_name(r->outcome[k])));
    return list;
}

/* As much of a text as has at most `room` bytes when it is written as JSON, in whole characters. */
static struct view shorten(const char *text, size_t room) {
    size_t n = 0, used = 0;
    for (; text[n]; n++) {
        unsigned char c = (unsigned char)text[n];
        used += c < 0x20 ? 6 : c == '"' || c == '\\' ? 2 : 1;
        if (used > room) break;
    }
    while (n && ((unsigned char)text[n] & 0xC0) == 0x80) n--;
    return (struct view){text, n};
}

static struct view text_shown(const struct rank_result *x, const struct ranked *r) {
    return shorten(r->item->text, (size_t)TEXTS_BYTES / (size_t)x->top);
}

int result_text_cut(const struct rank_result *x, int i) {
    return x->item[i].item->text[text_shown(x, &x->item[i]).n] != 0;
}

static json_t *item_json(const struct rank_result *x, const struct ranked *r) {
    struct view text = text_shown(x, r);
    json_t *parts = r->clause ? json_array() : json_null();
    for (int c = 0; r->clause && c < x->n_clauses; c++)
        json_array_append_new(parts, json_real(r->clause[c]));
    json_t *o = json_pack(
        "{s:s,s:s,s:o,s:o,s:o,s:i,s:f,s:f,s:o,s:o,s:o,s:o,s:o}", "item", r->item->id, "title",
        r->item->title, "text", text_of(text), "tags", tags_json(r->item), "time",
        time_json(r->item), "rank", r->rank, "score", r->score, "logprob", r->logprob, "prior",
        x->has_prior ? json_real(r->prior) : json_null(), "label_mass",
        x->has_label_mass ? json_real(r->label_mass) : json_null(), "clauses", parts, "outcomes",
        outcomes_json(x, r), "baselines", item_baselines(x, r));
    if (o && r->item->text[text.n]) json_object_set_new(o, "text_cut", json_true());
    if (o && r->empty_rank) json_object_set_new(o, "empty_rank", json_integer(r->empty_rank));
    if (o) {
        json_t *p = isnan(r->probability) ? json_null() : json_real(r->probability);
        json_object_set_new(o, "probability", p);
    }
    if (o && x->model == READOUT_BLEND) json_object_set_new(o, "other", json_real(r->other));
    if (o && x->share_whole > 0) json_object_set_new(o, "whole", json_real(r->whole));
    if (o && x->share_meaning > 0) json_object_set_new(o, "meaning", json_real(r->meaning));
    if (o && x->used == READOUT_HYBRID) json_object_set_new(o, "learnt", json_real(r->learnt));
    return o;
}

/* Whether scores stand for probabilities of a like, by which fit, or why not. */
static json_t *calibration_json(const struct rank_result *x) {
    const struct calibration *c = &x->calibration;
    if (x->uncalibrated) return json_pack("{s:b,s:s}", "calibrated", 0, "why", x->uncalibrated);
    return json_pack("{s:b,s:s,s:i,s:i,s:f,s:b}", "calibrated", 1, "method",
                     calibration_name(c->method), "cases", c->cases, "likes", c->likes, "ece",
                     c->ece, "stale", c->stale);
}

static json_t *baselines_json(const struct rank_result *x) {
    json_t *o = json_object();
    for (int b = 0; b < BASELINES; b++) {
        const struct baseline_info *i = &x->baseline[b];
        if (!i->asked) continue;
        json_t *v = json_pack("{s:b,s:s}", "available", i->available, "trained_on",
                              i->trained_on ? i->trained_on : "");
        if (i->why) json_object_set_new(v, "why", json_string(i->why));
        json_object_set_new(o, i->name, v);
    }
    return o;
}

static json_t *cuts_json(const struct rank_result *x) {
    json_t *list = json_array();
    for (int i = 0; i < x->prompt.n_cuts; i++)
        json_array_append_new(list,
                              json_pack("{s:s,s:i,s:s}", "part", x->prompt.cut[i].part, "dropped",
                                        x->prompt.cut[i].dropped, "why", x->prompt.cut[i].why));
    if (x->prompt.item_cuts)
        json_array_append_new(list,
                              json_pack("{s:s,s:i,s:s}", "part", "item", "dropped",
                                        x->prompt.item_cuts, "why", "items whose text is cut"));
    return list;
}

static json_t *warnings_json(const struct rank_result *x) {
    json_t *list = json_array();
    for (int i = 0; i < x->n_warnings; i++) json_array_append_new(list, json_string(x->warning[i]));
    return list;
}

/* Text of a JSON value, which is dropped; NULL (a failed allocation or a value that is no JSON) is
 * an error. */
static enum status dump(json_t *top, struct arena *a, struct view *out, struct err *e) {
    if (!top) return fail(e, ST_INTERNAL, "the answer could not be written as JSON");
    size_t n = json_dumpb(top, NULL, 0, JSON_COMPACT | JSON_REAL_PRECISION(9));
    char *p = n ? arena_alloc(a, n + 1) : NULL;
    if (p) n = json_dumpb(top, p, n, JSON_COMPACT | JSON_REAL_PRECISION(9));
    json_decref(top);
    *out = (struct view){p, n};
    return p ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for the answer");
}

enum status result_json(const struct ranker *k, const struct rank_request *r,
                        const struct rank_result *x, struct arena *a, struct view *out,
                        struct err *e) {
    struct engine_info m;
    engine_info(k->engine, &m);
    json_t *items = json_array();
    for (int i = 0; i < x->top; i++)
        if (json_array_append_new(items, item_json(x, &x->item[i])) != 0) {
            json_decref(items);
            return fail(e, ST_INTERNAL, "item %s could not be written as JSON",
                        x->item[i].item->id);
        }
    json_t *top = json_pack(
        "{s:o,s:o,s:{s:s,s:s,s:s,s:s,s:s},s:{s:s,s:s},s:{s:I,s:i,s:o,s:s},s:o,s:o,s:o,s:i,s:s,s:{s:I,s:I,s:f,s:f,s:f,s:f},s:o}",
        "catalog", text_of(r->catalog), "surface", json_string(x->surface.name), "model", "id",
        k->id, "name", m.name, "sha256", m.sha256, "backend", m.backend, "precision", m.precision,
        "readout", "used", readout_name(x->used), "why", x->why, "prompt", "tokens",
        (json_int_t)x->prompt.tokens, "shared_tokens", x->shared_tokens, "truncated", cuts_json(x),
        "sha256", x->prompt_sha256, "clauses", clauses_json(x), "items", items, "baselines",
        baselines_json(x), "candidates", x->n, "note", x->surface.note, "timing", "tokens_computed",
        (json_int_t)x->tokens_computed, "tokens_cached", (json_int_t)x->tokens_cached, "queue_ms",
        x->queue_s * 1e3, "score_ms", x->score_s * 1e3, "embed_ms", x->embed_s * 1e3, "other_ms",
        x->other_s * 1e3, "warnings", warnings_json(x));
    if (top && r->member.n) json_object_set_new(top, "history", history_json(r, x));
    if (top) json_object_set_new(top, "constraints", constraints_json(x));
    if (top) json_object_set_new(top, "funnel", funnel_json(x));
    if (top) json_object_set_new(top, "language", json_string(x->language));
    if (top) json_object_set_new(top, "empty", empty_json(x));
    if (top) json_object_set_new(top, "calibration", calibration_json(x));
    if (top) {
        json_t *prompt = json_object_get(top, "prompt");
        json_object_set_new(prompt, "shared_cached", json_integer(x->shared_cached));
    }
    return dump(top, a, out, e);
}

enum status preview_json(const struct rank_request *r, const struct rank_result *x, struct arena *a,
                         struct view *out, struct err *e) {
    json_t *parts = json_array();
    for (int i = 0; i < x->prompt.n_parts; i++) {
        const struct part *p = &x->prompt.part[i];
        json_array_append_new(parts, json_pack("{s:s,s:s,s:o,s:i,s:b}", "name", p->name, "role",
                                               p->role, "text", text_of(p->text), "tokens",
                                               p->tokens, "per_item", p->per_item));
    }
    json_t *top = json_pack("{s:{s:s,s:s},s:o,s:I,s:i,s:o,s:o,s:s,s:o}", "readout", "used",
                            readout_name(x->used), "why", x->why, "parts", parts, "tokens",
                            (json_int_t)x->prompt.tokens, "shared_tokens", x->shared_tokens,
                            "truncated", cuts_json(x), "clauses", clauses_json(x), "sha256",
                            x->prompt_sha256, "warnings", warnings_json(x));
    if (top) json_object_set_new(top, "constraints", constraints_json(x));
    if (top) json_object_set_new(top, "funnel", funnel_json(x));
    if (top) json_object_set_new(top, "language", json_string(x->language));
    if (top && r->member.n) json_object_set_new(top, "history", history_json(r, x));
    return dump(top, a, out, e);
}
