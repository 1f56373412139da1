/* links: rank report eval import */
/* The protocol `judged`: graded lists and catalogues with wishes, their groups, faults in them, and
 * the parts that choose and test. */
#include "kernels/base/os/file.h"
#include "server/eval/graded.h"
#include "tests/unit/eval/eval_toy.h"

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

int main(void) {
    char folder[64];
    struct store *s = toy_open(folder);
    new_folder(dir);
    judged();
    parts();
    drop_folder(dir);
    toy_close(s, folder);
    return t_end();
}
