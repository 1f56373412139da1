/* Lists in XML by expat: elements of known item names become objects. */
#include "server/import/feed.h"
#include "server/store/json_memory.h"

#include "kernels/base/arena.h"
#include "kernels/base/buf.h"

#include <expat.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { FIELD_MAX = 1 << 20 };

struct reader {
    XML_Parser parser;
    struct spool_writer *out;
    struct err *e;
    json_t *row; /* the item that is open */
    int depth, item_depth;
    char field[100]; /* of its child that is open */
    struct buf text;
    long *line;
    size_t n, cap;
    int no_memory;
    enum status st;
};

/* Without a prefix: "g:price" and "content:encoded" keep theirs where it tells them apart. */
static const char *local(const char *name) {
    const char *colon = strrchr(name, ':');
    return colon ? colon + 1 : name;
}

static int is_item(const char *name) {
    static const char *const names[] = {
        "item", "entry", "product", "offer",   "job",      "listing", "row", "record",  "movie",
        "film", "book",  "event",   "vacancy", "property", "article", "doc", "position"};
    for (size_t i = 0; i < COUNT(names); i++)
        if (strcasecmp(local(name), names[i]) == 0) return 1;
    return 0;
}

static void put(struct reader *r, const char *key, struct view v) {
    v = view_trim(v);
    if (!v.n || !r->row || r->no_memory) return;
    json_t *value = json_stringn(v.p, v.n), *old = json_object_get(r->row, key);
    if (!value) {
        r->no_memory = 1;
        return;
    }
    if (!old)
        json_object_set_new(r->row, key, value);
    else if (json_is_array(old))
        json_array_append_new(old, value);
    else
        json_object_set_new(r->row, key, json_pack("[O,o]", old, value));
}

static void put_attribute(struct reader *r, const char **attr, const char *name, const char *key) {
    for (int i = 0; attr[i]; i += 2)
        if (strcmp(attr[i], name) == 0) put(r, key, view_of(attr[i + 1]));
}

static void add_line(struct reader *r) {
    if (r->n == r->cap) {
        size_t cap = r->cap ? r->cap * 2 : 1024;
        long *more = mem_grow(r->line, r->n * sizeof *more, cap * sizeof *more);
        if (!more) {
            r->no_memory = 1;
            return;
        }
        r->line = more;
        r->cap = cap;
    }
    r->line[r->n++] = (long)XML_GetCurrentLineNumber(r->parser);
}

static void opened(void *arg, const char *name, const char **attr) {
    struct reader *r = arg;
    r->depth++;
    if (!r->row) {
        if (r->depth < 2 || !is_item(name)) return;
        r->row = json_object();
        r->no_memory |= r->row == NULL;
        r->item_depth = r->depth;
        add_line(r);
        for (int i = 0; attr[i]; i += 2) put(r, local(attr[i]), view_of(attr[i + 1]));
    } else if (r->depth == r->item_depth + 1) {
        snprintf(r->field, sizeof r->field, "%s",
                 strncmp(name, "content:", 8) == 0 ? name : local(name));
        buf_clear(&r->text);
        /* Atom's links and categories are attributes. */
        put_attribute(r, attr, "href", r->field);
        put_attribute(r, attr, "term", r->field);
    }
}

static void characters(void *arg, const char *p, int n) {
    struct reader *r = arg;
    if (r->row && r->depth > r->item_depth) buf_add(&r->text, p, (size_t)n);
}

static void write_row(struct reader *r) {
    /* A feed's link is what tells its items apart where it gives no guid. */
    if (!json_object_get(r->row, "guid") && !json_object_get(r->row, "id")) {
        json_t *link = json_object_get(r->row, "link");
        if (json_is_string(link) && json_string_length(link) <= STORE_ID_MAX)
            json_object_set(r->row, "guid", link);
    }
    char *text = json_dumps(r->row, JSON_COMPACT);
    if (text) {
        spool_write(r->out, text, strlen(text), r->e);
        spool_write(r->out, "\n", 1, r->e);
    } else
        r->no_memory = 1;
    json_text_free(text);
}

static void closed(void *arg, const char *name) {
    struct reader *r = arg;
    (void)name;
    if (r->row && r->depth == r->item_depth + 1) {
        put(r, r->field, buf_text(&r->text));
    } else if (r->row && r->depth == r->item_depth + 2) {
        buf_str(&r->text, " ");
    } else if (r->row && r->depth == r->item_depth) {
        write_row(r);
        json_decref(r->row);
        r->row = NULL;
    }
    r->depth--;
    if (r->no_memory || r->out->st != ST_OK) (void)XML_StopParser(r->parser, XML_FALSE);
}

static enum status bad_xml(struct reader *r, struct err *e) {
    enum XML_Error code = XML_GetErrorCode(r->parser);
    if (r->out->st != ST_OK) return r->out->st;
    if (r->no_memory || code == XML_ERROR_NO_MEMORY)
        return fail(e, ST_NO_MEMORY, "no memory to read the XML");
    (void)fail(e, ST_BAD_INPUT, "the XML cannot be read: %s", XML_ErrorString(code));
    err_line(e, (long)XML_GetCurrentLineNumber(r->parser));
    err_hint(e, "a feed must be well-formed XML; a page of HTML is none");
    return ST_BAD_INPUT;
}

static enum status parse(struct reader *r, struct view text, struct err *e) {
    enum { PIECE = 1 << 20 };
    for (size_t at = 0;;) {
        size_t n = text.n - at < PIECE ? text.n - at : PIECE;
        int last = at + n == text.n;
        if (XML_Parse(r->parser, text.p + at, (int)n, last) != XML_STATUS_OK) return bad_xml(r, e);
        at += n;
        if (last) break;
    }
    if (r->n) return ST_OK;
    (void)fail(e, ST_BAD_INPUT, "the XML holds no items");
    err_hint(e,
             "items are elements named item, entry, product, offer, job, listing, record or row");
    err_line(e, 1);
    return ST_BAD_INPUT;
}

enum status feed_read(struct spool *s, long **line, size_t *n, struct err *e) {
    struct spool_writer w;
    struct reader r = {.out = &w, .e = e};
    *line = NULL;
    TRY(spool_writer_open(&w, s, e));
    buf_init(&r.text, FIELD_MAX);
    /* The spool is UTF-8 by now, whatever the declaration says. */
    r.parser = XML_ParserCreate("UTF-8");
    enum status st = ST_OK;
    if (!r.parser)
        st = fail(e, ST_NO_MEMORY, "no memory to read the XML");
    else {
        XML_SetUserData(r.parser, &r);
        XML_SetElementHandler(r.parser, opened, closed);
        XML_SetCharacterDataHandler(r.parser, characters);
        st = parse(&r, s->text, e);
        XML_ParserFree(r.parser);
    }
    json_decref(r.row);
    buf_free(&r.text);
    st = spool_writer_end(&w, s, st, e);
    if (st != ST_OK) {
        mem_free(r.line);
        return st;
    }
    *line = r.line;
    *n = r.n;
    return ST_OK;
}
