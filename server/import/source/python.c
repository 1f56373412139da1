#include "server/import/source/python.h"

#include <string.h>

static int is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

int python_begins(struct view row) {
    size_t i = 1;
    if (row.n < 4 || row.p[0] != '{') return 0;
    while (i + 1 < row.n && row.p[i] == ' ') i++;
    if (row.p[i] == 'u' || row.p[i] == 'b') i++;
    return i < row.n && row.p[i] == '\'';
}

/* What a backslash and the character behind it are in JSON; the bytes read. */
static size_t escape(struct view v, size_t i, struct buf *out) {
    static const char same[] = "\"\\/bfnrtu";
    char c = i + 1 < v.n ? v.p[i + 1] : 0;
    if (c == 'x' && i + 3 < v.n) {
        buf_str(out, "\\u00");
        buf_add(out, v.p + i + 2, 2);
        return 4;
    }
    if (c == '\'')
        buf_str(out, "'");
    else if (c && strchr(same, c))
        buf_add(out, v.p + i, 2);
    else /* Python keeps the backslash of what it does not know */
        buf_str(out, "\\\\");
    return c == '\'' || (c && strchr(same, c)) ? 2 : 1;
}

/* The string whose quote is at i, as JSON; where it ends. */
static size_t string(struct view v, size_t i, struct buf *out) {
    char quote = v.p[i++];
    buf_str(out, "\"");
    while (i < v.n && v.p[i] != quote) {
        if (v.p[i] == '\\')
            i += escape(v, i, out);
        else {
            if (v.p[i] == '"') buf_str(out, "\\");
            buf_add(out, v.p + i++, 1);
        }
    }
    if (i >= v.n) return v.n; /* never closed: no JSON either */
    buf_str(out, "\"");
    return i + 1;
}

static void word(struct view w, struct buf *out) {
    static const char *const words[][2] = {
        {"True", "true"}, {"False", "false"}, {"None", "null"}, {"nan", "null"}};
    for (size_t k = 0; k < COUNT(words); k++)
        if (view_eq_str(w, words[k][0])) {
            buf_str(out, words[k][1]);
            return;
        }
    buf_view(out, w);
}

void python_to_json(struct view v, struct buf *out) {
    for (size_t i = 0; i < v.n;) {
        char c = v.p[i];
        int prefix = (c == 'u' || c == 'b') && i + 1 < v.n && strchr("'\"", v.p[i + 1]) != NULL;
        if (prefix) c = v.p[++i];
        if (c == '\'' || c == '"') {
            i = string(v, i, out);
        } else if (is_letter(c)) {
            size_t from = i;
            while (i < v.n && is_letter(v.p[i])) i++;
            word(view_sub(v, from, i - from), out);
        } else {
            buf_str(out, c == '(' ? "[" : c == ')' ? "]" : (char[]){c, 0});
            i++;
        }
    }
}
