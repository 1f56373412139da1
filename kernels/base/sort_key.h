/* Sorting places by a number. */
#ifndef BASE_SORT_KEY_H
#define BASE_SORT_KEY_H

/* A place (of an item, say) with the number it is sorted by. */
struct sort_key {
    double key;
    int at;
};

/* For qsort: the largest number first; ties keep the order of places. */
static inline int sort_key_down(const void *x, const void *y) {
    const struct sort_key *a = x, *b = y;
    if (a->key != b->key) return a->key < b->key ? 1 : -1;
    return (a->at > b->at) - (a->at < b->at);
}

/* The best of many, without sorting all: offers k to the `*n` best so far of at most max, which
 * heap[0 .. *n) holds with the worst in front; qsort by sort_key_down puts them in order. */
static inline void sort_key_offer(struct sort_key *heap, int *n, int max, struct sort_key k) {
    int at;
    if (max <= 0) return;
    if (*n < max) { /* up from the end */
        for (at = (*n)++; at > 0 && sort_key_down(&heap[(at - 1) / 2], &k) < 0; at = (at - 1) / 2)
            heap[at] = heap[(at - 1) / 2];
        heap[at] = k;
        return;
    }
    if (sort_key_down(&heap[0], &k) < 0) return;
    for (at = 0; 2 * at + 1 < max;) { /* down from the front */
        int child = 2 * at + 1;
        if (child + 1 < max && sort_key_down(&heap[child], &heap[child + 1]) < 0) child++;
        if (sort_key_down(&k, &heap[child]) > 0) break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = k;
}

#endif
