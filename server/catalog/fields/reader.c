/* Cells of flags, dates, numbers, money and durations. */
#include "server/catalog/fields/reader.h"

#include "server/value/words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void cells_sample(const struct column *c, int n, struct scratch *out) {
    int every = c->n_texts / READER_SAMPLE + 1, seen = 0;
    out->n = 0;
    for (int i = 0; i < n && out->n < READER_SAMPLE; i++)
        if (c->text[i] && seen++ % every == 0) out->cell[out->n++] = view_of(c->text[i]);
}

/* The number that is all of a cell, as programs write it. */
static int plain_number(struct view v, double *x) {
    return view_double(view_trim(v), x);
}

/* --- flags */

int flag_prepare(const struct column *c, int n, struct reader *r) {
    int zeros = 0, ones = 0;
    double x;
    r->type = FIELD_TYPE_FLAG;
    if (c->n_flags == c->n_texts) return 1;
    for (int i = 0; i < n; i++) {
        if (!c->text[i] || !plain_number(view_of(c->text[i]), &x)) continue;
        if (x != 0 && x != 1) return 0;
        if (x == 0) zeros++;
        if (x == 1) ones++;
    }
    int numbers = zeros + ones;
    if (numbers * 2 < c->n_texts) return 1;
    return zeros && ones && numbers > 2 && !r->name->unit &&
           !(r->name->hints & (NAME_COUNT | NAME_MONEY));
}

/* --- dates */

static int year_of(double seconds) {
    int year, month, day;
    civil_of((long long)floor(seconds / 86400), &year, &month, &day);
    return year;
}

/* A number alone is a date where the name says so and it makes sense. */
static int plain_date(const struct reader *r, struct view cell, double x, struct when *w) {
    if (!date_parse(cell, r->order, w)) return 0;
    if (fabs(x) < 10000) return (r->name->hints & NAME_YEAR) != 0;
    int year = year_of((double)w->from);
    return year >= 1900 && year <= 2100;
}

/* "12 Dec 2026 - 14 Dec 2026", "2026-12-12 to 2026-12-14", "2026-12-12/2026-12-14". */
static int date_range(struct view cell, enum date_order order, struct when *w) {
    static const char *const between[] = {" - ",  " – ",   " — ",     "–",
                                          " to ", " bis ", " until ", "/"};
    for (size_t k = 0; k < COUNT(between); k++) {
        size_t n = strlen(between[k]);
        for (size_t i = 1; i + n < cell.n; i++) {
            struct when last;
            if (memcmp(cell.p + i, between[k], n) != 0) continue;
            if (date_parse(view_sub(cell, 0, i), order, w) &&
                date_parse(view_sub(cell, i + n, cell.n), order, &last) && last.to > w->from) {
                w->to = last.to;
                return 1;
            }
        }
    }
    return 0;
}

static int date_cell(const struct reader *r, struct view cell, double *lo, double *hi) {
    struct when w;
    double x;
    int found = plain_number(cell, &x) ? r->plain_dates && plain_date(r, cell, x, &w)
                                       : date_parse(cell, r->order, &w) ||
                                             (cell.n < 100 && date_range(cell, r->order, &w));
    if (!found) return 0;
    *lo = (double)w.from;
    *hi = (double)w.to;
    return 1;
}

int date_prepare(const struct column *c, int n, struct reader *r) {
    struct order_count order = {0};
    struct scratch *s = r->scratch;
    int plain = 0, compact = 0;
    double x;
    struct when w;
    r->type = FIELD_TYPE_DATE;
    for (int i = 0; i < n; i++)
        if (c->text[i]) date_order_add(&order, view_of(c->text[i]));
    r->order = date_order_decide(&order);
    cells_sample(c, n, s);
    for (int i = 0; i < s->n; i++) {
        if (!plain_number(s->cell[i], &x)) continue;
        plain++;
        compact += s->cell[i].n == 8 && x >= 19000101 && x < 21010101 &&
                   date_parse(s->cell[i], r->order, &w);
    }
    unsigned hints = r->name->hints;
    int named = hints & (NAME_DATE | NAME_YEAR) && !(hints & (NAME_MONEY | NAME_COUNT));
    r->plain_dates = named || (plain > 1 && compact == plain);
    return plain * 2 <= s->n || r->plain_dates;
}

/* --- quantities */

enum number_marks columns_marks(const struct columns *cs, struct scratch *s) {
    int comma = 0;
    struct quantity q;
    for (int k = 0; k < cs->n; k++) {
        const struct column *c = &cs->column[k];
        struct marks_count count = {0};
        int read = 0;
        if (c->n_numbers * 2 > c->n_texts) continue; /* as JSON writes them */
        cells_sample(c, cs->n_items, s);
        for (int i = 0; i < s->n; i++) {
            if (!quantity_parse(view_trim(s->cell[i]), MARKS_ANY, &q)) continue;
            read++;
            marks_add(&count, s->cell[i]);
        }
        if (read == 0 || read * 10 < s->n * 8) continue;
        enum number_marks marks = marks_decide(&count);
        if (marks == MARKS_POINT) return MARKS_ANY;
        comma |= marks == MARKS_COMMA;
    }
    return comma ? MARKS_COMMA : MARKS_ANY;
}

/* The marks of thousands and decimals, over the whole column. Prices whose only mark is a point
 * before three digits ("1.299") have it for thousands, but not the numbers of JSON; so has any
 * column beside others that begin their decimals with a comma. */
static enum number_marks column_marks(const struct column *c, int n, const struct reader *r) {
    struct marks_count count = {0};
    int points = 0;
    if (c->n_numbers * 2 > c->n_texts) return MARKS_POINT;
    for (int i = 0; i < n; i++) {
        if (!c->text[i]) continue;
        marks_add(&count, view_of(c->text[i]));
        points += strchr(c->text[i], '.') != NULL;
    }
    enum number_marks marks = marks_decide(&count);
    int may_be = (r->name->hints & NAME_MONEY) || r->others == MARKS_COMMA;
    int thousands = marks == MARKS_ANY && may_be && points == count.either;
    return thousands && points ? MARKS_COMMA : marks;
}

/* A cell without a word before its amount: "from $49", "ab 12 €". */
static struct view amount_of(struct view cell) {
    static const char *const before[] = {"from", "ab",  "vanaf", "desde",
                                         "only", "nur", "now",   "from:"};
    size_t n = 0;
    cell = view_trim(cell);
    while (n < cell.n && cell.p[n] != ' ') n++;
    for (size_t i = 0; i < COUNT(before); i++)
        if (strlen(before[i]) == n && strncasecmp(before[i], cell.p, n) == 0)
            return view_trim(view_sub(cell, n, cell.n));
    return cell;
}

/* What stands behind a cell's quantity and may be a noun of the whole column. */
static struct view tail_of(struct view cell, size_t used) {
    size_t len;
    struct view tail = view_trim(view_sub(cell, used, cell.n));
    if (tail.n == 0 || tail.n >= READER_TAIL) return VIEW("");
    enum word_class k = word_class_at(tail.p, tail.n, &len);
    return k == WORD_LETTER || k == WORD_IDEO || tail.p[0] == '/' || tail.p[0] == '(' ? tail
                                                                                      : VIEW("");
}

static int same_tail(struct view a, struct view b) {
    size_t at = 0, bt = 0;
    if (a.n == b.n && strncasecmp(a.p, b.p, a.n) == 0) return 1;
    struct view x = word_next(a, &at), y = word_next(b, &bt);
    return x.n && x.n == a.n && y.n == b.n && word_same(x, y);
}

/* What the cells of a sample have in common. */
struct measure {
    int read, with_unit, money, with_tail;
    struct unit_count {
        const struct unit *unit;
        int n;
    } unit[40];
    int n_units;
    struct view tail; /* of the majority, where there is one */
    int tail_lead;
};

static void count_unit(struct measure *m, const struct unit *u) {
    int i = 0;
    while (i < m->n_units && m->unit[i].unit != u) i++;
    if (i == (int)COUNT(m->unit)) return;
    if (i == m->n_units) m->unit[m->n_units++] = (struct unit_count){u, 0};
    m->unit[i].n++;
}

/* Boyer and Moore's vote. */
static void vote_tail(struct measure *m, struct view tail) {
    if (m->tail_lead == 0) m->tail = tail;
    m->tail_lead += same_tail(m->tail, tail) ? 1 : -1;
}

static void measure_cells(struct scratch *s, enum number_marks marks, struct measure *m) {
    *m = (struct measure){.read = 0};
    for (int i = 0; i < s->n; i++) {
        struct view cell = amount_of(s->cell[i]);
        struct quantity q;
        if (!quantity_parse(cell, marks, &q)) {
            size_t used = quantity_read(cell, marks, &q);
            struct view tail = tail_of(cell, used);
            if (used == 0 || tail.n == 0) continue;
            m->with_tail++;
            vote_tail(m, tail);
        }
        s->value[m->read++] = q.lo;
        if (!q.unit || !q.unit->name[0]) continue;
        m->with_unit++;
        m->money += q.unit->dim == DIM_MONEY;
        count_unit(m, q.unit);
    }
}

/* The unit that most cells have, of the dimension that most have. */
static const struct unit *common_unit(const struct measure *m) {
    int of_dim[DIM_PERCENT + 1] = {0};
    const struct unit_count *best = NULL;
    for (int i = 0; i < m->n_units; i++) of_dim[m->unit[i].unit->dim] += m->unit[i].n;
    for (int i = 0; i < m->n_units; i++) {
        const struct unit_count *u = &m->unit[i];
        int more = !best ? 1 : of_dim[u->unit->dim] - of_dim[best->unit->dim];
        if (more > 0 || (more == 0 && u->n > best->n)) best = u;
    }
    return best ? best->unit : NULL;
}

static int by_value(const void *x, const void *y) {
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

/* Plain numbers named "runtime" are minutes where they look like it. */
static int looks_like_minutes(double *value, int n) {
    if (n > 0) qsort(value, (size_t)n, sizeof *value, by_value);
    double middle = n ? value[n / 2] : 0;
    return middle >= 20 && middle <= 400;
}

static void set_tail(struct reader *r, const struct measure *m) {
    r->tail[0] = 0;
    if (m->with_tail * 2 <= m->read || m->tail.n == 0) return;
    memcpy(r->tail, m->tail.p, m->tail.n);
    r->tail[m->tail.n] = 0;
}

static enum field_type type_of(const struct reader *r, const struct measure *m) {
    int named = (r->name->hints & NAME_MONEY) != 0;
    if (r->unit && r->unit->dim == DIM_MONEY) return FIELD_TYPE_MONEY;
    if (r->unit && r->unit->dim == DIM_TIME) return FIELD_TYPE_DURATION;
    return named && !r->unit && m->with_tail == 0 ? FIELD_TYPE_MONEY : FIELD_TYPE_NUMBER;
}

int quantity_prepare(const struct column *c, int n, struct reader *r) {
    struct scratch *s = r->scratch;
    struct measure m;
    r->marks = column_marks(c, n, r);
    cells_sample(c, n, s);
    measure_cells(s, r->marks, &m);
    if (m.read * 10 < s->n * 8) return 0;
    set_tail(r, &m);
    r->unit = m.with_unit * 2 >= m.read ? common_unit(&m) : r->name->unit;
    int currency = m.money > 0 && m.money == m.with_unit; /* few signs, but nothing else */
    if (!r->unit && currency) r->unit = common_unit(&m);
    int runtime = (r->name->hints & NAME_RUNTIME) && m.with_unit == 0;
    if (!r->unit && runtime && looks_like_minutes(s->value, m.read)) r->unit = unit_named("min");
    r->type = type_of(r, &m);
    return 1;
}

/* A quantity in the column's unit. */
static int convert(const struct reader *r, struct quantity *q) {
    const struct unit *to = r->unit, *from = q->unit ? q->unit : to;
    int is_free = q->unit && q->unit->dim == DIM_MONEY && !q->unit->name[0];
    if (is_free) return r->type == FIELD_TYPE_MONEY;
    if (from == to || !from) return 1;
    if (!to || to->dim != from->dim) return 0;
    if (to->dim == DIM_MONEY || to->dim == DIM_TEMPERATURE) return 0;
    q->lo *= from->factor / to->factor;
    q->hi *= from->factor / to->factor;
    return 1;
}

static int quantity_cell(const struct reader *r, struct view cell, double *lo, double *hi) {
    struct quantity q;
    cell = amount_of(cell);
    if (!quantity_parse(cell, r->marks, &q)) {
        size_t used = r->tail[0] ? quantity_read(cell, r->marks, &q) : 0;
        if (used == 0 || !same_tail(view_trim(view_sub(cell, used, cell.n)), view_of(r->tail)))
            return 0;
    }
    if (!convert(r, &q)) return 0;
    double scale = r->type == FIELD_TYPE_DURATION && r->unit ? r->unit->factor : 1;
    *lo = q.lo * scale;
    *hi = q.hi * scale;
    return isfinite(*lo) && isfinite(*hi);
}

/* --- any */

int cell_read(const struct reader *r, struct view cell, double *lo, double *hi) {
    switch (r->type) {
    case FIELD_TYPE_FLAG: *lo = *hi = flag_parse(cell); return *lo >= 0;
    case FIELD_TYPE_DATE: return date_cell(r, cell, lo, hi);
    case FIELD_TYPE_NUMBER:
    case FIELD_TYPE_MONEY:
    case FIELD_TYPE_DURATION: return quantity_cell(r, cell, lo, hi);
    default: return 0;
    }
}

void known_clear(struct scratch *s) {
    memset(s->known, 0, sizeof s->known);
}

int text_read(const struct reader *r, const char *text, double *lo, double *hi) {
    uint64_t mixed = (uint64_t)(uintptr_t)text * 0x9E3779B97F4A7C15ull;
    struct known *k = &r->scratch->known[(mixed >> 40) % READER_SEEN];
    if (k->text != text) {
        k->good = cell_read(r, view_of(text), &k->lo, &k->hi);
        k->text = text;
    }
    *lo = k->lo;
    *hi = k->hi;
    return k->good;
}
