/* An item's text by a surface's template. */
#include "server/rank/surface.h"

#include "model/base/buf.h"
#include "model/base/clock.h"

#include <jansson.h>
#include <string.h>

enum { RENDER_MAX = 200 * 1024 };

static void put_extra(struct buf *b, json_t *extra, struct view key) {
    char name[64];
    if (key.n >= sizeof name) return;
    memcpy(name, key.p, key.n);
    name[key.n] = 0;
    json_t *v = json_object_get(extra, name);
    if (json_is_string(v)) buf_add(b, json_string_value(v), json_string_length(v));
    if (json_is_integer(v)) buf_printf(b, "%lld", (long long)json_integer_value(v));
    if (json_is_real(v)) buf_printf(b, "%.10g", json_real_value(v));
}

static void put_field(struct buf *b, struct view key, const struct item *it, json_t *extra) {
    if (view_eq_str(key, "title"))
        buf_str(b, it->title);
    else if (view_eq_str(key, "text"))
        buf_str(b, it->text);
    else if (view_eq_str(key, "year")) {
        if (it->has_time) buf_printf(b, "%d", clock_year(it->time));
    } else if (view_eq_str(key, "date")) {
        char text[CLOCK_TEXT];
        clock_format(it->time, text);
        if (it->has_time) buf_printf(b, "%.10s", text);
    } else if (view_eq_str(key, "tags")) {
        for (int i = 0; i < it->n_tags; i++) buf_printf(b, "%s%s", i ? ", " : "", it->tags[i]);
    } else
        put_extra(b, extra, key);
}

/* What stands between two braces: a field, or before|field|after. */
static void put_slot(struct buf *b, struct view slot, const struct item *it, json_t *extra) {
    const char *bar = memchr(slot.p, '|', slot.n), *bar2 = NULL;
    if (bar) bar2 = memchr(bar + 1, '|', slot.n - (size_t)(bar + 1 - slot.p));
    if (!bar2) {
        put_field(b, slot, it, extra);
        return;
    }
    struct view before = {slot.p, (size_t)(bar - slot.p)},
                key = {bar + 1, (size_t)(bar2 - bar - 1)};
    struct view after = {bar2 + 1, slot.n - (size_t)(bar2 + 1 - slot.p)};
    size_t start = b->n;
    buf_view(b, before);
    size_t mid = b->n;
    put_field(b, key, it, extra);
    if (b->n > mid)
        buf_view(b, after);
    else
        b->n = start;
}

enum status surface_render(const char *tmpl, const struct item *it, struct arena *a,
                           struct view *out, struct err *e) {
    struct buf b;
    json_t *extra = json_loads(it->extra ? it->extra : "{}", 0, NULL);
    buf_init(&b, RENDER_MAX);
    for (const char *p = tmpl; *p;) {
        const char *open = strchr(p, '{'), *close = open ? strchr(open, '}') : NULL;
        if (!close) {
            buf_str(&b, p);
            break;
        }
        buf_add(&b, p, (size_t)(open - p));
        put_slot(&b, (struct view){open + 1, (size_t)(close - open - 1)}, it, extra);
        p = close + 1;
    }
    json_decref(extra);
    struct view text = buf_text(&b);
    char *copy = b.failed ? NULL : arena_copy(a, text.p, text.n);
    buf_free(&b);
    if (!copy) return fail(e, ST_NO_MEMORY, "no memory for an item's text");
    *out = (struct view){copy, text.n};
    return ST_OK;
}
