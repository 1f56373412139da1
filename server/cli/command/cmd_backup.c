/* taproom backup and taproom repair: copies of everything, and what to do with a damaged database.
 */
#include "server/api/kit/judge.h"
#include "server/cli/cli.h"
#include "server/store/dump/backup.h"

#include <stdio.h>

int cmd_backup_main(const struct options *o) {
    struct err e = {.line = 0};
    char folder[OPTIONS_PATH], path[BACKUP_PATH];
    int removed;
    if (o->n_args) return cli_usage("backup", "backup takes no arguments");
    enum status st = options_data(o, folder, &e);
    if (st == ST_OK) st = backup_make(folder, (int)o->keep, &judge_dump, path, &removed, &e);
    if (st != ST_OK) return cli_failed(&e);
    if (o->json)
        printf("{\"backup\":true,\"removed\":%d}\n", removed);
    else
        printf("Backed up, and looked through: %s\n%d older ones removed\n", path, removed);
    return EXIT_OK;
}

static void say(const struct repair *r) {
    if (!r->damaged) {
        printf("The database is whole; nothing was changed.\n");
        return;
    }
    printf("The database is damaged: %s\nIt lies in %s now.\n", r->why, r->aside);
    if (r->passed_over) printf("Damaged backups that were passed over: %d\n", r->passed_over);
    if (r->from[0])
        printf("In its place is the backup %s\n", r->from);
    else
        printf(
            "The next start begins with an empty one; taproom restore FILE brings a dump back.\n");
}

int cmd_repair_main(const struct options *o) {
    struct err e = {.line = 0};
    struct repair r;
    char folder[OPTIONS_PATH];
    if (o->n_args) return cli_usage("repair", "repair takes no arguments");
    enum status st = options_data(o, folder, &e);
    if (st == ST_OK) st = backup_repair(folder, (int)o->from_backup, &judge_dump, &r, &e);
    if (st != ST_OK) return cli_failed(&e);
    if (o->json)
        printf("{\"damaged\":%s,\"from_backup\":%s}\n", r.damaged ? "true" : "false",
               r.from[0] ? "true" : "false");
    else
        say(&r);
    return EXIT_OK;
}
