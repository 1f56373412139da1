/* links: rank report eval import */
/* Evaluations through a tiny model: kept cases, reports, and what a protocol promises. */
#include "kernels/base/os/file.h"
#include "server/eval/eval.h"
#include "server/eval/graded.h"
#include "server/report/sheet/verdict.h"
#include "server/store/kept/choice.h"
#include "tests/unit/store/store_help.h"

#include <stdlib.h>

static struct ranker *ranker;
static struct registry *registry;
static struct arena arena;
static int steps, stop_at;

static void import(struct store *s, enum import_kind kind, const char *rows) {
    struct err e;
    struct import_result r;
    const struct import_config c = {
        .kind = kind, .format = IMPORT_JSONL, .catalog = VIEW("tiny"), .surface = VIEW("generic")};
    GOOD(import_text(s, &c, view_of(rows), &r, &e));
    EQ(r.stored, 1);
}

/* 60 items in four kinds, 12 members who each like items of one kind, one after the other. */
static void fill(struct store *s) {
    static const char *const kinds[] = {"red", "blue", "green", "grey"};
    static char rows[1 << 17];
    size_t n = 0;
    for (int i = 0; i < 60; i++)
        n += (size_t)snprintf(rows + n, sizeof rows - n,
                              "{\"id\":\"i%d\",\"title\":\"%s thing %d\",\"tags\":[\"%s\"]}\n", i,
                              kinds[i % 4], i, kinds[i % 4]);
    import(s, IMPORT_ITEMS, rows);
    n = 0;
    for (int m = 0; m < 24; m++)
        for (int k = 0; k < 14; k++)
            n += (size_t)snprintf(
                rows + n, sizeof rows - n,
                "{\"member\":\"m%d\",\"item\":\"i%d\",\"label\":\"like\",\"at\":%d}\n", m,
                (4 * k + m % 4) % 60, 100000 + 10 * k);
    import(s, IMPORT_INTERACTIONS, rows);
}

static const char wishes[] =
    "{\"id\":\"w1\",\"split\":\"dev\",\"kind\":\"plain\",\"text\":\"red\",\"rule\":{\"all\":[\"red\"]}}\n"
    "{\"id\":\"w2\",\"split\":\"dev\",\"kind\":\"negated\",\"text\":\"blue, no green\","
    "\"rule\":{\"any\":[\"blue\",\"green\"],\"none\":[\"green\"],\"avoid\":[\"green\"]}}\n"
    "{\"id\":\"w3\",\"split\":\"test\",\"kind\":\"plain\",\"text\":\"grey\",\"rule\":{\"all\":[\"grey\"]}}\n";

static int asset(const char *path, struct view *data, const char **etag) {
    *etag = "";
    *data = view_of(wishes);
    return strcmp(path, "fixtures/tiny/instructions.jsonl") == 0;
}

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

static void on_progress(void *arg, const char *protocol, int done, int total) {
    (void)arg;
    (void)protocol;
    steps++;
    OK(done <= total);
}

static int on_stop(void *arg) {
    (void)arg;
    return stop_at && steps >= stop_at;
}

static struct eval_config config(void) {
    return (struct eval_config){.catalog = VIEW("tiny"),
                                .methods = METHOD_ALL & ~METHOD_BIT(READOUT_RELEVANCE),
                                .seed = 1,
                                .cases = 3,
                                .command = "the \"command\" <line>",
                                .code = "code",
                                .asset = asset,
                                .progress = on_progress,
                                .stop = on_stop};
}

static enum status run(const char *protocol, const struct eval_config *c, struct sheet *s,
                       struct err *e) {
    const struct eval_protocol *p = eval_find(view_of(protocol));
    CHECK(p);
    steps = 0;
    return eval_run(p, ranker, c, &arena, s, e);
}

static int same(const struct sheet *a, const struct sheet *b) {
    size_t bytes = (size_t)(a->n_methods * a->n_metrics) * sizeof(double);
    if (a->n != b->n) return 0;
    for (int i = 0; i < a->n; i++)
        if (strcmp(a->c[i].id, b->c[i].id) != 0 || memcmp(a->c[i].v, b->c[i].v, bytes) != 0)
            return 0;
    return 1;
}

/* Stopped after one case it goes on from there, and the values are the same bits as in one go. */
static void resumes(const char *protocol, struct sheet *whole) {
    struct err e;
    struct sheet part;
    struct eval_config c = config();
    c.seed = 77;
    stop_at = 1;
    EQ(run(protocol, &c, &part, &e), ST_CANCELLED);
    stop_at = 0;
    GOOD(run(protocol, &c, &part, &e));
    c.fresh = 1;
    GOOD(run(protocol, &c, whole, &e));
    OK(whole->n > 1);
    OK(same(&part, whole));
    c.fresh = 0;
    GOOD(run(protocol, &c, &part, &e));
    OK(same(&part, whole));
}

static int contains(struct view v, const char *what) {
    return v.p && strstr(v.p, what) != NULL;
}

static void reports(const struct sheet *s) {
    struct err e;
    struct view v;
    GOOD(sheet_text(s, &arena, &v, &e));
    OK(contains(v, s->title) && contains(v, "the \"command\" <line>"));
    GOOD(sheet_json(s, &arena, &v, &e));
    OK(contains(v, "\"command\":\"the \\\"command\\\" <line>\""));
    GOOD(sheet_html(&s, 1, "Title & more", &arena, &v, &e));
    OK(contains(v, "Title &amp; more") && contains(v, "the &quot;command&quot; &lt;line&gt;"));
    OK(contains(v, s->model_sha256) && contains(v, "seed "));
    OK(!contains(v, "http") && !contains(v, "<script") && !contains(v, "nan"));
    OK(contains(v, "<svg") && contains(v, ">chance<"));
}

/* Ahead and behind are told from noise, whichever side of the metric is the better one; a method
 * that reads the language model itself is not judged, and one without values is not named. */
static void verdicts(int better) {
    static const char *const name[] = {"item", "worse", "same", "better", "hybrid", "silent"};
    struct err e;
    struct sheet s;
    struct sheet_case *c;
    struct view v;
    double tmp[3 * 30];
    const char *text;
    sheet_init(&s, &arena, "p", "t");
    for (int m = 0; m < 6; m++) sheet_method(&s, name[m], m == 0 || m == 4);
    sheet_metric(&s, "x", "X", 3, better);
    sheet_group(&s, "g", "p", NAN);
    sheet_group(&s, "empty", "p", NAN);
    for (int i = 0; i < 30; i++) {
        GOOD(sheet_case(&s, "case", 0, &c, &e));
        for (int m = 0; m < 5; m++)
            sheet_put(&s, c, m, "x", better * ((i % 5) + (m == 1 ? -1 - i % 2 : m == 3 ? 2 : 0)));
        sheet_put(&s, c, 2, "x", better * ((i % 5) + (i % 2 ? 1 : -1)));
    }
    GOOD(verdict_text(&s, 0, tmp, &arena, &text, &e));
    OK(text == NULL); /* no reference */
    s.reference = 0;
    GOOD(verdict_text(&s, 0, tmp, &arena, &text, &e));
    EQ_STR(text, "ahead of worse; level with same; behind better");
    s.n = VERDICT_CASES - 1;
    GOOD(verdict_text(&s, 0, tmp, &arena, &text, &e));
    OK(text == NULL);
    s.n = 30;
    GOOD(verdict_text(&s, 1, tmp, &arena, &text, &e));
    OK(text == NULL);
    GOOD(sheet_text(&s, &arena, &v, &e));
    OK(contains(v, "is item worth its cost?") && contains(v, "; behind better"));
    GOOD(sheet_json(&s, &arena, &v, &e));
    OK(contains(v, "\"verdict\":\"behind\"") && contains(v, "\"verdict\":\"level\""));
    GOOD(sheet_html((const struct sheet *[]){&s}, 1, "T", &arena, &v, &e));
    OK(contains(v, "worth its cost") && contains(v, "ahead of worse; level with same"));
    s.reference = 1; /* a baseline */
    EQ(verdict_of(&s, 0, 3, tmp), VERDICT_NONE);
}

static void instruction(void) {
    struct err e;
    struct sheet s;
    double tmp[64];
    resumes("instruction", &s);
    EQ(s.n, 2);
    reports(&s);
    struct interval i = sheet_cell(&s, s.n_groups, METHOD_CHANCE, 0, tmp);
    NEAR(i.mean, 0.5, 1e-12);
    EQ(sheet_cell(&s, s.n_groups, READOUT_AUTO, 0, tmp).n, 2);
    EQ(sheet_cell(&s, s.n_groups, READOUT_RELEVANCE, 0, tmp).n, 0);
    EQ(sheet_gap(&s, s.n_groups, METHOD_CHANCE, 0, tmp).diff.n, 2);
    struct eval_config c = config();
    c.test = 1;
    GOOD(run("instruction", &c, &s, &e));
    EQ(s.n, 1);
    EQ_STR(s.c[0].id, "w3");
}

/* Chance is what 20 shuffled candidates give; groups hold the same members. */
static void coldstart(void) {
    struct sheet s;
    double tmp[3 * 512], mean = 0;
    resumes("coldstart", &s);
    for (int i = 1; i <= 10; i++) mean += 1 / log2(i + 1) / 20;
    int seen = 0;
    for (int g = 0; g < s.n_groups; g++) {
        struct interval i = sheet_cell(&s, g, METHOD_CHANCE, 0, tmp);
        OK(i.n > 0);
        if (strcmp(s.group[g].name, "all items K=5") == 0) continue;
        if (strcmp(s.group[g].name, "new items K=5") != 0) NEAR(i.mean, mean, 1e-12);
        EQ(i.n, sheet_cell(&s, g, READOUT_AUTO, 0, tmp).n);
        /* Members with the same interactions: item-kNN finds the next item among what is known. */
        int m = METHOD_BASELINE + BASELINE_ITEM_KNN;
        if (strcmp(s.group[g].name, "K=10 uniform") == 0)
            OK(sheet_cell(&s, g, m, 1, tmp).mean > 0.9);
        /* No interactions, no score; nothing liked, nothing to go by. */
        if (strcmp(s.group[g].name, "K=0") == 0 || strcmp(s.group[g].name, "new items K=5") == 0)
            EQ(sheet_cell(&s, g, m, 0, tmp).n, 0);
        seen++;
    }
    EQ(seen, 13);
    /* With nothing known the language model is exactly chance. */
    NEAR(sheet_cell(&s, 0, READOUT_AUTO, 0, tmp).mean, mean, 1e-12);
    reports(&s);
}

/* Scores do not depend on order or company: the protocol must measure exactly that. */
static void order_and_injection(void) {
    struct sheet s;
    double tmp[3 * 64];
    resumes("order", &s);
    for (int m = 0; m < METHOD_BASELINE; m++) {
        if (m == READOUT_RELEVANCE || m == METHOD_WHOLE) continue;
        struct interval tau = sheet_cell(&s, 0, m, 0, tmp), most = sheet_cell(&s, 0, m, 1, tmp);
        EQ(tau.n, 2);
        OK(tau.lo == 1 && most.hi == 0);
    }
    resumes("injection", &s);
    double moved = 0;
    for (int g = 0; g < s.n_groups; g++) {
        struct interval most = sheet_cell(&s, g, READOUT_AUTO, 0, tmp);
        EQ(most.n, 3);
        OK(most.hi == 0);
        moved += fabs(sheet_cell(&s, g, READOUT_AUTO, 1, tmp).mean);
    }
    OK(moved > 0); /* the planted text does reach the model */
}

static void other_protocols(void) {
    struct err e;
    struct sheet s;
    double tmp[3 * 64];
    struct eval_config c = config();
    c.cases = 1;
    resumes("history", &s);
    EQ(sheet_cell(&s, 0, 0, 0, tmp).n, 3);
    OK(sheet_cell(&s, 3, 0, 2, tmp).mean > sheet_cell(&s, 0, 0, 2, tmp).mean); /* longer: dearer */
    GOOD(run("steer", &c, &s, &e));
    EQ(s.n, 2);
    EQ(sheet_cell(&s, 0, READOUT_AUTO, 0, tmp).n, 1);
    static const char *const files[] = {"wide"};
    c.models = files;
    c.n_models = 1;
    c.registry = registry;
    GOOD(run("models", &c, &s, &e));
    EQ(sheet_cell(&s, 0, s.reference, 0, tmp).n, sheet_cell(&s, 0, s.reference + 1, 0, tmp).n);
    EQ(sheet_cell(&s, 1, s.reference, 1, tmp).n, sheet_cell(&s, 1, 0, 1, tmp).n);
    OK(sheet_cell(&s, 1, s.reference, 1, tmp).mean !=
       sheet_cell(&s, 1, s.reference + 1, 1, tmp).mean);
    reports(&s);
    struct view v;
    const struct sheet *one = &s;
    GOOD(sheet_html(&one, 1, "t", &arena, &v, &e));
    OK(contains(v, "against time and size"));
}

/* --- judged */

static char dir[64];

static const char *file(const char *name, const char *text) {
    static char path[8][128];
    static int at;
    struct err e;
    at = (at + 1) % 8;
    snprintf(path[at], sizeof path[at], "%s/%s", dir, name);
    GOOD(file_write(path[at], text, strlen(text), &e));
    return path[at];
}

static const char lists[] =
    "{\"surface\":\"Shop\",\"item_kind\":\"thing\",\"items\":[{\"title\":\"red ball\",\"text\":\"a toy\","
    "\"fields\":{\"price\":\"3 euros\"}},{\"title\":\"blue ball\",\"text\":\"\"},{\"title\":\"red car\"}],"
    "\"wishes\":[{\"kind\":\"plain\",\"wish\":\"red\",\"grades\":[2,0,2]},"
    "{\"kind\":\"negated\",\"wish\":\"a ball, not blue\",\"grades\":[2,0,1]},"
    "{\"kind\":\"plain\",\"wish\":\"all of it\",\"grades\":[2,2,2]},"
    "{\"kind\":\"history\",\"wish\":\"\",\"liked\":[\"a red pen\"],\"grades\":[2,0,0]}]}\n";
static const char judged_items[] = "{\"id\":\"a\",\"title\":\"red\",\"town\":\"Oss\"}\n"
                                   "{\"id\":\"b\",\"title\":\"blue\",\"town\":\"Ede\"}\n"
                                   "{\"id\":\"c\",\"title\":\"green\",\"town\":\"Ede\"}\n";

/* Cases stand in the group of their kind and in that of their file, and once among all; a wish
 * without anything to tell apart is left out, a borderline item counts neither way. */
static void judged(void) {
    struct err e;
    struct sheet s;
    double tmp[3 * 16];
    const char *f[2] = {file("x.jsonl", lists), file("y.jsonl", judged_items)};
    (void)file("y_wishes.jsonl",
               "{\"kind\":\"terse\",\"instruction\":\"red\",\"positives\":[\"a\"],"
               "\"borderline\":[\"c\"]}\n");
    struct eval_config c = config();
    c.methods = METHOD_BIT(READOUT_AUTO) | METHOD_BIT(METHOD_BASELINE + BASELINE_BM25) |
                METHOD_BIT(METHOD_CHANCE);
    c.cases = 0;
    c.files = f;
    c.n_files = 2;
    GOOD(run("judged", &c, &s, &e));
    EQ(s.n, 4);
    int plain = -1, x = -1, y = -1;
    for (int g = 0; g < s.n_groups; g++) {
        if (strcmp(s.group[g].name, "plain") == 0) plain = g;
        if (strcmp(s.group[g].name, "x") == 0) x = g;
        if (strcmp(s.group[g].name, "y") == 0) y = g;
    }
    EQ(sheet_cell(&s, plain, READOUT_AUTO, 0, tmp).n, 1);
    EQ(sheet_cell(&s, x, READOUT_AUTO, 0, tmp).n, 3);
    EQ(sheet_cell(&s, y, METHOD_CHANCE, 0, tmp).n, 1);
    EQ(sheet_cell(&s, s.n_groups, READOUT_AUTO, 0, tmp).n, 4);
    NEAR(sheet_cell(&s, s.n_groups, METHOD_CHANCE, 0, tmp).mean, 0.5, 1e-12);
    /* "red" as one of two titles: BM25 cannot miss it */
    NEAR(sheet_cell(&s, y, METHOD_BASELINE + BASELINE_BM25, 0, tmp).mean, 1, 1e-12);
    EQ(sheet_cell(&s, y, METHODS, 0, tmp).n, 0); /* no sum without the embedding */
    f[0] = file("z.jsonl", "\n{\"surface\":\"s\",\"items\":[{\"title\":\"a\"}],\"wishes\":[]}\n");
    EQ(run("judged", &c, &s, &e), ST_INVALID);
    OK(e.line == 2 && strcmp(e.field, "items") == 0);
    f[0] = file("x.jsonl", lists);
    (void)file("y_wishes.jsonl",
               "{\"kind\":\"terse\",\"instruction\":\"red\",\"positives\":[\"q\"]}\n");
    EQ(run("judged", &c, &s, &e), ST_INVALID);
    EQ_STR(e.field, "positives");
    f[0] = "/nowhere.jsonl";
    EQ(run("judged", &c, &s, &e), ST_NOT_FOUND);
    c.n_files = 0; /* the program's own, which these tests do not hold */
    EQ(run("judged", &c, &s, &e), ST_INVALID);
}

/* By the name alone, so that sheets of one catalogue are never on two sides. */
static void parts(void) {
    int n[3] = {0, 0, 0};
    for (int i = 0; i < 2000; i++) {
        char name[32];
        struct graded g = {.name = name, .key = (uint64_t)i};
        snprintf(name, sizeof name, "Catalogue %d", i);
        enum graded_part p = graded_part(&g);
        n[p]++;
        g.key++;
        EQ(graded_part(&g), p);
    }
    OK(n[GRADED_TEST] > 180 && n[GRADED_TEST] < 300);
    OK(n[GRADED_CHOOSE] > 180 && n[GRADED_CHOOSE] < 300);
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
    struct err e;
    struct store *s;
    char folder[] = "/tmp/taproom-eval-XXXXXX";
    const struct registry_wait w = {NULL, NULL};
    CHECK(mkdtemp(folder));
    arena_init(&arena, (size_t)1 << 30);
    GOOD(store_open(&s, folder, &e));
    fill(s);
    GOOD(registry_open(&registry,
                       &(struct registry_config){.store = s,
                                                 .engine = {.threads = 1},
                                                 .folder = "fixtures/tiny",
                                                 .loaded_max = EVAL_LOADED},
                       &e));
    GOOD(registry_switch(registry, VIEW("tied"), &w, &e));
    GOOD(registry_take(registry, VIEW(""), NULL, NULL, &ranker, &e));
    verdicts(1);
    verdicts(-1);
    instruction();
    coldstart();
    order_and_injection();
    other_protocols();
    new_folder(dir);
    judged();
    parts();
    drop_folder(dir);
    precision(s);
    registry_give(registry, ranker);
    registry_close(registry);
    store_close(s);
    arena_free(&arena);
    return t_end();
}
