/* links: rank report eval import */
/* What a report says of a method that costs a model: ahead, behind or level. */
#include "server/report/sheet/verdict.h"
#include "tests/t.h"

static struct arena arena;

static int contains(struct view v, const char *what) {
    return v.p && strstr(v.p, what) != NULL;
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

int main(void) {
    arena_init(&arena, 64 << 20);
    verdicts(1);
    verdicts(-1);
    arena_free(&arena);
    return t_end();
}
