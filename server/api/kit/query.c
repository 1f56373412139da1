/* Checked query values. */
#include "server/api/kit/query.h"

#include <string.h>

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

struct view query_value(const struct req *r, const char *name) {
    struct view v = req_query(r, name);
    return v.p ? v : VIEW("");
}

int query_events(const struct req *r) {
    static const char type[] = "text/event-stream";
    struct view v = req_header(r, "Accept");
    for (size_t i = 0; i + sizeof type - 1 <= v.n; i++)
        if (memcmp(v.p + i, type, sizeof type - 1) == 0) return 1;
    return 0;
}
