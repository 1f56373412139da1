/* The table of calls. */
#include "server/api/kit/app.h"

#include "server/api/v1/v1.h"

#include "kernels/base/seeded.h"

#include <stdio.h>
#include <string.h>

enum {
    JSON_BODY = 1 << 20,
    CLAUSES_BODY = 64 << 10,
    ADAPTER_BODY = 60 << 20,
    ROWS_BODY = 1 << 30,
    ROWS = HTTP_JSON | HTTP_NDJSON | HTTP_CSV | HTTP_ROWS
};

const struct route app_routes[] = {
    {"POST", "/api/rank", api_rank_post, JSON_BODY, HTTP_JSON, HTTP_LONG, ROLE_RANK, NULL},
    {"POST", "/api/prompt/preview", api_prompt_preview, JSON_BODY, HTTP_JSON, HTTP_LONG, ROLE_RANK,
     NULL},
    {"POST", "/api/explain", api_explain_post, JSON_BODY, HTTP_JSON, HTTP_LONG, ROLE_RANK, NULL},
    {"POST", "/api/clauses", api_clauses_post, CLAUSES_BODY, HTTP_JSON, HTTP_LONG, ROLE_RANK, NULL},
    {"GET", "/api/catalogs", api_catalogs_list, 0, 0, HTTP_QUICK, ROLE_READ, NULL},
    {"POST", "/api/catalogs", api_catalogs_import, ROWS_BODY, ROWS, HTTP_IMPORT, ROLE_RANK,
     "import"},
    {"GET", "/api/catalogs/{name}", api_catalogs_get, 0, 0, HTTP_QUICK, ROLE_READ, NULL},
    {"PUT", "/api/catalogs/{name}", api_catalogs_rename, 1024, HTTP_JSON, HTTP_QUICK, ROLE_ADMIN,
     "rename"},
    {"DELETE", "/api/catalogs/{name}", api_catalogs_delete, 0, 0, HTTP_QUICK, ROLE_ADMIN, "delete"},
    {"GET", "/api/catalogs/{name}/items", api_catalogs_items, 0, 0, HTTP_QUICK, ROLE_READ, NULL},
    {"GET", "/api/catalogs/{name}/members", api_members_list, 0, 0, HTTP_QUICK, ROLE_READ, NULL},
    {"POST", "/api/catalogs/{name}/members", api_members_import, ROWS_BODY, ROWS, HTTP_IMPORT,
     ROLE_ADMIN, "import"},
    {"GET", "/api/catalogs/{name}/members/{member}", api_members_get, 0, 0, HTTP_QUICK, ROLE_READ,
     NULL},
    {"POST", "/api/catalogs/{name}/interactions", api_members_interactions, ROWS_BODY, ROWS,
     HTTP_IMPORT, ROLE_ADMIN, "import"},
    {"GET", "/api/catalogs/{name}/preferences", api_preferences_list, 0, 0, HTTP_QUICK, ROLE_READ,
     NULL},
    {"POST", "/api/catalogs/{name}/preferences", api_preferences_add, JSON_BODY, HTTP_JSON,
     HTTP_QUICK, ROLE_RANK, NULL},
    {"PUT", "/api/catalogs/{name}/preferences/{id}", api_preferences_change, JSON_BODY, HTTP_JSON,
     HTTP_QUICK, ROLE_RANK, NULL},
    {"DELETE", "/api/catalogs/{name}/preferences/{id}", api_preferences_delete, 0, 0, HTTP_QUICK,
     ROLE_RANK, "delete"},
    {"GET", "/api/runs", api_runs_list, 0, 0, HTTP_QUICK, ROLE_READ, NULL},
    {"GET", "/api/runs/{id}", api_runs_get, 0, 0, HTTP_LONG, ROLE_READ, NULL},
    {"PUT", "/api/runs/{id}", api_runs_put, 32 << 10, HTTP_JSON, HTTP_QUICK, ROLE_RANK, "share"},
    {"DELETE", "/api/runs/{id}", api_runs_delete, 0, 0, HTTP_QUICK, ROLE_RANK, "delete"},
    {"GET", "/api/calibration", api_calibration_list, 0, 0, HTTP_QUICK, ROLE_READ, NULL},
    {"POST", "/api/calibration", api_calibration_post, JSON_BODY, HTTP_JSON, HTTP_LONG, ROLE_RANK,
     NULL},
    {"GET", "/api/experiments", api_experiments_list, 0, 0, HTTP_QUICK, ROLE_READ, NULL},
    {"POST", "/api/experiments", api_experiments_post, 256 << 10, HTTP_JSON, HTTP_QUICK, ROLE_RANK,
     NULL},
    {"GET", "/api/experiments/{id}", api_experiments_get, 0, 0, HTTP_QUICK, ROLE_READ, NULL},
    {"DELETE", "/api/experiments/{id}", api_experiments_delete, 0, 0, HTTP_QUICK, ROLE_RANK,
     "delete"},
    {"GET", "/api/surfaces", api_surfaces_list, 0, 0, HTTP_QUICK, ROLE_READ, NULL},
    {"GET", "/api/surfaces/{name}", api_surfaces_get, 0, 0, HTTP_QUICK, ROLE_READ, NULL},
    {"PUT", "/api/surfaces/{name}", api_surfaces_put, 256 << 10, HTTP_JSON, HTTP_QUICK, ROLE_ADMIN,
     "surface"},
    {"DELETE", "/api/surfaces/{name}", api_surfaces_delete, 0, 0, HTTP_QUICK, ROLE_ADMIN, "delete"},
    {"GET", "/api/tasks", api_tasks_list, 0, 0, HTTP_QUICK, ROLE_READ, NULL},
    {"DELETE", "/api/tasks/{id}", api_tasks_delete, 0, 0, HTTP_QUICK, ROLE_RANK, "cancel"},
    {"GET", "/api/dump", api_dump_get, 0, 0, HTTP_LONG, ROLE_ADMIN, "dump"},
    {"POST", "/api/restore", api_dump_restore, ROWS_BODY, HTTP_SQLITE, HTTP_IMPORT, ROLE_ADMIN,
     "restore"},
    {"GET", "/api/brews", api_brews_list, 0, 0, HTTP_QUICK, ROLE_READ, NULL},
    {"POST", "/api/brews", api_brews_post, 256 << 10, HTTP_JSON, HTTP_LONG, ROLE_ADMIN, "brew"},
    {"GET", "/api/brews/{id}", api_brews_get, 0, 0, HTTP_QUICK, ROLE_READ, NULL},
    {"DELETE", "/api/brews/{id}", api_brews_delete, 0, 0, HTTP_QUICK, ROLE_ADMIN, "delete"},
    {"POST", "/api/brews/{id}/adopt", api_brews_adopt, 1024, HTTP_JSON, HTTP_QUICK, ROLE_ADMIN,
     "adopt"},
    {"POST", "/api/brews/{id}/resume", api_brews_resume, 1024, HTTP_JSON, HTTP_QUICK, ROLE_ADMIN,
     "brew"},
    {"GET", "/api/adapters", api_adapters_list, 0, 0, HTTP_QUICK, ROLE_READ, NULL},
    {"POST", "/api/adapters", api_adapters_post, ADAPTER_BODY, HTTP_SQLITE, HTTP_LONG, ROLE_ADMIN,
     "import"},
    {"DELETE", "/api/adapters/{name}", api_adapters_delete, 0, 0, HTTP_QUICK, ROLE_ADMIN, "delete"},
    {"GET", "/api/model", api_models_get, 0, 0, HTTP_QUICK, ROLE_READ, NULL},
    {"GET", "/api/models", api_models_list, 0, 0, HTTP_QUICK, ROLE_READ, NULL},
    {"POST", "/api/models/default", api_models_default, JSON_BODY, HTTP_JSON, HTTP_LONG, ROLE_ADMIN,
     "model"},
    {"GET", "/api/health/live", api_health_live, 0, 0, HTTP_ALWAYS, ROLE_ANYONE, NULL},
    {"GET", "/api/health/ready", api_health_ready, 0, 0, HTTP_ALWAYS, ROLE_ANYONE, NULL},
    {"POST", "/v1/score", api_score_post, V1_BODY, HTTP_JSON, HTTP_LONG, ROLE_RANK, NULL},
    {"POST", "/v1/rerank", api_rerank_post, V1_BODY, HTTP_JSON, HTTP_LONG, ROLE_RANK, NULL},
    {"POST", "/v2/rerank", api_rerank_2_post, V1_BODY, HTTP_JSON, HTTP_LONG, ROLE_RANK, NULL},
    {"POST", "/v1/reranking", api_rerank_post, V1_BODY, HTTP_JSON, HTTP_LONG, ROLE_RANK, NULL},
    {"POST", "/rerank", api_rerank_post, V1_BODY, HTTP_JSON, HTTP_LONG, ROLE_RANK, NULL},
    {"POST", "/reranking", api_rerank_post, V1_BODY, HTTP_JSON, HTTP_LONG, ROLE_RANK, NULL},
    {"POST", "/v1/embeddings", api_embeddings_post, V1_BODY, HTTP_JSON, HTTP_LONG, ROLE_RANK, NULL},
    {"GET", "/v1/models", api_openai_models_list, 0, 0, HTTP_QUICK, ROLE_READ, NULL},
    {"GET", "/v1/models/{id}", api_openai_models_get, 0, 0, HTTP_QUICK, ROLE_READ, NULL},
    {"GET", "/metrics", api_health_metrics, 0, 0, HTTP_ALWAYS, ROLE_READ, NULL},
    {"GET", "/api/session", api_session_get, 0, 0, HTTP_ALWAYS, ROLE_ANYONE, NULL},
    {"POST", "/api/session", api_session_post, 1024, HTTP_JSON, HTTP_QUICK, ROLE_ANYONE, "sign_in"},
    {"DELETE", "/api/session", api_session_delete, 0, 0, HTTP_QUICK, ROLE_ANYONE, "sign_out"},
    {"GET", "/api/openapi.json", api_openapi_get, 0, 0, HTTP_QUICK, ROLE_READ, NULL},
};
const int app_n_routes = COUNT(app_routes);

int app_sees(const struct req *r, const char *owner) {
    const struct caller *c = req_caller(r);
    return c->role == ROLE_ADMIN || strcmp(c->name, owner) == 0;
}

const struct view *app_owner(const struct req *r, struct view *name) {
    const struct caller *c = req_caller(r);
    *name = view_of(c->name);
    return c->role == ROLE_ADMIN ? NULL : name;
}

unsigned long long app_user(const struct req *r, struct view client) {
    struct app *app = req_app(r);
    struct http *h = atomic_load(&app->http);
    char who[160];
    if (h && http_guarded(h))
        (void)snprintf(who, sizeof who, "%s", req_caller(r)->name);
    else
        (void)snprintf(who, sizeof who, "%s %.*s", req_address(r), (int)client.n, client.p);
    return seeded_hash(who, 1) | 1;
}

enum status app_ready(struct app *app, struct err *e) {
    enum status st = ST_OK;
    if (atomic_load(&app->closing))
        st = fail(e, ST_BUSY, "the server is stopping");
    else if (!atomic_load(&app->ready))
        st = fail(e, ST_BUSY, "the model is still being loaded");
    if (st != ST_OK) err_hint(e, "try again in a few seconds");
    return st;
}

enum status app_stopped(struct app *app, enum status st, struct err *e) {
    return st == ST_CANCELLED && atomic_load(&app->closing) ? app_ready(app, e) : st;
}

void app_count(struct app *app, enum status st, long long computed, long long cached) {
    atomic_fetch_add(st == ST_OK          ? &app->ranked
                     : st == ST_CANCELLED ? &app->cancelled
                                          : &app->failed,
                     1);
    if (st != ST_OK) return;
    atomic_fetch_add(&app->tokens_computed, computed);
    atomic_fetch_add(&app->tokens_cached, cached);
}
