/* An import from its first byte to the commit: reading, counting faults, storing all or nothing. */
#include "server/store/import.h"

#include "server/store/reader.h"
#include "server/store/stage.h"

#include <stdio.h>
#include <string.h>

struct import {
    const struct import_config *config;
    struct import_result *result;
    struct stage stage;
    struct input in;
    struct row row;
    struct csv_rows csv;
    struct jsonl jsonl;
};

/* --- faults */

static void note(struct import_result *r, long line, const char *text) {
    if (r->n_errors == IMPORT_ERRORS) return;
    r->errors[r->n_errors].line = line;
    snprintf(r->errors[r->n_errors].message, sizeof r->errors[0].message, "%s", text);
    text_clean(r->errors[r->n_errors++].message);
}

/* Unknown items are only seen at the end, so their faults are merged in among the others, by line.
 * Both lists are in order; the first IMPORT_ERRORS of both stay. */
static void note_unknown(struct import_result *r, const struct stage_missing *u, int n) {
    struct import_result rest = *r;
    char text[200];
    r->n_errors = 0;
    for (int i = 0, k = 0; r->n_errors < IMPORT_ERRORS && (i < n || k < rest.n_errors);)
        if (k == rest.n_errors || (i < n && u[i].line < rest.errors[k].line)) {
            snprintf(text, sizeof text, "there is no item '%s' in the catalogue", u[i].item.text);
            note(r, u[i++].line, text);
        } else {
            note(r, rest.errors[k].line, rest.errors[k].message);
            k++;
        }
}

/* --- reading */

static enum status next_row(struct import *m, struct fault *f, int *too_long, int *got,
                            struct err *e) {
    return m->config->format == IMPORT_CSV ? csv_rows_next(&m->csv, &m->row, f, too_long, got, e)
                                           : jsonl_next(&m->jsonl, &m->row, f, too_long, got, e);
}

static enum status take_rows(struct import *m, struct err *e) {
    struct import_result *r = m->result;
    for (;;) {
        struct fault f = {""};
        int got, too_long;
        TRY(next_row(m, &f, &too_long, &got, e));
        if (!got) return ST_OK;
        r->read++;
        if (too_long && !m->config->skip_bad) {
            enum status st = fail(e, ST_LIMIT, "line %ld: %s", m->row.line, f.text);
            err_line(e, m->row.line);
            return st;
        }
        if (!f.text[0]) TRY(row_check(&m->row, m->config->kind, &f, e));
        if (!f.text[0]) TRY(stage_add(&m->stage, m->config->kind, &m->row, &f, e));
        if (!f.text[0]) continue;
        r->rejected++;
        note(r, m->row.line, f.text);
    }
}

static enum status read_all(struct import *m, import_read read, void *arg, struct err *e) {
    TRY(input_open(&m->in, read, arg, e));
    enum status st = ST_OK;
    row_open(&m->row);
    if (m->config->format == IMPORT_CSV) {
        st = csv_rows_open(&m->csv, m->config, &m->in, e);
        if (st == ST_OK) {
            st = take_rows(m, e);
            csv_rows_close(&m->csv);
        }
    } else {
        jsonl_open(&m->jsonl, m->config, &m->in);
        st = take_rows(m, e);
        jsonl_close(&m->jsonl);
    }
    row_close(&m->row);
    input_close(&m->in);
    return st;
}

/* --- storing */

static enum status store_rows(struct import *m, struct err *e) {
    const struct import_config *c = m->config;
    switch (c->kind) {
    case IMPORT_ITEMS:
        return stage_items(&m->stage, c->catalog, c->surface.n ? c->surface : VIEW("generic"),
                           c->replace, e);
    case IMPORT_MEMBERS: return stage_members(&m->stage, c->catalog, e);
    default: return stage_interactions(&m->stage, c->catalog, e);
    }
}

/* Inside the transaction, so that what was checked is what is there. */
static enum status check_and_store(struct import *m, struct err *e) {
    const struct import_config *c = m->config;
    struct import_result *r = m->result;
    long long good = m->stage.count[c->kind], unknown = 0;
    if (c->kind == IMPORT_INTERACTIONS) {
        struct stage_missing first[IMPORT_ERRORS];
        int n;
        TRY(stage_unknown(&m->stage, c->catalog, &unknown, first, IMPORT_ERRORS, &n, e));
        note_unknown(r, first, n);
        r->rejected += unknown;
        good -= unknown;
    }
    if (good == 0)
        note(r, 0,
             r->read ? "no row could be kept; nothing was stored"
                     : "the input holds no rows; nothing was stored");
    if (good == 0 || (r->rejected && !c->skip_bad)) return ST_OK;
    r->kept = good;
    if (c->dry_run) return ST_OK;
    r->stored = 1;
    return store_rows(m, e);
}

static enum status finish(struct import *m, struct err *e) {
    TRY(stage_done(&m->stage, e));
    TRY(stage_begin(&m->stage, e));
    enum status st = stage_end(&m->stage, check_and_store(m, e), e);
    if (st != ST_OK) m->result->stored = 0, m->result->kept = 0;
    return st;
}

/* --- beginning */

static enum status exists(struct store *s, struct view name, int *yes, struct err *e) {
    struct db *d;
    struct catalog_row c;
    TRY(store_read_begin(s, &d, e));
    enum status st = catalog_find(d, name, &c, e);
    *yes = st == ST_OK;
    return store_read_end(s, d, st == ST_NOT_FOUND ? ST_OK : st, e);
}

/* What can be refused before the first byte is read. */
static enum status check_config(struct store *s, const struct import_config *c, struct err *e) {
    int yes;
    enum status st = ST_OK;
    if (!store_name_ok(c->catalog) || (c->surface.n && !store_name_ok(c->surface))) {
        st = fail(e, ST_INVALID, "a name is 1 to 64 letters, digits, . _ -");
        err_field(e, store_name_ok(c->catalog) ? "surface" : "catalog");
        return st;
    }
    TRY(exists(s, c->catalog, &yes, e));
    if (c->kind == IMPORT_ITEMS && yes && !c->replace) {
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
    *result = (struct import_result){0};
    TRY(check_config(s, c, e));
    struct import *m = mem_alloc(sizeof *m);
    if (!m) return fail(e, ST_NO_MEMORY, "no memory for an import");
    memset(m, 0, sizeof *m);
    m->config = c;
    m->result = result;
    enum status st = stage_open(&m->stage, s, e);
    if (st == ST_OK) {
        st = read_all(m, read, arg, e);
        if (st == ST_OK) st = finish(m, e);
        stage_close(&m->stage);
    }
    mem_free(m);
    return st;
}
