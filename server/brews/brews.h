/* Brews of a server: one goes on at a time, as a task; all of them, with recipe, curve and report,
 * lie in a folder until they are discarded. An adapter that was made is named by its brew's id
 * until it is adopted under the recipe's name. */
#ifndef BREWS_BREWS_H
#define BREWS_BREWS_H

#include "server/registry/registry.h"
#include "server/store/store.h"
#include "server/task/task.h"

struct brews;

enum { BREWS_ID = 40, BREWS_POINTS = 512 };

struct brews_config {
    struct store *store;
    struct registry *registry;
    struct tasks *tasks;
    const char *folder, *adapters; /* of brews; where adopted adapters go */
    /* Whether somebody waits for a ranking: the next step waits for them. NULL: never. */
    int (*busy)(void *arg);
    void *arg;
};

/* Texts of c are borrowed. What an earlier process left unfinished is paused. */
enum status brews_open(struct brews **out, const struct brews_config *c, struct err *e) MUST_CHECK;
/* Gives up the brew that goes on, which leaves a checkpoint. NULL is fine. */
void brews_close(struct brews *b);

/* Checks the recipe (server/brew/recipe.h; it names no files) and begins it; id is filled. Needs a
 * large stack. ST_CONFLICT while another one goes on. */
enum status brews_start(struct brews *b, struct view recipe, struct view owner, char id[BREWS_ID],
                        struct err *e) MUST_CHECK;
/* Goes on with one that is paused, or has failed. */
enum status brews_resume(struct brews *b, struct view id, struct err *e) MUST_CHECK;

/* How long a recipe takes, from its second step: runs that far and leaves nothing. t: who waits. */
struct brews_estimate {
    long long steps;
    double step_s, train_s;
};
enum status brews_measure(struct brews *b, struct view recipe, struct task *t,
                          struct brews_estimate *out, struct err *e) MUST_CHECK;

/* Makes the adapter a model's for everybody, under the recipe's name. ST_CONFLICT where something
 * that is guarded fell (unless force), or the name is taken. */
enum status brews_adopt(struct brews *b, struct view id, int force, struct err *e) MUST_CHECK;
/* Removes all of it but an adopted adapter. ST_CONFLICT while it goes on. */
enum status brews_discard(struct brews *b, struct view id, struct err *e) MUST_CHECK;

/* A stored one: its state as JSON, and where it has them recipe and report, NULL else; of a. */
struct brews_row {
    const char *id, *state, *recipe, *report;
};
/* All, the newest first; or one (ST_NOT_FOUND) with recipe and report. */
enum status brews_list(struct brews *b, struct arena *a, struct brews_row **out, int *n,
                       struct err *e) MUST_CHECK;
enum status brews_get(struct brews *b, struct view id, struct arena *a, struct brews_row *out,
                      struct err *e) MUST_CHECK;

#endif
