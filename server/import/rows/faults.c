/* Telling and counting faults, and judging them. */
#include "server/import/rows/faults.h"

#include <stdio.h>
#include <string.h>

static void note(struct import_result *r, long line, const char *text) {
    if (r->n_errors == IMPORT_ERRORS) return;
    r->errors[r->n_errors].line = line;
    snprintf(r->errors[r->n_errors].message, sizeof r->errors[0].message, "%s", text);
    text_clean(r->errors[r->n_errors++].message);
}

/* --- kinds */

/* A fault's text without its numbers and what it quotes. */
static void key_of(const char *text, char key[160]) {
    size_t n = 0;
    int quoted = 0;
    for (const char *p = text; *p && n < 159; p++) {
        int opens = *p == '\'' && !quoted && (p == text || p[-1] == ' ');
        if (opens || (quoted && *p == '\'' && (p[1] == ' ' || !p[1])))
            quoted = opens;
        else if (!quoted && (*p < '0' || *p > '9'))
            key[n++] = *p;
    }
    key[n] = 0;
}

static void count(struct faults *f, long line, const char *text, long long n) {
    char key[160];
    int i = 0;
    key_of(text, key);
    while (i < f->n && strcmp(f->kind[i].key, key) != 0) i++;
    if (i == FAULTS_KINDS) return; /* no longer the most frequent one */
    struct faults_kind *k = &f->kind[i];
    if (i == f->n) {
        f->n++;
        memcpy(k->key, key, sizeof key);
        snprintf(k->text, sizeof k->text, "%s", text);
        k->line = line;
    }
    k->n += n;
}

static const struct faults_kind *most(const struct faults *f) {
    const struct faults_kind *k = f->kind;
    for (int i = 1; i < f->n; i++)
        if (f->kind[i].n > k->n) k = &f->kind[i];
    return k;
}

void faults_add(struct faults *f, struct import_result *r, long line, const struct fault *fault) {
    r->rejected++;
    note(r, line, fault->text);
    count(f, line, fault->text, 1);
    if (!fault->damage || f->damage_line) return;
    f->damage_line = line;
    f->damage = *fault;
}

void faults_unknown(struct faults *f, struct import_result *r, const struct stage_missing *first,
                    int n_first, long long n) {
    struct import_result rest = *r;
    char text[200];
    r->n_errors = 0;
    r->rejected += n;
    for (int i = 0, k = 0; r->n_errors < IMPORT_ERRORS && (i < n_first || k < rest.n_errors);)
        if (k == rest.n_errors || (i < n_first && first[i].line < rest.errors[k].line)) {
            snprintf(text, sizeof text, "there is no item '%s' in the catalogue",
                     first[i].item.text);
            if (i == 0) count(f, first[i].line, text, n);
            note(r, first[i++].line, text);
        } else {
            note(r, rest.errors[k].line, rest.errors[k].message);
            k++;
        }
}

void faults_cut(struct faults *f, long line) {
    if (f->damage_line) return;
    f->damage_line = line > 0 ? line : 1;
    fault_damage(&f->damage, "the list is not closed; a part of the file is missing");
}

/* --- judging */

static const char *rows(long long n) {
    return n == 1 ? "row" : "rows";
}

static void hint_rest(struct err *e, long long good) {
    err_hint(e, "correct the file, or take the %lld %s that can be read with skip_bad", good,
             good == 1 ? "row" : "rows");
}

static void nothing_good(const struct faults *f, struct import_result *r) {
    struct err *e = &r->refused;
    const struct faults_kind *k = most(f);
    if (!r->read) {
        (void)fail(e, ST_INVALID, "the input holds no rows; nothing was stored");
        err_hint(e, "check that it is the file that was meant");
    } else if (f->n) {
        (void)fail(e, ST_INVALID, "no row could be kept; nothing was stored. Line %ld: %s", k->line,
                   k->text);
        err_line(e, k->line);
        err_hint(e, "say with map what the columns are, or correct the file");
    } else
        (void)fail(e, ST_INVALID, "no row could be kept; nothing was stored");
}

static void strictly(const struct faults *f, struct import_result *r, long long good) {
    struct err *e = &r->refused;
    const struct faults_kind *k = most(f);
    (void)fail(e, ST_INVALID, "%lld %s of %lld cannot be kept, so nothing was stored. Line %ld: %s",
               r->rejected, rows(r->rejected), r->read, k->line, k->text);
    err_line(e, k->line);
    err_hint(e, "correct the file, or take the other %lld %s by leaving out strict", good,
             rows(good));
}

static void damaged(const struct faults *f, struct import_result *r, long long good,
                    long long replaced) {
    struct err *e = &r->refused;
    if (f->damage_line) {
        (void)fail(e, ST_INVALID, "the file is damaged at line %ld, so nothing was stored: %s",
                   f->damage_line, f->damage.text);
        err_line(e, f->damage_line);
    } else {
        (void)fail(e, ST_INVALID,
                   "the file is damaged, so nothing was stored: %lld %s not of its encoding",
                   replaced, replaced == 1 ? "byte is" : "bytes are");
        err_field(e, "encoding");
    }
    hint_rest(e, good);
}

static void too_many(const struct faults *f, struct import_result *r, long long good) {
    struct err *e = &r->refused;
    const struct faults_kind *k = most(f);
    (void)fail(e, ST_INVALID,
               "%lld of %lld rows cannot be kept, more than a tenth, so nothing was stored. "
               "%lld of them as line %ld: %s",
               r->rejected, r->read, k->n, k->line, k->text);
    err_line(e, k->line);
    hint_rest(e, good);
}

int faults_allow(const struct faults *f, const struct import_config *c, struct import_result *r,
                 long long good, long long replaced) {
    if (good == 0)
        nothing_good(f, r);
    else if (r->rejected && (c->strict || c->exact))
        strictly(f, r, good);
    else if (c->skip_bad)
        return 1;
    else if (f->damage_line || replaced)
        damaged(f, r, good, replaced);
    else if (r->rejected > 1 && r->rejected * FAULTS_SHARE > r->read)
        too_many(f, r, good);
    text_clean(r->refused.text);
    return r->refused.text[0] == 0;
}
