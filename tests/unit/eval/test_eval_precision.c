/* links: rank report eval import */
/* The protocol `precision`: what it decides is what a model is loaded in. */
#include "server/store/kept/choice.h"
#include "tests/unit/eval/eval_toy.h"

/* As many development wishes as a decision takes. */
static int many_wishes(const char *path, struct view *data, const char **etag) {
    static char rows[4096];
    int n = 0;
    for (int i = 0; i < 10; i++)
        n += snprintf(rows + n, sizeof rows - (size_t)n,
                      "{\"id\":\"w%d\",\"split\":\"dev\",\"kind\":\"plain\",\"text\":\"blue %d\","
                      "\"rule\":{\"all\":[\"blue\"]}}\n",
                      i, i);
    *etag = "";
    *data = view_of(rows);
    return strcmp(path, "fixtures/tiny/instructions.jsonl") == 0;
}

static int noted(const struct sheet *s, const char *what) {
    for (int i = 0; i < s->n_notes; i++)
        if (strstr(s->note[i], what)) return 1;
    return 0;
}

/* The precision that the rule names is what a model is loaded in afterwards. */
static void precision(struct store *store) {
    static const char *const names[] = {"f32", "bf16", "int8"};
    struct err e;
    struct sheet s;
    struct engine_info before, after;
    struct ranker *k;
    char kept[CHOICE_SIZE], said[64];
    double tmp[3 * 64];
    struct eval_config c = config();
    engine_info(ranker->engine, &before);
    c.registry = registry;
    GOOD(store_surface_put(
        store, VIEW("letters"),
        VIEW("{\"name\":\"letters\",\"item_word\":\"thing\",\"labels\":[[\"A\",\"B\"]]}"), &e));
    c.surface = VIEW("letters");
    GOOD(run("precision", &c, &s, &e)); /* two wishes */
    OK(noted(&s, "auto stays as it is"));
    GOOD(store_choice(store, before.sha256, kept, &e));
    EQ_STR(kept, "");
    EQ(sheet_cell(&s, 0, 0, 1, tmp).n, 2);
    NEAR(sheet_cell(&s, 0, 0, 1, tmp).mean, 1, 1e-12); /* f32 with itself */
    NEAR(sheet_cell(&s, 0, 0, 2, tmp).mean, 0, 1e-12);
    OK(sheet_cell(&s, 0, 2, 2, tmp).mean > 0); /* int8 differs */
    c.asset = many_wishes;
    c.cases = 10;
    GOOD(run("precision", &c, &s, &e));
    GOOD(store_choice(store, before.sha256, kept, &e));
    (void)snprintf(said, sizeof said, "auto is %s for this model", kept);
    OK(kept[0] && noted(&s, said));
    for (size_t i = 0; i < COUNT(names); i++) {
        struct registry *other;
        GOOD(store_choice_put(store, before.sha256, names[i], &e));
        GOOD(registry_open(&other,
                           &(struct registry_config){
                               .store = store, .engine = {.threads = 1}, .folder = "fixtures/tiny"},
                           &e));
        GOOD(registry_take(other, VIEW("tied"), NULL, NULL, &k, &e));
        engine_info(k->engine, &after);
        if (strcmp(names[i], "bf16") != 0 || strcmp(before.precision, "bf16") == 0)
            EQ_STR(after.precision, names[i]);
        registry_give(other, k);
        GOOD(registry_take(other, VIEW("wide"), NULL, NULL, &k,
                           &e)); /* nothing was decided for it */
        engine_info(k->engine, &after);
        EQ_STR(after.precision, before.precision);
        registry_give(other, k);
        registry_close(other);
    }
}

int main(void) {
    char folder[64];
    struct store *s = toy_open(folder);
    precision(s);
    toy_close(s, folder);
    return t_end();
}
