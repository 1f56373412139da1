/* Looking up files inside the binary. */
#include "server/assets/assets.h"

#include <stdio.h>
#include <string.h>

int assets_find(const char *path, struct view *data, const char **etag) {
    for (int i = 0; i < asset_count; i++) {
        const struct asset *a = &asset_table[i];
        if (strcmp(a->path, path) != 0) continue;
        *data = (struct view){a->begin, (size_t)(a->end - a->begin)};
        *etag = a->sha256;
        return 1;
    }
    return 0;
}

static const char *type_of(const char *path) {
    static const struct {
        const char *end, *type;
    } t[] = {{".html", "text/html; charset=utf-8"},
             {".js", "text/javascript; charset=utf-8"},
             {".mjs", "text/javascript; charset=utf-8"},
             {".css", "text/css; charset=utf-8"},
             {".svg", "image/svg+xml"},
             {".json", "application/json"},
             {".png", "image/png"},
             {".woff2", "font/woff2"},
             {".txt", "text/plain; charset=utf-8"}};
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < COUNT(t); i++)
        if (strcmp(dot, t[i].end) == 0) return t[i].type;
    return "application/octet-stream";
}

int assets_page(const char *path, struct view *data, const char **type, const char **etag) {
    char name[256];
    int n = snprintf(name, sizeof name, "web%s", strcmp(path, "/") == 0 ? "/index.html" : path);
    if (n < 0 || (size_t)n >= sizeof name || !assets_find(name, data, etag)) return 0;
    *type = type_of(name);
    return 1;
}
