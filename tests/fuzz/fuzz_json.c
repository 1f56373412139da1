/* Fuzzes the bodies of requests, for libFuzzer. The first byte chooses what the rest is: a ranking
 * request, whose JSON is the same request again; a surface; or any JSON, which is read only as deep
 * as is safe. */
#include "kernels/base/os/file.h"
#include "server/assets/assets.h"
#include "server/rank/request/request.h"
#include "server/store/sql/depth.h"
#include "server/store/sql/json_memory.h"
#include "server/surface/surface.h"

#include <math.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The files in the program are no part of this build: of the built-in surfaces there is the one
 * whose texts others take. */
int assets_find(const char *path, struct view *data, const char **etag) {
    static char *generic;
    size_t n;
    struct err e;
    if (!strstr(path, "/generic.json")) return 0;
    if (!generic)
        CHECK(file_read("server/surface/builtin/generic.json", 1 << 20, &generic, &n, &e) == ST_OK);
    *data = view_of(generic);
    *etag = "";
    return 1;
}

static void request(struct view json, struct arena *a) {
    struct rank_request r, again;
    struct err e = {.text = ""};
    struct view text, same;
    const char *unknown;
    request_init(&r);
    request_init(&again);
    if (request_parse(&r, json, a, &unknown, &e) != ST_OK) {
        CHECK(e.text[0] && utf8_valid(view_of(e.text)) && utf8_valid(view_of(e.field)));
        return;
    }
    CHECK(!unknown || utf8_valid(view_of(unknown)));
    CHECK(r.n_clauses >= 0 && r.n_clauses <= CLAUSES_MAX && r.n_examples <= EXAMPLES_MAX);
    CHECK(r.count >= 0 && r.count <= RANK_ITEMS_MAX && r.n_candidates <= RANK_ITEMS_MAX);
    for (int i = 0; i < r.n_clauses; i++) CHECK(isfinite(r.clause[i].weight));
    CHECK(request_json(&r, a, &text, &e) == ST_OK);
    CHECK(request_parse(&again, text, a, &unknown, &e) == ST_OK && !unknown);
    CHECK(request_json(&again, a, &same, &e) == ST_OK);
    CHECK(view_eq(text, same));
}

static void any(struct view json) {
    struct err e = {.text = ""};
    json_t *top = NULL;
    if (depth_load(json, &top, &e) == ST_OK) {
        char *text = json_dumps(top, JSON_ENCODE_ANY);
        CHECK(text != NULL);
        json_text_free(text);
        json_decref(top);
    } else {
        CHECK(!top && e.text[0] && utf8_valid(view_of(e.text)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena a;
    struct surface surface;
    struct err e = {.text = ""};
    if (size == 0) return 0;
    struct view json = {(const char *)data + 1, size - 1};
    arena_init(&a, 64 << 20);
    switch (data[0] % 3) {
    case 0: request(json, &a); break;
    case 1:
        if (surface_parse(&surface, VIEW("fuzz"), json, &a, &e) != ST_OK)
            CHECK(e.text[0] && utf8_valid(view_of(e.text)));
        break;
    default: any(json);
    }
    arena_free(&a);
    return 0;
}
