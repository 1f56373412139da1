/* Fields by noun, by unit, by name, in that order. */
#include "server/wish/limits/fields.h"
#include "server/value/words.h"
#include "server/wish/grammar/concepts.h"

#include <math.h>
#include <string.h>

enum { NOUN_WORDS = 3, SUBJECT_WORDS = 6, PLAIN = 40, NAME_REACH = 3, DAY_SECONDS = 86400 };

static int is_number(const struct field *f) {
    return f->type == FIELD_TYPE_NUMBER || f->type == FIELD_TYPE_MONEY ||
           f->type == FIELD_TYPE_DURATION;
}

int field_named(const struct field *f, const char *alternatives) {
    struct view name = view_of(f->words), w;
    size_t at = 0;
    char plain[PLAIN];
    while ((w = word_next(name, &at)).n) {
        size_t n = plain_word(w, plain, sizeof plain);
        if (plain_is(plain, n, alternatives)) return 1;
    }
    w = view_of(f->name);
    size_t n = plain_word(w, plain, sizeof plain);
    return plain_is(plain, n, alternatives);
}

/* The unit that is all of a field's name ("minutes"), NULL when it is none. */
static const struct unit *name_unit(const struct field *f) {
    struct view name = view_of(f->words);
    size_t used = 0;
    const struct unit *u = unit_read(name, &used);
    return u && used == name.n && name.n > 2 ? u : NULL;
}

enum dimension field_dimension(const struct field *f, const struct unit **unit) {
    *unit = NULL;
    if (f->type == FIELD_TYPE_MONEY) return DIM_MONEY;
    if (f->type == FIELD_TYPE_DURATION) {
        *unit = unit_named("s");
        return DIM_TIME;
    }
    if (f->unit && f->unit[0]) *unit = unit_named(f->unit);
    if (!*unit) *unit = name_unit(f);
    if (!*unit && f->type == FIELD_TYPE_NUMBER) { /* "ascent m" */
        const char *last = strrchr(f->words, ' ');
        size_t used = 0, n = last ? strlen(last + 1) : 0;
        const struct unit *u = n && n <= 3 ? unit_read(view_of(last + 1), &used) : NULL;
        if (u && used == n) *unit = u;
    }
    return *unit ? (*unit)->dim : DIM_NONE;
}

int field_is_money(const struct field *f) {
    if (f->type == FIELD_TYPE_MONEY) return 1;
    if (f->type != FIELD_TYPE_NUMBER || (f->unit && f->unit[0])) return 0;
    for (size_t c = 0; c < concepts_n; c++)
        if ((concepts[c].flags & CONCEPT_MONEY) && field_named(f, concepts[c].fields)) return 1;
    return 0;
}

int field_is_year(const struct field *f) {
    return f->type == FIELD_TYPE_NUMBER && f->lo >= 1500 && f->hi <= 2200 && f->lo <= f->hi &&
           !field_is_money(f) && !(f->unit && f->unit[0]) &&
           field_named(f, "year|years|released|release|made|built|vintage|published|jahr|baujahr|"
                          "annee|ano|anno|jaar|erscheinungsjahr|millesime");
}

int fields_have_years(const struct snapshot *s) {
    for (int i = 0; i < s->n_fields; i++)
        if (s->field[i].type == FIELD_TYPE_DATE || field_is_year(&s->field[i])) return 1;
    return 0;
}

/* Words in names of fields that say nothing of what they are. */
static const char empty_names[] =
    "min|max|minimum|maximum|from|per|the|is|has|number|num|count|total|"
    "avg|average|of|no|to|in|at|id|and|item|for|time|date|day";

int field_name_said(const struct field *f, const struct terms *x, int i) {
    struct view name = view_of(f->words), w;
    size_t at = 0;
    char plain[PLAIN];
    if (i < 0 || i >= x->n || x->t[i].kind != TERM_WORD) return 0;
    struct view said = terms_text(x, i, i + 1);
    while ((w = word_next(name, &at)).n) {
        size_t n = plain_word(w, plain, sizeof plain);
        if (!plain_is(plain, n, empty_names) && word_same(w, said)) return 1;
        if (w.n == name.n && word_same(w, said)) return 1;
    }
    return 0;
}

int field_said(const struct snapshot *s, const struct terms *x, int i) {
    for (int k = 0; k < s->n_fields; k++)
        if (field_name_said(&s->field[k], x, i)) return k;
    return FIELD_NONE;
}

/* Whether the numbers of a field can be what an amount measures. */
static int measures(const struct field *f, const struct amount *a) {
    const struct unit *u;
    enum dimension d = field_dimension(f, &u);
    if (!is_number(f)) return 0;
    if (!a->unit) return 1;
    if (a->unit->dim == DIM_MONEY)
        return field_is_money(f) && (!f->unit || !f->unit[0] || !a->unit->name[0] ||
                                     strcmp(f->unit, a->unit->name) == 0);
    if (d == DIM_TIME && (u = name_unit(f)) != NULL) /* "30 days" are no "hours" of a week */
        return a->unit->dim == d && (u->factor < DAY_SECONDS) == (a->unit->factor < DAY_SECONDS);
    if (d != DIM_NONE) return d == a->unit->dim;
    if (field_is_money(f) || field_is_year(f)) return 0;
    for (size_t c = 0; c < concepts_n; c++) /* no unit is written anywhere: the name decides */
        if (concepts[c].dim == a->unit->dim && field_named(f, concepts[c].fields)) return 1;
    return 0;
}

/* What a word says about the field of an amount. */
struct hint {
    int field;   /* that it names, FIELD_NONE */
    int concept; /* it is a word for something that a field could hold */
    int holds;
    int count; /* it is a word for things, which cost something as well */
};

static int better_for(const struct field *f, const struct amount *a) {
    const struct unit *u;
    enum dimension d = field_dimension(f, &u);
    return a->unit ? 1 + (d == a->unit->dim) : 2 - (d != DIM_NONE && d != DIM_MONEY);
}

/* "min" and "minimum", "max" and "maximum". */
static int same_end(struct view w, const struct terms *x, int k) {
    static const char *const ends[] = {"min|minimum|minimal", "max|maximum|maximal"};
    char plain[PLAIN];
    size_t n = plain_word(w, plain, sizeof plain);
    for (size_t i = 0; i < COUNT(ends); i++)
        if (plain_is(plain, n, ends[i]) && term_is(x, k, ends[i])) return 1;
    return 0;
}

/* How well the words around word i fit a field's whole name: "imdb rating" is no rating of Rotten
 * Tomatoes, "rating" alone is rather a field of no other word. */
static int name_fit(const struct field *f, const struct terms *x, int i) {
    struct view name = view_of(f->words), w;
    size_t at = 0;
    int said = 0, unsaid = 0;
    while ((w = word_next(name, &at)).n) {
        int is_said = 0;
        for (int k = i - NAME_REACH; k <= i + NAME_REACH && !is_said; k++)
            is_said = k >= 0 && k < x->n && x->t[k].kind == TERM_WORD &&
                      (word_same(w, terms_text(x, k, k + 1)) || same_end(w, x, k));
        said += is_said;
        unsaid += !is_said;
    }
    return 16 * said - unsaid;
}

/* Whether an amount lies within the values that a field has. */
static int in_range(const struct field *f, const struct amount *a) {
    const struct unit *unit;
    field_dimension(f, &unit);
    return is_number(f) && amount_in(a->lo, a->unit, unit) >= f->lo &&
           amount_in(a->hi, a->unit, unit) <= f->hi;
}

/* The field that word i names and whose numbers the amount can be. */
static int named_at(const struct snapshot *s, const struct terms *x, int i,
                    const struct amount *a) {
    int field = FIELD_NONE, best = 0;
    for (int k = 0; k < s->n_fields; k++) {
        if (!field_name_said(&s->field[k], x, i) || !measures(&s->field[k], a)) continue;
        int fit = name_fit(&s->field[k], x, i) + 8 * in_range(&s->field[k], a);
        if (field == FIELD_NONE || fit >= best) field = k, best = fit;
    }
    return field;
}

/* "rating count" is no rating. */
static int is_count(const struct field *f) {
    return field_named(f, "count|counts|number|num|nb|anzahl|nombre|numero|aantal");
}

static struct hint hint_at(const struct snapshot *s, const struct terms *x, int i,
                           const struct amount *a) {
    struct hint h = {named_at(s, x, i, a), 0, 0, 0};
    int best = h.field == FIELD_NONE ? 0 : 3;
    for (size_t c = 0; c < concepts_n; c++) {
        if ((concepts[c].flags & CONCEPT_DATE) || !term_is(x, i, concepts[c].nouns)) continue;
        int fits = !a->unit || concepts[c].dim == a->unit->dim || concepts[c].dim == DIM_NONE;
        h.concept |= fits;
        h.count |= (concepts[c].flags & CONCEPT_COUNT) != 0;
        for (int k = 0; k < s->n_fields && fits && best < 3; k++) {
            const struct field *f = &s->field[k];
            if (!measures(f, a) || !field_named(f, concepts[c].fields)) continue;
            if (concepts[c].flags == 0 && concepts[c].dim == DIM_NONE && is_count(f)) continue;
            int score = better_for(f, a);
            if (score <= best) continue;
            best = score;
            h.field = k;
            h.holds = (concepts[c].flags & CONCEPT_HOLDS) != 0;
        }
    }
    if (best == 3 && field_named(&s->field[h.field], "players|capacity|sleeps|seats|guests|serves"))
        h.holds = 1;
    return h;
}

/* Fields "min players" and "max players" for the one that was named. */
static void ends_of(const struct snapshot *s, struct place *p, int field) {
    const struct field *f = &s->field[field];
    p->low = p->high = -1;
    int low = field_named(f, "min|minimum|least|from"),
        high = field_named(f, "max|maximum|most|to|up");
    for (int k = 0; k < s->n_fields && (low || high); k++) {
        const struct field *g = &s->field[k];
        struct view w, words = view_of(f->words);
        size_t at = 0;
        int same = 0;
        char plain[PLAIN];
        while ((w = word_next(words, &at)).n) {
            size_t n = plain_word(w, plain, sizeof plain);
            if (plain_is(plain, n, empty_names)) continue;
            same |= field_named(g, plain);
        }
        if (!same || !is_number(g)) continue;
        if (field_named(g, "min|minimum|least|from")) p->low = k;
        if (field_named(g, "max|maximum|most|to|up")) p->high = k;
    }
    if (p->low < 0 || p->high < 0) p->low = p->high = -1;
}

static int found(const struct snapshot *s, struct place *p, struct hint h) {
    p->holds = h.holds;
    if (h.holds) ends_of(s, p, h.field);
    return h.field;
}

/* The one money field, that named "price" of several; FIELD_UNSURE. */
static int money_field(const struct snapshot *s, const struct amount *a) {
    int n = 0, last = FIELD_NONE, price = FIELD_NONE, other = 0;
    for (int k = 0; k < s->n_fields; k++) {
        const struct field *f = &s->field[k];
        if (!field_is_money(f)) continue;
        if (!measures(f, a)) {
            other = 1;
            continue;
        }
        n++;
        last = k;
        if (field_named(f, "price")) price = k;
    }
    if (n == 0) return other && a->unit ? FIELD_UNSURE : FIELD_NONE;
    if (n > 1 && a->unit && price >= 0) return price;
    return n == 1 ? last : FIELD_UNSURE;
}

/* The field for a measure without a noun: the only one of its dimension, or the first. */
static int measure_field(const struct snapshot *s, const struct amount *a) {
    int best = FIELD_NONE, score = 0;
    for (int k = 0; k < s->n_fields; k++) {
        const struct field *f = &s->field[k];
        if (!measures(f, a)) continue;
        int mine =
            2 + (field_named(f, "distance|duration|runtime|weight|size|area|memory|length|time"));
        if (mine > score) score = mine, best = k;
    }
    return best;
}

/* A noun behind the amount. *stop: there is one that no field fits. */
static struct hint noun_behind(const struct snapshot *s, const struct terms *x,
                               const struct amount *a, struct place *p, int *stop) {
    struct hint none = {FIELD_NONE, 0, 0, 0};
    int i = p->to, of = 0, words = 0;
    *stop = 0;
    if (i < x->n && x->t[i].kind == TERM_DASH && !x->t[i].space) i++; /* "3-bedroom" */
    if (term_is(x, i, "+")) i++;
    if (term_is(x, i, "of|de|d|di|van|worth|an")) of = 1, i++;
    for (int k = i; k < x->n && words < NOUN_WORDS; k++) {
        if (x->t[k].kind != TERM_WORD) {
            if (x->t[k].kind == TERM_QUOTE) *stop = 1;
            if (x->t[k].kind == TERM_DASH && !x->t[k].space) continue;
            break;
        }
        if (!of && term_is(x, k, x->g->ends)) break;
        if (of && term_is(x, k, "the|a|an|la|le|los|las|il")) continue;
        struct hint h = hint_at(s, x, k, a);
        if (h.field >= 0) {
            p->noun = k + 1 - p->to;
            return h;
        }
        if (h.concept && (of || !a->unit || words == 0)) *stop = 1; /* there is no such field */
        words++;
    }
    int activity = a->unit && a->unit->dim == DIM_TIME; /* "90 minutes of walking" */
    if (words && ((of && !activity) || !a->unit)) *stop = 1;
    return none;
}

static int in_list(const struct terms *x, int i) {
    return term_is(x, i, "and|or|but|with|und|oder|et|ou|y|e|o|en|of");
}

/* A word before the comparison that names the field. *stop: what it names is no field here. */
static struct hint subject_before(const struct snapshot *s, const struct terms *x,
                                  const struct amount *a, struct place *p, int *stop) {
    struct hint none = {FIELD_NONE, 0, 0, 0};
    *stop = 0;
    for (int k = p->from - 1; k >= 0 && k >= p->from - SUBJECT_WORDS; k--) {
        if (x->t[k].used || x->t[k].kind == TERM_NUMBER || x->t[k].kind == TERM_QUOTE) break;
        if (x->t[k].kind == TERM_BREAK && !term_colon(x, k) && x->text.p[x->t[k].from] != '(')
            break;
        if (x->t[k].kind != TERM_WORD) continue;
        struct hint h = hint_at(s, x, k, a);
        if (h.count && (h.field < 0 || !in_range(&s->field[h.field], a))) continue;
        if (h.field >= 0) return p->subject = k, h;
        if (h.concept && !a->unit && !in_list(x, k)) return *stop = 1, none;
        if (!a->unit && k == p->from - 1 && term_is(x, k, concept_people)) return *stop = 1, none;
    }
    return none;
}

int field_noun(const struct snapshot *s, const struct terms *x, int i, const struct amount *a) {
    return i >= 0 && i < x->n && !x->t[i].used && hint_at(s, x, i, a).field >= 0;
}

int field_for_amount(const struct snapshot *s, const struct terms *x, const struct amount *a,
                     struct place *p) {
    int stop, before;
    p->noun = p->holds = 0;
    p->subject = p->low = p->high = -1;
    if (a->unit && a->unit->dim == DIM_MONEY) {
        struct hint h = subject_before(s, x, a, p, &before);
        if (h.field < 0) h = noun_behind(s, x, a, p, &stop);
        if (h.field >= 0 && field_is_money(&s->field[h.field])) return h.field;
        p->noun = 0, p->subject = -1;
        return money_field(s, a);
    }
    struct hint h = noun_behind(s, x, a, p, &stop);
    if (h.field >= 0) return found(s, p, h);
    if (stop) return FIELD_NONE;
    h = subject_before(s, x, a, p, &before);
    if (h.field >= 0) return found(s, p, h);
    if (a->unit) return measure_field(s, a);
    if (before) return FIELD_NONE;
    if (!p->compared && !a->range) return FIELD_NONE;
    int money = money_field(s, a);
    struct amount same = *a; /* in the unit of the number before it */
    if (p->last_unit) same.unit = p->last_unit;
    if (p->last >= 0 && in_range(&s->field[p->last], &same) &&
        (money < 0 || !in_range(&s->field[money], a)))
        return p->last; /* "rated above 4, but no higher than 4.5" */
    return money;
}
