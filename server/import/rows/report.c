/* The report of an import. */
#include "server/import/rows/report.h"

#include "kernels/base/arena.h"

#include <stdio.h>
#include <string.h>

static enum status no_memory(struct err *e) {
    return fail(e, ST_NO_MEMORY, "no memory for the import's report");
}

static int copy(struct arena *a, struct view v, struct view *out) {
    char *p = arena_copy(a, v.p ? v.p : "", v.n);
    *out = (struct view){p, v.n};
    return p != NULL;
}

static const char *text(struct arena *a, struct view v) {
    return arena_copy(a, v.p ? v.p : "", v.n);
}

enum status report_first(struct import_result *r, const struct import_config *c,
                         const struct stage_row *row, struct err *e) {
    struct arena *a = c->arena;
    struct item *it = &r->item;
    if (!a || it->id || c->kind != IMPORT_ITEMS) return ST_OK;
    const char **tags = arena_array(a, STORE_TAGS_MAX, sizeof *tags);
    it->title = text(a, row->title);
    it->text = text(a, row->text);
    it->extra = text(a, row->extra);
    it->id = text(a, row->id);
    if (!tags || !it->title || !it->text || !it->extra || !it->id) return no_memory(e);
    for (size_t i = 0, from = 0; row->tags.n && i <= row->tags.n; i++)
        if (i == row->tags.n || row->tags.p[i] == STORE_TAG_SPLIT) {
            tags[it->n_tags] = text(a, view_sub(row->tags, from, i - from));
            if (!tags[it->n_tags++]) return no_memory(e);
            from = i + 1;
        }
    it->tags = tags;
    it->has_popularity = row->has_popularity;
    it->popularity = row->popularity;
    it->has_time = row->has_time;
    it->time = row->time;
    return ST_OK;
}

static int column(struct arena *a, const struct column *c, struct import_column *out) {
    static const char *const marks[] = {"", "1,250.00", "1.250,00"};
    const struct look *l = &c->look;
    int shown = c->type == TYPE_NUMBER || c->type == TYPE_MONEY || c->role == ROLE_POPULARITY ||
                c->role == ROLE_RATING;
    *out = (struct import_column){
        .role = role_name(c->role),
        .type = column_type_name(c->type),
        .list = c->list == LIST_NONE ? "" : list_name(c->list),
        .marks =
            shown && l->marks.point + l->marks.comma + l->marks.either > 0 ? marks[c->marks] : "",
        .markup = c->tags || c->entities,
        .filled = l->filled,
        .lost = c->lost,
        .lost_example = text(a, view_of(c->lost_example)),
        .n_samples = l->n_samples,
    };
    memcpy(out->lines, c->line, sizeof out->lines);
    for (int i = 0; i < l->n_samples; i++)
        if (!copy(a, l->sample[i], &out->sample[i])) return 0;
    if (!copy(a, c->role == ROLE_FIELD ? c->field : VIEW(""), &out->field)) return 0;
    return copy(a, c->name, &out->name) && out->lost_example;
}

/* iconv's CP932 is Shift_JIS as it is written. */
static const char *encoding_name(const struct spool *s) {
    return strcmp(s->encoding, "CP932") == 0 ? "Shift_JIS" : s->encoding;
}

static void about_file(const struct spool *spool, const struct source *s, struct layout *p,
                       const struct import_result *r) {
    if (spool->guessed)
        layout_warn(p,
                    "the file is read as %s, which its bytes look like; if texts look wrong, name "
                    "its encoding",
                    encoding_name(spool));
    if (spool->replaced)
        layout_warn(p, "%lld bytes are no %s; each is U+FFFD now", spool->replaced,
                    encoding_name(spool));
    if (s->format == SOURCE_CSV && !s->dialect.header)
        layout_warn(
            p, "the first line looks like a row, so the columns are named by their places; say "
               "header=1 if it names them");
    if (s->format == SOURCE_CSV && s->dialect.skipped)
        layout_warn(p, "left out before the header: %d line%s", s->dialect.skipped,
                    s->dialect.skipped == 1 ? "" : "s");
    if (s->json.path[0] && s->format == SOURCE_JSON)
        layout_warn(p,
                    "the rows are the list \"%s\" of the file's object; what stands beside it is "
                    "left out",
                    s->json.path);
    if (r->continued)
        layout_warn(p,
                    "%lld line%s with the id of the item above and no other title go%s on with it "
                    "(variants, pictures) and %s not read",
                    r->continued, r->continued == 1 ? "" : "s", r->continued == 1 ? "es" : "",
                    r->continued == 1 ? "is" : "are");
    if (p->made_ids)
        layout_warn(p, "%lld row%s no %.60s and get%s an id from title and text", p->made_ids,
                    p->made_ids == 1 ? " has" : "s have",
                    text_show(p->column[p->by[ROLE_ID]].name).text, p->made_ids == 1 ? "s" : "");
    if (p->made_titles)
        layout_warn(p, "%lld row%s no title; the beginning of the text is used", p->made_titles,
                    p->made_titles == 1 ? " has" : "s have");
    if (r->dropped)
        layout_warn(p, "%lld interaction%s with items that are not in the new file %s", r->dropped,
                    r->dropped == 1 ? "" : "s",
                    r->stored ? "went with them" : "would go with them");
}

/* The first thing to know: what is not there. */
static enum status about_rows(struct import_result *r, struct arena *a, struct err *e) {
    char said[200];
    if (!r->rejected || !r->kept) return ST_OK;
    snprintf(said, sizeof said,
             "%lld of %lld rows %s %s; the first are told by line, and strict refuses such a file",
             r->rejected, r->read, r->rejected == 1 ? "is" : "are",
             r->stored ? "left out" : "to be left out");
    r->warning[r->n_warnings] = text(a, view_of(said));
    return r->warning[r->n_warnings++] ? ST_OK : no_memory(e);
}

static void about_columns(struct layout *p) {
    char names[160] = "";
    size_t at = 0;
    int left = 0;
    for (int i = 0; i < p->n; i++) {
        const struct column *c = &p->column[i];
        if (c->lost)
            layout_warn(p, "%.60s: %lld value%s could not be read, %s; the rows are kept without",
                        text_show(c->name).text, c->lost, c->lost == 1 ? "" : "s", c->lost_example);
        if (c->role != ROLE_NONE || c->mapped) continue;
        int n = snprintf(names + at, sizeof names - at, "%s%s", left++ ? ", " : "",
                         text_show(c->name).text);
        at = n < 0 || at + (size_t)n >= sizeof names ? sizeof names - 1 : at + (size_t)n;
    }
    if (left) layout_warn(p, "left out: %s", names);
}

enum status report_make(struct import_result *r, const struct spool *spool, const struct source *s,
                        const struct faults *f, struct layout *p, struct err *e) {
    struct arena *a = p->config->arena;
    for (int i = 0; i < p->n; i++) r->values_lost += p->column[i].lost;
    r->format = source_format_name(s->format);
    r->packed = spool->packed;
    r->header = s->format == SOURCE_CSV && s->dialect.header;
    r->looked = p->looked;
    r->has_range = p->has_range && p->by[ROLE_RATING] >= 0;
    r->lowest = p->scale.lo;
    r->highest = p->scale.hi;
    r->like_from = p->scale.like_from;
    r->dislike_to = p->scale.dislike_to;
    if (!a) return ST_OK;
    if (f->damage_line && r->kept)
        layout_warn(p, "the file is damaged at line %ld: %s", f->damage_line, f->damage.text);
    about_file(spool, s, p, r);
    about_columns(p);
    TRY(about_rows(r, a, e));
    r->encoding = text(a, view_of(encoding_name(spool)));
    r->separator =
        text(a, view_of(s->format == SOURCE_CSV ? dialect_name(&s->dialect.dialect) : ""));
    r->column = arena_array(a, (size_t)p->n, sizeof *r->column);
    if (!r->encoding || !r->separator || !r->column) return no_memory(e);
    for (int i = 0; i < p->n; i++)
        if (!column(a, &p->column[i], &r->column[r->n_columns++])) return no_memory(e);
    for (int i = 0; i < p->n_warnings; i++) {
        const char *w = text(a, view_of(p->warning[i]));
        if (!w) return no_memory(e);
        r->warning[r->n_warnings++] = w;
    }
    return ST_OK;
}
