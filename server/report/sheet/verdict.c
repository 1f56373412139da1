/* Verdicts from paired differences. */
#include "server/report/sheet/verdict.h"

#include "kernels/base/buf.h"

const char *verdict_name(enum verdict v) {
    static const char *const name[VERDICTS] = {"", "ahead", "level", "behind"};
    return name[v];
}

enum verdict verdict_of(const struct sheet *s, int group, int method, double *tmp) {
    if (s->reference < 0 || !s->method[s->reference].model || s->method[method].model ||
        s->n_metrics == 0 || s->metric[0].better == 0)
        return VERDICT_NONE;
    struct interval d = sheet_gap(s, group, method, 0, tmp).diff;
    int sign = s->metric[0].better;
    if (d.n < VERDICT_CASES) return VERDICT_NONE;
    if (d.lo > 0 || d.hi < 0) return (d.lo > 0) == (sign > 0) ? VERDICT_AHEAD : VERDICT_BEHIND;
    return VERDICT_LEVEL;
}

enum status verdict_text(const struct sheet *s, int group, double *tmp, struct arena *a,
                         const char **out, struct err *e) {
    static const char *const words[VERDICTS] = {"", "ahead of ", "level with ", "behind "};
    enum verdict of[SHEET_METHODS];
    struct buf b;
    int said = 0;
    buf_init(&b, 1 << 16);
    for (int m = 0; m < s->n_methods; m++) of[m] = verdict_of(s, group, m, tmp);
    for (int v = VERDICT_AHEAD; v < VERDICTS; v++)
        for (int m = 0, n = 0; m < s->n_methods; m++) {
            if (of[m] != (enum verdict)v) continue;
            if (n++ == 0) buf_printf(&b, "%s%s", said++ ? "; " : "", words[v]);
            buf_printf(&b, "%s%s", n > 1 ? ", " : "", s->method[m].name);
        }
    struct view text = buf_text(&b);
    *out = said ? arena_copy(a, text.p, text.n) : NULL;
    int lost = b.failed || (said && !*out);
    buf_free(&b);
    return lost ? fail(e, ST_NO_MEMORY, "no memory for a report") : ST_OK;
}
