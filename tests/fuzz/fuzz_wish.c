/* Fuzz target of wishes and their constraints: the input is a wish, read against a small catalogue
 * with a field of each type. */
#include "server/wish/wish.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct snapshot *small_catalog(void) {
    static struct snapshot *s;
    static const char *const tags[] = {"horror", "night-shift"};
    static const struct item items[] = {
        {.row = 1,
         .id = "a",
         .title = "A",
         .text = "",
         .tags = tags,
         .n_tags = 2,
         .extra =
             "{\"price\":20,\"place\":\"Kestrel Bay\",\"pages\":300,\"start\":\"2026-12-05T20:00\","
             "\"runtime\":\"90 min\",\"weight\":\"2 kg\",\"vegan\":true,\"players\":\"2-4\","
             "\"year\":1994,\"stars\":4.5}"},
        {.row = 2,
         .id = "b",
         .title = "B",
         .text = "",
         .tags = tags,
         .n_tags = 1,
         .extra =
             "{\"price\":1200.5,\"place\":\"Ely\",\"pages\":120,\"start\":\"2027-01-01T09:00\","
             "\"runtime\":\"2 h\",\"weight\":\"300 g\",\"vegan\":false,\"players\":\"1\","
             "\"year\":2004,\"stars\":3}"},
        {.row = 3, .id = "c", .title = "C", .text = "", .extra = "{}"},
    };
    struct catalog c = {.name = "fuzz", .surface = "demo"};
    struct err e;
    if (!s) CHECK(snapshot_make(&s, &c, items, 3, NULL, &e) == ST_OK);
    return s;
}

static void promises(const struct wish *w, const struct snapshot *s, struct arena *a) {
    struct err e;
    CHECK(w->n_clauses >= 0 && w->n_clauses <= CLAUSES_MAX);
    CHECK(w->n_constraints >= 0 && w->n_constraints <= CONSTRAINTS_MAX);
    CHECK(w->n_notes >= 0 && w->n_notes <= WISH_NOTES);
    for (int i = 0; i < w->n_clauses; i++) {
        CHECK(utf8_valid(w->clause[i].rest));
        CHECK(w->clause[i].rest.n <= w->clause[i].text.n);
    }
    for (int i = 0; i < w->n_constraints; i++) {
        const struct constraint *c = &w->constraint[i];
        const char *words = NULL;
        CHECK(c->field >= 0 && c->field < s->n_fields && c->op < WISH_OPS);
        CHECK(c->clause >= 0 && c->clause < w->n_clauses);
        CHECK(!isnan(c->lo) && !isnan(c->hi) && c->value && c->unit);
        CHECK(c->text.n > 0 && utf8_valid(c->text));
        for (int k = 0; k < s->n; k++) CHECK(constraint_outcome(c, s, k) <= OUTCOME_FAILS);
        CHECK(constraint_words(c, s, a, &words, &e) == ST_OK && words[0]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    struct view text = {(const char *)data, n};
    const struct snapshot *s = small_catalog();
    struct arena a;
    struct wish w, again;
    struct err e;
    arena_init(&a, 256 << 20);
    enum status st = wish_read(text, s, 1796040000, &a, &w, &e);
    CHECK((st == ST_OK) == (n <= CLAUSES_MAX_BYTES && utf8_valid(text)));
    if (st == ST_OK) {
        promises(&w, s, &a);
        CHECK(wish_read_clauses(w.clause, w.n_clauses, s, 1796040000, &a, &again, &e) == ST_OK);
        promises(&again, s, &a);
        CHECK(again.n_clauses == w.n_clauses);
    }
    arena_free(&a);
    return 0;
}
