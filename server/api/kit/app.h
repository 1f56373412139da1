/* What the handlers share, and the table of calls. */
#ifndef API_APP_H
#define API_APP_H

#include "server/api/kit/relevance.h"
#include "server/http/http.h"
#include "server/registry/registry.h"
#include "server/store/store.h"
#include "server/task/task.h"
#include "server/vectors/vectors.h"

#include <pthread.h>
#include <stdatomic.h>

struct brews;
struct experiment_worker;

/* One per process. Filled before http_open except for what says otherwise; then any thread. */
struct app {
    struct store *store;
    struct registry *registry;
    atomic_int ready; /* set when the model is loaded; with it the answer to "can it rank?" */
    _Atomic(struct http *) http;   /* set after http_open, for its counters */
    _Atomic(struct brews *) brews; /* set when the model is loaded */
    _Atomic(struct experiment_worker *)
        experiments; /* set when the model is loaded: runs experiments */
    _Atomic(struct vectors *)
        vectors; /* set when the embedding model is loaded, NULL without one */
    const char *version;
    atomic_int closing;              /* 1: no new rankings; 2: running ones are cancelled */
    atomic_int queued;               /* rankings waiting or running */
    struct tasks tasks;              /* what goes on */
    struct relevance_memo relevance; /* of rerank.c */
    atomic_llong ranked, cancelled, failed, tokens_computed, tokens_cached;
};

extern const struct route app_routes[];
extern const int app_n_routes;

/* ST_BUSY, with the reason, while nothing can be ranked. */
enum status app_ready(struct app *app, struct err *e) MUST_CHECK;
/* A ranking that was given up because the server stops is ST_BUSY, with the reason; else st. */
enum status app_stopped(struct app *app, enum status st, struct err *e) MUST_CHECK;
/* Counts a ranking that ended, and its tokens. */
void app_count(struct app *app, enum status st, long long computed, long long cached);

/* Whether the request's caller may see what that owner stored: the owner, and administrators. */
int app_sees(const struct req *r, const char *owner);
/* The name that the caller's lists are limited to, in *name; NULL for administrators. */
const struct view *app_owner(const struct req *r, struct view *name);

/* Who takes turns with others in the engine's queue: a user; where nobody signs in, an address with
 * the client's name. */
unsigned long long app_user(const struct req *r, struct view client);

/* Handlers, by file. */
enum status api_rank_post(struct req *r, struct err *e);
enum status api_explain_post(struct req *r, struct err *e);
enum status api_prompt_preview(struct req *r, struct err *e);
enum status api_clauses_post(struct req *r, struct err *e);
enum status api_catalogs_list(struct req *r, struct err *e);
enum status api_catalogs_import(struct req *r, struct err *e);
enum status api_catalogs_get(struct req *r, struct err *e);
enum status api_catalogs_rename(struct req *r, struct err *e);
enum status api_catalogs_delete(struct req *r, struct err *e);
enum status api_catalogs_items(struct req *r, struct err *e);
enum status api_preferences_list(struct req *r, struct err *e);
enum status api_preferences_add(struct req *r, struct err *e);
enum status api_preferences_change(struct req *r, struct err *e);
enum status api_preferences_delete(struct req *r, struct err *e);
enum status api_members_import(struct req *r, struct err *e);
enum status api_members_interactions(struct req *r, struct err *e);
enum status api_members_list(struct req *r, struct err *e);
enum status api_members_get(struct req *r, struct err *e);
enum status api_runs_list(struct req *r, struct err *e);
enum status api_runs_get(struct req *r, struct err *e);
enum status api_runs_put(struct req *r, struct err *e);
enum status api_runs_delete(struct req *r, struct err *e);
enum status api_experiments_list(struct req *r, struct err *e);
enum status api_experiments_post(struct req *r, struct err *e);
enum status api_experiments_get(struct req *r, struct err *e);
enum status api_experiments_delete(struct req *r, struct err *e);
enum status api_session_get(struct req *r, struct err *e);
enum status api_session_post(struct req *r, struct err *e);
enum status api_session_delete(struct req *r, struct err *e);
enum status api_dump_get(struct req *r, struct err *e);
enum status api_dump_restore(struct req *r, struct err *e);
enum status api_surfaces_list(struct req *r, struct err *e);
enum status api_surfaces_get(struct req *r, struct err *e);
enum status api_surfaces_put(struct req *r, struct err *e);
enum status api_surfaces_delete(struct req *r, struct err *e);
enum status api_calibration_list(struct req *r, struct err *e);
enum status api_calibration_post(struct req *r, struct err *e);
enum status api_tasks_list(struct req *r, struct err *e);
enum status api_tasks_delete(struct req *r, struct err *e);
enum status api_brews_list(struct req *r, struct err *e);
enum status api_brews_get(struct req *r, struct err *e);
enum status api_brews_post(struct req *r, struct err *e);
enum status api_brews_resume(struct req *r, struct err *e);
enum status api_brews_adopt(struct req *r, struct err *e);
enum status api_brews_delete(struct req *r, struct err *e);
enum status api_adapters_list(struct req *r, struct err *e);
enum status api_adapters_post(struct req *r, struct err *e);
enum status api_adapters_delete(struct req *r, struct err *e);
enum status api_models_list(struct req *r, struct err *e);
enum status api_models_get(struct req *r, struct err *e);
enum status api_models_default(struct req *r, struct err *e);
enum status api_openapi_get(struct req *r, struct err *e);
enum status api_health_live(struct req *r, struct err *e);
enum status api_health_ready(struct req *r, struct err *e);
enum status api_health_metrics(struct req *r, struct err *e);
enum status api_score_post(struct req *r, struct err *e);
enum status api_rerank_post(struct req *r, struct err *e);
enum status api_rerank_2_post(struct req *r, struct err *e);
enum status api_embeddings_post(struct req *r, struct err *e);
enum status api_openai_models_list(struct req *r, struct err *e);
enum status api_openai_models_get(struct req *r, struct err *e);

#endif
