/* Words of tags and wishes, compared by their stems. */
#include "server/rank/tag_name.h"

#include <string.h>

enum { STEM = 3 }; /* letters that must be left of a word when an ending is taken off */

static int in_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c < 0;
}

static char small(char c) {
    return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

/* The next word at or after *at, which moves behind it and its possessive 's; empty at the end. */
static struct view next_word(struct view t, size_t *at) {
    size_t from = *at, to;
    while (from < t.n && !in_word(t.p[from])) from++;
    for (to = from; to < t.n && in_word(t.p[to]);) to++;
    *at = to;
    if (to + 1 < t.n && t.p[to] == '\'' && small(t.p[to + 1]) == 's' &&
        (to + 2 == t.n || !in_word(t.p[to + 2])))
        *at = to + 2;
    return view_sub(t, from, to - from);
}

static int ends(struct view w, const char *end) {
    size_t n = strlen(end);
    if (w.n < n) return 0;
    for (size_t i = 0; i < n; i++)
        if (small(w.p[w.n - n + i]) != end[i]) return 0;
    return 1;
}

/* The word without a plural's ending; *y: the ending stood for a y. */
static struct view stem(struct view w, int *y) {
    static const char *const es[] = {"xes", "ches", "shes", "sses"};
    size_t cut = ends(w, "s") && !ends(w, "ss");
    for (size_t i = 0; i < COUNT(es); i++)
        if (ends(w, es[i])) cut = 2;
    *y = ends(w, "ies") && w.n >= STEM + 3;
    if (*y) cut = 3;
    return w.n >= STEM + cut ? view_sub(w, 0, w.n - cut) : w;
}

static int same_word(struct view a, struct view b) {
    int ya, yb;
    a = stem(a, &ya);
    b = stem(b, &yb);
    if (ya != yb) { /* "comedies" and "comedy" */
        struct view *whole = ya ? &b : &a;
        if (whole->n == 0 || small(whole->p[whole->n - 1]) != 'y') return 0;
        whole->n--;
    }
    if (a.n != b.n) return 0;
    for (size_t i = 0; i < a.n; i++)
        if (small(a.p[i]) != small(b.p[i])) return 0;
    return 1;
}

/* Whether the tag's words stand in the text from `at` on. */
static int stands_at(struct view tag, struct view text, size_t at) {
    size_t words = 0;
    for (size_t k = 0;; words++) {
        struct view want = next_word(tag, &k);
        if (want.n == 0) return words > 0;
        struct view have = next_word(text, &at);
        if (have.n == 0 || !same_word(want, have)) return 0;
    }
}

int tag_named(const char *tag, struct view text) {
    for (size_t at = 0; at < text.n;) {
        if (stands_at(view_of(tag), text, at)) return 1;
        if (next_word(text, &at).n == 0) return 0;
    }
    return 0;
}
