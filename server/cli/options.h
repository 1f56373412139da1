/* The command line's options: one table gives their parsing, their environment variables and their
 * help. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "kernels/base/view.h"

enum { OPTIONS_LIST = 50, OPTIONS_ARGS = 32 };

struct options_list {
    const char *at[OPTIONS_LIST];
    int n;
};

/* NULL or 0 where not given, unless the table has a default. */
struct options {
    const char *command;
    const char *data, *cache, *model, *precision, *backend, *host, *token, *token_file, *log,
        *public_url, *trusted_proxy, *engine_key_file;
    long long port, engine_timeout, threads, cache_mb, memory_mb, models, json;
    const char *catalog, *surface, *instruction, *member, *candidates, *retrieve, *constraints,
        *now, *readout, *baselines;
    struct options_list like, dislike, allow_host, engine;
    long long count, rank_all, top, history, seed;
    const char *kind, *format, *map, *lists, *encoding, *separator, *header, *dates, *like_from,
        *dislike_to;
    const char *csv, *policy;
    long long history_tokens, preferences;
    long long strict, skip_bad, dry_run, preview, replace;
    long long prefix, items, item_tokens, repeats;
    const char *methods, *split, *html;
    long long cases, fresh;
    long long resume, force, keep, from_backup;
    const char *checkpoint_s, *type, *form;
    const char *arg[OPTIONS_ARGS]; /* what is no option, in order */
    int n_args;
    int help;
};

enum {
    CMD_SERVE = 1,
    CMD_RANK = 2,
    CMD_IMPORT = 4,
    CMD_EVAL = 8,
    CMD_BENCH = 16,
    CMD_MODEL = 32,
    CMD_EXPERIMENT = 1024,
    CMD_BREW = 2048,
    CMD_DUMP = 64,
    CMD_RESTORE = 128,
    CMD_BACKUP = 4096,
    CMD_REPAIR = 8192,
    CMD_ENGINE = CMD_SERVE | CMD_RANK | CMD_EVAL | CMD_BENCH | CMD_MODEL | CMD_EXPERIMENT,
    CMD_STORE = CMD_IMPORT | CMD_DUMP | CMD_RESTORE | CMD_BACKUP | CMD_REPAIR,
    CMD_ALL = CMD_ENGINE | CMD_STORE | CMD_BREW
};

/* Reads the environment, then what follows the command's name. ST_INVALID for what a person must
 * correct. */
enum status options_read(struct options *o, unsigned command, int argc, char **argv,
                         struct err *e) MUST_CHECK;
/* One line per option of the command, with its variable, to stdout. */
void options_help(unsigned command);

/* Folders that depend on the user's environment, into out. ST_NOT_FOUND without a home. */
enum { OPTIONS_PATH = 512 };
enum status options_data(const struct options *o, char out[OPTIONS_PATH], struct err *e) MUST_CHECK;
enum status options_cache(const struct options *o, const char *below, char out[OPTIONS_PATH],
                          struct err *e) MUST_CHECK;

#endif
