/* Writing CSV. */
#include "server/api/csv_out.h"

#include <string.h>

void csv_out_cell(struct buf *b, struct view v) {
    double number;
    int first = b->n == 0 || b->p[b->n - 1] == '\n', quote = first && v.n == 0;
    if (!first) buf_add(b, ",", 1);
    for (size_t i = 0; i < v.n; i++) quote |= strchr(",\"\r\n\t;", v.p[i]) != NULL || !v.p[i];
    if (quote) buf_add(b, "\"", 1);
    if (v.n && v.p[0] && strchr("=+-@\t\r", v.p[0]) && !view_double(v, &number)) buf_add(b, "'", 1);
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] == '"') buf_add(b, "\"", 1);
        buf_add(b, &v.p[i], 1);
    }
    if (quote) buf_add(b, "\"", 1);
}

void csv_out_row_end(struct buf *b) {
    buf_add(b, "\r\n", 2);
}
