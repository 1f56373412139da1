/* Splits a wish into signed clauses: sentence by sentence, word by word, guided by the grammar of
 * its language. */
#include "server/wish/clauses/clauses.h"
#include "server/wish/clauses/clauses_merge.h"
#include "server/wish/clauses/clauses_words.h"

enum {
    LONG_WISH = 40, /* words: beyond, sentences may be small talk */
    ITEM_WORDS = 2, /* "no X or Y" is two clauses only if both are this short */
    TALK_WORDS = 4, /* a part of a sentence is about the teller if "I" comes this early */
};
#define WEIGHT_TALK 0.5 /* of a sentence that tells a story and wants nothing */

struct split {
    struct clauses_text t;
    struct clauses_piece *p; /* p[1..n] */
    size_t n, sentence;      /* sentence: n where the sentence began */
    size_t start;            /* first word of the piece under way */
    size_t list_until;       /* a negated list goes on up to this word */
    int sign;                /* of the piece under way */
    int and_list;            /* its list may end in "and": "without A, B and C" */
    double carry;            /* weight factor that waits for the next piece */
};

static int is_word(const struct split *s, size_t i) {
    return s->t.tok[i].kind == CLAUSES_WORD;
}

/* Whether a phrase that must be kept whole begins among the first k words and goes beyond them:
 * "no" is filler, "no more than 50 euros" is not. */
static int cuts_phrase(const struct split *s, size_t from, size_t k, size_t to) {
    size_t n;
    for (size_t i = 0; i < k; i++)
        if (clauses_words_mark(&s->t, from + i, to, &n) == MARK_KEEP && i + n > k) return 1;
    return 0;
}

static void trim_breaks(const struct split *s, size_t *from, size_t *to) {
    while (*from < *to && !is_word(s, *from)) ++*from;
    while (*from < *to && !is_word(s, *to - 1)) --*to;
}

/* Takes filler off both ends of [*from, *to), which may end up empty. *front and *back are the
 * weight factors that went with it. */
static void trim(const struct split *s, size_t *from, size_t *to, int unwanted, int cut,
                 double *front, double *back) {
    size_t k;
    double f;
    *front = *back = 1;
    for (trim_breaks(s, from, to); *from < *to; trim_breaks(s, from, to)) {
        k = clauses_words_back(&s->t, *from, *to, cut, &f);
        if (k == 0) break;
        *to -= k, *back *= f;
    }
    for (trim_breaks(s, from, to); *from < *to; trim_breaks(s, from, to)) {
        k = clauses_words_front(&s->t, *from, *to, unwanted, &f);
        if (k == 0 || cuts_phrase(s, *from, k, *to)) break;
        *from += k, *front *= f;
    }
}

static double bounded(double factor) {
    return factor < 0.5 ? 0.5 : factor > 1.5 ? 1.5 : factor;
}

static double weight_of(int sign) {
    return sign > 0 ? CLAUSES_WEIGHT_WANTED : CLAUSES_WEIGHT_UNWANTED;
}

static void push(struct split *s, size_t from, size_t to, int sign, double factor) {
    const struct clauses_token *a = &s->t.tok[from], *z = &s->t.tok[to - 1];
    uint32_t i = (uint32_t)++s->n;
    s->p[i] = (struct clauses_piece){(uint32_t)from,
                                     (uint32_t)to,
                                     0,
                                     i,
                                     z->at + z->n - a->at,
                                     sign,
                                     weight_of(sign) * bounded(factor)};
}

static int is_negation(enum clauses_mark m) {
    return m >= MARK_NOT && m <= MARK_LIST;
}

/* Whether the words tell about people (about the teller only) and want nothing. A sentence that
 * begins with a negation ("No vampires, those I saw") wants something, or rather not. */
static int is_talk(const struct split *s, size_t from, size_t end, int tellers_only) {
    size_t n;
    if (!tellers_only && is_negation(clauses_words_mark(&s->t, from, end, &n))) return 0;
    if (!clauses_words_personal(&s->t, from, end, tellers_only)) return 0;
    if (clauses_words_want(&s->t, from, end)) return 0;
    for (size_t i = from; i < end; i++) {
        enum clauses_mark m = clauses_words_mark(&s->t, i, end, &n);
        if (m == MARK_REFUSE || m == MARK_AFTER) return 0;
    }
    return 1;
}

/* Adds [from, to) without its filler. `cut`: a negation follows, so what its filler says about the
 * weight goes to that ("definitely no horror"). */
static void add(struct split *s, size_t from, size_t to, int cut) {
    double front, back;
    int last = s->t.tok[to].kind == CLAUSES_END;
    size_t opening = to - from < TALK_WORDS ? to : from + TALK_WORDS;
    int talk = s->t.words > LONG_WISH && s->sign > 0 && is_talk(s, from, opening, 1) &&
               !clauses_words_want(&s->t, from, to);
    trim(s, &from, &to, s->sign < 0, cut, &front, &back);
    if (from < to) {
        push(s, from, to, s->sign, s->carry * front * (cut ? 1 : back) * (talk ? WEIGHT_TALK : 1));
        s->carry = cut ? back : 1;
        return;
    }
    if (!cut && last && s->n > s->sentence) /* ", if possible." */
        s->p[s->n].weight *= bounded(back);
    else
        s->carry *= front * back;
}

/* Whether all parts of [from, to) between "or" (or "and") are short enough to be clauses of their
 * own. */
static int short_items(const struct split *s, size_t from, size_t to, size_t max,
                       const char *between) {
    int parts = 0;
    for (size_t i = from; from < to; from = i + 1) {
        double f;
        for (i = from; i < to && !clauses_words_at(&s->t, i, to, between); i++) {}
        size_t a = from, z = i;
        trim(s, &a, &z, 1, 0, &f, &f);
        if (z - a > max) return 0;
        parts++;
    }
    return parts > 1;
}

/* Ends the piece under way before word `end`. */
static void flush(struct split *s, size_t end, int cut) {
    size_t from = s->start, i;
    int in_list = end <= s->list_until;
    size_t max = in_list ? CLAUSES_LIST_WORDS : ITEM_WORDS;
    const char *between = in_list && s->and_list ? "or|and" : "or";
    s->start = end;
    if (s->sign > 0 || !short_items(s, from, end, max, between)) {
        if (from < end) add(s, from, end, cut);
        return;
    }
    for (; from < end; from = i + 1) {
        for (i = from; i < end && !clauses_words_at(&s->t, i, end, between); i++) {}
        add(s, from, i, cut && i == end);
    }
}

static void turn(struct split *s, size_t start, int sign) {
    s->start = start;
    s->sign = sign;
    s->list_until = 0;
}

/* Whether nothing but filler stands between the start of the piece and word i. */
static int at_start(const struct split *s, size_t i) {
    double f;
    size_t from = s->start, to = i;
    trim(s, &from, &to, 0, 1, &f, &f);
    return from == to;
}

static int is_capital(const struct split *s, size_t i) {
    const struct clauses_token *t = &s->t.tok[i];
    char c = s->t.wish.p[t->at];
    return t->kind == CLAUSES_WORD && c >= 'A' && c <= 'Z';
}

/* "like No Country for Old Men": a title, and "a man who never smiles": a trait, not a wish. */
static int not_meant(const struct split *s, size_t i, size_t end) {
    if (i == s->start || !is_word(s, i - 1)) return 0;
    if (clauses_words_at(&s->t, i - 1, end, "who|whom|whose")) return 1;
    return is_capital(s, i) && !is_capital(s, i - 1) && i + 1 < end && is_capital(s, i + 1) &&
           s->t.tok[i].n > 1 && s->t.wish.p[s->t.tok[i].at + 1] >= 'a';
}

static void reject_last(struct split *s) {
    s->p[s->n].sign = -1;
    s->p[s->n].weight *= CLAUSES_WEIGHT_UNWANTED;
}

/* A negation that stands behind what it negates: "horror no", "Horror? No.", "romance, no thanks".
 * The n words at i are the negation; `bare` is a single "no", which otherwise answers nobody. */
static void afterthought(struct split *s, size_t i, size_t n, int bare) {
    if (!at_start(s, i)) {
        s->sign = -1;
        flush(s, i, 1);
    } else if (bare) {
        char asked = i > 0 ? s->t.tok[i - 1].sign : 0;
        if ((asked == '?' || asked == ':') && s->n > 0) reject_last(s);
    } else if (s->n > s->sentence && s->p[s->n].sign > 0) {
        reject_last(s);
    }
    turn(s, i + n, 1);
}

/* A negation of n words at i; returns the word to go on with. */
static size_t negate(struct split *s, size_t i, size_t n, size_t end, int and_list) {
    if (i + n + 1 < end && s->t.tok[i + n].sign == ':') { /* "avoid: horror, gore" */
        flush(s, i, 1);
        turn(s, i + n + 1, -1);
        for (size_t k = s->start; k < end && s->t.tok[k].kind <= CLAUSES_COMMA; k++)
            s->list_until = k + 1;
        s->and_list = and_list;
        return i + n + 1;
    }
    if (i + n == end || !is_word(s, i + n)) {
        if (n == 1 && clauses_words_at(&s->t, i, end, "no|not|never|nothing"))
            afterthought(s, i, n, 1);
        else if (at_start(s, i))
            turn(s, i + n, 1); /* "not more." */
        return i + n;
    }
    flush(s, i, 1);
    turn(s, i + n, -1);
    s->and_list = and_list;
    return i + n;
}

/* Leaves out the rest up to the next break or "but": "no dogs because I'm allergic", "leave that
 * out if he comes along". */
static size_t pass_over(struct split *s, size_t i, size_t end) {
    size_t n;
    while (i < end && is_word(s, i) && clauses_words_mark(&s->t, i, end, &n) != MARK_CUT) i++;
    s->start = i;
    return i;
}

/* "sugar free", but not "feel free", "something free", "free of", "free time". */
static int is_free_of(const struct split *s, size_t i, size_t n, size_t end) {
    static const char no_thing[] =
        "feel|set|break|breaks|for|is|are|be|a|an|the|or|and|in|of|everything|something|anything|"
        "completely|totally|entirely|its|any|some|i|we|you|im|were|buy|one|get|with|only|also|my|"
        "our|your|that|which|it|not|preferably|ideally|really|all|always|mostly|very|to|on|at|from|"
        "by|but|who|this|these|those|they|no|want|need|like|love|events|event|concerts|concert|"
        "parking|wifi|entry|admission|delivery|shipping|ticket|tickets|kids|children|under";
    static const char after[] = "of|from|to|as|for|on|time|will|trade|range|spirit|jazz|parking|"
                                "wifi|delivery|admission|shipping|entry|events|concerts|tickets";
    if (s->t.tok[i + 1].n > 0 && s->t.wish.p[s->t.tok[i + 1].at] == '-') return 1; /* "nut-free" */
    return !clauses_words_at(&s->t, i, end, no_thing) &&
           !clauses_words_at(&s->t, i + n, end, after);
}

/* "nut-free snacks", "sugar free": the first of the n words at i is unwanted. */
static size_t free_of(struct split *s, size_t i, size_t n) {
    flush(s, i, 1);
    turn(s, i, -1);
    flush(s, i + 1, 0);
    turn(s, i + n, 1);
    return i + n;
}

/* "keep my Saturdays and Sundays clear": what stands inside the n words at i is unwanted. */
static size_t spare(struct split *s, size_t i, size_t n) {
    size_t from = i + 1 + (size_t)clauses_words_at(&s->t, i + 1, i + n, "my|our|the");
    flush(s, i, 1);
    turn(s, from, -1);
    flush(s, i + n - 1, 0);
    turn(s, i + n, 1);
    return i + n;
}

static size_t take_word(struct split *s, size_t i, size_t end) {
    size_t n;
    enum clauses_mark m = clauses_words_mark(&s->t, i, end, &n);
    if (m != MARK_NONE && m < MARK_CUT && not_meant(s, i, end)) return i + n;
    switch (m) {
    case MARK_NONE: return i + 1;
    case MARK_KEEP: return i + n;
    case MARK_FIRST:
        if (!at_start(s, i)) return i + n;
        return negate(s, i, n, end, 0);
    case MARK_NOT:
    case MARK_REFUSE: return negate(s, i, n, end, 0);
    case MARK_LIST: return negate(s, i, n, end, 1);
    case MARK_LIMIT:
        if (s->sign > 0 || i == s->start) return i + n;
        break;
    case MARK_WANTED:
        flush(s, i, 1);
        turn(s, i + n, 1);
        return i + n;
    case MARK_FREE:
        if (!is_free_of(s, i, n, end)) return i + 1;
        return free_of(s, i, n);
    case MARK_SPARE: return spare(s, i, n);
    case MARK_AFTER: afterthought(s, i, n, 0); return pass_over(s, i + n, end);
    case MARK_IDLE: flush(s, i, 1); return pass_over(s, i + n, end);
    case MARK_REASON:
        if (s->sign > 0 || i == s->start) return i + 1;
        flush(s, i, 1);
        return pass_over(s, i + n, end);
    case MARK_TURN:
        if (s->sign > 0 || i == s->start) return i + 1;
        break;
    case MARK_CUT: break;
    }
    flush(s, i, 1);
    turn(s, i, 1);
    return i + n;
}

static size_t take_break(struct split *s, size_t i, size_t end) {
    size_t n, until = 0;
    flush(s, i, 0);
    s->start = i + 1;
    if (s->sign < 0 && s->t.tok[i].kind == CLAUSES_COMMA)
        until = i < s->list_until ? s->list_until : clauses_list_end(&s->t, s->and_list, i, end);
    if (until)
        s->list_until = until;
    else
        turn(s, i + 1, 1);
    if (s->t.tok[i].sign == '-' && i + 2 <= end && is_word(s, i + 1) && !is_word(s, i + 2) &&
        clauses_words_mark(&s->t, i + 1, end, &n) == MARK_NONE)
        turn(s, i + 1, -1); /* "comedy -horror" */
    return i + 1;
}

/* Words [from, end) and the CLAUSES_END at end. */
static void take_sentence(struct split *s, size_t from, size_t end) {
    s->carry = 1;
    s->sentence = s->n;
    turn(s, from, 1);
    if (s->t.words > LONG_WISH && is_talk(s, from, end, 0)) {
        add(s, from, end, 0);
        if (s->n > s->sentence) s->p[s->n].weight = WEIGHT_TALK;
        return;
    }
    for (size_t i = from; i < end;)
        i = is_word(s, i) ? take_word(s, i, end) : take_break(s, i, end);
    flush(s, end, 0);
}

static enum status write_out(struct split *s, struct arena *a, struct clause *out, int *n,
                             struct err *e) {
    uint32_t *order = ARENA_NEW(a, uint32_t, s->n);
    if (!order) return fail(e, ST_NO_MEMORY, "no memory for the clauses of the wish");
    size_t left = clauses_merge(s->p, s->n, order, CLAUSES_MAX);
    for (size_t i = 0; i < left; i++) {
        const struct clauses_piece *p = &s->p[order[i]];
        out[i] = (struct clause){{NULL, 0}, p->sign, p->weight, {NULL, 0}};
        TRY(clauses_merge_text(&s->t, s->p, order[i], a, &out[i].text, e));
        out[i].rest = out[i].text;
    }
    *n = (int)left;
    return ST_OK;
}

enum status clauses_split(struct view wish, struct arena *a, struct clause *out, int *n,
                          struct err *e) {
    struct split s = {.n = 0};
    *n = 0;
    if (wish.n > CLAUSES_MAX_BYTES)
        return fail(e, ST_LIMIT, "the instruction has %zu bytes, at most %d are read; shorten it",
                    wish.n, CLAUSES_MAX_BYTES);
    if (!utf8_valid(wish)) return fail(e, ST_BAD_INPUT, "the instruction is not valid UTF-8");
    TRY(clauses_lex(wish, a, &s.t, e));
    TRY(clauses_words_prepare(&s.t, a, e));
    if (s.t.words == 0) return ST_OK;
    s.p = ARENA_NEW(a, struct clauses_piece, s.t.words + 1);
    if (!s.p) return fail(e, ST_NO_MEMORY, "no memory for the clauses of the wish");
    for (size_t from = 0, end; from < s.t.n; from = end + 1) {
        for (end = from; s.t.tok[end].kind != CLAUSES_END; end++) {}
        take_sentence(&s, from, end);
    }
    if (s.n == 0) { /* nothing but filler: then it is the wish */
        size_t from = 0, to = s.t.n;
        trim_breaks(&s, &from, &to);
        push(&s, from, to, 1, 1);
    }
    return write_out(&s, a, out, n, e);
}
