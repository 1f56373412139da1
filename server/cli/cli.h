/* The program behind main: its commands. Each answers the exit code: 0 ok, 1 failed, 2 usage. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "server/cli/options.h"

/* EXIT_PARTLY: an import is stored, but rows were left out that nobody had said to leave out. */
enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_PARTLY = 3 };

int cli_main(int argc, char **argv);

int serve_main(const struct options *o);
int cmd_rank_main(const struct options *o);
int cmd_import_main(const struct options *o);
int cmd_dump_main(const struct options *o);
int cmd_restore_main(const struct options *o);
int cmd_eval_main(const struct options *o);
int cmd_experiment_main(const struct options *o);
int cmd_model_main(const struct options *o);
int cmd_brew_main(const struct options *o);
int cmd_backup_main(const struct options *o);
int cmd_repair_main(const struct options *o);
int bench_main(const struct options *o);

/* Prints an error and its hint to stderr, as lines that begin with the program's name. */
int cli_failed(const struct err *e);
int cli_usage(const char *command, const char *what);

/* The text with what a terminal would take for a command as '?', in room of the caller's. */
enum { CLI_PLAIN = 400 };
const char *cli_plain(const char *text, char room[CLI_PLAIN]);
/* Text for a terminal: control characters, also of right-to-left marks, become '?'. */
void cli_print_text(const char *text, int columns);

#endif
