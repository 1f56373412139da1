/* JSONL rows of an import: one object a line, further fields kept as their raw text. */
#include "server/store/depth.h"
#include "server/store/reader.h"

#include <jansson.h>
#include <string.h>

void jsonl_open(struct jsonl *j, const struct import_config *config, struct input *in) {
    *j = (struct jsonl){.config = config, .in = in};
    buf_init(&j->text, INPUT_ROW_MAX);
}

static void drop_tree(struct jsonl *j) {
    json_decref(j->tree);
    j->tree = NULL;
}

void jsonl_close(struct jsonl *j) {
    drop_tree(j);
    buf_free(&j->text);
}

/* --- lines */

static int read_line(struct jsonl *j, int *too_long, struct err *e) {
    int b, any = 0;
    buf_clear(&j->text);
    *too_long = 0;
    j->line++;
    while ((b = input_byte(j->in, e)) >= 0) {
        char byte = (char)b;
        any = 1;
        if (b == '\n') break;
        if (j->text.n == INPUT_ROW_MAX)
            *too_long = 1;
        else
            buf_add(&j->text, &byte, 1);
    }
    return any;
}

/* --- raw spans */

/* The end of the string whose opening quote is at i. */
static size_t string_end(struct view v, size_t i) {
    for (i++; i < v.n && v.p[i] != '"'; i++)
        if (v.p[i] == '\\') i++;
    return i < v.n ? i + 1 : v.n;
}

/* The value of the next member of the object whose text is v, in the order of the text; *at starts
 * at 0. Only for text that jansson has accepted; bounded by v in any case. */
static struct view next_value(struct view v, size_t *at) {
    size_t i = *at;
    while (i < v.n && v.p[i] != '"') i++;
    i = i < v.n ? string_end(v, i) : v.n;
    while (i < v.n && v.p[i] != ':') i++;
    size_t from = i < v.n ? i + 1 : v.n;
    int depth = 0;
    for (i = from; i < v.n; i++) {
        char b = v.p[i];
        if (b == '"')
            i = string_end(v, i) - 1;
        else if (b == '{' || b == '[')
            depth++;
        else if (depth > 0 && (b == '}' || b == ']'))
            depth--;
        else if (depth == 0 && (b == ',' || b == '}'))
            break;
    }
    *at = i;
    return view_trim(view_sub(v, from, i - from));
}

/* --- values */

static void put_tags(struct row *r, json_t *value, struct fault *f) {
    size_t i;
    json_t *tag;
    row_set(r, FIELD_TAGS, VIEW(""), f);
    if (json_is_string(value)) {
        struct view v = {json_string_value(value), json_string_length(value)};
        row_split_tags(r, v, '|', f);
        return;
    }
    json_array_foreach(value, i, tag) {
        struct view v = {json_string_value(tag), json_string_length(tag)};
        if (!json_is_string(tag)) row_fault(f, "tags[%zu] is not a text", i);
        row_add_tag(r, v, f);
    }
}

static void put_value(struct jsonl *j, struct row *r, struct view key, json_t *value,
                      struct view raw, struct fault *f) {
    struct view name = key;
    enum field field = row_field(j->config, &name);
    if (field == FIELD_OTHER) {
        if (j->config->kind == IMPORT_ITEMS) row_extra_json(r, name, raw);
    } else if (field == FIELD_NONE || json_is_null(value)) {
        return;
    } else if (field == FIELD_TAGS && (json_is_array(value) || json_is_string(value))) {
        put_tags(r, value, f);
    } else if (json_is_string(value)) {
        row_set(r, field, (struct view){json_string_value(value), json_string_length(value)}, f);
    } else if (json_is_number(value)) {
        row_set(r, field, raw, f);
    } else {
        row_fault(f, "%s is neither a text nor a number", row_field_name(field));
    }
}

/* The parser keeps members in the order of the text and refuses repeated keys, so the raw values
 * and its members go in step. */
static void read_object(struct jsonl *j, struct row *r, struct fault *f) {
    struct view text = buf_text(&j->text);
    size_t at = 0;
    for (void *it = json_object_iter(j->tree); it; it = json_object_iter_next(j->tree, it)) {
        struct view raw = next_value(text, &at), key = view_of(json_object_iter_key(it));
        put_value(j, r, key, json_object_iter_value(it), raw, f);
        if (f->text[0]) return;
    }
}

enum status jsonl_next(struct jsonl *j, struct row *r, struct fault *f, int *too_long, int *got,
                       struct err *e) {
    json_error_t why;
    drop_tree(j);
    do {
        *got = read_line(j, too_long, e);
        if (j->in->st != ST_OK) return j->in->st;
        if (j->text.failed)
            return fail(e, ST_NO_MEMORY, "no memory for the row of line %ld", j->line);
    } while (*got && !*too_long && view_trim(buf_text(&j->text)).n == 0);
    row_clear(r, j->line);
    if (!*got) return ST_OK;
    struct view text = buf_text(&j->text);
    if (*too_long) row_fault(f, "the line is over 1 MiB");
    reader_check_text(text, f);
    if (depth_check(text, NULL) != ST_OK) row_fault(f, "nested deeper than %d levels", JSON_DEPTH);
    if (f->text[0]) return ST_OK;
    j->tree = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &why);
    if (!j->tree && json_error_code(&why) == json_error_out_of_memory)
        return fail(e, ST_NO_MEMORY, "no memory for the row of line %ld", j->line);
    if (!j->tree)
        row_fault(f, "not valid JSON, column %d: %s", why.column, why.text);
    else if (!json_is_object(j->tree))
        row_fault(f, "not a JSON object, as in {\"id\":\"1\"}");
    else
        read_object(j, r, f);
    return ST_OK;
}
