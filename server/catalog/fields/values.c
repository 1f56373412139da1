/* Collects a field's different values by their address, then puts them into groups. */
#include "server/catalog/fields/values.h"

#include <string.h>

enum { SLOTS_FIRST = 256, DISTINCT_MAX = 1000000 };

/* Values in the order of their first appearance, and where each is. */
struct collected {
    const char **value;
    int *slot; /* (slots): place in value, -1: free */
    size_t slots;
    int n, room;
};

static enum status no_memory(struct err *e) {
    return fail(e, ST_NO_MEMORY, "no memory for a catalogue's fields");
}

static size_t slot_of(const struct collected *c, const char *v) {
    size_t i = ((uintptr_t)v >> 3) * 0x9E3779B97F4A7C15u >> 20;
    for (i &= c->slots - 1; c->slot[i] >= 0 && c->value[c->slot[i]] != v;)
        i = (i + 1) & (c->slots - 1);
    return i;
}

static enum status grow(struct collected *c, struct err *e) {
    size_t slots = c->slots ? 2 * c->slots : SLOTS_FIRST;
    const char **value = mem_alloc(slots / 2 * sizeof *value);
    int *slot = mem_alloc(slots * sizeof *slot);
    if (!value || !slot) {
        mem_free(value);
        mem_free(slot);
        return no_memory(e);
    }
    if (c->n) memcpy(value, c->value, (size_t)c->n * sizeof *value);
    mem_free(c->value);
    mem_free(c->slot);
    *c = (struct collected){value, slot, slots, c->n, (int)(slots / 2)};
    for (size_t i = 0; i < slots; i++) slot[i] = -1;
    for (int k = 0; k < c->n; k++) slot[slot_of(c, value[k])] = k;
    return ST_OK;
}

static enum status collect(struct collected *c, const char *v, struct err *e) {
    if (!v || !*v || strlen(v) > FIELD_VALUE_BYTES || c->n == DISTINCT_MAX) return ST_OK;
    if (c->n == c->room) TRY(grow(c, e));
    int *at = &c->slot[slot_of(c, v)];
    if (*at >= 0) return ST_OK;
    *at = c->n;
    c->value[c->n++] = v;
    return ST_OK;
}

static enum status collect_all(struct collected *c, const struct field *f, int n, struct err *e) {
    for (int i = 0; i < n && (f->type != FIELD_TYPE_LIST || f->n_list); i++) {
        if (f->type != FIELD_TYPE_LIST)
            TRY(collect(c, f->text[i], e));
        else
            for (int k = 0; k < f->n_list[i]; k++) TRY(collect(c, f->list[i][k], e));
    }
    return ST_OK;
}

/* Counts, then places: the order within a group is that of the first appearance. */
static enum status group(const struct collected *c, struct field *f, struct arena *a,
                         struct err *e) {
    int *begin = ARENA_NEW(a, int, FIELD_GROUPS + 1), at[FIELD_GROUPS];
    const char **out = ARENA_NEW(a, const char *, (size_t)c->n);
    if (!begin || !out) return no_memory(e);
    for (int i = 0; i < c->n; i++) begin[field_group(c->value[i]) + 1]++;
    for (int g = 0; g < FIELD_GROUPS; g++) begin[g + 1] += begin[g];
    memcpy(at, begin, sizeof at);
    for (int i = 0; i < c->n; i++) out[at[field_group(c->value[i])]++] = c->value[i];
    f->distinct = out;
    f->n_distinct = c->n;
    f->group = begin;
    return ST_OK;
}

enum status values_make(struct field *f, int n, struct arena *a, struct err *e) {
    struct collected c = {.n = 0};
    enum status st = collect_all(&c, f, n, e);
    if (st == ST_OK) st = group(&c, f, a, e);
    mem_free(c.value);
    mem_free(c.slot);
    return st;
}
