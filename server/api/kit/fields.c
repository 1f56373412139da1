/* Typed fields as JSON. */
#include "server/api/kit/fields.h"

#include "kernels/base/os/clock.h"

#include <math.h>

static void write_end(struct buf *b, const struct field *f, double x) {
    const struct unit *unit = f->type == FIELD_TYPE_DURATION ? unit_named(f->unit) : NULL;
    char when[CLOCK_TEXT];
    if (f->type == FIELD_TYPE_DATE) {
        clock_format((long long)x, when);
        out_text(b, NULL, when);
    } else
        out_num(b, NULL, unit ? x / unit->factor : x);
}

static void write_field(struct buf *b, const struct field *f) {
    out_open(b, NULL, '{');
    out_text(b, "name", f->name);
    out_text(b, "type", field_type_name(f->type));
    out_text(b, "unit", f->unit);
    out_int(b, "filled", f->filled);
    out_int(b, "unreadable", f->unreadable);
    out_int(b, "values", f->values);
    if (isnan(f->lo))
        out_raw(b, "range", "null");
    else {
        out_open(b, "range", '[');
        write_end(b, f, f->lo);
        write_end(b, f, f->hi);
        out_close(b, ']');
    }
    out_open(b, "examples", '[');
    for (int i = 0; i < FIELD_EXAMPLES && f->example[i]; i++) out_text(b, NULL, f->example[i]);
    out_close(b, ']');
    out_close(b, '}');
}

void fields_write(struct buf *b, const struct snapshot *s) {
    out_open(b, "fields", '[');
    for (int i = 0; i < s->n_fields; i++) write_field(b, &s->field[i]);
    out_close(b, ']');
}

void item_write(struct buf *b, const struct item *it) {
    char time[CLOCK_TEXT];
    out_text(b, "id", it->id);
    out_text(b, "title", it->title);
    out_text(b, "text", it->text);
    out_open(b, "tags", '[');
    for (int i = 0; i < it->n_tags; i++) out_text(b, NULL, it->tags[i]);
    out_close(b, ']');
    if (it->has_popularity) out_num(b, "popularity", it->popularity);
    if (it->has_time) {
        clock_format(it->time, time);
        out_text(b, "time", time);
    }
    out_raw(b, "extra", it->extra ? it->extra : "{}");
}
