/* Lists in XML by expat: elements of known item names become objects. */
#include "server/import/source/feed.h"
#include "server/store/sql/json_memory.h"

#include "kernels/base/arena.h"
#include "kernels/base/buf.h"

#include <expat.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { FIELD_MAX = 1 << 20 };

/* How often each name came at the depths where a list may be. */
enum { NAMES = 64, LEVELS = 4 };
struct names {
    struct {
        char name[64];
        int depth;
        long n;
    } at[NAMES];
    int n;
};

struct reader {
    int level; /* 0: items by their names; else the depth of those named so */
    const char *name;
    struct names *names; /* counted where level is 0 */
    XML_Parser parser;
    struct spool_writer *out;
    struct err *e;
    json_t *row; /* the item that is open */
    int depth, item_depth;
    char field[100]; /* of its child that is open */
    struct buf text;
    int page; /* of HTML */
    long *line;
    size_t n, cap, rich; /* items; those that hold more than one thing */
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

static void count(struct names *c, const char *name, int depth) {
    int i = 0;
    if (depth < 2 || depth > LEVELS) return;
    while (i < c->n && (c->at[i].depth != depth || strcmp(c->at[i].name, name) != 0)) i++;
    if (i == c->n) {
        if (i == NAMES || strlen(name) >= sizeof c->at[i].name) return;
        strcpy(c->at[i].name, name);
        c->at[i].depth = depth;
        c->at[c->n++].n = 0;
    }
    c->at[i].n++;
}

/* The name that most elements of a depth have, NULL where none comes twice. */
static const char *most(const struct names *c, int depth) {
    long n = 1;
    const char *name = NULL;
    for (int i = 0; i < c->n; i++)
        if (c->at[i].depth == depth && c->at[i].n > n) {
            n = c->at[i].n;
            name = c->at[i].name;
        }
    return name;
}

/* Whether an item begins here. */
static int begins(const struct reader *r, const char *name) {
    if (r->level == 0) return r->depth >= 2 && is_item(name);
    return r->depth == r->level && strcmp(r->name, name) == 0;
}

static void put(struct reader *r, const char *key, struct view v) {
    v = view_trim(v);
    if (!v.n || !r->row || r->no_memory) return;
    json_t *value = json_stringn(v.p, v.n), *old = json_object_get(r->row, key);
    if (value && json_equal(value, old)) { /* said twice, in two vocabularies */
        json_decref(value);
        return;
    }
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
    r->page |= r->depth == 1 && strcasecmp(name, "html") == 0;
    if (r->level == 0) count(r->names, name, r->depth);
    if (!r->row) {
        if (!begins(r, name)) return;
        r->row = json_object();
        r->no_memory |= r->row == NULL;
        r->item_depth = r->depth;
        add_line(r);
        for (int i = 0; attr[i]; i += 2) put(r, local(attr[i]), view_of(attr[i + 1]));
    } else if (r->depth == r->item_depth + 1) {
        int own = strncmp(name, "content:", 8) == 0 || strncmp(name, "itunes:", 7) == 0;
        snprintf(r->field, sizeof r->field, "%s", own ? name : local(name));
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
    r->rich += json_object_size(r->row) > 1;
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
    return ST_OK;
}

static enum status no_items(struct err *e) {
    (void)fail(e, ST_BAD_INPUT, "the XML holds no items");
    err_hint(e,
             "items are elements named item, entry, product, offer, job, listing, record or row, "
             "or others that repeat below the first element");
    err_line(e, 1);
    return ST_BAD_INPUT;
}

/* Items of a level are elements that repeat and hold others; a page has none. */
static int found(const struct reader *r) {
    if (r->level == 0) return r->n > 0;
    return r->n >= 2 && r->rich * 2 >= r->n && !r->page;
}

static enum status parse_all(struct reader *r, struct view text, struct err *e) {
    /* The spool is UTF-8 by now, whatever the declaration says. */
    r->parser = XML_ParserCreate("UTF-8");
    if (!r->parser) return fail(e, ST_NO_MEMORY, "no memory to read the XML");
    XML_SetUserData(r->parser, r);
    XML_SetElementHandler(r->parser, opened, closed);
    XML_SetCharacterDataHandler(r->parser, characters);
    enum status st = parse(r, text, e);
    XML_ParserFree(r->parser);
    json_decref(r->row);
    return st;
}

static enum status read_level(struct spool *s, struct reader *r, int *none, struct err *e) {
    struct spool_writer w;
    r->out = &w;
    TRY(spool_writer_open(&w, s, e));
    buf_init(&r->text, FIELD_MAX);
    enum status st = parse_all(r, s->text, e);
    buf_free(&r->text);
    *none = st == ST_OK && !found(r);
    return spool_writer_end(&w, s, *none ? no_items(e) : st, e);
}

enum status feed_read(struct spool *s, long **line, size_t *n, struct err *e) {
    struct names names = {.n = 0};
    enum status st = ST_OK;
    *line = NULL;
    for (int level = 0, none = 1; level <= LEVELS && none; level += 1 + !level) {
        struct reader r = {.level = level, .name = most(&names, level), .names = &names, .e = e};
        if (level && !r.name) continue;
        st = read_level(s, &r, &none, e);
        if (st != ST_OK) mem_free(r.line);
        *line = st == ST_OK ? r.line : NULL;
        *n = r.n;
    }
    return st;
}
