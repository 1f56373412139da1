/* Tags and named characters of HTML: enough of both for the cells of shops and feeds. */
#include "server/import/cell/markup.h"

#include "server/import/cell/trim.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { INLINE, BREAK, HIDDEN };
static const struct {
    const char *name;
    int kind;
} known[] = {
    {"p", BREAK},         {"br", BREAK},      {"div", BREAK},        {"li", BREAK},
    {"ul", BREAK},        {"ol", BREAK},      {"table", BREAK},      {"tr", BREAK},
    {"td", BREAK},        {"th", BREAK},      {"tbody", BREAK},      {"thead", BREAK},
    {"h1", BREAK},        {"h2", BREAK},      {"h3", BREAK},         {"h4", BREAK},
    {"h5", BREAK},        {"h6", BREAK},      {"hr", BREAK},         {"section", BREAK},
    {"article", BREAK},   {"header", BREAK},  {"footer", BREAK},     {"blockquote", BREAK},
    {"pre", BREAK},       {"figure", BREAK},  {"figcaption", BREAK}, {"dl", BREAK},
    {"dt", BREAK},        {"dd", BREAK},      {"html", BREAK},       {"body", BREAK},
    {"center", BREAK},    {"main", BREAK},    {"nav", BREAK},        {"aside", BREAK},
    {"summary", BREAK},   {"details", BREAK}, {"form", BREAK},       {"option", BREAK},
    {"head", BREAK},      {"title", BREAK},   {"span", INLINE},      {"a", INLINE},
    {"b", INLINE},        {"i", INLINE},      {"u", INLINE},         {"s", INLINE},
    {"em", INLINE},       {"strong", INLINE}, {"small", INLINE},     {"sup", INLINE},
    {"sub", INLINE},      {"font", INLINE},   {"img", INLINE},       {"code", INLINE},
    {"mark", INLINE},     {"q", INLINE},      {"abbr", INLINE},      {"cite", INLINE},
    {"label", INLINE},    {"big", INLINE},    {"del", INLINE},       {"ins", INLINE},
    {"iframe", HIDDEN},   {"video", INLINE},  {"audio", INLINE},     {"source", INLINE},
    {"button", INLINE},   {"input", INLINE},  {"svg", HIDDEN},       {"path", INLINE},
    {"strike", INLINE},   {"wbr", INLINE},    {"picture", INLINE},   {"meta", INLINE},
    {"link", INLINE},     {"tt", INLINE},     {"script", HIDDEN},    {"style", HIDDEN},
    {"noscript", INLINE},
};

struct tag {
    size_t n; /* bytes, 0: no tag is here */
    int kind, closes;
    struct view name;
};

static int is_letter(char c) {
    return (c | 32) >= 'a' && (c | 32) <= 'z';
}

/* The end of a tag's attributes: quotes may hold >. 0: there is none. */
static size_t attributes_end(struct view v, size_t i) {
    char quote = 0;
    for (; i < v.n; i++) {
        char c = v.p[i];
        if (quote)
            quote = c == quote ? 0 : quote;
        else if ((c == '"' || c == '\'') && i > 0 && v.p[i - 1] == '=')
            quote = c;
        else if (c == '<')
            return 0;
        else if (c == '>')
            return i + 1;
    }
    return 0;
}

static struct tag tag_at(struct view v, size_t i) {
    struct tag t = {0};
    if (v.n - i >= 4 && memcmp(v.p + i, "<!--", 4) == 0) {
        for (size_t k = i + 4; k + 3 <= v.n && !t.n; k++)
            if (memcmp(v.p + k, "-->", 3) == 0) t.n = k + 3 - i;
        return t;
    }
    size_t at = i + 1;
    if (v.n - i >= 9 && strncasecmp(v.p + i, "<!doctype", 9) == 0) {
        size_t end = attributes_end(v, at);
        t.n = end ? end - i : 0;
        return t;
    }
    if (at < v.n && v.p[at] == '/') t.closes = 1, at++;
    size_t from = at;
    while (at < v.n && (is_letter(v.p[at]) || (at > from && v.p[at] >= '0' && v.p[at] <= '9')))
        at++;
    t.name = view_sub(v, from, at - from);
    if (!t.name.n || at >= v.n || !strchr(" \t\r\n/>", v.p[at])) return t;
    /* "<b and c>" is no tag: what follows a name must be an attribute. */
    size_t a = at;
    while (a < v.n && strchr(" \t\r\n", v.p[a])) a++;
    if (a < v.n && v.p[a] != '>' && v.p[a] != '/') {
        size_t eq = a;
        while (eq < v.n && (is_letter(v.p[eq]) || strchr("-_:0123456789", v.p[eq]))) eq++;
        if (eq >= v.n || (v.p[eq] != '=' && v.p[eq] != '>')) return t;
        if (v.p[eq] == '>' && t.name.n == 1) return t;
    }
    for (size_t k = 0; k < COUNT(known); k++)
        if (strlen(known[k].name) == t.name.n &&
            strncasecmp(known[k].name, t.name.p, t.name.n) == 0) {
            size_t end = attributes_end(v, at);
            t.n = end ? end - i : 0;
            t.kind = known[k].kind;
            return t;
        }
    return t;
}

int markup_tags(struct view text) {
    for (size_t i = 0; i < text.n; i++) {
        const char *p = memchr(text.p + i, '<', text.n - i);
        if (!p) return 0;
        i = (size_t)(p - text.p);
        struct tag t = tag_at(text, i);
        if (t.n) return 1;
    }
    return 0;
}

/* --- characters by name */

static const struct {
    const char *name;
    uint32_t point;
} entities[] = {
    {"amp", '&'},       {"lt", '<'},       {"gt", '>'},        {"quot", '"'},
    {"apos", '\''},     {"nbsp", ' '},     {"iexcl", 0xa1},    {"cent", 0xa2},
    {"pound", 0xa3},    {"curren", 0xa4},  {"yen", 0xa5},      {"sect", 0xa7},
    {"uml", 0xa8},      {"copy", 0xa9},    {"ordf", 0xaa},     {"laquo", 0xab},
    {"not", 0xac},      {"shy", 0xad},     {"reg", 0xae},      {"macr", 0xaf},
    {"deg", 0xb0},      {"plusmn", 0xb1},  {"sup2", 0xb2},     {"sup3", 0xb3},
    {"acute", 0xb4},    {"micro", 0xb5},   {"para", 0xb6},     {"middot", 0xb7},
    {"ordm", 0xba},     {"raquo", 0xbb},   {"frac14", 0xbc},   {"frac12", 0xbd},
    {"frac34", 0xbe},   {"iquest", 0xbf},  {"Agrave", 0xc0},   {"Aacute", 0xc1},
    {"Acirc", 0xc2},    {"Atilde", 0xc3},  {"Auml", 0xc4},     {"Aring", 0xc5},
    {"AElig", 0xc6},    {"Ccedil", 0xc7},  {"Egrave", 0xc8},   {"Eacute", 0xc9},
    {"Ecirc", 0xca},    {"Euml", 0xcb},    {"Igrave", 0xcc},   {"Iacute", 0xcd},
    {"Icirc", 0xce},    {"Iuml", 0xcf},    {"Ntilde", 0xd1},   {"Ograve", 0xd2},
    {"Oacute", 0xd3},   {"Ocirc", 0xd4},   {"Otilde", 0xd5},   {"Ouml", 0xd6},
    {"times", 0xd7},    {"Oslash", 0xd8},  {"Ugrave", 0xd9},   {"Uacute", 0xda},
    {"Ucirc", 0xdb},    {"Uuml", 0xdc},    {"Yacute", 0xdd},   {"szlig", 0xdf},
    {"agrave", 0xe0},   {"aacute", 0xe1},  {"acirc", 0xe2},    {"atilde", 0xe3},
    {"auml", 0xe4},     {"aring", 0xe5},   {"aelig", 0xe6},    {"ccedil", 0xe7},
    {"egrave", 0xe8},   {"eacute", 0xe9},  {"ecirc", 0xea},    {"euml", 0xeb},
    {"igrave", 0xec},   {"iacute", 0xed},  {"icirc", 0xee},    {"iuml", 0xef},
    {"ntilde", 0xf1},   {"ograve", 0xf2},  {"oacute", 0xf3},   {"ocirc", 0xf4},
    {"otilde", 0xf5},   {"ouml", 0xf6},    {"divide", 0xf7},   {"oslash", 0xf8},
    {"ugrave", 0xf9},   {"uacute", 0xfa},  {"ucirc", 0xfb},    {"uuml", 0xfc},
    {"yacute", 0xfd},   {"yuml", 0xff},    {"OElig", 0x152},   {"oelig", 0x153},
    {"Scaron", 0x160},  {"scaron", 0x161}, {"ndash", 0x2013},  {"mdash", 0x2014},
    {"lsquo", 0x2018},  {"rsquo", 0x2019}, {"sbquo", 0x201a},  {"ldquo", 0x201c},
    {"rdquo", 0x201d},  {"bdquo", 0x201e}, {"dagger", 0x2020}, {"bull", 0x2022},
    {"hellip", 0x2026}, {"prime", 0x2032}, {"lsaquo", 0x2039}, {"rsaquo", 0x203a},
    {"euro", 0x20ac},   {"trade", 0x2122}, {"ensp", ' '},      {"emsp", ' '},
    {"thinsp", ' '},    {"zwnj", 0},       {"zwj", 0x200d},    {"rarr", 0x2192},
    {"larr", 0x2190},   {"check", 0x2713}, {"star", 0x2606},   {"hearts", 0x2665},
    {"minus", 0x2212},  {"infin", 0x221e}, {"ne", 0x2260},     {"le", 0x2264},
    {"ge", 0x2265},
};

/* The character that begins at the & of v[i]; the bytes it takes, 0 when it is none. */
static size_t entity_at(struct view v, size_t i, uint32_t *point) {
    const char *semi = memchr(v.p + i, ';', v.n - i < 12 ? v.n - i : 12);
    if (!semi) return 0;
    struct view name = view_sub(v, i + 1, (size_t)(semi - v.p) - i - 1);
    size_t all = name.n + 2;
    if (name.n >= 2 && name.p[0] == '#') {
        char digits[12];
        int base = (name.p[1] | 32) == 'x' ? 16 : 10;
        struct view number = view_sub(name, base == 16 ? 2 : 1, name.n);
        if (!number.n) return 0;
        memcpy(digits, number.p, number.n);
        digits[number.n] = 0;
        char *end;
        unsigned long x = strtoul(digits, &end, base);
        if (*end || x == 0 || x > 0x10ffff || (x >= 0xd800 && x < 0xe000)) return 0;
        *point = x == 160 ? ' ' : (uint32_t)x;
        return all;
    }
    for (size_t k = 0; k < COUNT(entities); k++)
        if (view_eq_str(name, entities[k].name)) {
            *point = entities[k].point;
            return all;
        }
    return 0;
}

int markup_entities(struct view text) {
    uint32_t point;
    for (size_t i = 0; i < text.n; i++) {
        const char *p = memchr(text.p + i, '&', text.n - i);
        if (!p) return 0;
        i = (size_t)(p - text.p);
        if (entity_at(text, i, &point)) return 1;
    }
    return 0;
}

static void put_point(struct buf *b, uint32_t c) {
    char t[4];
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    if (c == 0) return;
    for (size_t i = n; i-- > 1; c >>= 6) t[i] = (char)(0x80 | (c & 0x3f));
    t[0] = (char)(n == 1 ? c : (uint32_t)(0xf0 << (4 - n)) | c);
    buf_add(b, t, n);
}

static void blank(struct buf *out, size_t from) {
    if (out->n > from && out->p[out->n - 1] != ' ') buf_str(out, " ");
}

/* Behind the end tag of a hidden element. */
static size_t skip_hidden(struct view v, size_t i, struct view name) {
    for (; i < v.n; i++) {
        const char *p = memchr(v.p + i, '<', v.n - i);
        if (!p) return v.n;
        i = (size_t)(p - v.p);
        if (v.n - i > name.n + 2 && v.p[i + 1] == '/' &&
            strncasecmp(v.p + i + 2, name.p, name.n) == 0) {
            const char *end = memchr(p, '>', v.n - i);
            return end ? (size_t)(end - v.p) + 1 : v.n;
        }
    }
    return v.n;
}

void markup_text(struct view v, int tags, int named, struct buf *out) {
    size_t from = out->n;
    uint32_t point;
    for (size_t i = 0; i < v.n;) {
        char c = v.p[i];
        struct tag t = c == '<' && tags ? tag_at(v, i) : (struct tag){0};
        size_t n = c == '&' && named ? entity_at(v, i, &point) : 0;
        if (t.n) {
            i += t.n;
            if (t.kind != INLINE) blank(out, from);
            if (t.kind == HIDDEN && !t.closes && v.p[i - 2] != '/') i = skip_hidden(v, i, t.name);
        } else if (n) {
            i += n;
            if (point == ' ')
                blank(out, from);
            else
                put_point(out, point);
        } else if (tags && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) {
            blank(out, from);
            i++;
        } else if (tags && c == '\xc2' && i + 1 < v.n && v.p[i + 1] == '\xa0') {
            blank(out, from);
            i += 2;
        } else {
            buf_add(out, &c, 1);
            i++;
        }
    }
    if (out->n > from && out->p[out->n - 1] == ' ') out->p[--out->n] = 0;
}
