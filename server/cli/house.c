/* The adapter that comes with the program. It lies in the binary; the engine reads files, so it is
 * put into the cache's folder of adapters wherever it is missing there, or another one. */
#include "server/cli/cli_session.h"

#include "kernels/base/os/file.h"
#include "server/assets/assets.h"

#include <stdio.h>
#include <string.h>

static int is_there(const char *path, struct view want) {
    struct file_map m = {0};
    struct err none;
    if (file_map_open(&m, path, &none) != ST_OK) return 0;
    int same = m.n == want.n && memcmp(m.p, want.p, want.n) == 0;
    file_map_close(&m);
    return same;
}

int cli_session_house(const char *folder) {
    char path[OPTIONS_PATH + sizeof "/.gguf" + sizeof CLI_SESSION_HOUSE];
    struct view bytes;
    const char *etag;
    struct err e;
    if (!assets_find("fixtures/brew/house.gguf", &bytes, &etag)) return 0;
    (void)snprintf(path, sizeof path, "%s/%s.gguf", folder, CLI_SESSION_HOUSE);
    if (is_there(path, bytes)) return 1;
    enum status st = file_mkdirs(folder, &e);
    if (st == ST_OK) st = file_write(path, bytes.p, bytes.n, &e);
    if (st != ST_OK)
        fprintf(stderr, "The model is read without its adapter, which cannot be kept: %s\n",
                e.text);
    return st == ST_OK;
}
