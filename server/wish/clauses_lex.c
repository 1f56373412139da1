/* Words and breaks of a wish, by code point. */
#include "server/wish/clauses_lex.h"
#include "server/value/value.h"
#include "server/value/words.h"

#include <string.h>

enum {
    QUOTE_MAX = 120, /* bytes: a longer quotation is ordinary text */
    ABBREVIATION_MAX = 6,
    RANGE_BACK = 6 /* letters of a unit between a number and a dash */
};

struct lexer {
    struct view w;
    size_t at;
    int depth;                 /* open parentheses */
    struct clauses_token *tok; /* NULL: only count */
    size_t n, words;
    struct clauses_token last;
};

/* A character of the wish with its class; len 0 beyond the end. */
struct point {
    uint32_t c;
    size_t len;
    enum word_class is;
};

static struct point point_at(struct view w, size_t i) {
    struct point p = {' ', 0, WORD_SPACE};
    if (i >= w.n) return p;
    p.is = word_class_at(w.p + i, w.n - i, &p.len);
    p.c = utf8_point(w.p + i, p.len);
    return p;
}

static struct point point_before(struct view w, size_t i) {
    if (i == 0) return (struct point){'\n', 0, WORD_SPACE};
    do i--;
    while (i > 0 && ((unsigned char)w.p[i] & 0xC0) == 0x80);
    return point_at(w, i);
}

static int is_digit(struct point p) {
    return p.is == WORD_DIGIT;
}

static int is_upper(struct point p) {
    return p.c >= 'A' && p.c <= 'Z';
}

static int is_lower(struct point p) {
    return p.c >= 'a' && p.c <= 'z';
}

static int is_space(struct point p) {
    return p.is == WORD_SPACE;
}

static int is_line_end(struct point p) {
    return p.c == '\n' || p.c == '\r' || p.c == 0x85 || p.c == 0x2028 || p.c == 0x2029;
}

/* Letters and digits of any script; symbols, punctuation and emoji are not. */
static int is_content(struct point p) {
    return p.is == WORD_LETTER || p.is == WORD_DIGIT || p.is == WORD_IDEO;
}

/* Signs that say something beside a number. */
static int is_sign(struct point p) {
    return p.is == WORD_MONEY || p.c == '<' || p.c == '>' || p.c == '=' || p.c == '%' ||
           p.c == '~' || p.c == '+' || (p.c >= 0x2264 && p.c <= 0x2267) || p.c == 0x2248;
}

/* Quotes and emphasis around a word that are no part of it. */
static int is_edge(struct point p) {
    return p.is == WORD_QUOTE || p.c == '*' || p.c == '_';
}

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

/* "3. Oktober": the full stop at i makes the number before it an ordinal. */
static int ordinal_stop(struct view w, size_t i) {
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
        return is_abbreviation(w, i) || ordinal_stop(w, i) ? CLAUSES_WORD : CLAUSES_END;
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

static int is_open(uint32_t c) {
    return c == '(' || c == '[' || c == '{';
}

static int is_close(uint32_t c) {
    return c == ')' || c == ']' || c == '}';
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

/* The kind of break that p at i is, CLAUSES_WORD for none. */
static int break_at(const struct lexer *x, size_t i, struct point p) {
    struct point prev = point_before(x->w, i), next = point_at(x->w, i + p.len);
    int digits = is_digit(prev) && is_digit(next), spaces = is_space(prev) && is_space(next);
    switch (p.c) {
    case '.': return full_stop(x->w, i, prev, next);
    case ',': /* "240,-" */
        if (is_digit(prev) && next.c == '-') return CLAUSES_WORD;
        return digits || date_comma(x->w, i) ? CLAUSES_WORD : CLAUSES_COMMA;
    case ':': /* "bedrooms: 3" */
        if (is_space(next) && is_content(prev) && is_digit(point_at(x->w, i + 2)))
            return CLAUSES_WORD;
        return digits || next.c == '/' ? CLAUSES_WORD : CLAUSES_STOP;
    case '-': return hyphen(x->w, i, prev, next);
    case '/':
    case 0x2013: /* en dash, bar, minus: between words or numbers they join */
    case 0x2015:
    case 0x2212: return spaces && !is_range(x->w, i, p.len) ? CLAUSES_STOP : CLAUSES_WORD;
    case 0x2014:
        return digits || (spaces && is_range(x->w, i, p.len)) ? CLAUSES_WORD : CLAUSES_STOP;
    case '*':
    case 0xB7: return spaces ? CLAUSES_END : CLAUSES_WORD;
    default: break;
    }
    if (is_open(p.c)) return is_content(prev) ? CLAUSES_WORD : CLAUSES_STOP; /* "film(s)" */
    if (is_close(p.c)) return x->depth > 0 ? CLAUSES_STOP : CLAUSES_WORD;
    return plain_break(p);
}

static void put(struct lexer *x, struct clauses_token t) {
    if (t.kind != CLAUSES_WORD && x->n && x->last.kind != CLAUSES_WORD) {
        if (t.kind < x->last.kind) t.kind = x->last.kind;
        if (!t.sign) t.sign = x->last.sign;
        x->n--;
    }
    x->words += t.kind == CLAUSES_WORD;
    if (x->tok) x->tok[x->n] = t;
    x->last = t;
    x->n++;
}

static void put_break(struct lexer *x, int kind, struct point p, size_t len) {
    struct clauses_token t = {(uint32_t)x->at, (uint32_t)len, (uint8_t)kind, 0, 0, 0, 0};
    int inside = x->n > 0 && x->last.kind != CLAUSES_END;
    if (p.c == '?' || p.c == ':') t.sign = (char)p.c;
    if (p.c == '-' && inside && is_content(point_at(x->w, x->at + 1))) t.sign = '-';
    x->depth += is_open(p.c) - is_close(p.c);
    put(x, t);
    x->at += len;
}

/* Past a list number ("2." or "2)" at the start of a line), or 0. */
static size_t list_number(struct view w, size_t i) {
    size_t k = i;
    if (!is_line_end(point_before(w, i))) return 0;
    while (k < w.n && k - i < 2 && is_digit(point_at(w, k))) k++;
    if (k == i || k + 1 >= w.n || (w.p[k] != '.' && w.p[k] != ')')) return 0;
    return is_space(point_at(w, k + 1)) && !ordinal_stop(w, k) ? k + 1 : 0;
}

/* The mark that closes a quotation which `open` opens, 0 when it opens none. */
static uint32_t closing(uint32_t open) {
    static const uint32_t pair[][2] = {{'"', '"'},       {0x201C, 0x201D}, {0xAB, 0xBB},
                                       {0x201E, 0x201C}, {0x2018, 0x2019}, {'\'', '\''},
                                       {0x300C, 0x300D}, {0x300E, 0x300F}, {0xBB, 0xAB}};
    for (size_t i = 0; i < COUNT(pair); i++)
        if (pair[i][0] == open) return pair[i][1];
    return 0;
}

/* Past the closing mark of a quotation that starts at i, or 0. Titles are quoted, and what stands
 * in them is neither a break nor a negation. An apostrophe quotes only several words. */
size_t clauses_quotation(struct view w, size_t i) {
    struct point open = point_at(w, i), p;
    uint32_t close = closing(open.c);
    int single = close == '\'' || close == 0x2019, words = 1;
    if (!close || is_content(point_before(w, i)) || is_space(point_at(w, i + open.len))) return 0;
    for (size_t k = i + open.len; k < w.n && k - i <= QUOTE_MAX; k += p.len) {
        p = point_at(w, k);
        if (is_line_end(p)) return 0;
        words += is_space(p);
        if (p.c != close && !(close == 0x201C && p.c == 0x201D)) continue;
        if (single && (words < 2 || is_space(point_before(w, k)))) return 0;
        if (single && is_content(point_at(w, k + p.len))) continue; /* "don't" */
        return is_content(point_at(w, k + p.len)) ? 0 : k + p.len;
    }
    return 0;
}

/* Bytes of a word's front that are a word of their own: "l'" of "l'horreur", "d'". */
size_t clauses_elision(struct view w) {
    static const char fronts[] = "l|d|j|m|n|s|qu|jusqu|dell|all|nell|sull|dall|un|quell|lorsqu";
    char plain[24];
    for (size_t i = 1; i < w.n && i < 10; i++) {
        struct point p = point_at(w, i);
        if (p.c != '\'' && p.c != 0x2019) continue;
        size_t n = plain_word(view_sub(w, 0, i), plain, sizeof plain);
        int letter = point_at(w, i + p.len).is == WORD_LETTER && w.n > i + p.len + 1;
        return letter && plain_is(plain, n, fronts) ? i + p.len : 0;
    }
    return 0;
}

/* Bytes of a word's end that say "free of": "-free", German "frei", Dutch "vrij". */
static size_t free_ending(struct view w) {
    static const char *const ends[] = {"-free",  "frei",   "freie", "freien", "freies",
                                       "freier", "freiem", "vrij",  "vrije"};
    static const char kept[] = "carefree|scot-free|hands-free|toll-free|hassle-free|trouble-free|"
                               "worry-free|barrierefrei|kostenfrei|gebuhrenfrei|unfrei|care-free|"
                               "fancy-free|cruelty-free|duty-free|portofrei|barrierefreie|royalty-"
                               "free|risk-free|kostenfreie|tax-free|smoke-free";
    char plain[24];
    size_t n = plain_word(w, plain, sizeof plain);
    if (plain_is(plain, n, kept)) return 0;
    for (size_t i = 0; i < COUNT(ends); i++) {
        size_t k = strlen(ends[i]);
        if (n >= k + 3 && memcmp(plain + n - k, ends[i], k) == 0) return k;
    }
    return 0;
}

static void put_part(struct lexer *x, size_t from, size_t end, int bare) {
    put(x,
        (struct clauses_token){(uint32_t)from, (uint32_t)(end - from), 0, (uint8_t)bare, 0, 0, 0});
}

/* A word, in the parts that the grammar looks at. */
static void put_parts(struct lexer *x, size_t from, size_t end, int bare) {
    size_t front = clauses_elision(view_sub(x->w, from, end - from));
    if (front) put_part(x, from, from + front, 0);
    from += front;
    size_t back = free_ending(view_sub(x->w, from, end - from));
    put_part(x, from, end - back, bare);
    if (back) put_part(x, end - back, end, 0);
}

/* The mark of 14" behind a number. */
static int is_inch(struct view w, size_t i, struct point p) {
    return p.c == '"' && i > 0 && is_digit(point_before(w, i)) &&
           !is_content(point_at(w, i + p.len));
}

/* Takes the word at x->at; leaves x->at behind it. */
static void put_word(struct lexer *x) {
    size_t from = x->at, end = 0, i;
    int content = 0, started = 0;
    struct point p;
    for (i = x->at; i < x->w.n; i += p.len) {
        p = point_at(x->w, i);
        size_t quoted = !started ? clauses_quotation(x->w, i) : 0;
        if (quoted) {
            put_part(x, i, quoted, 0);
            x->at = quoted;
            return;
        }
        if (is_space(p) || (i > x->at && break_at(x, i, p) != CLAUSES_WORD)) break;
        if (is_edge(p) && !is_inch(x->w, i, p)) continue;
        if (!started) from = i;
        started = 1;
        content |= is_content(p) || is_sign(p);
        end = i + p.len;
    }
    x->at = i;
    if (started) put_parts(x, from, end, !content);
}

static void scan(struct lexer *x) {
    while (x->at < x->w.n) {
        size_t number = list_number(x->w, x->at);
        struct point p = point_at(x->w, x->at);
        int kind;
        if (number)
            put_break(x, CLAUSES_END, (struct point){0, 0, WORD_OTHER}, number - x->at);
        else if ((kind = break_at(x, x->at, p)) != CLAUSES_WORD)
            put_break(x, kind, p, p.len);
        else if (is_space(p))
            x->at += p.len;
        else
            put_word(x);
    }
    put(x, (struct clauses_token){(uint32_t)x->w.n, 0, CLAUSES_END, 0, 0, 0, 0});
}

/* Whether a quoted wish is a name: more than one word, most of them with a capital letter. */
static int is_title(struct view w) {
    int words = 0, letters = 0, capitals = 0;
    for (size_t i = 0; i < w.n; i++) {
        if (w.p[i] == ',' || w.p[i] == '.' || w.p[i] == ';') return 0;
        if (i > 0 && w.p[i - 1] != ' ') continue;
        words++;
        letters += point_at(w, i).is == WORD_LETTER;
        capitals += is_upper(point_at(w, i));
    }
    return words > 1 && 2 * capitals > letters;
}

/* Without quotation marks around the whole wish, which would make one word of it. */
static struct view unquoted(struct view w) {
    w = view_trim(w);
    struct point open = point_at(w, 0), close = point_before(w, w.n);
    if (!closing(open.c) || close.c != closing(open.c) || w.n < open.len + close.len) return w;
    struct view inner = view_sub(w, open.len, w.n - open.len - close.len);
    if (is_title(inner)) return w;
    return memchr(inner.p, w.p[0], inner.n) ? w : inner; /* two quotations are not one */
}

enum status clauses_lex(struct view wish, struct arena *a, struct clauses_text *out,
                        struct err *e) {
    struct lexer count = {.w = unquoted(wish)}, fill = {.w = count.w};
    scan(&count);
    fill.tok = ARENA_NEW(a, struct clauses_token, count.n);
    if (!fill.tok) return fail(e, ST_NO_MEMORY, "no memory for the words of the wish");
    scan(&fill);
    CHECK(fill.n == count.n);
    const struct grammar *g = grammar_of(wish);
    *out = (struct clauses_text){.wish = fill.w,
                                 .tok = fill.tok,
                                 .n = fill.n,
                                 .words = fill.words,
                                 .grammar = g ? g : &grammar_en};
    return ST_OK;
}
