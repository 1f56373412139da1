/* /api/adapters: which there are, taking one in, removing one. */
#include "server/registry/adapters.h"

#include "server/api/kit/app.h"
#include "server/api/kit/out.h"
#include "server/api/kit/query.h"
#include "server/task/worker_thread.h"

struct adapters {
    const char *const *folders;
    struct arena *arena;
    struct registry_adapter *at;
    int n;
    struct view name, bytes;
};

static enum status list(void *arg, struct err *e) {
    struct adapters *x = arg;
    return registry_adapters(x->folders, x->arena, &x->at, &x->n, e);
}

static void write_adapter(struct buf *b, const struct registry_adapter *x) {
    out_open(b, NULL, '{');
    out_text(b, "name", x->name);
    out_text(b, "base_sha256", x->base[0] ? x->base : NULL);
    out_text(b, "model", x->model[0] ? x->model : NULL);
    out_text(b, "readout", x->readout[0] ? x->readout : NULL);
    out_int(b, "bytes", x->bytes);
    out_bool(b, "forced", x->forced);
    out_bool(b, "removable", x->own);
    out_bool(b, "draft", x->draft);
    out_text(b, "error", x->error);
    out_close(b, '}');
}

static enum status reply_list(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    struct adapters x = {.folders = registry_adapter_folders(app->registry), .arena = req_arena(r)};
    struct buf b;
    TRY(worker_call(list, &x, e));
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    out_open(&b, "adapters", '[');
    for (int i = 0; i < x.n; i++) write_adapter(&b, &x.at[i]);
    out_close(&b, ']');
    out_close(&b, '}');
    return out_reply(r, &b, e);
}

enum status api_adapters_list(struct req *r, struct err *e) {
    return reply_list(r, e);
}

static enum status add(void *arg, struct err *e) {
    struct adapters *x = arg;
    return registry_adapter_add(x->folders, x->name, x->bytes, e);
}

enum status api_adapters_post(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    struct adapters x = {.folders = registry_adapter_folders(app->registry),
                         .name = query_value(r, "name")};
    TRY(req_large(r, e));
    TRY(req_body(r, &x.bytes, e));
    TRY(worker_call(add, &x, e));
    return reply_list(r, e);
}

static enum status drop(void *arg, struct err *e) {
    struct adapters *x = arg;
    return registry_adapter_remove(x->folders, x->name, e);
}

enum status api_adapters_delete(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    struct adapters x = {.folders = registry_adapter_folders(app->registry),
                         .name = req_param(r, "name")};
    TRY(worker_call(drop, &x, e));
    return reply_list(r, e);
}
