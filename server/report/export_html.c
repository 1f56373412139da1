/* A run as one HTML page: what was asked, the order, and for each item why it stands there. */
#include "server/report/export.h"

#include "kernels/base/clock.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Of a text, what is shown before it has to be unfolded. */
enum { TEXT_SHOWN = 280 };

static const char head[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
    "'unsafe-inline'\">\n"
    "<meta name=\"referrer\" content=\"no-referrer\">\n";

static const char style[] =
    "<style>\n"
    ":root{--ink:#1d1c1a;--soft:#5f5b53;--paper:#fbfaf7;--line:#d9d5cb;--accent:#8a4b08;"
    "--up:#1c6b3a;--down:#9b2c1f}\n"
    "@media (prefers-color-scheme:dark){:root{--ink:#edeae3;--soft:#aaa498;--paper:#191816;"
    "--line:#3b3832;--accent:#e0a45e;--up:#7cc796;--down:#ef9a8d}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;padding:1rem;max-width:70rem;background:var(--paper);color:var(--ink);"
    "font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}\n"
    "h1{font-size:1.4rem;line-height:1.25;margin:.2rem 0 .6rem}\n"
    "h2{font-size:1rem;margin:0}\n"
    "p,dl,ul{margin:.4rem 0}\n"
    "dd ul{margin:0;padding-left:1.1rem}\n"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem}\n"
    "dt,small,summary,.soft{color:var(--soft)}\n"
    "dd{margin:0}\n"
    "a{color:var(--accent)}\n"
    "ol{list-style:none;margin:1rem 0;padding:0}\n"
    "ol>li{display:grid;grid-template-columns:3.2rem minmax(0,1fr) 9rem;gap:.2rem 1rem;"
    "padding:.7rem 0;border-top:1px solid var(--line)}\n"
    "li:target{outline:2px solid var(--accent);outline-offset:4px}\n"
    ".rank{font-variant-numeric:tabular-nums;font-size:1.2rem;text-decoration:none}\n"
    ".num{font-variant-numeric:tabular-nums;text-align:right}\n"
    ".bar{display:block;height:.5rem;background:var(--line);border-radius:.25rem;overflow:hidden}\n"
    ".bar>b{display:block;height:100%;background:var(--accent)}\n"
    "table{border-collapse:collapse;margin:.3rem 0;font-size:.9rem}\n"
    "th{text-align:left;font-weight:400;color:var(--soft);padding:.1rem 1rem .1rem 0}\n"
    "td{padding:.1rem 1rem .1rem 0}\n"
    ".up{color:var(--up)}.down{color:var(--down)}\n"
    "@media (max-width:36rem){ol>li{grid-template-columns:2.4rem minmax(0,1fr)}"
    "ol>li>.score{grid-column:2}.num{text-align:left}}\n"
    "@media print{details{display:block}}\n"
    "</style>\n";

/* --- texts */

/* Control characters mean nothing on a page and are shown as what they are: unprintable. */
static void put(struct buf *b, struct view v) {
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

static struct view text_of(const json_t *v) {
    return json_is_string(v) ? (struct view){json_string_value(v), json_string_length(v)}
                             : VIEW("");
}

static struct view member_text(json_t *o, const char *key) {
    return text_of(json_object_get(o, key));
}

/* A text of a person or a catalogue: its direction and its marks for direction stay inside. */
static void put_own(struct buf *b, const char *tag, struct view v) {
    buf_printf(b, "<%s dir=\"auto\">", tag);
    put(b, v);
    buf_printf(b, "</%s>", tag);
}

static void put_long(struct buf *b, struct view v) {
    size_t n = 0;
    if (v.n == 0) return;
    if (v.n <= TEXT_SHOWN) {
        put_own(b, "p", v);
        return;
    }
    while (n < TEXT_SHOWN) {
        size_t len = utf8_len(v.p + n, v.n - n);
        n += len ? len : 1;
    }
    buf_str(b, "<details><summary dir=\"auto\">");
    put(b, view_sub(v, 0, n));
    buf_str(b, " \xe2\x80\xa6</summary>");
    put_own(b, "p", v);
    buf_str(b, "</details>");
}

static void put_number(struct buf *b, json_t *v) {
    if (json_is_integer(v))
        buf_printf(b, "%lld", (long long)json_integer_value(v));
    else if (json_is_real(v))
        buf_printf(b, "%.3f", json_real_value(v));
    else
        buf_str(b, "no data");
}

/* --- the head */

static void put_fact(struct buf *b, const char *name, struct view v) {
    if (v.n == 0) return;
    buf_printf(b, "<dt>%s</dt>", name);
    put_own(b, "dd", v);
    buf_str(b, "\n");
}

static void put_clauses(struct buf *b, json_t *top) {
    json_t *list = json_object_get(top, "clauses"), *c;
    size_t i;
    if (json_array_size(list) == 0) return;
    buf_str(b, "<dt>Clauses</dt><dd><ul>");
    json_array_foreach(list, i, c) {
        int less = json_integer_value(json_object_get(c, "sign")) < 0;
        buf_printf(b, "<li>%s <span dir=\"auto\">", less ? "less" : "more");
        put(b, member_text(c, "text"));
        buf_printf(b, "</span> <small>weight %.2f</small></li>",
                   json_number_value(json_object_get(c, "weight")));
    }
    buf_str(b, "</ul></dd>\n");
}

static void put_examples(struct buf *b, json_t *request) {
    json_t *list = json_object_get(request, "examples"), *x;
    size_t i;
    if (json_array_size(list) == 0) return;
    buf_str(b, "<dt>Examples</dt><dd><ul>");
    json_array_foreach(list, i, x) {
        struct view item = member_text(x, "item");
        buf_str(b, "<li>");
        put(b, member_text(x, "label"));
        buf_str(b, item.n ? ": item <span dir=\"auto\">" : ": <span dir=\"auto\">");
        put(b, item.n ? item : member_text(x, "text"));
        buf_str(b, "</span></li>");
    }
    buf_str(b, "</ul></dd>\n");
}

static void put_head(struct buf *b, json_t *top, const char *id, long long created) {
    json_t *request = json_object_get(top, "request"), *model = json_object_get(top, "model");
    json_t *readout = json_object_get(top, "readout"), *w;
    struct view wish = view_trim(member_text(request, "instruction"));
    char when[CLOCK_TEXT] = "";
    size_t i;
    if (created > 0) clock_format(created, when);
    buf_str(b, head);
    buf_str(b, "<title>Taproom ranking ");
    put(b, view_of(id));
    buf_str(b, "</title>\n");
    buf_str(b, style);
    buf_str(b, "</head>\n<body>\n<header>\n<small>Taproom ranking</small>\n");
    if (wish.n > 2000) {
        buf_str(b, "<h1>A long wish</h1>");
        put_long(b, wish);
    } else
        put_own(b, "h1", wish.n ? wish : VIEW("No wish in words"));
    buf_str(b, "\n<dl>\n");
    put_fact(b, "Catalogue", member_text(top, "catalog"));
    put_fact(b, "Member", member_text(request, "member"));
    put_clauses(b, top);
    put_examples(b, request);
    put_fact(b, "Readout", member_text(readout, "used"));
    put_fact(b, "Because", member_text(readout, "why"));
    put_fact(b, "Model", member_text(model, "name"));
    put_fact(b, "Model hash", member_text(model, "sha256"));
    put_fact(b, "Precision", member_text(model, "precision"));
    put_fact(b, "Prompt hash", member_text(json_object_get(top, "prompt"), "sha256"));
    put_fact(b, "Run", view_of(id));
    put_fact(b, "Made", view_of(when));
    buf_str(b, "</dl>\n<p class=\"soft\">Scores are comparable within this ranking only.</p>\n");
    put_long(b, member_text(top, "note"));
    json_array_foreach(json_object_get(top, "warnings"), i, w) put_long(b, text_of(w));
    buf_str(b, "</header>\n<main>\n<ol>\n");
}

/* --- rows */

static void put_tags(struct buf *b, json_t *tags) {
    json_t *t;
    size_t i;
    if (json_array_size(tags) == 0) return;
    buf_str(b, "<small dir=\"auto\">");
    json_array_foreach(tags, i, t) {
        buf_str(b, i ? ", " : "");
        put(b, text_of(t));
    }
    buf_str(b, "</small>\n");
}

/* "12 (up 5)": the baseline's rank, and how the ranking moved the item from there. */
static void put_baselines(struct buf *b, json_t *item, long long rank) {
    json_t *all = json_object_get(item, "baselines"), *v;
    const char *name;
    if (json_object_size(all) == 0) return;
    buf_str(b, "<table>");
    json_object_foreach(all, name, v) {
        long long at = json_integer_value(json_object_get(v, "rank"));
        buf_str(b, "<tr><th scope=\"row\">");
        put(b, view_of(name));
        if (json_is_null(json_object_get(v, "score"))) {
            buf_str(b, "</th><td colspan=\"2\">no data</td></tr>");
            continue;
        }
        buf_printf(b, "</th><td class=\"num\">%lld</td><td>", at);
        if (at > rank) buf_printf(b, "<span class=\"up\">up %lld</span>", at - rank);
        if (at < rank) buf_printf(b, "<span class=\"down\">down %lld</span>", rank - at);
        buf_str(b, at == rank ? "same</td></tr>" : "</td></tr>");
    }
    buf_str(b, "</table>");
}

static void put_why(struct buf *b, json_t *top, json_t *item, long long rank) {
    json_t *parts = json_object_get(item, "clauses"), *clauses = json_object_get(top, "clauses"),
           *v;
    size_t i;
    buf_str(b, "<details><summary>Score and baselines</summary>\n<table>");
    json_array_foreach(parts, i, v) {
        buf_str(b, "<tr><th scope=\"row\" dir=\"auto\">");
        put(b, member_text(json_array_get(clauses, i), "text"));
        buf_printf(b, "</th><td class=\"num\">%+.3f</td></tr>", json_number_value(v));
    }
    static const char *const facts[] = {"logprob", "prior", "label_mass", "other"};
    for (i = 0; i < sizeof facts / sizeof *facts; i++) {
        v = json_object_get(item, facts[i]);
        if (!json_is_number(v)) continue;
        buf_printf(b, "<tr><th scope=\"row\">%s</th><td class=\"num\">", facts[i]);
        put_number(b, v);
        buf_str(b, "</td></tr>");
    }
    buf_str(b, "</table>\n");
    put_baselines(b, item, rank);
    buf_str(b, "</details>\n");
}

static void put_row(struct buf *b, json_t *top, json_t *item, double low, double high) {
    long long rank = json_integer_value(json_object_get(item, "rank"));
    double score = json_number_value(json_object_get(item, "score"));
    double share = high > low ? (score - low) / (high - low) : 1;
    buf_printf(b, "<li id=\"rank-%lld\">\n<a class=\"rank\" href=\"#rank-%lld\">%lld</a>\n<div>\n",
               rank, rank, rank);
    put_own(b, "h2", member_text(item, "title"));
    buf_str(b, "\n<small>");
    put_own(b, "bdi", member_text(item, "item"));
    buf_str(b, "</small>\n");
    put_tags(b, json_object_get(item, "tags"));
    put_long(b, member_text(item, "text"));
    put_why(b, top, item, rank);
    buf_printf(b,
               "</div>\n<div class=\"score num\">%.3f<span class=\"bar\"><b "
               "style=\"width:%.0f%%\"></b></span></div>\n</li>\n",
               score, fmin(fmax(share, 0), 1) * 100);
}

enum status export_html(struct view json, const char *id, long long created, struct buf *b,
                        struct err *e) {
    json_t *top = json_loadb(json.p, json.n, 0, NULL), *items, *item;
    double low = INFINITY, high = -INFINITY;
    size_t i;
    if (!json_is_object(top)) {
        json_decref(top);
        return fail(e, ST_CORRUPT, "the stored run cannot be read");
    }
    items = json_object_get(top, "items");
    json_array_foreach(items, i, item) {
        double score = json_number_value(json_object_get(item, "score"));
        low = fmin(low, score);
        high = fmax(high, score);
    }
    put_head(b, top, id, created);
    json_array_foreach(items, i, item) put_row(b, top, item, low, high);
    buf_str(b, "</ol>\n</main>\n</body>\n</html>\n");
    json_decref(top);
    return b->failed ? fail(e, ST_NO_MEMORY, "no memory for the export") : ST_OK;
}
