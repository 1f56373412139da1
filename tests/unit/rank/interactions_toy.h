/* What the tests of learnt baselines share: a store, small catalogues in it, and what was learnt of
 * them. */
#ifndef TESTS_INTERACTIONS_TOY_H
#define TESTS_INTERACTIONS_TOY_H

#include "kernels/base/os/clock.h"
#include "server/baselines/interactions/interactions_cache.h"
#include "tests/unit/store/store_help.h"

static struct store *store;

static inline const struct interactions *take(struct interactions_cache *l, const char *catalog) {
    struct err e;
    struct arena a;
    struct catalog c;
    const struct interactions *t;
    arena_init(&a, 1 << 20);
    GOOD(store_catalog(store, view_of(catalog), &a, &c, &e));
    GOOD(interactions_cache_take(l, store, view_of(catalog), c.version, NULL, NULL, &t, &e));
    CHECK(t);
    EQ(t->version, c.version);
    arena_free(&a);
    return t;
}

static const char *const items = "{\"id\":\"a\",\"title\":\"A\"}\n{\"id\":\"b\",\"title\":\"B\"}\n"
                                 "{\"id\":\"c\",\"title\":\"C\"}\n{\"id\":\"d\",\"title\":\"D\"}\n"
                                 "{\"id\":\"e\",\"title\":\"E\"}\n";

#define LIKES(member, item) \
    "{\"member\":\"" member "\",\"item\":\"" item "\",\"label\":\"like\",\"at\":1}\n"
#define HATES(member, item) \
    "{\"member\":\"" member "\",\"item\":\"" item "\",\"label\":\"dislike\",\"at\":2}\n"

#endif
