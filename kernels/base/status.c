/* Error text and the abort of broken promises. */
#include "kernels/base/status.h"

#include "kernels/base/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
#define X(name, text) text,
    STATUS_LIST(X)
#undef X
};

/* What a message quotes may be cut in the middle of a character, or be no text at all. */
static void mend(char *s) {
    for (size_t n = strlen(s); n > 0;) {
        size_t k = utf8_len(s, n);
        if (k == 0) *s = '?', k = 1;
        s += k, n -= k;
    }
}

enum status fail(struct err *e, enum status st, const char *fmt, ...) {
    if (!e) return st;
    e->field[0] = e->hint[0] = 0;
    e->line = 0;
    e->retry_s = 0;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(e->text, sizeof e->text, fmt, ap);
    va_end(ap);
    mend(e->text);
    return st;
}

void err_field(struct err *e, const char *fmt, ...) {
    if (!e) return;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(e->field, sizeof e->field, fmt, ap);
    va_end(ap);
    mend(e->field);
}

void err_hint(struct err *e, const char *fmt, ...) {
    if (!e) return;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(e->hint, sizeof e->hint, fmt, ap);
    va_end(ap);
    mend(e->hint);
}

void err_line(struct err *e, long line) {
    if (e) e->line = line;
}

const char *status_name(enum status st) {
    return (unsigned)st < COUNT(names) ? names[st] : "unknown";
}

_Noreturn void check_failed(const char *file, int line, const char *what) {
    fprintf(stderr, "taproom: internal error: %s:%d: %s\n", file, line, what);
    abort();
}
