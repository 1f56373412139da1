/* GET /api/openapi.json: what every call takes and answers (openapi.yaml, which is JSON). */
#include "server/api/kit/app.h"
#include "server/assets/assets.h"

enum status api_openapi_get(struct req *r, struct err *e) {
    static const char path[] = "server/api/openapi.yaml";
    struct view text;
    const char *etag;
    if (!assets_find(path, &text, &etag)) return fail(e, ST_INTERNAL, "%s is not built in", path);
    req_reply(r, 200, "application/json", text, NULL);
    return ST_OK;
}
