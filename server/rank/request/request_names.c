/* What a request's members are called, and what a person may have meant by another name. */
#include "server/rank/request/request_names.h"

#include "kernels/base/view.h"

#include <stdio.h>
#include <string.h>

enum { NAMED_MAX = 4, NAME_BYTES = 40 };

/* Objects of a request and their members; other: words that people use for a member. */
static const struct object {
    const char *name;
    int is_list; /* of such objects */
    struct {
        const char *name, *other;
    } member[24];
} objects[] = {
    {"",
     0,
     {{"catalog", "catalogue dataset collection"},
      {"surface", "domain"},
      {"instruction", "wish query text prompt request instructions question q search"},
      {"member", "user user_id member_id customer person"},
      {"leave_out", "exclude_member"},
      {"examples", "example likes liked positives"},
      {"candidates", "items documents candidate ids item_ids"},
      {"baselines", "baseline methods"},
      {"history", "interactions"},
      {"model", "model_id"},
      {"client", "session client_id"},
      {"preferences", "use_preferences"},
      {"save", "store keep"},
      {"top", "top_k top_n k limit n count"},
      {"seed", "random_seed"},
      {"clauses", "parts"},
      {"now", "time date clock today"},
      {"constraints", "filter filters limits"},
      {"readout", "method mode"}}},
    {"candidates",
     0,
     {{"retrieve", "by method retriever"},
      {"count", "n k limit top size number"},
      {"offset", "from start skip"}}},
    {"history",
     0,
     {{"policy", "method choose by"},
      {"limit", "count n max size"},
      {"tokens", "budget max_tokens"}}},
    {"examples", 1, {{"item", "id item_id"}, {"text", "title"}, {"label", "rating like value"}}},
    {"clauses", 1, {{"text", "clause words"}, {"sign", "polarity label"}, {"weight", "w factor"}}},
};

/* --- what was meant */

/* Small letters and digits only: "top-K" is "topk". */
static size_t plain(const char *name, char out[NAME_BYTES]) {
    size_t n = 0;
    for (; *name && n < NAME_BYTES - 1; name++) {
        char c = *name >= 'A' && *name <= 'Z' ? (char)(*name + 32) : *name;
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) out[n++] = c;
    }
    out[n] = 0;
    return n;
}

static int least(int a, int b, int c) {
    int m = a < b ? a : b;
    return m < c ? m : c;
}

/* How many letters must be added, dropped, replaced or swapped with the next. */
static int distance(const char *a, size_t n, const char *b, size_t m) {
    int d[3][NAME_BYTES + 1], *before = d[0], *last = d[1], *row = d[2];
    for (size_t k = 0; k <= m; k++) last[k] = (int)k;
    for (size_t i = 1; i <= n; i++) {
        row[0] = (int)i;
        for (size_t k = 1; k <= m; k++) {
            row[k] = least(last[k] + 1, row[k - 1] + 1, last[k - 1] + (a[i - 1] != b[k - 1]));
            int swapped = i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1];
            if (swapped && before[k - 2] + 1 < row[k]) row[k] = before[k - 2] + 1;
        }
        int *oldest = before;
        before = last, last = row, row = oldest;
    }
    return last[m];
}

static int is_other(const char *others, const char *name) {
    char word[NAME_BYTES];
    for (const char *p = others; *p;) {
        size_t n = strcspn(p, " ");
        char own[NAME_BYTES];
        memcpy(own, p, n);
        own[n] = 0;
        plain(own, word);
        if (strcmp(word, name) == 0) return 1;
        p += n + (p[n] == ' ');
    }
    return 0;
}

/* The member that a name was meant for, or NULL. */
static const char *meant(const struct object *o, const char *name) {
    char have[NAME_BYTES], want[NAME_BYTES];
    const char *best = NULL;
    size_t n = plain(name, have);
    int at_most = n < 4 ? 0 : n < 7 ? 1 : 2;
    for (int i = 0; o->member[i].name; i++)
        if (is_other(o->member[i].other, have)) return o->member[i].name;
    for (int i = 0; o->member[i].name; i++) {
        int d = distance(have, n, want, plain(o->member[i].name, want));
        if (d > at_most) continue;
        at_most = d - 1;
        best = o->member[i].name;
    }
    return best;
}

/* --- all of a request */

struct naming {
    struct arena *a;
    const char *text; /* NULL: nothing yet */
    int n;
};

/* The first bytes of a name, whole characters. */
static int shown(const char *name) {
    size_t n = strlen(name);
    if (n <= 32) return (int)n;
    for (n = 32; n > 0 && (name[n] & 0xC0) == 0x80;) n--;
    return (int)n;
}

static enum status say(struct naming *x, const struct object *o, const char *key, struct err *e) {
    char where[2 * NAME_BYTES], hint[3 * NAME_BYTES] = "";
    const char *dot = o->name[0] ? "." : "", *better = meant(o, key);
    if (++x->n > NAMED_MAX) return ST_OK;
    snprintf(where, sizeof where, "%s%s%.*s", o->name, dot, shown(key), key);
    if (better) snprintf(hint, sizeof hint, " (did you mean %s%s%s?)", o->name, dot, better);
    x->text =
        arena_printf(x->a, "%s%s%s%s", x->text ? x->text : "", x->text ? ", " : "", where, hint);
    return x->text ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for the request");
}

static int is_member(const struct object *o, const char *const *also, const char *key) {
    for (int i = 0; o->member[i].name; i++)
        if (strcmp(o->member[i].name, key) == 0) return 1;
    for (; also && *also; also++)
        if (strcmp(*also, key) == 0) return 1;
    return 0;
}

static enum status object_unknown(struct naming *x, const struct object *o, json_t *v,
                                  const char *const *also, struct err *e) {
    const char *key;
    json_t *member;
    json_object_foreach(v, key, member) if (!is_member(o, also, key)) TRY(say(x, o, key, e));
    return ST_OK;
}

enum status request_unknown(json_t *top, const char *const *also, struct arena *a, const char **out,
                            struct err *e) {
    struct naming x = {.a = a};
    *out = NULL;
    TRY(object_unknown(&x, &objects[0], top, also, e));
    for (size_t i = 1; i < COUNT(objects); i++) {
        json_t *v = json_object_get(top, objects[i].name), *one;
        size_t k;
        if (!objects[i].is_list) TRY(object_unknown(&x, &objects[i], v, NULL, e));
        if (objects[i].is_list)
            json_array_foreach(v, k, one) TRY(object_unknown(&x, &objects[i], one, NULL, e));
    }
    *out = x.text;
    if (x.n <= NAMED_MAX) return ST_OK;
    *out = arena_printf(a, "%s and %d more", x.text, x.n - NAMED_MAX);
    return *out ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for the request");
}
