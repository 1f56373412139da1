/* Reports as one HTML file without anything outside it: charts as inline SVG, tables, and what was
 * measured with what. */
#include "server/report/sheet/chart.h"
#include "server/report/sheet/sheet.h"
#include "server/report/sheet/verdict.h"

#include "kernels/base/os/clock.h"

#include <math.h>
#include <string.h>

static const char style[] =
    ":root{color-scheme:light dark;--bg:#fbfaf7;--ink:#22211e;--soft:#6d6a62;--line:#dedacf;"
    "--lm:#a2461b;--base:#3f5d73;--card:#fff}"
    "@media(prefers-color-scheme:dark){:root{--bg:#191816;--ink:#ebe8e0;--soft:#a39f94;"
    "--line:#3a3832;--lm:#f0965f;--base:#8fb4cf;--card:#22201d}}"
    "*{box-sizing:border-box}body{margin:0 auto;max-width:74rem;padding:1rem;background:var(--bg);"
    "color:var(--ink);font:16px/1.5 system-ui,sans-serif}"
    "h1{font-size:1.6rem;margin:.5rem 0}h2{margin:2.5rem 0 .25rem;font-size:1.25rem}h3{margin:1.2rem 0 0;font-size:1rem}"
    "p,dl{margin:.4rem 0}code{font-size:.85em;overflow-wrap:anywhere}"
    "dl{display:grid;grid-template-columns:auto 1fr;gap:.1rem .8rem;font-size:.9rem}"
    "dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}"
    ".note{border-left:3px solid var(--lm);padding:.1rem .7rem;margin:.5rem 0}"
    ".charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,21rem),1fr));"
    "gap:1rem}figure{margin:0;background:var(--card);border:1px solid var(--line);"
    "border-radius:6px;padding:.6rem}figcaption{font-size:.9rem;font-weight:600}"
    "svg{width:100%;height:auto;display:block}svg text{font-size:11px;fill:var(--ink)}"
    "svg .tick,svg text.ref{fill:var(--soft);font-size:10px}"
    ".grid{stroke:var(--line)}.zero{stroke:var(--ink)}line.ref{stroke:var(--soft);"
    "stroke-dasharray:3 3}line.ref.chance{stroke-dasharray:1 3}"
    ".lm{stroke:var(--lm);fill:var(--lm)}.base{stroke:var(--base);fill:var(--base)}"
    ".lm line,.base line{stroke-width:2}polyline{fill:none;stroke-width:1.6}"
    "svg g.ref polyline{stroke-dasharray:4 3}"
    ".legend{list-style:none;display:flex;flex-wrap:wrap;gap:.1rem .9rem;margin:.3rem 0 0;"
    "padding:0;font-size:.8rem}.legend li::before{content:'';display:inline-block;width:.8em;"
    "height:.8em;border-radius:50%;margin-right:.35em;background:currentColor}"
    ".scroll{overflow-x:auto}table{border-collapse:collapse;font-size:.82rem;"
    "font-variant-numeric:tabular-nums}th,td{padding:.2rem .6rem;text-align:right;"
    "border-bottom:1px solid var(--line);white-space:nowrap}th:first-child,td:first-child,"
    "th:nth-child(2),td:nth-child(2){text-align:left}td small{color:var(--soft)}"
    "summary{cursor:pointer;margin:.6rem 0}";

/* Colours of series that can be told apart on light and dark ground. */
static const char *const series[] = {"#c4561f", "#2f78b7", "#2f9156", "#9a5fc4", "#b98a00",
                                     "#d1477a", "#2a9c9c", "#7d6f5c", "#5b6ee0", "#8fa52a",
                                     "#c27c5a", "#5f9bd1", "#7fbf93", "#b38bd6", "#888888"};

static void put_style(struct buf *b) {
    buf_printf(b, "<style>%s", style);
    for (int i = 0; i < 2 * (int)COUNT(series); i++) {
        const char *c = series[i % (int)COUNT(series)];
        buf_printf(b, "svg .s%d{stroke:%s;fill:%s}li.s%d{color:%s}", i, c, c, i, c);
    }
    buf_str(b, "svg g polyline{fill:none}.legend li{filter:none}</style>");
}

static void put_pair(struct buf *b, const char *name, const char *value, int code) {
    buf_printf(b, "<dt>%s</dt><dd>%s", name, code ? "<code>" : "");
    chart_escape(b, value);
    buf_printf(b, "%s</dd>", code ? "</code>" : "");
}

static void put_facts(struct buf *b, const struct sheet *s) {
    struct buf t;
    buf_init(&t, 4096);
    buf_str(b, "<dl>");
    put_pair(b, "command", s->command, 1);
    buf_printf(&t, "%s, %.1f million parameters, %s on %s", s->model, (double)s->parameters / 1e6,
               s->precision, s->backend);
    put_pair(b, "model", buf_text(&t).p, 0);
    put_pair(b, "model SHA-256", s->model_sha256, 1);
    put_pair(b, "code", s->code, 1);
    buf_clear(&t);
    buf_printf(&t, "%s, %s split, seed %llu, %d cases", s->catalog, s->split, s->seed, s->n);
    put_pair(b, "cases", buf_text(&t).p, 0);
    for (int m = 0; m < s->n_methods; m++) {
        struct sheet_cost c = sheet_cost(s, m);
        if (!c.items) continue;
        buf_clear(&t);
        buf_printf(&t, "%.1f ms and %.1f tokens per item scored", 1e3 * c.seconds / (double)c.items,
                   (double)c.tokens / (double)c.items);
        put_pair(b, s->method[m].name, buf_text(&t).p, 0);
    }
    buf_str(b, "</dl>");
    buf_free(&t);
}

static int first_of_panel(const struct sheet *s, int g) {
    for (int i = 0; i < g; i++)
        if (strcmp(s->group[i].panel, s->group[g].panel) == 0) return 0;
    return 1;
}

static int headlines(const struct sheet *s) {
    return s->n_metrics < 2 ? s->n_metrics : 2;
}

static void put_panel(struct buf *b, const struct sheet *s, int g, double *tmp) {
    buf_str(b, "<div class='charts'>");
    if (!isnan(s->group[g].x)) {
        chart_lines(b, s, s->group[g].panel, 0, 0, tmp);
        chart_lines(b, s, s->group[g].panel, 0, 1, tmp);
    } else {
        for (int i = g; i < s->n_groups; i++)
            for (int k = 0; strcmp(s->group[i].panel, s->group[g].panel) == 0 && k < headlines(s);
                 k++)
                chart_dots(b, s, i, k, tmp);
    }
    buf_str(b, "</div>");
}

static void put_charts(struct buf *b, const struct sheet *s, double *tmp) {
    int folded = s->all && s->n_groups > 1;
    buf_str(b, "<div class='charts'>");
    for (int g = 0; g < s->n_groups; g++)
        for (int k = 0; k < headlines(s); k++) chart_sizes(b, s, g, k, tmp);
    buf_str(b, "</div>");
    if (folded) {
        buf_str(b, "<div class='charts'>");
        for (int k = 0; k < headlines(s); k++) chart_dots(b, s, s->n_groups, k, tmp);
        buf_str(b, "</div><details><summary>Each group</summary>");
    }
    for (int g = 0; g < s->n_groups; g++)
        if (first_of_panel(s, g)) put_panel(b, s, g, tmp);
    if (folded) buf_str(b, "</details>");
}

static void put_cell(struct buf *b, const struct sheet_metric *k, const struct interval *i) {
    if (i->n)
        buf_printf(b, "<td>%.*f <small>[%.*f, %.*f]</small></td>", k->digits, i->mean, k->digits,
                   i->lo, k->digits, i->hi);
    else
        buf_str(b, "<td></td>");
}

static void put_row(struct buf *b, const struct sheet *s, int g, int m, double *tmp) {
    int n = 0;
    for (int k = 0; k < s->n_metrics; k++) {
        int have = sheet_count(s, g, m, k);
        if (have > n) n = have;
    }
    if (n == 0) return;
    buf_str(b, "<tr><td>");
    chart_escape(b, sheet_group_name(s, g));
    buf_str(b, "</td><td>");
    chart_escape(b, s->method[m].name);
    buf_printf(b, "</td><td>%d</td>", n);
    for (int k = 0; k < s->n_metrics; k++) {
        struct interval i = sheet_cell(s, g, m, k, tmp);
        put_cell(b, &s->metric[k], &i);
    }
    struct paired p = {.p = 1};
    if (s->reference >= 0 && m != s->reference) p = sheet_gap(s, g, m, 0, tmp);
    if (p.diff.n)
        buf_printf(b, "<td>%+.*f <small>[%+.*f, %+.*f] p %.2g</small></td>", s->metric[0].digits,
                   p.diff.mean, s->metric[0].digits, p.diff.lo, s->metric[0].digits, p.diff.hi,
                   p.p);
    else
        buf_str(b, "<td></td>");
    buf_str(b, "</tr>");
}

static void put_table(struct buf *b, const struct sheet *s, double *tmp) {
    buf_str(b, "<details><summary>All figures</summary><div class='scroll'><table><thead><tr>"
               "<th>group</th><th>method</th><th>n</th>");
    for (int k = 0; k < s->n_metrics; k++) {
        buf_str(b, "<th>");
        chart_escape(b, s->metric[k].label);
        buf_str(b, "</th>");
    }
    buf_str(b, "<th>");
    if (s->reference >= 0) {
        chart_escape(b, s->method[s->reference].name);
        buf_printf(b, " minus it, %s, paired", s->metric[0].label);
    }
    buf_str(b, "</th></tr></thead><tbody>");
    for (int g = 0; g < sheet_shown_groups(s); g++)
        for (int m = 0; m < s->n_methods; m++) put_row(b, s, g, m, tmp);
    buf_str(b, "</tbody></table></div><ul>");
    for (int m = 0; m < s->n_methods; m++) {
        if (!s->method[m].trained_on) continue;
        buf_printf(b, "<li>%s: ", s->method[m].name);
        chart_escape(b, s->method[m].trained_on);
        buf_str(b, "</li>");
    }
    buf_str(b, "</ul></details>");
}

static enum status put_verdicts(struct buf *b, const struct sheet *s, double *tmp, struct arena *a,
                                struct err *e) {
    int any = 0;
    for (int g = 0; g < sheet_shown_groups(s); g++) {
        const char *text;
        TRY(verdict_text(s, g, tmp, a, &text, e));
        if (!text) continue;
        if (!any++) {
            buf_str(b, "<h3>Is the language model worth its cost?</h3><p>By ");
            chart_escape(b, s->metric[0].label);
            buf_str(b, ", case by case, ");
            chart_escape(b, s->method[s->reference].name);
            buf_str(b, " is</p><dl>");
        }
        buf_str(b, "<dt>");
        chart_escape(b, sheet_group_name(s, g));
        buf_str(b, "</dt><dd>");
        chart_escape(b, text);
        buf_str(b, "</dd>");
    }
    if (any)
        buf_str(b, "</dl><p class='note'>Level: the 95&nbsp;% interval of the difference holds 0. "
                   "Where it is level with a recommender that costs less, or behind it, take that "
                   "one.</p>");
    return ST_OK;
}

static enum status put_sheet(struct buf *b, const struct sheet *s, struct arena *a, struct err *e) {
    double *tmp = ARENA_NEW(a, double, 3 * (size_t)s->n + 1);
    if (!tmp) return fail(e, ST_NO_MEMORY, "no memory for a report");
    buf_printf(b, "<section id='%s'><h2>", s->protocol);
    chart_escape(b, s->title);
    buf_str(b, "</h2><p>");
    chart_escape(b, s->about);
    buf_str(b, "</p>");
    for (int i = 0; i < s->n_notes; i++) {
        buf_str(b, "<p class='note'>");
        chart_escape(b, s->note[i]);
        buf_str(b, "</p>");
    }
    put_charts(b, s, tmp);
    TRY(put_verdicts(b, s, tmp, a, e));
    put_table(b, s, tmp);
    put_facts(b, s);
    buf_str(b, "</section>\n");
    return ST_OK;
}

enum status sheet_html(const struct sheet *const *s, int n, const char *title, struct arena *a,
                       struct view *out, struct err *e) {
    char now[CLOCK_TEXT];
    struct buf b;
    enum status st = ST_OK;
    clock_format(clock_unix(), now);
    buf_init(&b, 64 << 20);
    buf_str(&b, "<!doctype html><html lang='en'><head><meta charset='utf-8'><meta name='viewport' "
                "content='width=device-width,initial-scale=1'><title>");
    chart_escape(&b, title);
    buf_str(&b, "</title>");
    put_style(&b);
    buf_str(&b, "</head><body><h1>");
    chart_escape(&b, title);
    buf_printf(&b,
               "</h1><p>%s. Means with 95&nbsp;%% bootstrap intervals over cases; scores of one "
               "report compare with each other only. Warm colour: the language model; cool: "
               "recommenders without one.</p>\n",
               now);
    for (int i = 0; st == ST_OK && i < n; i++) st = put_sheet(&b, s[i], a, e);
    buf_str(&b, "</body></html>\n");
    struct view v = buf_text(&b);
    char *copy = st == ST_OK && !b.failed ? arena_copy(a, v.p, v.n) : NULL;
    *out = (struct view){copy, v.n};
    buf_free(&b);
    if (st == ST_OK && !copy) return fail(e, ST_NO_MEMORY, "no memory for a report");
    return st;
}
