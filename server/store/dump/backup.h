/* Backups of a data folder, each one file beside it in folder/backups, and what is done when the
 * database itself cannot be read. */
#ifndef STORE_BACKUP_H
#define STORE_BACKUP_H

#include "server/store/dump/dump.h"

enum { BACKUP_PATH = 640, BACKUPS_MAX = 1000 };

/* Copies the store as it is at one moment, also beside a server that has it open, looks through the
 * copy as through a dump, and keeps it as backups/taproom-TIME.db; then removes the oldest beyond
 * `keep` (1..BACKUPS_MAX), *removed of them. path: the new one. A copy that is not whole is not
 * kept and removes nothing: ST_CORRUPT. ST_NOT_FOUND without a database, ST_DISK_FULL, ST_IO. */
enum status backup_make(const char *folder, int keep, const struct dump_judge *judge,
                        char path[BACKUP_PATH], int *removed, struct err *e) MUST_CHECK;

struct repair {
    int damaged;             /* 0: the database is whole and nothing was changed */
    char why[320];           /* what is wrong with it */
    char aside[BACKUP_PATH]; /* where it lies now */
    char from[BACKUP_PATH];  /* the backup that took its place, "" = none */
    int passed_over;         /* newer backups that are damaged, too */
};

/* Looks through the whole database; one that is damaged is moved aside with what SQLite keeps
 * beside it, and with from_backup the newest backup that is whole is copied into its place. ST_BUSY
 * while a server has the folder; ST_NOT_FOUND where a backup is asked for and none is whole: then
 * the damaged database stays where it is. */
enum status backup_repair(const char *folder, int from_backup, const struct dump_judge *judge,
                          struct repair *out, struct err *e) MUST_CHECK;

#endif
