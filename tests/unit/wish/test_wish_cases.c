/* links: wish */
/* The table of wishes (fixtures/wishes): what each is split into, and what its constraints say
 * about each item of its catalogue, which comes twice: as JSONL and as CSV. The tables are written
 * by people who do not know the grammar; fixtures/wishes/README.md has their format. Another folder
 * may be named as argument, and "-v" behind it shows each wish as it was read. */
#include "kernels/base/os/file.h"
#include "server/value/words.h"
#include "server/wish/wish.h"
#include "tests/t.h"

#include <glob.h>
#include <jansson.h>
#include <stdlib.h>

enum { ITEMS_MAX = 64, COLUMNS_MAX = 40, TAGS_MAX = 20, FILE_MAX = 4 << 20, FIELDS_SEEN = 200 };

struct table {
    struct arena a;
    struct item item[ITEMS_MAX];
    int n;
    struct snapshot *s;
};

static int verbose, wrong, cases;

static const char *keep(struct table *t, const char *p, size_t n) {
    const char *c = arena_copy(&t->a, p, n);
    CHECK(c);
    return c;
}

/* --- items */

static void add_tags(struct table *t, struct item *it, json_t *v) {
    const char **tags = ARENA_NEW(&t->a, const char *, TAGS_MAX);
    CHECK(tags);
    it->tags = tags;
    if (json_is_array(v)) {
        size_t i;
        json_t *x;
        json_array_foreach(v, i, x) tags[it->n_tags++] =
            keep(t, json_string_value(x), json_string_length(x));
        return;
    }
    for (const char *p = json_string_value(v); p && *p;) {
        size_t n = strcspn(p, "|");
        tags[it->n_tags++] = keep(t, p, n);
        p += n + (p[n] == '|');
    }
}

static void add_item(struct table *t, json_t *row) {
    struct item *it = &t->item[t->n++];
    CHECK(t->n < ITEMS_MAX);
    *it = (struct item){.row = t->n, .id = "", .title = "", .text = ""};
    const char *key;
    json_t *v, *extra = json_object();
    json_object_foreach(row, key, v) {
        const char *s = json_string_value(v);
        if (strcmp(key, "id") == 0)
            it->id = keep(t, s, strlen(s));
        else if (strcmp(key, "title") == 0)
            it->title = keep(t, s, strlen(s));
        else if (strcmp(key, "text") == 0)
            it->text = keep(t, s, strlen(s));
        else if (strcmp(key, "tags") == 0)
            add_tags(t, it, v);
        else if (!s || *s)
            json_object_set(extra, key, v);
    }
    char *text = json_dumps(extra, JSON_COMPACT);
    it->extra = keep(t, text, strlen(text));
    free(text);
    json_decref(extra);
}

static void items_jsonl(struct table *t, char *text) {
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        json_t *row = json_loads(line, 0, NULL);
        CHECK(row);
        add_item(t, row);
        json_decref(row);
    }
}

/* The next cell of a CSV text, NULL at its end; *last: the row ends with it. */
static char *csv_cell(char **at, int *last) {
    char *from = *at, *out = from, *p = from;
    if (!*p) return NULL;
    if (*p == '"') {
        for (p++; *p && !(*p == '"' && p[1] != '"'); p++) {
            if (*p == '"') p++;
            *out++ = *p;
        }
        p += *p == '"';
    } else {
        while (*p && *p != ',' && *p != '\n' && *p != '\r') *out++ = *p++;
    }
    while (*p == '\r') p++;
    *last = *p != ',';
    *at = p + (*p != 0);
    *out = 0;
    return from;
}

static void items_csv(struct table *t, char *text) {
    char *name[COLUMNS_MAX], *cell;
    int columns = 0, last = 0;
    while (!last && (cell = csv_cell(&text, &last)) != NULL) name[columns++] = cell;
    while (*text) {
        json_t *row = json_object();
        last = 0;
        for (int k = 0; !last && (cell = csv_cell(&text, &last)) != NULL; k++)
            if (k < columns) json_object_set_new(row, name[k], json_string(cell));
        add_item(t, row);
        json_decref(row);
    }
}

static void load(struct table *t, const char *path) {
    struct err e = {.text = ""};
    struct catalog c = {.name = "wishes", .surface = "demo"};
    char *text;
    size_t n;
    arena_init(&t->a, 64 << 20);
    t->n = 0;
    t->s = NULL;
    GOOD(file_read(path, FILE_MAX, &text, &n, &e));
    if (strstr(path, ".csv"))
        items_csv(t, text);
    else
        items_jsonl(t, text);
    mem_free(text);
    GOOD(snapshot_make(&t->s, &c, t->item, t->n, NULL, &e));
}

/* --- one wish */

static int stands(const struct wish *w, int sign, const char *words) {
    char want[400], have[4000];
    word_fold(view_of(words), want, sizeof want);
    for (int i = 0; i < w->n_clauses; i++) {
        size_t from, to;
        word_fold(w->clause[i].text, have, sizeof have);
        if (w->clause[i].sign == sign && words_named(view_of(want), view_of(have), &from, &to))
            return 1;
    }
    return 0;
}

static enum outcome joined(const struct wish *w, const struct table *t, int field, int item) {
    int known = 1, checks = 0;
    for (int i = 0; i < w->n_constraints; i++) {
        if (w->constraint[i].field != field) continue;
        enum outcome o = constraint_outcome(&w->constraint[i], t->s, item);
        checks++;
        if (o == OUTCOME_FAILS) return o;
        if (o == OUTCOME_UNKNOWN) known = 0;
    }
    return checks && known ? OUTCOME_HOLDS : OUTCOME_UNKNOWN;
}

/* All items at once say what each says alone. */
static void in_bulk(const struct wish *w, const struct table *t) {
    unsigned char all[ITEMS_MAX];
    for (int i = 0; i < w->n_constraints; i++) {
        constraint_outcomes(&w->constraint[i], t->s, all);
        for (int k = 0; k < t->n; k++) EQ(all[k], constraint_outcome(&w->constraint[i], t->s, k));
    }
}

static int lists(json_t *array, const char *id) {
    size_t i;
    json_t *v;
    json_array_foreach(array, i, v) if (strcmp(json_string_value(v), id) == 0) return 1;
    return 0;
}

/* What is wrong with one field's outcomes, into out; 0 when nothing is. */
static int differs(const struct wish *w, const struct table *t, json_t *want, char *out,
                   size_t size) {
    static const char *const key[] = {
        [OUTCOME_UNKNOWN] = "unknown", [OUTCOME_HOLDS] = "holds", [OUTCOME_FAILS] = "fails"};
    const char *name = json_string_value(json_object_get(want, "field"));
    int field = snapshot_field(t->s, view_of(name)), checks = 0;
    size_t n = 0;
    for (int i = 0; i < w->n_constraints; i++) checks += w->constraint[i].field == field;
    if (field < 0 || !checks) return snprintf(out, size, "no constraint on %s", name);
    for (int i = 0; i < t->n; i++) {
        enum outcome o = joined(w, t, field, i);
        if (!lists(json_object_get(want, key[o]), t->item[i].id) && n + 40 < size)
            n += (size_t)snprintf(out + n, size - n, " %s %s", t->item[i].id, key[o]);
    }
    return (int)n;
}

static void show(const struct wish *w, const struct table *t) {
    struct arena a;
    struct err e;
    arena_init(&a, 1 << 20);
    for (int i = 0; i < w->n_clauses; i++)
        printf("    %c %.*s [%.*s]\n", w->clause[i].sign > 0 ? '+' : '-', (int)w->clause[i].text.n,
               w->clause[i].text.p, (int)w->clause[i].rest.n, w->clause[i].rest.p);
    for (int i = 0; i < w->n_constraints; i++) {
        const char *words;
        if (constraint_words(&w->constraint[i], t->s, &a, &words, &e) == ST_OK)
            printf("    ? %s  (\"%.*s\")\n", words, (int)w->constraint[i].text.n,
                   w->constraint[i].text.p);
    }
    for (int i = 0; i < w->n_notes; i++) printf("    ! %s\n", w->note[i]);
    arena_free(&a);
}

struct report {
    char text[4000];
    size_t n;
};

static void __attribute__((format(printf, 2, 3))) say(struct report *r, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    if (r->n + 200 < sizeof r->text) r->n += (size_t)vsnprintf(r->text + r->n, 190, fmt, ap);
    va_end(ap);
}

static void check_words(struct report *r, const struct wish *w, json_t *c, const char *key,
                        int sign) {
    size_t i;
    json_t *v;
    json_array_foreach(json_object_get(c, key), i, v) if (!stands(w, sign, json_string_value(v)))
        say(r, "\n  not %s: %s", key, json_string_value(v));
}

static void check_constraints(struct report *r, const struct wish *w, const struct table *t,
                              json_t *c) {
    size_t i;
    json_t *want, *all = json_object_get(c, "constraints"),
                  *optional = json_object_get(c, "optional");
    char text[600];
    json_array_foreach(all, i, want) if (differs(w, t, want, text, sizeof text))
        say(r, "\n  %s: %s", json_string_value(json_object_get(want, "field")), text);
    for (int k = 0; k < w->n_constraints; k++) {
        const char *name = t->s->field[w->constraint[k].field].name;
        int known = lists(optional, name);
        json_array_foreach(all, i, want) known |=
            strcmp(json_string_value(json_object_get(want, "field")), name) == 0;
        if (!known) say(r, "\n  a constraint on %s", name);
    }
}

static void check(const struct table *t, json_t *c, const char *kind) {
    struct report r = {.n = 0}, words = {.n = 0}, limits = {.n = 0};
    struct arena a;
    struct wish w;
    struct when now;
    struct err e = {.text = ""};
    const char *text = json_string_value(json_object_get(c, "wish")),
               *clock = json_string_value(json_object_get(c, "now")),
               *language = json_string_value(json_object_get(c, "language"));
    arena_init(&a, 16 << 20);
    if (!date_parse(view_of(clock ? clock : "2026-11-30T12:00:00Z"), DATE_ANY, &now)) now.from = 0;
    cases++;
    GOOD(wish_read(view_of(text), t->s, now.from, &a, &w, &e));
    in_bulk(&w, t);
    check_words(&r, &w, c, "wanted", 1);
    check_words(&words, &w, c, "unwanted", -1);
    check_constraints(&limits, &w, t, c);
    if (!json_is_true(json_object_get(c, "either")) || (words.n && limits.n))
        say(&r, "%s%s", words.text, limits.text);
    if (json_is_true(json_object_get(c, "warned")) && !w.n_notes) say(&r, "\n  no note");
    if (language && strcmp(language, w.language) != 0)
        say(&r, "\n  language '%s', not '%s'", w.language, language);
    for (int i = 0; strcmp(kind, "not_exclusion") == 0 && i < w.n_clauses; i++)
        if (w.clause[i].sign < 0) say(&r, "\n  an exclusion");
    if (r.n || verbose) {
        printf("%s %s: %s%s\n", r.n ? "WRONG" : "right", kind, text, r.text);
        show(&w, t);
    }
    wrong += r.n > 0;
    EQ(r.n, 0);
    arena_free(&a);
}

static void check_file(const char *items, const char *table) {
    struct table t;
    struct err e = {.text = ""};
    char *text;
    size_t n;
    int before = wrong, first = cases;
    load(&t, items);
    GOOD(file_read(table, FILE_MAX, &text, &n, &e));
    for (char *line = t.s ? strtok(text, "\n") : NULL; line; line = strtok(NULL, "\n")) {
        json_t *c = json_loads(line, 0, NULL);
        CHECK(c);
        check(&t, c, json_string_value(json_object_get(c, "kind")));
        json_decref(c);
    }
    printf("%s: %d of %d right\n", items, cases - first - (wrong - before), cases - first);
    mem_free(text);
    snapshot_free(t.s);
    arena_free(&t.a);
}

int main(int argc, char **argv) {
    const char *folder = argc > 1 ? argv[1] : "fixtures/wishes";
    char pattern[512], items[600];
    glob_t found;
    verbose = argc > 2;
    (void)snprintf(pattern, sizeof pattern, "%s/*.cases.jsonl", folder);
    if (glob(pattern, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++) {
            int stem = (int)(strlen(found.gl_pathv[i]) - strlen(".cases.jsonl"));
            for (int csv = 0; csv < 2; csv++) {
                (void)snprintf(items, sizeof items, "%.*s.items.%s", stem, found.gl_pathv[i],
                               csv ? "csv" : "jsonl");
                check_file(items, found.gl_pathv[i]);
            }
        }
        globfree(&found);
    }
    printf("%d of %d wishes right\n", cases - wrong, cases);
    OK(cases >= (argc > 1 ? 1 : 400));
    return t_end();
}
