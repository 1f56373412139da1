/* What most commands open: the data folder with its built-in catalogues, and the model. */
#ifndef CLI_DESK_H
#define CLI_DESK_H

#include "server/cli/options.h"
#include "server/rank/rank.h"

struct desk {
    struct store *store;
    struct engine *engine;
    struct embedder *embedder; /* NULL when its files are not there */
    struct ranker ranker;      /* when both are open */
    int has_ranker;
    char model[OPTIONS_PATH]; /* the file that was loaded */
};

/* Opens the data folder. A folder held by a running server is named in the error. */
enum status desk_open_store(struct desk *d, const struct options *o, struct err *e) MUST_CHECK;
/* Imports the catalogues that come with the program and are missing; says so on stderr. */
enum status desk_import_builtin(struct desk *d, const struct options *o, struct err *e) MUST_CHECK;
/* Loads the model (path NULL: --model or the default); says so on stderr. When the store is open,
 * opens the ranker and, where it is there, the embedding model. */
enum status desk_load_model(struct desk *d, const struct options *o, const char *path,
                            struct err *e) MUST_CHECK;
/* How the options ask for models to be opened; model is --model or NULL. */
void desk_engine(const struct options *o, struct engine_config *out);
/* What stands for the program in reports and beside results: its version and its file's hash. */
enum status desk_code(struct arena *a, const char **out, struct err *e) MUST_CHECK;
void desk_close(struct desk *d);

#endif
