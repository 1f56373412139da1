/* links: api */
/* The scale of relevances: its range, its order, its middle, and what is kept of the references. */
#include "server/api/kit/relevance.h"
#include "tests/t.h"

#include <math.h>

static const double even[RELEVANCE_REFERENCES] = {-1, 1, -1, 1, -1, 1, -1, 1};

static void scale(void) {
    double last = 0;
    for (double raw = -1000; raw <= 1000; raw += raw > -20 && raw < 20 ? .01 : 1) {
        double r = relevance_of(raw, even);
        OK(r > 1e-6 && r < 1 - 1e-6 && r >= last);
        if (raw > -20 && raw < 20) OK(r > last);
        last = r;
    }
    NEAR(relevance_of(1.42, even), .5, 1e-12); /* mean 0, deviation 1 */
    OK(relevance_of(1.41, even) < .5 && relevance_of(1.43, even) > .5);
    /* Moved and widened with the references: the same. */
    double other[RELEVANCE_REFERENCES], equal[RELEVANCE_REFERENCES] = {0};
    for (int i = 0; i < RELEVANCE_REFERENCES; i++) other[i] = 7 + 3 * even[i];
    for (double z = -5; z < 5; z += .25)
        NEAR(relevance_of(7 + 3 * z, other), relevance_of(z, even), 1e-9);
    /* References that agree have a deviation of .3 all the same. */
    NEAR(relevance_of(.3 * 1.42, equal), .5, 1e-12);
    for (int i = 0; i < RELEVANCE_REFERENCES; i++) OK(relevance_reference[i][0] != 0);
}

static void memo(void) {
    struct relevance_memo m;
    double out[RELEVANCE_REFERENCES], value[RELEVANCE_REFERENCES] = {0};
    char key[16];
    relevance_memo_init(&m);
    OK(!relevance_recall(&m, "k0", out));
    for (int i = 0; i < RELEVANCE_KEPT + 3; i++) {
        snprintf(key, sizeof key, "k%d", i);
        value[7] = i;
        relevance_keep(&m, key, value);
        OK(relevance_recall(&m, key, out) && out[7] == i);
    }
    for (int i = 0; i < RELEVANCE_KEPT + 3; i++) {
        snprintf(key, sizeof key, "k%d", i);
        EQ(relevance_recall(&m, key, out), i >= 3); /* the oldest made room */
        if (i >= 3) EQ(out[7], i);
    }
}

int main(void) {
    scale();
    memo();
    return t_end();
}
