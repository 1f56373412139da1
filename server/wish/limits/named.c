/* Constraints by names: exclusions that a field's values decide ("no nuts" where a tag is "nuts"),
 * places and other names ("in Kestrel Bay"), flags ("vegan", "pets allowed"). */
#include "server/value/words.h"
#include "server/wish/limits/fields.h"
#include "server/wish/limits/finder.h"
#include "server/wish/outcome.h"
#include "server/wish/when/when_names.h"

#include <math.h>
#include <string.h>

enum {
    NAMES_MAX = 8,   /* values of one field that a clause names */
    NAME_BYTES = 60, /* longer values are texts, no names */
    LOOKED_AT = 400, /* items whose values tell whether a field holds names */
    COVERED = 1      /* words besides a name that an exclusion may have: "zombie movies" */
};

struct name {
    const char *value;
    int from, to; /* its terms */
};
struct names {
    struct name name[NAMES_MAX];
    int n;
};

/* --- the clause's own words */

static int is_content(const struct terms *x, int i) {
    const struct term *t = &x->t[i];
    if (t->used || t->kind == TERM_BREAK || t->kind == TERM_DASH) return 0;
    if (t->kind != TERM_WORD) return t->kind != TERM_SIGN;
    return !term_is(x, i, x->g->idle);
}

/* The clause without idle words at its ends. */
static struct view core(const struct terms *x, int *from, int *to) {
    *from = 0, *to = x->n;
    while (*from < *to && !is_content(x, *from)) ++*from;
    while (*from < *to && !is_content(x, *to - 1)) --*to;
    return terms_text(x, *from, *to);
}

/* The terms that stand for bytes [a, b) of the clause. */
static void terms_of(const struct terms *x, size_t a, size_t b, int *from, int *to) {
    *from = 0;
    while (*from < x->n && x->t[*from].to <= a) ++*from;
    *to = *from;
    while (*to < x->n && x->t[*to].from < b) ++*to;
}

/* --- which values a clause names */

/* Adds a name; one inside another's words is left out. */
static void add(struct names *n, const char *value, int from, int to) {
    for (int i = 0; i < n->n; i++) {
        struct name *o = &n->name[i];
        if (o->from <= from && o->to >= to) return;
        if (from <= o->from && to >= o->to) {
            *o = (struct name){value, from, to};
            return;
        }
    }
    if (n->n < NAMES_MAX) n->name[n->n++] = (struct name){value, from, to};
}

static void name_value(struct finder *f, const char *v, struct names *out) {
    const struct terms *x = &f->x;
    int from, to;
    size_t p, q;
    if (strlen(v) > NAME_BYTES || !words_named(view_of(v), x->text, &p, &q)) return;
    terms_of(x, p, q, &from, &to);
    if (!x->t[from].used) add(out, v, from, to);
}

/* "no Saturdays" where values say "weekends". */
static void name_weekend(const struct finder *f, const struct field *field, struct names *out) {
    static const struct view words[] = {{"weekend", 7}, {"Wochenende", 10}};
    int from = -1, to = -1, plural;
    for (int i = 0; i < f->x.n; i++) {
        if (when_weekday(&f->x, i, &plural) < 6) continue;
        if (from < 0) from = i;
        to = i + 1;
    }
    for (size_t k = 0; from >= 0 && k < COUNT(words); k++) {
        int g = field_group(words[k].p);
        for (int v = field->group[g]; v < field->group[g + 1]; v++)
            if (words_named(words[k], view_of(field->distinct[v]), NULL, NULL) &&
                words_named(view_of(field->distinct[v]), words[k], NULL, NULL))
                add(out, field->distinct[v], from, to);
    }
}

/* The values that the clause names: only those that begin as one of its words does. */
static void named_values(struct finder *f, const struct field *field, struct names *out) {
    const struct terms *x = &f->x;
    unsigned char seen[FIELD_GROUPS] = {0};
    *out = (struct names){.n = 0};
    for (int i = 0; i < x->n; i++) {
        char raw[3] = {0};
        struct view own = terms_text(x, i, i + 1);
        memcpy(raw, own.p, own.n < 2 ? own.n : 2);
        const int group[2] = {field_group(raw), field_group(x->t[i].p)};
        for (int k = 0; k < 2; k++) {
            int g = group[k];
            if (seen[g]) continue;
            seen[g] = 1;
            for (int v = field->group[g]; v < field->group[g + 1]; v++)
                name_value(f, field->distinct[v], out);
        }
    }
}

/* Whether a value has the clause's own words in it. */
static int is_within(const struct finder *f, const struct field *field) {
    int from, to;
    struct view own = core(&f->x, &from, &to);
    for (int v = 0; own.n && v < field->n_distinct; v++)
        if (outcome_names(own, view_of(field->distinct[v]), 0)) return 1;
    return 0;
}

/* --- exclusions */

static int is_covered(const struct names *n, int i) {
    for (int k = 0; k < n->n; k++)
        if (i >= n->name[k].from && i < n->name[k].to) return 1;
    return 0;
}

/* Whether the names are all that the clause says: besides idle words at most one noun behind a
 * name, and "and" or "or" between two of them. */
static int decides(const struct terms *x, const struct names *n) {
    int others = 0, last = -1, joined = 1;
    if (n->n == 0) return 0;
    for (int i = 0; i < x->n; i++) {
        if (is_covered(n, i)) {
            int first = i == 0 || !is_covered(n, i - 1);
            if (first && last >= 0 && !joined) return 0; /* "red wine" is not red and wine */
            last = i;
            joined = 0;
            continue;
        }
        joined |=
            term_is(x, i, "and|or|und|oder|et|ou|y|o|e|en|of|nor|ni") || x->t[i].kind == TERM_BREAK;
        if (!is_content(x, i)) continue;
        if (last < 0 || i != last + 1 || ++others > COVERED) return 0;
    }
    return 1;
}

/* The values "a|b" in arena memory, or the clause's own words. */
static const char *value_of(struct finder *f, const struct names *n) {
    int a, b;
    struct view own = core(&f->x, &a, &b);
    char *all = n->n ? NULL : arena_copy(f->a, own.p, own.n);
    for (int i = 0; i < n->n; i++) {
        all = arena_printf(f->a, "%s%s%s", i ? all : "", i ? "|" : "", n->name[i].value);
        if (!all) break;
    }
    if (!all) f->full = 1;
    return all;
}

static void add_has(struct finder *f, int field, const char *value, int whole, int from, int to,
                    int negated) {
    struct constraint *c =
        value ? finder_add(f, field, WISH_HAS, whole, 0, from, to, negated) : NULL;
    if (c) c->value = value;
}

/* "gluten free" as the name of a field or a value, where gluten is unwanted. */
static int says_free(struct view own, struct view v) {
    static const char *const before[] = {"without", "no", "ohne", "sans", "sin", "senza", "sem"};
    size_t from, to, at = 0, n;
    char a[NAME_BYTES + 8], b[NAME_BYTES + 8];
    if (own.n >= NAME_BYTES - 8 || v.n >= NAME_BYTES) return 0;
    if (words_named(own, v, &from, &to)) {
        struct view next = (at = to, word_next(v, &at));
        if (next.n && word_same(next, VIEW("free"))) return 1;
        at = 0;
        struct view first = word_next(v, &at);
        for (size_t i = 0; from > 0 && i < COUNT(before); i++)
            if (word_same(first, view_of(before[i]))) return 1;
    }
    n = plain_word(own, a, sizeof a); /* "glutenfrei" */
    memcpy(a + n, "frei", 5);
    size_t m = plain_word(v, b, sizeof b);
    return n && m == n + 4 && memcmp(a, b, m) == 0;
}

/* A field or value that says the clause's own words are not there. */
static int free_value(struct finder *f, int k, struct view own, int from, int to) {
    const struct field *field = &f->s->field[k];
    if (field->type == FIELD_TYPE_FLAG) {
        if (!says_free(own, view_of(field->words))) return 0;
        add_has(f, k, field->words, 0, from, to, f->sign > 0);
        return 1;
    }
    if (field->type != FIELD_TYPE_LIST) return 0;
    for (int i = 0; i < field->n_distinct; i++) {
        const char *v = field->distinct[i];
        if (says_free(own, view_of(v))) return add_has(f, k, v, 1, from, to, f->sign > 0), 1;
    }
    return 0;
}

static int whole_names(const struct snapshot *s, const struct field *f);

static void exclusions(struct finder *f) {
    struct names n;
    int from, to, before = f->out->n_constraints;
    struct view own = core(&f->x, &from, &to);
    if (!own.n) return;
    for (int k = 0; k < f->s->n_fields; k++) {
        const struct field *field = &f->s->field[k];
        int list = field->type == FIELD_TYPE_LIST, text = field->type == FIELD_TYPE_TEXT;
        if ((list && !field->n_list) || (text && !field->text) || !(list || text)) continue;
        int whole = whole_names(f->s, field);
        named_values(f, field, &n);
        name_weekend(f, field, &n);
        if (!decides(&f->x, &n) && (n.n > 0 || whole || !is_within(f, field))) continue;
        add_has(f, k, value_of(f, &n), whole, 0, 0, 1);
    }
    if (f->out->n_constraints == before)
        for (int k = 0; k < f->s->n_fields && !free_value(f, k, own, 0, 0); k++) {}
    if (f->out->n_constraints > before) terms_use(&f->x, 0, f->x.n);
}

/* --- names of places and the like */

static int is_capital(const char *v) {
    size_t len;
    char folded[16];
    if (word_class_at(v, strlen(v), &len) != WORD_LETTER) return 0;
    word_fold((struct view){v, len}, folded, sizeof folded);
    return memcmp(folded, v, len) != 0;
}

/* Whether the values of a text field are names: short, with capital letters. */
static int whole_names(const struct snapshot *s, const struct field *f) {
    int names = 0, others = 0;
    if (f->type != FIELD_TYPE_TEXT || !f->text) return 0;
    for (int i = 0; i < s->n && i < LOOKED_AT; i++) {
        const char *v = f->text[i];
        if (!v) continue;
        if (strlen(v) <= NAME_BYTES && is_capital(v) && !strchr(v, ','))
            names++;
        else
            others++;
    }
    return names > 4 * others;
}

/* Whether the clause means the name, and not an everyday word or something near to it. */
static int is_meant(const struct terms *x, const struct name *n) {
    static const char preps[] =
        "in|from|at|by|around|to|of|im|aus|von|bei|en|de|a|au|di|da|uit|van|"
        "te|em|do|da|not";
    int k = n->from - 1;
    if (!is_capital(n->value)) return 0;
    while (term_is(x, k, "the|der|die|das|le|la|el|il|het|o")) k--;
    if (term_is(x, k, "near|nearby|close|like|around|outside|beside|towards")) return 0;
    if (term_is(x, k, "to|from") && term_is(x, k - 1, "close|near|far|next|away|km|minutes"))
        return 0;
    return n->to - n->from > 1 || x->t[n->from].capital || term_is(x, k, preps);
}

static void names_in(struct finder *f, int k) {
    struct names n, kept = {.n = 0};
    const struct terms *x = &f->x;
    named_values(f, &f->s->field[k], &n);
    for (int i = 0; i < n.n; i++)
        if (is_meant(x, &n.name[i])) kept.name[kept.n++] = n.name[i];
    if (!kept.n) return;
    int from = kept.name[0].from, to = kept.name[0].to;
    for (int i = 0; i < kept.n; i++) {
        if (kept.name[i].from < from) from = kept.name[i].from;
        if (kept.name[i].to > to) to = kept.name[i].to;
    }
    while (from > 0 && !x->t[from - 1].used && x->t[from - 1].n <= 4 &&
           term_is(x, from - 1, x->g->idle))
        from--;
    add_has(f, k, value_of(f, &kept), 1, from, to, 0);
}

/* --- sizes */

/* The value that term i writes: a number or a short code, as sizes are. */
static const char *size_at(const struct terms *x, int i, const struct field *field) {
    enum { SIZE_BYTES = 5 };
    if (i >= x->n || x->t[i].used) return NULL;
    struct view own = terms_text(x, i, i + 1);
    if (own.n == 0 || own.n > SIZE_BYTES || (x->t[i].kind == TERM_WORD && !x->t[i].capital))
        return NULL;
    int g = field_group((const char[]){own.p[0], own.n > 1 ? own.p[1] : 0, 0});
    for (int v = field->group[g]; v < field->group[g + 1]; v++)
        if (view_eq_str(own, field->distinct[v])) return field->distinct[v];
    return NULL;
}

/* Whether term i names the field, by its name or by another word for a size. */
static int size_named(const struct field *field, const struct terms *x, int i) {
    static const char words[] = "size|sizes|grosse|taille|talla|taglia|maat|tamanho";
    return field_name_said(field, x, i) || (term_is(x, i, words) && field_named(field, words));
}

/* "size 42 or 43", "in size XL": values of the field that is named before them. */
static void sizes_in(struct finder *f, int k) {
    const struct terms *x = &f->x;
    const struct field *field = &f->s->field[k];
    for (int i = 0; i + 1 < x->n; i++) {
        struct names n = {.n = 0};
        int to = i + 1;
        const char *v;
        if (x->t[i].used || !size_named(field, x, i)) continue;
        if (term_colon(x, to)) to++;
        while (n.n < NAMES_MAX && (v = size_at(x, to, field))) {
            n.name[n.n++] = (struct name){v, to, to + 1};
            to++;
            if (term_is(x, to, "or|and|oder|und|ou|et|o|y|e|of|en") && size_at(x, to + 1, field))
                to++;
        }
        if (n.n) add_has(f, k, value_of(f, &n), 1, i, to, f->sign < 0);
    }
}

/* --- flags */

/* The words of a flag that name what it is about: "pets" of "pets allowed". */
static struct view flag_core(const struct field *f) {
    static const char *const ends[] = {"allowed",  "available", "included", "friendly", "permitted",
                                       "possible", "ok",        "required", "yes"};
    static const char *const fronts[] = {"is", "has", "with", "allows", "includes", "can"};
    struct view v = view_of(f->words), w;
    size_t at = 0, from = 0, to = v.n;
    int first = 1;
    while ((w = word_next(v, &at)).n) {
        int front = 0, end = 0;
        for (size_t i = 0; i < COUNT(fronts); i++) front |= first && view_eq_str(w, fronts[i]);
        for (size_t i = 0; i < COUNT(ends); i++) end |= !first && view_eq_str(w, ends[i]);
        if (front && at < v.n) from = at;
        if (end && at >= v.n) to = (size_t)(w.p - v.p);
        first = first && front;
    }
    return view_trim(view_sub(v, from, to - from));
}

/* The mention of a flag at terms [from, to). */
static void flag_at(struct finder *f, int k, int from, int to) {
    static const char ends[] =
        "allowed|available|included|friendly|welcome|permitted|possible|only|ok";
    const struct terms *x = &f->x;
    int no = 0, end = to;
    if (from > 0 && x->t[from - 1].kind == TERM_DASH && term_is(x, from - 2, "non|not")) no = 2;
    if (term_is(x, from - 1, "non|un|not|no")) no = 1;
    if (f->sign < 0) { /* "no remote jobs", not "no remote villages in the snow" */
        struct names n = {.n = 1, .name = {{"", from, to}}};
        if (!decides(x, &n)) return;
    }
    from -= no;
    if (term_is(x, end, "not") && term_is(x, end + 1, ends)) no = 1, end++;
    while (term_is(x, end, ends)) end++;
    add_has(f, k, f->s->field[k].words, 0, from, end, (f->sign < 0) != (no > 0));
}

/* All mentions of a flag in the clause: "pets allowed, pets not allowed". */
static void flag_in(struct finder *f, int k) {
    const struct terms *x = &f->x;
    struct view name = flag_core(&f->s->field[k]), rest = x->text;
    size_t p, q, base = 0;
    int from, to;
    while (name.n && words_named(name, rest, &p, &q)) {
        terms_of(x, base + p, base + q, &from, &to);
        if (from < x->n && !x->t[from].used && x->t[from].kind != TERM_QUOTE)
            flag_at(f, k, from, to);
        base += q;
        rest = view_sub(x->text, base, x->text.n - base);
    }
}

void named_find(struct finder *f) {
    if (f->sign < 0) exclusions(f);
    for (int k = 0; k < f->s->n_fields; k++) {
        const struct field *field = &f->s->field[k];
        int texts = field->type == FIELD_TYPE_TEXT || field->type == FIELD_TYPE_LIST;
        if (field->type == FIELD_TYPE_FLAG && field->number) flag_in(f, k);
        if (texts && field->group) sizes_in(f, k);
        if (f->sign > 0 && whole_names(f->s, field)) names_in(f, k);
    }
}
