/* The built-in surfaces: builtin/NAME.json, the form that the store and the API use, too. Their
 * frames and weights are chosen as fixtures/fit/README.md tells. */
#include "server/surface/surface.h"

#include "server/assets/assets.h"

#include <stdio.h>

static const char *const names[] = {"generic", "movies", "jobs", "listings", "feed"};

const char *surface_builtin(struct view name) {
    char path[80];
    struct view json;
    const char *etag;
    for (size_t i = 0; i < COUNT(names); i++) {
        if (!view_eq_str(name, names[i])) continue;
        snprintf(path, sizeof path, "server/surface/builtin/%s.json", names[i]);
        return assets_find(path, &json, &etag) ? json.p : NULL;
    }
    return NULL;
}

const char *surface_builtin_name(int i) {
    return i >= 0 && (size_t)i < COUNT(names) ? names[i] : NULL;
}
