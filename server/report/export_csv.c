/* A run as CSV: a row per item, a column per fact, clause and baseline. */
#include "server/report/csv_out.h"
#include "server/report/export.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static void cell_number(struct buf *b, json_t *v) {
    char t[32] = "";
    if (json_is_integer(v)) (void)snprintf(t, sizeof t, "%lld", (long long)json_integer_value(v));
    if (json_is_real(v)) (void)snprintf(t, sizeof t, "%.9g", json_real_value(v));
    csv_out_cell(b, view_of(t));
}

static void cell_text(struct buf *b, json_t *v) {
    csv_out_cell(b, json_is_string(v) ? (struct view){json_string_value(v), json_string_length(v)}
                                      : VIEW(""));
}

static const char *const facts[] = {"score", "logprob", "prior", "label_mass"};

static void head_row(struct buf *b, json_t *top) {
    json_t *v;
    const char *name;
    size_t i;
    char t[200];
    csv_out_cell(b, VIEW("rank"));
    csv_out_cell(b, VIEW("item"));
    csv_out_cell(b, VIEW("title"));
    for (size_t k = 0; k < COUNT(facts); k++) csv_out_cell(b, view_of(facts[k]));
    json_array_foreach(json_object_get(top, "clauses"), i, v) {
        struct buf c;
        buf_init(&c, 4 << 20);
        buf_str(&c, json_integer_value(json_object_get(v, "sign")) < 0 ? "less: " : "more: ");
        buf_str(&c, json_string_value(json_object_get(v, "text")));
        csv_out_cell(b, buf_text(&c));
        buf_free(&c);
    }
    json_object_foreach(json_object_get(top, "baselines"), name, v) {
        (void)snprintf(t, sizeof t, "%.150s rank", name);
        csv_out_cell(b, view_of(t));
        (void)snprintf(t, sizeof t, "%.150s score", name);
        csv_out_cell(b, view_of(t));
    }
    csv_out_row_end(b);
}

static void item_row(struct buf *b, json_t *top, json_t *item) {
    json_t *v, *parts = json_object_get(item, "clauses"), *own;
    const char *name;
    size_t i;
    cell_number(b, json_object_get(item, "rank"));
    cell_text(b, json_object_get(item, "item"));
    cell_text(b, json_object_get(item, "title"));
    for (size_t k = 0; k < COUNT(facts); k++) cell_number(b, json_object_get(item, facts[k]));
    json_array_foreach(json_object_get(top, "clauses"), i, v)
        cell_number(b, json_array_get(parts, i));
    json_object_foreach(json_object_get(top, "baselines"), name, v) {
        own = json_object_get(json_object_get(item, "baselines"), name);
        cell_number(b, json_object_get(own, "rank"));
        cell_number(b, json_object_get(own, "score"));
    }
    csv_out_row_end(b);
}

enum status export_csv(struct view json, struct buf *b, struct err *e) {
    json_t *top = json_loadb(json.p, json.n, 0, NULL), *item;
    size_t i;
    if (!json_is_object(top)) {
        json_decref(top);
        return fail(e, ST_CORRUPT, "the stored run cannot be read");
    }
    head_row(b, top);
    json_array_foreach(json_object_get(top, "items"), i, item) item_row(b, top, item);
    json_decref(top);
    return b->failed ? fail(e, ST_NO_MEMORY, "no memory for the export") : ST_OK;
}
