/* Reads comparisons before and behind a number or date. */
#include "server/wish/limits/said.h"

enum { FILLERS = 3, REACH = 3 };

static enum side turned(enum side s, int dates) {
    switch (s) {
    case SIDE_BELOW: return SIDE_FROM;
    case SIDE_UP_TO: return dates ? SIDE_FROM : SIDE_ABOVE; /* "not until March" */
    case SIDE_FROM: return SIDE_BELOW;
    case SIDE_ABOVE: return SIDE_UP_TO;
    default: return s;
    }
}

/* The longest phrase that ends before term `end`. */
static int longest_before(const struct terms *x, int end, int refuse, struct said *out) {
    int best = 0;
    for (size_t r = 0; r < x->g->n_bounds; r++) {
        const struct bound_row *b = &x->g->bound[r];
        if (!(b->where & BOUND_BEFORE) || (b->where & refuse)) continue;
        int n = term_phrase_back(x, end, b->phrase);
        if (n <= best) continue;
        best = n;
        *out = (struct said){b->side, b->where, end - n, end, 0, b->side};
    }
    return best;
}

/* Signs that compare in any language, ending before `end`. */
static int sign_before(const struct terms *x, int end, struct said *out) {
    static const struct {
        const char *sign;
        enum side side;
    } signs[] = {{"<", SIDE_BELOW}, {"<=", SIDE_UP_TO}, {">", SIDE_ABOVE},
                 {">=", SIDE_FROM}, {"=", SIDE_EQ},     {"~", SIDE_ABOUT}};
    for (size_t k = 0; k < COUNT(signs); k++)
        if (end > 0 && x->t[end - 1].kind == TERM_SIGN && term_is(x, end - 1, signs[k].sign)) {
            *out = (struct said){signs[k].side, BOUND_BEFORE, end - 1, end, 0, signs[k].side};
            return 1;
        }
    return 0;
}

int said_before(const struct terms *x, int i, int refuse, struct said *out) {
    int end = i;
    for (int k = 0; k <= FILLERS; k++, end--) {
        if (end > 0 && x->t[end - 1].kind == TERM_DASH && !x->t[end - 1].space) /* "sub-500" */
            end--;
        if (term_colon(x, end - 1)) end--; /* "budget: 500" */
        if (longest_before(x, end, refuse, out) || sign_before(x, end, out)) break;
        if (end <= 0 || x->t[end - 1].used || !term_is(x, end - 1, x->g->between)) return 0;
        out->side = SIDE_NONE;
    }
    if (out->side == SIDE_NONE) return 0;
    if (out->side == SIDE_ABOUT) { /* "under about 500" */
        struct said more;
        if (longest_before(x, out->from, refuse, &more)) *out = more, out->to = end;
    }
    int no = out->from - 1;
    out->base = out->side;
    if (no >= 0 && !x->t[no].used && term_is(x, no, x->g->negations)) {
        enum side t = turned(out->side, refuse == BOUND_NUMBERS);
        out->negated = t == out->side;
        out->side = t;
        out->from = no;
    }
    return 1;
}

/* Whether what looks like the end of a limit begins the next: "under 5 kg or under 200". */
static int begins_anew(const struct terms *x, int i) {
    if (i >= x->n) return 0;
    return x->t[i].kind == TERM_NUMBER || x->t[i].kind == TERM_MONEY ||
           plain_number(x->g, x->t[i].p, x->t[i].n) > 1 ||
           term_is(x, i, "than|als|que|de|dan|di|do|of");
}

int said_after(const struct terms *x, int i, int refuse, struct said *out) {
    for (int k = i; k <= i + REACH && k <= x->n; k++) {
        int best = 0;
        for (size_t r = 0; r < x->g->n_bounds; r++) {
            const struct bound_row *b = &x->g->bound[r];
            if (!(b->where & BOUND_AFTER) || (b->where & refuse)) continue;
            int n = term_phrase(x, k, b->phrase);
            if (n <= best) continue;
            best = n;
            *out = (struct said){b->side, b->where, k, k + n, 0, b->side};
        }
        if (best && !begins_anew(x, k + best)) return 1;
        if (k >= x->n || (x->t[k].kind != TERM_WORD && x->t[k].kind != TERM_DASH)) return 0;
        if (term_is(x, k, "and|or|but|with|und|oder|et|ou|y|o|e|en|aber|mais|ma|mas|pero"))
            return 0;
    }
    return 0;
}

int said_lead(const struct terms *x, int from) {
    static const char verbs[] =
        "costing|priced|costs|cost|pays|paying|released|published|posted|"
        "made|filmed|weighs|weighing|weigh|starting|starts|rated|lasting|"
        "that|which|early|mid|late|kostet|coute|cuesta|costa|kost|custa|available|from";
    while (from > 0 && !x->t[from - 1].used && x->t[from - 1].kind == TERM_WORD &&
           ((x->t[from - 1].n <= 3 && term_is(x, from - 1, x->g->idle)) ||
            term_is(x, from - 1, verbs)))
        from--;
    return from;
}

int said_negated(const struct finder *f, const struct said *s) {
    return (f->sign < 0) != (s->negated != 0);
}
