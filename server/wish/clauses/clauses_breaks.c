/* Which marks end a sentence or a part of one, by what stands around them. */
#include "server/wish/clauses/clauses_breaks.h"
#include "server/value/value.h"

#include <string.h>

enum { ABBREVIATION_MAX = 6, RANGE_BACK = 6 /* letters of a unit between a number and a dash */ };

/* The word of letters that begins at i. */
static struct view letters_at(struct view w, size_t i) {
    size_t from = i;
    for (struct point p = point_at(w, i); p.is == WORD_LETTER; p = point_at(w, i)) i += p.len;
    return view_sub(w, from, i - from);
}

static int names_month(struct view word) {
    char plain[24];
    size_t n = plain_word(word, plain, sizeof plain);
    return n > 2 && month_named((struct view){plain, n});
}

/* Whether one or two digits end before i that may be a day of a month. */
static int day_before(struct view w, size_t i) {
    size_t n = 0;
    while (n < 3 && n < i && is_digit(point_at(w, i - n - 1))) n++;
    return n == 1 || n == 2;
}

int clauses_ordinal_stop(struct view w, size_t i) {
    return day_before(w, i) && i + 2 < w.n && w.p[i + 1] == ' ' &&
           names_month(letters_at(w, i + 2));
}

/* "October 3, 2026": the comma at i stands inside a date. */
static int date_comma(struct view w, size_t i) {
    size_t k = i + 2, digits = 0;
    if (i + 5 >= w.n || w.p[i + 1] != ' ') return 0;
    while (k + digits < w.n && digits < 5 && is_digit(point_at(w, k + digits))) digits++;
    if (digits != 4) return 0;
    k = i;
    while (k > 0 && k + 3 > i && is_lower(point_at(w, k - 1))) k--; /* "3rd" */
    if (!day_before(w, k)) return 0;
    while (k > 0 && is_digit(point_at(w, k - 1))) k--;
    while (k > 0 && w.p[k - 1] == ' ') k--;
    size_t end = k;
    while (k > 0 && end - k < 12 && (is_upper(point_at(w, k - 1)) || is_lower(point_at(w, k - 1))))
        k--;
    return names_month(view_sub(w, k, end - k));
}

/* Whether the full stop at i belongs to "Dr.", "vs.", "J." and the like. */
static int is_abbreviation(struct view w, size_t i) {
    static const char *const known[] = {"mr",  "mrs", "ms",     "dr",  "st",   "vs",  "e.g",
                                        "i.e", "min", "approx", "max", "ca",   "u.s", "u.k",
                                        "p.m", "a.m", "std",    "z.b", "mind", "env"};
    size_t from = i;
    while (from > 0 && i - from <= ABBREVIATION_MAX &&
           (is_content(point_at(w, from - 1)) || w.p[from - 1] == '.'))
        from--;
    size_t n = i - from;
    if (n == 1) return is_upper(point_at(w, from)) && w.p[from] != 'I';
    for (size_t k = 0; k < COUNT(known); k++) {
        size_t j = 0;
        while (j < n && known[k][j] && (w.p[from + j] | 0x20) == (known[k][j] | 0x20)) j++;
        if (j == n && !known[k][j]) return 1;
    }
    return n > 2 && names_month(view_sub(w, from, n)) && is_digit(point_at(w, i + 2));
}

static int full_stop(struct view w, size_t i, struct point prev, struct point next) {
    if (is_space(next) || is_edge(next) || next.c == '.' || next.c == ')' || next.c >= 0x1F000)
        return is_abbreviation(w, i) || clauses_ordinal_stop(w, i) ? CLAUSES_WORD : CLAUSES_END;
    if (prev.c == '.') return CLAUSES_END;                                /* the last of "..." */
    return is_lower(prev) && is_upper(next) ? CLAUSES_END : CLAUSES_WORD; /* "film.Nothing" */
}

/* Whether a dash at i with spaces around it stands between two amounts: "5 - 10", "5 km – 10 km".
 */
static int is_range(struct view w, size_t i, size_t len) {
    struct point next = point_at(w, i + len + 1);
    size_t k = i > 0 ? i - 1 : 0, from = k;
    if (!is_digit(next) && next.is != WORD_MONEY) return 0;
    while (from > 0 && k - from < RANGE_BACK && !is_digit(point_at(w, from - 1)) &&
           is_content(point_before(w, from)))
        from--;
    if (from > 0 && w.p[from - 1] == ' ') from--; /* "5 km - 10 km" */
    return k > 0 && (is_digit(point_before(w, from)) || point_before(w, k).is == WORD_MONEY);
}

static int hyphen(struct view w, size_t i, struct point prev, struct point next) {
    if (prev.c == '-' || next.c == '-') return CLAUSES_STOP;
    if (!is_space(prev)) return CLAUSES_WORD;
    if (!is_space(next)) /* "-horror" is a search engine's minus, but a bullet as a line's first */
        return is_content(next) && !is_digit(next) ? CLAUSES_STOP : CLAUSES_WORD;
    return is_range(w, i, 1) ? CLAUSES_WORD : CLAUSES_STOP;
}

/* Marks that break in any surroundings. */
static int plain_break(struct point p) {
    static const struct {
        uint32_t point;
        int kind;
    } marks[] = {
        {'!', CLAUSES_END},      {'?', CLAUSES_END},      {0x2026, CLAUSES_END},
        {0x2022, CLAUSES_END},   {0x2023, CLAUSES_END},   {0x25A0, CLAUSES_END},
        {0x25AA, CLAUSES_END},   {0x25CF, CLAUSES_END},   {0x25E6, CLAUSES_END},
        {0x3002, CLAUSES_END},   {0xFF01, CLAUSES_END},   {0xFF0E, CLAUSES_END},
        {0xFF1F, CLAUSES_END},   {0xFF61, CLAUSES_END},   {0x061F, CLAUSES_END},
        {0x06D4, CLAUSES_END},   {0x0964, CLAUSES_END},   {0x0965, CLAUSES_END},
        {';', CLAUSES_STOP},     {'|', CLAUSES_STOP},     {0xA1, CLAUSES_STOP},
        {0xBF, CLAUSES_STOP},    {0x061B, CLAUSES_STOP},  {0xFF08, CLAUSES_STOP},
        {0xFF09, CLAUSES_STOP},  {0xFF1A, CLAUSES_STOP},  {0xFF1B, CLAUSES_STOP},
        {0x3010, CLAUSES_STOP},  {0x3011, CLAUSES_STOP},  {0x060C, CLAUSES_COMMA},
        {0x3001, CLAUSES_COMMA}, {0xFF0C, CLAUSES_COMMA}, {0xFF64, CLAUSES_COMMA},
    };
    if (is_line_end(p)) return CLAUSES_END;
    for (size_t i = 0; i < COUNT(marks); i++)
        if (marks[i].point == p.c) return marks[i].kind;
    return CLAUSES_WORD;
}

/* "XL": a size in letters stands at i, and ends there. */
static int is_size(struct view w, size_t i) {
    enum { LONGEST = 4 };
    size_t n = 0;
    while (i + n < w.n && n < LONGEST && strchr("XSML", w.p[i + n])) n++;
    return n > 0 && !is_content(point_at(w, i + n));
}

int clauses_break_at(struct view w, size_t i, struct point p, int depth) {
    struct point prev = point_before(w, i), next = point_at(w, i + p.len);
    int digits = is_digit(prev) && is_digit(next), spaces = is_space(prev) && is_space(next);
    switch (p.c) {
    case '.': return full_stop(w, i, prev, next);
    case ',': /* "240,-" */
        if (is_digit(prev) && next.c == '-') return CLAUSES_WORD;
        return digits || date_comma(w, i) ? CLAUSES_WORD : CLAUSES_COMMA;
    case ':': /* "bedrooms: 3", "size: M" */
        if (is_space(next) && is_content(prev) &&
            (is_digit(point_at(w, i + 2)) || is_size(w, i + 2)))
            return CLAUSES_WORD;
        return digits || next.c == '/' ? CLAUSES_WORD : CLAUSES_STOP;
    case '-': return hyphen(w, i, prev, next);
    case '/':
    case 0x2013: /* en dash, bar, minus: between words or numbers they join */
    case 0x2015:
    case 0x2212: return spaces && !is_range(w, i, p.len) ? CLAUSES_STOP : CLAUSES_WORD;
    case 0x2014: return digits || (spaces && is_range(w, i, p.len)) ? CLAUSES_WORD : CLAUSES_STOP;
    case '*':
    case 0xB7: return spaces ? CLAUSES_END : CLAUSES_WORD;
    default: break;
    }
    if (is_open(p.c)) return is_content(prev) ? CLAUSES_WORD : CLAUSES_STOP; /* "film(s)" */
    if (is_close(p.c)) return depth > 0 ? CLAUSES_STOP : CLAUSES_WORD;
    return plain_break(p);
}
