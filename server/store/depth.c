/* Counting the nesting of JSON before it is read. */
#include "server/store/depth.h"

enum status depth_check(struct view json, struct err *e) {
    int depth = 0, text = 0;
    long line = 1;
    for (size_t i = 0; i < json.n; i++) {
        char c = json.p[i];
        line += c == '\n';
        if (text && c == '\\')
            i++;
        else if (c == '"')
            text = !text;
        else if (!text && (c == '[' || c == '{') && ++depth > JSON_DEPTH) {
            (void)fail(e, ST_BAD_INPUT, "the JSON is nested more than %d deep", JSON_DEPTH);
            err_line(e, line);
            return ST_BAD_INPUT;
        } else if (!text && (c == ']' || c == '}'))
            depth--;
    }
    return ST_OK;
}

enum status depth_load(struct view body, json_t **top, struct err *e) {
    json_error_t je;
    *top = NULL;
    TRY(depth_check(body, e));
    *top = json_loadb(body.p, body.n, JSON_REJECT_DUPLICATES, &je);
    if (*top) return ST_OK;
    (void)fail(e, ST_BAD_INPUT, "the body is no JSON: %.120s (column %d)", je.text, je.column);
    err_line(e, je.line > 0 ? je.line : 1);
    return ST_BAD_INPUT;
}
