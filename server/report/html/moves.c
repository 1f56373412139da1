/* What moved, in sentences. */
#include "server/report/html/moves.h"

#include "server/report/html/text.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static int has_place(json_t *v) {
    return json_is_integer(json_object_get(v, "rank")) &&
           !json_is_null(json_object_get(v, "score"));
}

struct places places_columns(json_t *items) {
    struct places c = {.n = 0};
    json_t *item, *v;
    const char *name;
    size_t i;
    json_array_foreach(items, i, item) {
        json_object_foreach(json_object_get(item, "baselines"), name, v) {
            int k = 0;
            while (k < c.n && strcmp(c.name[k], name) != 0) k++;
            if (k == c.n && c.n < PLACES && has_place(v)) c.name[c.n++] = name;
        }
    }
    return c;
}

/* The baseline's rank of an item, 0 where it has none. */
long long places_of(json_t *item, const char *baseline) {
    json_t *v = json_object_get(json_object_get(item, "baselines"), baseline);
    return has_place(v) ? json_integer_value(json_object_get(v, "rank")) : 0;
}

enum { MOVERS_UP = 3, MOVERS_DOWN = 2 };

/* The order to compare with: the plainest that there is. */
static const char *against(const struct places *c) {
    static const char *const plain[] = {"popularity", "recency", "ease", "item_knn"};
    for (size_t p = 0; p < sizeof plain / sizeof *plain; p++)
        for (int k = 0; k < c->n; k++)
            if (strcmp(plain[p], c->name[k]) == 0) return c->name[k];
    return NULL;
}

static long long moved_by(json_t *item, const char *from) {
    long long at = places_of(item, from);
    return at ? at - json_integer_value(json_object_get(item, "rank")) : 0;
}

/* The part of the wish that did most for an item, -1 where nothing did. */
static int best_part(json_t *item, int sign) {
    json_t *v;
    size_t i;
    int best = -1;
    double most = 0;
    json_array_foreach(json_object_get(item, "clauses"), i, v) {
        if (sign * json_number_value(v) <= most) continue;
        most = sign * json_number_value(v);
        best = (int)i;
    }
    return best;
}

static void put_move(struct buf *b, json_t *top, json_t *item, const char *from) {
    long long by = moved_by(item, from), rank = json_integer_value(json_object_get(item, "rank"));
    int part = best_part(item, by > 0 ? 1 : -1);
    buf_str(b, "<li>");
    html_own(b, "b", html_member(item, "title"));
    buf_printf(b, " stands at %lld, %lld %s %s by ", rank, llabs(by),
               llabs(by) == 1 ? "place" : "places", by > 0 ? "higher than" : "lower than");
    html_put(b, view_of(from));
    if (part >= 0) {
        json_t *c = json_array_get(json_object_get(top, "clauses"), (size_t)part);
        buf_printf(b, ", %s most by \xe2\x80\x9c", by > 0 ? "lifted" : "held down");
        html_own(b, "bdi", html_member(c, "text"));
        buf_printf(
            b, "\xe2\x80\x9d (%+.2f)",
            json_number_value(json_array_get(json_object_get(item, "clauses"), (size_t)part)));
    }
    buf_str(b, ".</li>\n");
}

/* The farthest up, then the farthest down; an item is named once. */
void html_moves(struct buf *b, json_t *top, json_t *items, const struct places *c) {
    const char *from = against(c);
    if (!from) return;
    for (int sign = 1, any = 0; sign >= -1; sign -= 2) {
        long long last = LLONG_MAX, last_rank = 0;
        for (int n = sign > 0 ? MOVERS_UP : MOVERS_DOWN; n > 0; n--) {
            json_t *item, *best = NULL;
            long long most = 0;
            size_t i;
            json_array_foreach(items, i, item) {
                long long by = sign * moved_by(item, from),
                          rank = json_integer_value(json_object_get(item, "rank"));
                int after = by < last || (by == last && rank > last_rank);
                if (after && by > most) most = by, best = item;
            }
            if (!best) break;
            if (!any++) buf_str(b, "<section class=\"moved\">\n<h2>What moved</h2>\n<ul>\n");
            put_move(b, top, best, from);
            last = most;
            last_rank = json_integer_value(json_object_get(best, "rank"));
        }
        if (sign < 0 && any) buf_str(b, "</ul>\n</section>\n");
    }
}
