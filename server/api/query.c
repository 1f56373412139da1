/* Checked query values. */
#include "server/api/query.h"

enum status query_int(const struct req *r, const char *name, long long def, long long lo,
                      long long hi, long long *out, struct err *e) {
    struct view v = req_query(r, name);
    *out = def;
    if (!v.p) return ST_OK;
    if (view_int(v, out) && *out >= lo && *out <= hi) return ST_OK;
    (void)fail(e, ST_INVALID, "%s must be a whole number from %lld to %lld", name, lo, hi);
    err_field(e, "%s", name);
    return ST_INVALID;
}

enum status query_flag(const struct req *r, const char *name, int *out, struct err *e) {
    struct view v = req_query(r, name);
    *out = v.p && (view_eq_str(v, "1") || view_eq_str(v, "true"));
    if (!v.p || *out || view_eq_str(v, "0") || view_eq_str(v, "false")) return ST_OK;
    (void)fail(e, ST_INVALID, "%s must be 1 or 0", name);
    err_field(e, "%s", name);
    return ST_INVALID;
}

struct view query_text(const struct req *r, const char *name) {
    struct view v = req_query(r, name);
    return v.p ? v : VIEW("");
}

enum status query_depth(struct view json, struct err *e) {
    int depth = 0, text = 0;
    long line = 1;
    for (size_t i = 0; i < json.n; i++) {
        char c = json.p[i];
        line += c == '\n';
        if (text && c == '\\')
            i++;
        else if (c == '"')
            text = !text;
        else if (!text && (c == '[' || c == '{') && ++depth > QUERY_DEPTH) {
            (void)fail(e, ST_BAD_INPUT, "the JSON is nested more than %d deep", QUERY_DEPTH);
            err_line(e, line);
            return ST_BAD_INPUT;
        } else if (!text && (c == ']' || c == '}'))
            depth--;
    }
    return ST_OK;
}
