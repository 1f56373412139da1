/* links: rank report eval import */
/* Evaluations through a tiny model: kept cases, reports, and what a protocol promises. Graded lists
 * and the precision of a model: test_eval_judged.c, test_eval_precision.c. */
#include "tests/unit/eval/eval_toy.h"

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

int main(void) {
    char folder[64];
    struct store *s = toy_open(folder);
    instruction();
    coldstart();
    order_and_injection();
    other_protocols();
    toy_close(s, folder);
    return t_end();
}
