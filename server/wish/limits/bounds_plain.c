/* Limits without a number: "free", "available immediately". */
#include "server/wish/limits/bounds.h"
#include "server/wish/limits/fields.h"

#include <math.h>

enum { DAY = 86400 };

/* --- free */

/* "free", "for nothing": no price; not "free time" and not "feel free". */
int free_limit(struct finder *f, int i) {
    static const char *const phrases[] = {"for nothing|free",   "free of charge",
                                          "no cost|charge|fee", "at no cost|charge",
                                          "costs|cost nothing", "zero cost"};
    const struct terms *x = &f->x;
    int n = 0, field = FIELD_NONE, money = 0;
    for (size_t k = 0; k < COUNT(phrases) && x->g == &grammar_en; k++) {
        int m = term_phrase(x, i, phrases[k]);
        if (m > n) n = m;
    }
    if (!n && term_is(x, i, x->g->free)) {
        n = 1;
        if (term_is(x, i - 1, "feel|set|break|sugar|nut|hands|toll|duty") ||
            term_is(x, i + 1,
                    "of|from|time|will|spirit|spirited|range|jazz|fall|parking|wifi|"
                    "delivery|shipping|style|trade|minded|to|kick|verse|form|standing"))
            return 0;
        if (i > 0 && x->t[i - 1].kind == TERM_DASH && !x->t[i].space) return 0;
        if (i + 1 < x->n && x->t[i + 1].kind == TERM_DASH && !x->t[i + 1].space) return 0;
    }
    if (!n) return 0;
    for (int k = 0; k < f->s->n_fields; k++)
        if (field_is_money(&f->s->field[k])) field = k, money++;
    if (money != 1) return 0;
    int no = i > 0 && term_is(x, i - 1, x->g->negations);
    finder_add(f, field, WISH_EQ, 0, 0, said_lead(x, i - no), i + n, (f->sign < 0) != no);
    return i + n;
}

/* --- at once */

/* The only date field whose name tells from when something can be had. */
static int field_of_start(const struct snapshot *s) {
    static const char names[] = "available|availability|vacant|ready|verfugbar|frei|bezugsfrei|"
                                "lieferbar|disponible|disponibilite|disponibilidad|disponibile|"
                                "beschikbaar|disponivel|move|start|starts|beginn|eintritt";
    int found = FIELD_NONE;
    for (int k = 0; k < s->n_fields; k++) {
        const struct field *field = &s->field[k];
        if (field->type != FIELD_TYPE_DATE || !field_named(field, names)) continue;
        if (found >= 0) return FIELD_NONE;
        found = k;
    }
    return found;
}

/* "available immediately": what can be had today or before. */
int at_once_limit(struct finder *f, int i) {
    static const char *const phrases[] = {
        "available|free|vacant|ready|start|starting|starts immediately|now|asap|today",
        "available|free|vacant|ready|start|starting|starts right|straight away|now",
        "available|free|vacant|ready|start|starting at once",
        "immediately available|free|vacant",
        "immediate availability|start|move-in",
        "sofort|gleich|direkt verfugbar|frei|bezugsfrei|lieferbar|beziehbar",
        "verfugbar|frei|bezugsfrei|lieferbar ab sofort",
        "verfugbar|frei|lieferbar sofort",
        "ab sofort verfugbar|frei|bezugsfrei|lieferbar",
        "ab sofort",
        "disponible|libre immediatement|maintenant",
        "disponible|libre des maintenant",
        "disponible|libre tout de suite",
        "disponible ya|ahora|inmediatamente|inmediata",
        "disponible de inmediato",
        "disponibile|libero|libera subito|ora|immediatamente",
        "disponibile|libero|libera da subito",
        "direct|meteen|onmiddellijk|per direct beschikbaar",
        "per direct beschikbaar",
        "disponivel ja|agora|imediatamente",
        "disponivel de imediato"};
    int best = 0, field;
    for (size_t k = 0; k < COUNT(phrases); k++) {
        int n = term_phrase(&f->x, i, phrases[k]);
        if (n > best) best = n;
    }
    if (!best || (field = field_of_start(f->s)) < 0) return 0;
    int no = i > 0 && term_is(&f->x, i - 1, f->x.g->negations);
    double tomorrow = (floor((double)f->now / DAY) + 1) * DAY;
    finder_add(f, field, WISH_LT, -INFINITY, tomorrow, said_lead(&f->x, i - no), i + best,
               (f->sign < 0) != no);
    return i + best;
}
