/* Writing texts as HTML. */
#include "server/report/html/text.h"

/* Of a text, what is shown before it has to be unfolded. */
enum { TEXT_SHOWN = 280 };

/* Control characters mean nothing on a page and are shown as what they are: unprintable. */
void html_put(struct buf *b, struct view v) {
    while (v.n) {
        unsigned char c = (unsigned char)v.p[0];
        size_t len = utf8_len(v.p, v.n);
        if (c == '&')
            buf_str(b, "&amp;");
        else if (c == '<')
            buf_str(b, "&lt;");
        else if (c == '>')
            buf_str(b, "&gt;");
        else if (c == '"')
            buf_str(b, "&quot;");
        else if (c == '\'')
            buf_str(b, "&#39;");
        else if (!len || (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f ||
                 (len == 2 && utf8_point(v.p, len) < 0xa0))
            buf_str(b, "\xef\xbf\xbd");
        else
            buf_add(b, v.p, len);
        v = view_sub(v, len ? len : 1, v.n);
    }
}

struct view html_text_of(const json_t *v) {
    return json_is_string(v) ? (struct view){json_string_value(v), json_string_length(v)}
                             : VIEW("");
}

struct view html_member(json_t *o, const char *key) {
    return html_text_of(json_object_get(o, key));
}

/* A text of a person or a catalogue: its direction and its marks for direction stay inside. */
void html_own(struct buf *b, const char *tag, struct view v) {
    buf_printf(b, "<%s dir=\"auto\">", tag);
    html_put(b, v);
    buf_printf(b, "</%s>", tag);
}

void html_long(struct buf *b, struct view v) {
    size_t n = 0;
    if (v.n == 0) return;
    if (v.n <= TEXT_SHOWN) {
        html_own(b, "p", v);
        return;
    }
    while (n < TEXT_SHOWN) {
        size_t len = utf8_len(v.p + n, v.n - n);
        n += len ? len : 1;
    }
    buf_str(b, "<details><summary dir=\"auto\">");
    html_put(b, view_sub(v, 0, n));
    buf_str(b, " \xe2\x80\xa6</summary>");
    html_own(b, "p", v);
    buf_str(b, "</details>");
}

void html_number(struct buf *b, json_t *v) {
    if (json_is_integer(v))
        buf_printf(b, "%lld", (long long)json_integer_value(v));
    else if (json_is_real(v))
        buf_printf(b, "%.3f", json_real_value(v));
    else
        buf_str(b, "no data");
}
