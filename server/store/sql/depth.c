/* Counting the nesting of JSON before it is read. */
#include "server/store/sql/depth.h"

#include "server/store/sql/json_memory.h"

static enum status too_much(long line, struct err *e, const char *what, int max) {
    (void)fail(e, ST_BAD_INPUT, what, max);
    if (e) err_line(e, line);
    return ST_BAD_INPUT;
}

enum status depth_check(struct view json, struct err *e) {
    int depth = 0, text = 0, values = 1;
    long line = 1;
    for (size_t i = 0; i < json.n; i++) {
        char c = json.p[i];
        line += c == '\n';
        if (text) {
            if (c == '\\') i++;
            if (c == '"') text = 0;
            continue;
        }
        if (c == '"') text = 1;
        if (c == '[' || c == '{' || c == ',' || c == ':') values++;
        if (c == ']' || c == '}') depth--;
        if ((c == '[' || c == '{') && ++depth > JSON_DEPTH)
            return too_much(line, e, "the JSON is nested more than %d deep", JSON_DEPTH);
        if (values > JSON_VALUES)
            return too_much(line, e, "the JSON has more than %d values", JSON_VALUES);
    }
    return ST_OK;
}

enum status depth_admit(struct err *e) {
    if (json_memory_used() <= JSON_MEMORY_MAX) return ST_OK;
    enum status st = fail(e, ST_BUSY, "too much JSON is being read at once");
    err_hint(e, "try again in a second");
    return st;
}

enum status depth_load(struct view body, json_t **top, struct err *e) {
    json_error_t je;
    *top = NULL;
    TRY(depth_check(body, e));
    TRY(depth_admit(e));
    *top = json_read(body, JSON_REJECT_DUPLICATES, &je);
    if (*top) return ST_OK;
    if (json_error_code(&je) == json_error_out_of_memory)
        return fail(e, ST_NO_MEMORY, "no memory left to read the body");
    (void)fail(e, ST_BAD_INPUT, "the body is no JSON: %.120s (column %d)", je.text, je.column);
    err_line(e, je.line > 0 ? je.line : 1);
    return ST_BAD_INPUT;
}
