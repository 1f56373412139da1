/* Lists in one cell: separators of a column, and splitting by them. */
#include "server/import/cell/list.h"

#include "server/import/cell/literal.h"
#include "server/import/cell/trim.h"
#include "server/value/value.h"

#include <string.h>
#include <strings.h>

static const struct {
    const char *name, *at[2];
} rules[LIST_RULES] = {
    [LIST_NONE] = {"none", {NULL, NULL}},
    [LIST_PIPE] = {"pipe", {"|", NULL}},
    [LIST_SEMICOLON] = {"semicolon", {";", "\xef\xbc\x9b"}},
    [LIST_COMMA] = {"comma", {",", NULL}},
    [LIST_IDEOGRAPHIC] = {"ideographic", {"\xe3\x80\x81", "\xef\xbc\x8c"}},
    [LIST_SLASH] = {"slash", {"/", NULL}},
    [LIST_SPACE] = {"space", {" ", NULL}},
    [LIST_LINE] = {"line", {"\n", NULL}},
    [LIST_LITERAL] = {"literal", {NULL, NULL}},
};

const char *list_name(enum list_rule r) {
    return r < LIST_RULES ? rules[r].name : "";
}

int list_named(struct view name, enum list_rule *out) {
    for (int i = 0; i < LIST_RULES; i++)
        if ((strlen(rules[i].name) == name.n && strncasecmp(rules[i].name, name.p, name.n) == 0) ||
            (rules[i].at[0] && view_eq_str(name, rules[i].at[0]))) {
            *out = (enum list_rule)i;
            return 1;
        }
    return 0;
}

/* Bytes of the rule's separator at text[i], 0 when there is none. */
static size_t separator_at(struct view text, size_t i, enum list_rule r) {
    for (int k = 0; k < 2 && rules[r].at[k]; k++) {
        size_t n = strlen(rules[r].at[k]);
        if (text.n - i >= n && memcmp(text.p + i, rules[r].at[k], n) == 0) return n;
    }
    return 0;
}

static int has(struct view text, enum list_rule r) {
    for (int k = 0; k < 2 && rules[r].at[k]; k++)
        for (size_t i = 0; i < text.n; i++) {
            const char *p = memchr(text.p + i, rules[r].at[k][0], text.n - i);
            if (!p) break;
            i = (size_t)(p - text.p);
            if (separator_at(text, i, r)) return 1;
        }
    return 0;
}

/* "1,204,311" and "3, 4" are no lists of words. */
static int is_part(struct view part) {
    for (size_t i = 0; i < part.n; i++)
        if ((unsigned char)part.p[i] >= 0x80 || (part.p[i] | 32) >= 'a') return 1;
    return 0;
}

void list_look_add(struct list_look *l, struct view cell) {
    enum { LONG_PART = 40 };
    cell = trim(cell);
    if (!cell.n) return;
    int pipes = l->n[LIST_PIPE], semicolons = l->n[LIST_SEMICOLON];
    l->cells++;
    if (list_is_literal(cell)) {
        l->literal++;
        return;
    }
    /* "#red #blue" */
    for (size_t i = 0; cell.p[0] == '#' && i + 1 < cell.n; i++)
        if (cell.p[i] == ' ' && cell.p[i + 1] == '#') {
            l->n[LIST_SPACE]++;
            return;
        }
    for (int r = LIST_PIPE; r < LIST_LITERAL; r++) {
        if (r == LIST_SPACE || !has(cell, (enum list_rule)r)) continue;
        if (r > LIST_PIPE && l->n[LIST_PIPE] > pipes) continue; /* "Law, Order|War" is two */
        if (r > LIST_SEMICOLON && l->n[LIST_SEMICOLON] > semicolons) continue;
        size_t from = 0, longest = 0;
        int words = 1;
        for (size_t i = 0; i <= cell.n; i++) {
            size_t n = i < cell.n ? separator_at(cell, i, (enum list_rule)r) : 1;
            if (!n) continue;
            struct view part = trim(view_sub(cell, from, i - from));
            if (part.n > longest) longest = part.n;
            if (part.n) words &= is_part(part);
            from = i + n;
        }
        l->n[r]++;
        l->short_parts[r] += longest <= LONG_PART && words;
    }
}

enum list_rule list_decide(const struct list_look *l, int wanted) {
    static const enum list_rule order[] = {LIST_COMMA,       LIST_PIPE, LIST_SEMICOLON,
                                           LIST_IDEOGRAPHIC, LIST_LINE, LIST_SLASH};
    enum list_rule best = LIST_NONE;
    int plain = l->cells - l->literal;
    if (wanted) {
        for (size_t i = 0; i < COUNT(order); i++) {
            enum list_rule r = order[i];
            /* A slash or a line end is a separator only where no other is. */
            if (l->n[r] > (best ? l->n[best] : 0) && (i < 4 || (!best && l->n[r] * 5 >= plain)))
                best = r;
        }
        if (!best && l->n[LIST_SPACE]) best = LIST_SPACE;
        return best ? best : l->literal ? LIST_LITERAL : LIST_NONE;
    }
    if (l->literal * 2 > l->cells) return LIST_LITERAL;
    for (size_t i = 0; i < 4; i++) {
        enum list_rule r = order[i];
        if (l->short_parts[r] * 10 >= plain * (r == LIST_COMMA ? 5 : 3) &&
            l->short_parts[r] * 10 >= l->n[r] * 9 && l->short_parts[r] >= 2)
            return r;
    }
    return LIST_NONE;
}

int list_is_literal(struct view text) {
    if (text.n < 2) return 0;
    char a = text.p[0], z = text.p[text.n - 1];
    if (!((a == '[' && z == ']') || (a == '{' && z == '}') || (a == '(' && z == ')'))) return 0;
    struct view in = trim(view_sub(text, 1, text.n - 2));
    if (a == '(') return in.n && (in.p[0] == '\'' || in.p[0] == '"');
    /* {a,b} is PostgreSQL's array, {"a":1} an object: both are read. "[2004]" is a list of one. */
    return 1;
}

int list_is_angles(struct view text) {
    if (text.n < 3 || text.p[0] != '<' || text.p[text.n - 1] != '>') return 0;
    for (size_t i = 1; i + 1 < text.n; i++) {
        if (strchr(" /=\"'", text.p[i])) return 0; /* markup */
        if (text.p[i] == '>' && text.p[i + 1] != '<') return 0;
        if (text.p[i] == '<' && text.p[i - 1] != '>') return 0;
    }
    return 1;
}

static void give(struct view part, list_each each, void *arg) {
    part = trim(part);
    if (!is_nothing(part)) each(arg, part);
}

static void split_at(struct view cell, enum list_rule rule, list_each each, void *arg) {
    size_t from = 0;
    for (size_t i = 0; i < cell.n; i++) {
        size_t n = separator_at(cell, i, rule);
        if (!n) continue;
        give(view_sub(cell, from, i - from), each, arg);
        from = i + n;
        i += n - 1;
    }
    give(view_sub(cell, from, cell.n), each, arg);
}

static void split_angles(struct view text, list_each each, void *arg) {
    size_t from = 1;
    for (size_t i = 1; i < text.n; i++)
        if (text.p[i] == '>') {
            give(view_sub(text, from, i - from), each, arg);
            from = i + 2;
        }
}

void list_split(struct view cell, enum list_rule rule, struct buf *scratch, list_each each,
                void *arg) {
    cell = trim(cell);
    if (list_is_angles(cell)) {
        split_angles(cell, each, arg);
        return;
    }
    if (list_is_literal(cell) && literal_texts(cell, scratch, each, arg)) return;
    if (rule == LIST_NONE)
        give(cell, each, arg);
    else if (rule != LIST_LITERAL && has(cell, rule))
        split_at(cell, rule, each, arg);
    else if (rule != LIST_SPACE && has(cell, LIST_PIPE))
        split_at(cell, LIST_PIPE, each, arg);
    else if (rule != LIST_SPACE && has(cell, LIST_SEMICOLON))
        split_at(cell, LIST_SEMICOLON, each, arg);
    else
        give(cell, each, arg);
}
