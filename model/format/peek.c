/* What a model file says of itself. */
#include "model/format/peek.h"

enum { TEXT_MAX = 201 };

enum status peek_text(const struct gguf *g, const char *key, const char *def, struct arena *a,
                      const char **out, struct err *e) {
    struct view v;
    char text[TEXT_MAX];
    TRY(gguf_text(g, key, def, &v, e));
    *out = arena_copy(a, text, view_plain(v, text, sizeof text));
    return *out ? ST_OK : fail(e, ST_NO_MEMORY, "no memory for a model's names");
}
