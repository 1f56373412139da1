/* Choosing a command, help, errors. */
#include "server/cli/cli.h"

#include <stdio.h>
#include <string.h>

static const struct command {
    const char *name, *arguments, *what;
    unsigned bit;
    int (*run)(const struct options *o);
} commands[] = {
    {"serve", "", "serve the page and the HTTP interface", CMD_SERVE, serve_main},
    {"rank", "", "rank a catalogue once and print the order", CMD_RANK, cmd_rank_main},
    {"import", "FILE", "store items, members or interactions; - reads standard input", CMD_IMPORT,
     cmd_import_main},
    {"dump", "FILE", "write everything that is stored to one file", CMD_DUMP, cmd_dump_main},
    {"restore", "FILE", "put a dump in the place of everything; - reads standard input",
     CMD_RESTORE, cmd_restore_main},
    {"backup", "", "keep a copy of everything, and the newest N of them; also beside a server",
     CMD_BACKUP, cmd_backup_main},
    {"repair", "", "look through the database; a damaged one is moved aside", CMD_REPAIR,
     cmd_repair_main},
    {"eval", "PROTOCOL", "measure the quality of rankings", CMD_EVAL, cmd_eval_main},
    {"experiment", "FILE", "run a grid of evaluations, cell by cell", CMD_EXPERIMENT,
     cmd_experiment_main},
    {"brew", "RECIPE",
     "train an adapter as a recipe says; export RECIPE FOLDER: its data for other trainers",
     CMD_BREW, cmd_brew_main},
    {"bench", "", "measure the speed of rankings on made-up tokens", CMD_BENCH, bench_main},
    {"model", "show FILE", "say what a model file is; merge BASE+ADAPTER OUT: write both as one",
     CMD_MODEL, cmd_model_main},
};

int cli_failed(const struct err *e) {
    char field[sizeof e->field], text[sizeof e->text], hint[sizeof e->hint];
    (void)view_plain(view_of(e->field), field, sizeof field);
    (void)view_plain(view_of(e->text), text, sizeof text);
    (void)view_plain(view_of(e->hint), hint, sizeof hint);
    fprintf(stderr, "taproom: %s%s%s\n", field, field[0] ? ": " : "", text);
    if (hint[0]) fprintf(stderr, "taproom: what to do: %s\n", hint);
    return EXIT_FAILED;
}

int cli_usage(const char *command, const char *what) {
    fprintf(stderr, "taproom: %s\ntaproom: see `taproom %s%s--help`\n", what, command,
            command[0] ? " " : "");
    return EXIT_USAGE;
}

const char *cli_plain(const char *text, char room[CLI_PLAIN]) {
    (void)view_plain(view_of(text), room, CLI_PLAIN);
    return room;
}

void cli_print_text(const char *text, int columns) {
    struct view v = view_of(text);
    int at = 0;
    while (v.n && at < columns) {
        size_t len = utf8_len(v.p, v.n);
        uint32_t c = len ? utf8_point(v.p, len) : 0;
        if (utf8_plain(c))
            fwrite(v.p, 1, len, stdout);
        else
            putchar('?');
        at++;
        v = view_sub(v, len ? len : 1, v.n);
    }
    while (at++ < columns) putchar(' ');
}

static void program_help(void) {
    printf("taproom: describe what you want to see; a language model ranks a catalogue.\n\n"
           "Usage: taproom COMMAND [options]\n\nCommands:\n");
    for (size_t i = 0; i < COUNT(commands); i++)
        printf("  %-11s%-9s %s\n", commands[i].name, commands[i].arguments, commands[i].what);
    printf("  setup               fetch weights and data, build (by ./taproom in the source tree)\n"
           "  test                run the tests (by ./taproom in the source tree)\n\n");
    options_help(CMD_ALL);
    printf("\n`taproom COMMAND --help` lists the options of one command."
           " Exit codes: 0 ok, 1 failed, 2 usage.\n");
}

static void command_help(const struct command *c) {
    printf("Usage: taproom %s%s%s [options]\n\n%s.\n\n", c->name, c->arguments[0] ? " " : "",
           c->arguments, c->what);
    options_help(c->bit);
}

int cli_main(int argc, char **argv) {
    const char *name = argc > 1 ? argv[1] : "";
    struct err e = {.line = 0};
    struct options o = {.command = name};
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        program_help();
        return EXIT_OK;
    }
    if (strcmp(name, "--version") == 0) {
        printf("taproom %s\n", TAPROOM_VERSION);
        return EXIT_OK;
    }
    for (size_t i = 0; i < COUNT(commands); i++) {
        if (strcmp(name, commands[i].name) != 0) continue;
        if (options_read(&o, commands[i].bit, argc - 2, argv + 2, &e) != ST_OK)
            return cli_usage(name, e.text);
        if (!o.help) return commands[i].run(&o);
        command_help(&commands[i]);
        return EXIT_OK;
    }
    if (strcmp(name, "setup") == 0 || strcmp(name, "test") == 0)
        return cli_usage("", "setup and test are commands of the launcher: run ./taproom in the"
                             " source tree");
    char what[120];
    (void)snprintf(what, sizeof what,
                   name[0] ? "there is no command '%.60s'" : "%sno command given", name);
    return cli_usage("", what);
}
