/* A run as one HTML page: what was asked, the order, and for each item why it stands there. */
#include "server/report/export.h"

#include "server/report/html/moves.h"
#include "server/report/html/text.h"

#include "kernels/base/os/clock.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char head[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
    "'unsafe-inline'\">\n"
    "<meta name=\"referrer\" content=\"no-referrer\">\n";

/* The faces and colours of the page (web/style.css). */
static const char style[] =
    "<style>\n"
    ":root{color-scheme:light dark;--ink:#16201b;--soft:#54605a;--paper:#f6f7f4;--raised:#fff;"
    "--line:#d8ded9;--accent:#0a6148;--down:#9c2a1c;"
    "--serif:'Iowan Old Style','Palatino Linotype',P052,Palatino,Georgia,'Liberation Serif',serif;"
    "--mono:ui-monospace,Menlo,Consolas,'Liberation Mono',monospace}\n"
    "@media (prefers-color-scheme:dark){:root{--ink:#e7ece9;--soft:#a5b0aa;--paper:#121614;"
    "--raised:#1a201d;--line:#2c3531;--accent:#77d5ae;--down:#ff9f8e}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;padding:1.2rem;max-width:76rem;background:var(--paper);color:var(--ink);"
    "font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}\n"
    "h1{font:600 1.9rem/1.2 var(--serif);margin:.2rem 0 .8rem}\n"
    "h2{font:600 1.1rem/1.3 var(--serif);margin:0}\n"
    "p,dl,ul{margin:.4rem 0}\n"
    "dd ul{margin:0;padding-left:1.1rem}\n"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem}\n"
    "dt,small,summary,.soft{color:var(--soft)}\n"
    "dd{margin:0}\n"
    "a{color:var(--accent)}\n"
    ".moved{margin:1.2rem 0;padding:.8rem 1rem;border-left:3px solid var(--accent);"
    "background:var(--raised)}\n"
    ".moved ul{padding-left:1.1rem}\n"
    ".list{width:100%;border-collapse:collapse;margin:1rem 0}\n"
    ".list>thead th{border-bottom:2px solid var(--ink);font-size:.82rem;text-align:right}\n"
    ".list>thead th:nth-child(-n+2){text-align:left}\n"
    ".list>tbody>tr>*{border-bottom:1px solid var(--line);padding:.7rem .5rem;vertical-align:top}\n"
    "tr:target{outline:2px solid var(--accent)}\n"
    ".rank{font:600 1.3rem/1.2 var(--serif);color:var(--ink);text-decoration:none}\n"
    ".num{font-family:var(--mono);font-variant-numeric:tabular-nums;text-align:right}\n"
    ".list .num,.list>thead th{white-space:nowrap}\n"
    ".num small{display:block}\n"
    ".bar{display:block;height:5px;min-width:5rem;background:var(--line);border-radius:2px;"
    "overflow:hidden}\n"
    ".bar>b{display:block;height:100%;background:var(--accent)}\n"
    "table{border-collapse:collapse;margin:.3rem 0;font-size:.95rem}\n"
    "th{text-align:left;font-weight:400;color:var(--soft);padding:.1rem 1rem .1rem 0}\n"
    ".up{color:var(--accent);font-weight:700}.down{color:var(--down)}\n"
    "@media (max-width:44rem){.list,.list>tbody,.list>tbody>tr{display:block}"
    ".list>thead{display:none}.list>tbody>tr>*{display:block;border:0;padding:.15rem 0}"
    ".list>tbody>tr{border-bottom:1px solid var(--line);padding:.6rem 0}.num{text-align:left}"
    ".num[data-of]::before{content:attr(data-of) \" \"}.num small{display:inline}}\n"
    "@media print{details{display:block}}\n"
    "</style>\n";

/* --- the head */

static void put_fact(struct buf *b, const char *name, struct view v) {
    if (v.n == 0) return;
    buf_printf(b, "<dt>%s</dt>", name);
    html_own(b, "dd", v);
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
        html_put(b, html_member(c, "text"));
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
        struct view item = html_member(x, "item");
        buf_str(b, "<li>");
        html_put(b, html_member(x, "label"));
        buf_str(b, item.n ? ": item <span dir=\"auto\">" : ": <span dir=\"auto\">");
        html_put(b, item.n ? item : html_member(x, "text"));
        buf_str(b, "</span></li>");
    }
    buf_str(b, "</ul></dd>\n");
}

static void put_head(struct buf *b, json_t *top, const char *id, long long created) {
    json_t *request = json_object_get(top, "request"), *model = json_object_get(top, "model");
    json_t *readout = json_object_get(top, "readout"), *w;
    struct view wish = view_trim(html_member(request, "instruction"));
    char when[CLOCK_TEXT] = "";
    size_t i;
    if (created > 0) clock_format(created, when);
    buf_str(b, head);
    buf_str(b, "<title>Taproom ranking ");
    html_put(b, view_of(id));
    buf_str(b, "</title>\n");
    buf_str(b, style);
    buf_str(b, "</head>\n<body>\n<header>\n<small>Taproom ranking</small>\n");
    if (wish.n > 2000) {
        buf_str(b, "<h1>A long wish</h1>");
        html_long(b, wish);
    } else
        html_own(b, "h1", wish.n ? wish : VIEW("No wish in words"));
    buf_str(b, "\n<dl>\n");
    put_fact(b, "Catalogue", html_member(top, "catalog"));
    put_fact(b, "Member", html_member(request, "member"));
    put_clauses(b, top);
    put_examples(b, request);
    put_fact(b, "Readout", html_member(readout, "used"));
    put_fact(b, "Because", html_member(readout, "why"));
    put_fact(b, "Model", html_member(model, "name"));
    put_fact(b, "Model hash", html_member(model, "sha256"));
    put_fact(b, "Precision", html_member(model, "precision"));
    put_fact(b, "Prompt hash", html_member(json_object_get(top, "prompt"), "sha256"));
    put_fact(b, "Run", view_of(id));
    put_fact(b, "Made", view_of(when));
    buf_str(b, "</dl>\n<p class=\"soft\">Scores are comparable within this ranking only.</p>\n");
    html_long(b, html_member(top, "note"));
    json_array_foreach(json_object_get(top, "warnings"), i, w) html_long(b, html_text_of(w));
    buf_str(b, "</header>\n<main>\n");
}

/* --- rows */

static void put_tags(struct buf *b, json_t *tags) {
    json_t *t;
    size_t i;
    if (json_array_size(tags) == 0) return;
    buf_str(b, "<small dir=\"auto\">");
    json_array_foreach(tags, i, t) {
        buf_str(b, i ? ", " : "");
        html_put(b, html_text_of(t));
    }
    buf_str(b, "</small>\n");
}

/* "12 +5": the baseline's rank, and how the ranking moved the item from there. */
static void put_place(struct buf *b, json_t *item, const char *baseline, long long rank) {
    long long at = places_of(item, baseline);
    buf_str(b, "<td class=\"num\" data-of=\"");
    html_put(b, view_of(baseline));
    if (!at) {
        buf_str(b, "\"><small>no data</small></td>\n");
        return;
    }
    buf_printf(b, "\">%lld <small", at);
    if (at > rank) buf_printf(b, " class=\"up\">+%lld", at - rank);
    if (at < rank) buf_printf(b, " class=\"down\">\xe2\x88\x92%lld", rank - at);
    buf_str(b, at == rank ? ">same</small></td>\n" : "</small></td>\n");
}

/* --- rows */

static void put_why(struct buf *b, json_t *top, json_t *item) {
    json_t *parts = json_object_get(item, "clauses"), *clauses = json_object_get(top, "clauses"),
           *v;
    size_t i;
    buf_str(b, "<details><summary>Its score</summary>\n<table>");
    json_array_foreach(parts, i, v) {
        buf_str(b, "<tr><th scope=\"row\" dir=\"auto\">");
        html_put(b, html_member(json_array_get(clauses, i), "text"));
        buf_printf(b, "</th><td class=\"num\">%+.3f</td></tr>", json_number_value(v));
    }
    static const char *const facts[] = {"logprob", "prior", "label_mass", "other"};
    for (i = 0; i < sizeof facts / sizeof *facts; i++) {
        v = json_object_get(item, facts[i]);
        if (!json_is_number(v)) continue;
        buf_printf(b, "<tr><th scope=\"row\">%s</th><td class=\"num\">", facts[i]);
        html_number(b, v);
        buf_str(b, "</td></tr>");
    }
    buf_str(b, "</table>\n</details>\n");
}

static void put_row(struct buf *b, json_t *top, json_t *item, const struct places *c, double low,
                    double high) {
    long long rank = json_integer_value(json_object_get(item, "rank"));
    double score = json_number_value(json_object_get(item, "score"));
    double share = high > low ? (score - low) / (high - low) : 1;
    buf_printf(
        b, "<tr id=\"rank-%lld\">\n<td><a class=\"rank\" href=\"#rank-%lld\">%lld</a></td>\n<td>",
        rank, rank, rank);
    html_own(b, "h2", html_member(item, "title"));
    buf_str(b, "\n<small>");
    html_own(b, "bdi", html_member(item, "item"));
    buf_str(b, "</small>\n");
    put_tags(b, json_object_get(item, "tags"));
    html_long(b, html_member(item, "text"));
    put_why(b, top, item);
    buf_printf(b,
               "</td>\n<td class=\"num\">%.3f<span class=\"bar\"><b "
               "style=\"width:%.0f%%\"></b></span></td>\n",
               score, fmin(fmax(share, 0), 1) * 100);
    for (int k = 0; k < c->n; k++) put_place(b, item, c->name[k], rank);
    buf_str(b, "</tr>\n");
}

static void put_table(struct buf *b, json_t *top, json_t *items) {
    double low = INFINITY, high = -INFINITY;
    struct places c = places_columns(items);
    json_t *item;
    size_t i;
    json_array_foreach(items, i, item) {
        double score = json_number_value(json_object_get(item, "score"));
        low = fmin(low, score);
        high = fmax(high, score);
    }
    html_moves(b, top, items, &c);
    buf_str(b, "<table class=\"list\">\n<thead><tr><th scope=\"col\">Rank</th>"
               "<th scope=\"col\">Title</th><th scope=\"col\">Score</th>");
    for (int k = 0; k < c.n; k++) {
        buf_str(b, "<th scope=\"col\">");
        html_put(b, view_of(c.name[k]));
        buf_str(b, "</th>");
    }
    buf_str(b, "</tr></thead>\n<tbody>\n");
    json_array_foreach(items, i, item) put_row(b, top, item, &c, low, high);
    buf_str(b, "</tbody>\n</table>\n");
}

enum status export_html(struct view json, const char *id, long long created, struct buf *b,
                        struct err *e) {
    json_t *top = json_loadb(json.p, json.n, 0, NULL);
    if (!json_is_object(top)) {
        json_decref(top);
        return fail(e, ST_CORRUPT, "the stored run cannot be read");
    }
    put_head(b, top, id, created);
    put_table(b, top, json_object_get(top, "items"));
    buf_str(b, "</main>\n</body>\n</html>\n");
    json_decref(top);
    return b->failed ? fail(e, ST_NO_MEMORY, "no memory for the export") : ST_OK;
}
