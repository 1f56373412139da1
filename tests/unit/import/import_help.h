/* What the tests of imports share: texts with NUL bytes, short names of formats, a store with a
 * catalogue that interactions may name. */
#ifndef TESTS_IMPORT_HELP_H
#define TESTS_IMPORT_HELP_H

#include "kernels/base/buf.h"
#include "tests/unit/store/store_help.h"

#define J IMPORT_JSONL
#define C IMPORT_CSV
#define S(lit) \
    { lit, sizeof(lit) - 1 }

/* The catalogue "base": items a and b. */
static inline void load_base(struct store *s) {
    load(s, IMPORT_ITEMS, "base", "{\"id\":\"a\",\"title\":\"A\"}\n{\"id\":\"b\",\"title\":\"B\"}");
}

/* A new store with "base", in a new folder. */
static inline struct store *import_open(char folder[64]) {
    struct store *s;
    struct err e;
    new_folder(folder);
    GOOD(store_open(&s, folder, &e));
    load_base(s);
    return s;
}

#endif
