/* Where the rows of a JSON text are, and reading them one at a time by jansson: its parser never
 * sees more than a row. */
#include "server/import/source/json.h"

#include "server/import/source/python.h"
#include "server/import/cell/trim.h"
#include "server/store/sql/depth.h"
#include "server/store/sql/json_memory.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* --- spans of values, without reading them */

/* The end of the string whose opening quote is at i. */
static size_t string_end(struct view v, size_t i) {
    for (i++; i < v.n && v.p[i] != '"'; i++)
        if (v.p[i] == '\\') i++;
    return i < v.n ? i + 1 : v.n;
}

static size_t blanks_end(struct view v, size_t i) {
    while (i < v.n && (v.p[i] == ' ' || v.p[i] == '\t' || v.p[i] == '\n' || v.p[i] == '\r')) i++;
    return i;
}

/* The same in a text that may be long. */
static size_t far_string_end(const struct json_reader *j, size_t i) {
    struct view v = j->text;
    for (i++; i < v.n && v.p[i] != '"'; i++) {
        if (v.p[i] == '\\') i++;
        if ((i & 0xfffff) == 0 && j->spool) spool_pass(j->spool, i);
    }
    return i < v.n ? i + 1 : v.n;
}

/* The end of the value that begins at i; v.n + 1 when the text ends inside it, or it goes on for
 * more than max bytes. */
static size_t value_end(const struct json_reader *j, size_t i, size_t max) {
    struct view v = view_sub(j->text, 0, max < j->text.n - i ? i + max + 1 : j->text.n);
    struct json_reader within = {.text = v, .spool = j->spool};
    size_t broken = j->text.n + 1;
    long depth = 0;
    for (; i < v.n; i++) {
        char c = v.p[i];
        if ((i & 0xfffff) == 0 && j->spool) spool_pass(j->spool, i);
        if (c == '"') {
            i = far_string_end(&within, i) - 1;
            if (i + 1 >= v.n && (depth > 0 || v.p[v.n - 1] != '"')) return broken;
            if (depth == 0) return i + 1;
        } else if (c == '{' || c == '[')
            depth++;
        else if (c == '}' || c == ']') {
            if (depth == 0) return i;
            if (--depth == 0) return i + 1;
        } else if (depth == 0 && (c == ',' || c == '\n'))
            return i;
    }
    return depth > 0 || v.n < j->text.n ? broken : v.n;
}

struct view json_next_value(struct view v, size_t *at) {
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

/* --- finding the rows */

static long lines_between(struct view v, size_t from, size_t to) {
    long n = 0;
    for (const char *p = v.p + from, *end = v.p + to;
         p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
        n++;
    return n;
}

static void rows_at(struct json_reader *j, enum json_form form, size_t at) {
    j->form = form;
    j->first = at;
    j->first_line = 1 + lines_between(j->text, 0, at);
}

/* Whether the list at i has objects for members. */
static int lists_objects(struct view v, size_t i) {
    i = blanks_end(v, i + 1);
    return i < v.n && v.p[i] == '{';
}

/* Looks through an object for the list that holds the rows: the longest list of objects among its
 * members, or in an object among them. The place of its bracket, 0 when there is none. */
static size_t find_list(const struct json_reader *j, size_t at, int depth, char *path,
                        size_t path_n, size_t *length) {
    struct view v = j->text;
    size_t best = 0, i = at + 1;
    char below[120];
    while (i < v.n) {
        i = blanks_end(v, i);
        if (i >= v.n || v.p[i] != '"') break;
        size_t key = i + 1;
        i = string_end(v, i);
        struct view name = view_sub(v, key, i - key - 1);
        i = blanks_end(v, i);
        if (i >= v.n || v.p[i] != ':') break;
        i = blanks_end(v, i + 1);
        if (i >= v.n) break;
        size_t end = value_end(j, i, v.n), inner = 0, found = 0;
        below[0] = 0;
        if (v.p[i] == '[' && lists_objects(v, i)) {
            found = i;
            inner = end - i;
        } else if (v.p[i] == '{' && depth > 0)
            found = find_list(j, i, depth - 1, below, sizeof below, &inner);
        if (found && inner > *length) {
            best = found;
            *length = inner;
            snprintf(path, path_n, "%.*s%s%s", (int)(name.n < 40 ? name.n : 40), name.p,
                     below[0] ? "." : "", below);
        }
        i = blanks_end(v, end);
        if (i >= v.n || v.p[i] != ',') break;
        i++;
    }
    return best;
}

/* An object of its own, not a wrapper: it has what a row has. */
static int is_row(struct view object) {
    json_t *tree = object.n <= JSON_ROW_MAX && depth_check(object, NULL) == ST_OK
                       ? json_loadb(object.p, object.n, JSON_DECODE_INT_AS_REAL, NULL)
                       : NULL;
    static const char *const wrappers[] = {
        "items",   "products", "results", "data",   "records", "rows",
        "entries", "articles", "posts",   "docs",   "list",    "hits",
        "books",   "movies",   "films",   "shows",  "games",   "songs",
        "tracks",  "jobs",     "events",  "offers", "courses", "listings",
        "recipes", "features", "@graph",  "stores", "places",  "itemListElement"};
    int scalars = 0, named = 0, list = 0;
    const char *key;
    json_t *value;
    json_object_foreach(tree, key, value) {
        static const char *const names[] = {"id", "title", "name", "ID", "Title", "Name"};
        int plain = !json_is_array(value) && !json_is_object(value);
        for (size_t i = 0; i < COUNT(wrappers); i++)
            list |= strcasecmp(key, wrappers[i]) == 0 && json_is_object(json_array_get(value, 0));
        scalars += plain && key[0] != '@';
        for (size_t i = 0; i < COUNT(names); i++) named += plain && strcmp(key, names[i]) == 0;
    }
    /* A dataset has a name, too; a row has one beside an id. */
    int row = !list && (named >= 2 || (scalars >= 3 && named));
    json_decref(tree);
    return row;
}

/* An object whose members are all objects is a list under names: {"b1":{...},"b2":{...}}. */
static int names_objects(const struct json_reader *j, size_t at) {
    struct view v = j->text;
    int n = 0;
    size_t i = at + 1;
    for (; n < 100; n++) {
        i = blanks_end(v, i);
        if (i >= v.n || v.p[i] != '"') return 0;
        i = blanks_end(v, string_end(v, i));
        if (i >= v.n || v.p[i] != ':') return 0;
        i = blanks_end(v, i + 1);
        if (i >= v.n || v.p[i] != '{') return 0;
        i = blanks_end(v, value_end(j, i, JSON_ROW_MAX));
        if (i >= v.n || v.p[i] != ',') break;
        i++;
    }
    return n >= 1 && i < v.n;
}

int json_find(struct json_reader *j, struct view text, struct spool *spool) {
    *j = (struct json_reader){.text = text, .spool = spool, .first_line = 1};
    size_t at = blanks_end(text, 0);
    if (at >= text.n || (text.p[at] != '{' && text.p[at] != '[')) return 0;
    if (text.p[at] == '[') {
        /* A line such as [1] among others is a fault of JSON lines, told by the same words. */
        rows_at(j, JSON_LIST, at + 1);
        return 1;
    }
    size_t end = value_end(j, at, text.n), length = 0;
    size_t line = spool_find(spool, text, at, '\n');
    rows_at(j, JSON_LINES, 0);
    if (end > text.n) return 1;
    size_t rest = blanks_end(text, end);
    if (rest < text.n) {
        if (end > line && text.p[rest] == '{') rows_at(j, JSON_STREAM, 0);
        return 1;
    }
    struct view object = view_sub(text, at, end - at);
    size_t list = is_row(object) ? 0 : find_list(j, at, 3, j->path, sizeof j->path, &length);
    if (list)
        rows_at(j, JSON_LIST, list + 1);
    else if (names_objects(j, at))
        rows_at(j, JSON_NAMED, at + 1);
    else if (end > line)
        rows_at(j, JSON_STREAM, 0);
    return 1;
}

void json_rewind(struct json_reader *j) {
    j->at = j->first;
    j->line = j->first_line;
    j->ended = 0;
}

void json_close(struct json_reader *j) {
    json_decref(j->tree);
    json_decref(j->key);
    buf_free(&j->python);
    j->tree = j->key = NULL;
}

/* --- reading */

/* The row becomes JSON in memory of the reader. */
static int read_python(struct json_reader *j) {
    buf_init(&j->python, 2 * JSON_ROW_MAX);
    python_to_json(j->row, &j->python);
    j->row = buf_text(&j->python);
    return !j->python.failed;
}

static enum json_got load(struct json_reader *j, char why[200]) {
    json_error_t je;
    if (j->row.n > JSON_ROW_MAX) return JSON_TOO_LONG;
    if (python_begins(j->row) && !read_python(j)) return JSON_NO_MEMORY;
    struct view v = j->row;
    if (!utf8_valid(v)) {
        j->damage = 1;
        snprintf(why, 200, "%s",
                 memchr(v.p, 0, v.n) ? "the row holds a NUL byte; save the file as UTF-8 text"
                                     : "the row is not UTF-8");
        return JSON_FAULT;
    }
    if (depth_check(v, NULL) != ST_OK) {
        snprintf(why, 200, "nested deeper than %d levels", JSON_DEPTH);
        return JSON_FAULT;
    }
    /* Integers of any length: their text is what is kept. */
    j->tree = json_read(v, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &je);
    if (j->tree && j->form == JSON_NAMED && utf8_valid(j->name)) {
        j->key = json_read(j->name, JSON_DECODE_ANY, &je);
        if (!j->key && json_error_code(&je) == json_error_out_of_memory) return JSON_NO_MEMORY;
    }
    if (j->tree && j->form == JSON_NAMED && !json_is_string(j->key)) {
        snprintf(why, 200, "the name that the object stands under cannot be read");
        json_close(j);
        return JSON_FAULT;
    }
    if (j->tree && json_is_object(j->tree)) return JSON_ROW;
    if (j->tree || (v.n && v.p[0] != '{')) {
        snprintf(why, 200, "not a JSON object, as in {\"id\":\"1\"}");
        json_close(j);
        return JSON_FAULT;
    }
    if (json_error_code(&je) == json_error_out_of_memory) return JSON_NO_MEMORY;
    snprintf(why, 200, "not valid JSON, column %d: %.120s", je.column, je.text);
    return JSON_FAULT;
}

/* A first or last line whose brackets are open: the text is no lines, or was cut off. */
static int is_open(const struct json_reader *j) {
    struct json_reader row = {.text = j->row};
    if (j->row_at != j->first && j->at < j->text.n) return 0;
    return j->row.n && (j->row.p[0] == '{' || j->row.p[0] == '[') &&
           value_end(&row, 0, j->row.n) > j->row.n;
}

static enum json_got next_line(struct json_reader *j, char why[200]) {
    while (j->at < j->text.n) {
        size_t end = spool_find(j->spool, j->text, j->at, '\n'), n = end - j->at;
        j->row_at = j->at;
        j->row_line = j->line++;
        j->at = end + (end < j->text.n);
        if (n > JSON_ROW_MAX) return JSON_TOO_LONG;
        j->row = view_trim(view_sub(j->text, j->row_at, n));
        /* Lines of a list without its brackets end in commas. */
        if (j->row.n > 1 && j->row.p[j->row.n - 1] == ',')
            j->row = view_trim(view_sub(j->row, 0, j->row.n - 1));
        if (!j->row.n) continue;
        enum json_got got = load(j, why);
        j->damage |= got == JSON_FAULT && is_open(j);
        return got;
    }
    return JSON_END;
}

/* To the beginning of the next line that opens an object, or the end. */
static void resync(struct json_reader *j) {
    struct view v = j->text;
    size_t i = j->row_at;
    j->line = j->row_line;
    while ((i = spool_find(j->spool, v, i, '\n')) < v.n) {
        size_t at = ++i;
        j->line++;
        while (at < v.n && (v.p[at] == ' ' || v.p[at] == '\t')) at++;
        if (at < v.n && v.p[at] == '{') break;
    }
    j->at = i;
}

static enum json_got next_value(struct json_reader *j, char why[200]) {
    struct view v = j->text;
    size_t i = j->at;
    j->name = (struct view){"", 0};
    for (;;) {
        size_t from = i;
        i = blanks_end(v, i);
        j->line += lines_between(v, from, i);
        if (j->form == JSON_STREAM || i >= v.n || v.p[i] != ',') break;
        i++;
    }
    j->at = i;
    j->cut = !j->ended && i >= v.n && j->form != JSON_STREAM;
    if (j->ended || i >= v.n) return JSON_END;
    if ((j->form == JSON_LIST && v.p[i] == ']') || (j->form == JSON_NAMED && v.p[i] == '}')) {
        j->ended = 1;
        return JSON_END;
    }
    if (j->form == JSON_NAMED && v.p[i] == '"') {
        size_t key = i;
        i = string_end(v, i);
        j->name = view_sub(v, key, i - key);
        i = blanks_end(v, i);
        if (i < v.n && v.p[i] == ':') i++;
        i = blanks_end(v, i);
        j->line += lines_between(v, key, i);
    }
    j->row_at = i;
    j->row_line = j->line;
    size_t end = value_end(j, i, JSON_ROW_MAX);
    if (end > v.n) {
        int is_long = v.n - i > JSON_ROW_MAX;
        resync(j);
        if (is_long) return JSON_TOO_LONG;
        j->damage = 1;
        snprintf(why, 200,
                 "not valid JSON: a bracket or quote that is opened here is never closed");
        return JSON_FAULT;
    }
    if (end == i) end = i + 1;
    j->row = view_sub(v, i, end - i);
    j->line += lines_between(v, i, end);
    j->at = end;
    return load(j, why);
}

enum json_got json_next(struct json_reader *j, char why[200]) {
    json_close(j);
    why[0] = 0;
    j->damage = 0;
    return j->form == JSON_LINES ? next_line(j, why) : next_value(j, why);
}
