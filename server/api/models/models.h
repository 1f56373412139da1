/* The models that there are, for the calls that list them. */
#ifndef API_MODELS_H
#define API_MODELS_H

#include "server/api/kit/app.h"

struct model_listing {
    struct app *app;
    struct arena *arena;
    struct registry_model *m; /* (n), of the arena */
    int n;
};

/* Reads them into x, with the request's arena; files are looked at, on a large stack. */
enum status models_read(struct req *r, struct model_listing *x, struct err *e) MUST_CHECK;

#endif
