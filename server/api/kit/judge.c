/* Judging a dump's texts. */
#include "server/api/kit/judge.h"

#include "server/surface/surface.h"

static enum status judge_surface(struct view name, struct view json, struct err *e) {
    struct arena a;
    struct surface s;
    arena_init(&a, 16 << 20);
    enum status st = surface_parse(&s, name, json, &a, e);
    arena_free(&a);
    return st;
}

const struct dump_judge judge_dump = {judge_surface};
