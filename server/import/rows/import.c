/* An import from its first byte to the commit: two passes, then a judgement, then storing. */
#include "server/import/import.h"

#include "kernels/base/arena.h"
#include "server/import/rows/faults.h"
#include "server/import/rows/report.h"
#include "server/import/rows/rows.h"
#include "server/import/file/spool.h"

#include <string.h>

struct import {
    const struct import_config *config;
    struct import_result *result;
    struct arena arena;
    struct stage *stage;
    struct spool spool;
    struct source source;
    struct layout layout;
    struct rows rows;
    struct faults faults;
};

/* --- the second pass */

static enum status add_row(struct import *m, struct fault *f, struct err *e) {
    enum stage_kind kind = (enum stage_kind)m->config->kind;
    const struct stage_row *row = &m->rows.out;
    long long repeats;
    if (stage_count(m->stage, kind) >= stage_max(kind)) {
        enum status st = fail(e, ST_LIMIT, "line %ld: more than %lld rows are not taken", row->line,
                              stage_max(kind));
        err_line(e, row->line);
        err_hint(e, "split the input, or leave out what is not needed");
        return st;
    }
    TRY(stage_add(m->stage, kind, row, &repeats, e));
    if (repeats)
        fault_set(f, "the same %s as in line %lld",
                  kind == STAGE_INTERACTIONS ? "member, item and time" : "id", repeats);
    else
        TRY(report_first(m->result, m->config, row, e));
    return ST_OK;
}

static enum status too_long(const struct source *s, const char *text, struct err *e) {
    enum status st = fail(e, ST_LIMIT, "line %ld, byte %zu: %s", s->line, s->byte + 1, text);
    err_line(e, s->line);
    err_hint(e, "rows are lines, or objects of a list, of at most 1 MiB; leave this one out with "
                "skip_bad");
    return st;
}

static enum status take_rows(struct import *m, struct err *e) {
    struct import_result *r = m->result;
    for (;;) {
        struct fault f = {.text = ""};
        int got, continues = 0;
        TRY(source_next(&m->source, &f, &got, e));
        if (!got) break;
        if (m->source.too_long && !m->config->skip_bad) return too_long(&m->source, f.text, e);
        if (!f.text[0]) TRY(rows_make(&m->rows, &m->source, &f, &continues, e));
        if (continues) {
            r->continued++;
            continue;
        }
        r->read++;
        if (!f.text[0]) TRY(add_row(m, &f, e));
        if (f.text[0]) faults_add(&m->faults, r, m->source.line, &f);
    }
    if (m->source.cut) faults_cut(&m->faults, m->source.line);
    return ST_OK;
}

/* --- storing */

/* What the file calls the column of a role that only one can have; "" where none has it. */
static struct view called(const struct import *m, enum role r) {
    for (int i = 0; i < m->layout.n; i++)
        if (m->layout.column[i].role == r) return m->layout.column[i].name;
    return VIEW("");
}

static enum status put_items(struct import *m, struct err *e) {
    const struct import_config *c = m->config;
    const struct stage_catalog made = {c->catalog, c->surface, called(m, ROLE_TIME),
                                       called(m, ROLE_POPULARITY)};
    return stage_items(m->stage, &made, c->replace, &m->result->dropped, e);
}

static enum status store_rows(struct import *m, struct err *e) {
    const struct import_config *c = m->config;
    switch (c->kind) {
    case IMPORT_ITEMS: return put_items(m, e);
    case IMPORT_MEMBERS: return stage_members(m->stage, c->catalog, e);
    default: return stage_interactions(m->stage, c->catalog, e);
    }
}

/* Inside the transaction, so that what was checked is what is there. */
static enum status check_and_store(struct import *m, struct err *e) {
    const struct import_config *c = m->config;
    struct import_result *r = m->result;
    long long good = stage_count(m->stage, (enum stage_kind)c->kind), unknown = 0;
    if (c->kind == IMPORT_INTERACTIONS) {
        struct stage_missing first[IMPORT_ERRORS];
        int n;
        TRY(stage_unknown(m->stage, c->catalog, &unknown, first, IMPORT_ERRORS, &n, e));
        faults_unknown(&m->faults, r, first, n, unknown);
        good -= unknown;
    }
    if (!faults_allow(&m->faults, c, r, good, m->spool.replaced)) return ST_OK;
    r->kept = good;
    if (c->dry_run)
        return c->kind == IMPORT_ITEMS ? stage_would_drop(m->stage, c->catalog, &r->dropped, e)
                                       : ST_OK;
    r->stored = 1;
    return store_rows(m, e);
}

static enum status finish(struct import *m, struct err *e) {
    TRY(stage_done(m->stage, e));
    TRY(stage_begin(m->stage, e));
    enum status st = stage_end(m->stage, check_and_store(m, e), e);
    if (st != ST_OK) m->result->stored = 0, m->result->kept = 0;
    return st;
}

/* --- the passes */

static enum status has_item(void *arg, struct view id, int *yes, struct err *e) {
    struct import *m = arg;
    return stage_has_item(m->stage, m->config->catalog, id, yes, e);
}

static enum status read_rows(struct import *m, struct err *e) {
    rows_open(&m->rows, &m->layout);
    enum status st = take_rows(m, e);
    if (st == ST_OK) st = finish(m, e);
    if (st == ST_OK) st = report_make(m->result, &m->spool, &m->source, &m->faults, &m->layout, e);
    rows_close(&m->rows);
    return st;
}

static enum status read_source(struct import *m, struct err *e) {
    TRY(source_open(&m->source, &m->spool, m->config, &m->arena, e));
    enum status st = layout_make(&m->layout, &m->source, &m->arena, has_item, m, e);
    if (st == ST_OK) {
        st = read_rows(m, e);
        layout_close(&m->layout);
    }
    source_close(&m->source);
    return st;
}

static enum status run(struct import *m, struct store *s, import_read read, void *arg,
                       struct err *e) {
    TRY(spool_open(&m->spool, s, read, arg, m->config->encoding, e));
    enum status st = stage_open(&m->stage, s, e);
    if (st == ST_OK) {
        st = read_source(m, e);
        stage_close(m->stage);
    }
    spool_close(&m->spool);
    return st;
}

/* --- beginning */

/* What can be refused before the first byte is read. */
static enum status check_config(struct store *s, const struct import_config *c, struct err *e) {
    struct arena a;
    struct catalog found;
    enum status st = ST_OK;
    if (!store_name_ok(c->catalog) || (c->surface.n && !store_name_ok(c->surface))) {
        st = fail(e, ST_INVALID, "a name is 1 to 64 letters, digits, . _ -");
        err_field(e, store_name_ok(c->catalog) ? "surface" : "catalog");
        return st;
    }
    if (c->strict && c->skip_bad) {
        st = fail(e, ST_INVALID, "strict and skip_bad ask for opposite things");
        err_field(e, "strict");
        return st;
    }
    arena_init(&a, 1 << 20);
    st = store_catalog(s, c->catalog, &a, &found, e);
    arena_free(&a);
    int yes = st == ST_OK;
    if (st != ST_OK && st != ST_NOT_FOUND) return st;
    st = ST_OK;
    if (c->kind == IMPORT_ITEMS && yes && !c->replace && !c->dry_run) {
        st = fail(e, ST_CONFLICT, "there is a catalogue '%s' already", text_show(c->catalog).text);
        err_hint(e, "choose another name, delete it, or replace it");
    } else if (c->kind != IMPORT_ITEMS && !yes) {
        st = fail(e, ST_NOT_FOUND, "there is no catalogue '%s'", text_show(c->catalog).text);
        err_hint(e, "import its items first");
    }
    if (st != ST_OK) err_field(e, "catalog");
    return st;
}

enum status import_run(struct store *s, const struct import_config *c, import_read read, void *arg,
                       struct import_result *result, struct err *e) {
    enum { ARENA = 64 << 20 };
    *result = (struct import_result){.format = "", .encoding = "", .separator = ""};
    TRY(check_config(s, c, e));
    struct import *m = mem_alloc(sizeof *m);
    if (!m) return fail(e, ST_NO_MEMORY, "no memory for an import");
    memset(m, 0, sizeof *m);
    m->config = c;
    m->result = result;
    arena_init(&m->arena, ARENA);
    enum status st = run(m, s, read, arg, e);
    arena_free(&m->arena);
    mem_free(m);
    return st;
}
