/* Files inside the binary: the page, the built-in surfaces, and the small catalogues that come with
 * it. */
#ifndef ASSETS_H
#define ASSETS_H

#include "kernels/base/view.h"

/* The table is written by server/assets/assets.cmake at build time. */
struct asset {
    const char *path; /* from the repository's root: "web/app.js" */
    const char *begin, *end;
    const char *sha256; /* of the contents */
};
extern const struct asset asset_table[];
extern const int asset_count;

/* 1 and the contents, with a NUL behind them, or 0. */
int assets_find(const char *path, struct view *data, const char **etag);
/* The page's file for a path of an address: "/" or "/app.js". For struct http_config. */
int assets_page(const char *path, struct view *data, const char **type, const char **etag);

#endif
