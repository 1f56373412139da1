/* The beginning and the refilling of import input. */
#include "server/store/input.h"

#include <string.h>

static int piece(struct input *in, struct err *e) {
    size_t got = 0;
    in->st = in->read(in->arg, in->p + in->n, INPUT_BYTES - in->n, &got, e);
    CHECK(got <= INPUT_BYTES - in->n);
    if (in->st != ST_OK || got == 0) in->end = 1;
    if (in->st == ST_OK) in->n += got;
    return !in->end;
}

int input_refill(struct input *in, struct err *e) {
    if (in->end) return 0;
    in->at = in->n = 0;
    return piece(in, e);
}

static enum status refuse(struct err *e, const char *what, const char *hint) {
    enum status st = fail(e, ST_BAD_INPUT, "the input is %s, not UTF-8 text", what);
    err_hint(e, "%s", hint);
    err_line(e, 1);
    return st;
}

static int starts(const struct input *in, const char *bytes, size_t n) {
    return in->n >= n && memcmp(in->p, bytes, n) == 0;
}

static enum status look(struct input *in, struct err *e) {
    static const char save[] = "save it as UTF-8 (in a spreadsheet: \"CSV UTF-8\"), or convert it "
                               "with iconv -t UTF-8";
    if (starts(in, "\xff\xfe", 2) || starts(in, "\xfe\xff", 2)) return refuse(e, "UTF-16", save);
    if (starts(in, "PK\3\4", 4))
        return refuse(e, "a zip or spreadsheet file",
                      "save the sheet as CSV UTF-8, or unpack the file");
    if (starts(in, "\x1f\x8b", 2)) return refuse(e, "gzip data", "unpack it with gunzip first");
    if (in->n >= 2 && (in->p[0] == 0) != (in->p[1] == 0)) return refuse(e, "UTF-16", save);
    if (starts(in, "\xef\xbb\xbf", 3)) in->at = 3;
    return ST_OK;
}

enum status input_open(struct input *in, import_read read, void *arg, struct err *e) {
    *in = (struct input){.read = read, .arg = arg, .p = mem_alloc(INPUT_BYTES)};
    if (!in->p) return fail(e, ST_NO_MEMORY, "no memory to read the input");
    while (in->n < INPUT_BYTES && piece(in, e)) {}
    enum status st = in->st == ST_OK ? look(in, e) : in->st;
    if (st != ST_OK) input_close(in);
    return st;
}

void input_close(struct input *in) {
    mem_free(in->p);
    in->p = NULL;
}
