/* An item's text by a surface's template. */
#include "server/surface/surface.h"

#include "kernels/base/buf.h"
#include "kernels/base/os/clock.h"

#include <string.h>

/* {fields}: at most so many bytes; a longer value of a text field is no fact but prose. */
enum { RENDER_MAX = 200 * 1024, FIELDS_BYTES = 480, VALUE_BYTES = 60 };

/* What a template is filled from. */
struct source {
    const struct item *item;
    const struct snapshot *catalog; /* NULL: the item has no further fields */
    int place;
};

static void put_list(struct buf *b, const char *const *text, int n) {
    for (int i = 0; i < n; i++) buf_printf(b, "%s%s", i ? ", " : "", text[i]);
}

/* A further field as its file has it. */
static void put_extra(struct buf *b, const struct source *x, struct view key) {
    int at = x->catalog ? snapshot_field(x->catalog, key) : -1;
    if (at < 0) return;
    const struct field *f = &x->catalog->field[at];
    if (f->type == FIELD_TYPE_LIST)
        put_list(b, f->list[x->place], f->n_list[x->place]);
    else if (f->text[x->place])
        buf_str(b, f->text[x->place]);
}

/* Whether a field belongs into {fields}: what has a slot of its own does not, nor addresses. */
static int is_told(const struct field *f, int place) {
    static const char *const own[] = {"tags", "popularity", "id", "title", "text"};
    for (size_t i = 0; i < COUNT(own); i++)
        if (strcmp(f->name, own[i]) == 0) return 0;
    if (f->type != FIELD_TYPE_TEXT) return 1;
    const char *text = f->text[place];
    return text && strlen(text) <= VALUE_BYTES && !strstr(text, "://");
}

/* "Price: 38 euros. Starts: Friday 12 December 2026, 20:00". */
static void put_fields(struct buf *b, const struct source *x) {
    size_t start = b->n;
    for (int f = 0; x->catalog && f < x->catalog->n_fields; f++) {
        char words[FIELDS_BYTES];
        if (!is_told(&x->catalog->field[f], x->place)) continue;
        size_t n = field_words(x->catalog, f, x->place, words, sizeof words);
        if (n == 0 || n >= sizeof words || b->n - start + n + 2 > FIELDS_BYTES) continue;
        if (b->n > start) buf_str(b, ". ");
        buf_add(b, words, n);
    }
}

static void put_field(struct buf *b, struct view key, const struct source *x) {
    const struct item *it = x->item;
    char date[CLOCK_TEXT];
    if (view_eq_str(key, "title"))
        buf_str(b, it->title);
    else if (view_eq_str(key, "text"))
        buf_str(b, it->text);
    else if (view_eq_str(key, "year")) {
        if (it->has_time)
            buf_printf(b, "%d", clock_year(it->time));
        else
            put_extra(b, x, key);
    } else if (view_eq_str(key, "date")) {
        if (it->has_time) {
            clock_format(it->time, date);
            buf_printf(b, "%.10s", date);
        } else
            put_extra(b, x, key);
    } else if (view_eq_str(key, "tags"))
        put_list(b, it->tags, it->n_tags);
    else if (view_eq_str(key, "fields"))
        put_fields(b, x);
    else
        put_extra(b, x, key);
}

/* What stands between two braces: a field, or before|field|after. */
static void put_slot(struct buf *b, struct view slot, const struct source *x) {
    const char *bar = memchr(slot.p, '|', slot.n), *bar2 = NULL;
    if (bar) bar2 = memchr(bar + 1, '|', slot.n - (size_t)(bar + 1 - slot.p));
    if (!bar2) {
        put_field(b, slot, x);
        return;
    }
    struct view before = {slot.p, (size_t)(bar - slot.p)},
                key = {bar + 1, (size_t)(bar2 - bar - 1)};
    struct view after = {bar2 + 1, slot.n - (size_t)(bar2 + 1 - slot.p)};
    size_t start = b->n;
    buf_view(b, before);
    size_t mid = b->n;
    put_field(b, key, x);
    if (b->n > mid)
        buf_view(b, after);
    else
        b->n = start;
}

static enum status render(const char *tmpl, const struct source *x, struct arena *a,
                          struct view *out, struct err *e) {
    struct buf b;
    buf_init(&b, RENDER_MAX);
    for (const char *p = tmpl; *p;) {
        const char *open = strchr(p, '{'), *close = open ? strchr(open, '}') : NULL;
        if (!close) {
            buf_str(&b, p);
            break;
        }
        buf_add(&b, p, (size_t)(open - p));
        put_slot(&b, (struct view){open + 1, (size_t)(close - open - 1)}, x);
        p = close + 1;
    }
    struct view text = buf_text(&b);
    char *copy = b.failed ? NULL : arena_copy(a, text.p, text.n);
    buf_free(&b);
    if (!copy) return fail(e, ST_NO_MEMORY, "no memory for an item's text");
    *out = (struct view){copy, text.n};
    return ST_OK;
}

enum status surface_render(const char *tmpl, const struct snapshot *s, int place, struct arena *a,
                           struct view *out, struct err *e) {
    const struct source x = {&s->item[place], s, place};
    return render(tmpl, &x, a, out, e);
}

enum status surface_render_item(const char *tmpl, const struct item *item, struct arena *a,
                                struct view *out, struct err *e) {
    const struct source x = {item, NULL, 0};
    return render(tmpl, &x, a, out, e);
}
