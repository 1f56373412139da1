/* The field of a date: by its name, by a verb beside it, by what its dates are of. */
#include "server/wish/grammar/concepts.h"
#include "server/wish/limits/fields.h"

#include <math.h>
#include <string.h>

enum { SUBJECT_WORDS = 6 };

static int has_clock(const struct field *f, int n) {
    for (int i = 0; f->number && i < n; i++)
        if (!isnan(f->number[i]) && (!f->until || f->until[i] - f->number[i] < 86400)) return 1;
    return 0;
}

/* How well a date field fits where no word says which. */
static int date_rank(const struct field *f, const struct when_read *w) {
    int year = w->kind == WHEN_STRETCH && w->scale == SCALE_YEAR && !w->future;
    int event = field_named(f, "start|starts|date|when|begin|begins|event|departure|opens"),
        made = field_named(f, "year|published|release|released|made|vintage|publication");
    int rank = 2;
    if (field_named(f, "posted|added|created|updated|modified")) rank = 1;
    if (field_named(f, "end|ends|deadline|closes|expires")) rank = 0;
    if (field_named(f, "available")) rank = 3;
    if (field_named(f, "time")) rank = 3;
    if (event) rank = year ? 4 : 6;
    if (made) rank = year ? 6 : 4;
    return rank;
}

/* Whether the field tells years (or decades) only, no days. */
static int only_years(const struct field *f, int n) {
    int any = 0;
    if (!f->until) return 0;
    for (int i = 0; f->number && i < n; i++) {
        if (isnan(f->number[i])) continue;
        if (f->until[i] - f->number[i] < 32 * 86400.0) return 0;
        any = 1;
    }
    return any;
}

/* Whether the field's dates are of the kind that is spoken of: "visions of tomorrow" is not about
 * the years in which films were made, "no weekends" not about the days on which jobs were posted.
 * said: the field, or a verb of it, is named. */
static int speaks_of(const struct snapshot *s, const struct field *f, const struct when_read *w,
                     int said) {
    double month = 31 * 86400.0;
    if (w->kind == WHEN_STRETCH && w->scale == SCALE_YEAR && !w->future) return 1;
    if (only_years(f, s->n)) return w->kind == WHEN_STRETCH && w->scale == SCALE_YEAR;
    if (said) return 1;
    if (w->kind == WHEN_WEEKDAY)
        return has_clock(f, s->n) ||
               field_named(f, "start|starts|date|when|begin|begins|event|departure|opens");
    return !w->future || !(f->hi + month < (double)w->from);
}

static int date_type(const struct field *f, const struct when_read *w) {
    if (f->type == FIELD_TYPE_DATE) return 1;
    return field_is_year(f) && w->kind == WHEN_STRETCH && w->scale >= SCALE_YEAR;
}

/* Whether a verb of dates stands near: its concept, or NULL. */
static const struct concept *date_verb(const struct terms *x, const struct when_read *w,
                                       const struct place *p) {
    int to = p->to + 2 < x->n ? p->to + 2 : x->n;
    for (int k = p->to > 0 ? to - 1 : -1; k >= 0 && k >= p->from - SUBJECT_WORDS; k--) {
        if (k < p->from && (x->t[k].kind == TERM_NUMBER || x->t[k].used)) break;
        if (x->t[k].kind != TERM_WORD || (k >= w->at && k < w->end)) continue;
        for (size_t c = 0; c < concepts_n; c++)
            if ((concepts[c].flags & CONCEPT_DATE) && term_is(x, k, concepts[c].nouns))
                return &concepts[c];
    }
    return NULL;
}

int field_for_date(const struct snapshot *s, const struct terms *x, const struct when_read *w,
                   const struct place *p, int *past) {
    const struct concept *verb = date_verb(x, w, p);
    int best = FIELD_NONE, score = -1;
    *past = verb && !(verb->flags & CONCEPT_EVENT);
    for (int k = 0; k < s->n_fields; k++) {
        const struct field *f = &s->field[k];
        int mine = date_rank(f, w), own = strcmp(f->name, "time") == 0;
        if (!date_type(f, w)) continue;
        if (w->kind == WHEN_CLOCK && !has_clock(f, s->n)) continue;
        for (int i = p->from - SUBJECT_WORDS; i < p->from; i++)
            if (field_name_said(f, x, i)) mine += 20;
        if (!speaks_of(s, f, w, mine >= 20 || (verb && field_named(f, verb->fields)))) continue;
        if (verb && field_named(f, verb->fields))
            mine += 10;
        else if (verb && mine < 20 && !own && !term_is(x, p->from, "on"))
            continue; /* what the verb says is no field here */
        if (mine > score) score = mine, best = k;
    }
    return best;
}
