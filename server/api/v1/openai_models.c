/* /v1/models, in OpenAI's shape: the models that rank, then the encoder. */
#include "server/api/models/models.h"
#include "server/api/kit/out.h"

#include "model/embed/embed.h"

#include <sys/stat.h>

static void put_model(struct buf *b, const char *id, long long created) {
    out_open(b, NULL, '{');
    out_text(b, "id", id);
    out_text(b, "object", "model");
    out_int(b, "created", created);
    out_text(b, "owned_by", "taproom");
    out_close(b, '}');
}

/* When the file was written; 0 where that is not known. */
static long long written(const char *path) {
    struct stat s;
    return stat(path, &s) == 0 ? (long long)s.st_mtime : 0;
}

static const char *encoder_name(struct app *app) {
    const struct embedder *em = registry_encoder(app->registry);
    struct embedder_info m;
    if (!em) return NULL;
    embedder_info(em, &m);
    return m.name;
}

enum status api_openai_models_list(struct req *r, struct err *e) {
    struct model_listing x;
    const char *encoder = encoder_name(req_app(r));
    struct buf b;
    TRY(models_read(r, &x, e));
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    out_text(&b, "object", "list");
    out_open(&b, "data", '[');
    for (int i = 0; i < x.n; i++) put_model(&b, x.m[i].file.id, written(x.m[i].file.path));
    if (encoder) put_model(&b, encoder, 0);
    out_close(&b, ']');
    out_close(&b, '}');
    return out_reply(r, &b, e);
}

enum status api_openai_models_get(struct req *r, struct err *e) {
    struct model_listing x;
    const char *encoder = encoder_name(req_app(r));
    struct view id = req_param(r, "id");
    struct buf b;
    TRY(models_read(r, &x, e));
    buf_init(&b, OUT_MAX);
    for (int i = 0; i < x.n && !b.n; i++)
        if (view_eq_str(id, x.m[i].file.id))
            put_model(&b, x.m[i].file.id, written(x.m[i].file.path));
    if (encoder && !b.n && view_eq_str(id, encoder)) put_model(&b, encoder, 0);
    if (b.n) return out_reply(r, &b, e);
    buf_free(&b);
    (void)fail(e, ST_NOT_FOUND, "there is no such model here");
    err_field(e, "model");
    err_hint(e, "GET /v1/models lists the ids");
    return ST_NOT_FOUND;
}
