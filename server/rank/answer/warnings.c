/* What a ranking has to say about itself. */
#include "server/rank/load.h"
#include "server/readout/context/prompt_sections.h"

#include <stdio.h>
#include <string.h>

void rank_warn(struct rank_result *x, struct arena *a, const char *fmt, ...) {
    char text[800];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    const char *copy = arena_copy(a, text, strlen(text));
    if (copy && x->n_warnings < WARNINGS_MAX) x->warning[x->n_warnings++] = copy;
}

void rank_warn_of_prompt(struct rank_context *s, struct rank_result *x) {
    if (!sections_any(s))
        rank_warn(
            x, s->a,
            "nothing was asked for, so the order says nothing: write a wish or mark an example");
    if (x->prompt.item_cuts)
        rank_warn(x, s->a, "the text of %d items is cut after %d tokens", x->prompt.item_cuts,
                  ITEM_TOKENS_MAX);
    for (int i = 0; i < x->prompt.n_cuts; i++)
        rank_warn(x, s->a, "%s: %s (%d)", x->prompt.cut[i].part, x->prompt.cut[i].why,
                  x->prompt.cut[i].dropped);
    if (s->n_left_over)
        rank_warn(x, s->a, "%d of %d preferences do not count: a wish has at most %d clauses",
                  s->n_left_over, s->n_preferences, CLAUSES_MAX);
    if (s->chosen.dropped)
        rank_warn(x, s->a, "history: the %d oldest interactions are left out to keep to %d tokens",
                  s->chosen.dropped, s->r->history_tokens);
    if (s->r->policy == HISTORY_RELEVANT && s->n_history && !s->chosen.by_wish)
        rank_warn(x, s->a, "history: no interaction matches the wish's words; the newest are used");
    for (int i = 0; i < s->wish.n_notes; i++) rank_warn(x, s->a, "%s", s->wish.note[i]);
    if (s->funnel->lacking)
        rank_warn(x, s->a, "candidates were found without the embedding: %s", s->funnel->lacking);
}

void rank_warn_of_result(struct rank_context *s, struct rank_result *x) {
    double mass = 0;
    for (int i = 0; i < x->n; i++) mass += x->item[i].label_mass / x->n;
    if (x->has_label_mass && mass < 0.5)
        rank_warn(
            x, s->a,
            "the model gives the answers %s and %s only %.2g of the probability: it is hardly answering the question",
            s->surface.answer_yes, s->surface.answer_no, mass);
    int alike = 1;
    for (int i = 1; i < x->n; i++) alike &= x->item[i].score == x->item[0].score;
    if (x->n > 1 && alike)
        rank_warn(x, s->a, "all items have the same score");
    else if (x->empty_tau > 0.999)
        rank_warn(x, s->a,
                  "what was asked changes nothing: the model orders these items the same "
                  "under an empty request");
}
