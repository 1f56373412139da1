/* A reader of literals, by recursive descent over at most DEPTH levels. It runs twice: once to see
 * that the text is one, once to give its texts. */
#include "server/import/cell/literal.h"

#include "server/import/cell/trim.h"
#include "server/value/value.h"

#include <string.h>
#include <strings.h>

enum { DEPTH = 8 };

struct reader {
    struct view v;
    size_t at;
    struct buf *scratch;
    list_each each; /* NULL: only looking */
    void *arg;
};
/* A value that was read. */
struct token {
    enum { BROKEN, TEXT, WORD, NESTED } kind;
    struct view text;
    int escaped;
};

static int value(struct reader *r, int depth, int wanted);

static void blanks(struct reader *r) {
    while (r->at < r->v.n && strchr(" \t\r\n", r->v.p[r->at]) && r->v.p[r->at]) r->at++;
}

static int take(struct reader *r, char c) {
    blanks(r);
    if (r->at >= r->v.n || r->v.p[r->at] != c) return 0;
    r->at++;
    return 1;
}

static int hex(struct view v, size_t at, int digits, uint32_t *out) {
    *out = 0;
    if (v.n - at < (size_t)digits || at > v.n) return 0;
    for (int i = 0; i < digits; i++) {
        char c = v.p[at + (size_t)i], low = (char)(c | 32);
        if (c >= '0' && c <= '9')
            *out = *out * 16 + (uint32_t)(c - '0');
        else if (low >= 'a' && low <= 'f')
            *out = *out * 16 + (uint32_t)(low - 'a' + 10);
        else
            return 0;
    }
    return 1;
}

static void put_point(struct buf *b, uint32_t c) {
    char t[4];
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    if ((c >= 0xd800 && c < 0xe000) || c > 0x10ffff || c == 0) {
        c = 0xfffd;
        n = 3;
    }
    for (size_t i = n; i-- > 1; c >>= 6) t[i] = (char)(0x80 | (c & 0x3f));
    t[0] = (char)(n == 1 ? c : (uint32_t)(0xf0 << (4 - n)) | c);
    buf_add(b, t, n);
}

/* The escape after the backslash at `at`; the bytes read beyond the backslash. */
static size_t escape(struct view v, size_t at, struct buf *b) {
    uint32_t point, low;
    char c = at < v.n ? v.p[at] : '\\';
    switch (c) {
    case 'n': buf_str(b, "\n"); return 1;
    case 't': buf_str(b, "\t"); return 1;
    case 'r':
    case 'b':
    case 'f': buf_str(b, " "); return 1;
    case 'x':
        if (!hex(v, at + 1, 2, &point)) break;
        put_point(b, point);
        return 3;
    case 'u':
        if (!hex(v, at + 1, 4, &point)) break;
        if (point >= 0xd800 && point < 0xdc00 && v.n > at + 6 && v.p[at + 5] == '\\' &&
            v.p[at + 6] == 'u' && hex(v, at + 7, 4, &low) && low >= 0xdc00 && low < 0xe000) {
            put_point(b, 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00));
            return 11;
        }
        put_point(b, point);
        return 5;
    default: break;
    }
    if (at < v.n) buf_add(b, &c, 1);
    return 1;
}

static struct view unescape(struct reader *r, struct view raw) {
    struct buf *b = r->scratch;
    buf_clear(b);
    for (size_t i = 0; i < raw.n; i++)
        if (raw.p[i] == '\\')
            i += escape(raw, i + 1, b);
        else
            buf_add(b, raw.p + i, 1);
    return buf_text(b);
}

static struct token quoted(struct reader *r, char quote) {
    struct token t = {.kind = BROKEN};
    size_t from = r->at;
    for (; r->at < r->v.n; r->at++) {
        if (r->v.p[r->at] == '\\') {
            t.escaped = 1;
            r->at++;
        } else if (r->v.p[r->at] == quote) {
            t.kind = TEXT;
            t.text = view_sub(r->v, from, r->at - from);
            r->at++;
            return t;
        }
    }
    return t;
}

static struct token scalar(struct reader *r) {
    blanks(r);
    char c = r->at < r->v.n ? r->v.p[r->at] : 0;
    if (c == 'u' && r->at + 1 < r->v.n && (r->v.p[r->at + 1] == '\'' || r->v.p[r->at + 1] == '"'))
        c = r->v.p[++r->at];
    if (c == '\'' || c == '"') {
        r->at++;
        return quoted(r, c);
    }
    if (c == '[' || c == '{' || c == '(') return (struct token){.kind = NESTED};
    size_t from = r->at;
    while (r->at < r->v.n && !strchr(",:]})[{(\"", r->v.p[r->at])) r->at++;
    struct view word = trim(view_sub(r->v, from, r->at - from));
    return (struct token){.kind = word.n ? WORD : BROKEN, .text = word};
}

static void give(struct reader *r, struct token t) {
    if (!r->each) return;
    struct view v = trim(t.escaped ? unescape(r, t.text) : t.text);
    if (!is_nothing(v)) r->each(r->arg, v);
}

/* Members up to the closing bracket. */
static int list(struct reader *r, char close, int depth, int wanted) {
    if (take(r, close)) return 1;
    for (;;) {
        if (!value(r, depth, wanted)) return 0;
        if (take(r, close)) return 1;
        if (!take(r, ',')) return 0;
        if (take(r, close)) return 1; /* ('a',) */
    }
}

static int is_name(struct view key) {
    static const char *const names[] = {"name", "title", "label", "value", "text",
                                        "term", "tag",   "genre", "@value"};
    for (size_t i = 0; i < COUNT(names); i++)
        if (strlen(names[i]) == key.n && strncasecmp(names[i], key.p, key.n) == 0) return 1;
    return 0;
}

static int is_number(struct view v) {
    double x;
    return view_double(v, &x) || view_eq_str(v, "true") || view_eq_str(v, "false") ||
           view_eq_str(v, "True") || view_eq_str(v, "False");
}

/* An object's members: which text is its name. */
struct members {
    struct token name, first;
    int n, numbers;
    struct token key[16];
};

static int object_members(struct reader *r, int depth, struct members *m) {
    if (take(r, '}')) return 1;
    for (;;) {
        struct token key = scalar(r), t;
        if (key.kind != TEXT && key.kind != WORD) return 0;
        if (!take(r, ':')) return 0;
        blanks(r);
        t = scalar(r);
        if (t.kind == BROKEN) return 0;
        if (t.kind == NESTED) {
            if (!value(r, depth, 0)) return 0;
        } else if (t.kind == TEXT) {
            if (is_name(key.text) && m->name.kind == BROKEN) m->name = t;
            if (m->first.kind == BROKEN) m->first = t;
        } else if (is_number(t.text)) {
            m->numbers++;
            if (m->n < 16) m->key[m->n++] = key;
        }
        if (take(r, '}')) return 1;
        if (!take(r, ',')) return 0;
    }
}

static int object(struct reader *r, int depth, int wanted) {
    struct members m = {.name = {.kind = BROKEN}, .first = {.kind = BROKEN}};
    size_t from = r->at;
    if (!object_members(r, depth, &m)) {
        /* PostgreSQL's {a,b} has no keys. */
        r->at = from;
        return depth == DEPTH - 1 && list(r, '}', depth, wanted);
    }
    if (!wanted) return 1;
    if (m.name.kind != BROKEN)
        give(r, m.name);
    else if (m.first.kind != BROKEN)
        give(r, m.first);
    else
        for (int i = 0; i < m.n; i++) give(r, m.key[i]);
    return 1;
}

static int value(struct reader *r, int depth, int wanted) {
    struct token t = scalar(r);
    if (t.kind == BROKEN || (t.kind == NESTED && depth == 0)) return 0;
    if (t.kind != NESTED) {
        if (wanted) give(r, t);
        return 1;
    }
    char open = r->v.p[r->at++];
    if (open == '{') return object(r, depth - 1, wanted);
    return list(r, open == '[' ? ']' : ')', depth - 1, wanted);
}

int literal_texts(struct view text, struct buf *scratch, list_each each, void *arg) {
    struct reader look = {.v = text, .scratch = scratch};
    if (!value(&look, DEPTH, 1)) return 0;
    blanks(&look);
    if (look.at != text.n) return 0;
    struct reader r = {.v = text, .scratch = scratch, .each = each, .arg = arg};
    return value(&r, DEPTH, 1);
}
