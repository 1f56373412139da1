/* Sorting places by a number. */
#ifndef RANK_KEYED_H
#define RANK_KEYED_H

/* A place (of an item, say) with the number it is sorted by. */
struct keyed {
    double key;
    int at;
};

/* For qsort: the largest number first; ties keep the order of places. */
static inline int keyed_down(const void *x, const void *y) {
    const struct keyed *a = x, *b = y;
    if (a->key != b->key) return a->key < b->key ? 1 : -1;
    return (a->at > b->at) - (a->at < b->at);
}

#endif
