/* What most commands open: the data folder with its built-in catalogues, and the model. */
#ifndef CLI_CLI_SESSION_H
#define CLI_CLI_SESSION_H

#include "server/cli/options.h"
#include "server/registry/registry.h"

#include <stdatomic.h>

struct cli_session {
    const atomic_int *stop; /* NULL, or set from another thread: loading is given up */
    struct tasks *tasks;    /* of a server; NULL: nobody lists what is loaded */
    const char *model;      /* the name of the default one */
    struct store *store;
    struct registry *registry;
    struct embedder *embedder;                             /* NULL when its files are not there */
    struct arena engines;                                  /* what --engine says */
    struct ranker *ranker;                                 /* the default model's, held */
    char models[OPTIONS_PATH];                             /* the folder of models */
    char adapters[REGISTRY_ADAPTER_FOLDERS][OPTIONS_PATH]; /* and those of adapters */
};

/* Opens the data folder. A folder held by a running server is named in the error. */
enum status cli_session_open_store(struct cli_session *d, const struct options *o,
                                   struct err *e) MUST_CHECK;
/* Imports the catalogues that come with the program and are missing; says so on stderr. */
enum status cli_session_import_builtin(struct cli_session *d, const struct options *o,
                                       struct err *e) MUST_CHECK;
/* The models by name, none of them loaded; paths 1: also by any file's path. */
enum status cli_session_open_registry(struct cli_session *d, const struct options *o, int paths,
                                      struct err *e) MUST_CHECK;
/* Loads the model (--model or the one that is set up, with the adapter that comes with the program)
 * and, when the store is open and it is there, the embedding model; says so on stderr. Opens the
 * registry where that was not done, for commands that take paths. */
enum status cli_session_load_model(struct cli_session *d, const struct options *o,
                                   struct err *e) MUST_CHECK;
/* The adapter that comes with the program, over the model that is set up: what is read where nobody
 * names a model. Puts it into the folder of adapters; 1 if it is there. */
#define CLI_SESSION_HOUSE "house"
int cli_session_house(const char *folder);
/* The embedding model, for the registry's rankers; nothing when it is not there or loaded already.
 */
enum status cli_session_load_encoder(struct cli_session *d, const struct options *o,
                                     struct err *e) MUST_CHECK;
/* What stands for the program in reports and beside results: its version and its file's hash. */
enum status cli_session_code(struct arena *a, const char **out, struct err *e) MUST_CHECK;
void cli_session_close(struct cli_session *d);

#endif
