/* The files of brews: ID.state.json, ID.recipe.json, and what server/brew writes: ID.brew (the
 * checkpoint), ID.json (the report), ID.gguf and ID.peft (the adapter). */
#ifndef BREWS_FOLDER_H
#define BREWS_FOLDER_H

#include "server/brews/brews.h"

enum { BREWS_PATH = 1024 };

struct brew_point_seen {
    long long step;
    double loss, right, ndcg; /* ndcg: of what is kept out; below 0: not measured at this step */
};

/* ID.state.json. */
struct brew_state {
    char id[BREWS_ID], name[TASK_NAME], model[REGISTRY_ID], owner[TASK_NAME];
    const char *state; /* running, paused, failed, done, adopted; static */
    const char *phase; /* static */
    long long created, step, steps;
    double left; /* seconds, below 0: not known */
    char error[320];
    struct brew_point_seen point[BREWS_POINTS];
    int n_points, every; /* each so many steps has a point */
};

int folder_id_ok(struct view id);
enum status folder_path(const struct brews_config *c, const char *id, const char *end,
                        char out[BREWS_PATH], struct err *e) MUST_CHECK;
/* The file's text in a; *out NULL where there is none. */
enum status folder_read(const struct brews_config *c, const char *id, const char *end,
                        struct arena *a, const char **out, struct err *e) MUST_CHECK;
enum status folder_write(const struct brews_config *c, const char *id, const char *end,
                         const char *text, struct err *e) MUST_CHECK;
void folder_remove(const struct brews_config *c, const char *id);

/* The state as JSON in a, and back. */
enum status state_json(const struct brew_state *s, struct arena *a, const char **out,
                       struct err *e) MUST_CHECK;
enum status state_read(const struct brews_config *c, struct view id, struct brew_state *out,
                       struct err *e) MUST_CHECK;
enum status state_write(const struct brews_config *c, const struct brew_state *s,
                        struct err *e) MUST_CHECK;
/* Adds a point; where there is no room, every second one is left out from now on. */
void state_point(struct brew_state *s, const struct brew_point_seen *p);

/* The ids there are, the newest first. */
enum status folder_ids(const struct brews_config *c, struct arena *a, const char ***out, int *n,
                       struct err *e) MUST_CHECK;

#endif
