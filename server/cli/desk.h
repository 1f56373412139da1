/* What most commands open: the data folder with its built-in catalogues, and the model. */
#ifndef CLI_DESK_H
#define CLI_DESK_H

#include "server/cli/options.h"
#include "server/registry/registry.h"

#include <stdatomic.h>

struct desk {
    const atomic_int *stop; /* NULL, or set from another thread: loading is given up */
    struct tasks *tasks;    /* of a server; NULL: nobody lists what is loaded */
    const char *model;      /* the name of the default one */
    struct store *store;
    struct shelf *shelf;
    struct embedder *embedder;                          /* NULL when its files are not there */
    struct ranker *ranker;                              /* the default model's, held */
    char models[OPTIONS_PATH];                          /* the folder of models */
    char adapters[SHELF_ADAPTER_FOLDERS][OPTIONS_PATH]; /* and those of adapters */
};

/* Opens the data folder. A folder held by a running server is named in the error. */
enum status desk_open_store(struct desk *d, const struct options *o, struct err *e) MUST_CHECK;
/* Imports the catalogues that come with the program and are missing; says so on stderr. */
enum status desk_import_builtin(struct desk *d, const struct options *o, struct err *e) MUST_CHECK;
/* The models by name, none of them loaded; paths 1: also by any file's path. */
enum status desk_open_shelf(struct desk *d, const struct options *o, int paths,
                            struct err *e) MUST_CHECK;
/* Loads the model (--model or the one that is set up, with the adapter that comes with the program)
 * and, when the store is open and it is there, the embedding model; says so on stderr. Opens the
 * shelf where that was not done, for commands that take paths. */
enum status desk_load_model(struct desk *d, const struct options *o, struct err *e) MUST_CHECK;
/* The adapter that comes with the program, over the model that is set up: what is read where nobody
 * names a model. Puts it into the folder of adapters; 1 if it is there. */
#define DESK_HOUSE "house"
int desk_house(const char *folder);
/* The embedding model, for the shelf's rankers; nothing when it is not there or loaded already. */
enum status desk_load_encoder(struct desk *d, const struct options *o, struct err *e) MUST_CHECK;
/* What stands for the program in reports and beside results: its version and its file's hash. */
enum status desk_code(struct arena *a, const char **out, struct err *e) MUST_CHECK;
void desk_close(struct desk *d);

#endif
