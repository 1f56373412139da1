/* Following instructions: of each pair of answers, whether the one that keeps the instruction is
 * likelier than the one that breaks it, by the mean log-probability of its tokens. */
#include "server/assets/assets.h"
#include "server/brew/brew.h"
#include "server/store/sql/json_memory.h"

#include <jansson.h>
#include <string.h>

static struct view text_of(const json_t *row, const char *key) {
    const char *s = json_string_value(json_object_get(row, key));
    return view_of(s ? s : "");
}

static enum status measure_pair(struct brew *b, const json_t *row, struct brew_measures *m,
                                struct err *e) {
    const struct view kind = text_of(row, "kind"),
                      answer[2] = {text_of(row, "keeps"), text_of(row, "breaks")};
    struct brew_tree t;
    arena_reset(&b->step);
    TRY(brew_answers(&t, b->t, text_of(row, "instruction"), answer, 2, &b->step, e));
    TRY(trainer_score(b->t, &t.tree, t.ask, t.n_asks, e));
    m->pair_kind[m->n_pairs] = arena_copy(&b->arena, kind.p, kind.n);
    if (!m->pair_kind[m->n_pairs]) return fail(e, ST_NO_MEMORY, "no memory for measures");
    m->kept[m->n_pairs++] = loss_answer(&t, 0) > loss_answer(&t, 1);
    return brew_cancelled(b) ? fail(e, ST_CANCELLED, "the brew was cancelled") : ST_OK;
}

enum status brew_measure_pairs(struct brew *b, struct brew_measures *m, struct err *e) {
    static const char path[] = "fixtures/brew/pairs.jsonl";
    struct view all;
    const char *etag;
    enum status st = ST_OK;
    if (!assets_find(path, &all, &etag)) return fail(e, ST_INTERNAL, "no %s in the program", path);
    while (st == ST_OK && all.n && m->n_pairs < BREW_PAIRS) {
        const char *end = memchr(all.p, '\n', all.n);
        size_t n = end ? (size_t)(end - all.p) : all.n;
        json_t *row = json_loadb(all.p, n, 0, NULL);
        st = row ? measure_pair(b, row, m, e) : fail(e, ST_INTERNAL, "%s is damaged", path);
        json_decref(row);
        all = view_sub(all, n + 1, all.n);
    }
    return st;
}
