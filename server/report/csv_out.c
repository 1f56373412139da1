/* Writing CSV. */
#include "server/report/csv_out.h"

#include <string.h>

/* Whether a spreadsheet could take the text for a formula, by OWASP's list: it may drop leading
 * control characters, and takes full-width signs (U+FF1D, FF0B, FF0D, FF20) for the plain ones. */
static int starts_formula(struct view v) {
    static const char *const wide[] = {"\xEF\xBC\x9D", "\xEF\xBC\x8B", "\xEF\xBC\x8D",
                                       "\xEF\xBC\xA0"};
    if (v.n == 0) return 0;
    if (v.p[0] && strchr("=+-@\t\r\n", v.p[0])) return 1;
    for (size_t i = 0; i < COUNT(wide); i++)
        if (v.n >= 3 && memcmp(v.p, wide[i], 3) == 0) return 1;
    return 0;
}

void csv_out_cell(struct buf *b, struct view v) {
    double number;
    int first = b->n == 0 || b->p[b->n - 1] == '\n', quote = first && v.n == 0;
    if (!first) buf_add(b, ",", 1);
    for (size_t i = 0; i < v.n; i++) quote |= strchr(",\"\r\n\t;", v.p[i]) != NULL || !v.p[i];
    if (quote) buf_add(b, "\"", 1);
    if (starts_formula(v) && !view_double(v, &number)) buf_add(b, "'", 1);
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] == '"') buf_add(b, "\"", 1);
        buf_add(b, &v.p[i], 1);
    }
    if (quote) buf_add(b, "\"", 1);
}

void csv_out_row_end(struct buf *b) {
    buf_add(b, "\r\n", 2);
}
