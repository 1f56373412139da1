/* What the store's tests share: a folder of their own, an import from a text in pieces of any size,
 * counting. */
#ifndef TESTS_STORE_HELP_H
#define TESTS_STORE_HELP_H

#include "kernels/base/arena.h"
#include "server/import/import.h"
#include "tests/t.h"

#include <stdlib.h>
#include <unistd.h>

/* A new empty folder; remove it with drop_folder. */
static inline void new_folder(char out[64]) {
    snprintf(out, 64, "/tmp/taproom-test-XXXXXX");
    if (!mkdtemp(out)) abort();
}
static inline void drop_folder(const char *folder) {
    char cmd[128];
    snprintf(cmd, sizeof cmd, "rm -rf '%s'", folder);
    if (system(cmd) != 0) printf("cannot remove %s\n", folder);
}

/* A reader over a text, in pieces of at most `piece` bytes. */
struct text_reader {
    struct view text;
    size_t at, piece;
};
static inline enum status read_text(void *arg, char *p, size_t cap, size_t *n, struct err *e) {
    struct text_reader *r = arg;
    size_t left = r->text.n - r->at;
    (void)e;
    if (r->piece && cap > r->piece) cap = r->piece;
    *n = left < cap ? left : cap;
    if (*n) memcpy(p, r->text.p + r->at, *n);
    r->at += *n;
    return ST_OK;
}
static inline enum status import_text(struct store *s, const struct import_config *c,
                                      struct view text, struct import_result *r, struct err *e) {
    struct text_reader reader = {text, 0, 0};
    return import_run(s, c, read_text, &reader, r, e);
}

/* Imports and expects it to be stored. */
static inline void load(struct store *s, enum import_kind kind, const char *catalog,
                        const char *jsonl) {
    struct import_config c = {
        .kind = kind, .format = IMPORT_JSONL, .catalog = view_of(catalog), .surface = VIEW("demo")};
    struct import_result r;
    struct err e = {.text = ""};
    GOOD(import_text(s, &c, view_of(jsonl), &r, &e));
    if (!r.stored) T_SAY("not stored: line %ld: %s", r.errors[0].line, r.errors[0].message);
}

/* "items members interactions" of a catalogue, or the status' name. */
static inline const char *counts(struct store *s, const char *catalog) {
    static char text[100];
    struct arena a;
    struct catalog c;
    struct err e;
    arena_init(&a, 1 << 20);
    enum status st = store_catalog(s, view_of(catalog), &a, &c, &e);
    if (st == ST_OK)
        snprintf(text, sizeof text, "%lld %lld %lld", c.items, c.members, c.interactions);
    else
        snprintf(text, sizeof text, "%s", status_name(st));
    arena_free(&a);
    return text;
}

#endif
